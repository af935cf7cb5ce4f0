//! The history of the update agent. Most of it is no update of Windows: definitions of Defender
//! arrive several times a day, and applications and drivers come the same way.

use report::{Fact, Reason, Timestamp};

use crate::host::files::Read;
use crate::host::wua::{self, Entry, Updates};
use crate::probes::dates;
use crate::probes::findings::unknown;

pub(super) const SOURCE: &str = "windows update agent: history";

/// `UpdateOperation`: it was installed.
const INSTALLED: i64 = 1;
/// `OperationResultCode`: it succeeded, perhaps with errors.
const SUCCEEDED: [i64; 2] = [2, 3];

/// Definitions of Defender and of those before it, its platform, and the tool that removes malware:
/// their titles are in the language of the machine, these numbers are not.
const NO_PATCHES: [&str; 6] =
    ["KB2267602", "KB4052623", "KB890830", "KB915597", "KB2310138", "KB2461484"];

/// The service that applications come from.
const STORE: &str = "855e8a7c-ecb4-4ca3-b045-1dfa50104289";

/// Categories: definition updates and drivers.
pub(super) const DEFINITIONS: &str = "e0789628-ce08-4437-be74-2495b842f43b";
const DRIVERS: &str = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0";

/// Categories: security updates, critical updates, update rollups, updates.
pub(super) const SECURITY: &str = "0fa1201d-4330-4fa8-8ae9-b877473b6441";
pub(super) const CRITICAL: &str = "e6cf1350-c01b-414d-a61f-263d14d133b4";
const ROLLUPS: &str = "28bc880e-0592-4cbf-8f95-c79b17911d5f";
const UPDATES: &str = "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83";

/// When the newest update of Windows was installed that the history remembers; absent if it
/// remembers other things only. What it calls a success may yet be undone by the restart that waits:
/// nothing that it says of the time since then counts.
pub(super) fn newest(
    updates: &Read<Updates>,
    undone_since: Option<Timestamp>,
    now: Timestamp,
) -> Fact<Timestamp> {
    let history = match updates.as_ref().map(|updates| &updates.history) {
        Ok(Ok(history)) => history,
        Ok(Err(error)) | Err(error) => {
            return Fact::Unknown(error.ignorance(Reason::NotSupported));
        }
    };
    if history.is_empty() {
        // It is made anew when Windows Update is repaired, and says nothing of what was before.
        return unknown(Reason::SourceStale, &format!("{}: the history is empty", wua::SOURCE));
    }
    let at = |entry: &Entry| match dates::happened(dates::parse_utc(&entry.date), now) {
        Fact::Known(at) => Some(at),
        Fact::Absent | Fact::Unknown(_) => None,
    };
    let is_done = |at: &Timestamp| undone_since.is_none_or(|since| *at < since);
    let patches = history.iter().filter(|entry| is_installed_patch(entry));
    patches.filter_map(at).filter(is_done).max().map_or(Fact::Absent, Fact::Known)
}

/// Whether a line tells of an update of Windows that was installed.
pub(crate) fn is_installed_patch(entry: &Entry) -> bool {
    entry.operation == INSTALLED && SUCCEEDED.contains(&entry.result) && is_patch(entry)
}

fn is_patch(entry: &Entry) -> bool {
    let Some(article) = article(&entry.title) else {
        return false;
    };
    let is = |wanted: &[&str]| is_of(&entry.categories, wanted);
    let is_other = NO_PATCHES.contains(&article)
        || entry.service.eq_ignore_ascii_case(STORE)
        || is(&[DEFINITIONS, DRIVERS]);
    // Windows before 8 names no categories.
    let is_kept = entry.categories.is_empty() || is(&[SECURITY, CRITICAL, ROLLUPS, UPDATES]);
    !is_other && is_kept
}

/// Whether one of the categories is wanted.
pub(super) fn is_of(categories: &[String], wanted: &[&str]) -> bool {
    categories.iter().any(|it| wanted.iter().any(|wanted| it.eq_ignore_ascii_case(wanted)))
}

/// Whether the article of this number is about something else than Windows.
pub(super) fn is_no_patch(number: &str) -> bool {
    NO_PATCHES.iter().any(|it| it.strip_prefix("KB") == Some(number))
}

/// The first number of an article in a title, as `KB5130001`.
fn article(title: &str) -> Option<&str> {
    title.match_indices("KB").find_map(|(at, _)| {
        let rest = title.get(at + 2..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        matches!(digits, 6 | 7).then(|| title.get(at..at + 2 + digits))?
    })
}
