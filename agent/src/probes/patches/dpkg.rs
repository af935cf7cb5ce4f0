//! What dpkg has installed.

use std::collections::BTreeMap;

use super::control::{Stanza, Stanzas};
use crate::host::Files;
use crate::host::files::Read;

pub(crate) const STATUS: &str = "var/lib/dpkg/status";

/// Installed packages by name, and by architecture where one name is installed for several.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Installed(BTreeMap<String, Vec<Package>>);

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) architecture: String,
    pub(crate) version: String,
}

impl Installed {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The version a package is installed in.
    pub(crate) fn version(&self, name: &str) -> Option<&str> {
        self.named(name).first().map(|package| package.version.as_str())
    }

    /// A package on every architecture it is installed for.
    pub(crate) fn named(&self, name: &str) -> &[Package] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Reads dpkg's own list.
pub(crate) fn installed(files: &Files) -> Read<Installed> {
    let mut stanzas = Stanzas::of(files.lines(STATUS)?);
    let mut installed = Installed::default();
    while let Some(stanza) = stanzas.next()? {
        if is_installed(stanza) {
            let package = Package {
                architecture: stanza.architecture.clone(),
                version: stanza.version.clone(),
            };
            let named = installed.0.entry(stanza.package.clone()).or_default();
            named.push(package);
        }
    }
    Ok(installed)
}

/// The status says what is wanted, whether it went wrong, and what is: only the last counts, since
/// a package that is held, or half configured, has its files on the disk like any other.
fn is_installed(stanza: &Stanza) -> bool {
    let state = stanza.status.split_whitespace().nth(2);
    let has_files = matches!(
        state,
        Some(
            "installed" | "unpacked" | "half-configured" | "triggers-awaited" | "triggers-pending"
        )
    );
    has_files && !stanza.version.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(status: &str) -> Stanza {
        Stanza {
            package: "liblzma5".to_owned(),
            version: "5.4.1-1".to_owned(),
            status: status.to_owned(),
            ..Stanza::default()
        }
    }

    #[test]
    fn whatever_has_its_files_on_the_disk_is_installed() {
        for status in [
            "install ok installed",
            "hold ok installed",
            "deinstall ok installed",
            "install ok half-configured",
            "install reinstreq unpacked",
            "install ok triggers-awaited",
        ] {
            assert!(is_installed(&stanza(status)), "{status}");
        }
        for status in [
            "deinstall ok config-files",
            "purge ok not-installed",
            "install reinstreq half-installed",
            "installed",
            "",
        ] {
            assert!(!is_installed(&stanza(status)), "{status}");
        }
    }
}
