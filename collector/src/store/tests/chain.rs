//! Both logs are chained from their first row on, also where there was no chain before.

use super::*;
use crate::audit::verification::Finding;

pub(super) fn archive(folder: &Path) -> Archive {
    Archive::new(folder.join("store.sqlite"))
}

fn findings(folder: &Path) -> Vec<Vec<Finding>> {
    let keys = tempfile::tempdir().unwrap();
    let key = crate::audit::key::AuditKey::create(keys.path()).unwrap().public();
    let verification = archive(folder).verify(Vec::new(), &key).unwrap();
    verification.logs.into_iter().map(|log| log.findings).collect()
}

#[tokio::test]
async fn every_entry_follows_on_the_one_before() {
    let world = world(1).await;
    for action in [Action::Started, Action::PoliciesHeld] {
        world.store.submit(AppendAudit(entry(action))).await.unwrap();
    }
    let ends = archive(world.folder.path()).log_ends().unwrap();
    assert_eq!((ends.audit.number, ends.verdicts.number), (3, 0));
    assert_eq!(findings(world.folder.path()), [[], []]);
}

#[test]
fn what_an_earlier_version_logged_is_chained_once() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = sqlite::open_at(&folder.path().join("store.sqlite"), 4);
    earlier
        .execute_batch(
            "INSERT INTO audit (at, actor, action, subject, detail) VALUES
                (1, 'collector', 'started', 'a', ''), (2, 'uid:0', 'revoked', 'Sở', 'x');",
        )
        .unwrap();
    drop(earlier);
    for _ in 0..2 {
        let (store, writer, snapshot) = open(folder.path());
        assert_eq!(snapshot.audit_entries, 2);
        drop(store);
        writer.join();
    }
    assert_eq!(archive(folder.path()).log_ends().unwrap().audit.number, 2);
    assert_eq!(findings(folder.path()), [[], []]);
    let file = Connection::open(folder.path().join("store.sqlite")).unwrap();
    file.execute_batch("UPDATE audit SET subject = 'So' WHERE number = 2").unwrap();
    assert_eq!(findings(folder.path())[0], [Finding::Changed { from: 2, to: 2 }]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_or_counted_on_from_is_found_like_any_other() {
    let world = world(1).await;
    for _ in 0..3 {
        world.store.submit(AppendAudit(entry(Action::Started))).await.unwrap();
    }
    let file = Connection::open(world.folder.path().join("store.sqlite")).unwrap();
    let found = |script: &str| {
        file.execute_batch(&format!("PRAGMA ignore_check_constraints = 1; BEGIN; {script};"))
            .unwrap();
        file.execute_batch("COMMIT").unwrap();
        findings(world.folder.path())[0].clone()
    };
    let changed = |from, to| [Finding::Changed { from, to }];
    let last = found("UPDATE audit SET number = 9223372036854775807 WHERE number = 4");
    assert_eq!(last, [Finding::Missing { from: 4, to: i64::MAX - 1 }]);
    let text = found("UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE number = 2");
    assert_eq!(text[0], Finding::Changed { from: 2, to: 2 });
    let hash = found("UPDATE audit SET hash = x'00' WHERE number = 2");
    assert_eq!(hash[0], changed(2, 3)[0], "the third follows on nothing that is known");
}
