//! Children that do not do what they should. The real one is asked in `tests/uplink`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::host::Rests;
use crate::host::rests::Went;

const PATIENCE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(300);

fn defender() -> Request {
    Request::Wmi {
        namespace: r"root\Microsoft\Windows\Defender".to_owned(),
        class: "MSFT_MpComputerStatus".to_owned(),
        properties: vec!["AntivirusEnabled".to_owned()],
    }
}

/// The answer of a child that is a script.
fn child(script: &str, limit: Duration) -> Read<Vec<u8>> {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("agent");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    ask_through(&program, &defender(), limit)
}

#[test]
fn a_child_is_told_what_to_ask_and_by_whom() {
    let told = child(r#"[ "$1" = provider ] && cat"#, PATIENCE).unwrap();
    let question: Question = serde_json::from_slice(&told).unwrap();
    assert_eq!((question.parent, question.request), (process::id(), defender()));
}

#[test]
fn a_child_that_hangs_is_killed_at_its_limit() {
    let error = child("sleep 1000", MOMENT).unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::Timeout);
    assert_eq!(error.path, r"root\Microsoft\Windows\Defender:MSFT_MpComputerStatus");
}

#[test]
fn a_child_that_dies_has_not_answered_whatever_it_said() {
    for script in ["echo '[]'; exit 1", "echo '[]'; kill -SEGV $$", "exit 134"] {
        let error = child(script, PATIENCE).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Died(_)), "{script}: {error}");
    }
}

#[test]
fn a_child_that_never_stops_talking_is_cut_short() {
    assert_eq!(child("yes", PATIENCE).unwrap_err().kind, ReadErrorKind::TooLarge);
}

#[test]
fn a_provider_that_hangs_costs_its_limit_once_in_a_survey() {
    let rests = Rests::default();
    let source = defender().source();
    let hangs = || rests.ask(&source, || child("sleep 1000", MOMENT)).unwrap_err().kind;
    assert_eq!(hangs(), ReadErrorKind::Timeout);
    let again = rests.ask(&source, || -> Read<()> { panic!("asked again") });
    assert_eq!(again.unwrap_err().kind, ReadErrorKind::Timeout);
    assert_eq!(rests.experience(), [(source, Went::Badly)].into());
}

#[test]
fn the_security_center_is_waited_for_ten_seconds_and_defender_for_twenty() {
    let wmi = |namespace: &str| Request::Wmi {
        namespace: namespace.to_owned(),
        class: "AntiVirusProduct".to_owned(),
        properties: Vec::new(),
    };
    let seconds = |request: &Request| request.limit().as_secs();
    assert_eq!(seconds(&Request::SecurityCenter), 10);
    assert_eq!(seconds(&wmi(r"ROOT\SecurityCenter2")), 10);
    assert_eq!(seconds(&wmi(r"root\CIMV2")), 20);
    assert_eq!(seconds(&defender()), 20);
}

proptest! {
    #[test]
    fn a_question_arrives_as_it_was_asked(
        parent in any::<u32>(),
        namespace in ".{0,40}",
        class in ".{0,40}",
        properties in prop::collection::vec(".{0,20}", 0..5),
    ) {
        let wmi = Request::Wmi { namespace, class, properties };
        for request in [wmi, Request::SecurityCenter, Request::UpdateAgent] {
            let json = serde_json::to_vec(&Question { parent, request: request.clone() }).unwrap();
            let arrived: Question = serde_json::from_slice(&json).unwrap();
            prop_assert_eq!((arrived.parent, arrived.request), (parent, request));
        }
    }
}
