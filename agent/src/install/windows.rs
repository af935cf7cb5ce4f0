//! The service manager of Windows.

mod manager;
mod program;

use std::io;
use std::path::Path;

use windows_registry::LOCAL_MACHINE;

use super::{InstallError, Installed, Omission, Options, Setting, Uninstalled};
use crate::durable;
use crate::places;
use crate::seal::seal;
use crate::state::{StateDir, StateError};

/// Where the event log looks for what shows an entry's text.
const EVENT_SOURCE: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\lachan-agent";

/// A program of every Windows, whose texts from 1 to 1000 are the text that an entry brings.
const TEXTS: &str = r"%SystemRoot%\System32\EventCreate.exe";

/// Information, warnings and errors.
const KINDS: u32 = 7;

/// Makes the running program a service, or brings the service that is there up to date.
///
/// # Errors
/// When others could put another program in its place, or the system refuses.
pub fn install(options: &Options, state: &StateDir) -> Result<Installed, InstallError> {
    let program = program::trusted()?;
    make_folder(&places::program_data())?;
    make_folder(state.path())?;
    let (was_there, mut without) = manager::put(&program, options)?;
    without.extend(omitted(Setting::EventSource, name_event_source().map_err(io::Error::from)));
    Ok(Installed { program, was_there, without })
}

/// Stops the service and takes it away, and with `purge` what it kept, there and in the agent's own
/// folder.
///
/// # Errors
/// When the service does not stop, or the system refuses.
pub fn uninstall(purge: Option<&StateDir>) -> Result<Uninstalled, InstallError> {
    let was_there = manager::take_away()?;
    // Where there never was a source there is none to forget.
    let _ = LOCAL_MACHINE.remove_tree(EVENT_SOURCE);
    if let Some(state) = purge {
        clear(state)?;
    }
    Ok(Uninstalled { was_there, purged: purge.is_some() })
}

/// One that somebody else made before us is his.
fn make_folder(path: &Path) -> Result<(), InstallError> {
    durable::create_folder(path).map_err(at(path))?;
    match durable::writers(path).map_err(at(path))? {
        Some(open) => Err(StateError::Exposed { path: path.to_owned(), open }.into()),
        None => Ok(()),
    }
}

/// What the agent made in a folder of state goes, wherever that is; the folder that is known to be
/// the agent's goes with everything in it.
fn clear(state: &StateDir) -> Result<(), InstallError> {
    if state.path().exists() {
        seal(state)?;
    }
    let folder = places::program_data();
    durable::remove_folder(&folder).map_err(at(&folder))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    |error| InstallError::Folder { path: path.to_owned(), error }
}

fn name_event_source() -> windows_registry::Result<()> {
    let key = LOCAL_MACHINE.create(EVENT_SOURCE)?;
    key.set_expand_string("EventMessageFile", TEXTS)?;
    key.set_u32("TypesSupported", KINDS)
}

fn omitted(setting: Setting, done: io::Result<()>) -> Option<Omission> {
    done.err().map(|error| Omission { setting, error })
}
