//! Reports that nobody has taken yet, oldest first, and the one that was refused.
//!
//! Each report is a file of its own, whole or not there. Memory is what counts while the agent
//! runs: a disk that is full takes nothing from a machine whose collector answers, and where
//! neither works, what is lost is counted.
//!
//! The spool is bounded by what a collector takes in a row from a machine that comes back. What it
//! promises to keep of an outage, however long: the oldest report, the newest, the first and the
//! last of a time in which nothing changed, and of more changes than fit those that spread evenly.

mod draft;
mod sealed;
mod thinning;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use report::wire::{self, REPORT_BURST};
use report::{MachineId, Sequence, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::durable;
use crate::state::{StateDir, StateError, at};
use crate::uplink::Refusal;
pub use draft::{Draft, surveyed_at};
pub use sealed::seal;
use thinning::{Seen, least_missed, superfluous};

const FOLDER: &str = "spool";
const DROPPED: &str = "dropped";
const REFUSED: &str = "refused";
/// A refusal is a report and the reason.
const MAX_BYTES: u64 = wire::MAX_BODY_BYTES as u64 * 4;
const MAX_COUNTER_BYTES: u64 = 32;
/// As many digits as a sequence number can have, so that names are ordered as numbers are.
const DIGITS: usize = 20;

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

impl Refused {
    /// Whose report it was, if that can still be told.
    #[must_use]
    pub fn machine(&self) -> Option<MachineId> {
        Draft::read(self.report.get().as_bytes()).map(|draft| draft.machine)
    }
}

/// The reports that wait.
#[derive(Debug)]
pub struct Spool {
    state: StateDir,
    waiting: Vec<Draft>,
    dropped: u64,
}

impl Spool {
    /// Takes over what a former process left; what is damaged is removed, and counted.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(state: &StateDir) -> Result<Self, StateError> {
        let folder = state.join(FOLDER);
        durable::create_folder(&folder).map_err(at(&folder))?;
        let Found { drafts, damaged, unfinished } = find(&folder)?;
        let mut spool = Self::of(state, drafts);
        damaged.iter().chain(&unfinished).for_each(|path| clear_away(path));
        spool.drop_more(damaged.len());
        spool.thin();
        Ok(spool)
    }

    /// What waits, as it lies on disk, without touching it.
    ///
    /// # Errors
    /// When the disk does not give it.
    pub fn look(state: &StateDir) -> Result<Self, StateError> {
        Ok(Self::of(state, find(&state.join(FOLDER))?.drafts))
    }

    fn of(state: &StateDir, waiting: Vec<Draft>) -> Self {
        let dropped = read_counter(&state.join(FOLDER).join(DROPPED)).unwrap_or_default();
        Self { state: state.clone(), waiting, dropped }
    }

    /// The reports that wait, oldest first.
    #[must_use]
    pub fn waiting(&self) -> &[Draft] {
        &self.waiting
    }

    /// How many reports were lost unsent since the state folder was made: there were too many, their
    /// file was damaged, or one that was refused took the place of another.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Lets everything wait that is not of this kind go: reports of a former identity.
    pub fn keep_only(&mut self, ours: impl Fn(&Draft) -> bool) {
        while let Some(foreign) = self.waiting.iter().position(|draft| !ours(draft)) {
            self.let_go(foreign);
        }
    }

    /// Takes in a report, newer than all that wait, and lets others go where there are too many.
    ///
    /// # Errors
    /// When the disk does not take it: it then waits in memory alone.
    pub fn put(&mut self, draft: Draft) -> Result<(), StateError> {
        let path = self.path(draft.sequence);
        let file = sealed::seal(draft.kept().as_bytes());
        self.waiting.push(draft);
        let mut written = durable::replace(&path, &file);
        self.thin();
        if written.is_err() {
            // What went may have left room.
            written = durable::replace(&path, &file);
        }
        written.map_err(at(&path))
    }

    /// A collector has taken this report.
    pub fn taken(&mut self, sequence: Sequence) {
        if let Some(taken) = self.waiting.iter().position(|draft| draft.sequence == sequence) {
            self.let_go(taken);
        }
    }

    /// Puts a refused report aside, in the place of any other.
    ///
    /// # Errors
    /// When the disk does not take it; it does not wait any longer all the same.
    pub fn refuse(
        &mut self,
        sequence: Sequence,
        refusal: &Refusal,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let Some(refused) = self.waiting.iter().position(|draft| draft.sequence == sequence) else {
            return Ok(());
        };
        if self.refused().is_ok_and(|former| former.is_some()) {
            self.drop_more(1);
        }
        let report = self.waiting.get(refused).map(Draft::kept).unwrap_or_default();
        let put_aside = put_aside(&self.state, sequence, report, refusal, now);
        self.let_go(refused);
        put_aside
    }

    /// The report that was refused last. A torn file is none.
    ///
    /// # Errors
    /// When the disk does not give it.
    pub fn refused(&self) -> Result<Option<Refused>, StateError> {
        let path = self.state.join(REFUSED);
        let bytes = durable::read(&path, MAX_BYTES).map_err(at(&path))?;
        let refused = bytes.as_deref().and_then(sealed::open);
        Ok(refused.and_then(|body| serde_json::from_slice(body).ok()))
    }

    fn path(&self, sequence: Sequence) -> PathBuf {
        self.state.join(FOLDER).join(format!("{:0DIGITS$}", sequence.0))
    }

    fn thin(&mut self) {
        while let Some(nothing_new) = superfluous(&self.seen()) {
            self.let_go(nothing_new);
        }
        let too_many = self.waiting.len().saturating_sub(REPORT_BURST);
        for _ in 0..too_many {
            if let Some(least) = least_missed(&self.seen()) {
                self.let_go(least);
            }
        }
        self.drop_more(too_many);
    }

    fn seen(&self) -> Vec<Seen> {
        let seen = |draft: &Draft| Seen {
            at: draft.surveyed_at().unwrap_or(Timestamp(0)),
            says: draft.says(),
        };
        self.waiting.iter().map(seen).collect()
    }

    /// A file that stays although its report has gone is known by its number after a restart: no
    /// higher than that of the last contact that was accepted.
    fn let_go(&mut self, position: usize) {
        let gone = self.waiting.remove(position);
        let path = self.path(gone.sequence);
        if let Err(error) = durable::remove(&path) {
            tracing::warn!(path = %path.display(), %error, "the report stays on disk");
        }
    }

    fn drop_more(&mut self, dropped: usize) {
        if dropped == 0 {
            return;
        }
        self.dropped = self.dropped.saturating_add(u64::try_from(dropped).unwrap_or(u64::MAX));
        tracing::warn!(dropped, in_all = self.dropped, "reports are lost unsent");
        let path = self.state.join(FOLDER).join(DROPPED);
        if let Err(error) = durable::replace(&path, format!("{}\n", self.dropped).as_bytes()) {
            tracing::warn!(path = %path.display(), %error, "the count stays in memory");
        }
    }
}

fn put_aside(
    state: &StateDir,
    sequence: Sequence,
    report: String,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), StateError> {
    let path = state.join(REFUSED);
    RawValue::from_string(report)
        .and_then(|report| {
            let refusal = refusal.clone();
            serde_json::to_vec(&Refused { at: now, sequence, refusal, report })
        })
        .map_err(io::Error::other)
        .and_then(|body| durable::replace(&path, &sealed::seal(&body)))
        .map_err(at(&path))
}

/// What lies in the folder.
#[derive(Default)]
struct Found {
    drafts: Vec<Draft>,
    /// Files that once were reports.
    damaged: Vec<PathBuf>,
    /// Files that never became one.
    unfinished: Vec<PathBuf>,
}

fn find(folder: &Path) -> Result<Found, StateError> {
    let mut found = Found::default();
    for name in names(folder).map_err(at(folder))? {
        let path = folder.join(&name);
        if name.ends_with(durable::UNFINISHED) {
            found.unfinished.push(path);
        } else if name.len() == DIGITS && name.bytes().all(|byte| byte.is_ascii_digit()) {
            match read(&path) {
                Some(draft) => found.drafts.push(draft),
                None => found.damaged.push(path),
            }
        }
    }
    found.drafts.sort_by_key(|draft| draft.sequence);
    Ok(found)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// A file that cannot be read is as good as damaged: the other reports shall not wait for it.
fn read(path: &Path) -> Option<Draft> {
    let bytes = durable::read(path, MAX_BYTES)
        .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "cannot read"))
        .ok()??;
    read_entry(&bytes)
}

/// The report in a file of the spool; none where the file is torn or was never one.
#[must_use]
pub fn read_entry(file: &[u8]) -> Option<Draft> {
    Draft::read(sealed::open(file)?)
}

/// A count that is damaged begins anew: it is for people to read.
fn read_counter(path: &Path) -> Option<u64> {
    let bytes = durable::read(path, MAX_COUNTER_BYTES).ok()??;
    String::from_utf8(bytes).ok()?.trim().parse().ok()
}

fn clear_away(path: &Path) {
    tracing::warn!(path = %path.display(), "no whole report: it is removed");
    if let Err(error) = durable::remove(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove it");
    }
}

#[cfg(test)]
mod tests;
