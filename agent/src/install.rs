//! The agent as a service of the system: put there, and taken away again.
//!
//! Only where no package does it.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

use std::io;
use std::path::PathBuf;

use crate::state::StateError;

#[cfg(unix)]
pub use linux::{install, uninstall};
#[cfg(windows)]
pub use windows::{install, uninstall};

/// What the service is started with besides `run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--config`, where it was given.
    pub config: Option<PathBuf>,
    /// `--state`, where it was given.
    pub state: Option<PathBuf>,
}

/// A service that is there now.
#[derive(Debug)]
pub struct Installed {
    /// The program that it runs.
    pub program: PathBuf,
    /// Whether there was one before, whose settings were brought up to date.
    pub was_there: bool,
    /// What this system does not know and the service therefore goes without.
    pub without: Vec<Omission>,
}

/// A setting of the service that the system refused.
#[derive(Debug)]
pub struct Omission {
    /// Which.
    pub setting: Setting,
    /// What the system says.
    pub error: io::Error,
}

/// A setting without which the service still does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// What officers read in the list of services.
    Description,
    /// It starts when everything else has.
    DelayedStart,
    /// It starts again when it broke off.
    Restart,
    /// It starts again also when it ended with an error of its own.
    RestartAfterError,
    /// It has a name of its own in access lists.
    OwnSid,
    /// The system waits for it before it shuts down.
    Preshutdown,
    /// The event log knows its name and shows its texts.
    EventSource,
}

/// A service that is there no more.
#[derive(Debug)]
pub struct Uninstalled {
    /// Whether there was one.
    pub was_there: bool,
    /// Whether settings and state went as well.
    pub purged: bool,
}

/// Why the service is not as was wished.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The system's packages do it.
    #[error("on this system the package lachan-agent does that: install or remove the package")]
    ByPackage,
    /// The program lies where others could put another one in its place.
    #[error(
        "others than SYSTEM and the administrators may write {path} ({who}), and the service would \
         run with every right: put the program into a folder below C:\\Program Files and install it \
         from there"
    )]
    Exposed {
        /// What they may write.
        path: PathBuf,
        /// Who.
        who: String,
    },
    /// The program cannot be looked at.
    #[error("look at {path}: {error}")]
    Unreadable {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The service manager refuses.
    #[error("{step}: {error}")]
    Manager {
        /// What was asked of it.
        step: &'static str,
        /// What it says.
        error: io::Error,
    },
    /// The service goes on.
    #[error("the service did not stop within {0} s: end lachan-agent.exe and try again")]
    Unstoppable(u64),
    /// The folder of settings and state cannot be made, or does not go.
    #[error(transparent)]
    State(#[from] StateError),
    /// The folder of settings and state cannot be made, or does not go.
    #[error("{path}: {error}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}
