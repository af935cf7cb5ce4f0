//! The Windows Update Agent's own interfaces.

use report::Timestamp;
use windows::Win32::Foundation::VARIANT_FALSE;
use windows::Win32::System::Com::{CLSCTX_INPROC_SERVER, CoCreateInstance};
use windows::Win32::System::UpdateAgent::{
    AutomaticUpdates, IAutomaticUpdates2, ICategoryCollection, IStringCollection, IUpdate,
    IUpdateHistoryEntry, IUpdateHistoryEntry2, IUpdateSearcher, IUpdateSession, UpdateSession,
    orcSucceeded,
};
use windows::Win32::System::Variant::{VARIANT, VT_DATE};
use windows::core::{BSTR, Interface as _, Result};

use super::com::code;
use crate::host::files::ReadErrorKind;
use crate::host::hresult;
use crate::host::wua::{Entry, Pending};

/// Drivers come from elsewhere, and what somebody has hidden does not wait.
const CRITERIA: &str = "IsInstalled=0 and IsHidden=0 and Type='Software'";

/// How many lines of the history are read at once, and how many at most: definitions of an antivirus
/// fill several a day.
const PAGE: i32 = 50;
const MAX_HISTORY: i32 = 2000;
/// More than any machine has waiting.
const MAX_PENDING: i32 = 2000;

/// Looks into the agent's own store and never beyond it.
pub(crate) struct Searcher(IUpdateSearcher);

impl Searcher {
    pub(crate) fn new() -> std::result::Result<Self, u32> {
        // SAFETY: COM is ready, and every interface is used by the thread that got it.
        unsafe {
            let session: Result<IUpdateSession> =
                CoCreateInstance(&UpdateSession, None, CLSCTX_INPROC_SERVER);
            let searcher = session.and_then(|session| session.CreateUpdateSearcher());
            let offline = searcher.and_then(|it| it.SetOnline(VARIANT_FALSE).map(|()| it));
            offline.map(Self).map_err(|error| code(&error))
        }
    }

    /// The lines of the history that are `enough`, from its end back to the first page with one; and its
    /// last line, whatever it is, so that a history of other things is told from an empty one.
    pub(crate) fn history(
        &self,
        enough: fn(&Entry) -> bool,
    ) -> std::result::Result<Vec<Entry>, u32> {
        self.pages(enough).map_err(|error| code(&error))
    }

    fn pages(&self, enough: fn(&Entry) -> bool) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        // SAFETY: every interface is used by the thread that got it.
        unsafe {
            let total = self.0.GetTotalHistoryCount()?.min(MAX_HISTORY);
            let mut from = 0;
            while from < total {
                let page = self.0.QueryHistory(from, PAGE.min(total - from))?;
                let count = page.Count()?;
                let mut has_enough = count <= 0;
                for index in 0..count {
                    let entry = entry(&page.get_Item(index)?);
                    let is_enough = enough(&entry);
                    has_enough |= is_enough;
                    if is_enough || entries.is_empty() {
                        entries.push(entry);
                    }
                }
                if has_enough {
                    break;
                }
                from += count;
            }
        }
        Ok(entries)
    }

    /// What waits. A search that did not go through to its end has not seen everything.
    pub(crate) fn pending(&self) -> std::result::Result<Vec<Pending>, ReadErrorKind> {
        // SAFETY: every interface is used by the thread that got it; the text is the caller's.
        unsafe {
            let failed = |error| hresult::of_provider(code(&error));
            let found = self.0.Search(&BSTR::from(CRITERIA)).map_err(failed)?;
            let result = found.ResultCode().map_err(failed)?;
            if result != orcSucceeded {
                let why = format!("the search ended with result {}", result.0);
                return Err(ReadErrorKind::Other(why));
            }
            let updates = found.Updates().map_err(failed)?;
            let count = updates.Count().map_err(failed)?;
            if count > MAX_PENDING {
                return Err(ReadErrorKind::TooLarge);
            }
            (0..count)
                .map(|index| updates.get_Item(index).map(|update| pending(&update)))
                .collect::<Result<_>>()
                .map_err(failed)
        }
    }
}

/// One line; each answer may fail by itself.
fn entry(line: &IUpdateHistoryEntry) -> Entry {
    // SAFETY: the line is used by the thread that got it; texts are the caller's.
    unsafe {
        let newer = line.cast::<IUpdateHistoryEntry2>();
        Entry {
            date: line.Date().ok().and_then(moment).map(|at| at.to_string()).unwrap_or_default(),
            operation: line.Operation().map_or(0, |operation| operation.0.into()),
            result: line.ResultCode().map_or(0, |result| result.0.into()),
            title: line.Title().map(|title| title.to_string()).unwrap_or_default(),
            service: line.ServiceID().map(|service| service.to_string()).unwrap_or_default(),
            categories: newer
                .and_then(|newer| newer.Categories())
                .and_then(|all| categories(&all))
                .unwrap_or_default(),
        }
    }
}

/// One update; each answer may fail by itself.
fn pending(update: &IUpdate) -> Pending {
    // SAFETY: the update is used by the thread that got it; texts are the caller's.
    unsafe {
        Pending {
            articles: update.KBArticleIDs().and_then(|all| texts(&all)).unwrap_or_default(),
            severity: update.MsrcSeverity().map(|word| word.to_string()).unwrap_or_default(),
            categories: update.Categories().and_then(|all| categories(&all)).unwrap_or_default(),
        }
    }
}

fn categories(all: &ICategoryCollection) -> Result<Vec<String>> {
    // SAFETY: the list is used by the thread that got it; texts are the caller's.
    unsafe {
        let count = all.Count()?;
        (0..count).map(|index| Ok(all.get_Item(index)?.CategoryID()?.to_string())).collect()
    }
}

fn texts(all: &IStringCollection) -> Result<Vec<String>> {
    // SAFETY: the list is used by the thread that got it; texts are the caller's.
    unsafe {
        let count = all.Count()?;
        (0..count).map(|index| Ok(all.get_Item(index)?.to_string())).collect()
    }
}

/// When the agent last searched with success. Nobody asks when it last installed something: to it
/// the definitions of an antivirus are an update as well.
pub(crate) fn last_search() -> Option<Timestamp> {
    // SAFETY: COM is ready, and every interface is used by the thread that got it.
    unsafe {
        let automatic: IAutomaticUpdates2 =
            CoCreateInstance(&AutomaticUpdates, None, CLSCTX_INPROC_SERVER).ok()?;
        date(&automatic.Results().ok()?.LastSearchSuccessDate().ok()?).and_then(moment)
    }
}

/// The date in a variant; an empty one means never.
fn date(variant: &VARIANT) -> Option<f64> {
    // SAFETY: of the fields that share one place the tag names the one that is set.
    unsafe {
        let tagged = &variant.Anonymous.Anonymous;
        (tagged.vt == VT_DATE).then(|| tagged.Anonymous.date)
    }
}

/// Days since 1899-12-30, in UTC.
fn moment(days: f64) -> Option<Timestamp> {
    /// 1970-01-01.
    const UNIX: f64 = 25_569.0;
    /// The year 9999.
    const LAST: f64 = 2_958_466.0;
    let is_date = (0.0..LAST).contains(&days);
    is_date.then(|| Timestamp(((days - UNIX) * 86_400.0).round() as i64))
}
