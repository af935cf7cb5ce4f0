//! Processes seen from outside: who is whose child, and what each one holds.

use std::fs;

/// A process that is there, running or not yet seen out by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    /// The kernel's letter for what it does; `Z`: it has ended and its parent does not know.
    pub state: char,
    parent: u32,
}

/// The children of a process.
///
/// # Panics
/// When there is no `/proc`.
#[must_use]
pub fn children(of: u32) -> Vec<Process> {
    let ids = fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter_map(look).filter(|process| process.parent == of).collect()
}

/// Whether a process runs no more. One that ended and whose new parent does not care counts as
/// gone.
#[must_use]
pub fn is_gone(id: u32) -> bool {
    look(id).is_none_or(|process| process.state == 'Z')
}

/// Whether a process runs that was given this argument.
///
/// # Panics
/// When there is no `/proc`.
#[must_use]
pub fn any_with_argument(argument: &str) -> bool {
    let given = |entry: fs::DirEntry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|given| given == argument.as_bytes())
    };
    fs::read_dir("/proc").expect("/proc").any(|entry| entry.is_ok_and(given))
}

/// How many threads a process has.
#[must_use]
pub fn threads(of: u32) -> usize {
    entries(of, "task")
}

/// How many files a process has open.
#[must_use]
pub fn open_files(of: u32) -> usize {
    entries(of, "fd")
}

/// Ends a process at once.
///
/// # Panics
/// When there is none of this id, or it is another's.
pub fn kill(id: u32) {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
    rustix::process::kill_process(id, rustix::process::Signal::KILL).expect("a process");
}

fn entries(of: u32, what: &str) -> usize {
    fs::read_dir(format!("/proc/{of}/{what}")).map_or(0, Iterator::count)
}

/// The name in the middle may hold anything, so what follows it is counted from its last bracket.
fn look(id: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?.chars().next()?;
    Some(Process { id, state, parent: fields.next()?.parse().ok()? })
}
