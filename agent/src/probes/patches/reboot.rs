//! Whether the machine must be restarted before its updates take effect.
//!
//! A flag says so where a hook leaves one. That it is not there proves nothing: plain Debian has no
//! such hook. So the running kernel is compared with the newest one installed in its flavour, and
//! where that cannot be done the answer is that nobody knows. Programs that still use an old
//! library are restarted one by one; they need no restart of the machine and are not looked at.

use std::cmp::Ordering;

use report::fact::Ignorance;
use report::{Fact, Reason, Value};

use super::dpkg::Installed;
use super::version::Version;
use crate::host::files::{Read, ReadError};
use crate::host::{Files, Host};
use crate::probes::findings::{unknown, yes_or_no};
use crate::probes::machine::container;

/// What hooks of Debian and Ubuntu leave, and what zypper leaves.
const FLAGS: [&str; 2] = ["run/reboot-required", "run/reboot-needed"];
const BOOT: &str = "boot";
const MODULES: &str = "lib/modules";
const BUILD: &str = "proc/sys/kernel/version";
const MAX_BUILD: usize = 4 * 1024;

/// What tells a finished update from one that waits for a restart, as each package manager has it.
pub(super) struct Signs<'a> {
    /// The order of the releases of kernels.
    pub(super) order: fn(&str, &str) -> Ordering,
    /// What needs no look at the kernels: the source that says so.
    pub(super) early: &'a dyn Fn() -> Option<&'static str>,
    /// Whether the running kernel, the newest of its release, was installed anew since.
    pub(super) renewed: &'a dyn Fn(&str) -> Fact<bool>,
}

/// The signs of Debian's kernels.
pub(super) fn pending_by_dpkg(host: &Host, packages: &Read<Installed>) -> (Fact, String) {
    let order = |left: &str, right: &str| Version::parse(left).cmp(&Version::parse(right));
    let renewed = |running: &str| same_release(host.files(), packages, running);
    pending(host, &Signs { order, early: &|| None, renewed: &renewed })
}

/// Whether a restart is pending, and what says so.
pub(super) fn pending(host: &Host, signs: &Signs<'_>) -> (Fact, String) {
    if let Some(answer) = without_kernels(host.files()) {
        return answer;
    }
    match (signs.early)() {
        Some(source) => (yes_or_no(true), source.to_owned()),
        None => by_kernel(host, signs),
    }
}

/// The same where the modules of a kernel are removed as soon as it is replaced: a running kernel
/// without modules is the old one.
pub(super) fn pending_by_modules(host: &Host) -> (Fact, String) {
    if let Some(answer) = without_kernels(host.files()) {
        return answer;
    }
    let not_known = |error: ReadError| Fact::Unknown(error.ignorance(Reason::NotSupported));
    let fact = match (host.system().kernel_release, host.files().list(MODULES)) {
        (Ok(_), Ok(modules)) if modules.is_empty() => {
            unknown(Reason::NotSupported, "no kernel was installed here")
        }
        (Ok(running), Ok(modules)) => yes_or_no(!modules.contains(&running)),
        (Err(error), _) | (Ok(_), Err(error)) => not_known(error),
    };
    (fact, MODULES.to_owned())
}

/// What needs no look at kernels.
fn without_kernels(files: &Files) -> Option<(Fact, String)> {
    match container::detect(files) {
        (Fact::Known(false), _) => {}
        (Fact::Known(true), source) => {
            let why = "a container runs its host's kernel";
            return Some((unknown(Reason::NotSupported, why), source.to_owned()));
        }
        (Fact::Unknown(why), source) => return Some((Fact::Unknown(why), source.to_owned())),
        (Fact::Absent, source) => return Some((Fact::Absent, source.to_owned())),
    }
    FLAGS.into_iter().find_map(|flag| match files.exists(flag) {
        Ok(true) => Some((yes_or_no(true), flag.to_owned())),
        Ok(false) => None,
        Err(error) => Some((error.fact(Fact::Absent), flag.to_owned())),
    })
}

fn by_kernel(host: &Host, signs: &Signs<'_>) -> (Fact, String) {
    let running = match host.system().kernel_release {
        Ok(release) => release,
        Err(error) => {
            let why = error.ignorance(Reason::NotSupported);
            return (Fact::Unknown(why), error.path);
        }
    };
    let (kernels, source) = match installed_kernels(host.files()) {
        Ok(found) => found,
        Err(why) => return (Fact::Unknown(why), BOOT.to_owned()),
    };
    let fact = match standing(&running, &kernels, signs.order) {
        Standing::Outdated => yes_or_no(true),
        Standing::Newest => (signs.renewed)(&running).map(Value::Bool),
        Standing::Foreign => {
            let why = format!("the running kernel {running} was not installed here");
            unknown(Reason::NotSupported, &why)
        }
    };
    (fact, source.to_owned())
}

/// The kernels on the disk by release: their images, or where there are none their modules.
fn installed_kernels(files: &Files) -> Result<(Vec<String>, &'static str), Ignorance> {
    let list = |path| match files.list(path) {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        answer => answer.map_err(|error| error.ignorance(Reason::NotSupported)),
    };
    let images: Vec<_> = list(BOOT)?
        .iter()
        .filter_map(|name| name.strip_prefix("vmlinuz-"))
        .map(str::to_owned)
        .collect();
    match images.is_empty() {
        true => Ok((list(MODULES)?, MODULES)),
        false => Ok((images, BOOT)),
    }
}

/// How the running kernel stands among the installed ones.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// A newer one of its flavour is installed.
    Outdated,
    /// It is the newest of its flavour.
    Newest,
    /// It is none of them and there is none newer: a hypervisor or a provider brought it.
    Foreign,
}

fn standing(running: &str, installed: &[String], order: fn(&str, &str) -> Ordering) -> Standing {
    let mut alike = installed.iter().filter(|release| flavour(release) == flavour(running));
    if alike.any(|release| order(release, running) == Ordering::Greater) {
        return Standing::Outdated;
    }
    match installed.iter().any(|release| release == running) {
        true => Standing::Newest,
        false => Standing::Foreign,
    }
}

/// What a kernel was built for: `cloud-amd64` of `6.1.0-37-cloud-amd64`. Kernels of different
/// flavours live side by side and do not replace one another.
fn flavour(release: &str) -> &str {
    let begins = release.match_indices('-').map(|(dash, _)| dash + 1).find(|start| {
        release[*start..].split('-').all(|part| !part.starts_with(|c: char| c.is_ascii_digit()))
    });
    begins.map_or("", |start| &release[start..])
}

/// Whether the same release was installed anew since it was started: Debian's kernels say which
/// package they were built from.
fn same_release(files: &Files, packages: &Read<Installed>, running: &str) -> Fact<bool> {
    let packages = match packages {
        Ok(packages) => packages,
        Err(error) => return Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    let build = match files.read_text(BUILD, MAX_BUILD) {
        Ok(build) => build,
        Err(error) => return Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    let package = format!("linux-image-{running}");
    match (Build::of(&build), packages.version(&package)) {
        (Build::Foreign, _) => Fact::Known(false),
        (Build::Debian(started), Some(installed)) => {
            Fact::Known(Version::parse(installed) > Version::parse(started))
        }
        (Build::Debian(_), None) => {
            unknown(Reason::NotSupported, &format!("{package} is not installed as a package"))
        }
        (Build::Unclear, _) => unknown(Reason::ParseError, BUILD),
    }
}

/// Who built a kernel, by its own account.
#[derive(Debug, PartialEq, Eq)]
enum Build<'a> {
    /// Debian, from this version of its package.
    Debian(&'a str),
    /// Somebody who gives every build a release of its own.
    Foreign,
    /// It does not say.
    Unclear,
}

impl<'a> Build<'a> {
    /// `6.1.140-1` of `#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)`.
    fn of(build: &'a str) -> Self {
        let mut words = build.split_whitespace().peekable();
        if words.peek().is_none() {
            return Self::Unclear;
        }
        match words.find(|word| *word == "Debian") {
            None => Self::Foreign,
            Some(_) => words.next().map_or(Self::Unclear, Self::Debian),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing_among(running: &str, installed: &[&str]) -> Standing {
        let installed: Vec<_> = installed.iter().map(|&release| release.to_owned()).collect();
        let order = |left: &str, right: &str| Version::parse(left).cmp(&Version::parse(right));
        standing(running, &installed, order)
    }

    #[test]
    fn a_newer_kernel_of_the_same_flavour_waits_for_a_restart() {
        let installed = ["6.1.0-9-amd64", "6.1.0-37-amd64", "6.12.9+bpo-cloud-amd64"];
        assert_eq!(standing_among("6.1.0-9-amd64", &installed), Standing::Outdated);
        assert_eq!(standing_among("6.1.0-37-amd64", &installed), Standing::Newest);
        // The running one was removed after the newer one came.
        assert_eq!(standing_among("6.1.0-8-amd64", &installed), Standing::Outdated);
    }

    #[test]
    fn a_kernel_that_was_not_installed_here_says_nothing() {
        let installed = ["6.1.0-37-amd64"];
        assert_eq!(standing_among("6.18.44-fc-v445", &installed), Standing::Foreign);
        assert_eq!(standing_among("6.1.0-38-amd64", &installed), Standing::Foreign);
        assert_eq!(standing_among("6.1.0-37-amd64", &[]), Standing::Foreign);
    }

    #[test]
    fn flavours_of_real_kernels() {
        for (release, expected) in [
            ("6.1.0-37-amd64", "amd64"),
            ("6.1.0-37-cloud-amd64", "cloud-amd64"),
            ("6.12.57+deb13-amd64", "amd64"),
            ("5.15.0-91-generic", "generic"),
            ("6.8.0-1021-aws", "aws"),
            ("5.10.0-8-686-pae", "pae"),
            ("6.6.30", ""),
        ] {
            assert_eq!(flavour(release), expected, "{release}");
        }
    }

    #[test]
    fn debian_kernels_name_their_package() {
        let build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)";
        assert_eq!(Build::of(build), Build::Debian("6.1.140-1"));
        assert_eq!(Build::of("#101-Ubuntu SMP PREEMPT_DYNAMIC"), Build::Foreign);
        assert_eq!(Build::of("#1 SMP PREEMPT_DYNAMIC Debian"), Build::Unclear);
        assert_eq!(Build::of("\n"), Build::Unclear);
    }
}
