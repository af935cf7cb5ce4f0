//! An administrator's, once they are asked for.

use crate::host::ffi::windows::token;

/// Whether this process may do everything that an administrator may: it is elevated. Where the
/// system does not say, it is taken for one that may not.
pub(super) fn are_full() -> bool {
    token::is_elevated().unwrap_or_else(|error| {
        tracing::warn!(%error, "the rights of this process are not known");
        false
    })
}
