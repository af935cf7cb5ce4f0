//! The probes: one for each topic, all of them in one list.

pub mod antivirus;
pub mod assignment;
pub mod machine;
pub mod patches;

mod dates;
pub(crate) mod findings;

use report::{Outcome, Timestamp, Topic};

use crate::host::Host;
use assignment::AssignmentClaims;

/// What a probe is told besides the machine itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the machine's administrator says of unit, system and level.
    pub claims: &'a AssignmentClaims,
    /// The machine's clock.
    pub now: Timestamp,
}

/// Looks at one topic of a machine. It only reads, and it never gives up on the others.
pub type Probe = fn(&Host, &Context<'_>) -> Outcome;

/// Everything this agent looks at, in the order of a survey.
pub const PROBES: &[(Topic, Probe)] = &[
    (Topic::Machine, machine::probe),
    (Topic::Assignment, assignment::probe),
    (Topic::Antivirus, antivirus::probe),
    (Topic::Patches, patches::probe),
];

/// What changes on disk when something that a probe looks at changes: files by themselves, folders
/// with the names in them. Folders that every program opens files in are not watched, for every
/// opening would wake the agent: of `etc` only single files.
pub const WATCHED: &[&str] = &[
    "etc/os-release",
    // What is installed, and what is on offer. While packages are being configured, nothing but
    // the folder of updates tells that it is not over.
    "var/lib/dpkg",
    "var/lib/dpkg/updates",
    "var/lib/apt/lists",
    // Definitions and settings of ClamAV; where other vendors install.
    "var/lib/clamav",
    "etc/clamav",
    "opt",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_exactly_one_probe() {
        let probed: Vec<_> = PROBES.iter().map(|(topic, _)| *topic).collect();
        assert_eq!(probed, Topic::ALL);
    }
}
