use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;

#[test]
fn a_replaced_file_is_new_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    replace(&path, b"one, and rather long").unwrap();
    replace(&path, b"two").unwrap();
    assert_eq!(read(&path, 100).unwrap().unwrap(), b"two");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn overwritten_bytes_stand_alone_whatever_stood_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("number");
    for former in [&b""[..], b"123456789", b"0001", b"\xff"] {
        replace(&path, former).unwrap();
        overwrite(&path, b"0002").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"0002");
    }
    remove(&path).unwrap();
    overwrite(&path, b"0003").unwrap();
    assert_eq!(read(&path, 100).unwrap().unwrap(), b"0003");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn what_a_crash_left_behind_does_not_stand_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    create(&folder.path().join("state.tmp"), b"half").unwrap();
    replace(&path, b"whole").unwrap();
    assert_eq!(read(&path, 100).unwrap().unwrap(), b"whole");
}

#[test]
fn a_file_larger_than_its_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    replace(&path, b"12345").unwrap();
    assert!(read(&path, 5).unwrap().is_some());
    assert_eq!(read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    assert!(read(&folder.path().join("missing"), 4).unwrap().is_none());
}

#[test]
fn a_secret_that_others_may_read_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    replace(&path, b"secret").unwrap();
    assert_eq!(read_secret(&path, 10).unwrap(), b"secret");
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = read_secret(&path, 10).unwrap_err().to_string();
        assert_eq!(refused, format!("others may read it (mode {mode:04o})"));
    }
}
