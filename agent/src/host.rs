//! The doors to the machine: probes reach it through these and no other way.
//!
//! The same doors open on a recorded machine, a folder laid out like its root, so that a probe
//! cannot tell a test from an office PC.

pub(crate) mod ffi;
pub mod files;
pub mod processes;
pub mod program;
pub mod system;

#[cfg(test)]
pub(crate) mod recorded;

use std::path::{Path, PathBuf};

pub use files::Files;
pub use processes::Processes;
pub use system::System;

/// One machine, live or recorded.
#[derive(Clone, Debug)]
pub struct Host {
    files: Files,
    live: bool,
}

impl Host {
    /// The machine this process runs on.
    #[must_use]
    pub fn live() -> Self {
        Self { files: Files::live(), live: true }
    }

    /// The machine recorded under `root`; the root directory itself is this machine.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        if root == Path::new("/") {
            return Self::live();
        }
        Self { files: Files::recorded(root), live: false }
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
        Processes::list(&self.files)
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
