//! Whether the machine must be restarted before its updates take effect.
//!
//! A flag says so where a hook leaves one. That it is not there proves nothing: plain Debian has no
//! such hook. So the running kernel is compared with the newest one installed in its flavour, and
//! where that cannot be done the answer is that nobody knows. Programs that still use an old
//! library are restarted one by one; they need no restart of the machine and are not looked at.

use report::fact::Ignorance;
use report::{Fact, Reason, Value};

use super::dpkg::Installed;
use super::version::Version;
use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::findings::{unknown, yes_or_no};
use crate::probes::machine::container;

const FLAG: &str = "run/reboot-required";
const BOOT: &str = "boot";
const MODULES: &str = "lib/modules";
const BUILD: &str = "proc/sys/kernel/version";
const MAX_BUILD: usize = 4 * 1024;

/// Whether a restart is pending, and what says so.
pub(super) fn pending(host: &Host, packages: &Read<Installed>) -> (Fact, String) {
    let files = host.files();
    match container::detect(files) {
        (Fact::Known(false), _) => {}
        (Fact::Known(true), source) => {
            let why = "a container runs its host's kernel";
            return (unknown(Reason::NotSupported, why), source.to_owned());
        }
        (Fact::Unknown(why), source) => return (Fact::Unknown(why), source.to_owned()),
        (Fact::Absent, source) => return (Fact::Absent, source.to_owned()),
    }
    match files.exists(FLAG) {
        Ok(true) => (yes_or_no(true), FLAG.to_owned()),
        Ok(false) => by_kernel(host, packages),
        Err(error) => (error.fact(Fact::Absent), FLAG.to_owned()),
    }
}

fn by_kernel(host: &Host, packages: &Read<Installed>) -> (Fact, String) {
    let files = host.files();
    let running = match host.system().kernel_release {
        Ok(release) => release,
        Err(error) => {
            let why = error.ignorance(Reason::NotSupported);
            return (Fact::Unknown(why), error.path);
        }
    };
    let (kernels, source) = match installed_kernels(files) {
        Ok(found) => found,
        Err(why) => return (Fact::Unknown(why), BOOT.to_owned()),
    };
    let fact = match standing(&running, &kernels) {
        Standing::Outdated => yes_or_no(true),
        Standing::Newest => same_release(files, packages, &running).map(Value::Bool),
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

fn standing(running: &str, installed: &[String]) -> Standing {
    let mut alike = installed.iter().filter(|release| flavour(release) == flavour(running));
    if alike.any(|release| Version::parse(release) > Version::parse(running)) {
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
        standing(running, &installed)
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
