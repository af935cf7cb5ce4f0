use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use super::*;
use crate::enrol::ca::Authorities;

const NOW: Timestamp = Timestamp(1_795_300_000);

fn made() -> (tempfile::TempDir, Authorities) {
    let folder = tempfile::tempdir().unwrap();
    let authorities = Authorities::create(folder.path(), NOW - 100 * DAY).unwrap();
    (folder, authorities)
}

fn load(folder: &Path) -> Authorities {
    Authorities::load(folder).unwrap()
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push((path.clone(), bytes(&path))),
        }
    }
    files.sort();
    files
}

fn bytes(path: &Path) -> Vec<u8> {
    crate::files::read_bytes_bounded(path, 1 << 20).unwrap()
}

#[test]
fn a_rotation_issues_by_the_new_accepts_both_and_speaks_by_the_old() {
    let (folder, before) = made();
    rotate(folder.path(), None, NOW).unwrap();
    let during = load(folder.path());
    assert_ne!(during.machines.sha256(), before.machines.sha256());
    assert_eq!(during.collectors.sha256(), before.collectors.sha256());
    let accepted: Vec<_> = during.machine_cas().map(CaCertificate::sha256).collect();
    assert_eq!(accepted, [during.machines.sha256(), before.machines.sha256()]);
    let next = during.next.as_ref().unwrap();
    assert_eq!(next.made_at(), NOW);
    assert_eq!(during.anchors(), before.anchors() + next.pem());

    finish(folder.path()).unwrap();
    let after = load(folder.path());
    assert_eq!(after.machines.sha256(), during.machines.sha256());
    assert_eq!(after.collectors.sha256(), next.sha256());
    assert_eq!(after.anchors(), next.pem());
    assert_eq!(after.machine_cas().count(), 1);
    assert_eq!(after.root, before.root);
    let names = files(folder.path()).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(names.len(), 6, "nothing of the old is left: {names:?}");
    for key in names.iter().filter(|path| path.extension().is_some_and(|of| of == "key")) {
        assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600, "{key:?}");
    }
    rotate(folder.path(), None, NOW + DAY).unwrap();
    finish(folder.path()).unwrap();
    load(folder.path());
}

#[test]
fn each_step_comes_in_its_turn() {
    let (folder, _) = made();
    assert!(matches!(finish(folder.path()), Err(CaError::NotUnderWay)));
    rotate(folder.path(), None, NOW).unwrap();
    let before = files(folder.path());
    assert!(matches!(rotate(folder.path(), None, NOW), Err(CaError::UnderWay)));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn the_roots_key_is_asked_for_where_it_is_not() {
    let (folder, _) = made();
    let medium = tempfile::tempdir().unwrap();
    let away = medium.path().join("root.key");
    fs::rename(folder.path().join("root.key"), &away).unwrap();
    let before = files(folder.path());
    let error = rotate(folder.path(), None, NOW).unwrap_err();
    assert!(matches!(error, CaError::NoRootKey(_)), "{error}");
    let (another, _) = made();
    let foreign = another.path().join("root.key");
    let error = rotate(folder.path(), Some(&foreign), NOW).unwrap_err();
    assert!(matches!(error, CaError::Content { .. }), "{error}");
    assert_eq!(files(folder.path()), before, "nothing was changed");

    rotate(folder.path(), Some(&away), NOW).unwrap();
    assert!(!folder.path().join("root.key").exists(), "it stays where it is");
}

/// Puts a folder into the state of another.
fn restore(from: &[(PathBuf, Vec<u8>)], folder: &Path) {
    for name in [NEXT, FORMER, DRAFT] {
        gone(fs::remove_dir_all(folder.join(name))).unwrap();
    }
    for (path, content) in from {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomically(path, content, 0o600).unwrap();
    }
}

#[test]
fn a_cut_after_any_step_is_recognised_and_the_same_command_goes_on() {
    let (folder, before) = made();
    let pki = folder.path();
    prepare(pki, &Root::open(pki, None).unwrap(), NOW).unwrap();
    let prepared = files(pki);
    let next = pki.join(NEXT);
    let moves = [(key(&next, MACHINE_CA), key(pki, MACHINE_CA))];
    for cut in 0..=moves.len() {
        restore(&prepared, pki);
        moves[..cut].iter().for_each(|(from, to)| fs::rename(from, to).unwrap());
        assert_eq!(Stage::of(pki), Stage::Beginning);
        let refused = Authorities::load(pki).unwrap_err().to_string();
        assert!(refused.contains("`lachan-collector ca rotate` again"), "{refused}");
        assert!(matches!(finish(pki), Err(CaError::CutShort("rotate"))));
        rotate(pki, None, NOW).unwrap();
        assert_eq!(load(pki).former, [before.machines.certificate().clone()]);
    }

    let overlap = files(pki);
    let during = load(pki);
    let moves = [
        (key(&next, COLLECTOR_CA), key(pki, COLLECTOR_CA)),
        (pem(&next, COLLECTOR_CA), pem(pki, COLLECTOR_CA)),
    ];
    for cut in 1..=moves.len() {
        restore(&overlap, pki);
        moves[..cut].iter().for_each(|(from, to)| fs::rename(from, to).unwrap());
        assert_eq!(Stage::of(pki), Stage::Ending);
        let refused = Authorities::load(pki).unwrap_err().to_string();
        assert!(refused.contains("`lachan-collector ca finish` again"), "{refused}");
        assert!(matches!(rotate(pki, None, NOW), Err(CaError::CutShort("finish"))));
        finish(pki).unwrap();
        assert_eq!(Some(load(pki).collectors.certificate()), during.next.as_ref());
    }
}

#[test]
fn what_root_writes_belongs_to_whom_the_folder_belongs_to() {
    let (folder, _) = made();
    let pki = folder.path();
    // Who is not root keeps what is his own.
    let _ = chown(pki, Some(1234), Some(1235));
    let of = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    rotate(pki, None, NOW).unwrap();
    for made in [pki.join(NEXT), pki.join(FORMER), key(pki, MACHINE_CA), pem(pki, MACHINE_CA)] {
        assert_eq!(of(&made), of(pki), "{made:?}");
    }
    for folder in [pki.join(NEXT), pki.join(FORMER)] {
        for (made, _) in files(&folder) {
            assert_eq!(of(&made), of(pki), "{made:?}");
        }
    }
}

#[test]
fn a_draft_that_was_never_finished_is_made_anew() {
    let (folder, before) = made();
    let draft = folder.path().join(DRAFT);
    fs::create_dir(&draft).unwrap();
    write_atomically(&pem(&draft, MACHINE_CA), b"torn", 0o644).unwrap();
    assert_eq!(load(folder.path()).machines.sha256(), before.machines.sha256(), "it still serves");
    rotate(folder.path(), None, NOW).unwrap();
    assert_eq!(Stage::of(folder.path()), Stage::Overlap);
    load(folder.path());
}
