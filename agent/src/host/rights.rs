//! The rights that this process has.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as system;
#[cfg(windows)]
use windows as system;

/// What this process may do on its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything that an administrator may: as the service does.
    Full,
    /// What some user may.
    Few,
}

impl Rights {
    /// Those of this process.
    #[must_use]
    pub fn mine() -> Self {
        match system::are_full() {
            true => Self::Full,
            false => Self::Few,
        }
    }
}
