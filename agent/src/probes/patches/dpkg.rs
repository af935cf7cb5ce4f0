//! What dpkg has installed, and whether it came to the end of its work.

use std::collections::BTreeMap;
use std::io;

use super::control::{Stanza, Stanzas};
use super::measured::Measured;
use crate::host::Files;
use crate::host::files::{Lines, Read, ReadError, ReadErrorKind};

pub(crate) const STATUS: &str = "var/lib/dpkg/status";

/// The architectures dpkg installs for, its own first.
const ARCHITECTURES: &str = "var/lib/dpkg/arch";

/// Some fifteen times what a machine with every desktop has.
const MAX_BYTES: u64 = 64 << 20;
const MAX_PACKAGES: usize = 65_536;

/// Where dpkg notes each step of a run, before it takes them into its list at the end.
pub(super) const JOURNAL: &str = "var/lib/dpkg/updates";

/// Installed packages by name, and by architecture where one name is installed for several.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Installed {
    packages: BTreeMap<String, Vec<Package>>,
    native: String,
    /// How many packages dpkg began with and did not finish.
    unfinished: u64,
}

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) architecture: String,
    pub(crate) version: String,
    /// Whether the administrator wants it to stay as it is.
    pub(crate) is_held: bool,
}

impl Installed {
    pub(crate) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// The version a package is installed in.
    pub(crate) fn version(&self, name: &str) -> Option<&str> {
        self.named(name).first().map(|package| package.version.as_str())
    }

    /// A package on every architecture it is installed for.
    pub(crate) fn named(&self, name: &str) -> &[Package] {
        self.packages.get(name).map_or(&[], Vec::as_slice)
    }

    /// The same with the name as it is kept here.
    pub(super) fn all_named(&self, name: &str) -> Option<(&str, &[Package])> {
        let (name, named) = self.packages.get_key_value(name)?;
        Some((name, named))
    }

    /// Every package with its name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.packages
            .iter()
            .flat_map(|(name, named)| named.iter().map(move |package| (name.as_str(), package)))
    }

    /// The architecture of the machine, which is dpkg's own.
    pub(super) fn native(&self) -> &str {
        &self.native
    }

    /// The architecture a package competes under: what is for `all` is the machine's own, and
    /// packages move from one to the other.
    pub(super) fn family<'a>(&'a self, architecture: &'a str) -> &'a str {
        if architecture == "all" { &self.native } else { architecture }
    }

    /// How many packages the administrator keeps as they are.
    pub(super) fn held(&self) -> u64 {
        how_many(self.all().filter(|(_, package)| package.is_held))
    }

    pub(super) fn unfinished(&self) -> u64 {
        self.unfinished
    }

    fn note(&mut self, stanza: &Stanza) {
        self.unfinished += u64::from(is_unfinished(stanza));
        if !is_installed(stanza) {
            return;
        }
        let package = Package {
            architecture: stanza.architecture.clone(),
            version: stanza.version.clone(),
            is_held: stanza.status.split_whitespace().next() == Some("hold"),
        };
        if self.native.is_empty() && package.architecture != "all" || stanza.package == "dpkg" {
            self.native.clone_from(&package.architecture);
        }
        self.packages.entry(stanza.package.clone()).or_default().push(package);
    }
}

/// Reads dpkg's own list, which must be whole: a package that is missing from it would wait for
/// nothing.
pub(crate) fn installed(files: &Files) -> Read<Installed> {
    let mut installed = read(files.open(STATUS)?)?;
    if let Some(native) = native(files)? {
        installed.native = native;
    }
    Ok(installed)
}

/// Reads what lies at [`STATUS`].
pub(super) fn read(status: impl io::Read) -> Read<Installed> {
    let too_large = || ReadError::new(STATUS, ReadErrorKind::TooLarge);
    let mut status = Measured::of(status.take(MAX_BYTES + 1));
    let mut stanzas = Stanzas::of(Lines::of(&mut status, STATUS));
    let mut installed = Installed::default();
    let mut packages = 0;
    while let Some(stanza) = stanzas.next()? {
        packages += 1;
        if packages > MAX_PACKAGES {
            return Err(too_large());
        }
        installed.note(stanza);
    }
    if status.length() > MAX_BYTES {
        return Err(too_large());
    }
    if status.is_cut() {
        let why = "it ends in the middle of a line, so it was cut off".to_owned();
        return Err(ReadError::new(STATUS, ReadErrorKind::Damaged(why)));
    }
    Ok(installed)
}

/// Where dpkg has installed for one architecture only, it need not have written down which.
fn native(files: &Files) -> Read<Option<String>> {
    match files.read_text(ARCHITECTURES, 4096) {
        Ok(text) => Ok(text
            .lines()
            .next()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether dpkg was interrupted: its journal then holds steps, in files named by number, that are
/// not yet in its list.
pub(super) fn was_interrupted(files: &Files) -> Read<bool> {
    let is_step = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    match files.list(JOURNAL) {
        Ok(names) => Ok(names.iter().any(is_step)),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// How many there are, in the width of a fact.
pub(super) fn how_many(things: impl Iterator) -> u64 {
    u64::try_from(things.count()).unwrap_or(u64::MAX)
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

/// Triggers are left waiting by design; the other states between are left by what went wrong.
fn is_unfinished(stanza: &Stanza) -> bool {
    let mut words = stanza.status.split_whitespace().skip(1);
    words.next() == Some("reinstreq")
        || matches!(words.next(), Some("half-installed" | "unpacked" | "half-configured"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

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

    #[test]
    fn what_went_wrong_is_unfinished_and_what_waits_for_triggers_is_not() {
        for status in [
            "install ok half-configured",
            "install ok unpacked",
            "install ok half-installed",
            "install reinstreq installed",
        ] {
            assert!(is_unfinished(&stanza(status)), "{status}");
        }
        for status in [
            "install ok installed",
            "hold ok installed",
            "install ok triggers-awaited",
            "install ok triggers-pending",
            "deinstall ok config-files",
            "",
        ] {
            assert!(!is_unfinished(&stanza(status)), "{status}");
        }
    }

    fn look(machine: &Machine) -> Read<Installed> {
        installed(&machine.files())
    }

    #[test]
    fn a_list_that_was_cut_off_is_damaged() {
        let text = "Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\n\
            Status: install ok installed\nVersion: 2";
        let error = look(&Machine::empty().with(STATUS, text)).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Damaged(_)), "{error}");
        let whole = look(&Machine::empty().with(STATUS, format!("{text}\n"))).unwrap();
        assert_eq!(whole.version("b"), Some("2"));
    }

    #[test]
    fn a_list_beyond_every_machines_is_not_read_to_its_end() {
        let stanza = "Package: a\nStatus: install ok installed\nVersion: 1\n\n";
        let most = Machine::empty().with(STATUS, stanza.repeat(MAX_PACKAGES));
        assert!(look(&most).is_ok());
        let one_more = most.with(STATUS, stanza.repeat(MAX_PACKAGES + 1));
        assert_eq!(look(&one_more).unwrap_err().kind, ReadErrorKind::TooLarge);
        let machine = Machine::empty().with(STATUS, stanza);
        let file = std::fs::OpenOptions::new().write(true).open(machine.place(STATUS)).unwrap();
        file.set_len(MAX_BYTES + 1).unwrap();
        assert_eq!(look(&machine).unwrap_err().kind, ReadErrorKind::TooLarge);
    }

    #[test]
    fn the_machines_own_architecture_is_dpkgs_first() {
        let status =
            "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n";
        let machine = Machine::empty().with(STATUS, status);
        assert_eq!(look(&machine).unwrap().native(), "amd64");
        let machine = machine.with(ARCHITECTURES, "arm64\namd64\n");
        assert_eq!(look(&machine).unwrap().native(), "arm64");
        assert_eq!(look(&machine.with(ARCHITECTURES, "")).unwrap().native(), "amd64");
    }

    #[test]
    fn the_machines_own_architecture_is_dpkgs() {
        let mut installed = Installed::default();
        for (package, architecture) in [("adduser", "all"), ("wine", "i386"), ("dpkg", "amd64")] {
            installed.note(&Stanza {
                package: package.to_owned(),
                architecture: architecture.to_owned(),
                ..stanza("install ok installed")
            });
        }
        assert_eq!(installed.native(), "amd64");
        assert_eq!(installed.family("all"), "amd64");
        assert_eq!(installed.family("i386"), "i386");
    }
}
