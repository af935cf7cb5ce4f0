//! The store: what was acknowledged is on the disk.
//!
//! One thread writes. It takes every operation that is waiting, applies each in its own savepoint
//! of one transaction, commits with `synchronous=FULL`, and only then tells the callers. So a
//! reply means durable, and a hundred reports that arrive together cost one sync of the disk.
//!
//! What memory holds of the store is changed on that thread too, right after the commit and in the
//! order of the commits: a caller that goes away while it waits leaves nothing half-done.

mod archive;
mod audit;
mod authorities;
mod bulk;
mod chain;
mod contacts;
mod enrolment;
mod files;
mod heartbeats;
mod holdings;
mod machines;
mod past;
mod policies;
mod reports;
mod shadows;
mod since;
mod snapshots;
mod sqlite;
mod standings;
mod tokens;
mod topics;
mod verdicts;
mod verification;

use std::path::Path;
use std::sync::Arc;

use prometheus::Histogram;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub use archive::Archive;
pub use audit::{AppendAudit, LoggedEntry};
pub use authorities::{AuthorityRecord, NoteAuthorities};
pub(crate) use bulk::{BeginSimulation, Import, SimulatedEnrolment, SimulatedMachine};
pub use chain::{Hash, Link, Log, LogEnds};
pub use enrolment::{Enrol, EnrolAgain, Enrolled, NewCertificate, Renew};
pub use files::StoreFile;
pub use heartbeats::{Heard, StoreHeartbeat};
pub use holdings::{CertificateRecord, Holdings};
pub use machines::{CertificateUsed, Consequence, Decide, Decided, Decision};
pub use policies::{FileHistory, KeptFolder, PoliciesHeld, PoliciesInForce, PoliciesWithdrawn};
pub use reports::{StoreReport, Stored};
pub use shadows::Foreign;
pub use since::{MemberSince, Since, StatesSince};
pub use snapshots::KeepSnapshot;
pub use tokens::{CreateTokens, KeptToken, RevokeToken};
pub use verdicts::AppendVerdicts;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no; nothing of the operation was kept.
    #[error("store: {0}")]
    Database(Arc<rusqlite::Error>),
    /// The database's layout could not be brought up to date.
    #[error("migrate the store: {0}")]
    Migration(String),
    /// A row does not hold what this version writes.
    #[error("store: {what} is damaged: {why}")]
    Damaged {
        /// Which table and row.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// Something to be written, and what comes of it.
pub trait Operation: Send + 'static {
    /// What the caller learns once it is durable.
    type Outcome: Send + 'static;

    /// Applies it inside a savepoint.
    ///
    /// # Errors
    /// When the database fails; the savepoint is then rolled back.
    fn apply(self, database: &Connection) -> Result<Self::Outcome, StoreError>;
}

/// A handle on the store; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    queue: mpsc::Sender<Box<dyn Job>>,
}

/// The writing thread; waiting for it waits until everything taken is durable.
#[derive(Debug)]
pub struct Writer(std::thread::JoinHandle<()>);

/// How many operations one transaction takes at most: beyond a thousand nothing is gained and the
/// slowest caller waits longer.
const MAX_BATCH: usize = 1000;
/// How many may wait before callers are held back.
const QUEUE: usize = 4096;

impl Store {
    /// Opens the store in a file, creating or migrating it, and starts the writing thread.
    ///
    /// # Errors
    /// When the file cannot be opened or is no store of this program.
    pub fn open(file: &Path, commits: Histogram) -> Result<(Self, Writer, Holdings), StoreError> {
        let database = sqlite::open(file)?;
        let holdings = Holdings::load(&database)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || write_all(database, jobs, &commits))
            .map_err(|error| StoreError::Migration(error.to_string()))?;
        Ok((Self { queue }, Writer(thread), holdings))
    }

    /// Does one operation and returns once it is durable.
    ///
    /// # Errors
    /// When it, or the transaction it was part of, failed: then nothing of it was kept.
    pub async fn submit<O: Operation>(&self, operation: O) -> Result<O::Outcome, StoreError> {
        self.submit_then(operation, |_| ()).await
    }

    /// Does one operation, takes it over into memory once it is durable, whether or not the caller
    /// still waits, and returns.
    ///
    /// # Errors
    /// When it, or the transaction it was part of, failed: then nothing of it was kept.
    pub async fn submit_then<O: Operation>(
        &self,
        operation: O,
        take_over: impl FnOnce(&O::Outcome) + Send + 'static,
    ) -> Result<O::Outcome, StoreError> {
        let (reply, outcome) = oneshot::channel();
        let take_over = Box::new(take_over);
        let job = Box::new(Queued { state: State::Waiting(operation), take_over, reply });
        self.queue.send(job).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }
}

impl Store {
    /// Whether the writing thread has ended: nothing can be kept any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.queue.is_closed()
    }

    /// Whether more waits to be written than a transaction takes: who comes now waits for the
    /// second one from now at least.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.queue.capacity() < QUEUE - MAX_BATCH
    }

    /// Returns when the writing thread has ended.
    pub async fn ended(&self) {
        self.queue.closed().await;
    }
}

impl Writer {
    /// Waits for the last commit; every [`Store`] handle must be gone.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the store's thread ended badly");
        }
    }
}

fn write_all(
    mut database: Connection,
    mut jobs: mpsc::Receiver<Box<dyn Job>>,
    commits: &Histogram,
) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH {
            match jobs.try_recv() {
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
        let timer = commits.start_timer();
        let committed = commit(&mut database, &mut batch);
        timer.observe_duration();
        if let Err(error) = &committed {
            tracing::error!(%error, operations = batch.len(), "a transaction failed");
        }
        for job in batch {
            job.settle(committed.clone());
        }
    }
}

fn commit(database: &mut Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    let mut transaction =
        database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for job in batch {
        let savepoint = transaction.savepoint()?;
        if job.apply(&savepoint) {
            savepoint.commit()?;
        }
    }
    Ok(transaction.commit()?)
}

/// An operation whose type is forgotten.
trait Job: Send {
    /// Applies it; false when it failed and its savepoint must not be kept.
    fn apply(&mut self, database: &Connection) -> bool;
    /// Tells the caller, once the transaction's fate is known.
    fn settle(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Queued<O: Operation> {
    state: State<O>,
    take_over: TakeOver<O>,
    reply: oneshot::Sender<Result<O::Outcome, StoreError>>,
}

type TakeOver<O> = Box<dyn FnOnce(&<O as Operation>::Outcome) + Send>;

enum State<O: Operation> {
    Waiting(O),
    Applied(Result<O::Outcome, StoreError>),
    Taken,
}

impl<O: Operation> Job for Queued<O> {
    fn apply(&mut self, database: &Connection) -> bool {
        if let State::Waiting(operation) = std::mem::replace(&mut self.state, State::Taken) {
            self.state = State::Applied(operation.apply(database));
        }
        matches!(self.state, State::Applied(Ok(_)))
    }

    fn settle(self: Box<Self>, committed: Result<(), StoreError>) {
        let outcome = match (committed, self.state) {
            (Ok(()), State::Applied(outcome)) => outcome,
            (Ok(()), State::Waiting(_) | State::Taken) => Err(StoreError::Closed),
            (Err(error), _) => Err(error),
        };
        if let Ok(outcome) = &outcome {
            (self.take_over)(outcome);
        }
        // A caller that went away while it waited no longer wants to know.
        let _ = self.reply.send(outcome);
    }
}

#[cfg(test)]
mod tests;
