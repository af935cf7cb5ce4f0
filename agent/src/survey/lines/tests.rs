//! Nothing is lost between the child and the agent, and nothing is believed that is damaged.

use proptest::prelude::*;
use report::catalogue::{Kind, Origin};
use report::observation::Facts;
use report::report::digest;
use report::wire::MAX_RECORDS;
use report::{Clock, Fact, FactKey, Moment, Reading, Record, Text, Value};

use super::*;
use crate::host::rests::Went;

const NOW: Timestamp = Timestamp(1_795_318_200);

fn text() -> impl Strategy<Value = Text> {
    any::<String>().prop_filter_map("a text", |it| Text::cleaned(&it).ok())
}

fn moment() -> impl Strategy<Value = Moment> {
    let clock = prop_oneof![Just(Clock::Source), Just(Clock::Machine)];
    (any::<i64>(), clock).prop_map(|(at, clock)| Moment { at: Timestamp(at), clock })
}

fn ignorance() -> impl Strategy<Value = Ignorance> {
    let reason = prop::sample::select(&Reason::ALL[..]);
    (reason, prop::option::of(text())).prop_map(|(reason, detail)| Ignorance { reason, detail })
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text | Kind::Version => text().prop_map(Value::Text).boxed(),
        Kind::OneOf(words) => prop::sample::select(words).prop_map(Value::Choice).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Count => any::<u64>().prop_map(Value::Count).boxed(),
        Kind::Moment(_) => moment().prop_map(Value::Moment).boxed(),
        Kind::Records(fields) => {
            let field = (0..fields.len()).prop_map(|index| &fields[index]);
            let named = field.prop_flat_map(|it| (Just(it.name), reading(it.kind)));
            let record = prop::collection::vec(named, 0..6)
                .prop_map(|fields| Record(fields.into_iter().collect()));
            prop::collection::vec(record, 0..=MAX_RECORDS.min(5)).prop_map(Value::Records).boxed()
        }
    }
}

fn reading(kind: Kind) -> BoxedStrategy<Reading> {
    let fact = prop_oneof![
        value(kind).prop_map(Fact::Known),
        Just(Fact::Absent),
        ignorance().prop_map(Fact::Unknown),
    ];
    (fact, prop::option::of(text())).prop_map(|(fact, source)| Reading { fact, source }).boxed()
}

fn facts(topic: Topic) -> impl Strategy<Value = Facts> {
    let keys: Vec<_> =
        FactKey::all().filter(|key| key.spec().origin == Origin::Agent(topic)).collect();
    let one = |key: FactKey| (Just(key), reading(key.spec().kind));
    let some = prop::sample::select(keys).prop_flat_map(one);
    prop::collection::vec(some, 0..12).prop_map(|facts| facts.into_iter().collect())
}

fn observation() -> impl Strategy<Value = Observation> {
    let topic = prop::sample::select(&Topic::ALL[..]);
    (topic, any::<i64>()).prop_flat_map(|(topic, at)| {
        let outcome = prop_oneof![
            6 => facts(topic).prop_map(Outcome::Observed),
            1 => text().prop_map(Outcome::NotApplicable),
            1 => ignorance().prop_map(Outcome::Failed),
        ];
        let observed_at = Timestamp(at);
        outcome.prop_map(move |outcome| Observation { topic, observed_at, outcome })
    })
}

proptest! {
    #[test]
    fn what_the_child_saw_is_what_the_agent_reads(seen in observation()) {
        let line = line(&seen);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let read = read(line.as_bytes(), NOW).observations.remove(&seen.topic).unwrap();
        prop_assert_eq!(digest(std::slice::from_ref(&read)), digest(std::slice::from_ref(&seen)));
        prop_assert_eq!(read, seen);
    }

    #[test]
    fn whatever_stands_in_the_answer_never_ends_the_agent(
        seen in observation(),
        cut in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut answer = line(&seen).into_bytes();
        let cut = cut.index(answer.len());
        answer.splice(cut..cut, noise);
        for observation in read(&answer, NOW).observations.into_values() {
            prop_assert!(Topic::ALL.contains(&observation.topic));
        }
    }

    #[test]
    fn a_question_arrives_as_it_was_asked(
        parent in any::<u32>(),
        now in any::<i64>(),
        unit in prop::option::of(text()),
        level in prop::option::of(any::<u8>()),
        name in ".{0,40}",
    ) {
        let claims = AssignmentClaims { unit, system: None, level };
        let topics = Topic::ALL.map(|it| it.name().to_owned()).to_vec();
        let known = Remembered::from([(name.clone(), name.clone())]);
        let resting = Until::from([(name, Timestamp(now))]);
        let asked = Question { parent, now: Timestamp(now), claims, topics, resting, known };
        let json = serde_json::to_vec(&asked).unwrap();
        let arrived: Question = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(arrived.topics(), Topic::ALL);
        prop_assert_eq!(arrived, asked);
    }
}

fn absent(topic: Topic) -> Observation {
    let outcome = Outcome::NotApplicable(Text::new("for a test").unwrap());
    Observation { topic, observed_at: NOW, outcome }
}

#[test]
fn a_damaged_line_fails_its_topic_and_no_other() {
    let whole = line(&absent(Topic::Patches));
    for damaged in [
        "machine {\"observed_at\":1,\"facts\":{\"machine.kernel\":{\"known\":7}}}\n",
        "machine {\"observed_at\":1,\"facts\":{\"machine.kernil\":{\"absent\":true}}}\n",
        "machine {\"observed_at\":1,\"facts\":{\"patches.manager\":{\"absent\":true}}}\n",
        "machine {\"observed_at\":1,\n",
        "machine \u{1b}[2J\n",
    ] {
        let read = read(format!("{damaged}{whole}").as_bytes(), NOW).observations;
        let Outcome::Failed(why) = &read[&Topic::Machine].outcome else {
            panic!("{damaged}: {read:?}");
        };
        assert_eq!(why.reason, Reason::ParseError, "{damaged}");
        assert_eq!(read[&Topic::Patches], absent(Topic::Patches));
    }
}

#[test]
fn a_line_without_its_end_was_never_finished() {
    let whole = line(&absent(Topic::Machine));
    let unfinished = line(&absent(Topic::Patches));
    let answer = format!("{whole}{}", unfinished.trim_end());
    assert_eq!(
        read(answer.as_bytes(), NOW).observations.into_keys().collect::<Vec<_>>(),
        [Topic::Machine]
    );
}

#[test]
fn the_first_answer_counts_and_strangers_do_not() {
    let again = Observation { observed_at: NOW + 1, ..absent(Topic::Machine) };
    let answer = [line(&absent(Topic::Machine)), line(&again), "weather {}\n\n{}\n".to_owned()];
    let read = read(answer.concat().as_bytes(), NOW).observations;
    assert_eq!(read.into_values().collect::<Vec<_>>(), [absent(Topic::Machine)]);
}

#[test]
fn what_went_badly_is_told_as_often_as_it_is_known_and_the_last_word_counts() {
    let went = |well, badly: &str| {
        Experience::from([("/opt/a b".to_owned(), well), (badly.to_owned(), Went::Badly)])
    };
    let first = asked(&went(Went::Well, "wscapi.dll"));
    let last = went(Went::Badly, "root\\x:Y");
    let answer = [&first, &line(&absent(Topic::Machine)), &asked(&last), "asked {\n"].concat();
    let read = read(answer.as_bytes(), NOW);
    assert_eq!((read.observations.len(), read.experience), (1, last));
    assert_eq!(asked(&Experience::new()), "");
}

#[test]
fn what_is_to_be_remembered_is_told_in_one_line_whatever_stands_in_it() {
    let kept = |answer: &str| Remembered::from([("wua".to_owned(), answer.to_owned())]);
    let last = kept("{\"title\": \"Bản cập nhật\\nmachine {}\"}\nmachine {}");
    let answer = [&answered(&kept("first")), &answered(&last), "answered {\n"].concat();
    let read = read(answer.as_bytes(), NOW);
    assert_eq!((read.observations.len(), read.remembered), (0, last));
    assert_eq!(answered(&Remembered::new()), "");
}
