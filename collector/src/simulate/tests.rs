use std::collections::BTreeSet;

use report::catalogue::{Origin, Platform};
use report::{FactKey, Outcome, Topic, wire};

use super::situation::{Family, Updates};
use super::*;
use crate::machine::Standing;
use crate::policy::{self, Folder};
use crate::store::Archive;

/// A Thursday in November, in the afternoon.
const END: Timestamp = Timestamp(1_795_073_400);

fn plan(seed: u64, machines: u64) -> Plan {
    Plan {
        dir: PathBuf::new(),
        seed,
        machines,
        days: 60,
        until: END,
        listen: None,
        metrics: None,
        public: Vec::new(),
    }
}

fn office(seed: u64, machines: u64) -> Office {
    Office::of(&plan(seed, machines)).unwrap()
}

fn places(office: &Office) -> impl Iterator<Item = Place> {
    (0..office.machines).map(|number| Place::at(office, number))
}

fn rows(office: &Office) -> String {
    let mut text = register::header(MARK).into_bytes();
    for place in places(office) {
        register::write(office, &place, &mut text).unwrap();
    }
    String::from_utf8(text).unwrap()
}

/// Everything a seed makes of a few machines.
fn everything(seed: u64) -> String {
    let office = office(seed, 12);
    let mut all = rows(&office);
    all.extend(papers(&office).map(|(_, text)| text));
    for place in places(&office) {
        for identity in &place.identities {
            all += &format!("{:?}\n", life::lived(&office, &place, identity).unwrap());
        }
    }
    all
}

#[test]
fn the_same_seed_makes_the_same_office_and_another_one_another() {
    let one = everything(1);
    assert!(one == everything(1), "the same seed made two offices");
    assert!(one != everything(2), "two seeds made the same office");
}

#[test]
fn the_generated_register_loads_and_is_marked_as_a_sample() {
    let office = office(1, 2000);
    let mut files: BTreeMap<_, _> =
        starter_files().iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    files.insert("register/machines.csv", rows(&office));
    files.extend(papers(&office));
    let set = policy::load(&Folder::from_files(files)).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(set.register.is_sample());
    assert_eq!(set.register.units.iter().count(), office.units.list.len());
    let ids: Vec<_> = set.register.machines.iter().map(|row| row.id).collect();
    assert!(ids.len() > 1900 && ids.iter().all(|id| id.starts_with("mp-")));
}

#[test]
fn every_shipped_rule_and_target_has_its_truth() {
    let office = office(1, 10);
    let rules = truth::untold(office.rules());
    assert!(
        rules.is_empty(),
        "the simulation does not know what these rules must come to: {rules:?}; give each a line \
         in RULES of collector/src/simulate/truth.rs"
    );
    let mut truth = Truth::of_the_register(&office);
    for place in places(&office) {
        truth.count(&office, &place, &mut io::sink()).unwrap();
    }
    let targets = truth.untold(office.targets.iter().map(String::as_str));
    assert!(targets.is_empty(), "no truth about the targets {targets:?}: see truth.rs");
}

#[test]
fn everything_that_can_become_of_a_machine_becomes_of_some() {
    let office = office(1, 5000);
    let (mut standings, mut states) = (BTreeSet::new(), Truth::of_the_register(&office));
    let (mut retired, mut moved, mut outside, mut fresh, mut replaced) = (0, 0, 0, 0, 0);
    for place in places(&office) {
        standings.extend(place.identities.iter().map(|identity| identity.standing));
        retired += u32::from(place.rows.len() == 1 && place.rows[0].until.is_some());
        moved += u32::from(place.rows.len() == 2);
        outside += u32::from(place.rows.is_empty());
        fresh += u32::from(place.identities.iter().any(|one| one.situation.is_none()));
        let first = place.identities.first().map(|one| one.standing);
        replaced += u32::from(place.identities.len() == 2 && first == Some(Standing::Revoked));
        states.count(&office, &place, &mut io::sink()).unwrap();
    }
    assert_eq!(standings.len(), Standing::ALL.len());
    for count in [retired, moved, outside, fresh, replaced] {
        assert!(count > 0, "{:?}", [retired, moved, outside, fresh, replaced]);
    }
    for state in report::State::ALL {
        assert!(states.states.contains_key(state.name()), "{}", state.name());
    }
}

#[test]
fn every_rule_is_met_by_some_machines_and_missed_by_others() {
    let office = office(1, 3000);
    let mut truth = Truth::of_the_register(&office);
    for place in places(&office) {
        truth.count(&office, &place, &mut io::sink()).unwrap();
    }
    let counts = truth.counts(&office);
    for (rule, verdicts) in counts["rules"].as_object().unwrap() {
        let of = |verdict: &str| verdicts[verdict].as_u64().unwrap_or_default();
        assert!(of("pass") > 900 && of("fail") > 0, "{rule}: {verdicts}");
    }
}

#[test]
fn a_merged_unit_changes_its_place_and_some_machines_their_row() {
    let office = office(1, 2000);
    let merger = office.units.merger.unwrap();
    let unit = &office.units.list[merger.unit];
    let [before, after] = unit.placed.as_slice() else { panic!("{:?}", unit.placed) };
    assert_eq!(before.until.map(|day| day + 1), after.from);
    assert_eq!(after.under, merger.into);
    for place in places(&office).filter(|place| place.rows.len() == 2) {
        let [old, new] = place.rows.as_slice() else { panic!("{:?}", place.rows) };
        assert_eq!((old.unit, new.unit), (merger.unit, merger.into));
        assert_eq!(old.until.map(|day| day + 1), Some(new.from));
        assert_eq!(place.identities[0].row.as_deref(), Some(new.id.as_str()));
        assert!(days::day_of(place.identities[0].enrolled_at) > merger.last_day);
    }
}

/// Each report as it is decoded, with its family and whether its updates can be read.
fn reports(office: &Office) -> Vec<(Family, bool, wire::ReceivedReport)> {
    let mut reports = Vec::new();
    for place in places(office) {
        for identity in &place.identities {
            let Some(situation) = &identity.situation else { continue };
            let at = identity.reported_at;
            let report = observed::report(office, &place, identity, situation, at, 1);
            let received = wire::decode_report(wire::encode_report(&report).as_bytes()).unwrap();
            assert_eq!(received.report.digest(), report.digest());
            let is_readable = situation.updates != Updates::Unreadable;
            reports.push((situation.release.family, is_readable, received));
        }
    }
    reports
}

#[test]
fn a_simulated_machine_reports_every_fact_that_its_system_has() {
    for (family, is_readable, received) in reports(&office(1, 300)) {
        assert_eq!(received.unjudged_count, 0);
        let platform = match family {
            Family::Linux => Platform::Linux,
            Family::Windows => Platform::Windows,
        };
        for observation in &received.report.observations {
            let facts = match &observation.outcome {
                Outcome::Observed(facts) => facts,
                Outcome::Failed(_) if !is_readable && observation.topic == Topic::Patches => {
                    continue;
                }
                other => panic!("{:?}: {other:?}", observation.topic),
            };
            let expected = FactKey::all().filter(|key| {
                let spec = key.spec();
                spec.origin == Origin::Agent(observation.topic)
                    && spec.platforms.contains(&platform)
            });
            for key in expected {
                assert!(facts.contains_key(&key), "{platform:?} does not report {key:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine"), "").unwrap();
    let plan = Plan { dir: dir.path().to_owned(), ..plan(1, 1) };
    let refused = simulate(&plan, |_| ()).await;
    assert!(matches!(refused, Err(SimulateError::Occupied(_))), "{refused:?}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_simulated_is_served_only_as_a_sample() {
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan { dir: dir.path().join("office"), days: 3, ..plan(1, 20) };
    let mut done = Vec::new();
    let made = simulate(&plan, |places| done.push(places)).await.unwrap();
    assert_eq!(done, [20]);
    let config = crate::config::Config::load(&made.settings).unwrap();
    assert!(config.allow_sample);
    crate::reload::read(&config.policies, true).unwrap();
    assert!(crate::reload::read(&config.policies, false).is_err());
    assert!(Archive::new(config.store()).now().unwrap().is_simulation);
}
