//! For how long security updates have been pending.

use report::Value;
use report::moment::DAY;

use crate::policy::PolicySet;
use crate::policy::facts::{Evidence, Facts, Finding};
use crate::policy::subject::{JudgeClock, Subject};

/// A number of days and not the moment since when: a rule about the age of what is absent fails,
/// and a machine on which nothing waits would fail it. A number is 0 there, so `max` judges both.
///
/// It is known only where it is known today whether any wait. The collector remembers the moment
/// meanwhile, so not knowing for a day does not make them young.
pub(super) fn derive(
    set: &PolicySet,
    subject: &Subject<'_>,
    clock: JudgeClock,
    facts: &mut Facts<'_>,
) {
    let since = subject.machine.and_then(|machine| machine.pending().since());
    let (finding, evidence) = match (facts.named("patches.security_pending"), since) {
        (Finding::Known(_), Some(since)) => {
            let days = u64::try_from(clock.now.since(since) / DAY).unwrap_or_default();
            let evidence = Evidence::PendingSince(set.targets.calendar.date_of(since));
            (Finding::known(Value::Count(days)), Some(evidence))
        }
        (Finding::Known(_), None) => (Finding::known(Value::Count(0)), None),
        (Finding::Absent, _) => (Finding::Absent, None),
        (Finding::Unknown(why), _) => (Finding::Unknown(why.clone()), None),
    };
    facts.derive("patches.security_pending_days", finding, evidence);
}
