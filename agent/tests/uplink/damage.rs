//! Nothing that stands in the agent's own files, settings or arguments ends it otherwise than
//! with a word about it: the agent that is shipped does not come back from a panic.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use agent::address::Address;
use agent::certificate::Validity;
use agent::cli::Cli;
use agent::config::Config;
use agent::contacts::Contacts;
use agent::identity::Identity;
use agent::spool::Spool;
use agent::state::StateDir;
use agent::status::Status;
use aws_lc_rs::digest::{SHA256, digest};
use proptest::prelude::*;
use report::{JoinToken, MachineId, Sequence};

use crate::authority::Authority;

const SETTINGS: &str = include_str!("../../../packaging/agent.toml");

/// Text with what means something to the agent in it.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[0-9]{1,24}[smhd]?",
        prop::sample::select(vec![
            "=",
            "\"",
            "[",
            "]",
            "{",
            "}",
            ":",
            "\n",
            "--",
            "collectors",
            "interval",
            "[claims]",
            "level",
            "-1",
            "[::1]:7443",
            "a:65536",
            "run",
            "enrol",
            "--token",
            "--root",
            "0x",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        nearly().prop_map(String::into_bytes),
        Just(b"{}".to_vec()),
        Just(b"18446744073709551615\n".to_vec()),
    ]
}

proptest! {
    #[test]
    fn settings_are_taken_or_refused(text in nearly(), at in any::<prop::sample::Index>()) {
        let path = Path::new("/etc/lachan/agent.toml");
        let _ = Config::parse(path, &text).map_err(|error| error.to_string());
        let mut settings: Vec<_> = SETTINGS.lines().collect();
        let at = at.index(settings.len());
        settings[at] = &text;
        let _ = Config::parse(path, &settings.join("\n")).map_err(|error| error.to_string());
    }

    #[test]
    fn addresses_and_tokens_are_taken_or_refused(text in nearly()) {
        let _ = text.parse::<Address>().map(|address| (address.name(), address.to_string()));
        let _ = text.parse::<JoinToken>();
    }

    #[test]
    fn command_lines_are_taken_or_refused(arguments in prop::collection::vec(noise(), 0..6)) {
        let _ = Cli::parse(arguments.into_iter().map(OsString::from_vec));
    }

    #[test]
    fn certificates_have_dates_or_none(noise in noise(), cut in any::<prop::sample::Index>()) {
        let _ = Validity::of(&noise).map(|validity| validity.renew_from(MachineId::from_bytes([7; 16])));
        let mut certificate = real_certificate();
        let at = cut.index(certificate.len());
        certificate.splice(at..(at + noise.len()).min(certificate.len()), noise);
        let _ = Validity::of(&certificate).map(|validity| validity.renew_from(MachineId::from_bytes([7; 16])));
    }
}

fn real_certificate() -> Vec<u8> {
    Authority::new("machine CA").der().to_vec()
}

const REPORT: &str = "spool/00000000000000000007";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_lies_in_the_state_folder_is_read_or_left_aside(noise in noise()) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        let _lock = state.lock().unwrap();
        for folder in ["identity", "spool"] {
            fs::create_dir(state.join(folder)).unwrap();
        }
        for name in [
            "contacts.json", "sequence", REPORT, "spool/dropped", "refused",
            "identity/identity.json", "identity/key.pem", "identity/certificate.pem",
            "identity/anchors.pem",
        ] {
            fs::write(state.join(name), &noise).unwrap();
        }
        prop_assert!(Spool::open(&state).unwrap().waiting().is_empty());
        fs::write(state.join(REPORT), sealed(&noise)).unwrap();
        fs::write(state.join("refused"), sealed(&noise)).unwrap();
        prop_assert!(Spool::open(&state).unwrap().waiting().is_empty());
        let _ = Spool::look(&state).unwrap().refused().unwrap();
        let _ = Contacts::load(&state, MachineId::from_bytes([1; 16])).unwrap().heard();
        let _ = state.next_sequence(Sequence(0)).unwrap();
        let _ = Status::read(&state, &[]);
        prop_assert!(Identity::load(&state).is_err());
    }
}

/// As the spool does, so that what is not torn is understood or left aside.
fn sealed(body: &[u8]) -> Vec<u8> {
    let digest = digest(&SHA256, body);
    let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    [format!("sha256 {digits}\n").as_bytes(), body].concat()
}
