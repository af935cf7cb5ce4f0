//! A folder of our own among those of the programs.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::host::Files;

/// The system's variable for the data of programs.
const VARIABLE: &str = "ProgramData";

/// Where they are unless the system says otherwise.
const USUAL: &str = "ProgramData";

const OUR_OWN: &str = "Lachan";

static CONFIG: LazyLock<PathBuf> = LazyLock::new(|| program_data().join("agent.toml"));
static STATE: LazyLock<PathBuf> = LazyLock::new(|| program_data().join("state"));
static DEFAULT_FILE: LazyLock<String> = LazyLock::new(|| super::for_windows(&program_data()));

/// The folder of everything that the agent keeps, as `C:\ProgramData\Lachan`.
#[must_use]
pub fn program_data() -> PathBuf {
    let said = std::env::var_os(VARIABLE).map(PathBuf::from).filter(|path| path.is_absolute());
    said.unwrap_or_else(|| Files::live().root().join(USUAL)).join(OUR_OWN)
}

/// Where the configuration lies unless `--config` says otherwise.
#[must_use]
pub fn config() -> &'static Path {
    &CONFIG
}

/// Where identity and spool lie unless the configuration says otherwise.
#[must_use]
pub fn state() -> &'static Path {
    &STATE
}

/// The configuration that is installed and the one that is meant when there is none.
#[must_use]
pub fn default_file() -> &'static str {
    &DEFAULT_FILE
}
