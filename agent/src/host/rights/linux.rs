//! Root's.

/// Whether this process may do everything that an administrator may: it is root's.
pub(super) fn are_full() -> bool {
    rustix::process::geteuid().is_root()
}
