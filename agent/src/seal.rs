//! Making a disk ready to be copied: what must not be on two machines goes.

use report::MachineId;

use crate::durable;
use crate::identity::Identity;
use crate::state::{StateDir, StateError, at};

/// What makes a machine this machine and no other, its keys first. Named one by one: a folder that
/// was named by mistake loses nothing else.
const FOLDERS: [&str; 5] = ["identity", "identity.new", "identity.old", "identity.tmp", "spool"];
const FILES: [&str; 5] =
    ["refused", "refused.tmp", "contacts.json", "contacts.json.tmp", "sequence"];

/// A folder from which two machines may begin.
#[derive(Debug, Default)]
pub struct Sealed {
    /// Who the machine was, where that could be read: collectors still know it.
    pub machine: Option<MachineId>,
    /// The names of what was there.
    pub removed: Vec<&'static str>,
}

/// Removes identity, reports and counters, for good.
///
/// # Errors
/// When an agent works in the folder, or something does not let itself be removed.
pub fn seal(state: &StateDir) -> Result<Sealed, StateError> {
    let _lock = state.lock()?;
    let machine = Identity::load(state).ok().map(|identity| identity.machine);
    let mut removed = Vec::new();
    for name in FOLDERS {
        let path = state.join(name);
        if path.exists() {
            durable::remove_folder(&path).map_err(at(&path))?;
            removed.push(name);
        }
    }
    for name in FILES {
        let path = state.join(name);
        if path.exists() {
            durable::remove(&path).map_err(at(&path))?;
            removed.push(name);
        }
    }
    durable::sync_folder(state.path()).map_err(at(state.path()))?;
    Ok(Sealed { machine, removed })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        (folder, state)
    }

    fn listing(state: &StateDir) -> Vec<String> {
        let entries = fs::read_dir(state.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn nothing_is_left_but_the_lock_and_sealing_again_changes_nothing() {
        let (_folder, state) = state();
        drop(state.lock().unwrap());
        for name in FOLDERS {
            fs::create_dir(state.join(name)).unwrap();
            fs::write(state.join(name).join("key.pem"), "secret").unwrap();
        }
        for name in FILES {
            fs::write(state.join(name), "7").unwrap();
        }
        assert_eq!(seal(&state).unwrap().removed.len(), FOLDERS.len() + FILES.len());
        assert_eq!(listing(&state), ["lock"]);
        assert!(seal(&state).unwrap().removed.is_empty());
    }

    #[test]
    fn nobody_is_sealed_while_an_agent_is_at_work() {
        let (_folder, state) = state();
        let _lock = state.lock().unwrap();
        fs::create_dir(state.join("identity")).unwrap();
        assert!(matches!(seal(&state), Err(StateError::Busy(_))));
        assert!(state.join("identity").exists());
    }
}
