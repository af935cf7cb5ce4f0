//! The collector's own parts, driven by a clock that is a value: what its listeners would do with
//! each contact is done here, at the moment the year has come to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use collector::audit::head::Head;
use collector::audit::key::AuditKey;
use collector::audit::{Action, Entry};
use collector::config::Config;
use collector::enrol::token::TokenRecord;
use collector::identities::{AuthenticatedMachine, Identities};
use collector::ingest::admission::{admit, admit_heartbeat};
use collector::live::Live;
use collector::machine::Standing;
use collector::past::Past;
use collector::policy::{PolicySet, Posture};
use collector::reload::{self, Source};
use collector::snapshot::{self, Occasion};
use collector::store::{
    Archive, CertificateRecord, CreateTokens, Decide, Decided, Decision, Enrol, KeepSnapshot,
    KeptToken, NewCertificate, PoliciesInForce, Store, StoreHeartbeat, StoreReport, Writer,
};
use report::wire::{self, Heartbeat};
use report::{Fingerprint, Incarnation, MachineId, Report, Sequence, Text, Timestamp};
use rustls_pki_types::CertificateDer;
use tokio::task::JoinHandle;

use crate::facts;
use crate::office::Pc;

const ISSUER: [u8; 32] = [9; 32];
const TOKEN: &str = "year";

/// A store, and everyone in it as last judged.
pub(crate) struct Books {
    config: Config,
    store: Store,
    writer: Writer,
    set: Arc<PolicySet>,
    pub(crate) live: Live,
    identities: Identities,
    speakers: BTreeMap<MachineId, Speaker>,
    pending: Vec<JoinHandle<TakeOver>>,
}

type TakeOver = Box<dyn FnOnce(&mut Live) + Send>;

/// An identity, as far as its agent remembers.
struct Speaker {
    sequence: u64,
    last: Option<Report>,
}

/// The identity of a machine.
pub(crate) fn identity(pc: Pc) -> MachineId {
    let mut bytes = [1; 16];
    bytes[..8].copy_from_slice(&pc.number.to_be_bytes());
    MachineId::from_bytes(bytes)
}

fn entry(at: Timestamp, action: Action) -> Entry {
    Entry { at, actor: "uid:0".to_owned(), action, subject: String::new(), detail: String::new() }
}

fn certificate(machine: MachineId, at: Timestamp) -> CertificateRecord {
    let text = machine.to_string();
    CertificateRecord {
        sha256: sha256_of(text.as_bytes()),
        serial: text,
        machine,
        issuer: ISSUER,
        not_before: at,
        not_after: at + 400 * report::moment::DAY,
        used_at: None,
        ends_at: None,
    }
}

fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

impl Books {
    /// Opens the store of a folder that `init` made, with its policies in force from a moment on.
    pub(crate) async fn open(settings: &Path, at: Timestamp) -> Self {
        let config = Config::load(settings).expect("the settings");
        let (store, writer, begun) = Store::open(&config.store(), commits()).expect("a store");
        let (_, set) =
            reload::read(&config.policies, false).unwrap_or_else(|fault| panic!("{fault}"));
        let set = Arc::new(set);
        let mut books = Self {
            live: Live::new(set.clone(), begun.fleet, at),
            config,
            store,
            writer,
            set,
            identities: Identities::new(vec![ISSUER], begun.certificates, std::iter::empty()),
            speakers: BTreeMap::new(),
            pending: Vec::new(),
        };
        let record = TokenRecord {
            id: TOKEN.to_owned(),
            row: None,
            unit: None,
            registered_only: true,
            from: Vec::new(),
            uses: 1_000_000,
            used: 0,
            created_at: at,
            expires_at: at + 400 * report::moment::DAY,
            revoked_at: None,
        };
        let token = KeptToken { secret_hash: [3; 32], record };
        let entry = entry(at, Action::TokenCreated);
        books.store.submit(CreateTokens { tokens: vec![token], entry }).await.expect("a token");
        books.edit(at).await;
        books
    }

    pub(crate) fn policies(&self) -> PathBuf {
        self.config.policies.clone()
    }

    /// The policies folder as it is now takes effect.
    pub(crate) async fn edit(&mut self, at: Timestamp) {
        self.settle().await;
        let (folder, set) =
            reload::read(&self.config.policies, false).unwrap_or_else(|fault| panic!("{fault}"));
        let files = folder.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let entry = entry(at, Action::PoliciesInForce);
        let hash = folder.hash().to_string();
        self.store.submit(PoliciesInForce { hash, files, at, entry }).await.expect("kept");
        self.set = Arc::new(set);
        self.live.advance(&self.set, at);
    }

    /// A machine enrols.
    pub(crate) async fn enrol(&mut self, pc: Pc, machine: MachineId, row: &str, at: Timestamp) {
        // Whoever joins is judged with the time that has gone by.
        self.settle().await;
        let record = certificate(machine, at);
        self.identities.issued(&record, None);
        let CertificateRecord { sha256, serial, issuer, not_before, not_after, .. } = record;
        let enrolment = Enrol {
            token: TOKEN.to_owned(),
            machine,
            row: Some(row.to_owned()),
            unit: None,
            fingerprint: hardware(pc),
            certificate: NewCertificate { sha256, serial, issuer, not_before, not_after },
            at,
            from: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let standing = self.store.submit(enrolment).await.expect("kept").expect("let in");
        assert_eq!(standing, Standing::Current, "{row}");
        self.live.advance(&self.set, at);
        self.live.joined(machine, Some(row.to_owned()), None, standing, at);
        self.speakers.insert(machine, Speaker { sequence: 0, last: None });
    }

    /// An identity is revoked.
    pub(crate) async fn revoke(&mut self, machine: MachineId, at: Timestamp) {
        self.settle().await;
        let (decision, machines) = (Decision::Revoke, vec![machine]);
        let revocation = Decide { decision, machines, actor: "uid:0".to_owned(), at };
        let revoked = self.store.submit(revocation).await.expect("kept");
        let [Decided::Done(change)] = &revoked[..] else { panic!("{revoked:?}") };
        self.live.changed(change, at);
    }

    fn sender(&self, machine: MachineId, at: Timestamp) -> AuthenticatedMachine {
        let peer = CertificateDer::from(machine.to_string().into_bytes());
        self.identities.authenticate(Some(&peer), at).expect("a certificate in force")
    }

    /// What a machine saw at one moment comes in at another.
    pub(crate) fn report(&mut self, pc: Pc, machine: MachineId, seen_at: Timestamp, at: Timestamp) {
        let speaker = self.speakers.get_mut(&machine).expect("enrolled");
        speaker.sequence += 1;
        let said = Report {
            machine,
            agent: Text::new("year").expect("a text"),
            fingerprint: hardware(pc),
            incarnation: Incarnation::from_bytes([5; 16]),
            sequence: Sequence(speaker.sequence),
            sent_at: at,
            observations: facts::observations(pc, seen_at),
        };
        let body = wire::encode_report(&said);
        speaker.last = Some(said);
        let received = wire::decode_report(body.as_bytes()).expect("a report");
        let admitted = admit(&self.sender(machine, at), received).expect("its own");
        let store = self.store.clone();
        self.pending.push(tokio::spawn(async move {
            let stored = store.submit(StoreReport(admitted)).await.expect("kept").expect("known");
            assert!(stored.was_kept(), "{:?}", stored.continuity);
            Box::new(move |live: &mut Live| live.keep(&stored)) as TakeOver
        }));
    }

    /// A machine says that nothing has changed.
    pub(crate) fn heartbeat(&mut self, pc: Pc, machine: MachineId, at: Timestamp) {
        let speaker = self.speakers.get_mut(&machine).expect("enrolled");
        speaker.sequence += 1;
        let digest = speaker.last.as_ref().expect("a report goes first").digest();
        let heartbeat = Heartbeat {
            machine,
            fingerprint: hardware(pc),
            incarnation: Incarnation::from_bytes([5; 16]),
            sequence: Sequence(speaker.sequence),
            sent_at: at,
            observed_at: at,
            digest,
        };
        let admitted = admit_heartbeat(&self.sender(machine, at), heartbeat).expect("its own");
        let store = self.store.clone();
        self.pending.push(tokio::spawn(async move {
            let heard = store.submit(StoreHeartbeat(admitted)).await.expect("kept").expect("known");
            Box::new(move |live: &mut Live| live.hear(&heard)) as TakeOver
        }));
    }

    /// Waits until everything is durable, and takes it over in the order in which it came.
    pub(crate) async fn settle(&mut self) {
        for kept in std::mem::take(&mut self.pending) {
            let take_over = kept.await.expect("no panic");
            take_over(&mut self.live);
        }
    }

    /// What is published at a moment.
    pub(crate) async fn posture(&mut self, at: Timestamp) -> Posture {
        self.settle().await;
        self.live.advance(&self.set, at);
        Posture::of(self.live.roll())
    }

    /// Keeps for good what was said as of a moment that is over.
    pub(crate) async fn keep_for_good(&mut self, at: Timestamp, made_at: Timestamp) {
        self.settle().await;
        let archive = Archive::new(self.config.store());
        let key = AuditKey::load(&self.config.pki()).expect("the audit key");
        let head = Head::sign(&key, archive.log_ends().expect("two logs"), made_at).to_string();
        let past = Past { archive, source: Source::of(&self.config) };
        let live = past.judged(at, made_at, None).unwrap_or_else(|error| panic!("{error}"));
        let actor = "collector".to_owned();
        let occasion = Occasion { made_at, actor, cut_off: None, head };
        let (cover, content) = snapshot::take(&live, occasion).expect("a snapshot");
        let digest = cover.digest();
        let signature = snapshot::sign(&key, &digest);
        let entry = entry(made_at, Action::SnapshotMade);
        let keep = KeepSnapshot { cover, content, digest, signature, entry };
        let _ = self.store.submit(keep).await.expect("kept");
    }

    /// Closes the store: everything is in its file.
    pub(crate) fn close(self) {
        drop(self.store);
        self.writer.join();
    }
}

fn hardware(pc: Pc) -> Fingerprint {
    Fingerprint::of(&[("serial", &pc.serial())])
}

fn commits() -> prometheus::Histogram {
    prometheus::Histogram::with_opts(prometheus::HistogramOpts::new("commits", "commits"))
        .expect("a histogram")
}
