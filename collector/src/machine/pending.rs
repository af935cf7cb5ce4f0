//! Since when security updates wait on a machine.
//!
//! No file on a machine tells since when an update is on offer. The collector knows since when it
//! has been told, without a break, that some wait: from the first report that says so to the first
//! that says none does. A report that does not know proves neither.

use report::{Fact, FactKey, Outcome, Text, Timestamp, Value};

use super::Kept;

/// What is known before another report comes.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'k> {
    /// When the machine enrolled: it told nothing before.
    pub enrolled_at: Timestamp,
    /// Since when security updates wait, as it was noted.
    pub noted: Option<Timestamp>,
    /// The newest patches topic.
    pub topic: Option<&'k Kept>,
}

impl Pending<'_> {
    /// Since when security updates wait; `None`: none are known to. Where nothing was noted yet,
    /// the topic itself is the first that tells.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        self.noted.or_else(|| {
            let first = self.topic.filter(|topic| matches!(Said::by(topic), Said::SomeWait))?;
            Some(first.seen_at().max(self.enrolled_at).min(first.received_at))
        })
    }

    /// Since when they wait once the topic of the next report is kept.
    #[must_use]
    pub fn after(&self, next: &Kept) -> Option<Timestamp> {
        match Said::by(next) {
            Said::NoneWait => None,
            Said::Unknown => self.since(),
            Said::SomeWait => Some(self.unbroken(next).unwrap_or_else(|| self.beginning(next))),
        }
    }

    /// Where not one package is left of those that waited, all of them were updated, and others
    /// wait.
    fn unbroken(&self, next: &Kept) -> Option<Timestamp> {
        let are_others = self
            .topic
            .and_then(names)
            .zip(names(next))
            .is_some_and(|(former, new)| are_others(former.as_str(), new.as_str()));
        self.since().filter(|_| !are_others)
    }

    /// A report tells of a time after the one before it, whatever the machine's clock said.
    fn beginning(&self, next: &Kept) -> Timestamp {
        let before = self.topic.map_or(self.enrolled_at, Kept::seen_at);
        next.seen_at().max(before).max(self.enrolled_at).min(next.received_at)
    }
}

/// What a patches topic says of security updates.
enum Said {
    /// None wait.
    NoneWait,
    /// Some wait.
    SomeWait,
    /// It does not know.
    Unknown,
}

impl Said {
    fn by(topic: &Kept) -> Self {
        match fact(topic, "patches.security_pending") {
            Some(Fact::Known(Value::Count(0))) => Self::NoneWait,
            Some(Fact::Known(Value::Count(_))) => Self::SomeWait,
            Some(Fact::Known(_) | Fact::Absent | Fact::Unknown(_)) | None => Self::Unknown,
        }
    }
}

fn names(topic: &Kept) -> Option<&Text> {
    match fact(topic, "patches.security_names")? {
        Fact::Known(Value::Text(names)) => Some(names),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => None,
    }
}

fn fact<'k>(topic: &'k Kept, name: &str) -> Option<&'k Fact> {
    match &topic.observation.outcome {
        Outcome::Observed(facts) => Some(&facts.get(&FactKey::named(name)?)?.fact),
        Outcome::NotApplicable(_) | Outcome::Failed(_) => None,
    }
}

/// Whether two lists certainly have no name in common: one that ends in `+7` leaves seven unnamed.
fn are_others(former: &str, new: &str) -> bool {
    let is_whole = |names: &str| !names.split_whitespace().any(|name| name.starts_with('+'));
    let is_new = |name: &str| former.split_whitespace().all(|other| other != name);
    is_whole(former) && is_whole(new) && new.split_whitespace().all(is_new)
}

#[cfg(test)]
mod tests;
