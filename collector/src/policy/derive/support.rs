//! Until when the operating system is supported.

use report::{FactKey, Moment, Timestamp};

use super::patches;
use crate::machine::view::Datum;
use crate::policy::PolicySet;
use crate::policy::catalogues::builds::Level;
use crate::policy::catalogues::lifecycle::{Entitled, Extended, Release, Sought};
use crate::policy::facts::{Evidence, Facts, Finding};
use crate::policy::hourglass::Hourglass;
use crate::policy::why::Why;

const OS_ID: FactKey = FactKey::of("machine.os_id");
const OS_VERSION: FactKey = FactKey::of("machine.os_version");
const OS_EDITION: FactKey = FactKey::of("machine.os_edition");
const OS_INSTALLATION: FactKey = FactKey::of("machine.os_installation");
const ATTACHED: FactKey = FactKey::of("patches.extended_support");
const SUPPORTED_UNTIL: FactKey = FactKey::of("os.supported_until");

pub(super) fn derive<'m>(set: &'m PolicySet, clock: &Hourglass, facts: &mut Facts<'m>) {
    let (finding, evidence) = match supported_until(set, clock, facts) {
        Ok(support) => support.finding(clock),
        Err(why) => (Finding::Unknown(why), None),
    };
    facts.derive(SUPPORTED_UNTIL, finding, evidence);
}

/// The support of every release it can be; where several can, they must agree.
fn supported_until<'m>(
    set: &'m PolicySet,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> Result<Support<'m>, Why<'m>> {
    let lifecycle = &set.catalogues.lifecycle;
    if let Some(stale) = lifecycle.vintage.staleness("os-lifecycle.toml", clock) {
        return Err(stale);
    }
    let (os, version) = (text(facts, OS_ID)?, text(facts, OS_VERSION)?);
    let edition = facts.get(OS_EDITION).text();
    let installation = facts.get(OS_INSTALLATION).word();
    let sought = Sought { os, version, edition, installation };
    let contract = Contract::of(set, clock, facts);
    let mut supports =
        lifecycle.candidates(sought).into_iter().map(|release| contract.support(release));
    let first = supports.next().ok_or(Why::NotInCatalogue { os, version })?;
    match supports.all(|other| other.is_same(&first)) {
        true => Ok(first),
        false => Err(what_would_tell(facts)),
    }
}

/// A text fact; empty where it is known not to be there.
fn text<'m>(facts: &Facts<'m>, key: FactKey) -> Result<&'m str, Why<'m>> {
    match facts.get(key) {
        Finding::Unknown(why) => Err(why),
        known @ (Finding::Known(_) | Finding::Absent) => Ok(known.text().unwrap_or_default()),
    }
}

/// Why it is not known which of several releases a machine has: several remain only where the
/// installation or the edition is not known.
fn what_would_tell<'m>(facts: &Facts<'m>) -> Why<'m> {
    match (facts.get(OS_INSTALLATION), facts.get(OS_EDITION)) {
        (Finding::Unknown(why), _) | (_, Finding::Unknown(why)) => why,
        (Finding::Known(_) | Finding::Absent, Finding::Known(_) | Finding::Absent) => {
            Why::FactMissing
        }
    }
}

/// The support of one release.
struct Support<'m> {
    release: &'m Release,
    /// The last phase the machine has; `None`: general support.
    phase: Option<&'m Extended>,
    until: Timestamp,
    /// Why it cannot be said whether the machine has the phases that follow, and when the last of
    /// them ends.
    doubt: Option<(Why<'m>, Timestamp)>,
}

impl<'m> Support<'m> {
    fn is_same(&self, other: &Self) -> bool {
        (self.until, self.doubt) == (other.until, other.doubt)
    }

    /// A doubt matters only between the end that is known and the one that is possible.
    fn finding(self, clock: &Hourglass) -> (Finding<'m>, Option<Evidence<'m>>) {
        let evidence = Evidence::Lifecycle { release: self.release, phase: self.phase };
        if let Some((why, last)) = self.doubt
            && clock.is_past(self.until)
            && !clock.is_past(last)
        {
            return (Finding::Unknown(why), Some(evidence));
        }
        (Finding::Known(Datum::Moment(Moment::source(self.until))), Some(evidence))
    }
}

/// What a machine shows of a contract for extended support.
struct Contract<'m> {
    /// Where it stands among the updates of Windows; `None`: its updates say nothing of contracts.
    level: Option<Result<Level<'m>, Why<'m>>>,
    /// What the agent says.
    attached: Finding<'m>,
}

/// Whether a machine has a phase that only subscribers have.
enum Shown<'m> {
    Yes,
    No,
    Unclear(Why<'m>),
}

impl<'m> Contract<'m> {
    fn of(set: &'m PolicySet, clock: &Hourglass, facts: &Facts<'m>) -> Self {
        Self {
            level: patches::is_windows(facts).then(|| patches::level(set, clock, facts)),
            attached: facts.get(ATTACHED),
        }
    }

    fn support(&self, release: &'m Release) -> Support<'m> {
        let mut support = Support { release, phase: None, until: release.end, doubt: None };
        let mut bought = 0;
        for phase in &release.extended {
            let shown = match phase.entitled {
                Entitled::Everyone => Shown::Yes,
                Entitled::Subscribers => {
                    bought += 1;
                    self.shows(support.until, bought == 1)
                }
            };
            match shown {
                Shown::Yes => {
                    support.until = phase.end;
                    support.phase = Some(phase);
                }
                Shown::No => break,
                Shown::Unclear(why) => {
                    let last = release.extended.last().map_or(phase.end, |last| last.end);
                    support.doubt = Some((why, last));
                    break;
                }
            }
        }
        support
    }

    /// Security updates that were released after a phase ended are served to the next one alone.
    /// An agent that says "attached" does not say for how many phases: it speaks for the first.
    fn shows(&self, ended: Timestamp, first: bool) -> Shown<'m> {
        if first && self.attached.bool() == Some(true) {
            return Shown::Yes;
        }
        match (self.level, self.attached) {
            (Some(Ok(level)), _) => {
                match level.security.is_some_and(|update| update.released > ended) {
                    true => Shown::Yes,
                    false => Shown::No,
                }
            }
            (Some(Err(why)), _) => Shown::Unclear(why),
            (None, Finding::Known(_) | Finding::Absent) => Shown::No,
            // An agent that does not report contracts shows none.
            (None, Finding::Unknown(Why::FactMissing | Why::TopicMissing(_))) => Shown::No,
            (None, Finding::Unknown(why)) if first => Shown::Unclear(why),
            (None, Finding::Unknown(_)) => Shown::No,
        }
    }
}

#[cfg(test)]
mod tests;
