//! What rpm has installed. It keeps that in a database of a kind that changes with its version, so
//! rpm itself is asked: it only reads, and the network has no part in it.

use std::collections::BTreeMap;
use std::time::Duration;

use report::Timestamp;

use super::super::version::rpm::Evr;
use crate::host::Programs;
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::programs::Ask;

const RPM: &str = "/usr/bin/rpm";

/// What is asked, as it is named where it is said that something came from there.
pub(super) const SOURCE: &str = "/usr/bin/rpm -qa";

/// No part of it can contain the separator.
const FORMAT: &str = "%{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\\n";

const LIMIT: Duration = Duration::from_secs(60);

/// Some ten times what a machine with every desktop has.
const MOST: usize = 8 << 20;

/// What is built for every architecture.
const ALL: &str = "noarch";

/// Keys to check signatures with are kept as if they were packages.
const KEYS: &str = "gpg-pubkey";

/// Installed packages by name.
#[derive(Debug, Default)]
pub(super) struct Installed(BTreeMap<String, Vec<Package>>);

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) architecture: String,
    pub(super) at: Timestamp,
    epoch: String,
    version: String,
    release: String,
}

impl Package {
    pub(super) fn evr(&self) -> Evr<'_> {
        Evr { epoch: &self.epoch, version: &self.version, release: &self.release }
    }

    /// Whether it was built for a stream of a module.
    pub(super) fn is_of_module(&self) -> bool {
        is_of_module(&self.release)
    }

    /// Its names as locks and excludes write them, the longest first.
    pub(super) fn spellings(&self, name: &str) -> [String; 4] {
        let Self { epoch, version, release, architecture, .. } = self;
        [
            format!("{name}-{epoch}:{version}-{release}.{architecture}"),
            format!("{name}-{version}-{release}.{architecture}"),
            format!("{name}.{architecture}"),
            name.to_owned(),
        ]
    }
}

/// Whether a release is one of a package in a module.
pub(super) fn is_of_module(release: &str) -> bool {
    release.contains(".module")
}

impl Installed {
    /// Asks rpm.
    ///
    /// # Errors
    /// When it does not answer, or not with a list of packages.
    pub(super) fn ask(programs: &Programs) -> Read<Self> {
        let arguments = ["-qa", "--qf", FORMAT];
        let said =
            programs.run(&Ask { path: RPM, arguments: &arguments, limit: LIMIT, most: MOST })?;
        let failed = |why: String| ReadError::new(SOURCE, ReadErrorKind::Other(why));
        match said.code {
            Some(0) => Self::parse(&said.output),
            Some(code) => Err(failed(format!("rpm ended with code {code}"))),
            None => Err(failed("rpm was ended".to_owned())),
        }
    }

    fn parse(output: &[u8]) -> Read<Self> {
        let damaged = |why: &str| ReadError::new(SOURCE, ReadErrorKind::Damaged(why.to_owned()));
        let text = std::str::from_utf8(output).map_err(|_| damaged("it is no text"))?;
        let mut installed = Self::default();
        for line in text.split_inclusive('\n') {
            let line = line.strip_suffix('\n').ok_or_else(|| damaged("it was cut off"))?;
            let (name, package) = package(line).ok_or_else(|| damaged("a line of another form"))?;
            if name != KEYS {
                installed.0.entry(name.to_owned()).or_default().push(package);
            }
        }
        match installed.0.is_empty() {
            true => Err(damaged("it names no package")),
            false => Ok(installed),
        }
    }

    /// The newest installed package of a name for an architecture, with its name as it is kept
    /// here: of kernels several stay.
    pub(super) fn newest(&self, name: &str, architecture: &str) -> Option<(&str, &Package)> {
        self.newest_where(name, |mine| mine == architecture)
    }

    /// The same where a package may have moved from one architecture to all of them, or back.
    pub(super) fn newest_like(&self, name: &str, architecture: &str) -> Option<(&str, &Package)> {
        let like: &[&str] = match architecture {
            ALL => &[ALL, self.native()],
            own if own == self.native() => &[ALL, self.native()],
            other => &[other],
        };
        self.newest_where(name, |mine| like.contains(&mine))
    }

    fn newest_where(
        &self,
        name: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Option<(&str, &Package)> {
        let (name, named) = self.0.get_key_value(name)?;
        let wanted = named.iter().filter(|package| is_wanted(&package.architecture));
        let newest = wanted.max_by(|one, other| one.evr().cmp(&other.evr()));
        newest.map(|package| (name.as_str(), package))
    }

    /// The architecture of the machine, which is that of rpm's own package.
    fn native(&self) -> &str {
        let own = self.0.get("rpm").and_then(|named| named.first());
        own.map_or("", |package| package.architecture.as_str())
    }

    /// When a package was last installed or upgraded.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.all().map(|(_, package)| package.at).max()
    }

    /// Every package with its name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.0
            .iter()
            .flat_map(|(name, named)| named.iter().map(move |package| (name.as_str(), package)))
    }

    /// Whether an upgrade was left unfinished: then the old package is still there beside the new
    /// one. Of kernels and what is built for them several stay by design.
    pub(super) fn is_unfinished(&self) -> bool {
        let stays = |name: &str| name.contains("kernel") || name.starts_with("kmod-");
        self.0.iter().filter(|(name, _)| !stays(name)).any(|(_, named)| {
            named.iter().enumerate().any(|(at, one)| {
                named.iter().skip(at + 1).any(|other| one.architecture == other.architecture)
            })
        })
    }
}

fn package(line: &str) -> Option<(&str, Package)> {
    let mut parts = line.split('|');
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut part = || parts.next().map(str::to_owned);
    let (epoch, version, release) = (part()?, part()?, part()?);
    let architecture = part()?;
    let at = Timestamp(part()?.parse().ok()?);
    part().is_none().then_some((name, Package { architecture, at, epoch, version, release }))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn parsed(text: &str) -> Installed {
        Installed::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_rpm_says_is_read_by_its_parts() {
        let installed = parsed(
            "bash|0|5.1.8|9.el9|x86_64|1718000000\ngpg-pubkey|0|1|2|(none)|1\n\
             kernel-core|0|5.14.0|427.el9|x86_64|1\nkernel-core|0|5.14.0|503.el9|x86_64|2\n",
        );
        assert_eq!(installed.newest("kernel-core", "x86_64").unwrap().1.release, "503.el9");
        assert!(installed.newest("bash", "i686").is_none());
        assert!(installed.newest_like("bash", "noarch").is_none());
        assert_eq!(installed.all().count(), 3);
    }

    #[test]
    fn a_package_may_move_between_its_architecture_and_all() {
        let installed = parsed("rpm|0|4|1|x86_64|1\na|0|1|1|noarch|1\nb|0|1|1|i686|1\n");
        for architecture in ["noarch", "x86_64"] {
            assert!(installed.newest_like("a", architecture).is_some());
            assert!(installed.newest_like("b", architecture).is_none());
        }
        assert!(installed.newest_like("a", "i686").is_none());
        assert!(installed.newest_like("a", "src").is_none());
    }

    #[test]
    fn an_answer_that_was_cut_off_or_names_nothing_is_no_list() {
        for text in [
            "",
            "bash|0|5.1.8|9.el9|x86_64|1718000000",
            "bash|0|5.1.8|9.el9|x86_64\n",
            "bash|0|5.1.8|9.el9|x86_64|soon\n",
            "error: rpmdb: damaged header\n",
            "gpg-pubkey|0|1|2|(none)|1\n",
        ] {
            let error = Installed::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error.kind, ReadErrorKind::Damaged(_)), "{text}: {error}");
        }
    }

    #[test]
    fn an_upgrade_that_was_interrupted_leaves_both_packages() {
        let bash = "bash|0|5.1.8|9.el9|x86_64|1\n";
        let newer = "bash|0|5.1.8|10.el9|x86_64|2\n";
        assert!(!parsed(bash).is_unfinished());
        assert!(parsed(&format!("{bash}{newer}")).is_unfinished());
        let other = newer.replace("x86_64", "i686");
        assert!(!parsed(&format!("{bash}{other}")).is_unfinished());
        let kernels = "kernel-core|0|5|1|x86_64|1\nkernel-core|0|5|2|x86_64|2\n";
        assert!(!parsed(kernels).is_unfinished());
    }
}
