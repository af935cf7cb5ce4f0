//! What a machine proves by itself, told without the judge: from the reports as they came.
//!
//! It says what a pass needs at least, and nothing of what makes one.

use report::catalogue::{Kind, Origin, Tense};
use report::fact::Record;
use report::{Clock, Fact, FactKey, Moment, Outcome, Topic, Value};

use super::grammar::{Asked, FieldAsked, Part, Quantity};
use super::worlds::is_yes;
use crate::machine::{Kept, Machine};
use crate::policy::fixtures::{DAY, NOW, key};

/// One machine, asked what it proves at [`NOW`].
pub(super) struct Witness<'m> {
    pub(super) machine: &'m Machine,
    /// Whether it has a row in force.
    pub(super) registered: bool,
}

impl<'m> Witness<'m> {
    /// Whether anything it tells could make this hold.
    pub(super) fn proves(&self, asked: &Asked) -> bool {
        match asked.key.spec().origin {
            Origin::Derived => self.proves_derived(asked),
            Origin::Agent(_) => match (self.fresh(asked.key), asked.key.spec().kind) {
                (Some((Fact::Known(Value::Records(records)), skew)), _) => {
                    self.proves_list(records, skew, &asked.parts)
                }
                (Some((fact, skew)), kind) => is_said(fact, skew, kind, &asked.parts),
                (None, _) => false,
            },
        }
    }

    /// What it told of a fact, if that speaks for today, and how far off its clock was.
    fn fresh(&self, key: FactKey) -> Option<(&'m Fact, i64)> {
        self.machine.topics.values().find_map(|kept| {
            let Outcome::Observed(facts) = &kept.observation.outcome else {
                return None;
            };
            let reading = facts.get(&key)?;
            is_fresh(kept, key).then_some((&reading.fact, kept.skew))
        })
    }

    fn proves_list(&self, records: &[Record], skew: i64, parts: &[Part]) -> bool {
        let whole = is_yes(self.fresh(key("antivirus.complete")).map(|(fact, _)| fact));
        parts.iter().all(|part| match part {
            Part::Present => !records.is_empty(),
            Part::Absent => whole && records.is_empty(),
            Part::Records(Quantity::Some, fields) => {
                records.iter().any(|record| is_so(record, skew, fields))
            }
            Part::Records(Quantity::Every, fields) => {
                whole && records.iter().all(|record| is_so(record, skew, fields))
            }
            Part::Records(Quantity::None, fields) => {
                whole && records.iter().all(|record| may_differ(record, skew, fields))
            }
            Part::Plain(_) | Part::Keyed(..) => false,
        })
    }

    fn proves_derived(&self, asked: &Asked) -> bool {
        let absent = matches!(asked.parts[..], [Part::Absent]);
        let known = |name: &str| {
            let told = self.fresh(key(name)).map(|(fact, _)| fact);
            matches!(told, Some(Fact::Known(_))) || (absent && matches!(told, Some(Fact::Absent)))
        };
        match asked.key.name() {
            "machine.unit" => self.registered || self.machine.token_unit.is_some(),
            "machine.level" => self.registered,
            "machine.kind" => self.registered || known("machine.chassis"),
            "machine.level_mismatch" => {
                let told = self.fresh(key("assignment.level")).map(|(fact, _)| fact);
                matches!(told, Some(Fact::Known(_) | Fact::Absent)) || self.claims_nothing()
            }
            "os.supported_until" => known("machine.os_id") && known("machine.os_version"),
            "patches.security_pending_days" => known("patches.security_pending"),
            "patches.content_date" => {
                let reaches = known("patches.security_pending") || known("machine.os_version");
                known("machine.os_family") && reaches
            }
            name => self.proves_antivirus(name, absent),
        }
    }

    fn claims_nothing(&self) -> bool {
        let kept = self.machine.topics.get(&Topic::Assignment);
        kept.is_some_and(|kept| matches!(kept.observation.outcome, Outcome::NotApplicable(_)))
    }

    fn proves_antivirus(&self, name: &str, absent: bool) -> bool {
        let records = match self.fresh(key("antivirus.products")) {
            Some((Fact::Known(Value::Records(records)), skew)) => Some((records, skew)),
            Some((Fact::Absent, _)) => None,
            Some((Fact::Known(_) | Fact::Unknown(_), _)) | None => return false,
        };
        let sources: &[&str] = match name.rsplit_once('.') {
            Some(("antivirus.primary", "realtime")) => &["realtime", "state", "passive"],
            Some(("antivirus.primary", field)) => &[field],
            Some(("antivirus.licence", "until")) => &["licence_until"],
            Some(("antivirus.licence", "evidence")) => &["licence_evidence"],
            Some(("antivirus.licence", "status" | "accepted")) => {
                &["licence_status", "licence_until"]
            }
            Some(_) | None => panic!("a derived fact that nothing is said of: {name}"),
        };
        let said = |record: &Record, skew: i64| {
            sources.iter().any(|field| match record.0.get(field).map(|reading| &reading.fact) {
                Some(Fact::Known(Value::Moment(moment))) if *field == "definitions_at" => {
                    !is_future(*moment, skew)
                }
                Some(Fact::Known(_)) => true,
                Some(Fact::Absent | Fact::Unknown(_)) | None => false,
            })
        };
        absent
            || records
                .is_some_and(|(records, skew)| records.iter().any(|record| said(record, skew)))
    }
}

/// Whether what was seen speaks for today: not too old, and not of tomorrow.
fn is_fresh(kept: &Kept, key: FactKey) -> bool {
    let spec = key.spec();
    let at = if spec.volatile { kept.seen_at() } else { kept.last_seen_at() };
    (i128::from(at.0) - i128::from(NOW.0) <= i128::from(DAY))
        && (i128::from(NOW.0) - i128::from(at.0) <= i128::from(spec.stale_after))
}

fn is_future(moment: Moment, skew: i64) -> bool {
    let skew = if moment.clock == Clock::Machine { skew } else { 0 };
    moment.at - skew > NOW + DAY
}

/// Whether a value is there that could be what is asked for, or its absence is asked for.
fn is_said(fact: &Fact, skew: i64, kind: Kind, parts: &[Part]) -> bool {
    let absent = matches!(parts, [Part::Absent]);
    match (fact, kind) {
        (Fact::Known(Value::Moment(moment)), Kind::Moment(Tense::Happened)) => {
            !absent && !is_future(*moment, skew)
        }
        (Fact::Known(_), _) => !absent,
        (Fact::Absent, _) => absent,
        (Fact::Unknown(_), _) => false,
    }
}

fn is_so(record: &Record, skew: i64, fields: &[FieldAsked]) -> bool {
    fields.iter().all(|asked| {
        let reading = record.0.get(asked.field.name);
        reading.is_some_and(|reading| is_said(&reading.fact, skew, asked.field.kind, &asked.parts))
    })
}

/// Whether some field is known well enough to tell a record from what is asked for.
fn may_differ(record: &Record, skew: i64, fields: &[FieldAsked]) -> bool {
    fields.iter().any(|asked| match record.0.get(asked.field.name).map(|one| &one.fact) {
        Some(Fact::Known(Value::Moment(moment))) => {
            asked.field.kind == Kind::Moment(Tense::End) || !is_future(*moment, skew)
        }
        Some(Fact::Known(_) | Fact::Absent) => true,
        Some(Fact::Unknown(_)) | None => false,
    })
}
