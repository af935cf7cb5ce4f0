use report::machine::FactsDigest;
use report::wire::Heartbeat;
use report::{Fingerprint, Incarnation, MachineId, Sequence};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::identities::Identities;
use crate::ingest::continuity::{Kind, Mark};
use crate::store::CertificateRecord;

const NOW: Timestamp = Timestamp(1_795_300_000);
const HARDWARE: Fingerprint = Fingerprint::from_bytes([1; 32]);
const MACHINE: MachineId = MachineId::from_bytes([7; 16]);

/// The next heartbeat after [`past`], which ended with a heartbeat: a survey that ended a minute before it was sent.
fn next() -> Heartbeat {
    Heartbeat {
        machine: MACHINE,
        fingerprint: HARDWARE,
        incarnation: Incarnation::from_bytes([5; 16]),
        sequence: Sequence(8),
        sent_at: NOW,
        observed_at: NOW - 60,
        digest: FactsDigest::from_bytes([4; 32]),
    }
}

fn past() -> Past {
    let Heartbeat { incarnation, digest, .. } = next();
    let last = Mark { incarnation, sequence: Sequence(7), kind: Kind::Heartbeat, digest };
    let reported_at = Some(NOW - 3600);
    Past { fingerprint: HARDWARE, last: Some(last), reported_at, incarnation_seen: true }
}

fn comes_to(past: &Past, heartbeat: Heartbeat) -> Pulse {
    let certificate = CertificateDer::from(&b"leaf"[..]);
    let record = CertificateRecord {
        sha256: Sha256::digest(&certificate).into(),
        serial: String::new(),
        machine: MACHINE,
        issuer: [9; 32],
        not_before: NOW - DAY,
        not_after: NOW + DAY,
        used_at: None,
        ends_at: None,
    };
    let identities = Identities::new(vec![[9; 32]], [record].iter().collect(), std::iter::empty());
    let sender = identities.authenticate(Some(&certificate), NOW).unwrap();
    pulse(past, &admit_heartbeat(&sender, heartbeat).unwrap())
}

#[test]
fn the_facts_of_the_last_report_are_confirmed_as_of_the_end_of_the_survey() {
    assert_eq!(comes_to(&past(), next()), Pulse::Confirmed(NOW - 60));
}

#[test]
fn a_wrong_clock_is_corrected_and_nothing_is_seen_after_it_arrived() {
    let slow = Heartbeat { sent_at: NOW - 900 * DAY, observed_at: NOW - 900 * DAY - 60, ..next() };
    assert_eq!(comes_to(&past(), slow), Pulse::Confirmed(NOW - 60));
    let stepped = Heartbeat { observed_at: NOW + DAY, ..next() };
    assert_eq!(comes_to(&past(), stepped), Pulse::Confirmed(NOW));
    let impossible = Heartbeat { observed_at: NOW + DAY + 1, ..next() };
    assert_eq!(comes_to(&past(), impossible), Pulse::ReportWanted);
}

#[test]
fn without_a_recent_report_of_the_same_facts_the_report_is_wanted() {
    let other = Heartbeat { digest: FactsDigest::from_bytes([6; 32]), ..next() };
    assert_eq!(comes_to(&past(), other), Pulse::ReportWanted);
    let none = Past { last: None, reported_at: None, ..past() };
    assert_eq!(comes_to(&none, next()), Pulse::ReportWanted);
    let reported = |age| Past { reported_at: Some(NOW - age), ..past() };
    assert_eq!(comes_to(&reported(REPORT_EVERY - 1), next()), Pulse::Confirmed(NOW - 60));
    assert_eq!(comes_to(&reported(REPORT_EVERY), next()), Pulse::ReportWanted);
}

#[test]
fn a_clone_and_a_replay_are_seen_whatever_the_facts() {
    for digest in [next().digest, FactsDigest::from_bytes([6; 32])] {
        let same = Heartbeat { digest, ..next() };
        let foreign = Heartbeat { fingerprint: Fingerprint::from_bytes([2; 32]), ..same.clone() };
        assert_eq!(comes_to(&past(), foreign), Pulse::Clone);
        let unheard = Past { last: None, reported_at: None, ..past() };
        let foreign = Heartbeat { fingerprint: Fingerprint::from_bytes([2; 32]), ..same.clone() };
        assert_eq!(comes_to(&unheard, foreign), Pulse::Clone);
        let returned = Heartbeat { incarnation: Incarnation::from_bytes([6; 16]), ..same.clone() };
        assert_eq!(comes_to(&past(), returned), Pulse::Clone, "two live holders");
        let old = Heartbeat { sequence: Sequence(6), ..same };
        assert_eq!(comes_to(&past(), old), Pulse::OldSequence);
    }
    let again = Heartbeat { sequence: Sequence(7), ..next() };
    assert_eq!(comes_to(&past(), again.clone()), Pulse::Repeat);
    let other = Heartbeat { digest: FactsDigest::from_bytes([6; 32]), ..again };
    assert_eq!(comes_to(&past(), other), Pulse::SequenceConflict);
}

#[test]
fn hardware_from_a_backup_sends_its_report() {
    let restored = Heartbeat {
        incarnation: Incarnation::from_bytes([6; 16]),
        sequence: Sequence(3),
        ..next()
    };
    let past = Past { incarnation_seen: false, ..past() };
    assert_eq!(comes_to(&past, restored), Pulse::ReportWanted);
}
