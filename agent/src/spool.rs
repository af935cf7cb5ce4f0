//! The one report that has not been taken yet, and the one that was refused.
//!
//! What lies on disk is a draft: the incarnation of the process and the moment of sending are
//! filled in when it is sent. The first must never be on disk, or a copied disk would carry it;
//! the second measures the clocks against each other, and an old one would make facts look newer
//! than they are.

mod sealed;

use std::io;

use report::wire::{self, decode_report, encode_report};
use report::{Fingerprint, Incarnation, MachineId, Observation, Report, Sequence, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::durable;
use crate::state::{StateDir, StateError, at};
use crate::uplink::Refusal;

const REPORT: &str = "report";
const REFUSED: &str = "refused";
/// A refusal is a report and the reason.
const MAX_BYTES: u64 = wire::MAX_BODY_BYTES as u64 * 4;

/// A report that lacks only what the sending process fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose report it is.
    pub machine: MachineId,
    /// The version of the agent that looked.
    pub agent: Text,
    /// The hardware it looked at.
    pub fingerprint: Fingerprint,
    /// Which contact it is; stays the same however often it is sent.
    pub sequence: Sequence,
    /// What was seen.
    pub observations: Vec<Observation>,
}

impl Draft {
    /// The body to send.
    #[must_use]
    pub fn body(&self, incarnation: Incarnation, sent_at: Timestamp) -> String {
        encode_report(&Report {
            machine: self.machine,
            agent: self.agent.clone(),
            fingerprint: self.fingerprint,
            incarnation,
            sequence: self.sequence,
            sent_at,
            observations: self.observations.clone(),
        })
    }

    /// When the survey finished, by the machine's clock.
    #[must_use]
    pub fn surveyed_at(&self) -> Option<Timestamp> {
        let moments = self.observations.iter();
        moments.map(|observation| observation.observed_at).max()
    }

    /// Whether it still speaks for the present at `now`: a survey that is as old as the interval
    /// is made anew, and so is one from the future.
    #[must_use]
    pub fn is_younger_than(&self, seconds: i64, now: Timestamp) -> bool {
        self.surveyed_at().is_some_and(|surveyed_at| (0..seconds).contains(&now.since(surveyed_at)))
    }

    fn kept(&self) -> String {
        self.body(Incarnation::from_bytes([0; 16]), Timestamp(0))
    }

    fn read(kept: &[u8]) -> Option<Self> {
        let report = decode_report(kept).ok()?.report;
        Some(Self {
            machine: report.machine,
            agent: report.agent,
            fingerprint: report.fingerprint,
            sequence: report.sequence,
            observations: report.observations,
        })
    }
}

/// A report the collector will not take, with its reason.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refused {
    /// When it was refused, by the machine's clock.
    pub at: Timestamp,
    /// Which contact it was.
    pub sequence: Sequence,
    /// Why.
    pub refusal: Refusal,
    /// The report.
    pub report: Box<RawValue>,
}

/// The files of the spool.
#[derive(Clone, Copy, Debug)]
pub struct Spool<'a>(&'a StateDir);

impl<'a> Spool<'a> {
    /// The spool in `state`.
    #[must_use]
    pub fn new(state: &'a StateDir) -> Self {
        Self(state)
    }

    /// Keeps a draft in the place of any other.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn put(self, draft: &Draft) -> Result<(), StateError> {
        self.write(REPORT, draft.kept().as_bytes())
    }

    /// The draft that is kept. A torn file is none.
    ///
    /// # Errors
    /// When the disk does not give it.
    pub fn get(self) -> Result<Option<Draft>, StateError> {
        self.read(REPORT, Draft::read)
    }

    /// The draft was taken.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn clear(self) -> Result<(), StateError> {
        let path = self.0.join(REPORT);
        durable::remove(&path).map_err(at(&path))
    }

    /// Puts a refused draft aside, in the place of any other.
    ///
    /// # Errors
    /// When the disk does not take it; then the draft is still there.
    pub fn refuse(
        self,
        draft: &Draft,
        refusal: &Refusal,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let path = self.0.join(REFUSED);
        let written = (|| {
            serde_json::to_vec(&Refused {
                at: now,
                sequence: draft.sequence,
                refusal: refusal.clone(),
                report: RawValue::from_string(draft.kept())?,
            })
        })();
        let bytes = written.map_err(io::Error::other).map_err(at(&path))?;
        self.write(REFUSED, &bytes)?;
        self.clear()
    }

    /// The report that was refused last. A torn file is none.
    ///
    /// # Errors
    /// When the disk does not give it.
    pub fn refused(self) -> Result<Option<Refused>, StateError> {
        self.read(REFUSED, |bytes| serde_json::from_slice(bytes).ok())
    }

    fn write(self, name: &str, body: &[u8]) -> Result<(), StateError> {
        let path = self.0.join(name);
        durable::replace(&path, &sealed::seal(body)).map_err(at(&path))
    }

    fn read<T>(
        self,
        name: &str,
        understand: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, StateError> {
        let path = self.0.join(name);
        let Some(bytes) = durable::read(&path, MAX_BYTES).map_err(at(&path))? else {
            return Ok(None);
        };
        let understood = sealed::open(&bytes).and_then(understand);
        if understood.is_none() {
            tracing::warn!(path = %path.display(), "the file is damaged and left aside");
        }
        Ok(understood)
    }
}

#[cfg(test)]
mod tests;
