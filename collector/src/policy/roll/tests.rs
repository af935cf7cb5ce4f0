//! Judging one after the other gives what judging everyone gives.

use std::collections::BTreeMap;

use proptest::prelude::*;
use report::moment::DAY;
use report::{Fact, MachineId, Topic, Value};

use super::*;
use crate::machine::{Contact, Machine, Standing};
use crate::policy::fixtures::{
    HOUR, NOW, cases, good_machine, good_product, known, observe, observe_antivirus, rule, set,
    set_with_rules, silent_body, source_moment,
};
use crate::policy::posture::Posture;
use crate::policy::promises::worlds::{REGISTER, opaque_product};

const ROWS: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                    m-2,phong,workstation,ho-tich,,,,2025-01-01,\n\
                    m-3,phong,server,moi,,,,2025-01-01,2026-11-24\n\
                    m-4,so,workstation,lan,,,,2026-11-25,\n";

/// Something that happens to an office.
#[derive(Clone, Debug)]
enum Event {
    Joins(Option<&'static str>, Option<&'static str>, Standing),
    Reports(usize, Said),
    IsHeardOf(usize),
    Stands(usize, Standing),
    TimePasses(i64),
    SetChanges,
}

/// What a report says.
#[derive(Clone, Debug)]
enum Said {
    Good,
    NoAntivirus,
    LicenceEndsIn(i64),
    Pending(u64),
    Future(i64),
    /// A product that hangs on a contract.
    Opaque(&'static str),
}

/// What the contracts are for.
const UNDER_CONTRACT: [&str; 2] = ["drweb", "kaspersky-endpoint-security"];

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        3 => Just(Said::Good),
        1 => Just(Said::NoAntivirus),
        1 => (-2..6_i64).prop_map(Said::LicenceEndsIn),
        1 => (0..3_u64).prop_map(Said::Pending),
        1 => (1..72_i64).prop_map(Said::Future),
        4 => proptest::sample::select(UNDER_CONTRACT.to_vec()).prop_map(Said::Opaque),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let row = proptest::option::of(proptest::sample::select(vec!["m-1", "m-2", "m-3", "m-4", "x"]));
    let unit = proptest::option::of(proptest::sample::select(vec!["so", "phong"]));
    let any_standing = || proptest::sample::select(Standing::ALL.to_vec());
    let standing = || prop_oneof![1 => Just(Standing::Current), 1 => any_standing()];
    prop_oneof![
        3 => (row, unit, standing())
            .prop_map(|(row, unit, standing)| Event::Joins(row, unit, standing)),
        5 => (0..6_usize, said()).prop_map(|(machine, said)| Event::Reports(machine, said)),
        2 => (0..6_usize).prop_map(Event::IsHeardOf),
        1 => (0..6_usize, standing()).prop_map(|(machine, to)| Event::Stands(machine, to)),
        4 => (1..200_i64).prop_map(|quarters| Event::TimePasses(quarters * 900)),
        1 => Just(Event::SetChanges),
    ]
}

/// An office to which things happen.
struct Office {
    sets: [Arc<PolicySet>; 2],
    now: Timestamp,
    fleet: Fleet,
    roll: Roll,
}

impl Office {
    fn new() -> Self {
        let about_memory = "[require]\n\"machine.memory_mib\" = { min = 1 }";
        let about_definitions = "[require]\n\"antivirus.primary.definitions_at\" = { max_age = \"2d\" }\n\
            [level.4.require]\n\"antivirus.licence.until\" = { min_left = \"1d\" }";
        let other = set_with_rules(
            ROWS,
            &[&rule("r0", "major", about_memory), &rule("r1", "minor", about_definitions)],
        );
        let sets = [Arc::new(set(ROWS, &REGISTER)), Arc::new(other)];
        let fleet = Fleet::default();
        let roll = Roll::call(sets[0].clone(), &fleet, JudgeClock::at(NOW));
        Self { sets, now: NOW, fleet, roll }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Joins(row, unit, standing) => self.joins(row, unit, standing),
            Event::Reports(machine, said) => {
                let now = self.now;
                self.changes(machine, |machine| report(machine, &said, now));
            }
            Event::IsHeardOf(machine) => {
                let now = self.now;
                self.changes(machine, |machine| {
                    machine.last_contact.at = now;
                    machine.topics.values_mut().for_each(|kept| kept.confirm(now));
                });
            }
            Event::Stands(machine, standing) => {
                self.changes(machine, |machine| machine.standing = standing);
            }
            Event::TimePasses(seconds) => self.now = self.now + seconds,
            Event::SetChanges => self.sets.swap(0, 1),
        }
        self.roll.advance(&self.sets[0], &self.fleet, self.now);
    }

    fn joins(&mut self, row: Option<&str>, unit: Option<&str>, standing: Standing) {
        let number = u8::try_from(self.fleet.len()).unwrap();
        let id = MachineId::from_bytes([number; 16]);
        let row = row.map(str::to_owned);
        let unit = unit.map(str::to_owned);
        let slot = self.fleet.joined(id, row, unit, standing, self.now);
        self.roll.touch(&self.fleet, slot, self.now);
    }

    fn changes(&mut self, machine: usize, change: impl FnOnce(&mut Machine)) {
        if machine < self.fleet.len() {
            let slot = Slot::new(machine);
            self.fleet.change(slot, change);
            self.roll.touch(&self.fleet, slot, self.now);
        }
    }

    fn whole(&self) -> Roll {
        Roll::call(self.sets[0].clone(), &self.fleet, JudgeClock::at(self.now))
    }
}

fn report(machine: &mut Machine, said: &Said, now: Timestamp) {
    let good = good_machine(0, None);
    for (topic, mut kept) in good.topics {
        kept.observation.observed_at = now;
        kept.received_at = now;
        machine.keep(topic, kept);
    }
    machine.last_contact = Contact { at: now, skew: now.0 % 7 };
    observe(
        machine,
        Topic::Machine,
        now,
        &[
            ("machine.os_id", known(crate::policy::fixtures::text("debian"))),
            ("machine.os_version", known(crate::policy::fixtures::text("12"))),
            ("machine.memory_mib", known(Value::Count(4))),
        ],
    );
    let antivirus = |machine: &mut Machine, fields: &[(&'static str, Fact)]| {
        let mut product = good_product("eset");
        product.0.extend(crate::policy::fixtures::product(fields).0);
        observe_antivirus(machine, vec![product], true);
    };
    match said {
        Said::Good => {}
        Said::NoAntivirus => observe_antivirus(machine, vec![], true),
        Said::LicenceEndsIn(days) => {
            antivirus(machine, &[("licence_until", known(source_moment(now + days * DAY)))]);
        }
        Said::Pending(count) => {
            observe(
                machine,
                Topic::Patches,
                now,
                &[("patches.security_pending", known(Value::Count(*count)))],
            );
        }
        Said::Future(hours) => {
            antivirus(machine, &[("definitions_at", known(source_moment(now + hours * HOUR)))]);
        }
        Said::Opaque(product) => {
            observe_antivirus(machine, vec![opaque_product(product)], true);
        }
    }
}

type Told<'r> = (Option<&'r str>, Option<Slot>, Option<&'r str>, Entry, Vec<Ruling>);

fn told(roll: &Roll) -> Vec<Told<'_>> {
    let members = roll.members().map(|member| {
        let row = member.row.map(|row| row.id);
        let rulings = member.rulings().collect();
        (row, member.machine, member.unit(), member.entry, rulings)
    });
    members.collect()
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn one_after_the_other_gives_what_everyone_at_once_gives(
        events in proptest::collection::vec(event(), 1..14),
    ) {
        thread_local!(static OFFICE: std::cell::RefCell<Option<[Arc<PolicySet>; 2]>> = const { std::cell::RefCell::new(None) });
        let sets = OFFICE.with(|kept| {
            kept.borrow_mut().get_or_insert_with(|| Office::new().sets).clone()
        });
        let fleet = Fleet::default();
        let roll = Roll::call(sets[0].clone(), &fleet, JudgeClock::at(NOW));
        let mut office = Office { sets, now: NOW, fleet, roll };
        for event in events {
            office.happens(event);
        }
        let whole = office.whole();
        prop_assert_eq!(told(&office.roll), told(&whole));
        prop_assert_eq!(office.roll.counts(), whole.counts());
        prop_assert_eq!(Posture::of(&office.roll), Posture::of(&whole));
        for contract in 0..whole.set().register.licences.len() {
            prop_assert_eq!(office.roll.seats_used(contract), whole.seats_used(contract));
        }
    }
}

/// Every member by its name in the log.
fn outcomes(roll: &Roll, fleet: &Fleet) -> BTreeMap<String, Outcome> {
    let name = |member: &Member<'_>| {
        let machine = member.machine.map(|slot| fleet.at(slot).id.to_string());
        member.row.map(|row| row.id.to_owned()).or(machine).unwrap()
    };
    let outcomes = roll.members().map(|member| (name(&member), roll.outcome(member.place)));
    outcomes.map(|(name, outcome)| (name, outcome.unwrap())).collect()
}

/// What somebody knows who takes note of every change.
fn take_note(known: &mut BTreeMap<String, Outcome>, roll: &mut Roll, fleet: &Fleet) {
    if roll.everyone_since().is_some() {
        known.retain(|member, _| roll.has_member(fleet, member));
    }
    loop {
        let changes = roll.take_changes(fleet, 2);
        if changes.is_empty() {
            return;
        }
        for change in changes {
            match change.outcome {
                Some(outcome) => known.insert(change.member, outcome),
                None => known.remove(&change.member),
            };
        }
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn whoever_takes_note_of_every_change_knows_what_is_said_of_everyone(
        events in proptest::collection::vec((event(), any::<bool>()), 1..14),
    ) {
        thread_local!(static SETS: [Arc<PolicySet>; 2] = Office::new().sets);
        let (sets, fleet) = (SETS.with(Clone::clone), Fleet::default());
        let roll = Roll::call(sets[0].clone(), &fleet, JudgeClock::at(NOW));
        let mut office = Office { sets, now: NOW, fleet, roll };
        let mut known = BTreeMap::new();
        for (event, looks) in events {
            office.happens(event);
            if looks {
                take_note(&mut known, &mut office.roll, &office.fleet);
                prop_assert_eq!(&known, &outcomes(&office.roll, &office.fleet));
            }
        }
    }
}

#[test]
fn a_day_on_which_nothing_changes_leaves_nothing_to_note() {
    let (set, fleet, mut roll) = lone(good_machine(1, Some("m-1")));
    let names = |roll: &mut Roll| -> Vec<String> {
        let changes = roll.take_changes(&fleet, 100).into_iter();
        changes.map(|change| format!("{}: {:?}", change.member, change.outcome.is_some())).collect()
    };
    assert_eq!(names(&mut roll), ["m-1: true", "m-2: true", "m-3: true"]);
    let day = |day| set.targets.calendar.start_of(jiff::civil::date(2026, 11, day));
    roll.advance(&set, &fleet, day(23));
    roll.touch(&fleet, Slot::new(0), day(23) + 60);
    assert!(names(&mut roll).is_empty(), "midnight and a contact say nothing else");
    roll.advance(&set, &fleet, day(25) - 1);
    assert_eq!(names(&mut roll), ["m-1: true"], "what it said is stale");
    roll.advance(&set, &fleet, day(25));
    assert_eq!(names(&mut roll), ["m-3: false", "m-4: true"]);
    roll.mark_everyone();
    assert_eq!(names(&mut roll), ["m-1: true", "m-2: true", "m-4: true"]);
}

fn lone(machine: Machine) -> (Arc<PolicySet>, Fleet, Roll) {
    let set = Arc::new(set(ROWS, &[]));
    let fleet = Fleet::new(vec![machine]);
    let roll = Roll::call(set.clone(), &fleet, JudgeClock::at(NOW));
    (set, fleet, roll)
}

#[test]
fn a_machine_that_says_nothing_more_turns_by_itself() {
    let (set, fleet, mut roll) = lone(good_machine(1, Some("m-1")));
    let state = |roll: &Roll| roll.member_at(RowIndex::new(0)).unwrap().entry.state;
    assert_eq!(state(&roll), report::State::Protected);
    roll.advance(&set, &fleet, NOW + 2 * DAY);
    assert_eq!(state(&roll), report::State::Protected);
    roll.advance(&set, &fleet, NOW + 2 * DAY + 1);
    assert_eq!(state(&roll), report::State::Unknown, "what it said is stale");
    roll.advance(&set, &fleet, NOW + 7 * DAY + 1);
    assert_eq!(state(&roll), report::State::Silent);
}

#[test]
fn a_clock_that_is_set_back_judges_everyone_anew() {
    let (set, fleet, mut roll) = lone(good_machine(1, Some("m-1")));
    roll.advance(&set, &fleet, NOW + 3 * DAY);
    roll.advance(&set, &fleet, NOW);
    assert_eq!(roll.member_at(RowIndex::new(0)).unwrap().entry.state, report::State::Protected);
    assert_eq!(roll.clock(), JudgeClock::at(NOW));
}

#[test]
fn a_row_begins_and_ends_at_midnight() {
    let (set, fleet, mut roll) = lone(silent_body(1, None));
    let rows = |roll: &Roll| -> Vec<String> {
        roll.members().filter_map(|member| member.row.map(|row| row.id.to_owned())).collect()
    };
    assert_eq!(rows(&roll), ["m-1", "m-2", "m-3"]);
    let midnight = set.targets.calendar.start_of(jiff::civil::date(2026, 11, 25));
    roll.advance(&set, &fleet, midnight - 1);
    assert_eq!(rows(&roll), ["m-1", "m-2", "m-3"]);
    roll.advance(&set, &fleet, midnight);
    assert_eq!(rows(&roll), ["m-1", "m-2", "m-4"]);
}

#[test]
fn a_machine_goes_with_its_hardware_to_the_row_that_takes_the_place_of_its_own() {
    let rows = "m-1,so,workstation,lan,SN-1,,,2025-01-01,2026-11-24\n\
                m-1b,phong,workstation,lan,sn-1,,,2026-11-25,\n\
                m-2,so,workstation,lan,,TAG-2,,2025-01-01,2026-11-24\n\
                m-2b,phong,workstation,lan,,TAG-2,,2026-11-25,\n\
                m-3,so,workstation,lan,,TAG-3,,2025-01-01,2026-11-24\n\
                m-3b,phong,workstation,lan,SN-9,TAG-3,,2026-11-25,\n";
    let set = Arc::new(set(rows, &[]));
    let machines = [(1, "m-1"), (2, "m-2"), (3, "m-3")];
    let fleet = Fleet::new(machines.map(|(n, row)| good_machine(n, Some(row))).to_vec());
    let mut roll = Roll::call(set.clone(), &fleet, JudgeClock::at(NOW));
    let spoken_for = |roll: &Roll| -> Vec<(Option<String>, bool)> {
        let row = |member: &Member<'_>| member.row.map(|row| row.id.to_owned());
        roll.members().map(|member| (row(&member), member.machine.is_some())).collect()
    };
    let some = |id: &str, spoken| (Some(id.to_owned()), spoken);
    assert_eq!(spoken_for(&roll), [some("m-1", true), some("m-2", true), some("m-3", true)]);
    roll.advance(&set, &fleet, set.targets.calendar.start_of(jiff::civil::date(2026, 11, 25)));
    // Whether a tag was put on other hardware nobody can tell from the tag.
    let moved = [some("m-1b", true), some("m-2b", true), some("m-3b", false), (None, true)];
    assert_eq!(spoken_for(&roll), moved);
}

#[test]
fn whoever_speaks_for_a_row_no_longer_gives_back_the_seat_of_its_unit() {
    let set = Arc::new(set(ROWS, &REGISTER));
    let contract = |id: &str| set.register.licences.iter().position(|one| one.id == id).unwrap();
    let used = |roll: &Roll| ["l-phong", "l-all"].map(|id| roll.seats_used(contract(id)));
    let mut first = silent_body(1, Some("m-2"));
    first.token_unit = None;
    observe_antivirus(&mut first, vec![opaque_product("drweb")], true);
    let second = Machine { enrolled_at: NOW, ..silent_body(2, Some("m-2")) };
    let mut fleet = Fleet::new(vec![first]);
    let mut roll = Roll::call(set.clone(), &fleet, JudgeClock::at(NOW));
    assert_eq!(used(&roll), [1, 0]);
    let slot = fleet.push(second);
    roll.touch(&fleet, slot, NOW);
    roll.advance(&set, &fleet, NOW);
    assert_eq!(used(&roll), [0, 1], "the first is in no unit now");
}
