//! What waits, by the store of the update agent. It says what somebody's last search found: without
//! one of late, that nothing waits means nothing.

use report::moment::DAY;
use report::{Fact, Moment, Reason, Timestamp};

use super::history::{CRITICAL, DEFINITIONS, SECURITY, is_no_patch, is_of};
use super::settings::words;
use crate::host::Registry;
use crate::host::files::{Read, ReadError};
use crate::host::wua::{self, Pending, Updates};
use crate::probes::dates;
use crate::probes::findings::{Findings, count, unknown};

/// How old the last search may be, in seconds.
const FRESH: i64 = 7 * DAY;

/// Where older releases keep when they last searched; newer ones keep nothing there, or an old date.
const DETECT: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\Results\Detect";

pub(super) fn look(
    registry: &Registry,
    updates: &Read<Updates>,
    now: Timestamp,
    findings: &mut Findings,
) {
    let (searched, source) = searched_at(registry, updates, now);
    let refreshed = searched.clone().map(|at| report::Value::Moment(Moment::machine(at)));
    findings.add("patches.refreshed_at", refreshed, source);
    let waiting = waiting(updates, &searched, now);
    let number = |wanted: fn(&Pending) -> bool| match &waiting {
        Fact::Known(waiting) => count(waiting.iter().filter(|it| wanted(it)).count() as u64),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    };
    findings.add("patches.pending", number(is_update), wua::SOURCE);
    findings.add("patches.security_pending", number(is_security), wua::SOURCE);
}

/// When the agent last searched with success, and what says so.
fn searched_at(
    registry: &Registry,
    updates: &Read<Updates>,
    now: Timestamp,
) -> (Fact<Timestamp>, &'static str) {
    let said = match updates {
        Ok(Updates { last_search: Some(at), .. }) => dates::happened(dates::parse_utc(at), now),
        Ok(Updates { last_search: None, .. }) => {
            unknown(Reason::SourceStale, &format!("{}: no search is known", wua::SOURCE))
        }
        Err(error) => not_told(error),
    };
    match (&said, words(registry, DETECT, "LastSuccessTime")) {
        (Fact::Known(_), _) | (_, Fact::Absent | Fact::Unknown(_)) => (said, wua::SOURCE),
        (_, Fact::Known(at)) => (dates::happened(dates::parse_utc(&at), now), DETECT),
    }
}

/// What waits, if that is known of late.
fn waiting<'a>(
    updates: &'a Read<Updates>,
    searched: &Fact<Timestamp>,
    now: Timestamp,
) -> Fact<&'a [Pending]> {
    let pending = match updates.as_ref().map(|updates| &updates.pending) {
        Ok(Ok(pending)) => pending,
        Ok(Err(error)) | Err(error) => return not_told(error),
    };
    match searched {
        Fact::Known(at) if now.since(*at) <= FRESH => Fact::Known(pending),
        Fact::Known(at) => {
            let why = format!("{}: last searched at {at}", wua::SOURCE);
            unknown(Reason::SourceStale, &why)
        }
        Fact::Absent => Fact::Unknown(report::fact::Ignorance::new(Reason::SourceStale, "")),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
}

fn not_told<T>(error: &ReadError) -> Fact<T> {
    Fact::Unknown(error.ignorance(Reason::NotSupported))
}

/// Definitions are the antivirus's matter, and wait several times a day.
fn is_update(pending: &Pending) -> bool {
    let is_definition = is_of(&pending.categories, &[DEFINITIONS])
        || pending.articles.iter().any(|article| is_no_patch(article));
    !is_definition
}

/// By its category and not by its rating: cumulative updates are often not rated, and are no less
/// urgent for it. One of which the category is not known may be one.
fn is_security(pending: &Pending) -> bool {
    let by_category =
        pending.categories.is_empty() || is_of(&pending.categories, &[SECURITY, CRITICAL]);
    is_update(pending) && (by_category || !pending.severity.trim().is_empty())
}
