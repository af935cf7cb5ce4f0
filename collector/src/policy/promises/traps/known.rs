//! Traps of knowing: what is taken for granted of one machine.

use std::sync::Arc;

use report::fact::{Fact, Ignorance, Record};
use report::verdict::{Ruling, State};
use report::{Outcome, Reason, Topic, Value};

use super::{LICENSED, ROWS, judged, said};
use crate::fleet::Fleet;
use crate::machine::Machine;
use crate::policy::derive::derive;
use crate::policy::fixtures::{
    DAY, HOUR, NOW, good_machine, good_product, keep, key, known, observe, observe_antivirus,
    product, rule, set, set_with_rules, source_moment, text, view, word,
};
use crate::policy::subject::Seat;
use crate::policy::{Day, Hourglass, JudgeClock, Roll, Subject};

const REALTIME: &str = "antivirus-realtime";
const DEFINITIONS: &str = "antivirus-definitions-fresh";
const PATCHES: &str = "security-updates-installed";

const KASPERSKY: &str = "kaspersky-endpoint-security";
const CONTRACT: &str = r#"
[[licence]]
id = "l"
contract = { number = "1", date = 2026-01-05 }
supplier = "x"
products = ["kaspersky-endpoint-security"]
seats = 9
from = 2026-01-01
until = 2026-12-31
"#;

const NO: Fact = Fact::Known(Value::Bool(false));
const YES: Fact = Fact::Known(Value::Bool(true));

const UNKNOWN: (Ruling, State) = (Ruling::Unknown, State::Unknown);
const FAIL: (Ruling, State) = (Ruling::Fail, State::Unprotected);

fn changed(id: &str, fields: &[(&'static str, Fact)]) -> Record {
    let mut record = good_product(id);
    record.0.extend(product(fields).0);
    record
}

fn with_products(products: Vec<Record>, complete: bool) -> Machine {
    let mut machine = good_machine(1, Some("m-1"));
    observe_antivirus(&mut machine, products, complete);
    machine
}

/// A good machine with this in place of what it says of its updates.
fn with_patches(facts: &[(&str, Fact)]) -> Machine {
    let mut machine = good_machine(1, Some("m-1"));
    let mut all = vec![
        ("patches.security_pending", known(Value::Count(0))),
        ("patches.security_sources", known(Value::Count(1))),
        ("patches.lists_at", known(source_moment(NOW - DAY))),
    ];
    for (name, fact) in facts {
        all.retain(|(other, _)| other != name);
        all.push((name, fact.clone()));
    }
    observe(&mut machine, Topic::Patches, NOW, &all);
    machine
}

/// A CIS checker: a check that could not read its subject ended in PASS.
#[test]
fn what_could_not_be_read_does_not_pass() {
    let denied = || Fact::unknown(Reason::AccessDenied);
    let machine = with_products(vec![changed("eset", &[("realtime", denied())])], true);
    assert_eq!(said(REALTIME, &machine), UNKNOWN);
    assert_eq!(said(PATCHES, &with_patches(&[("patches.security_pending", denied())])), UNKNOWN);
    let mut machine = good_machine(1, Some("m-1"));
    for topic in [Topic::Machine, Topic::Antivirus, Topic::Patches] {
        let failed = Ignorance { reason: Reason::Timeout, detail: None };
        keep(&mut machine, topic, NOW, Outcome::Failed(failed));
    }
    for rule in [REALTIME, DEFINITIONS, LICENSED, PATCHES, "os-supported"] {
        assert_eq!(said(rule, &machine), UNKNOWN, "{rule}");
    }
}

/// A disk checker: the variable of the last drive answered for one that could not be read.
#[test]
fn a_value_of_yesterday_does_not_answer_for_a_read_that_failed_today() {
    let mut machine = good_machine(1, Some("m-1"));
    assert_eq!(said(LICENSED, &machine), (Ruling::Pass, State::Protected));
    let failed = Ignorance { reason: Reason::AccessDenied, detail: None };
    keep(&mut machine, Topic::Antivirus, NOW, Outcome::Failed(failed));
    assert_eq!(said(LICENSED, &machine), UNKNOWN);
}

/// Osquery's empty tables, windows_exporter#1691: a scan that times out emits nothing, and what was
/// said before goes on being shown.
#[test]
fn what_was_last_seen_days_ago_does_not_speak_for_today() {
    let mut machine = good_machine(1, Some("m-1"));
    for kept in machine.topics.values_mut() {
        let old = NOW - 2 * DAY - 1;
        (kept.observation.observed_at, kept.received_at) = (old, old);
    }
    assert_eq!(said(REALTIME, &machine), UNKNOWN);
}

/// Mondoo (mql#10381): Defender in passive mode shown as protecting.
#[test]
fn a_passive_product_protects_nothing() {
    let passive = changed("microsoft-defender-endpoint", &[("passive", YES)]);
    assert_eq!(said(REALTIME, &with_products(vec![passive], true)), FAIL);
}

/// amidaware/community-scripts#268: one product listed twice, one entry "on" and the other
/// "current", read as one that is both.
#[test]
fn two_entries_of_one_product_are_not_read_as_one() {
    let old = || known(source_moment(NOW - 60 * DAY));
    let on = changed("kaspersky-endpoint-security", &[("definitions_at", old())]);
    let current = changed("kaspersky-endpoint-security", &[("state", word("off"))]);
    for products in [vec![on.clone(), current.clone()], vec![current, on]] {
        let machine = with_products(products, true);
        assert_eq!(said(REALTIME, &machine).0, Ruling::Pass);
        assert_eq!(said(DEFINITIONS, &machine), FAIL);
    }
}

/// fusioninventory-agent#934: a product that is listed and does not run taken for protection.
#[test]
fn a_product_that_does_not_run_protects_nothing() {
    let set = set_with_rules(
        ROWS,
        &[&rule("r0", "major", "[require]\n\"antivirus.primary.realtime\" = true")],
    );
    for (state, ruling) in [
        ("on", Ruling::Pass),
        ("off", Ruling::Fail),
        ("snoozed", Ruling::Fail),
        ("expired", Ruling::Fail),
    ] {
        let listed = with_products(vec![changed("eset", &[("state", word(state))])], true);
        assert_eq!(judged(&set, &listed).rules[0].ruling, ruling, "{state}");
    }
}

/// Security Center goes on saying that a product is on after its files were deleted.
#[test]
fn a_registration_whose_program_is_gone_is_no_product() {
    let gone = |id| changed(id, &[("present", NO), ("registered", YES)]);
    assert_eq!(
        said(REALTIME, &with_products(vec![changed("eset", &[("present", YES)])], true)).0,
        Ruling::Pass
    );
    assert_eq!(said(REALTIME, &with_products(vec![gone("eset")], true)), FAIL);
    assert_eq!(said(REALTIME, &with_products(vec![gone("eset")], false)), UNKNOWN);
    let off = changed("drweb", &[("state", word("off"))]);
    for products in [vec![gone("eset"), off.clone()], vec![off, gone("eset")]] {
        assert_eq!(said(REALTIME, &with_products(products, true)), FAIL);
    }
}

/// A seat that the office pays for, held by a program that is no longer there.
#[test]
fn a_registration_whose_program_is_gone_takes_no_seat() {
    let set = Arc::new(set(ROWS, &[("register/licences.toml", CONTRACT)]));
    let used = |present: Fact| {
        let left = changed(KASPERSKY, &[("present", present)]);
        let fleet = Fleet::new(vec![with_products(vec![left], true)]);
        Roll::call(Arc::clone(&set), &fleet, JudgeClock::at(NOW)).seats_used(0)
    };
    assert_eq!([used(YES), used(NO), used(Fact::unknown(Reason::Timeout))], [1, 0, 1]);
}

/// osquery#8042, fleet#4871, glpi-agent#857: Windows Server has no Security Center, and its empty
/// answer becomes "no antivirus".
#[test]
fn a_source_that_a_server_lacks_is_not_the_absence_of_an_antivirus() {
    assert_eq!(said(REALTIME, &with_products(vec![], false)), UNKNOWN);
    let unregistered = [("registered", Fact::unknown(Reason::NotSupported))];
    let server = with_products(vec![changed("eset-server-security", &unregistered)], false);
    assert_eq!(said(REALTIME, &server), (Ruling::Pass, State::Protected));
}

/// PatchMon, osquery#7805: a list of pending updates without a source reads as "nothing pending".
#[test]
fn nothing_pending_from_no_source_is_not_patched() {
    let none = [("patches.security_sources", known(Value::Count(0)))];
    assert_eq!(said(PATCHES, &with_patches(&none)), FAIL);
    let unread = [("patches.security_sources", Fact::unknown(Reason::ParseError))];
    assert_eq!(said(PATCHES, &with_patches(&unread)), UNKNOWN);
}

/// osquery#7405, wazuh#17508: lists that nobody has refreshed since hold no newer updates.
#[test]
fn nothing_pending_from_stale_lists_is_not_patched() {
    let old = [("patches.lists_at", known(source_moment(NOW - 8 * DAY)))];
    assert_eq!(said(PATCHES, &with_patches(&old)), FAIL);
    let future = [("patches.lists_at", known(source_moment(NOW + 8 * DAY)))];
    assert_eq!(said(PATCHES, &with_patches(&future)), UNKNOWN);
}

/// Every patch tool: a system past its end of life has nothing pending, for ever.
#[test]
fn nothing_pending_at_the_end_of_life_is_not_patched() {
    let mut machine = good_machine(1, Some("m-1"));
    let os = |version: &str| {
        [
            ("machine.os_family", word("linux")),
            ("machine.os_id", known(text("debian"))),
            ("machine.os_version", known(text(version))),
        ]
    };
    observe(&mut machine, Topic::Machine, NOW, &os("10"));
    assert_eq!(said(PATCHES, &machine), FAIL);
    observe(&mut machine, Topic::Machine, NOW, &os("99"));
    assert_eq!(said(PATCHES, &machine), UNKNOWN);
}

/// Labels that the client sets itself: a machine that calls itself level 1 is judged by level 1.
#[test]
fn the_level_is_not_the_machines_to_say() {
    let rows = "m-1,phong,workstation,ho-tich,,,,2025-01-01,\n";
    let set = set(rows, &[]);
    let five_days = known(source_moment(NOW - 5 * DAY));
    let mut machine = with_products(vec![changed("eset", &[("definitions_at", five_days)])], true);
    let claim = [("assignment.level", known(Value::Count(1)))];
    observe(&mut machine, Topic::Assignment, NOW, &claim);
    let judgement = judged(&set, &machine);
    assert_eq!((judgement.level, judgement.state), (Some(4), State::Unprotected));
    let subject = Subject::of(&set, view(&machine), NOW);
    let clock = Hourglass::new(JudgeClock::at(NOW));
    let facts = derive(&set, &Day::of(&set, NOW), &subject, &clock);
    assert_eq!(facts.get(key("machine.level_mismatch")).bool(), Some(true));
}

/// An agent that sends what only the collector can know.
#[test]
fn a_machine_does_not_derive_its_own_facts() {
    let mut machine = good_machine(1, Some("m-1"));
    let claims = [
        ("antivirus.products", known(Value::Records(vec![]))),
        ("antivirus.complete", YES),
        ("antivirus.primary.state", word("on")),
        ("antivirus.primary.realtime", YES),
        ("antivirus.licence.accepted", YES),
        ("machine.level", known(Value::Count(1))),
        ("os.supported_until", known(source_moment(NOW + 900 * DAY))),
    ];
    observe(&mut machine, Topic::Antivirus, NOW, &claims);
    assert_eq!(said(LICENSED, &machine), FAIL);
    assert_eq!(said(REALTIME, &machine), FAIL);
    assert_eq!(judged(&set(ROWS, &[]), &machine).level, Some(2));
}

/// A licence that is believed by its word, long after its end.
#[test]
fn a_licence_is_over_at_its_end_whatever_it_calls_itself() {
    let ended = [("licence_until", known(source_moment(NOW - HOUR)))];
    assert_eq!(said(LICENSED, &with_products(vec![changed("eset", &ended)], true)), FAIL);
}

/// The folder that an uninstalled product leaves: it takes a seat of the office's contract, and the
/// machine counts as licensed by a product that is not there.
#[test]
fn a_leftover_folder_does_not_license_the_free_product_that_runs() {
    let set = set(ROWS, &[("register/licences.toml", CONTRACT)]);
    let clamd = changed(
        "clamav",
        &[("realtime", NO), ("licence_status", word("free")), ("licence_until", Fact::Absent)],
    );
    let accepted = |products: Vec<Record>| {
        let machine = with_products(products, true);
        let seat = Seat::Taken(set.register.licences.at(0).unwrap());
        let subject = Subject { seat, ..Subject::of(&set, view(&machine), NOW) };
        let clock = Hourglass::new(JudgeClock::at(NOW));
        let facts = derive(&set, &Day::of(&set, NOW), &subject, &clock);
        let until = facts.get(key("antivirus.licence.until"));
        (facts.get(key("antivirus.licence.accepted")).bool(), until.moment().is_some())
    };
    let opaque = || Fact::unknown(Reason::ProductOpaque);
    let folder = |state: Fact| {
        let id = known(text(KASPERSKY));
        product(&[("product", id), ("state", state), ("licence_status", opaque())])
    };
    assert_eq!(accepted(vec![clamd.clone()]), (Some(false), false), "free does not count");
    assert_eq!(accepted(vec![folder(word("on"))]), (Some(true), true), "the contract counts");
    for state in [opaque(), Fact::Absent] {
        for products in
            [vec![clamd.clone(), folder(state.clone())], vec![folder(state), clamd.clone()]]
        {
            assert_eq!(accepted(products), (None, false));
        }
    }
    let unread = changed("eset", &[("state", opaque())]);
    let running = changed("drweb", &[("realtime", NO)]);
    assert_eq!(accepted(vec![unread, running]), (Some(true), true), "either is licensed");
}

/// Definitions of tomorrow: a clock that is wrong passes every check of age.
#[test]
fn definitions_of_the_future_are_not_fresh() {
    let future = [("definitions_at", known(source_moment(NOW + 30 * DAY)))];
    assert_eq!(said(DEFINITIONS, &with_products(vec![changed("eset", &future)], true)), UNKNOWN);
}

/// A scanner that only runs on demand, counted as protection because it is there.
#[test]
fn a_product_without_real_time_protection_does_not_protect_in_real_time() {
    let on_demand = changed("clamav", &[("realtime", NO)]);
    assert_eq!(said(REALTIME, &with_products(vec![on_demand], true)), FAIL);
}
