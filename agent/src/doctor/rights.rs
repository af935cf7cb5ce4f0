//! What the agent looks at and cannot see.

use std::sync::Arc;

use report::fact::Ignorance;
use report::{
    Bilingual, Fact, Lang, Observation, Outcome, Reading, Reason, Timestamp, Topic, Value,
};

use super::{Check, Question};
use crate::config::Config;
use crate::host::Host;
use crate::host::rights::Rights;
use crate::remedies::HERE;
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
    let observations =
        Surveyor::here(subject.host.platform()).survey(&Arc::new(subject), now).await;
    observations.iter().flat_map(|observation| topic(observation, rights)).collect()
}

/// What is kept from the agent, and where it may read and learns nothing all the same.
fn topic(observation: &Observation, rights: Rights) -> Vec<Check> {
    let (topic, unknown) = (observation.topic, unknown(&observation.outcome));
    let mut checks = vec![told(Question::Rights, &unknown, topic, rights).unwrap_or_else(|| {
        Check::fine(
            Question::Rights,
            Bilingual::new("đọc được mọi nguồn có ở máy này", "every source there is can be read"),
        )
    })];
    checks.extend(told(Question::Sources, &unknown, topic, rights));
    checks.into_iter().map(|check| check.of(topic.name())).collect()
}

/// The finding of this question, most urgent first; none, where there is nothing to do.
fn told(
    question: Question,
    unknown: &[(String, &Ignorance)],
    topic: Topic,
    rights: Rights,
) -> Option<Check> {
    let is_asked = |why: &Ignorance| question_of(why.reason) == Some(question);
    let mut unknown: Vec<_> = unknown.iter().filter(|(_, why)| is_asked(why)).collect();
    unknown.sort_by_key(|(_, why)| urgency(why.reason));
    let (_, worst) = unknown.first()?;
    let remedy = remedy(worst.reason, topic, rights);
    Some(Check::finding(question, seen(&unknown), remedy))
}

/// Which question a reason belongs to. That this kind of machine has no such source wants nothing
/// done about it.
fn question_of(reason: Reason) -> Option<Question> {
    match reason {
        Reason::NotSupported => None,
        Reason::AccessDenied => Some(Question::Rights),
        Reason::SourceStale
        | Reason::Timeout
        | Reason::ProviderError
        | Reason::ParseError
        | Reason::TooLarge
        | Reason::ProductOpaque => Some(Question::Sources),
    }
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

fn seen(unknown: &[&(String, &Ignorance)]) -> Bilingual {
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

fn remedy(reason: Reason, topic: Topic, rights: Rights) -> Bilingual {
    match reason {
        Reason::AccessDenied if rights == Rights::Few => {
            let (account, run) = (HERE.account(), HERE.with_all_rights());
            Bilingual::new(
                format!("dịch vụ chạy bằng {account} thấy nhiều hơn: {}", run.get(Lang::Vi)),
                format!("the service runs as {account} and sees more: {}", run.get(Lang::En)),
            )
        }
        Reason::AccessDenied => HERE.denied(),
        Reason::SourceStale => renewed(topic),
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
            "phần mềm không cho đọc: khai trong sổ đăng ký (bản quyền)",
            "the product does not let it be read: put it into the register (licences)",
        ),
    }
}

fn renewed(topic: Topic) -> Bilingual {
    match topic {
        Topic::Patches => HERE.renew_updates(),
        Topic::Antivirus => HERE.renew_signatures(),
        Topic::Machine
        | Topic::Assignment
        | Topic::Firewall
        | Topic::DiskEncryption
        | Topic::ScreenLock
        | Topic::SecureBoot
        | Topic::Accounts
        | Topic::RemoteAccess
        | Topic::Smb1
        | Topic::RemovableMedia
        | Topic::AutoLogin => {
            Bilingual::new("làm mới nguồn được nêu", "renew the source that is named")
        }
    }
}

#[cfg(test)]
mod tests {
    use report::observation::Facts;
    use report::{FactKey, Record};

    use super::*;
    use crate::doctor::Health;

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

    /// What is told of a topic: question, health and words.
    fn told(observation: &Observation) -> Vec<(Question, Health, String)> {
        let checks = topic(observation, Rights::Full).into_iter();
        checks.map(|check| (check.question, check.health, check.seen.en)).collect()
    }

    fn patches(unknown: &[(&'static str, Reason)]) -> Observation {
        let facts =
            unknown.iter().map(|(key, reason)| (FactKey::named(key).unwrap(), fact(*reason)));
        observed(Topic::Patches, Outcome::Observed(facts.collect()))
    }

    fn nothing_kept() -> (Question, Health, String) {
        (Question::Rights, Health::Fine, "every source there is can be read".to_owned())
    }

    #[test]
    fn what_cannot_be_read_is_named_down_to_the_field() {
        let checks = topic(&antivirus(Reason::AccessDenied), Rights::Few);
        let [check] = &checks[..] else {
            panic!("it is a matter of rights alone: {checks:?}");
        };
        assert_eq!((check.question, check.of.as_deref()), (Question::Rights, Some("antivirus")));
        assert_eq!(check.health, Health::Finding);
        assert_eq!(check.seen.en, "antivirus.products.1.realtime: access denied (/x)");
        assert!(check.remedy.clone().unwrap().en.contains("sudo"));
    }

    #[test]
    fn a_source_that_says_nothing_is_no_matter_of_rights() {
        let failed = Outcome::Failed(Ignorance::new(Reason::SourceStale, "no lists"));
        let checks = topic(&observed(Topic::Patches, failed), Rights::Full);
        let [rights, sources] = &checks[..] else {
            panic!("two questions: {checks:?}");
        };
        assert_eq!((rights.question, rights.health), (Question::Rights, Health::Fine));
        assert_eq!((sources.question, sources.health), (Question::Sources, Health::Finding));
        let remedy = sources.remedy.clone().unwrap().en;
        assert!(
            remedy.contains("apt-get update") && remedy.contains("security source"),
            "{remedy}"
        );
        assert!(!remedy.contains("capabilities"));
    }

    #[test]
    fn each_reason_has_its_own_line_and_remedy() {
        let seen = patches(&[
            ("patches.security_pending", Reason::SourceStale),
            ("patches.installed_at", Reason::AccessDenied),
        ]);
        let checks = topic(&seen, Rights::Full);
        let told = |check: &Check| (check.seen.en.clone(), check.remedy.clone().unwrap().en);
        let [(rights, capabilities), (sources, update)] = [told(&checks[0]), told(&checks[1])];
        assert_eq!(rights, "patches.installed_at: access denied (/x)");
        assert!(capabilities.contains("capabilities"));
        assert!(sources.starts_with("patches.security_pending: the source is missing"));
        assert!(update.contains("apt-get update"));
    }

    #[test]
    fn what_this_kind_of_machine_does_not_have_is_not_told() {
        assert_eq!(told(&antivirus(Reason::NotSupported)), [nothing_kept()]);
    }

    #[test]
    fn the_most_urgent_of_a_long_list_is_named_first() {
        let why = |reason| Ignorance::new(reason, "/x");
        let (opaque, stale) = (why(Reason::ProductOpaque), why(Reason::SourceStale));
        let mut many: Vec<_> = (0..6).map(|number| (number.to_string(), &opaque)).collect();
        many.push(("last".to_owned(), &stale));
        let check = super::told(Question::Sources, &many, Topic::Patches, Rights::Full).unwrap();
        assert!(check.seen.en.starts_with("last: the source is missing"), "{:?}", check.seen);
        assert!(check.seen.en.ends_with("; and more: 3"));
        let few =
            super::told(Question::Sources, &many[..NAMED], Topic::Patches, Rights::Full).unwrap();
        assert!(!few.seen.en.contains("and more"));
    }
}
