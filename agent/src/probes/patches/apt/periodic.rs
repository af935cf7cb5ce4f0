//! What apt does by itself: how often, in days, each step of its daily job is taken.

use super::settings::Settings;
use crate::host::Files;
use crate::host::files::Read;

/// Where it is set.
pub(crate) const SETTINGS: &str = "etc/apt/apt.conf.d";

/// The steps that are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Periodic {
    pub(crate) is_on: bool,
    pub(crate) fetches_lists: bool,
    pub(crate) downloads: bool,
    pub(crate) installs: bool,
}

/// Reads the steps. What is not set is not done, but the job as a whole is.
pub(crate) fn read(files: &Files) -> Read<Periodic> {
    let settings = Settings::read(files)?;
    let interval = |step: &str| {
        let found = settings.find(&format!("apt::periodic::{step}"));
        found.map(|setting| setting.value.clone())
    };
    let is_taken = |step| interval(step).is_some_and(|interval| interval != "0");
    Ok(Periodic {
        is_on: interval("enable").is_none_or(|enabled| enabled != "0"),
        fetches_lists: is_taken("update-package-lists"),
        downloads: is_taken("download-upgradeable-packages"),
        installs: is_taken("unattended-upgrade"),
    })
}
