use std::fs;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair,
    PublicKeyData as _,
};
use report::Platform;
use report::wire::{IdentityReply, decode_report};

use super::*;
use crate::host::Host;
use crate::identity::{Candidate, Purpose};
use crate::probes::assignment::AssignmentClaims;

struct World {
    folder: tempfile::TempDir,
    state: StateDir,
    /// The public key of the identity.
    key: Vec<u8>,
}

impl World {
    /// A machine that is told from others by its `machine-id`, and has joined.
    fn joined() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        fs::create_dir_all(folder.path().join("root/etc")).unwrap();
        let mut world = Self { folder, state, key: Vec::new() };
        world.is("0123456789abcdef");
        let candidate = Candidate::new(&world.state).unwrap();
        let (reply, key) = certified(&candidate.request().unwrap());
        world.key = key;
        let fingerprint = fingerprint(&world.subject().host).unwrap();
        let addresses = vec!["127.0.0.1:7443".parse().unwrap()];
        candidate.certified(&Purpose { fingerprint, addresses, machine: None }, &reply).unwrap();
        world
    }

    fn is(&self, machine_id: &str) {
        fs::write(self.folder.path().join("root/etc/machine-id"), machine_id).unwrap();
    }

    fn subject(&self) -> Subject {
        let host = Host::at(self.folder.path().join("root"));
        Subject { host, claims: AssignmentClaims::default() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn export(&self, name: &str) -> Result<Exported, ExportError> {
        export(&self.state, self.subject(), &Surveyor::here(Platform::Linux), &self.file(name))
            .await
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        durable::read(&self.file(name), 1 << 20).unwrap().unwrap()
    }

    fn read(&self, name: &str) -> Export {
        Export::decode(&self.bytes(name)).unwrap()
    }
}

fn certified(request: &str) -> (IdentityReply, Vec<u8>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let request = CertificateSigningRequestParams::from_pem(request).unwrap();
    let public_key = request.public_key.der_bytes().to_vec();
    let issuer = Issuer::from_params(&params, &key);
    let reply = IdentityReply {
        wire: 1,
        machine: MachineId::from_bytes([7; 16]),
        certificate: request.signed_by(&issuer).unwrap().pem(),
        anchors: params.self_signed(&key).unwrap().pem(),
        received_at: Timestamp(0),
    };
    (reply, public_key)
}

#[tokio::test]
async fn a_file_is_a_report_that_the_machines_own_key_has_signed() {
    let world = World::joined();
    let exported = world.export("one").await.unwrap();
    let file = world.read("one");
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &world.key);
    assert!(key.verify(&signed_bytes(&file.report), &file.signature).is_ok());
    let report = decode_report(file.report.as_bytes()).unwrap().report;
    assert_eq!(report.machine, MachineId::from_bytes([7; 16]));
    assert_eq!((report.sequence, exported.sequence), (Sequence(1), Sequence(1)));
    assert!(!report.observations.is_empty());
}

#[tokio::test]
async fn every_file_has_a_higher_number_and_a_process_of_its_own() {
    let world = World::joined();
    let mut seen = Vec::new();
    for name in ["one", "two"] {
        world.export(name).await.unwrap();
        let report = decode_report(world.read(name).report.as_bytes()).unwrap().report;
        seen.push((report.sequence, report.incarnation));
    }
    assert_eq!((seen[0].0, seen[1].0), (Sequence(1), Sequence(2)));
    assert_ne!(seen[0].1, seen[1].1);
}

#[tokio::test]
async fn a_counter_that_was_lost_goes_on_behind_what_a_collector_was_told() {
    let world = World::joined();
    let machine = MachineId::from_bytes([7; 16]);
    let mut contacts = Contacts::none(machine);
    contacts.accept(crate::contacts::Accepted {
        at: Timestamp(1),
        collector: "a:1".to_owned(),
        sequence: Sequence(40),
        kind: crate::contacts::ContactKind::Report,
        skew: 0,
        reply: report::wire::ReportReply {
            wire: 1,
            received_at: Timestamp(1),
            next_contact_seconds: 900,
            verdict: report::Verdict { state: report::State::Protected, rules: Vec::new() },
            unjudged: Vec::new(),
            digest: None,
            renew: false,
        },
    });
    contacts.save(&world.state).unwrap();
    assert_eq!(world.export("one").await.unwrap().sequence, Sequence(41));
}

#[tokio::test]
async fn a_file_that_is_there_stays_as_it_is() {
    let world = World::joined();
    fs::write(world.file("one"), "mine").unwrap();
    let error = world.export("one").await.unwrap_err();
    assert!(error.to_string().contains("already there"), "{error}");
    assert_eq!(world.bytes("one"), b"mine");
}

#[tokio::test]
async fn a_copied_disk_signs_nothing_and_a_machine_that_never_joined_neither() {
    let world = World::joined();
    world.is("fedcba9876543210");
    let error = world.export("one").await.unwrap_err();
    assert!(error.to_string().contains("other hardware"), "{error}");
    assert!(!world.file("one").exists());
    let stranger = StateDir::new(world.file("elsewhere"));
    let none =
        export(&stranger, world.subject(), &Surveyor::here(Platform::Linux), &world.file("two"))
            .await;
    assert!(none.unwrap_err().to_string().contains("not enrolled"));
    assert!(!world.file("two").exists());
}
