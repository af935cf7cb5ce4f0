use std::os::unix::fs::{PermissionsExt as _, chown};

use super::*;

#[test]
fn what_replaces_a_file_keeps_its_rights_its_owner_and_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("machines.csv");
    fs::write(&path, "old").unwrap();
    // Who is not root keeps what is his own.
    let _ = chown(&path, Some(1234), Some(1235));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let before = fs::metadata(&path).unwrap();
    replace_atomically(&path, b"new").unwrap();
    let after = fs::metadata(&path).unwrap();
    let kept = |of: &fs::Metadata| (of.permissions().mode(), of.uid(), of.gid());
    assert_eq!(kept(&after), kept(&before), "no umask takes rights away");
    assert_eq!(read_bounded(&path, 9).unwrap(), "new");
    let only = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(only, 1, "no draft stays behind");
}

#[test]
fn a_bare_name_lies_in_the_folder_one_is_in() {
    assert_eq!(folder_of(Path::new("a.csv")), Path::new("."));
    assert_eq!(folder_of(Path::new("x/a.csv")), Path::new("x"));
    let name = format!("target-of-a-test-{}", std::process::id());
    write_atomically(Path::new(&name), b"here", 0o600).unwrap();
    let read = read_bounded(Path::new(&name), 9);
    fs::remove_file(&name).unwrap();
    assert_eq!(read.unwrap(), "here");
}
