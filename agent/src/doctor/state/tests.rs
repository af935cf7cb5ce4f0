use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::doctor::Health;

fn state() -> &'static Path {
    Path::new("/var/lib/lachan-agent")
}

#[test]
fn what_is_no_folder_fails() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let check = is_private(file.path(), fs::metadata(file.path()), Rights::Full);
    assert_eq!(check.health, Health::Failed);
}

#[test]
fn room_is_bytes_and_files() {
    let health = |bytes, files| has_room(state(), Room { bytes, files }).health;
    assert_eq!(health(ROOM_BYTES, Some(ROOM_FILES)), Health::Fine);
    assert_eq!(health(ROOM_BYTES, None), Health::Fine);
    assert_eq!(health(ROOM_BYTES - 1, None), Health::Finding);
    assert_eq!(health(ROOM_BYTES, Some(ROOM_FILES - 1)), Health::Finding);
}

#[test]
fn a_folder_of_ones_own_is_open_and_looking_at_it_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let state = StateDir::new(folder.path().to_owned());
    let found = super::folder(&state, Rights::mine());
    assert_eq!(found.is_open, Openness::Open);
    assert_eq!(found.checks.len(), 3);
    assert_eq!(found.checks[1].health, Health::Fine);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_not_there_yet_is_not_made_by_asking() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path().join("state"));
    let found = super::folder(&state, Rights::mine());
    assert_eq!(found.is_open, Openness::Missing);
    assert_eq!(found.checks[0].health, Health::Untested);
    assert_eq!(found.checks[2].health, Health::Fine, "its disk is there");
    assert!(!state.path().exists());
}
