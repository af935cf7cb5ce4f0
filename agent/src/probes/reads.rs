//! What the probes read: every place by its name, and the right it takes.
//!
//! Nothing here is looked up while a machine is surveyed. `lachan-agent docs` makes a page of it for
//! whoever decides whether the agent may run, and a test holds it against what comes through the
//! doors of every recorded machine: a probe that reads what is not listed fails it. So this is not
//! built into the agent that ships.

mod antivirus;
mod machine;
mod posture;
mod updates;

use report::Platform;

/// Facts of one system, and everything that is read for them.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    /// On which system.
    pub platform: Platform,
    /// The facts, as the catalogue calls them.
    pub facts: &'static [&'static str],
    /// Who may read these places.
    pub right: Right,
    /// Where.
    pub places: &'static [Place],
}

/// Who may read a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Every user of the machine.
    Everyone,
    /// Only root, or the system and its administrators.
    Administrator,
    /// It takes none: nothing is read.
    Nobody,
}

/// One place. Paths begin at the root, or at the drive of the system, without a slash. A `*` in a
/// name stands for any letters, and `**` at the end for everything below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The content of a file.
    File(&'static str),
    /// The names in a folder, and whether it is there.
    Folder(&'static str),
    /// Whether something is there, whose it is, how old it is, and where it leads.
    Trace(&'static str),
    /// Values of a key of the registry, in both of its views; of a key without any only whether it
    /// is there, and what the keys below are called.
    Registry(&'static str, &'static [&'static str]),
    /// A class of WMI.
    Wmi(&'static str, &'static str),
    /// Whether services and drivers run, and how they are started.
    Services(&'static [&'static str]),
    /// A program that is run, with its arguments.
    Program(&'static str),
    /// An interface of Windows.
    Interface(&'static str),
    /// The list of running processes: names, owners, and nothing of what they say.
    Processes,
    /// Which services systemd or OpenRC starts: what their folders are called, hold and lead to.
    Units,
    /// What shows that this is a container.
    Container,
    /// Whether the program is there that a security product has registered, or that its service runs.
    ProductProgram,
    /// What the running kernel says of itself, the processor and the memory.
    Kernel,
    /// The configuration of the agent.
    Configuration,
}

/// Everything, in the order of a survey.
pub const ALL: &[&[Reads]] = &[
    machine::READS,
    antivirus::READS,
    updates::LINUX,
    updates::WINDOWS,
    posture::LINUX,
    posture::WINDOWS,
];

/// Everything that is read on a system.
pub fn on(platform: Platform) -> impl Iterator<Item = &'static Reads> {
    ALL.iter().copied().flatten().filter(move |reads| reads.platform == platform)
}

/// Whether a path or a key of the registry is meant by a pattern, whose parts the separator divides.
#[must_use]
pub fn fits(pattern: &str, path: &str, separator: char) -> bool {
    let mut parts = path.split(separator);
    for wanted in pattern.split(separator) {
        match (wanted, parts.next()) {
            ("**", Some(_)) => return true,
            (wanted, Some(part)) if is_like(wanted, part) => {}
            (_, Some(_) | None) => return false,
        }
    }
    parts.next().is_none()
}

/// Whether a name is written so, whatever the case, with at most one `*`.
fn is_like(wanted: &str, name: &str) -> bool {
    let (wanted, name) = (wanted.to_lowercase(), name.to_lowercase());
    match wanted.split_once('*') {
        None => wanted == name,
        Some((begin, end)) => name.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
