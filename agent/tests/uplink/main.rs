//! The agent speaks to a collector: over real TLS, from a real state folder.

#![expect(clippy::panic, clippy::unwrap_used, reason = "every function here is part of a test")]

mod authority;
mod collector;
mod damage;
mod dead_clock;
mod doctor;
mod hygiene;
mod patience;
mod proxy;
mod service;
mod shut_out;
mod ways;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::Duration;

use agent::config::{Config, ConfigPath};
use agent::cycle::{Contact, Cycle, CycleError, Kept, Subject};
use agent::enrol::{Applicant, EnrolError, enrol};
use agent::fingerprint::{claims, fingerprint};
use agent::host::Host;
use agent::identity::{Identity, IdentityError};
use agent::probes::assignment::AssignmentClaims;
use agent::rounds::{Rounds, Settings};
use agent::spool::{Draft, Spool};
use agent::state::StateDir;
use agent::status::Status;
use agent::watch::Watch;
use collector::{AGEING, Collector, ENDED, MACHINE, Next};
use report::wire::{ENROL_ALPN, RENEW_ALPN};
use report::{JoinToken, MachineId, Sequence};
use rustls::NamedGroup;

const KEPT: Kept = Kept::YoungerThan(Duration::from_secs(900));

/// One machine: what it looks like and what it keeps.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Self { folder };
        machine.is_hardware("0123456789abcdef0123456789abcdef", "PF3A1234");
        machine
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn state(&self) -> StateDir {
        StateDir::new(self.folder.path().join("state"))
    }

    fn is_hardware(&self, machine_id: &str, serial: &str) {
        for (path, mark) in [
            ("etc/machine-id", machine_id),
            ("etc/hostname", "ho-tich-01"),
            ("sys/class/dmi/id/product_serial", serial),
        ] {
            let path = self.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{mark}\n")).unwrap();
        }
    }

    /// A change that every survey sees.
    pub(crate) fn is_called(&self, host_name: &str) {
        fs::write(self.root().join("etc/hostname"), format!("{host_name}\n")).unwrap();
    }

    fn host(&self) -> Host {
        Host::at(self.root())
    }

    pub(crate) async fn enrol(&self, token: &JoinToken) -> Result<Identity, EnrolError> {
        self.enrol_again(token, false).await
    }

    async fn enrol_again(&self, token: &JoinToken, replace: bool) -> Result<Identity, EnrolError> {
        let fingerprint = fingerprint(&self.host()).unwrap();
        let applicant = Applicant { fingerprint, claims: claims(&self.host()) };
        enrol(&self.state(), token, applicant, replace, None).await
    }

    fn cycle(&self) -> Result<Cycle, CycleError> {
        let subject = Subject { host: self.host(), claims: AssignmentClaims::default() };
        Cycle::open(self.state(), Vec::new(), subject)
    }

    /// The service's loop, which begins at once.
    pub(crate) fn rounds(&self) -> Rounds {
        let path = self.root().join("agent.toml");
        fs::write(&path, "").unwrap();
        let config = Config::parse(&path, "").unwrap();
        let watched = vec![self.root().join("etc"), path.clone()];
        Rounds {
            interval: Duration::from_secs(900),
            spread: Duration::ZERO,
            watch: Watch::over(watched, Duration::from_millis(100)),
            settings: Settings::new(ConfigPath::Given(path), config),
        }
    }

    fn status(&self) -> Status {
        Status::read(&self.state(), &[]).unwrap()
    }

    fn key(&self) -> String {
        let path = self.state().join("identity/key.pem");
        String::from_utf8(agent::durable::read_secret(&path, 4096).unwrap()).unwrap()
    }

    fn listing(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.state().path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// A machine that has joined.
async fn joined(collector: &Collector) -> Machine {
    let machine = Machine::new();
    machine.enrol(&collector.token()).await.unwrap();
    machine
}

#[tokio::test]
async fn a_machine_joins_and_its_first_report_is_judged() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Accepted(_)));

    let [enrolment, report] = &collector.seen()[..] else {
        panic!("two requests");
    };
    assert_eq!(enrolment.path, "/v1/enrol");
    assert_eq!(enrolment.alpn.as_deref(), Some(ENROL_ALPN));
    assert_eq!(enrolment.client, None);
    assert_eq!(report.path, "/v1/reports");
    assert_eq!(report.alpn, None);
    assert!(report.client.is_some());
    assert_eq!(report.report().machine, MachineId::from_bytes(MACHINE));
    assert_eq!(report.report().sequence, Sequence(1));

    let status = machine.status();
    assert_eq!(status.verdict.unwrap().state, report::State::Unprotected);
    assert_eq!(status.last_accepted.unwrap().collector, collector.address.to_string());
    assert!(status.spooled.is_none());
}

#[tokio::test]
async fn every_connection_is_post_quantum() {
    let collector = Collector::certifying(AGEING).await;
    let machine = joined(&collector).await;
    machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert_eq!(collector.paths(), ["/v1/enrol", "/v1/renew", "/v1/reports"]);
    for seen in collector.seen() {
        assert_eq!(seen.group, NamedGroup::X25519MLKEM768, "{}", seen.path);
    }
}

#[tokio::test]
async fn a_collector_that_is_not_the_tokens_gets_nothing_and_leaves_nothing() {
    let collector = Collector::start().await;
    let machine = Machine::new();
    let token = JoinToken { collector_ca: [0; 32], ..collector.token() };
    let error = machine.enrol(&token).await.unwrap_err();
    assert!(matches!(error, EnrolError::Unreachable(_)));
    assert!(error.to_string().contains("not the collector that the join token names"), "{error}");
    assert!(collector.seen().is_empty(), "the secret must not be sent");
    assert_eq!(machine.listing(), ["lock"]);
}

#[tokio::test]
async fn a_refused_enrolment_leaves_nothing() {
    let collector = Collector::start().await;
    let machine = Machine::new();
    collector.will([Next::Refuse(403)]);
    let error = machine.enrol(&collector.token()).await.unwrap_err();
    assert!(error.to_string().contains("nobody wants it"), "{error}");
    assert_eq!(machine.listing(), ["lock"]);
}

#[tokio::test]
async fn the_next_address_of_the_token_is_tried() {
    let collector = Collector::start().await;
    let machine = Machine::new();
    let mut token = collector.token();
    token.addresses.insert(0, collector::nobody().await.to_string());
    machine.enrol(&token).await.unwrap();
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Accepted(_)));
}

#[tokio::test]
async fn an_identity_is_given_up_only_on_demand() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let key = || machine.key();
    let before = key();
    let error = machine.enrol(&collector.token()).await.unwrap_err();
    assert!(error.to_string().contains("--replace"), "{error}");
    assert_eq!(collector.paths(), ["/v1/enrol"]);
    assert_eq!(key(), before);
    machine.enrol_again(&collector.token(), true).await.unwrap();
    assert_ne!(key(), before);
}

#[tokio::test]
async fn a_refused_report_is_put_aside_with_its_reason() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    collector.will([Next::Refuse(403)]);
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Refused(_)));
    let status = machine.status();
    assert!(status.spooled.is_none());
    let refused = status.refused.unwrap();
    assert_eq!((refused.status, refused.sequence), (403, Sequence(1)));
    assert_eq!(refused.problem.message, "nobody wants it");

    machine.cycle().unwrap().contact(KEPT).await.unwrap();
    let sequences: Vec<_> = reports(&collector);
    assert_eq!(sequences, [1, 2], "a refused report is not sent again");
}

pub(crate) fn reports(collector: &Collector) -> Vec<u64> {
    let seen = collector.seen().into_iter();
    seen.filter(|seen| seen.path == "/v1/reports").map(|seen| seen.report().sequence.0).collect()
}

#[tokio::test]
async fn a_busy_collector_gets_the_same_report_later() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    collector.will([Next::Busy(120)]);
    let Contact::Later { retry_after, why } = cycle.contact(KEPT).await.unwrap() else {
        panic!("nobody took it");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(120)));
    assert!(why.to_string().contains("503"), "{why}");
    let status = machine.status();
    assert_eq!(status.spooled.unwrap().count, 1);
    assert!(status.last_attempt.unwrap().failure.unwrap().cause.contains("503"));

    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
    assert_eq!(reports(&collector), [1, 1]);
    assert!(machine.status().spooled.is_none());
}

#[tokio::test]
async fn where_one_collector_has_no_time_the_next_is_asked() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let (address, port) = (collector.address.to_string(), collector.address.port());
    let addresses = [address, format!("localhost:{port}")].map(|it| it.parse().unwrap());
    let subject = Subject { host: machine.host(), claims: AssignmentClaims::default() };
    let mut cycle = Cycle::open(machine.state(), addresses.to_vec(), subject).unwrap();
    for in_the_way in [Next::Busy(120), Next::LoseReply] {
        machine.is_called(&format!("{in_the_way:?}"));
        collector.will([in_the_way]);
        let contact = cycle.contact(KEPT).await.unwrap();
        assert!(matches!(contact, Contact::Accepted(_)), "{in_the_way:?}");
    }
    assert_eq!(reports(&collector), [1, 1, 2, 2]);
    let accepted = machine.status().last_accepted.unwrap();
    assert_eq!(accepted.collector, format!("localhost:{port}"));

    collector.will([Next::Busy(300), Next::Busy(120)]);
    let Contact::Later { retry_after, .. } = cycle.contact(KEPT).await.unwrap() else {
        panic!("nobody took it");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(300)), "of several the longest");
}

#[tokio::test]
async fn a_lost_reply_is_asked_for_again_with_the_same_report() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    collector.will([Next::LoseReply]);
    let lost = cycle.contact(KEPT).await.unwrap();
    assert!(matches!(lost, Contact::Later { .. }));
    let again = cycle.contact(KEPT).await.unwrap();
    assert!(matches!(again, Contact::Accepted(_)));
    let [.., first, second] = &collector.seen()[..] else {
        panic!("two reports");
    };
    assert_eq!(first.report().sequence, second.report().sequence);
    assert_eq!(first.report().digest(), second.report().digest());
}

#[tokio::test]
async fn a_process_killed_before_sending_leaves_its_report_to_the_next() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut killed = machine.cycle().unwrap();
    assert!(killed.notice(false).await.unwrap().is_none());
    let draft = killed.spool().waiting()[0].clone();
    drop(killed);
    let left = Spool::look(&machine.state()).unwrap();
    let says = |draft: &Draft| (draft.sequence, draft.says());
    assert_eq!(left.waiting().iter().map(says).collect::<Vec<_>>(), [says(&draft)]);

    machine.cycle().unwrap().contact(KEPT).await.unwrap();
    machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert_eq!(reports(&collector), [draft.sequence.0, draft.sequence.0 + 1]);
    let [.., first, second] = &collector.seen()[..] else {
        panic!("two reports");
    };
    assert_ne!(first.report().incarnation, second.report().incarnation);
}

#[tokio::test]
async fn a_kept_report_that_is_no_longer_young_is_followed_by_a_new_one() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    assert!(cycle.notice(false).await.unwrap().is_none());
    cycle.contact(Kept::YoungerThan(Duration::ZERO)).await.unwrap();
    assert_eq!(reports(&collector), [1, 2], "oldest first");
    assert!(machine.status().spooled.is_none());
}

#[tokio::test]
async fn a_disk_that_forgets_the_last_number_does_not_make_the_agent_repeat_it() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    for host_name in ["a", "b", "c"] {
        machine.is_called(host_name);
        cycle.contact(KEPT).await.unwrap();
        fs::write(machine.state().join("sequence"), "9".repeat(64)).unwrap();
    }
    assert_eq!(reports(&collector), [1, 2, 3]);
}

#[tokio::test]
async fn an_identity_past_half_of_its_life_is_renewed_before_the_report() {
    let collector = Collector::certifying(AGEING).await;
    let machine = joined(&collector).await;
    let key = || machine.key();
    let before = key();
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    cycle.contact(KEPT).await.unwrap();

    assert_eq!(collector.paths(), ["/v1/enrol", "/v1/renew", "/v1/reports", "/v1/heartbeats"]);
    let seen = collector.seen();
    assert_eq!(seen[1].alpn.as_deref(), Some(RENEW_ALPN));
    assert!(seen[1].client.is_some());
    assert_ne!(seen[2].client, seen[1].client, "the new certificate speaks");
    assert!(!seen[2].resumed, "nothing of the old identity is resumed");
    assert_ne!(key(), before);
    let mode = fs::metadata(machine.state().join("identity/key.pem")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_renewal_that_fails_does_not_silence_the_machine() {
    let collector = Collector::certifying(AGEING).await;
    let machine = joined(&collector).await;
    collector.will([Next::Refuse(403)]);
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Accepted(_)));
    let mut left = machine.listing();
    left.retain(|name| name.starts_with("identity"));
    assert_eq!(left, ["identity"]);
}

#[tokio::test]
async fn only_reports_are_resumed_and_only_by_reports() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    cycle.contact(KEPT).await.unwrap();
    let resumed: Vec<_> = collector.seen().iter().map(|seen| seen.resumed).collect();
    assert_eq!(resumed, [false, false, true]);
    drop(cycle);
    machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(!collector.seen()[3].resumed, "tickets are in memory only");
}

#[tokio::test]
async fn a_copied_disk_does_not_speak() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    machine.is_hardware("fedcba9876543210fedcba9876543210", "PF3B9876");
    let error = machine.cycle().unwrap().contact(KEPT).await.unwrap_err();
    assert!(matches!(error, CycleError::Identity(IdentityError::OtherHardware)));
    assert_eq!(collector.paths(), ["/v1/enrol"]);
    let attempt = machine.status().last_attempt.unwrap();
    assert!(attempt.failure.unwrap().cause.contains("enrol anew with a new token"));
}

#[tokio::test]
async fn hardware_that_cannot_be_read_is_waited_for_and_not_taken_for_other_hardware() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let recording = machine.root().join(".recording");
    fs::write(&recording, "denied sys/class/dmi/id/product_serial\n").unwrap();
    let error = machine.cycle().unwrap().contact(KEPT).await.unwrap_err();
    assert!(matches!(error, CycleError::Fingerprint(_)), "{error}");
    assert!(!error.is_lasting());
    let attempt = machine.status().last_attempt.unwrap();
    assert!(attempt.failure.unwrap().cause.contains("product_serial"));
    assert_eq!(collector.paths(), ["/v1/enrol"]);

    fs::remove_file(&recording).unwrap();
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Accepted(_)));
}

#[tokio::test]
async fn a_key_that_others_may_read_is_not_used() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let key = machine.state().join("identity/key.pem");
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = machine.cycle().err().unwrap();
    assert!(error.to_string().contains("mode 0644"), "{error}");
    assert!(machine.status().identity_error.is_some());
}

#[tokio::test]
async fn an_unreachable_collector_leaves_the_report_on_disk() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let address = collector::nobody().await.to_string().parse().unwrap();
    let subject = Subject { host: machine.host(), claims: AssignmentClaims::default() };
    let mut cycle = Cycle::open(machine.state(), vec![address], subject).unwrap();
    let contact = cycle.contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Later { .. }));
    assert_eq!(machine.status().spooled.unwrap().count, 1);
    assert_eq!(collector.paths(), ["/v1/enrol"]);
}

#[tokio::test]
async fn an_enrolled_machine_trusts_no_collector_of_another_authority() {
    let (ours, theirs) = (Collector::start().await, Collector::start().await);
    let machine = joined(&ours).await;
    let subject = Subject { host: machine.host(), claims: AssignmentClaims::default() };
    let address = theirs.address.to_string().parse().unwrap();
    let mut cycle = Cycle::open(machine.state(), vec![address], subject).unwrap();
    let Contact::Later { why, .. } = cycle.contact(KEPT).await.unwrap() else {
        panic!("nobody who may took it");
    };
    assert!(why.to_string().contains("no trusted connection"), "{why}");
    assert!(theirs.seen().is_empty());
}

#[tokio::test]
async fn a_collector_that_does_not_trust_the_machine_is_quoted() {
    let collector = Collector::certifying(ENDED).await;
    let machine = joined(&collector).await;
    let Contact::Later { why, .. } = machine.cycle().unwrap().contact(KEPT).await.unwrap() else {
        panic!("nobody took it");
    };
    assert!(why.to_string().contains("received fatal alert"), "{why}");
}

#[tokio::test]
async fn the_loop_reports_until_it_is_told_to_stop() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    let reported = async {
        while reports(&collector).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    machine.rounds().go(&mut cycle, reported).await.unwrap();
    assert_eq!(reports(&collector), [1]);
}
