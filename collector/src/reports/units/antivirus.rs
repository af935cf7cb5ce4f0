//! What is known of a machine's antivirus and of its licence, now and at later horizons.

use report::moment::DAY;
use report::{FactKey, Timestamp};

use crate::live::Live;
use crate::policy::derive::derive;
use crate::policy::facts::{Facts, Finding};
use crate::policy::roll::Member;
use crate::policy::{Hourglass, JudgeClock};

const PRODUCT: FactKey = FactKey::of("antivirus.primary.product");
const ACCEPTED: FactKey = FactKey::of("antivirus.licence.accepted");

/// Asks the machines of one moment.
pub(super) struct Antivirus<'l> {
    live: &'l Live,
}

/// What is known of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) installed: bool,
    pub(super) licensed: bool,
    pub(super) expiring_30: bool,
    pub(super) expiring_60: bool,
}

impl<'l> Antivirus<'l> {
    pub(super) fn new(live: &'l Live) -> Self {
        Self { live }
    }

    /// Where something is not known, it does not count.
    pub(super) fn of(&self, member: &Member<'l>) -> Seen {
        let now = self.live.roll().clock().now;
        let Some(facts) = self.facts(member, now) else {
            return Seen::default();
        };
        let licensed = is_accepted(&facts);
        let is_over = |days| {
            let later = self.facts(member, now + days * DAY);
            licensed && !later.is_some_and(|facts| is_accepted(&facts))
        };
        Seen {
            installed: matches!(facts.get(PRODUCT), Finding::Known(_)),
            licensed,
            expiring_30: is_over(30),
            expiring_60: is_over(60),
        }
    }

    fn facts(&self, member: &Member<'l>, horizon: Timestamp) -> Option<Facts<'l>> {
        let roll = self.live.roll();
        let subject = roll.subject(self.live.fleet(), member)?;
        let glass = Hourglass::new(JudgeClock { horizon, ..roll.clock() });
        Some(derive(roll.set(), roll.day(), &subject, &glass))
    }
}

fn is_accepted(facts: &Facts<'_>) -> bool {
    facts.get(ACCEPTED).bool() == Some(true)
}
