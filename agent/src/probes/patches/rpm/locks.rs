//! What the administrator keeps at its version: locks and excludes.

use super::Manager;
use super::installed::{Installed, Package};
use crate::host::Files;
use crate::host::files::Read;
use crate::probes::glob;

/// Locks take some kilobytes.
const MOST: usize = 1 << 20;

/// Patterns of packages that stay as they are.
#[derive(Debug, Default)]
pub(super) struct Locks(Vec<String>);

impl Locks {
    /// Locks of these patterns.
    pub(super) fn of(patterns: &[String]) -> Self {
        Self(patterns.to_vec())
    }

    /// Reads what the package manager keeps of locks, to which `excludes` are added.
    pub(super) fn read(files: &Files, manager: Manager, excludes: &[String]) -> Read<Self> {
        let mut locks = Self::of(excludes);
        let text = match files.read_text(manager.locks(), MOST) {
            Err(error) if error.is_not_found() => return Ok(locks),
            text => text?,
        };
        locks.0.extend(text.lines().filter_map(|line| pattern(line, manager)));
        Ok(locks)
    }

    /// Whether a package stays as it is.
    pub(super) fn keep(&self, name: &str, package: &Package) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let spellings = package.spellings(name);
        let fits = |pattern: &String| spellings.iter().any(|one| glob::fits(pattern, one));
        self.0.iter().any(fits)
    }

    /// How many installed packages stay as they are.
    pub(super) fn held(&self, installed: &Installed) -> u64 {
        let kept = installed.all().filter(|(name, package)| self.keep(name, package));
        super::super::dpkg::how_many(kept)
    }
}

/// The pattern of a line; of a lock that forbids one version, and keeps none, there is none.
fn pattern(line: &str, manager: Manager) -> Option<String> {
    let line = line.trim();
    let pattern = match manager {
        Manager::Zypper => line.strip_prefix("solvable_name:")?,
        Manager::Dnf5 => line.strip_prefix("name")?.trim_start().strip_prefix('=')?,
        Manager::Dnf | Manager::Yum => Some(line).filter(|line| !line.starts_with(['#', '!']))?,
    };
    let pattern = pattern.trim().trim_matches(['"', '\'']);
    (!pattern.is_empty()).then(|| pattern.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::installed::tests::parsed;
    use super::*;
    use crate::host::recorded::Machine;

    #[test]
    fn each_package_manager_has_locks_of_its_own() {
        let installed = parsed(
            "bash|0|5.1.8|6.el9|x86_64|1\nkernel|0|5.14.0|1.el9|x86_64|1\nvim|2|9|1|x86_64|1\n",
        );
        for (manager, path, text) in [
            (Manager::Dnf, "etc/dnf/plugins/versionlock.list", "# x\nbash-0:5.1.8-6.el9.*\n!vim\n"),
            (Manager::Dnf5, "etc/dnf/versionlock.toml", "[[packages]]\nname = \"bash\"\n"),
            (Manager::Zypper, "etc/zypp/locks", "type: package\nsolvable_name: bash\n"),
        ] {
            let machine = Machine::empty().with(path, text);
            let excludes = ["kernel*".to_owned()];
            let locks = Locks::read(&machine.files(), manager, &excludes).unwrap();
            assert_eq!(locks.held(&installed), 2, "{path}");
        }
    }
}
