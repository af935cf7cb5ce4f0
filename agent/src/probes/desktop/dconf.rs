//! What the administrator sets for everybody's GNOME, and what nobody may change: the databases of
//! dconf that the system brings. Everybody's own is in their home and is not read.

use std::collections::{BTreeMap, BTreeSet};

use crate::host::Files;
use crate::host::files::Read;
use crate::probes::ini::{self, Indented, Section};

/// What names the databases that everybody's settings are looked up in.
const PROFILES: [&str; 2] = ["etc/dconf/profile/user", "usr/share/dconf/profile/user"];
const DATABASES: &str = "etc/dconf/db";
const MOST: usize = 64 * 1024;

/// The settings of the system, the first database holding, and the locks of all.
#[derive(Debug, Default)]
pub(crate) struct Dconf {
    databases: Vec<BTreeMap<String, Section>>,
    locks: BTreeSet<String>,
}

impl Dconf {
    /// What the system brings. Without a profile it brings nothing.
    pub(crate) fn read(files: &Files) -> Read<Self> {
        let mut found = Self::default();
        for database in databases(files)? {
            // What was written and not compiled is not in effect.
            if !files.exists(&format!("{DATABASES}/{database}"))? {
                continue;
            }
            let folder = format!("{DATABASES}/{database}.d");
            let paths = files_in(files, &folder)?;
            let written: Vec<_> = paths.into_iter().filter(|it| !it.ends_with("/locks")).collect();
            found.databases.push(ini::read_as(Indented::Plain, files, &written)?);
            for path in files_in(files, &format!("{folder}/locks"))? {
                let text = files.read_text(&path, MOST)?;
                let locks = text.lines().map(str::trim).filter(|line| line.starts_with('/'));
                found.locks.extend(locks.map(str::to_owned));
            }
        }
        Ok(found)
    }

    /// What a key is for everybody: set here and locked, so that nobody can set it otherwise.
    pub(crate) fn enforced(&self, path: &str, key: &str) -> Option<&str> {
        match self.is_locked(path, key) {
            true => self.databases.iter().find_map(|it| it.get(path)?.value(key)),
            false => None,
        }
    }

    /// Whether nobody may change a key.
    pub(crate) fn is_locked(&self, path: &str, key: &str) -> bool {
        let whole = format!("/{path}/{key}");
        // A lock that ends in a slash is one of everything below.
        self.locks.iter().any(|lock| match lock.ends_with('/') {
            true => whole.starts_with(lock.as_str()),
            false => *lock == whole,
        })
    }
}

/// The names of the system's databases, the one that is asked first in front.
fn databases(files: &Files) -> Read<Vec<String>> {
    for profile in PROFILES {
        match files.read_text(profile, MOST) {
            Ok(text) => {
                let names = text.lines().filter_map(|line| line.trim().strip_prefix("system-db:"));
                return Ok(names.map(str::to_owned).collect());
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Vec::new())
}

fn files_in(files: &Files, folder: &str) -> Read<Vec<String>> {
    match files.list(folder) {
        Ok(names) => Ok(names.into_iter().map(|name| format!("{folder}/{name}")).collect()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    const PATH: &str = "org/gnome/desktop/screensaver";

    fn machine() -> Machine {
        Machine::empty()
            .with(PROFILES[0], "user-db:user\nsystem-db:local\n")
            .with("etc/dconf/db/local", "")
            .with("etc/dconf/db/local.d/00-lock", format!("[{PATH}]\nlock-enabled=true\n"))
            .with("etc/dconf/db/local.d/locks/00", format!("# x\n/{PATH}/lock-enabled\n"))
    }

    fn enforced(machine: &Machine) -> Option<String> {
        let found = Dconf::read(&machine.files()).unwrap();
        found.enforced(PATH, "lock-enabled").map(str::to_owned)
    }

    #[test]
    fn a_setting_holds_for_everybody_where_it_is_set_locked_compiled_and_looked_up() {
        assert_eq!(enforced(&machine()).as_deref(), Some("true"));
        for without in [
            "etc/dconf/db/local.d/locks/00",
            "etc/dconf/db/local.d/00-lock",
            "etc/dconf/db/local",
            PROFILES[0],
        ] {
            assert_eq!(enforced(&machine().without(without)), None, "{without}");
        }
        let below = machine().with("etc/dconf/db/local.d/locks/00", "/org/gnome/desktop/\n");
        assert_eq!(enforced(&below).as_deref(), Some("true"));
    }

    #[test]
    fn the_database_that_is_asked_first_holds() {
        let both = machine()
            .with(PROFILES[0], "user-db:user\nsystem-db:site\nsystem-db:local\n")
            .with("etc/dconf/db/site", "")
            .with("etc/dconf/db/site.d/x", format!("[{PATH}]\nlock-enabled=false\n"));
        assert_eq!(enforced(&both).as_deref(), Some("false"));
    }

    #[test]
    fn a_database_that_may_not_be_read_is_no_answer() {
        for path in [PROFILES[0], "etc/dconf/db/local.d", "etc/dconf/db/local.d/locks/00"] {
            assert!(Dconf::read(&machine().denied(path).files()).is_err(), "{path}");
        }
    }
}
