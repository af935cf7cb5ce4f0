use super::*;
use crate::catalogue::FactKey;
use crate::fact::{Fact, Ignorance, Reading, Reason, Record, Value};
use crate::moment::Moment;
use crate::observation::{Facts, Outcome};

const GOLDEN: &str = include_str!("../../golden/report-1.json");
const NEWER: &str = include_str!("../../golden/report-2.json");
const OPEN: &str = include_str!("../../golden/report-1-newer-facts.json");

fn reading(fact: Fact, source: &str) -> Reading {
    Reading::new(fact, source)
}

fn text(text: &str) -> Fact {
    Fact::Known(Value::Text(Text::new(text).unwrap()))
}

fn key(name: &str) -> FactKey {
    FactKey::named(name).unwrap()
}

/// The report that `golden/report-1.json` holds.
fn golden_report() -> Report {
    let product = Record(BTreeMap::from([
        ("product", reading(text("clamav"), "")),
        ("version", reading(text("1.4.6"), "var/lib/dpkg/status")),
        ("state", reading(Fact::Known(Value::Choice("on")), "proc")),
        ("realtime", reading(Fact::Known(Value::Bool(false)), "proc")),
        (
            "definitions_at",
            reading(
                Fact::Known(Value::Moment(Moment::source(Timestamp(1_795_245_882)))),
                "var/lib/clamav/daily.cvd",
            ),
        ),
        ("licence_until", reading(Fact::Absent, "")),
        ("registered", reading(Fact::unknown(Reason::NotSupported), "")),
    ]));
    Report {
        machine: MachineId::from_bytes([0x11; 16]),
        agent: Text::new("0.1.0").unwrap(),
        fingerprint: Fingerprint::from_bytes([0x22; 32]),
        incarnation: crate::machine::Incarnation::from_bytes([0x33; 16]),
        sequence: crate::machine::Sequence(7),
        sent_at: Timestamp(1_795_300_000),
        observations: vec![
            Observation {
                topic: Topic::Antivirus,
                observed_at: Timestamp(1_795_299_999),
                outcome: Outcome::Observed(Facts::from([
                    (key("antivirus.complete"), Fact::Known(Value::Bool(true)).into()),
                    (key("antivirus.products"), Fact::Known(Value::Records(vec![product])).into()),
                ])),
            },
            Observation {
                topic: Topic::Assignment,
                observed_at: Timestamp(1_795_299_999),
                outcome: Outcome::NotApplicable(Text::new("nothing is claimed").unwrap()),
            },
            Observation {
                topic: Topic::Machine,
                observed_at: Timestamp(1_795_299_999),
                outcome: Outcome::Observed(Facts::from([(
                    key("machine.host_name"),
                    reading(text("hộ-tịch-01"), "etc/hostname"),
                )])),
            },
            Observation {
                topic: Topic::Patches,
                observed_at: Timestamp(1_795_299_999),
                outcome: Outcome::Failed(Ignorance::new(Reason::SourceStale, "no package lists")),
            },
        ],
    }
}

fn changed(change: impl FnOnce(&mut Map<String, Json>)) -> Vec<u8> {
    let mut body: Json = serde_json::from_str(GOLDEN).unwrap();
    change(body.as_object_mut().unwrap());
    body.to_string().into_bytes()
}

fn refusal(body: &[u8]) -> &'static str {
    decode_report(body).unwrap_err().reason()
}

#[test]
fn the_golden_report_is_what_this_version_writes() {
    let golden: Json = serde_json::from_str(GOLDEN).unwrap();
    let written: Json = serde_json::from_str(&encode_report(&golden_report())).unwrap();
    assert_eq!(written, golden, "the wire form changed: that needs a new version");
}

#[test]
fn the_golden_report_comes_back_whole() {
    let received = decode_report(GOLDEN.as_bytes()).unwrap();
    assert_eq!(received.report, golden_report());
    assert_eq!(received.unjudged, Vec::<String>::new());
    assert_eq!(received.bodies.len(), 4);
}

#[test]
fn a_report_of_the_next_version_is_refused_by_number() {
    let error = decode_report(NEWER.as_bytes()).unwrap_err();
    assert_eq!(error, WireError::Version(2));
    assert_eq!(error.to_string(), "wire 2 is not spoken here: this side speaks 1");
}

#[test]
fn newer_facts_are_kept_and_named_and_the_rest_is_judged() {
    let received = decode_report(OPEN.as_bytes()).unwrap();
    assert_eq!(received.unjudged, ["antivirus.quarantined", "backup"]);
    assert!(received.bodies.contains_key("backup"));
    let antivirus = &received.report.observations[0];
    let Outcome::Observed(facts) = &antivirus.outcome else { panic!("{antivirus:?}") };
    assert_eq!(facts[&key("antivirus.complete")].fact, Fact::Known(Value::Bool(true)));
}

#[test]
fn a_known_key_of_the_wrong_kind_fails_its_topic_and_not_the_report() {
    let body = changed(|body| {
        body["topics"]["antivirus"]["facts"]["antivirus.complete"] = json!({ "known": "yes" });
    });
    let received = decode_report(&body).unwrap();
    let Outcome::Failed(why) = &received.report.observations[0].outcome else { panic!() };
    assert_eq!(why.reason, Reason::ParseError);
    assert!(why.detail.as_ref().unwrap().as_str().starts_with("antivirus.complete: "), "{why}");
    assert!(matches!(received.report.observations[2].outcome, Outcome::Observed(_)));
}

#[test]
fn a_fact_is_known_absent_or_unknown_and_never_two_of_them() {
    for fact in [
        json!({ "known": true, "absent": true }),
        json!({ "absent": false }),
        json!({}),
        json!({ "known": true, "unknown": "timeout" }),
        json!({ "unknown": "bored" }),
    ] {
        let body = changed(|body| {
            body["topics"]["antivirus"]["facts"]["antivirus.complete"] = fact.clone();
        });
        let received = decode_report(&body).unwrap();
        let outcome = &received.report.observations[0].outcome;
        assert!(matches!(outcome, Outcome::Failed(_)), "{fact}: {outcome:?}");
    }
}

#[test]
fn text_that_could_steer_a_terminal_fails_its_topic() {
    let body = changed(|body| {
        body["topics"]["machine"]["facts"]["machine.host_name"] = json!({ "known": "pc\u{1b}[2J" });
    });
    let received = decode_report(&body).unwrap();
    assert!(matches!(received.report.observations[2].outcome, Outcome::Failed(_)));
}

#[test]
fn the_envelope_is_closed() {
    assert_eq!(
        refusal(&changed(|body| drop(body.insert("hat".into(), json!(1))))),
        "unknown_field"
    );
    let error =
        decode_report(&changed(|body| drop(body.insert("hat".into(), json!(1))))).unwrap_err();
    assert!(error.to_string().contains("`hat`"));
    assert_eq!(refusal(&changed(|body| drop(body.remove("sequence")))), "missing_field");
    assert_eq!(refusal(&changed(|body| body["sequence"] = json!(-1))), "malformed");
    assert_eq!(refusal(&changed(|body| body["sequence"] = json!(1_u64 << 63))), "malformed");
    assert_eq!(refusal(b"[]"), "malformed");
    assert_eq!(refusal(b""), "malformed");
    let twice = GOLDEN.replacen('{', "{\"sequence\": 1,", 1);
    assert_eq!(
        decode_report(twice.as_bytes()).unwrap_err(),
        WireError::DuplicateField("sequence".into())
    );
}

#[test]
fn limits_hold_before_anything_is_built() {
    assert_eq!(refusal(&vec![b' '; MAX_BODY_BYTES + 1]), "too_large");
    assert_eq!(refusal("[".repeat(MAX_DEPTH + 1).as_bytes()), "too_deep");
    assert_eq!(refusal(format!("\"{}\"", "[".repeat(100)).as_bytes()), "malformed");
    let crowd: Map<_, _> =
        (0..=MAX_FACTS).map(|n| (format!("antivirus.x{n}"), json!({ "absent": true }))).collect();
    let body = changed(|body| body["topics"]["antivirus"]["facts"] = Json::Object(crowd));
    assert_eq!(refusal(&body), "too_many_facts");
    let crowd: Map<_, _> = (0..=MAX_TOPICS).map(|n| (format!("x{n}"), json!({}))).collect();
    let body = changed(|body| body["topics"] = Json::Object(crowd));
    assert_eq!(refusal(&body), "too_many_facts");
}

#[test]
fn the_digest_ignores_when_and_volatile_facts_and_nothing_else() {
    let report = golden_report();
    let mut later = report.clone();
    later.sequence = later.sequence.next();
    for observation in &mut later.observations {
        observation.observed_at = observation.observed_at + 900;
    }
    assert_eq!(later.digest(), report.digest());

    let set = |report: &mut Report, name: &str, fact: Fact| {
        let Outcome::Observed(facts) = &mut report.observations[2].outcome else { panic!() };
        facts.insert(key(name), fact.into());
    };
    let booted = Fact::Known(Value::Moment(Moment::machine(Timestamp(5))));
    set(&mut later, "machine.booted_at", booted);
    assert_eq!(later.digest(), report.digest());
    set(&mut later, "machine.serial", Fact::Absent);
    assert_ne!(later.digest(), report.digest());
}
