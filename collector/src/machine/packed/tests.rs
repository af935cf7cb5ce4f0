use proptest::prelude::*;
use report::catalogue::ANTIVIRUS_PRODUCT;
use report::fact::Record;
use report::observation::Facts;
use report::{Fact, FactKey, Outcome, Reading, Reason, Text, Value};

use super::*;
use crate::machine::view::{Datum, FactsView, RecordView, Records, Seen};
use crate::machine::worlds::{REPORTED_AT, any_topics, linux_pc, windows_pc};
use crate::machine::{Contact, Kept};

/// What a report of only this comes back as, and how many texts the lexicon then has: its outline
/// is one.
fn there_and_back(outcome: Outcome) -> (Outcome, usize) {
    let topic = Topic::Antivirus;
    let observation = Observation { topic, observed_at: REPORTED_AT, outcome };
    let kept = Kept::new(observation, Contact { at: REPORTED_AT, skew: 0 });
    let mut lexicon = Lexicon::default();
    let packed = Packed::pack(&BTreeMap::from([(topic, kept)]), &mut lexicon);
    let mut back = packed.unpack(None, &lexicon);
    (back.remove(&topic).unwrap().observation.outcome, lexicon.len())
}

fn observed(name: &str, fact: Fact) -> Outcome {
    Outcome::Observed(Facts::from([(FactKey::named(name).unwrap(), fact.into())]))
}

fn text(text: &str) -> Value {
    Value::Text(Text::new(text).unwrap())
}

/// Bytes of this machine among many: each of its words has a long number.
fn size(topics: &BTreeMap<Topic, Kept>) -> usize {
    let mut lexicon = Lexicon::default();
    for number in 0..20_000 {
        lexicon.take(&format!("a text of another machine {number}"));
    }
    let packed = Packed::pack(topics, &mut lexicon);
    assert_eq!(packed.unpack(None, &lexicon), *topics);
    size_of::<Packed>() + packed.size()
}

#[test]
fn a_pc_takes_320_bytes_among_many_others() {
    for (name, topics) in [("Windows", windows_pc()), ("Linux", linux_pc())] {
        let size = size(&topics);
        println!("{name}: {size} bytes");
        assert!(size <= 320, "{name}: {size} bytes");
    }
}

#[test]
fn a_heartbeat_that_was_noted_takes_a_few_bytes_more_at_most() {
    let mut topics = windows_pc();
    for kept in topics.values_mut() {
        kept.confirm(REPORTED_AT + 3_600);
    }
    assert!(size(&topics) <= size(&windows_pc()) + 2 * topics.len());
}

#[test]
fn a_text_of_one_machine_alone_stays_out_of_the_lexicon() {
    let uuid = observed("machine.hardware_uuid", Fact::Known(text("0b1c2d3e")));
    assert_eq!(there_and_back(uuid.clone()), (uuid, 1));
    let model = observed("machine.model", Fact::Known(text("OptiPlex 3080")));
    assert_eq!(there_and_back(model.clone()), (model, 2));
}

#[test]
fn a_word_that_the_catalogue_does_not_have_is_not_taken_for_another() {
    let unread = |name| observed(name, Fact::unknown(Reason::ParseError));
    let chassis = observed("machine.chassis", Fact::Known(Value::Choice("toaster")));
    assert_eq!(there_and_back(chassis).0, unread("machine.chassis"));
    let records = observed("machine.model", Fact::Known(Value::Records(vec![Record::default()])));
    assert_eq!(there_and_back(records).0, unread("machine.model"));
    let choice = observed("machine.model", Fact::Known(Value::Choice("desktop")));
    assert_eq!(there_and_back(choice).0, unread("machine.model"));
}

#[test]
fn a_field_that_the_catalogue_does_not_have_is_left_out() {
    let products = |fields: &[&'static str]| {
        let reading = || Reading::from(Fact::Absent);
        let record = Record(fields.iter().map(|name| (*name, reading())).collect());
        observed("antivirus.products", Fact::Known(Value::Records(vec![record])))
    };
    assert_eq!(there_and_back(products(&["colour", "version"])).0, products(&["version"]));
}

#[test]
fn a_report_that_repeats_a_text_does_not_forget_it_in_between() {
    let mut lexicon = Lexicon::default();
    let packed = Packed::pack(&windows_pc(), &mut lexicon);
    let before = packed.unpack(None, &lexicon);
    let again = Packed::pack(&windows_pc(), &mut lexicon);
    let packed = packed.keep(&windows_pc(), None, &mut lexicon);
    assert_eq!((&packed, packed.unpack(None, &lexicon)), (&again, before));
}

#[test]
fn missing_bytes_tell_nothing() {
    let mut lexicon = Lexicon::default();
    let whole = Packed::pack(&windows_pc(), &mut lexicon).0;
    for length in 0..whole.len() {
        let damaged = Packed(whole[..length].into());
        for topic in damaged.topics(None, &lexicon) {
            if let OutcomeView::Observed(facts) = topic.outcome {
                assert!(facts.iter().count() <= FactKey::all().len());
            }
        }
        assert!(damaged.unpack(None, &lexicon).len() <= Topic::ALL.len());
    }
}

/// Two views that say the same.
fn assert_same(one: TopicView<'_>, other: TopicView<'_>) {
    let head = |view: &TopicView<'_>| (view.topic, view.seen_at, view.last_seen_at, view.skew);
    assert_eq!(head(&one), head(&other));
    match (one.outcome, other.outcome) {
        (OutcomeView::Observed(one), OutcomeView::Observed(other)) => {
            assert_eq!(list(one), list(other));
            for key in FactKey::all() {
                assert_eq!(one.get(key), other.get(key), "{key:?}");
            }
            assert_same_products(one, other);
        }
        (OutcomeView::NotApplicable(one), OutcomeView::NotApplicable(other)) => {
            assert_eq!(one, other);
        }
        (OutcomeView::Failed(one), OutcomeView::Failed(other)) => assert_eq!(one, other),
        different => panic!("{different:?}"),
    }
}

/// Products that say the same of each field, also of one that nobody has.
fn assert_same_products(one: FactsView<'_>, other: FactsView<'_>) {
    let names = ANTIVIRUS_PRODUCT.iter().map(|field| field.name).chain(["colour"]);
    for (one, other) in products(one).zip(products(other)) {
        for name in names.clone() {
            assert_eq!(one.field(name), other.field(name), "{name}");
        }
    }
}

fn products(facts: FactsView<'_>) -> impl Iterator<Item = RecordView<'_>> {
    let records = match facts.get(FactKey::of("antivirus.products")) {
        Some(Seen::Known(Datum::Records(records))) => Some(records),
        Some(Seen::Known(_) | Seen::Absent | Seen::Unknown(_)) | None => None,
    };
    records.into_iter().flat_map(Records::iter)
}

fn list(facts: FactsView<'_>) -> Vec<(FactKey, Seen<'_>)> {
    facts.iter().collect()
}

/// What comes to a collector from one machine.
#[derive(Clone, Debug)]
enum Arrival {
    Report(BTreeMap<Topic, Kept>),
    Heartbeat(Timestamp),
}

fn any_arrival() -> impl Strategy<Value = Arrival> {
    let report = any_topics().prop_map(|mut topics| {
        for kept in topics.values_mut() {
            (kept.in_last_report, kept.confirmed_at) = (true, None);
        }
        Arrival::Report(topics)
    });
    let heartbeat = (0..90_000_i64).prop_map(|after| Arrival::Heartbeat(REPORTED_AT + after));
    prop_oneof![report, heartbeat]
}

/// The topics of a machine, taken in one by one.
#[derive(Default)]
struct Plain(BTreeMap<Topic, Kept>);

impl Plain {
    fn take(&mut self, arrival: &Arrival) {
        match arrival {
            Arrival::Report(report) => {
                self.0.values_mut().for_each(|kept| kept.in_last_report = false);
                self.0.extend(report.clone());
            }
            Arrival::Heartbeat(at) => {
                let confirmed = self.0.values_mut().filter(|kept| kept.in_last_report);
                confirmed.for_each(|kept| kept.confirm(*at));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_comes_out_is_what_went_in(topics in any_topics()) {
        let mut lexicon = Lexicon::default();
        let packed = Packed::pack(&topics, &mut lexicon);
        prop_assert_eq!(packed.unpack(None, &lexicon), topics);
        packed.release(&mut lexicon);
        prop_assert!(lexicon.is_empty(), "{:?}", lexicon);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_is_read_as_what_went_in(topics in any_topics()) {
        let mut lexicon = Lexicon::default();
        let packed = Packed::pack(&topics, &mut lexicon);
        prop_assert_eq!(packed.topics(None, &lexicon).count(), topics.len());
        for (view, (topic, kept)) in packed.topics(None, &lexicon).zip(&topics) {
            assert_same(view, TopicView::of(*topic, kept));
        }
    }

    #[test]
    fn reports_and_heartbeats_come_as_to_a_machine_that_is_not_packed(
        arrivals in prop::collection::vec(any_arrival(), 0..8),
    ) {
        let (mut plain, mut lexicon) = (Plain::default(), Lexicon::default());
        let (mut packed, mut confirmed_at) = (Packed::default(), None);
        for arrival in &arrivals {
            plain.take(arrival);
            match arrival {
                Arrival::Report(report) => {
                    packed = packed.keep(report, confirmed_at.take(), &mut lexicon);
                }
                Arrival::Heartbeat(at) => confirmed_at = confirmed_at.max(Some(*at)),
            }
            prop_assert_eq!(&packed.unpack(confirmed_at, &lexicon), &plain.0);
            for (view, (topic, kept)) in packed.topics(confirmed_at, &lexicon).zip(&plain.0) {
                assert_same(view, TopicView::of(*topic, kept));
            }
        }
        packed.release(&mut lexicon);
        prop_assert!(lexicon.is_empty(), "{:?}", lexicon);
    }
}
