//! What a process takes, by the kernel's own books.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::Running;

/// The memory of a process, in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident now (VmRSS).
    pub resident: u64,
    /// Of it, backed by no file (RssAnon).
    pub anonymous: u64,
    /// The most that was ever resident, or since the peak was last forgotten (VmHWM).
    pub peak: u64,
    /// Resident, with what is shared divided by those who share it (Pss).
    pub proportional: u64,
}

impl Memory {
    /// That of a running process.
    ///
    /// # Panics
    /// When there is no such process.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        let status = read(&format!("/proc/{pid}/status"));
        let rollup = read(&format!("/proc/{pid}/smaps_rollup"));
        Self {
            resident: kib(&status, "VmRSS:"),
            anonymous: kib(&status, "RssAnon:"),
            peak: kib(&status, "VmHWM:"),
            proportional: kib(&rollup, "Pss:"),
        }
    }
}

/// Makes a process forget its peak: from now on VmHWM counts anew.
///
/// # Panics
/// When the process is not ours.
pub fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("forget the peak");
}

fn kib(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

/// What the scheduler charged the threads of a process so far. Threads that have ended are not in
/// it: an agent at rest has one thread, and a peer never ends one.
///
/// # Panics
/// When there is no such process.
#[must_use]
pub fn cpu(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("a running process");
    let of_task = |task: fs::DirEntry| {
        // A thread may end between the listing and the reading.
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(tasks.flatten().filter_map(of_task).sum())
}

/// What one run of a program took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// User and system time, of its children too.
    pub cpu: Duration,
    /// The most that was resident, in KiB.
    pub peak: u64,
}

/// What `runs` runs took: the least time, the greatest peak.
///
/// # Panics
/// When the program fails.
#[must_use]
pub fn cost(runs: usize, program: &Path, arguments: &[&str]) -> Cost {
    let costs: Vec<_> = (0..runs).map(|_| cost_once(program, arguments)).collect();
    Cost {
        cpu: costs.iter().map(|cost| cost.cpu).min().expect("a run"),
        peak: costs.iter().map(|cost| cost.peak).max().expect("a run"),
    }
}

/// How finely the kernel counts the time of children.
const TICK: Duration = Duration::from_millis(10);

/// What the children of one run of a program took, those that it waited for: the least of `runs`
/// runs. The kernel's book of a process lies open from its end until somebody takes note of it.
///
/// # Panics
/// When the program cannot be started.
#[must_use]
pub fn of_children(runs: usize, program: &Path, arguments: &[&str]) -> Duration {
    let once = |_| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("start the program");
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = waitid(WaitId::Pid(Pid::from_child(&child)), ended).expect("wait for it");
        let book = read(&format!("/proc/{}/stat", child.id()));
        let _ = child.wait();
        children_in(&book)
    };
    (0..runs).map(once).min().expect("a run")
}

/// User and system time of the children: the 16th and 17th field, of which the second is a name in
/// brackets with anything in it.
fn children_in(book: &str) -> Duration {
    let (_, fields) = book.rsplit_once(") ").expect("a name in brackets");
    let ticks = fields.split(' ').skip(13).take(2).map(|field| field.parse::<u32>());
    ticks.map(|ticks| TICK * ticks.expect("a number")).sum()
}

/// What `md5sum` of 64 MiB is charged on an idle machine of the kind the budget was written on.
const REFERENCE: Duration = Duration::from_millis(105);

/// How much slower than that machine this one is now: 1 or more. On shared hardware the same work is
/// charged up to twice, so that a limit on CPU alone says more about the neighbours.
///
/// # Panics
/// When there is no md5sum.
#[must_use]
pub fn slowness() -> f64 {
    let zeros = tempfile::NamedTempFile::new().expect("a file");
    zeros.as_file().set_len(64 << 20).expect("64 MiB");
    let file = zeros.path().to_str().expect("UTF-8");
    let now = cost(5, Path::new("/usr/bin/md5sum"), &[file]).cpu;
    (now.as_secs_f64() / REFERENCE.as_secs_f64()).max(1.0)
}

/// The kernel remembers in a child's peak what its parent had before it became another program, and
/// a test is larger than what it measures: GNU time, which is small, stands in between.
const MEASURE: &str = r#"TIMEFORMAT='%3U %3S'
{ time /usr/bin/time -q -f %M -o "$1" "${@:2}" >/dev/null 2>&3; } 3>&2 2>"$0""#;

fn cost_once(program: &Path, arguments: &[&str]) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    let (times, peak) = (folder.path().join("times"), folder.path().join("peak"));
    let output = Command::new("bash")
        .arg("-c")
        .arg(MEASURE)
        .args([&times, &peak])
        .arg(program)
        .args(arguments)
        .env("LANG", "C")
        .stdin(Stdio::null())
        .output()
        .expect("start bash");
    assert!(output.status.success(), "{}: {}", program.display(), crate::program::all(&output));
    let number = |word: &str| word.parse::<f64>().expect("a number");
    Cost {
        cpu: Duration::from_secs_f64(words(&times).iter().map(|word| number(word)).sum()),
        peak: words(&peak)[0].parse().expect("KiB"),
    }
}

fn words(file: &Path) -> Vec<String> {
    read(file.to_str().expect("UTF-8")).split_whitespace().map(str::to_owned).collect()
}

/// A look at every system call of a process, until it is asked what it saw.
#[derive(Debug)]
pub struct Strace {
    strace: Running,
    folder: tempfile::TempDir,
    attached: SystemTime,
}

/// What is still one wake-up: the calls after it follow at once.
const ONE_WAKE_UP: f64 = 0.5;
/// The runtime's timers stand on a wheel whose second ring turns in 4.1 s: one that comes due wakes
/// the process up to three times on its way in before it does what it is for.
const ONE_TIMER: f64 = 4.2;
const WAKE_UPS_OF_A_TIMER: usize = 4;

impl Strace {
    /// Begins to look.
    ///
    /// # Panics
    /// When strace is not installed or may not look.
    #[must_use]
    pub fn attach(pid: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let calls = folder.path().join("calls");
        let pid = pid.to_string();
        let calls = calls.to_str().expect("UTF-8");
        let strace = Running::start(
            Path::new("strace"),
            &["-f", "-ttt", "-o", calls, "-p", &pid],
            &folder.path().join("log"),
        );
        crate::until("strace is attached", || {
            read(&format!("/proc/{pid}/status")).lines().any(|line| {
                line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0")
            })
        });
        Self { strace, folder, attached: SystemTime::now() }
    }

    /// When the process woke up. Attaching wakes it too: what happened within `settled` is left out.
    ///
    /// # Panics
    /// When strace wrote nothing down, not even an empty file.
    #[must_use]
    pub fn wake_ups(mut self, settled: Duration) -> WakeUps {
        let _ = self.strace.terminate();
        let text = read(self.folder.path().join("calls").to_str().expect("UTF-8"));
        let begin = self.attached.duration_since(UNIX_EPOCH).expect("after 1970") + settled;
        let moments = text.lines().filter_map(moment);
        let mut woken: Vec<f64> = Vec::new();
        for at in moments.filter(|at| *at > begin.as_secs_f64()) {
            if woken.last().is_none_or(|last| at - last > ONE_WAKE_UP) {
                woken.push(at);
            }
        }
        WakeUps { moments: woken, calls: text }
    }
}

/// `1234 1795329000.123456 epoll_wait(3, …`; the line that says that strace has left is no call.
fn moment(line: &str) -> Option<f64> {
    if line.contains("<detached ...>") {
        return None;
    }
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What strace saw.
#[derive(Debug)]
pub struct WakeUps {
    /// When, in seconds of the epoch.
    pub moments: Vec<f64>,
    /// Every call, to be read by whoever wonders.
    pub calls: String,
}

impl WakeUps {
    /// The shortest time between two timers that came due, in seconds.
    #[must_use]
    pub fn shortest_pause(&self) -> f64 {
        let mut timers: Vec<(f64, usize)> = Vec::new();
        for at in &self.moments {
            match timers.last_mut() {
                Some((due, steps)) if at - *due <= ONE_TIMER && *steps < WAKE_UPS_OF_A_TIMER => {
                    *steps += 1;
                }
                _ => timers.push((*at, 1)),
            }
        }
        let pauses = timers.windows(2).map(|pair| pair[1].0 - pair[0].0);
        pauses.fold(f64::INFINITY, f64::min)
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("read {path}: {error}"))
}
