//! A folder of our own among those of the programs.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use windows_registry::LOCAL_MACHINE;

use crate::host::Files;

/// Where the system notes the folder of programs' data. A variable has that name too, but it is
/// whoever's who starts a program, and a service and a console must mean the same folder.
const KEY: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
const VALUE: &str = "ProgramData";

/// How that begins as a rule.
const DRIVE: &str = "%SystemDrive%";

/// Where it is unless the system says otherwise.
const USUAL: &str = "ProgramData";

const OUR_OWN: &str = "Lachan";

static CONFIG: LazyLock<PathBuf> = LazyLock::new(|| program_data().join("agent.toml"));
static STATE: LazyLock<PathBuf> = LazyLock::new(|| program_data().join("state"));
static DEFAULT_FILE: LazyLock<String> = LazyLock::new(|| super::for_windows(&program_data()));

/// The folder of everything that the agent keeps, as `C:\ProgramData\Lachan`.
#[must_use]
pub fn program_data() -> PathBuf {
    let root = Files::live().root().to_owned();
    let noted = LOCAL_MACHINE.open(KEY).and_then(|key| key.get_string(VALUE)).ok();
    let noted = noted.and_then(|noted| placed(&noted, &root));
    noted.unwrap_or_else(|| root.join(USUAL)).join(OUR_OWN)
}

fn placed(noted: &str, root: &Path) -> Option<PathBuf> {
    let path = match noted.split_at_checked(DRIVE.len()) {
        Some((drive, path)) if drive.eq_ignore_ascii_case(DRIVE) => {
            root.join(path.trim_start_matches('\\'))
        }
        Some(_) | None => PathBuf::from(noted),
    };
    path.is_absolute().then_some(path)
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
