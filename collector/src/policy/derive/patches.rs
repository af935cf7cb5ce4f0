//! For how long security updates have been pending.

use report::FactKey;

use crate::machine::view::Datum;
use crate::policy::facts::{Evidence, Facts, Finding};
use crate::policy::hourglass::Hourglass;
use crate::policy::subject::Subject;

const PENDING: FactKey = FactKey::of("patches.security_pending");
const PENDING_DAYS: FactKey = FactKey::of("patches.security_pending_days");

/// A number of days and not the moment since when: a rule about the age of what is absent fails,
/// and a machine on which nothing waits would fail it. A number is 0 there, so `max` judges both.
///
/// It is known only where it is known today whether any wait. The collector remembers the moment
/// meanwhile, so not knowing for a day does not make them young.
pub(super) fn derive<'m>(subject: &Subject<'m>, clock: &Hourglass, facts: &mut Facts<'m>) {
    let since = subject.machine.and_then(|machine| machine.security_pending_since);
    let (finding, evidence) = match (facts.get(PENDING), since) {
        (Finding::Known(_), Some(since)) => {
            let days = Finding::Known(Datum::Count(clock.days_since(since)));
            (days, Some(Evidence::PendingSince(since)))
        }
        (Finding::Known(_), None) => (Finding::Known(Datum::Count(0)), None),
        (Finding::Absent, _) => (Finding::Absent, None),
        (Finding::Unknown(why), _) => (Finding::Unknown(why), None),
    };
    facts.derive(PENDING_DAYS, finding, evidence);
}
