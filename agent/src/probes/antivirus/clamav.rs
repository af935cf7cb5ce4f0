//! ClamAV: a scanner that scans on demand, and on access with a second program beside it.

mod configuration;
mod database;

use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Record, Timestamp, Value};

use super::read::Doors;
use crate::host::Files;
use crate::host::files::Read;
use crate::host::processes::{Process, Processes};
use crate::probes::findings::{Product, choice, text, unknown, word, yes_or_no};
use crate::probes::patches::dpkg;
use crate::probes::patches::version::Version;
use configuration::Configuration;

const SCANNERS: [&str; 4] =
    ["usr/sbin/clamd", "usr/bin/clamscan", "usr/local/sbin/clamd", "usr/local/bin/clamscan"];
/// Packages that carry the engine's version, the daemon first.
const PACKAGES: [&str; 2] = ["clamav-daemon", "clamav"];
const PROCESSES: &str = "proc";

/// Users that people log in as begin here; system services run below.
const FIRST_PERSON: u32 = 1000;

/// Which build of the definitions a database is, and when it was built.
pub(super) fn build(beginning: &[u8]) -> Result<(u32, Timestamp), &'static str> {
    database::parse(beginning).map(|header| (header.version, header.built_at))
}

/// ClamAV, if it is here. Absent only when every place it could be in was looked at.
pub(super) fn look(doors: &Doors<'_>) -> Fact<Record> {
    let daemons = Daemons::among(doors.processes());
    match presence(doors, &daemons) {
        Fact::Known(trace) => Fact::Known(describe(doors, &daemons, &trace)),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why),
    }
}

/// The two programs that make a machine protected. Anybody may start a program of any name, so
/// only those count that a person could not have started.
struct Daemons<'a> {
    clamd: Fact<&'a Process>,
    clamonacc: Fact<&'a Process>,
}

impl<'a> Daemons<'a> {
    fn among(processes: &'a Processes) -> Self {
        Self {
            clamd: processes.find(|it| it.name == "clamd" && it.uid < FIRST_PERSON),
            // Watching what everybody opens takes root.
            clamonacc: processes.find(|it| it.name == "clamonacc" && it.uid == 0),
        }
    }
}

/// What shows that the product is here.
fn presence(doors: &Doors<'_>, daemons: &Daemons<'_>) -> Fact<String> {
    let mut obstacle = None;
    for scanner in SCANNERS {
        match doors.files().exists(scanner) {
            Ok(true) => return Fact::Known(scanner.to_owned()),
            Ok(false) => {}
            Err(error) => obstacle = Some(error.ignorance(Reason::NotSupported)),
        }
    }
    match doors.packages() {
        Ok(packages) if PACKAGES.iter().any(|name| packages.version(name).is_some()) => {
            return Fact::Known(dpkg::STATUS.to_owned());
        }
        Ok(_) => {}
        // A system without dpkg has none of its packages.
        Err(error) if error.is_not_found() => {}
        Err(error) => obstacle = Some(error.ignorance(Reason::NotSupported)),
    }
    match (&daemons.clamd, obstacle) {
        (Fact::Known(clamd), _) => Fact::Known(format!("{PROCESSES}/{}", clamd.pid)),
        (Fact::Unknown(why), None) => Fact::Unknown(why.clone()),
        (Fact::Absent, None) => Fact::Absent,
        (Fact::Absent | Fact::Unknown(_), Some(why)) => Fact::Unknown(why),
    }
}

fn describe(doors: &Doors<'_>, daemons: &Daemons<'_>, trace: &str) -> Record {
    let files = doors.files();
    let mut product = Product::default();
    product.add("product", word("clamav"), trace);
    product.add("vendor", word("Cisco Talos"), trace);
    product.add("present", yes_or_no(true), trace);
    product.add("version", engine_version(doors.packages()), dpkg::STATUS);
    product.add("state", state(&daemons.clamd), PROCESSES);
    let (realtime, source) = realtime(files, daemons);
    product.add("realtime", realtime, &source);
    product.add("passive", yes_or_no(false), "");
    definitions(files, daemons, &mut product);
    // It is free software: there is nothing to buy and nothing that runs out.
    product.add("licence_status", choice("free"), "");
    product.add("licence_until", Fact::Absent, "");
    product.add("licence_evidence", choice("vendor"), "");
    product.add("registered", Fact::unknown(Reason::NotSupported), "");
    product.add("definitions_current", Fact::unknown(Reason::ProductOpaque), "");
    product.add("supported_until", Fact::unknown(Reason::ProductOpaque), "");
    product.into_record()
}

fn engine_version(packages: &Read<dpkg::Installed>) -> Fact {
    match packages {
        Ok(packages) => PACKAGES.iter().find_map(|name| packages.version(name)).map_or_else(
            || unknown(Reason::NotSupported, "not installed as a package"),
            |version| text(upstream(version)),
        ),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

/// The maker's part of a package's version: `1.4.6` of `1:1.4.6+dfsg-0+deb12u1`.
fn upstream(version: &str) -> &str {
    let upstream = Version::parse(version).upstream();
    upstream.split('+').next().unwrap_or(upstream)
}

fn state(clamd: &Fact<&Process>) -> Fact {
    match clamd {
        Fact::Known(_) => choice("on"),
        Fact::Absent => choice("off"),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
}

/// On-access protection is `clamonacc` asking a running `clamd`, told to block and where to watch.
fn realtime(files: &Files, daemons: &Daemons<'_>) -> (Fact, String) {
    let (watcher, unseen) = match (&daemons.clamonacc, &daemons.clamd) {
        (Fact::Absent, _) | (_, Fact::Absent) => (None, None),
        (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => (None, Some(why.clone())),
        (Fact::Known(watcher), Fact::Known(_)) => (Some(watcher), None),
    };
    if let Some(why) = unseen {
        return (Fact::Unknown(why), PROCESSES.to_owned());
    }
    let Some(watcher) = watcher else {
        return (yes_or_no(false), PROCESSES.to_owned());
    };
    match Configuration::of(files, Some(watcher)) {
        Ok(configuration) => (yes_or_no(configuration.blocks_on_access()), configuration.source),
        Err(why) => (Fact::Unknown(why), PROCESSES.to_owned()),
    }
}

fn definitions(files: &Files, daemons: &Daemons<'_>, product: &mut Product) {
    let folder = database_folder(files, daemons.clamd.known().copied());
    let header = folder.map(|folder| database::newest(files, &folder));
    let (header, source) = match header {
        Ok(newest) => newest,
        Err(why) => (Fact::Unknown(why), String::new()),
    };
    let version = header.as_ref().map(|header| header.version.to_string());
    let version = match version {
        Fact::Known(version) => text(&version),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why),
    };
    let built = header.map(|header| Value::Moment(Moment::source(header.built_at)));
    product.add("definitions_version", version, &source);
    product.add("definitions_at", built, &source);
}

/// Where the scanner takes its definitions from, else where the updater puts them.
fn database_folder(files: &Files, clamd: Option<&Process>) -> Result<String, Ignorance> {
    let scanner = Configuration::of(files, clamd)?;
    let folder = match scanner.is_written {
        true => scanner.database_folder().map(str::to_owned),
        false => Configuration::of_updater(files)?.database_folder().map(str::to_owned),
    };
    Ok(folder.unwrap_or_else(|| database::DEFAULT_FOLDER.to_owned()))
}

#[cfg(test)]
mod tests;
