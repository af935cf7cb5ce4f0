//! Logs the changes of what the judge says, a few at a time: contacts are never kept waiting.

use std::sync::Arc;

use report::Timestamp;

use crate::hub::Hub;
use crate::policy::roll::Change;
use crate::store::{AppendVerdicts, StoreError};

/// So many are compared and logged in one operation of the store.
const AT_ONCE: usize = 1000;

/// Logs every change since this was last done. After a start, another set or a failure, everyone is
/// compared with what was logged last, so that nothing stays unnoticed. Once begun it comes to its
/// end, whether or not the caller still waits.
///
/// # Errors
/// When something was not kept; everyone is then compared the next time.
pub async fn record(hub: &Arc<Hub>) -> Result<(), StoreError> {
    let hub = Arc::clone(hub);
    let recorded = tokio::spawn(async move { record_in_turn(&hub).await });
    recorded.await.map_err(|_| StoreError::Closed)?
}

/// Not to be given up half-way: what has changed is taken out of memory before it is logged.
async fn record_in_turn(hub: &Arc<Hub>) -> Result<(), StoreError> {
    let _turn = hub.recording.lock().await;
    let recorded = record_all(hub).await;
    if recorded.is_err() {
        hub.live_mut().mark_everyone();
    }
    recorded
}

/// Logs what has changed until now, so that what is read next knows of it. While everyone is being
/// compared, which takes long for a whole sector, nobody waits for that.
///
/// # Errors
/// As [`record`].
pub async fn catch_up(hub: &Arc<Hub>) -> Result<(), StoreError> {
    let everyone_waits = hub.live().roll().everyone_since().is_some();
    if everyone_waits { Ok(()) } else { record(hub).await }
}

async fn record_all(hub: &Arc<Hub>) -> Result<(), StoreError> {
    let mut everyone_since = None;
    loop {
        let changes = {
            let mut live = hub.live_mut();
            // Another set may take effect between two steps.
            everyone_since = live.roll().everyone_since().or(everyone_since);
            live.take_changes(AT_ONCE)
        };
        if changes.is_empty() {
            break;
        }
        append(hub, changes).await?;
    }
    match everyone_since {
        Some(at) => note_the_missing(hub, at).await,
        None => Ok(()),
    }
}

async fn append(hub: &Arc<Hub>, changes: Vec<Change>) -> Result<(), StoreError> {
    let appended = hub.commit(AppendVerdicts(changes), |hub, appended| {
        hub.process.verdict_changes.inc_by(*appended);
    });
    appended.await.map(|_| ())
}

/// Whoever was logged as a member and is none any more.
async fn note_the_missing(hub: &Arc<Hub>, at: Timestamp) -> Result<(), StoreError> {
    let mut last = String::new();
    loop {
        let logged = logged_members(hub, last).await?;
        let Some(end) = logged.last().cloned() else {
            return Ok(());
        };
        last = end;
        let missing = {
            let live = hub.live();
            let gone = logged.into_iter().filter(|member| !live.has_member(member));
            gone.map(|member| Change { at, member, outcome: None }).collect::<Vec<_>>()
        };
        if !missing.is_empty() {
            append(hub, missing).await?;
        }
    }
}

async fn logged_members(hub: &Arc<Hub>, after: String) -> Result<Vec<String>, StoreError> {
    let archive = hub.archive.clone();
    let read = tokio::task::spawn_blocking(move || archive.logged_members(&after, AT_ONCE));
    read.await.map_err(|_| StoreError::Closed)?
}

#[cfg(test)]
mod tests;
