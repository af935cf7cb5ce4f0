//! Who makes snapshots: the collector by itself when a cut-off is over, and officers.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use report::Timestamp;

use super::{Entry, Occasion, sign, take};
use crate::audit::{self, Action};
use crate::drain::Draining;
use crate::hub::Hub;
use crate::past::PastError;
use crate::policy::Targets;
use crate::store::{KeepSnapshot, StoreError};
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

/// Makes the snapshot of a moment, or of the last cut-off that is over. That of a cut-off is the
/// first that was made of the end of its day.
///
/// # Errors
/// When it is there already, or cannot be made.
pub async fn create(
    hub: &Arc<Hub>,
    at: Option<Timestamp>,
    actor: String,
) -> Result<Entry, NoSnapshot> {
    let set = hub.policy_set();
    let Targets { calendar, cut_offs, .. } = &set.targets;
    let now = crate::clock::now();
    let made = hub.archive.cut_offs()?;
    let is_made = |date: &Date| made.contains(&date.to_string());
    match at {
        None => {
            let last = cut_offs.last_by(calendar, now).ok_or(NoSnapshot::NoCutOff)?;
            if is_made(&last) {
                return Err(NoSnapshot::Made(last.to_string()));
            }
            make(hub, calendar.end_of(last), Some(last), actor).await
        }
        Some(at) => {
            let of = cut_offs.last_by(calendar, at).filter(|date| calendar.end_of(*date) == at);
            make(hub, at, of.filter(|date| !is_made(date)), actor).await
        }
    }
}

async fn make(
    hub: &Arc<Hub>,
    at: Timestamp,
    cut_off: Option<Date>,
    actor: String,
) -> Result<Entry, NoSnapshot> {
    let made_at = crate::clock::now();
    let head = hub.head().await?.to_string();
    let occasion = Occasion { made_at, actor: actor.clone(), cut_off, head };
    let when = When { at: Some(at), as_known_now: false };
    let (cover, content) = hub.show_at(when, move |live| take(live, occasion)).await??;
    let digest = cover.digest();
    let entry = audit::Entry {
        at: made_at,
        actor,
        action: Action::SnapshotMade,
        subject: cover.cut_off.clone().unwrap_or_else(|| at.to_string()),
        detail: format!("at={at} policies={} digest={digest}", cover.policies),
    };
    let signature = sign(&hub.audit_key, &digest);
    let keep = KeepSnapshot { cover, content, digest, signature, entry };
    Ok(hub.commit(keep, |hub, _| hub.process.audit_entries.inc()).await?)
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
                Ok(()) => done = last,
                Err(error) => {
                    tracing::error!(%error, "the snapshot of a cut-off could not be made");
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

/// Before the first policy set nothing can be told.
async fn make_missing(hub: &Arc<Hub>, until: Timestamp) -> Result<(), NoSnapshot> {
    let Some(since) = hub.archive.begins()? else {
        return Ok(());
    };
    let made = hub.archive.cut_offs()?;
    let set = hub.policy_set();
    let Targets { calendar, cut_offs, .. } = &set.targets;
    for date in cut_offs.between(calendar, since, until) {
        if !made.contains(&date.to_string()) {
            let actor = "collector".to_owned();
            let entry = make(hub, calendar.end_of(date), Some(date), actor).await?;
            tracing::info!(id = entry.id, cut_off = %date, "the figures of a cut-off are kept");
        }
    }
    Ok(())
}
