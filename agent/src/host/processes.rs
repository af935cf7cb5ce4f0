//! The processes door: who runs what, and whether everybody could be seen.

use report::fact::Ignorance;
use report::{Fact, Reason};

use super::files::{Files, Read, ReadError};

/// `status` has lines that grow with the number of groups and processors.
const MAX_STATUS: usize = 64 * 1024;
const MAX_ARGUMENTS: usize = 128 * 1024;
const MAX_MOUNTS: usize = 1 << 20;

/// A running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// The name of its program, cut by the kernel to 15 bytes.
    pub name: String,
    /// The real user id it runs as.
    pub uid: u32,
}

/// The processes of one moment.
#[derive(Debug)]
pub struct Processes {
    seen: Vec<Process>,
    /// Why there may be more than were seen.
    hidden: Option<Ignorance>,
}

impl Processes {
    /// Looks at every process there is. One that ends meanwhile is left out.
    #[must_use]
    pub fn list(files: &Files) -> Self {
        let pids = match files.list("proc") {
            Ok(names) => names.into_iter().filter_map(|name| name.parse().ok()),
            Err(error) => {
                return Self {
                    seen: Vec::new(),
                    hidden: Some(error.ignorance(Reason::NotSupported)),
                };
            }
        };
        let mut processes = Self { seen: Vec::new(), hidden: None };
        for pid in pids {
            match look(files, pid) {
                Ok(process) => processes.seen.extend(process),
                Err(error) if error.is_not_found() => {}
                Err(error) => processes.hidden = Some(error.ignorance(Reason::NotSupported)),
            }
        }
        if processes.hidden.is_none() && processes.others_are_hidden(files) {
            let why = Ignorance::new(Reason::AccessDenied, "proc: hidepid hides other users");
            processes.hidden = Some(why);
        }
        processes
    }

    /// Those of a machine that does not list them as files. On Windows every user could make a
    /// folder of that name; there the services say what runs.
    #[must_use]
    pub fn unseen() -> Self {
        let why = Ignorance::new(Reason::NotSupported, "processes: not listed on this system");
        Self { seen: Vec::new(), hidden: Some(why) }
    }

    /// A process like this: unknown, not absent, unless every process could be seen.
    pub fn find(&self, like: impl Fn(&Process) -> bool) -> Fact<&Process> {
        let found = self.seen.iter().find(|process| like(process));
        match (found, &self.hidden) {
            (Some(process), _) => Fact::Known(process),
            (None, Some(why)) => Fact::Unknown(why.clone()),
            (None, None) => Fact::Absent,
        }
    }

    /// Why there may be more processes than could be seen, if so.
    #[must_use]
    pub fn hidden(&self) -> Option<&Ignorance> {
        self.hidden.as_ref()
    }

    /// With `hidepid` a process is invisible to everybody but its owner and those who may trace
    /// it. Whoever sees two users nevertheless is one of the latter.
    fn others_are_hidden(&self, files: &Files) -> bool {
        let hiding =
            files.read_text("proc/mounts", MAX_MOUNTS).is_ok_and(|mounts| hides_processes(&mounts));
        let mut users = self.seen.iter().map(|process| process.uid);
        let first = users.next();
        hiding && users.all(|uid| Some(uid) == first)
    }
}

/// The words of a process' command line. They may hold secrets: read only for a program whose
/// options are known, and never sent.
///
/// # Errors
/// When it cannot be read, as when the process has ended.
pub fn arguments(files: &Files, pid: u32) -> Read<Vec<String>> {
    let bytes = files.read(&format!("proc/{pid}/cmdline"), MAX_ARGUMENTS)?;
    let words = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    Ok(words
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect())
}

fn look(files: &Files, pid: u32) -> Read<Option<Process>> {
    let path = format!("proc/{pid}/status");
    let status = files.read_text(&path, MAX_STATUS)?;
    match parse_status(&status) {
        Some(Status { running: false, .. }) => Ok(None),
        Some(Status { name, uid, .. }) => Ok(Some(Process { pid, name, uid })),
        None => {
            let kind = super::files::ReadErrorKind::Other("not a process status".to_owned());
            Err(ReadError::new(&path, kind))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Status {
    name: String,
    uid: u32,
    running: bool,
}

fn parse_status(status: &str) -> Option<Status> {
    let field = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    let state = field("State")?.chars().next()?;
    Some(Status {
        name: field("Name")?.to_owned(),
        uid: field("Uid")?.split_whitespace().next()?.parse().ok()?,
        // A zombie has ended and a stopped process does nothing for anybody.
        running: !matches!(state, 'Z' | 'X' | 'x' | 'T' | 't'),
    })
}

fn hides_processes(mounts: &str) -> bool {
    let options = mounts
        .lines()
        .rev()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| fields.get(1) == Some(&"/proc"))
        .and_then(|fields| fields.get(3).copied());
    options
        .unwrap_or_default()
        .split(',')
        .filter_map(|option| option.strip_prefix("hidepid="))
        .any(|value| !matches!(value, "0" | "off"))
}

#[cfg(test)]
mod tests;
