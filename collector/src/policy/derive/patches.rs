//! How far the machine's updates reach, and for how long security updates have been pending.

use report::{FactKey, Moment, Timestamp};

use crate::machine::view::Datum;
use crate::policy::PolicySet;
use crate::policy::catalogues::builds::{Level, Listing};
use crate::policy::facts::{Evidence, Facts, Finding};
use crate::policy::hourglass::Hourglass;
use crate::policy::subject::Subject;
use crate::policy::why::Why;

const OS_FAMILY: FactKey = FactKey::of("machine.os_family");
const OS_ID: FactKey = FactKey::of("machine.os_id");
const OS_VERSION: FactKey = FactKey::of("machine.os_version");
const OS_INSTALLATION: FactKey = FactKey::of("machine.os_installation");
const PENDING: FactKey = FactKey::of("patches.security_pending");
const PENDING_DAYS: FactKey = FactKey::of("patches.security_pending_days");
const SOURCES: FactKey = FactKey::of("patches.security_sources");
const LISTS_AT: FactKey = FactKey::of("patches.lists_at");
const CONTENT_DATE: FactKey = FactKey::of("patches.content_date");

pub(super) fn derive<'m>(
    set: &'m PolicySet,
    subject: &Subject<'m>,
    clock: &Hourglass,
    facts: &mut Facts<'m>,
) {
    let since = subject.machine.and_then(|machine| machine.security_pending_since);
    let (finding, evidence) = pending_days(since, clock, facts);
    facts.derive(PENDING_DAYS, finding, evidence);
    let (finding, evidence) = content_date(set, clock, facts);
    facts.derive(CONTENT_DATE, finding, evidence);
}

/// A number of days and not the moment since when: a rule about the age of what is absent fails,
/// and a machine on which nothing waits would fail it. A number is 0 there, so `max` judges both.
///
/// It is known only where it is known today whether any wait. The collector remembers the moment
/// meanwhile, so not knowing for a day does not make them young.
fn pending_days<'m>(
    since: Option<Timestamp>,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> (Finding<'m>, Option<Evidence<'m>>) {
    match (facts.get(PENDING), since) {
        (Finding::Known(_), Some(since)) => {
            let days = Finding::Known(Datum::Count(clock.days_since(since)));
            (days, Some(Evidence::PendingSince(since)))
        }
        (Finding::Known(_), None) => (Finding::Known(Datum::Count(0)), None),
        (Finding::Absent, _) => (Finding::Absent, None),
        (Finding::Unknown(why), _) => (Finding::Unknown(why), None),
    }
}

/// Until when everything published for this system is installed.
fn content_date<'m>(
    set: &'m PolicySet,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> (Finding<'m>, Option<Evidence<'m>>) {
    match facts.get(OS_FAMILY) {
        Finding::Unknown(why) => (Finding::Unknown(why), None),
        // Of a system of no family nobody knows what its updates are told by.
        Finding::Absent => (Finding::Unknown(Why::FactMissing), None),
        Finding::Known(_) if is_windows(facts) => by_build(set, clock, facts),
        Finding::Known(_) => by_lists(facts),
    }
}

/// Whether the machine says that it runs Windows.
pub(super) fn is_windows(facts: &Facts<'_>) -> bool {
    facts.get(OS_FAMILY).word() == Some("windows")
}

/// Until the first security release that is missing; where none is, until the day of the table.
fn by_build<'m>(
    set: &'m PolicySet,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> (Finding<'m>, Option<Evidence<'m>>) {
    match level(set, clock, facts) {
        Ok(level) => {
            let table = set.catalogues.builds.vintage.at;
            let until = level.missing.map_or(table, |missing| missing.released);
            (moment(until), Some(Evidence::Build(level)))
        }
        Err(why) => (Finding::Unknown(why), None),
    }
}

/// Where a Windows machine stands among the updates of its build.
pub(super) fn level<'m>(
    set: &'m PolicySet,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> Result<Level<'m>, Why<'m>> {
    let builds = &set.catalogues.builds;
    if let Some(stale) = builds.vintage.staleness("windows-builds.toml", clock) {
        return Err(stale);
    }
    if let Finding::Unknown(why) = facts.get(OS_VERSION) {
        return Err(why);
    }
    let version = facts.get(OS_VERSION).text().unwrap_or_default();
    let os = facts.get(OS_ID).text().unwrap_or_default();
    let installation = facts.get(OS_INSTALLATION);
    match (builds.level(version, installation.word()), installation) {
        (Listing::At(level), _) => Ok(level),
        (Listing::Missing, _) => Err(Why::NotInCatalogue { os, version }),
        (Listing::Ambiguous, Finding::Unknown(why)) => Err(why),
        (Listing::Ambiguous, Finding::Known(_) | Finding::Absent) => Err(Why::FactMissing),
    }
}

/// With nothing pending, until the day of the lists that say so; with something pending, until it
/// was published, which no list tells: the collector knows only since when it is told. Lists that
/// no source of security updates stands behind say nothing of security.
fn by_lists<'m>(facts: &Facts<'m>) -> (Finding<'m>, Option<Evidence<'m>>) {
    let pending = facts.get(PENDING);
    match (pending, pending.count()) {
        (Finding::Known(_), Some(0)) => match (facts.get(SOURCES), facts.get(SOURCES).count()) {
            (Finding::Known(_), Some(0)) | (Finding::Absent, _) => (Finding::Absent, None),
            (Finding::Known(_), _) => (facts.get(LISTS_AT), Some(Evidence::Lists)),
            (Finding::Unknown(why), _) => (Finding::Unknown(why), None),
        },
        (Finding::Known(_), _) => (Finding::Unknown(Why::UpdatesWait), None),
        (Finding::Absent, _) => (Finding::Absent, None),
        (Finding::Unknown(why), _) => (Finding::Unknown(why), None),
    }
}

fn moment<'m>(at: Timestamp) -> Finding<'m> {
    Finding::Known(Datum::Moment(Moment::source(at)))
}

#[cfg(test)]
mod tests;
