//! Whole surveys, over every recorded machine and over this one.

use std::collections::BTreeSet;

use report::catalogue::{Kind, Origin, Platform};
use report::observation::Facts;
use report::{Fact, FactKey, Moment, Outcome, Reason, Report, Topic, Value, wire};

use super::*;
use crate::host::Rests;
use crate::host::recorded::{Machine, fact, facts, field, reason, records, text};
use crate::host::rests::Went;
use crate::lookout::Lookout;
use crate::probes::Context;

mod damage;

const NOW: Timestamp = Timestamp(1_795_318_200);

fn look(host: Host) -> Vec<Observation> {
    look_at(host, NOW)
}

fn look_at(host: Host, now: Timestamp) -> Vec<Observation> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let subject = Arc::new(Subject { host, claims: AssignmentClaims::default() });
    runtime.block_on(Surveyor::here(Platform::Linux).survey(&subject, now))
}

fn topic(observations: &[Observation], topic: Topic) -> Facts {
    let found = observations.iter().find(|it| it.topic == topic);
    facts(found.unwrap().outcome.clone())
}

fn count(number: u64) -> Fact {
    Fact::Known(Value::Count(number))
}

fn assert_answers_the_whole_catalogue(observations: &[Observation]) {
    for observation in observations {
        let expected: BTreeSet<_> = FactKey::all()
            .filter(|key| key.spec().origin == Origin::Agent(observation.topic))
            .filter(|key| key.spec().platforms.contains(&Platform::Linux))
            .collect();
        let answered: BTreeSet<_> = facts(observation.outcome.clone()).into_keys().collect();
        assert_eq!(answered, expected, "{:?}", observation.topic);
    }
}

#[test]
fn every_recorded_machine_answers_every_fact() {
    for root in ["debian12-clamav", "debian12-bare", "debian12-laptop-dmi", "debian12-vendors"] {
        let machine = Machine::recorded(root);
        assert_answers_the_whole_catalogue(&look(machine.host()));
    }
}

#[test]
fn an_office_pc_with_clamav() {
    let machine = Machine::recorded("debian12-clamav");
    let observations = look(machine.host());
    let machine = topic(&observations, Topic::Machine);
    for (name, expected) in [
        ("machine.host_name", text("stp-hotich-01")),
        ("machine.os_id", text("debian")),
        ("machine.os_version", text("12")),
        ("machine.kernel", text("6.1.0-37-amd64")),
        ("machine.architecture", text("x86_64")),
        ("machine.model", text("OptiPlex 3080")),
        ("machine.serial", Fact::Absent),
        ("machine.asset_tag", Fact::Absent),
        ("machine.chassis", Fact::Known(Value::Choice("desktop"))),
        ("machine.container", Fact::Known(Value::Bool(false))),
        ("machine.memory_mib", count(7940)),
    ] {
        assert_eq!(fact(&machine, name), expected, "{name}");
    }
    let antivirus = topic(&observations, Topic::Antivirus);
    assert_eq!(records(fact(&antivirus, "antivirus.products")).len(), 1);
    let patches = topic(&observations, Topic::Patches);
    assert_eq!(fact(&patches, "patches.security_pending"), count(5));
    assert_eq!(fact(&patches, "patches.reboot_pending"), Fact::Known(Value::Bool(false)));
}

#[test]
fn a_bare_server_has_no_antivirus_and_its_updates_are_unknown() {
    let machine = Machine::recorded("debian12-bare");
    let observations = look(machine.host());
    let antivirus = topic(&observations, Topic::Antivirus);
    assert_eq!(records(fact(&antivirus, "antivirus.products")), []);
    assert_eq!(fact(&antivirus, "antivirus.complete"), Fact::Known(Value::Bool(true)));
    let patches = topic(&observations, Topic::Patches);
    let pending = fact(&patches, "patches.security_pending");
    assert_eq!(reason(&pending), Some(Reason::SourceStale));
    let machine = topic(&observations, Topic::Machine);
    let serial = fact(&machine, "machine.serial");
    assert_eq!(reason(&serial), Some(Reason::NotSupported));
    assert_eq!(fact(&machine, "machine.chassis"), Fact::Known(Value::Choice("virtual")));
}

#[test]
fn a_laptop_that_is_up_to_date_and_waits_for_a_restart() {
    let machine = Machine::recorded("debian12-laptop-dmi");
    let observations = look(machine.host());
    let patches = topic(&observations, Topic::Patches);
    assert_eq!(fact(&patches, "patches.security_pending"), count(0));
    assert_eq!(fact(&patches, "patches.reboot_pending"), Fact::Known(Value::Bool(true)));
    let machine = topic(&observations, Topic::Machine);
    for (name, expected) in [
        ("machine.serial", text("PF3A1B2C")),
        ("machine.asset_tag", text("STP-0117")),
        ("machine.manufacturer", text("LENOVO")),
        ("machine.chassis", Fact::Known(Value::Choice("laptop"))),
        (
            "machine.booted_at",
            Fact::Known(Value::Moment(Moment::machine(Timestamp(1_795_200_000)))),
        ),
    ] {
        assert_eq!(fact(&machine, name), expected, "{name}");
    }
}

#[test]
fn a_probe_that_fails_takes_no_other_with_it() {
    let machine = Machine::recorded("debian12-clamav").without("var/lib/dpkg");
    let observations = look(machine.host());
    for observation in observations {
        match (observation.topic, observation.outcome) {
            (Topic::Patches, Outcome::Failed(why)) => {
                assert_eq!(why.reason, Reason::NotSupported);
            }
            (Topic::Patches, other) => panic!("{other:?}"),
            (_, Outcome::Observed(_)) => {}
            (topic, other) => panic!("{topic:?}: {other:?}"),
        }
    }
}

fn hanging(_host: &Host, _context: &Context<'_>) -> Outcome {
    loop {
        std::thread::park();
    }
}

#[tokio::test]
async fn a_probe_that_hangs_fails_its_own_topic_and_the_survey_goes_on() {
    let patience = std::time::Duration::from_millis(50);
    let mut surveyor = Here::at(&Topic::ALL, Platform::Linux);
    for place in &mut surveyor.0 {
        if place.topic == Topic::Antivirus {
            (place.probe, place.lookout) = (hanging, Lookout::with(patience));
        }
    }
    let machine = Machine::recorded("debian12-clamav");
    let subject = Arc::new(Subject { host: machine.host(), claims: AssignmentClaims::default() });
    for detail in ["no answer within 0 seconds", "an earlier look still has no answer"] {
        let observations = surveyor.survey(&subject, NOW).await;
        let topics: Vec<_> = observations.iter().map(|it| it.topic).collect();
        assert_eq!(topics, Topic::ALL);
        for observation in observations {
            match (observation.topic, observation.outcome) {
                (Topic::Antivirus, outcome) => {
                    let expected = Ignorance::new(Reason::Timeout, detail);
                    assert_eq!(outcome, Outcome::Failed(expected));
                }
                (_, Outcome::Observed(_)) => {}
                (topic, other) => panic!("{topic:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_machine_with_nothing_on_it_is_unknown_throughout() {
    let observations = look(Machine::empty().host());
    let antivirus = topic(&observations, Topic::Antivirus);
    assert_eq!(fact(&antivirus, "antivirus.complete"), Fact::Known(Value::Bool(false)));
    let machine = topic(&observations, Topic::Machine);
    for name in ["machine.host_name", "machine.os_id", "machine.kernel"] {
        assert!(reason(&fact(&machine, name)).is_some(), "{name}");
    }
}

#[test]
fn what_is_denied_is_unknown_in_every_topic() {
    let machine = Machine::recorded("debian12-clamav")
        .denied("proc")
        .denied("sys")
        .denied("etc")
        .denied("usr")
        .denied("var")
        .denied("run");
    for observation in look(machine.host()) {
        if observation.topic == Topic::Assignment {
            continue;
        }
        for (key, reading) in facts(observation.outcome) {
            let harmless = [
                "machine.os_family",
                "antivirus.products",
                "antivirus.complete",
                "patches.manager",
            ];
            if !harmless.contains(&key.name()) {
                let reason = reason(&reading.fact);
                assert_eq!(reason, Some(Reason::AccessDenied), "{}", key.name());
            }
            if key.name() == "antivirus.complete" {
                assert_eq!(reading.fact, Fact::Known(Value::Bool(false)));
            }
        }
    }
}

#[test]
fn a_survey_is_small_enough_to_send_and_comes_back_the_same() {
    let machine = Machine::recorded("debian12-clamav");
    let report = Report {
        machine: report::MachineId::from_bytes([1; 16]),
        agent: report::Text::new("0.1.0").unwrap(),
        fingerprint: crate::fingerprint::fingerprint(&machine.host()).unwrap(),
        incarnation: report::Incarnation::from_bytes([2; 16]),
        sequence: report::Sequence(1),
        sent_at: NOW,
        observations: look(machine.host()),
    };
    let body = wire::encode_report(&report);
    assert!(body.len() < wire::MAX_BODY_BYTES / 2, "{}", body.len());
    let received = wire::decode_report(body.as_bytes()).unwrap();
    assert_eq!(received.unjudged, Vec::<String>::new());
    assert_eq!(received.report.digest(), report.digest());
}

#[test]
fn two_surveys_of_one_machine_say_the_same() {
    let machine = Machine::recorded("debian12-clamav");
    let first = look(machine.host());
    let second = look_at(machine.host(), NOW + 900);
    assert_eq!(report::report::digest(&first), report::report::digest(&second));
}

/// Wherever this test runs is a machine that nobody prepared: only what must hold on any.
#[test]
fn this_very_machine_can_be_looked_at() {
    let observations = look(Host::live());
    assert_eq!(observations.len(), Topic::ALL.len());
    let machine = topic(&observations, Topic::Machine);
    for name in [
        "machine.os_id",
        "machine.kernel",
        "machine.architecture",
        "machine.memory_mib",
        "machine.booted_at",
    ] {
        assert!(fact(&machine, name).known().is_some(), "{name}");
    }
    let antivirus = topic(&observations, Topic::Antivirus);
    for product in records(fact(&antivirus, "antivirus.products")) {
        assert!(product.fact("product").known().is_some());
    }
    for (key, reading) in observations.iter().flat_map(|it| match &it.outcome {
        Outcome::Observed(facts) => facts.iter().collect(),
        Outcome::NotApplicable(_) | Outcome::Failed(_) => Vec::new(),
    }) {
        if let (Kind::Moment(_), Fact::Known(value)) = (key.spec().kind, &reading.fact) {
            assert!(matches!(value, Value::Moment(_)), "{}", key.name());
        }
    }
}

const KESL: &str = "/opt/kaspersky/kesl/bin/kesl-control";

/// A server with every vendor's product, of which one does not answer.
fn with_a_hanging_product() -> Machine {
    let hangs = format!("$ {KESL} --app-info\nerror timeout\n$ {KESL} -L --query\nexit 0\n\nx\n");
    Machine::recorded("debian12-vendors").with("programs/kesl.txt", hangs)
}

/// What each product's version is, and why it is not known.
fn versions(host: Host) -> Vec<(Fact, Fact)> {
    let antivirus = topic(&look(host), Topic::Antivirus);
    let products = records(fact(&antivirus, "antivirus.products"));
    products.iter().map(|it| (field(it, "product"), field(it, "version"))).collect()
}

#[test]
fn a_product_that_does_not_answer_costs_its_own_facts_and_no_others() {
    let before = versions(Machine::recorded("debian12-vendors").host());
    let rests = Rests::default();
    let after = versions(with_a_hanging_product().host().with(rests.clone()));
    assert_eq!(after.len(), before.len());
    for ((product, version), (_, before)) in after.into_iter().zip(before) {
        match product == text("kaspersky-endpoint-security") {
            true => assert_eq!(reason(&version), Some(Reason::Timeout)),
            false => assert_eq!(version, before, "{product:?}"),
        }
    }
    // It was asked once, although its licence would have been told.
    assert_eq!(rests.experience().get(KESL), Some(&Went::Badly));
}

#[test]
fn while_a_product_rests_its_facts_say_until_when() {
    let rests = Rests::of([(KESL.to_owned(), NOW + 3600)].into());
    let seen = versions(Machine::recorded("debian12-vendors").host().with(rests));
    let kesl = seen.iter().find(|(it, _)| *it == text("kaspersky-endpoint-security"));
    let Some((_, Fact::Unknown(why))) = kesl else {
        panic!("{seen:?}");
    };
    assert_eq!(why.reason, Reason::Timeout);
    let detail = why.detail.as_ref().unwrap().as_str();
    assert!(detail.ends_with(&format!("rests until {}", NOW + 3600)), "{detail}");
}
