//! A snapshot stays what it was, and says so when it does not.

use super::past::office::Office;
use super::past::{Move, good};
use super::*;
use crate::admin::snapshots::{NotShown, show};
use crate::audit::head::Head;
use crate::audit::key::AuditKey;
use crate::config::Config;
use crate::init::{self, Wishes};
use crate::past::Past;
use crate::policy::fixtures::DAY;
use crate::reload::Source;
use crate::snapshot::verification::{Finding, verify};
use crate::snapshot::{Occasion, Outcomes, Snapshot, inputs, take};
use crate::when::AsKnown;

/// An office with a past, and where it is read from.
struct Archives {
    office: Office,
    past: Past,
    at: Timestamp,
    key: AuditKey,
    _settings: tempfile::TempDir,
}

impl Archives {
    async fn open() -> Self {
        let mut office = Office::open().await;
        for step in [good(0, 20), Move::Enrol(Some(1)), good(2, 3 * DAY), Move::Ask] {
            office.go(step).await;
        }
        let settings = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            dir: settings.path().join("c"),
            listen: None,
            metrics: None,
            public: Vec::new(),
            allow_sample: true,
            root_key: None,
        };
        let config = Config::load(&init::init(&wishes).unwrap()).unwrap();
        let past = Past { archive: office.archive(), source: Source::of(&config) };
        let at = office.asked[0].0;
        let key = AuditKey::load(&config.pki()).unwrap();
        Self { office, past, at, key, _settings: settings }
    }

    async fn keep(&self, cut_off: Option<&str>) -> Result<i64, StoreError> {
        let live = self.office.live_at(self.at, AsKnown::Then);
        let occasion = Occasion {
            made_at: self.office.now,
            actor: "uid:0".to_owned(),
            cut_off: cut_off.map(|date| date.parse().unwrap()),
            head: self.head(),
        };
        let (cover, content) = take(&live, occasion).unwrap();
        let keep = KeepSnapshot::new(cover, content, &self.key);
        Ok(self.office.store().submit(keep).await?.id)
    }

    fn head(&self) -> String {
        Head::sign(&self.key, self.past.archive.log_ends().unwrap(), self.office.now).to_string()
    }

    fn verified(&self, snapshot: &Snapshot) -> Vec<Finding> {
        verify(snapshot, &self.past, &self.key.public()).findings
    }

    fn findings(&self, id: i64) -> Vec<Finding> {
        self.verified(&self.past.archive.snapshot(id).unwrap().unwrap())
    }

    fn change(&self, sql: &str) {
        Connection::open(self.office.file()).unwrap().execute_batch(sql).unwrap();
    }
}

#[tokio::test]
async fn a_snapshot_is_judged_again_from_what_it_holds_alone() {
    let mut archives = Archives::open().await;
    let id = archives.keep(None).await.unwrap();
    let kept = archives.past.archive.snapshot(id).unwrap().unwrap();
    let said = Outcomes::unpack(&kept.content.outcomes).unwrap();
    assert_eq!(
        said.members.len(),
        3,
        "two rows and a machine outside; the third row is not in force yet"
    );
    assert_eq!(archives.findings(id), []);
    // Late reports and other policies change the history, and what is pruned is gone.
    for step in [good(0, DAY), Move::Edit(1), Move::Wait(DAY), Move::Decide(Decision::Revoke, 2)] {
        archives.office.go(step).await;
    }
    archives.change("DELETE FROM history; DELETE FROM topics; DELETE FROM contacts;");
    assert_eq!(archives.findings(id), []);
    let again = archives.past.archive.snapshot(id).unwrap().unwrap();
    assert_eq!((again.entry, again.content), (kept.entry, kept.content));
}

#[tokio::test]
async fn whatever_is_changed_in_a_snapshot_is_found() {
    for change in [
        "at = at + 1",
        "made_at = made_at - 1",
        "actor = 'uid:1'",
        "cut_off = '2026-06-14'",
        "version = '0.0.9'",
        "judge = judge + 1",
        "head = 'x'",
        "digest = replace(digest, substr(digest, 1, 1), 'x')",
        "outcomes_digest = inputs_digest",
        "inputs_digest = outcomes_digest",
    ] {
        let archives = Archives::open().await;
        let id = archives.keep(None).await.unwrap();
        archives.change(&format!("UPDATE snapshots SET {change}"));
        assert!(archives.findings(id).contains(&Finding::Digest), "{change}");
        let shown = show(&archives.past, id, &archives.key.public());
        assert!(matches!(shown, Err(NotShown::Changed(_))), "{change}");
    }
}

#[tokio::test]
async fn outcomes_and_inputs_that_no_longer_fit_are_found_though_every_digest_was_mended() {
    let archives = Archives::open().await;
    let id = archives.keep(None).await.unwrap();
    let mut kept = archives.past.archive.snapshot(id).unwrap().unwrap();
    let honest = kept.clone();
    let mut outcomes = Outcomes::unpack(&kept.content.outcomes).unwrap();
    outcomes.members[0].state = report::State::Clone;
    outcomes.targets[0].met += 1;
    kept.content.outcomes = outcomes.pack().unwrap();
    kept.mend(&archives.key);
    let members = Finding::Members(1, vec!["pc-0".to_owned()]);
    let figures = Finding::Figures(vec!["antivirus-licensed".to_owned()]);
    assert_eq!(archives.verified(&kept), [figures, members]);

    let mut kept = honest.clone();
    kept.content.inputs = inputs::pack(&Fleet::default()).unwrap();
    kept.mend(&archives.key);
    assert!(matches!(archives.verified(&kept)[..], [Finding::Figures(_), Finding::Members(3, _)]));

    let mut kept = honest.clone();
    kept.content.inputs.truncate(20);
    kept.mend(&archives.key);
    assert!(matches!(archives.verified(&kept)[..], [Finding::Unreadable(_)]));

    let mut kept = honest;
    kept.entry.cover.policies = "aa".to_owned();
    kept.mend(&archives.key);
    assert!(matches!(archives.verified(&kept)[..], [Finding::Policies(_)]));
}

#[tokio::test]
async fn a_snapshot_that_another_key_signed_is_found() {
    let archives = Archives::open().await;
    let id = archives.keep(None).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let other = AuditKey::create(other.path()).unwrap();
    let mut kept = archives.past.archive.snapshot(id).unwrap().unwrap();
    kept.mend(&other);
    assert_eq!(archives.verified(&kept), [Finding::Signature]);
    let shown = |key: &AuditKey| show(&archives.past, id, &key.public());
    assert!(matches!(shown(&other), Err(NotShown::Changed(_))));
    assert_eq!(shown(&archives.key).unwrap().outcomes.members.len(), 3);
    let head: Head = kept.entry.cover.head.parse().unwrap();
    kept.entry.cover.head = Head::sign(&other, head.ends, head.at).to_string();
    kept.mend(&archives.key);
    assert_eq!(archives.verified(&kept), [Finding::Head]);
}

#[tokio::test]
async fn what_somebody_put_in_the_place_of_a_snapshot_is_not_unpacked() {
    let archives = Archives::open().await;
    let id = archives.keep(None).await.unwrap();
    let mut kept = archives.past.archive.snapshot(id).unwrap().unwrap();
    kept.content.outcomes = b"no JSON that was ever packed".to_vec();
    assert_eq!(archives.verified(&kept), [Finding::Digest]);
}

#[tokio::test]
async fn a_policy_set_that_was_changed_under_its_hash_is_found() {
    let archives = Archives::open().await;
    let id = archives.keep(None).await.unwrap();
    archives.change("UPDATE policy_sets SET files = replace(files, '7d', '8d')");
    assert!(matches!(archives.findings(id)[..], [Finding::Policies(_)]));
}

#[tokio::test]
async fn a_cut_off_has_one_snapshot_and_a_moment_as_many_as_somebody_wants() {
    let archives = Archives::open().await;
    let first = archives.keep(Some("2026-06-14")).await.unwrap();
    assert!(archives.keep(Some("2026-06-14")).await.unwrap_err().is_taken());
    let more = [archives.keep(None).await.unwrap(), archives.keep(None).await.unwrap()];
    assert_eq!(archives.past.archive.cut_offs().unwrap(), ["2026-06-14"]);
    let listed = archives.past.archive.snapshots().unwrap();
    let listed: Vec<_> = listed.iter().map(|entry| entry.id).collect();
    assert_eq!(listed, [first, more[0], more[1]]);
}

#[tokio::test]
async fn a_snapshot_that_was_taken_out_or_exchanged_is_told_by_the_audit_log() {
    let archives = Archives::open().await;
    archives.keep(Some("2026-06-14")).await.unwrap();
    archives.keep(Some("2026-12-14")).await.unwrap();
    let lost = || {
        let lost = archives.past.archive.lost_snapshots().unwrap();
        lost.into_iter().map(|entry| entry.subject).collect::<Vec<_>>()
    };
    let is_good = || {
        let verification = archives.past.archive.verify(Vec::new(), &archives.key.public());
        verification.unwrap().is_good()
    };
    assert_eq!(lost(), [""; 0]);
    assert!(is_good());
    archives.change("DELETE FROM snapshots WHERE cut_off = '2026-06-14'");
    assert_eq!(lost(), ["2026-06-14"]);
    assert!(!is_good());
    archives.change("UPDATE snapshots SET digest = 'another'");
    assert_eq!(lost(), ["2026-06-14", "2026-12-14"]);
}

#[tokio::test]
async fn logs_that_no_longer_hold_what_the_head_of_a_snapshot_names_are_found() {
    let archives = Archives::open().await;
    let id = archives.keep(None).await.unwrap();
    let last = archives.past.archive.log_ends().unwrap().of(Log::Audit).number - 1;
    archives.change(&format!("UPDATE audit SET hash = zeroblob(32) WHERE number = {last}"));
    let findings = archives.findings(id);
    assert!(matches!(findings[..], [Finding::Logs(_)]), "{findings:?}");
}
