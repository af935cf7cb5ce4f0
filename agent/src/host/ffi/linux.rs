//! What the C library offers in no other way.

/// What must be settled before there is a second thread: names are resolved by `/etc/hosts` and DNS
/// alone, whatever `/etc/nsswitch.conf` names.
///
/// The agent that ships carries its C library in it. Any other way to resolve names is a module of
/// the *machine's* C library, and two of different versions in one process end it with an abort,
/// as on every desktop whose `hosts` line begins with `mdns4_minimal`. Where the library is the
/// machine's own there is nothing to do.
pub(crate) fn before_all_else() {
    #[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
    linked_in::configure_hosts();
}

#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
#[expect(unsafe_code, reason = "glibc has no other way to leave its modules alone")]
mod linked_in {
    use std::ffi::{c_char, c_int};

    unsafe extern "C" {
        /// glibc, nss.h: takes the place of a line of nsswitch.conf in this process.
        fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
    }

    pub(super) fn configure_hosts() {
        let (database, services) = (c"hosts", c"files dns");
        // SAFETY: both are strings that end in a zero byte and live for ever; the function reads
        // them and keeps neither. It is called before there is a second thread.
        let failed = unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
        if failed != 0 {
            tracing::warn!("names are resolved as nsswitch.conf says");
        }
    }
}
