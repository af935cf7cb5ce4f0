//! The folders of the file system's hierarchy.

use std::path::Path;

/// Where the configuration lies unless `--config` says otherwise.
#[must_use]
pub fn config() -> &'static Path {
    Path::new("/etc/lachan/agent.toml")
}

/// Where identity and spool lie unless the configuration says otherwise.
#[must_use]
pub fn state() -> &'static Path {
    Path::new("/var/lib/lachan-agent")
}

/// The configuration that is installed and the one that is meant when there is none.
#[must_use]
pub fn default_file() -> &'static str {
    super::TEMPLATE
}
