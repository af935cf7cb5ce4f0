//! The doors to the machine: probes reach it through these and no other way.
//!
//! The same doors open on a recorded machine, a folder laid out like its root, so that a probe
//! cannot tell a test from an office PC.

pub mod access;
pub mod accounts;
pub mod answer;
pub mod bond;
pub(crate) mod ffi;
pub mod files;
pub mod hresult;
pub mod locale;
pub mod processes;
pub mod program;
pub mod programs;
pub mod provider;
pub mod recorder;
pub mod registry;
pub mod rests;
pub mod rights;
pub mod security_center;
pub mod services;
pub mod system;
pub mod wmi;
pub mod wua;

#[cfg(test)]
#[cfg(unix)]
pub(crate) mod recorded;

use std::path::{Path, PathBuf};

pub use accounts::Accounts;
pub use files::Files;
pub use processes::Processes;
pub use programs::Programs;
pub use recorder::Tap;
pub use registry::Registry;
pub use rests::Rests;
pub use security_center::SecurityCenter;
pub use services::Services;
pub use system::System;
pub use wmi::Wmi;
pub use wua::UpdateAgent;

use report::Platform;

/// One machine, live or recorded.
#[derive(Clone, Debug)]
pub struct Host {
    files: Files,
    registry: Registry,
    rests: Rests,
    platform: Platform,
    live: bool,
}

/// The system this program was built for.
pub const OWN_PLATFORM: Platform = match cfg!(windows) {
    true => Platform::Windows,
    false => Platform::Linux,
};

impl Host {
    /// The machine this process runs on.
    #[must_use]
    pub fn live() -> Self {
        let (files, registry) = (Files::live(), Registry::live());
        Self { files, registry, rests: Rests::default(), platform: OWN_PLATFORM, live: true }
    }

    /// The machine recorded under `root`; the root directory itself is this machine. A recording
    /// with a `registry.reg` is a Windows machine.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        if root == Files::live().root() {
            return Self::live();
        }
        let files = Files::recorded(root);
        let platform = match files.exists(files::RECORDED_REGISTRY) {
            Ok(true) | Err(_) => Platform::Windows,
            Ok(false) => Platform::Linux,
        };
        let registry = Registry::recorded(&files);
        Self { files, registry, rests: Rests::default(), platform, live: false }
    }

    /// The same machine, of which this much is left alone.
    #[must_use]
    pub fn with(self, rests: Rests) -> Self {
        Self { rests, ..self }
    }

    /// The same machine, of which everything that is asked is noted.
    #[must_use]
    pub fn tapped(mut self, tap: &Tap) -> Self {
        self.registry = self.registry.tapped(tap);
        self.files.tap = tap.clone();
        self
    }

    /// Its operating system family. In an agent for its own system alone that is known when it is
    /// built, and whatever asks the doors of the other system is left out of it.
    #[must_use]
    pub fn platform(&self) -> Platform {
        match cfg!(feature = "foreign") {
            true => self.platform,
            false => OWN_PLATFORM,
        }
    }

    /// The folder of a recorded machine; a live one has none.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        (!self.live).then(|| self.files.root())
    }

    /// Its files.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Its processes, as they are now.
    #[must_use]
    pub fn processes(&self) -> Processes {
        match self.platform {
            Platform::Linux => Processes::list(&self.files),
            Platform::Windows => Processes::unseen(),
        }
    }

    /// Windows' registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Windows' management instrumentation.
    #[must_use]
    pub fn wmi(&self) -> Wmi {
        let door = match self.live {
            true => Wmi::live(),
            false => Wmi::recorded(&self.files),
        };
        door.with(&self.rests, &self.files.tap)
    }

    /// Windows' Security Center.
    #[must_use]
    pub fn security_center(&self) -> SecurityCenter {
        let door = match self.live {
            true => SecurityCenter::live(),
            false => SecurityCenter::recorded(&self.files),
        };
        door.with(&self.rests, &self.files.tap)
    }

    /// The Windows Update Agent.
    #[must_use]
    pub fn update_agent(&self) -> UpdateAgent {
        let door = match self.live {
            true => UpdateAgent::live(),
            false => UpdateAgent::recorded(&self.files),
        };
        door.with(&self.rests, &self.files.tap)
    }

    /// Windows' services and drivers.
    #[must_use]
    pub fn services(&self) -> Services {
        let door = match self.live {
            true => Services::live(),
            false => Services::recorded(&self.files),
        };
        door.with(&self.files.tap)
    }

    /// Windows' accounts, counted.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        let door = match self.live {
            true => Accounts::live(),
            false => Accounts::recorded(&self.files),
        };
        door.with(&self.files.tap)
    }

    /// The programs that may be run on it.
    #[must_use]
    pub fn programs(&self) -> Programs {
        match self.live {
            true => Programs::live(&self.files, &self.rests),
            false => Programs::recorded(&self.files, &self.rests),
        }
    }

    /// Its kernel, processor and memory.
    #[must_use]
    pub fn system(&self) -> System {
        match self.live {
            true => System::live(),
            false => System::recorded(&self.files),
        }
    }
}
