//! The antivirus probe: what is found, and what "none found" is worth.

use report::observation::Facts;
use report::{Fact, Reason, Record, Timestamp};

use super::*;
use crate::host::recorded::{Machine, fact, facts, field, reason, records, text};
use crate::probes::Context;
use crate::probes::assignment::AssignmentClaims;

mod linux_vendors;

fn look(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    facts(linux::probe(&machine.host(), &context))
}

fn products(machine: &Machine) -> Vec<Record> {
    records(fact(&look(machine), "antivirus.products"))
}

fn is_complete(machine: &Machine) -> bool {
    fact(&look(machine), "antivirus.complete") == yes_or_no(true)
}

fn bare() -> Machine {
    Machine::recorded("debian12-bare")
}

#[test]
fn none_found_where_every_source_answered() {
    assert_eq!(products(&bare()), []);
    assert!(is_complete(&bare()));
}

#[test]
fn none_found_where_a_source_was_denied_is_not_none() {
    for source in ["var/lib/dpkg/status", "proc", "proc/1", "usr/sbin", "opt/eset"] {
        let machine = bare().denied(source);
        assert_eq!(products(&machine), [], "{source}");
        assert!(!is_complete(&machine), "{source}");
    }
}

#[test]
fn a_product_that_was_found_does_not_make_up_for_a_source_that_was_denied() {
    for source in ["var/lib/dpkg/status", "proc/1", "opt/eset"] {
        let machine = Machine::recorded("debian12-clamav").denied(source);
        assert_eq!(products(&machine).len(), 1, "{source}");
        assert!(!is_complete(&machine), "{source}");
    }
}

#[test]
fn an_incomplete_answer_says_what_stood_in_the_way() {
    let facts = look(&bare().denied("var/lib/dpkg/status"));
    let complete = facts
        .iter()
        .find(|(key, _)| key.name() == "antivirus.complete")
        .map(|(_, reading)| reading.source.clone().unwrap().to_string());
    assert_eq!(complete.unwrap(), "access_denied (var/lib/dpkg/status: permission denied)");
}

#[test]
fn a_system_without_dpkg_has_no_package_to_miss() {
    let machine = bare().without("var/lib/dpkg");
    assert_eq!(products(&machine), []);
    assert!(is_complete(&machine));
}

#[test]
fn a_product_that_says_nothing_is_listed_with_what_is_not_known_of_it() {
    let machine = bare().with_folder("opt/eset/eea");
    let products = products(&machine);
    let [eset] = &products[..] else {
        panic!("{products:?}");
    };
    assert_eq!(field(eset, "product"), text("eset-endpoint-antivirus"));
    assert_eq!(field(eset, "vendor"), text("ESET"));
    assert_eq!(field(eset, "present"), yes_or_no(true));
    for name in ["state", "realtime", "definitions_at", "licence_status"] {
        assert_eq!(reason(&field(eset, name)), Some(Reason::ProductOpaque));
    }
    assert!(is_complete(&machine));
}

#[test]
fn every_field_of_the_catalogue_is_answered() {
    let machine = Machine::recorded("debian12-clamav").with_folder("opt/CrowdStrike");
    let products = products(&machine);
    assert_eq!(products.len(), 2);
    for product in products {
        for known in report::catalogue::ANTIVIRUS_PRODUCT {
            field(&product, known.name);
        }
    }
}

#[test]
fn several_products_are_all_listed_and_none_is_elected() {
    let machine = Machine::recorded("debian12-clamav")
        .with_folder("opt/kaspersky/kesl")
        .with_folder("opt/ds_agent");
    let names: Vec<_> =
        products(&machine).iter().map(|product| field(product, "product")).collect();
    assert_eq!(
        names,
        [text("clamav"), text("kaspersky-endpoint-security"), text("trend-micro-deep-security")]
    );
    assert_eq!(
        products(&machine)[0].0.get("state").map(|it| it.fact.clone()),
        Some(Fact::Known(Value::Choice("on")))
    );
}
