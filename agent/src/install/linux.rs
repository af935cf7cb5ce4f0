//! Packages bring the unit, its user and its folder.

use super::{InstallError, Installed, Options, Uninstalled};
use crate::state::StateDir;

/// Says who does it.
///
/// # Errors
/// Always.
pub fn install(_options: &Options, _state: &StateDir) -> Result<Installed, InstallError> {
    Err(InstallError::ByPackage)
}

/// Says who does it.
///
/// # Errors
/// Always.
pub fn uninstall(_purge: Option<&StateDir>) -> Result<Uninstalled, InstallError> {
    Err(InstallError::ByPackage)
}
