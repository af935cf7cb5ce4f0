//! Whether updates wait for a restart, and whose they are.
//!
//! Both who ask for one do so by a key, which is gone after the start; a value of that name is
//! nothing. Files that wait to be renamed say nothing of updates: antiviruses, browsers and printers
//! have some waiting all the time.

use report::catalogue::REBOOT_REASONS;
use report::fact::Ignorance;
use report::{Fact, Reason, Timestamp};

use crate::host::files::Read;
use crate::host::registry::View;
use crate::host::{Host, Registry};
use crate::probes::findings::{choice, yes_or_no};

const SERVICING: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing";
const SERVICING_WAITS: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
const UPDATE_WAITS: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";

/// What those who may ask for a restart say, in the order of the words for them.
pub(super) struct Restart([Result<bool, Ignorance>; 2]);

impl Restart {
    pub(super) fn of(registry: &Registry) -> Self {
        let told = |read: Read<bool>| read.map_err(|error| error.ignorance(Reason::NotSupported));
        // A Windows without servicing asks for nothing by it, and is none that is known.
        let servicing = registry
            .keys(View::Native, SERVICING)
            .and_then(|_| registry.exists(View::Native, SERVICING_WAITS));
        Self([told(servicing), told(registry.exists(View::Native, UPDATE_WAITS))])
    }

    /// Whether a restart waits, and what says so.
    pub(super) fn pending(&self) -> (Fact, &'static str) {
        match &self.0 {
            [Ok(true), _] => (yes_or_no(true), SERVICING_WAITS),
            [_, Ok(true)] => (yes_or_no(true), UPDATE_WAITS),
            [Err(why), _] => (Fact::Unknown(why.clone()), SERVICING_WAITS),
            [_, Err(why)] => (Fact::Unknown(why.clone()), UPDATE_WAITS),
            [Ok(false), Ok(false)] => (yes_or_no(false), SERVICING_WAITS),
        }
    }

    /// Who asks for it.
    pub(super) fn reason(&self) -> (Fact, &'static str) {
        let (pending, source) = self.pending();
        let word = REBOOT_REASONS.iter().zip(&self.0).find(|(_, asks)| **asks == Ok(true));
        let fact = match (word, pending) {
            (Some((word, _)), _) => choice(word),
            (None, Fact::Unknown(why)) => Fact::Unknown(why),
            (None, Fact::Known(_) | Fact::Absent) => Fact::Absent,
        };
        (fact, source)
    }

    /// Since when what the update agent calls done may yet be undone: since the last start, unless it
    /// is known that no restart waits; since ever, where nobody knows when that was.
    pub(super) fn undone_since(&self, host: &Host) -> Option<Timestamp> {
        match self.0 {
            [Ok(false), Ok(false)] => None,
            [Ok(_) | Err(_), Ok(_) | Err(_)] => {
                Some(host.system().booted_at.unwrap_or(Timestamp(0)))
            }
        }
    }
}
