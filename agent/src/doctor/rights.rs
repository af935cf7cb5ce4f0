//! What the agent looks at and cannot see.

use std::sync::Arc;

use report::fact::Ignorance;
use report::{Bilingual, Fact, Lang, Observation, Outcome, Reading, Reason, Timestamp, Value};

use super::state::Rights;
use super::{Check, Question};
use crate::config::Config;
use crate::host::Host;
use crate::screen::survey::reason;
use crate::survey::{Subject, Surveyor};

/// So many are named; `survey` shows them all.
const NAMED: usize = 4;

pub(super) async fn examine(
    host: &Host,
    config: &Config,
    rights: Rights,
    now: Timestamp,
) -> Vec<Check> {
    let subject = Subject { host: host.clone(), claims: config.claims.clone() };
    let observations = Surveyor::here().survey(&Arc::new(subject), now).await;
    observations.iter().map(|observation| topic(observation, rights)).collect()
}

fn topic(observation: &Observation, rights: Rights) -> Check {
    let unknown = unknown(&observation.outcome);
    let check = match worst(&unknown) {
        None => Check::fine(
            Question::Rights,
            Bilingual::new("đọc được mọi nguồn có ở máy này", "every source there is can be seen"),
        ),
        Some(worst) => Check::finding(Question::Rights, seen(&unknown), remedy(worst, rights)),
    };
    check.of(observation.topic.name())
}

/// What is unknown, by name: a dot and a field where it is one of a record.
fn unknown(outcome: &Outcome) -> Vec<(String, &Ignorance)> {
    let mut unknown = Vec::new();
    match outcome {
        Outcome::Failed(why) => unknown.push((String::new(), why)),
        Outcome::NotApplicable(_) => {}
        Outcome::Observed(facts) => {
            for (key, reading) in facts {
                add(&mut unknown, key.name(), reading);
            }
        }
    }
    unknown
}

fn add<'a>(unknown: &mut Vec<(String, &'a Ignorance)>, name: &str, reading: &'a Reading) {
    match &reading.fact {
        Fact::Unknown(why) => unknown.push((name.to_owned(), why)),
        Fact::Known(Value::Records(records)) => {
            for (number, record) in records.iter().enumerate() {
                for (field, reading) in &record.0 {
                    add(unknown, &format!("{name}.{}.{field}", number + 1), reading);
                }
            }
        }
        Fact::Known(_) | Fact::Absent => {}
    }
}

/// The reason that most wants doing something about. That this kind of machine has no such source
/// wants nothing, and is not told.
fn worst(unknown: &[(String, &Ignorance)]) -> Option<Reason> {
    let reasons = unknown.iter().map(|(_, why)| why.reason);
    reasons.filter(|reason| *reason != Reason::NotSupported).min_by_key(|reason| urgency(*reason))
}

fn urgency(reason: Reason) -> u8 {
    match reason {
        Reason::AccessDenied => 0,
        Reason::SourceStale => 1,
        Reason::Timeout => 2,
        Reason::ProviderError => 3,
        Reason::ParseError => 4,
        Reason::TooLarge => 5,
        Reason::ProductOpaque => 6,
        Reason::NotSupported => 7,
    }
}

fn seen(unknown: &[(String, &Ignorance)]) -> Bilingual {
    let side = |lang, more: &str| {
        let mut named: Vec<_> =
            unknown.iter().take(NAMED).map(|(name, why)| one(name, why, lang)).collect();
        if let Some(rest) = unknown.len().checked_sub(NAMED).filter(|rest| *rest > 0) {
            named.push(format!("{more} {rest}"));
        }
        named.join("; ")
    };
    Bilingual::new(side(Lang::Vi, "và thêm"), side(Lang::En, "and more:"))
}

fn one(name: &str, why: &Ignorance, lang: Lang) -> String {
    let reason = reason(why.reason).get(lang);
    let named = if name.is_empty() { String::new() } else { format!("{name}: ") };
    match &why.detail {
        Some(detail) => format!("{named}{reason} ({})", detail.as_str()),
        None => format!("{named}{reason}"),
    }
}

fn remedy(reason: Reason, rights: Rights) -> Bilingual {
    match reason {
        Reason::AccessDenied if !rights.are_roots() => Bilingual::new(
            "dịch vụ chạy bằng root thấy nhiều hơn: chạy sudo lachan-agent doctor",
            "the service runs as root and sees more: run sudo lachan-agent doctor",
        ),
        Reason::AccessDenied => Bilingual::new(
            "giữ hai quyền CAP_DAC_READ_SEARCH và CAP_SYS_PTRACE của dịch vụ; SELinux hoặc AppArmor \
             có chặn không",
            "leave the service its two capabilities, CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE; does \
             SELinux or AppArmor stand in the way",
        ),
        Reason::SourceStale => Bilingual::new(
            "làm mới nguồn được nêu (apt-get update; freshclam)",
            "renew the source that is named (apt-get update; freshclam)",
        ),
        Reason::Timeout => Bilingual::new(
            "nguồn được nêu không trả lời: xem đĩa và các ổ mạng",
            "the source that is named does not answer: look at disks and network mounts",
        ),
        Reason::ProviderError | Reason::ParseError | Reason::TooLarge => Bilingual::new(
            "xem nguồn được nêu; nếu nguồn bình thường, gửi kết quả lachan-agent survey --json cho \
             bộ phận hỗ trợ",
            "look at the source that is named; if it is sound, send lachan-agent survey --json to \
             support",
        ),
        Reason::ProductOpaque | Reason::NotSupported => Bilingual::new(
            "phần mềm không cho đọc: khai trong sổ đăng ký (giấy phép)",
            "the product does not let it be read: put it into the register (licences)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use report::observation::Facts;
    use report::{FactKey, Record, Topic};

    use super::*;
    use crate::doctor::Health;

    const ROOT: Rights = Rights::of(0);

    fn fact(reason: Reason) -> Reading {
        Fact::Unknown(Ignorance::new(reason, "/x")).into()
    }

    fn antivirus(reason: Reason) -> Observation {
        let record =
            Record([("realtime", fact(reason)), ("licence_until", Fact::Absent.into())].into());
        let facts = Facts::from([
            (FactKey::named("antivirus.complete").unwrap(), Fact::Known(Value::Bool(true)).into()),
            (
                FactKey::named("antivirus.products").unwrap(),
                Fact::Known(Value::Records(vec![record])).into(),
            ),
        ]);
        observed(Topic::Antivirus, Outcome::Observed(facts))
    }

    fn observed(topic: Topic, outcome: Outcome) -> Observation {
        Observation { topic, observed_at: Timestamp(0), outcome }
    }

    #[test]
    fn what_cannot_be_read_is_named_down_to_the_field() {
        let check = topic(&antivirus(Reason::AccessDenied), Rights::of(1000));
        assert_eq!(check.of.as_deref(), Some("antivirus"));
        assert_eq!(check.health, Health::Finding);
        assert_eq!(check.seen.en, "antivirus.products.1.realtime: access denied (/x)");
        assert!(check.remedy.unwrap().en.contains("sudo"));
    }

    #[test]
    fn a_topic_that_failed_is_a_finding_and_one_that_is_not_here_is_none() {
        let failed = Outcome::Failed(Ignorance::new(Reason::SourceStale, "no lists"));
        let check = topic(&observed(Topic::Patches, failed), ROOT);
        assert_eq!(check.health, Health::Finding);
        assert!(check.remedy.unwrap().en.contains("apt-get update"));
        assert_eq!(topic(&antivirus(Reason::NotSupported), ROOT).health, Health::Fine);
    }

    #[test]
    fn a_long_list_is_cut_with_its_count() {
        let why = Ignorance::new(Reason::Timeout, "/x");
        let many: Vec<_> = (0..7).map(|number| (number.to_string(), &why)).collect();
        assert!(seen(&many).en.ends_with("; and more: 3"));
        assert!(!seen(&many[..NAMED]).en.contains("and more"));
    }
}
