//! When packages were last installed or upgraded, as apt and dpkg wrote it down.

use std::io;

use flate2::read::MultiGzDecoder;
use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Timestamp};

use super::zone::Zone;
use crate::host::Files;
use crate::host::files::{Lines, Read};
use crate::probes::findings::moment;

const FOLDER: &str = "var/log/apt";
const APT: &str = "history.log";
const DPKG: &str = "var/log/dpkg.log";
const ZONE: &str = "etc/localtime";

/// Time zones take some kilobytes.
const MAX_ZONE: usize = 64 * 1024;

/// The last time packages were installed or upgraded, and the file that says so.
pub(super) fn installed_at(files: &Files) -> (Fact, String) {
    match last(files) {
        Ok(Some((local, path))) => (in_zone(files, local), path),
        Ok(None) => (Fact::Absent, format!("{FOLDER}/{APT}")),
        Err(error) => (error.fact(Fact::Absent), format!("{FOLDER}/{APT}")),
    }
}

/// The newest entry, by the machine's local clock. Logs are put aside by the month, the newest
/// bearing no number or the lowest.
fn last(files: &Files) -> Read<Option<(Timestamp, String)>> {
    for name in logs(files)? {
        let path = format!("{FOLDER}/{name}");
        let found = match name.ends_with(".gz") {
            true => last_of_apt(Lines::of(MultiGzDecoder::new(files.open(&path)?), &path))?,
            false => last_of_apt(files.lines(&path)?)?,
        };
        if let Some(at) = found {
            return Ok(Some((at, path)));
        }
    }
    match files.lines(DPKG) {
        Ok(lines) => Ok(last_of_dpkg(lines)?.map(|at| (at, DPKG.to_owned()))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// apt's logs, the newest first.
fn logs(files: &Files) -> Read<Vec<String>> {
    let names = match files.list(FOLDER) {
        Ok(names) => names,
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(error),
    };
    let age = |name: &str| {
        let rest = name.strip_prefix(APT)?;
        match rest.strip_suffix(".gz").unwrap_or(rest).strip_prefix('.') {
            None => rest.is_empty().then_some(0),
            Some(number) => number.parse::<u32>().ok(),
        }
    };
    let mut logs: Vec<_> = names.into_iter().filter_map(|name| Some((age(&name)?, name))).collect();
    logs.sort();
    Ok(logs.into_iter().map(|(_, name)| name).collect())
}

/// The end of the last run that installed or upgraded something and came to an end without error.
fn last_of_apt<R: io::Read>(mut lines: Lines<R>) -> Read<Option<Timestamp>> {
    let mut last = None;
    let mut run = Run::default();
    while let Some(line) = lines.next()? {
        if line.is_empty() {
            last = std::mem::take(&mut run).success().or(last);
        } else {
            run.note(line);
        }
    }
    Ok(run.success().or(last))
}

/// One run of apt.
#[derive(Default)]
struct Run {
    ended: Option<Timestamp>,
    has_installed: bool,
    has_failed: bool,
}

impl Run {
    fn note(&mut self, line: &[u8]) {
        if let Some(at) = line.strip_prefix(b"End-Date:") {
            self.ended = local_time(at);
        }
        self.has_failed |= line.starts_with(b"Error:");
        self.has_installed |=
            [&b"Install:"[..], b"Upgrade:"].into_iter().any(|kind| line.starts_with(kind));
    }

    fn success(self) -> Option<Timestamp> {
        self.ended.filter(|_| self.has_installed && !self.has_failed)
    }
}

/// The last package that dpkg brought to its end: `2026-11-22 04:30:12 status installed …`.
fn last_of_dpkg<R: io::Read>(mut lines: Lines<R>) -> Read<Option<Timestamp>> {
    let mut last = None;
    while let Some(line) = lines.next()? {
        if let Some((at, rest)) = line.split_at_checked(19)
            && rest.starts_with(b" status installed ")
        {
            last = local_time(at).or(last);
        }
    }
    Ok(last)
}

/// `2026-11-22  04:30:12`, as if the clock showed Greenwich's time.
fn local_time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_whitespace();
    let [year, month, day] = three(words.next()?, '-')?;
    let [hour, minute, second] = three(words.next()?, ':')?;
    let year = i32::try_from(year).ok()?;
    Timestamp::from_civil((year.into(), month, day), (hour, minute, second))
}

fn three(text: &str, separator: char) -> Option<[u32; 3]> {
    let parts: Vec<u32> =
        text.split(separator).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

fn in_zone(files: &Files, local: Timestamp) -> Fact {
    let zone = match files.read(ZONE, MAX_ZONE) {
        Ok(bytes) => Zone::parse(&bytes),
        Err(error) if error.is_not_found() => Some(Zone::utc()),
        Err(error) => return error.fact(Fact::Absent),
    };
    match zone.and_then(|zone| zone.moment(local)) {
        Some(at) => moment(Moment::machine(at)),
        None => {
            let why = "the log is in local time, and the zone's rules cannot be read";
            Fact::Unknown(Ignorance::new(Reason::NotSupported, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::recorded::{Machine, reason};

    const UPGRADE: &str = "\nStart-Date: 2026-11-20  07:00:01\nCommandline: apt-get -y dist-upgrade\n\
        Upgrade: libssl3:amd64 (3.0.19-1~deb12u2, 3.0.22-1~deb12u2)\nEnd-Date: 2026-11-20  07:00:12\n";
    const REMOVAL: &str = "\nStart-Date: 2026-11-21  08:00:00\nRemove: nano:amd64 (7.2-1)\n\
        End-Date: 2026-11-21  08:00:01\n";
    const FAILURE: &str = "\nStart-Date: 2026-11-22  09:00:00\nInstall: nano:amd64 (7.2-1)\n\
        Error: Sub-process /usr/bin/dpkg returned an error code (1)\nEnd-Date: 2026-11-22  09:00:01\n";

    fn log(number: &str) -> String {
        format!("{FOLDER}/{APT}{number}")
    }

    fn at(day: u32, hour: u32, second: u32) -> Fact {
        let at = Timestamp::from_civil((2026, 11, day), (hour, 0, second)).unwrap();
        moment(Moment::machine(at))
    }

    fn found(machine: &Machine) -> (Fact, String) {
        installed_at(&machine.files())
    }

    #[test]
    fn the_last_run_that_installed_something_and_did_not_fail() {
        let machine = Machine::empty().with(&log(""), [UPGRADE, REMOVAL, FAILURE].concat());
        assert_eq!(found(&machine), (at(20, 7, 12), log("")));
    }

    #[test]
    fn a_run_that_has_not_ended_has_installed_nothing_yet() {
        let running = UPGRADE.replace("2026-11-20", "2026-11-22").replace("End-Date", "Ended");
        let machine = Machine::empty().with(&log(""), [UPGRADE, &running].concat());
        assert_eq!(found(&machine), (at(20, 7, 12), log("")));
    }

    #[test]
    fn logs_put_aside_are_read_the_newest_first() {
        let machine = Machine::empty()
            .with(&log(""), "")
            .with(&log(".1.gz"), gzip(REMOVAL))
            .with(&log(".2.gz"), gzip(UPGRADE))
            .with(&log(".10.gz"), gzip(&UPGRADE.replace("2026-11", "2026-01")));
        assert_eq!(found(&machine), (at(20, 7, 12), log(".2.gz")));
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn dpkgs_own_log_stands_in() {
        let text = "2026-11-19 05:00:07 status installed nano:amd64 7.2-1\n\
            2026-11-19 05:00:08 startup packages configure\n";
        let machine = Machine::empty().with(DPKG, text);
        assert_eq!(found(&machine), (at(19, 5, 7), DPKG.to_owned()));
    }

    #[test]
    fn without_a_log_nothing_was_ever_installed_and_a_log_kept_from_us_is_unknown() {
        assert_eq!(found(&Machine::empty()).0, Fact::Absent);
        let machine = Machine::empty().with(&log(""), UPGRADE).denied(&log(""));
        assert_eq!(reason(&found(&machine).0), Some(Reason::AccessDenied));
    }

    #[test]
    fn a_zone_that_cannot_be_read_leaves_the_moment_unknown() {
        let machine = Machine::empty().with(&log(""), UPGRADE).with(ZONE, "nonsense");
        assert_eq!(reason(&found(&machine).0), Some(Reason::NotSupported));
    }

    proptest! {
        #[test]
        fn logs_of_any_bytes_are_read(apt: Vec<u8>, date: String, dpkg: Vec<u8>) {
            let ended = format!("Install: a\nEnd-Date: {date}\n\n");
            let machine = Machine::empty()
                .with(&log(""), [&apt[..], b"\n", ended.as_bytes()].concat())
                .with(&log(".1.gz"), &apt)
                .with(DPKG, dpkg);
            found(&machine);
        }
    }
}
