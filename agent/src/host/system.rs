//! The system door: kernel, processor, memory and boot.

use report::Timestamp;

use super::files::{Files, Read, ReadError, ReadErrorKind};

const RELEASE: &str = "proc/sys/kernel/osrelease";
const ARCHITECTURE: &str = "proc/sys/kernel/arch";
const STAT: &str = "proc/stat";
const MEMINFO: &str = "proc/meminfo";

/// What is asked on Windows, where no file says it.
const BOOT: &str = "the time since Windows started";
const MEMORY: &str = "the memory that Windows uses";

const MAX_LINE: usize = 4 * 1024;
const MAX_MEMINFO: usize = 64 * 1024;

/// No machine this runs on booted before the year 2000: an earlier moment is an uptime that was
/// taken for a date.
const EARLIEST_BOOT: Timestamp = Timestamp(946_684_800);

/// What the kernel says of itself and the hardware, each with what stood in its way.
#[derive(Debug)]
pub struct System {
    /// Release of the running kernel, as `uname -r` prints it.
    pub kernel_release: Read<String>,
    /// Processor architecture, as `uname -m` prints it.
    pub architecture: Read<String>,
    /// Memory the system can use, in MiB.
    pub memory_mib: Read<u64>,
    /// When it booted, by the machine's clock.
    pub booted_at: Read<Timestamp>,
}

impl System {
    /// Of the machine this process runs on.
    #[must_use]
    pub fn live() -> Self {
        Self {
            kernel_release: sysinfo::System::kernel_version().map_err(|error| {
                failed(asked(RELEASE, "the version of Windows"), &error.to_string())
            }),
            architecture: Ok(sysinfo::System::cpu_arch()),
            memory_mib: live_memory(),
            booted_at: sysinfo::System::boot_time()
                .map_err(|error| failed(asked(STAT, BOOT), &error.to_string()))
                .and_then(boot_moment),
        }
    }

    /// Of a recorded machine.
    #[must_use]
    pub fn recorded(files: &Files) -> Self {
        let line = |path| {
            let text = files.read_text(path, MAX_LINE)?;
            Ok(text.trim().to_owned())
        };
        Self {
            kernel_release: line(RELEASE),
            architecture: line(ARCHITECTURE),
            memory_mib: files.read_text(MEMINFO, MAX_MEMINFO).and_then(|text| {
                parse_memory(&text).ok_or_else(|| failed(MEMINFO, "no MemTotal line"))
            }),
            booted_at: recorded_boot(files),
        }
    }
}

fn live_memory() -> Read<u64> {
    let memory = sysinfo::MemoryRefreshKind::nothing().with_ram();
    let wanted = sysinfo::RefreshKind::nothing().with_memory(memory);
    let system = sysinfo::System::new_with_specifics(wanted)
        .map_err(|error| failed(asked(MEMINFO, MEMORY), &error.to_string()))?;
    match system.total_memory() >> 20 {
        0 => Err(failed(asked(MEMINFO, MEMORY), "no memory is reported")),
        mebibytes => Ok(mebibytes),
    }
}

fn recorded_boot(files: &Files) -> Read<Timestamp> {
    let mut lines = files.lines(STAT)?;
    while let Some(line) = lines.next()? {
        let seconds = line.strip_prefix(b"btime ").map(String::from_utf8_lossy);
        if let Some(seconds) = seconds.and_then(|digits| digits.trim().parse().ok()) {
            return boot_moment(seconds);
        }
    }
    Err(failed(STAT, "no btime line"))
}

fn boot_moment(seconds: u64) -> Read<Timestamp> {
    i64::try_from(seconds)
        .map(Timestamp)
        .ok()
        .filter(|moment| *moment >= EARLIEST_BOOT)
        .ok_or_else(|| failed(asked(STAT, BOOT), "the time of boot is no date"))
}

fn parse_memory(meminfo: &str) -> Option<u64> {
    let kibibytes: u64 = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?
        .trim()
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    Some(kibibytes >> 10)
}

/// The file that says it, or what is asked where none does.
const fn asked(file: &'static str, windows: &'static str) -> &'static str {
    if cfg!(windows) { windows } else { file }
}

fn failed(path: &str, why: &str) -> ReadError {
    ReadError::new(path, ReadErrorKind::Other(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_mebibytes() {
        let text = "MemTotal:        8131456 kB\nMemFree:          213404 kB\n";
        assert_eq!(parse_memory(text), Some(7940));
        assert_eq!(parse_memory("MemFree: 1 kB\n"), None);
        assert_eq!(parse_memory("MemTotal: lots\n"), None);
    }

    #[test]
    fn an_uptime_is_not_taken_for_a_time_of_boot() {
        assert!(boot_moment(86_400).is_err());
        assert_eq!(boot_moment(1_795_300_000), Ok(Timestamp(1_795_300_000)));
    }
}
