//! Whether security updates wait to be installed, how old that knowledge is, and whether installed
//! ones wait for a restart.

pub(crate) mod dpkg;
pub mod version;

pub mod linux;
pub mod windows;

mod apk;
mod apt;
mod archive;
mod automatic;
mod control;
mod entitlement;
mod history;
mod measured;
mod names;
mod ostree;
mod packed;
mod pacman;
mod reboot;
mod rpm;
mod services;
mod unlabelled;
mod zone;

use crate::host::files::Read;

/// How many packages are installed by the list that dpkg keeps.
///
/// # Errors
/// When it is too large, or was cut off.
pub fn installed_packages(status: &[u8]) -> Read<u64> {
    dpkg::read(status).map(|installed| dpkg::how_many(installed.all()))
}
