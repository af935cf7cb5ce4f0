//! Who makes snapshots: the collector by itself when a cut-off is over, and officers.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use report::Timestamp;

use super::{Entry, Occasion, take};
use crate::drain::Draining;
use crate::hub::Hub;
use crate::past::PastError;
use crate::policy::Targets;
use crate::store::{KeepSnapshot, LoggedEntry, StoreError};
use crate::when::When;

/// How often the collector looks whether a cut-off is over.
const LOOK: Duration = Duration::from_secs(60);
/// What came at the last moment of a day is in the store by so many seconds after it.
const SETTLED: i64 = 60;
/// How long it waits after a snapshot that could not be made.
const RETRY: Duration = Duration::from_secs(3600);

/// Why a snapshot was not made.
#[derive(Debug, thiserror::Error)]
pub enum NoSnapshot {
    /// The policies name no cut-off.
    #[error("targets.toml names no cut_offs: say with --at of which moment")]
    NoCutOff,
    /// It is there already.
    #[error(
        "the snapshot of {0} was made already and stays as it is; say with --at of which moment \
         another one is to be"
    )]
    Made(String),
    /// It was made, and is gone.
    #[error(
        "the snapshot of {date} was made, as entry {entry} of the audit log says, and is no longer \
         in the store: somebody took it out, and it is not made anew; ask the backups for it, or \
         say with --at of which moment another one is to be"
    )]
    Lost {
        /// The day whose end it was of.
        date: String,
        /// The number of the entry in the audit log.
        entry: i64,
    },
    /// What came at its last moment may still be on its way.
    #[error("{0} is to be over for a minute before a snapshot is made of it")]
    Unsettled(Timestamp),
    /// Its moment cannot be told.
    #[error(transparent)]
    Past(#[from] PastError),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be packed.
    #[error("pack the snapshot: {0}")]
    Pack(#[from] std::io::Error),
}

/// What there is of the cut-offs.
struct Shelf {
    /// Those that have their snapshot.
    made: Vec<String>,
    /// The makings in the audit log of snapshots that are gone.
    lost: Vec<LoggedEntry>,
}

impl Shelf {
    async fn of(hub: &Arc<Hub>) -> Result<Self, NoSnapshot> {
        let archive = hub.archive.clone();
        let read = tokio::task::spawn_blocking(move || {
            Ok(Self { made: archive.cut_offs()?, lost: archive.lost_snapshots()? })
        });
        read.await.map_err(|_| StoreError::Closed)?
    }

    /// Refuses a cut-off of which there is a snapshot, or was one.
    fn room_for(&self, date: Date) -> Result<(), NoSnapshot> {
        let date = date.to_string();
        if self.made.contains(&date) {
            return Err(NoSnapshot::Made(date));
        }
        match self.lost.iter().find(|entry| entry.subject == date) {
            Some(entry) => Err(NoSnapshot::Lost { date, entry: entry.number }),
            None => Ok(()),
        }
    }
}

/// Makes the snapshot of a moment, or of the last cut-off that is over. That of a cut-off is the
/// first that was made of the end of its day.
///
/// # Errors
/// When it is there already or was, or cannot be made.
pub async fn create(
    hub: &Arc<Hub>,
    at: Option<Timestamp>,
    actor: String,
) -> Result<Entry, NoSnapshot> {
    let shelf = Shelf::of(hub).await?;
    let until = crate::clock::now() - SETTLED;
    let (at, cut_off) = wanted(&hub.policy_set().targets, &shelf, at, until)?;
    make(hub, at, cut_off, actor).await
}

/// Of which moment a snapshot is wanted, and whether it is that of a cut-off. All is settled `until`.
fn wanted(
    targets: &Targets,
    shelf: &Shelf,
    at: Option<Timestamp>,
    until: Timestamp,
) -> Result<(Timestamp, Option<Date>), NoSnapshot> {
    let Targets { calendar, cut_offs, .. } = targets;
    let Some(at) = at else {
        let last = cut_offs.last_by(calendar, until).ok_or(NoSnapshot::NoCutOff)?;
        return shelf.room_for(last).map(|()| (calendar.end_of(last), Some(last)));
    };
    if at > until {
        return Err(NoSnapshot::Unsettled(at));
    }
    let of = cut_offs.last_by(calendar, at).filter(|date| calendar.end_of(*date) == at);
    Ok((at, of.filter(|date| shelf.room_for(*date).is_ok())))
}

async fn make(
    hub: &Arc<Hub>,
    at: Timestamp,
    cut_off: Option<Date>,
    actor: String,
) -> Result<Entry, NoSnapshot> {
    let made_at = crate::clock::now();
    let head = hub.head().await?.to_string();
    let occasion = Occasion { made_at, actor, cut_off, head };
    let when = When { at: Some(at), as_known_now: false };
    let (cover, content) = hub.show_at(when, move |live| take(live, occasion)).await??;
    let keep = KeepSnapshot::new(cover, content, &hub.audit_key);
    let kept = hub.commit(keep, |hub, _| hub.process.audit_entries.inc()).await;
    kept.map_err(|error| match cut_off {
        Some(date) if error.is_taken() => NoSnapshot::Made(date.to_string()),
        Some(_) | None => error.into(),
    })
}

/// Makes the snapshot of each cut-off when its day is over, and at the start those that were missed.
pub async fn watch(hub: Arc<Hub>, mut draining: Draining) {
    let mut done = None;
    loop {
        let until = crate::clock::now() - SETTLED;
        let set = hub.policy_set();
        let last = set.targets.cut_offs.last_by(&set.targets.calendar, until);
        let mut pause = LOOK;
        if last != done {
            match make_missing(&hub, until).await {
                Ok(true) => done = last,
                Ok(false) => pause = RETRY,
                Err(error) => {
                    tracing::error!(%error, "which snapshots are missing could not be read");
                    pause = RETRY;
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = draining.told() => return,
        }
    }
}

/// Whether every cut-off has its snapshot now. Before the first policy set nothing can be told.
async fn make_missing(hub: &Arc<Hub>, until: Timestamp) -> Result<bool, NoSnapshot> {
    let archive = hub.archive.clone();
    let begins = tokio::task::spawn_blocking(move || archive.begins());
    let Some(since) = begins.await.map_err(|_| StoreError::Closed)?? else {
        return Ok(true);
    };
    let shelf = Shelf::of(hub).await?;
    let set = hub.policy_set();
    let Targets { calendar, cut_offs, .. } = &set.targets;
    let dates = cut_offs.between(calendar, since, until);
    let one = |date| {
        let (hub, at) = (Arc::clone(hub), calendar.end_of(date));
        async move { make(&hub, at, Some(date), "collector".to_owned()).await }
    };
    Ok(each_missing(&shelf, dates, one).await)
}

/// Makes those that are missing, and whether none is then: one that cannot be made keeps no other
/// back, and one that was made and is gone stays so, for all to see.
async fn each_missing<F: Future<Output = Result<Entry, NoSnapshot>>>(
    shelf: &Shelf,
    dates: Vec<Date>,
    mut make: impl FnMut(Date) -> F,
) -> bool {
    let mut is_whole = true;
    for date in dates {
        let made = match shelf.room_for(date) {
            Ok(()) => make(date).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(Entry { id, .. }) => tracing::info!(id, cut_off = %date, "a cut-off is kept"),
            Err(NoSnapshot::Made(_)) => {}
            Err(error) => {
                tracing::error!(%error, cut_off = %date, "a cut-off is without a snapshot");
                is_whole = false;
            }
        }
    }
    is_whole
}

#[cfg(test)]
mod tests;
