use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rcgen::{BasicConstraints, CertificateSigningRequestParams, IsCa, Issuer};

use super::*;
use crate::durable;

struct World {
    _folder: tempfile::TempDir,
    state: StateDir,
    authority: KeyPair,
    authority_params: CertificateParams,
}

const HARDWARE: [u8; 32] = [5; 32];

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut authority_params = CertificateParams::default();
        authority_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            state: StateDir::new(folder.path().join("state")),
            _folder: folder,
            authority: KeyPair::generate().unwrap(),
            authority_params,
        }
    }

    fn reply(&self, csr: &str, machine: u8) -> IdentityReply {
        let issuer = Issuer::from_params(&self.authority_params, &self.authority);
        let request = CertificateSigningRequestParams::from_pem(csr).unwrap();
        IdentityReply {
            wire: 1,
            machine: MachineId::from_bytes([machine; 16]),
            certificate: request.signed_by(&issuer).unwrap().pem(),
            anchors: self.authority_params.self_signed(&self.authority).unwrap().pem(),
            received_at: report::Timestamp(0),
        }
    }

    fn purpose() -> Purpose {
        Purpose {
            fingerprint: Fingerprint::from_bytes(HARDWARE),
            addresses: vec!["[::1]:7443".parse().unwrap()],
            machine: None,
        }
    }

    fn enrolled(&self, machine: u8) {
        let candidate = Candidate::new(&self.state).unwrap();
        let reply = self.reply(&candidate.request().unwrap(), machine);
        candidate.certified(&Self::purpose(), &reply).unwrap();
    }

    fn listing(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.state.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn machine(&self) -> Option<u8> {
        Identity::load(&self.state).ok().map(|identity| identity.machine.as_bytes()[0])
    }
}

#[test]
fn what_was_enrolled_is_there_after_a_restart() {
    let world = World::new();
    world.enrolled(7);
    let identity = Identity::load(&world.state).unwrap();
    assert_eq!(identity.machine, MachineId::from_bytes([7; 16]));
    assert_eq!(identity.addresses[0].to_string(), "[::1]:7443");
    assert_eq!(world.listing(), ["identity"]);
}

#[test]
fn nobody_else_may_read_the_key() {
    let world = World::new();
    world.enrolled(7);
    let key = world.state.join("identity").join("key.pem");
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o7777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Identity::load(&world.state).unwrap_err();
    assert!(matches!(error, IdentityError::ExposedKey { .. }), "{error}");
    assert!(error.to_string().contains("(mode 0640)"), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn the_identity_of_other_hardware_is_not_used() {
    let world = World::new();
    world.enrolled(7);
    let identity = Identity::load(&world.state).unwrap();
    assert!(identity.belongs_to(&Fingerprint::from_bytes(HARDWARE)).is_ok());
    let error = identity.belongs_to(&Fingerprint::from_bytes([6; 32])).unwrap_err();
    assert!(error.to_string().contains("enrol anew with a new token"), "{error}");
}

#[test]
fn an_identity_that_was_not_finished_leaves_nothing() {
    let world = World::new();
    drop(Candidate::new(&world.state).unwrap());
    assert!(world.listing().is_empty());
    assert!(matches!(Identity::load(&world.state), Err(IdentityError::NotEnrolled(_))));
}

#[test]
fn a_certificate_for_another_key_is_not_kept() {
    let world = World::new();
    world.enrolled(7);
    let other = Candidate::new(&world.state).unwrap();
    let reply = world.reply(&other.request().unwrap(), 8);
    drop(other);
    let candidate = Candidate::new(&world.state).unwrap();
    let error = candidate.certified(&World::purpose(), &reply).unwrap_err();
    assert!(matches!(error, IdentityError::Unusable(Unusable::Mismatch(_))), "{error}");
    assert_eq!(world.machine(), Some(7));
}

#[test]
fn a_reply_without_anchors_is_not_kept() {
    let world = World::new();
    let candidate = Candidate::new(&world.state).unwrap();
    let mut reply = world.reply(&candidate.request().unwrap(), 8);
    reply.anchors = String::new();
    assert!(candidate.certified(&World::purpose(), &reply).is_err());
    assert_eq!(world.machine(), None);
}

#[test]
fn a_renewal_cannot_turn_one_machine_into_another() {
    let world = World::new();
    world.enrolled(7);
    let purpose = Purpose { machine: Some(MachineId::from_bytes([7; 16])), ..World::purpose() };
    let candidate = Candidate::new(&world.state).unwrap();
    let reply = world.reply(&candidate.request().unwrap(), 8);
    assert!(candidate.certified(&purpose, &reply).is_err());
    assert_eq!(world.machine(), Some(7));
}

/// Every state of the folder that a crash while replacing can leave behind.
#[test]
fn a_crash_at_any_step_leaves_one_whole_identity() {
    let world = World::new();
    world.enrolled(1);
    let path = |name: &str| world.state.join(name);
    let copy = |from: &str, to: &str| {
        durable::create_folder(&path(to)).unwrap();
        for entry in fs::read_dir(path(from)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path(to).join(entry.file_name())).unwrap();
        }
    };
    copy("identity", "first");
    world.enrolled(2);
    copy("identity", "second");
    let crash = |left: &[(&str, &str)]| {
        for name in ["identity", "identity.new", "identity.old", "identity.tmp"] {
            durable::remove_folder(&path(name)).unwrap();
        }
        for (from, to) in left {
            copy(from, to);
        }
    };

    crash(&[("first", "identity"), ("second", "identity.tmp")]);
    assert_eq!(world.machine(), Some(1));
    crash(&[("first", "identity"), ("second", "identity.new")]);
    assert_eq!(world.machine(), Some(2));
    crash(&[("first", "identity.old"), ("second", "identity.new")]);
    assert_eq!(world.machine(), Some(2));
    crash(&[("first", "identity.old"), ("second", "identity")]);
    assert_eq!(world.machine(), Some(2));

    for left in [
        &[("first", "identity"), ("second", "identity.new")][..],
        &[("first", "identity.old"), ("second", "identity.new")],
        &[("first", "identity.old"), ("second", "identity")],
    ] {
        crash(left);
        world.enrolled(3);
        assert_eq!(world.machine(), Some(3));
        assert_eq!(world.listing(), ["first", "identity", "second"]);
    }
}
