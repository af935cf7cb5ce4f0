//! What is told is what was judged, and goes down to what was seen.

use proptest::prelude::*;
use proptest::sample::select;
use report::fact::Record;
use report::{Fact, Reading, Topic, Value};

use super::*;
use crate::machine::worlds::{REPORTED_AT, any_topics, linux_pc, windows_pc};
use crate::machine::{Contact, Kept, Standing};
use crate::policy::fixtures::{
    DAY, HOUR, NOW, good_machine, good_product, known, observe, observe_antivirus, product, rule,
    set, set_with_rules, silent_body, source_moment, view, word,
};
use crate::policy::judge::judge;
use crate::policy::subject::Seat;

const ROWS: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                    m-2,phong,server,lan ho-tich,,,,2025-01-01,\n\
                    m-3,phong,server,moi,,,,2025-01-01,\n";

const WAIVER: &str = r#"
[[waiver]]
id = "w-1"
rule = "antivirus-licensed"
machines = ["m-1"]
decision = { number = "7/QĐ", date = 2026-11-01 }
approver = "Giám đốc"
reason = { vi = "Chờ mua", en = "Being bought" }
from = 2026-11-01
until = 2026-12-31
"#;

const LICENCE: &str = r#"
[[licence]]
id = "l-1"
contract = { number = "05/2026/HĐ", date = 2026-01-05 }
supplier = "Công ty A"
products = ["eset-endpoint-antivirus"]
seats = 60
from = 2026-01-10
until = 2027-01-09
"#;

fn told(set: &PolicySet, subject: &Subject<'_>, now: Timestamp) -> Explanation {
    tell(set, &Day::of(set, now), subject, JudgeClock::at(now), &|_| 37)
}

fn told_of(set: &PolicySet, machine: &Machine) -> Explanation {
    told(set, &Subject::of(set, view(machine), NOW), NOW)
}

impl Explanation {
    fn the(&self, rule: &str) -> &RuleReason {
        self.rules.iter().find(|one| one.rule == rule).unwrap_or_else(|| panic!("no rule {rule}"))
    }

    fn steps(&self, fact: &str) -> Vec<&str> {
        match &self.facts[fact].from {
            Basis::Derived { steps, .. } => steps.iter().map(|step| step.en.as_str()).collect(),
            other => panic!("{fact}: {other:?}"),
        }
    }

    fn sighting(&self, fact: &str) -> &Sighting {
        match &self.facts[fact].from {
            Basis::Seen(sighting) => sighting,
            other => panic!("{fact}: {other:?}"),
        }
    }
}

/// All demands together, as the rule has them before a waiver.
fn outcome_of(demands: &[DemandReason]) -> Ruling {
    let all: Vec<_> = demands.iter().map(|demand| demand.outcome).collect();
    [Ruling::Fail, Ruling::Unknown]
        .into_iter()
        .find(|one| all.contains(one))
        .unwrap_or(Ruling::Pass)
}

/// Each rule, the state and the turn are those of the judge; what is asked adds up to the outcome;
/// and no name leads nowhere.
fn assert_is_the_judgement(set: &PolicySet, subject: &Subject<'_>, now: Timestamp) {
    let told = told(set, subject, now);
    let judged = judge(set, subject, JudgeClock::at(now));
    assert_eq!(told.state.state, judged.state);
    assert_eq!(told.turns.at, Some(judged.turns).filter(|at| *at != NEVER));
    assert_eq!(told.rules.len(), judged.rules.len());
    let calendar = &set.targets.calendar;
    for ((rule, told), judged) in set.rules.iter().zip(&told.rules).zip(&judged.rules) {
        assert_eq!((&told.rule, told.outcome), (&rule.id, judged.ruling));
        assert_eq!(told.why, judged.why.map(|why| why.words(calendar)));
        if !told.demands.is_empty() {
            let asked = outcome_of(&told.demands);
            let excused = asked == Ruling::Fail && told.waiver.is_some();
            assert_eq!(if excused { Ruling::Waived } else { asked }, judged.ruling, "{told:#?}");
        }
    }
    let inputs = told.facts.values().flat_map(FactReason::inputs).map(String::as_str);
    for name in told.rules.iter().flat_map(RuleReason::named).chain(inputs) {
        assert!(told.facts.contains_key(name), "{name}");
    }
}

fn any_machine() -> impl Strategy<Value = Machine> {
    let row = select(vec![None, Some("m-1"), Some("m-2"), Some("m-3"), Some("gone")]);
    let silent = prop_oneof![3 => 0..3 * DAY, 1 => 0..20 * DAY];
    let topics = prop_oneof![
        4 => any_topics(),
        1 => select(vec![windows_pc(), linux_pc()]),
    ];
    (row, select(&Standing::ALL[..]), silent, topics).prop_map(|(row, standing, ago, topics)| {
        let last_contact = Contact { at: REPORTED_AT - ago, skew: 0 };
        // Most machines are in force, for the others say nothing of rules.
        let standing = if ago % 4 == 0 { standing } else { Standing::Current };
        let mut machine = Machine { standing, last_contact, topics, ..silent_body(1, row) };
        machine.security_pending_since = machine.pending().since();
        machine
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_told_of_any_machine_is_what_the_judge_says(machine in any_machine()) {
        let set = set(ROWS, &[("register/waivers.toml", WAIVER), ("register/licences.toml", LICENCE)]);
        let mut subject = Subject::of(&set, view(&machine), REPORTED_AT);
        assert_is_the_judgement(&set, &subject, REPORTED_AT);
        subject.seat = Seat::Taken(set.register.licences.at(0).unwrap());
        assert_is_the_judgement(&set, &subject, REPORTED_AT);
        subject.machine = None;
        assert_is_the_judgement(&set, &subject, REPORTED_AT);
    }
}

#[test]
fn what_is_told_survives_the_socket() {
    let set = set(ROWS, &[("register/waivers.toml", WAIVER)]);
    let mut machine = good_machine(1, Some("m-1"));
    observe_antivirus(&mut machine, vec![good_product("clamav"), good_product("eset")], true);
    let told = told_of(&set, &machine);
    let json = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), told);
}

#[test]
fn a_fact_goes_back_to_the_report_that_holds_it_with_its_source_and_its_times() {
    let set = set(ROWS, &[]);
    let mut machine = Machine { topics: linux_pc(), ..silent_body(1, Some("m-1")) };
    machine.last_contact.at = REPORTED_AT;
    machine.topics.values_mut().for_each(|kept| kept.confirm(REPORTED_AT + HOUR));
    let subject = Subject::of(&set, view(&machine), REPORTED_AT);
    let told = told(&set, &subject, REPORTED_AT + 2 * HOUR);

    let pending = told.sighting("patches.security_pending");
    assert_eq!(pending.topic, "patches");
    assert_eq!(pending.said.vi, "7");
    assert_eq!(pending.source.as_deref(), Some("var/lib/apt/lists"));
    assert_eq!(pending.received_at, REPORTED_AT);
    assert_eq!(pending.seen_at, REPORTED_AT - 3);
    assert_eq!(pending.confirmed_at, Some(REPORTED_AT + HOUR));
    assert_eq!(pending.stale_after, REPORTED_AT + HOUR + 2 * DAY);
    assert_eq!(pending.corrected_by, None, "a number needs no clock");

    let products = told.sighting("antivirus.products");
    let definitions =
        products.records[0].iter().find(|field| field.field == "definitions_at").unwrap();
    assert_eq!(definitions.source.as_deref(), Some("var/lib/clamav/daily.cvd"));
    assert_eq!(products.corrected_by, None, "the vendor's clock needs no correction");
}

#[test]
fn a_moment_by_the_machines_clock_says_by_how_much_it_was_corrected() {
    let require = "[require]\n\"patches.installed_at\" = { max_age = \"30d\" }";
    let set = set_with_rules(ROWS, &[&rule("r0", "major", require)]);
    let mut machine = good_machine(1, Some("m-1"));
    let installed = known(Value::Moment(report::Moment::machine(NOW)));
    observe(&mut machine, Topic::Patches, NOW, &[("patches.installed_at", installed)]);
    machine.topics.get_mut(&Topic::Patches).unwrap().skew = 180;
    let told = told_of(&set, &machine);
    assert_eq!(told.sighting("patches.installed_at").corrected_by, Some(180));
}

#[test]
fn of_a_machine_that_reports_by_file_the_time_for_files_is_told() {
    let rows = "id,unit,kind,from,reports\nm-1,so,server,2025-01-01,file\n";
    let set = set("", &[("register/machines.csv", rows)]);
    let machine = good_machine(1, Some("m-1"));
    let told = told_of(&set, &machine);
    let last = set.targets.calendar.after(NOW, 45 * DAY);
    assert_eq!(told.sighting("antivirus.products").stale_after, last);
    let passed_over: Vec<_> = told.state.passed_over.iter().map(|one| &one.en).collect();
    let time = crate::policy::words::time(set.targets.calendar.time_of(last), report::Lang::En);
    let silent = format!("silent only after {time}");
    assert!(passed_over.iter().any(|one| one.ends_with(&silent)), "{silent}: {passed_over:?}");
}

#[test]
fn what_is_stale_is_told_as_it_was_seen() {
    let set = set(ROWS, &[]);
    let mut machine = good_machine(1, Some("m-1"));
    let pending = ("patches.security_pending", known(Value::Count(4)));
    observe(&mut machine, Topic::Patches, NOW - 3 * DAY, &[pending]);
    let told = told_of(&set, &machine);
    assert!(told.facts["patches.security_pending"].found.en.contains("stale"));
    assert_eq!(told.sighting("patches.security_pending").said.en, "4");
    assert_eq!(told.sighting("patches.security_pending").stale_after, NOW - DAY);
    assert_eq!(told.facts["patches.security_sources"].from, Basis::Unreported);
}

const NO: Fact = Fact::Known(Value::Bool(false));
const YES: Fact = Fact::Known(Value::Bool(true));

fn changed(id: &str, fields: &[(&'static str, Fact)]) -> Record {
    let mut record = good_product(id);
    record.0.extend(product(fields).0);
    record
}

#[test]
fn the_election_says_what_the_chosen_product_has_before_each_other() {
    let set = set(ROWS, &[]);
    let off = ("state", word("off"));
    let hidden = ("state", Fact::unknown(report::Reason::AccessDenied));
    let older = ("definitions_at", known(source_moment(NOW - 2 * DAY)));
    for (first, second, lead) in [
        (vec![], vec![off.clone()], "it runs and protects"),
        (vec![], vec![hidden.clone()], "it runs and protects"),
        (vec![hidden.clone()], vec![("realtime", NO)], "it may protect unseen"),
        (
            vec![hidden.clone()],
            vec![("realtime", Fact::unknown(report::Reason::AccessDenied))],
            "it may protect unseen, and the other runs but is not known to protect in real time",
        ),
        (vec![hidden], vec![off.clone()], "it may run"),
        (vec![off.clone(), ("registered", YES)], vec![off, ("registered", NO)], "it is registered"),
        (vec![], vec![("realtime", NO)], "it protects in real time"),
        (vec![("passive", NO)], vec![], "it is not passive"),
        (vec![], vec![("licence_status", word("free"))], "its licence is stronger"),
        (vec![], vec![older], "its definitions are newer"),
        (vec![], vec![], "they are equal"),
    ] {
        for swapped in [false, true] {
            let mut products = vec![changed("a", &first), changed("b", &second)];
            if swapped {
                products.reverse();
            }
            let mut machine = good_machine(1, Some("m-1"));
            observe_antivirus(&mut machine, products, true);
            let told = told_of(&set, &machine);
            let steps = told.steps("antivirus.primary.product");
            assert!(steps[0].starts_with("a is chosen"), "{steps:?}");
            let before = format!("a stands before b: {lead}");
            assert!(steps[1].starts_with(&before), "{steps:?} {before}");
        }
    }
}

#[test]
fn without_a_product_the_election_says_whether_there_is_none_or_one_may_hide() {
    let set = set(ROWS, &[]);
    for (complete, words) in [(true, "there is no antivirus"), (false, "may be there")] {
        let mut machine = good_machine(1, Some("m-1"));
        observe_antivirus(&mut machine, vec![], complete);
        let told = told_of(&set, &machine);
        let steps = told.steps("antivirus.primary.product");
        assert!(steps[0].ends_with(words), "{steps:?}");
    }
}

#[test]
fn a_licence_is_told_by_the_products_word_its_contract_and_the_seats() {
    const MUTE: Fact = Fact::Absent;
    let set = set(ROWS, &[("register/licences.toml", LICENCE)]);
    let licence = set.register.licences.at(0).unwrap();
    let mute = changed("eset-endpoint-antivirus", &[("licence_status", MUTE)]);
    let steps = |product: &Record, seat| {
        let mut machine = good_machine(1, Some("m-1"));
        observe_antivirus(&mut machine, vec![product.clone()], true);
        let mut subject = Subject::of(&set, view(&machine), NOW);
        subject.seat = seat;
        told(&set, &subject, NOW).steps("antivirus.licence.status").join(" | ")
    };
    let taken = steps(&mute, Seat::Taken(licence));
    assert!(taken.contains("05/2026/HĐ of 2026-01-05, Công ty A, 37 of 60 seats used"), "{taken}");
    assert!(!taken.contains("not needed"), "{taken}");
    let missed = steps(&mute, Seat::Missed(licence));
    assert!(missed.contains("machines that enrolled earlier use them all"), "{missed}");
    let none = steps(&mute, Seat::NoContract);
    assert!(none.contains("no contract in licences.toml"), "{none}");
    let own = steps(&good_product("eset-endpoint-antivirus"), Seat::Taken(licence));
    assert!(own.starts_with("the product says: licensed") && own.contains("not needed"), "{own}");
    let ended = changed("eset", &[("licence_until", known(source_moment(NOW - DAY)))]);
    let ended = steps(&ended, Seat::NoContract);
    assert!(ended.ends_with("it counts as expired, whatever the word"), "{ended}");
}

#[test]
fn a_level_is_told_by_the_systems_and_the_one_that_decides() {
    let require = "[level.4.require]\n\"antivirus.primary.state\" = \"on\"";
    let set = set_with_rules(ROWS, &[&rule("r0", "major", require)]);
    let told = |row| told_of(&set, &good_machine(1, row));

    let four = told(Some("m-2"));
    let steps = four.steps("machine.level");
    assert_eq!(
        steps[1..3],
        ["system Network (lan): level 2", "system Civil status (ho-tich): level 4"]
    );
    assert!(steps[3].starts_with("the highest decides"), "{steps:?}");
    assert_eq!(four.the("r0").table.en, "that of level 4 alone");
    assert_eq!(four.the("r0").conditions[0].holds, Some(true));
    assert_eq!(four.the("r0").conditions[0].what.en, "level: 4; the rule is for: 4");

    let two = told(Some("m-1"));
    assert_eq!(two.the("r0").table.en, "there is none for level 2");
    assert_eq!(two.the("r0").conditions[0].holds, Some(false));

    let open = told(Some("m-3"));
    assert_eq!(open.steps("machine.level")[1], "system New (moi): level not determined");
    assert_eq!(open.the("r0").conditions[0].holds, None);
    assert!(told(None).steps("machine.level")[0].contains("not in the register"));
}

#[test]
fn whom_a_rule_is_for_is_told_with_what_the_machine_is() {
    let applies = "applies = { os = [\"linux\"], kinds = [\"server\"], units = [\"so\"], systems = [\"lan\"] }\n";
    let require = format!("{applies}[require]\n\"antivirus.primary.state\" = \"on\"");
    let set = set_with_rules(ROWS, &[&rule("r0", "major", &require)]);
    let told = told_of(&set, &good_machine(1, Some("m-1")));
    let conditions: Vec<_> =
        told.the("r0").conditions.iter().map(|one| (one.what.en.as_str(), one.holds)).collect();
    assert_eq!(
        conditions,
        [
            ("operating system: linux; the rule is for: linux", Some(true)),
            ("kind of machine: workstation; the rule is for: server", Some(false)),
            (
                "unit: Sở (so); the rule is for: Sở (so)".replace("Sở", "Department").as_str(),
                Some(true)
            ),
            ("information systems: Network (lan); the rule is for: Network (lan)", Some(true)),
        ]
    );
    assert_eq!(told.steps("machine.kind"), ["register: m-1"]);
    assert!(told.the("r0").demands.is_empty());
    assert!(told.the("r0").required.en.ends_with(": on"), "{}", told.the("r0").required.en);
}

#[test]
fn a_waiver_is_told_with_its_decision_and_its_end_also_where_nothing_fails() {
    let set = set(ROWS, &[("register/waivers.toml", WAIVER)]);
    let free = changed("clamav", &[("licence_status", word("free"))]);
    for (product, outcome) in [(free, Ruling::Waived), (good_product("eset"), Ruling::Pass)] {
        let mut machine = good_machine(1, Some("m-1"));
        observe_antivirus(&mut machine, vec![product], true);
        let told = told_of(&set, &machine);
        let licensed = told.the("antivirus-licensed");
        assert_eq!(licensed.outcome, outcome);
        let waiver = licensed.waiver.as_ref().unwrap();
        assert_eq!(waiver.decision, "7/QĐ");
        assert_eq!(waiver.until, Date::constant(2026, 12, 31));
    }
    assert_eq!(told_of(&set, &good_machine(2, Some("m-2"))).the("antivirus-licensed").waiver, None);
}

#[test]
fn a_state_is_told_with_those_that_would_have_come_first() {
    let set = set(ROWS, &[]);
    let passed = |told: &Explanation| told.state.passed_over.len();
    let clone = Machine { standing: Standing::Clone, ..good_machine(1, Some("m-1")) };
    let clone = told_of(&set, &clone);
    assert_eq!((clone.state.why.en.as_str(), passed(&clone)), ("two machines use one identity", 1));
    assert!(clone.rules.iter().all(|rule| rule.demands.is_empty()));
    let clone_of = Some(report::MachineId::from_bytes([0xab; 16]));
    let shadow = Machine { standing: Standing::Clone, clone_of, ..good_machine(2, None) };
    let why = told_of(&set, &shadow).state.why;
    assert!(why.en.contains("the identity of abababab"), "{}", why.en);
    let revoked = Machine { standing: Standing::Revoked, ..shadow };
    assert_eq!(told_of(&set, &revoked).state.why.en, "the machine's identity was revoked");
    let good = told_of(&set, &good_machine(1, Some("m-1")));
    assert_eq!(passed(&good), good.state.state as usize);
    assert!(good.state.passed_over[4].en.starts_with("last heard of at 2026-11-22 08:00"));
    let row = set.register.machines.get("m-1");
    let never = Subject { row, machine: None, seat: Seat::NoContract };
    assert_eq!(passed(&told(&set, &never, NOW)), 0);
}

#[test]
fn a_waived_machine_is_not_said_to_fail_nothing() {
    let set = set(ROWS, &[("register/waivers.toml", WAIVER)]);
    let mut machine = good_machine(1, Some("m-1"));
    let free = changed("clamav", &[("licence_status", word("free"))]);
    observe_antivirus(&mut machine, vec![free], true);
    let waived = told_of(&set, &machine).state;
    assert_eq!(waived.state, State::Waived);
    let passed: Vec<_> = waived.passed_over.iter().map(|passed| passed.en.as_str()).collect();
    assert!(passed.contains(&"every mandatory rule that fails is waived"), "{passed:?}");
    assert!(!passed.contains(&"no mandatory rule fails"), "{passed:?}");
}

#[test]
fn a_row_without_an_agent_is_told_more_than_the_name_of_its_state() {
    let set = set(ROWS, &[]);
    let row = set.register.machines.get("m-1");
    let never = told(&set, &Subject { row, machine: None, seat: Seat::NoContract }, NOW).state;
    assert_eq!(never.state, State::NeverEnrolled);
    let label = never.state.label(report::Lang::Vi);
    assert!(!never.why.vi.is_empty() && !never.why.vi.contains(label), "{}", never.why.vi);
}

#[test]
fn one_rule_alone_keeps_its_facts_and_an_unknown_one_is_met_with_the_nearest() {
    let set = set(ROWS, &[]);
    let whole = told_of(&set, &good_machine(1, Some("m-1")));
    let one = whole.clone().narrowed("antivirus-realtime").unwrap();
    assert_eq!(one.rules.len(), 1);
    assert!(one.facts.contains_key("antivirus.products"));
    assert!(!one.facts.contains_key("patches.security_pending"));
    let named = one.rules.iter().flat_map(RuleReason::named);
    let inputs = one.facts.values().flat_map(FactReason::inputs).map(String::as_str);
    assert!(named.chain(inputs).all(|name| one.facts.contains_key(name)));
    let message = whole.clone().narrowed("antivirus-realtim").unwrap_err();
    assert!(message.ends_with("did you mean `antivirus-realtime`?"), "{message}");
    let message = whole.narrowed("zzz").unwrap_err();
    assert!(
        message.contains("the rules are accounts-limited, antivirus-definitions-fresh, "),
        "{message}"
    );
}

#[test]
fn what_cannot_exist_on_a_machines_system_is_no_part_of_its_chain() {
    let set = set(ROWS, &[]);
    let told = told_of(&set, &good_machine(1, Some("m-1")));
    let inputs = told.facts["os.supported_until"].inputs();
    assert!(inputs.contains(&"machine.os_version".to_owned()), "{inputs:?}");
    assert!(!inputs.contains(&"machine.os_installation".to_owned()), "{inputs:?}");
}

#[test]
fn a_source_that_says_nothing_is_none() {
    let set = set(ROWS, &[]);
    let mut machine = good_machine(1, Some("m-1"));
    let kept: &mut Kept = machine.topics.get_mut(&Topic::Patches).unwrap();
    let report::Outcome::Observed(facts) = &mut kept.observation.outcome else {
        panic!("{kept:?}");
    };
    let key = report::FactKey::of("patches.security_pending");
    facts.insert(key, Reading { fact: known(Value::Count(0)), source: report::Text::new("").ok() });
    assert_eq!(told_of(&set, &machine).sighting("patches.security_pending").source, None);
}
