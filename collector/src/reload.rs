//! The policies folder, watched while officers edit it.
//!
//! An edit takes effect when the folder's content has stood still for a second, so that half a
//! save or half a checkout is never judged by. A faulty folder changes nothing but a gauge: the
//! last good set stays, even across a restart, because every set that was in force lies whole in
//! the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use report::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::audit::{Action, Entry};
use crate::drain::Draining;
use crate::metrics::process::Process;
use crate::policy::{self, Folder, FolderHash, PolicySet, Problems};
use crate::store::{AppendAudit, PoliciesInForce, Store, StoreError};

/// How long a folder's content must stand still before it is used.
const STILLNESS: Duration = Duration::from_secs(1);
/// File systems without events are looked at this often.
const POLL: Duration = Duration::from_secs(60);
/// A folder that cannot be watched, because it is away, is looked for this often.
const SEARCH: Duration = Duration::from_secs(5);

/// Why a folder is of no use.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Its files are faulty.
    #[error("{0}")]
    Faulty(Problems),
    /// Its register is a sample.
    #[error(
        "the register in {0} is marked as a sample (sample = true): fill in your own, or set \
         allow_sample = true to try things out"
    )]
    Sample(PathBuf),
}

/// Reads a folder and makes a policy set of it.
///
/// # Errors
/// When it is faulty, open to others, or a sample where none is allowed.
pub fn read(path: &Path, allow_sample: bool) -> Result<(Folder, PolicySet), FolderError> {
    let folder = Folder::read(path).map_err(FolderError::Faulty)?;
    let set = load(path, &folder, allow_sample)?;
    Ok((folder, set))
}

fn load(path: &Path, folder: &Folder, allow_sample: bool) -> Result<PolicySet, FolderError> {
    let set = policy::load(folder).map_err(FolderError::Faulty)?;
    if set.register.is_sample() && !allow_sample {
        return Err(FolderError::Sample(path.join("register")));
    }
    Ok(set)
}

/// Watches one folder and puts its sets in force.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    allow_sample: bool,
    store: Store,
    process: Process,
    in_force: watch::Sender<Arc<PolicySet>>,
    /// What was last found wrong, while it still is.
    fault: Option<String>,
}

impl Reloader {
    /// Puts the folder's set in force, or the last good one if the folder is faulty.
    ///
    /// # Errors
    /// The folder's fault, when there is no last good set either.
    pub async fn start(
        path: PathBuf,
        allow_sample: bool,
        last_good: Option<PolicySet>,
        store: Store,
        process: Process,
    ) -> anyhow::Result<(Self, watch::Receiver<Arc<PolicySet>>)> {
        let reloader = |set| {
            let (in_force, receiver) = watch::channel(Arc::new(set));
            (
                Self { path: path.clone(), allow_sample, store, process, in_force, fault: None },
                receiver,
            )
        };
        match (read(&path, allow_sample), last_good) {
            (Ok((folder, set)), _) => {
                let (reloader, receiver) = reloader(set);
                reloader.keep(&folder).await?;
                Ok((reloader, receiver))
            }
            (Err(fault), Some(set)) => {
                let hash = set.hash.to_string();
                let (mut reloader, receiver) = reloader(set);
                reloader.process.policies_in_force(&hash, crate::clock::now());
                reloader.refuse(&fault).await?;
                Ok((reloader, receiver))
            }
            (Err(fault), None) => {
                anyhow::bail!("load the policies in {}:\n{fault}", path.display())
            }
        }
    }

    /// Watches until it is told to end.
    pub async fn watch(mut self, mut draining: Draining) {
        // Kept here too, so that the channel stays open while nothing watches.
        let (events, mut changed) = mpsc::channel(1);
        let mut watcher = self.watcher(&events);
        loop {
            // First of all: what changed between the start and the watch is an event for nobody.
            tokio::select! {
                outcome = self.reload() => if let Err(error) = outcome {
                    self.process.reload_successful.set(0);
                    tracing::error!(%error, "a policy set could not be kept: the last one stays");
                },
                () = draining.told() => return,
            }
            if watcher.is_none() || !self.path.exists() {
                watcher = self.watcher(&events);
            }
            let pause = if watcher.is_some() { POLL } else { SEARCH };
            tokio::select! {
                _ = changed.recv() => {}
                () = tokio::time::sleep(pause) => {}
                () = draining.told() => return,
            }
        }
    }

    /// Reading is an event as well for some file systems; only changes count.
    fn watcher(&self, events: &mpsc::Sender<()>) -> Option<RecommendedWatcher> {
        let events = events.clone();
        let handler = move |event: notify::Result<notify::Event>| {
            if !event.is_ok_and(|event| event.kind.is_access()) {
                // A full channel already says that something changed.
                let _ = events.try_send(());
            }
        };
        let watcher = notify::recommended_watcher(handler).and_then(|mut watcher| {
            watcher.watch(&self.path, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        watcher
            .inspect_err(|error| {
                tracing::warn!(%error, "no file events: the policies are looked at every minute");
            })
            .ok()
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        match self.still_folder().await {
            None => Ok(()),
            Some(Ok(folder)) if self.is_in_force(folder.hash()) => {
                self.fault = None;
                self.process.reload_successful.set(1);
                Ok(())
            }
            Some(Ok(folder)) => match load(&self.path, &folder, self.allow_sample) {
                Ok(set) => {
                    self.keep(&folder).await?;
                    self.fault = None;
                    self.in_force.send_replace(Arc::new(set));
                    Ok(())
                }
                Err(fault) => self.refuse(&fault).await,
            },
            Some(Err(problems)) => self.refuse(&FolderError::Faulty(problems)).await,
        }
    }

    /// The folder once its content has stood still; `None` while a checkout is under way, whose end
    /// is an event of its own.
    async fn still_folder(&self) -> Option<Result<Folder, Problems>> {
        let mut before = Folder::read(&self.path);
        loop {
            tokio::time::sleep(STILLNESS).await;
            if self.path.ancestors().any(|above| above.join(".git/index.lock").exists()) {
                return None;
            }
            let after = Folder::read(&self.path);
            match (&before, &after) {
                (Ok(before), Ok(now)) if before.hash() == now.hash() => return Some(after),
                (Err(_), Err(_)) => return Some(after),
                (Ok(_) | Err(_), Ok(_) | Err(_)) => before = after,
            }
        }
    }

    fn is_in_force(&self, hash: FolderHash) -> bool {
        self.in_force.borrow().hash == hash
    }

    /// Makes a set durable before anything is judged by it.
    async fn keep(&self, folder: &Folder) -> Result<(), StoreError> {
        let hash = folder.hash().to_string();
        let at = crate::clock::now();
        let files = folder.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let entry = entry(at, Action::PoliciesInForce, &self.path, &hash);
        self.store.submit(PoliciesInForce { hash: hash.clone(), files, at, entry }).await?;
        self.process.audit_entries.inc();
        self.process.policies_in_force(&hash, at);
        tracing::info!(hash, "a policy set is in force");
        Ok(())
    }

    /// Says what is wrong, once for each fault.
    async fn refuse(&mut self, fault: &FolderError) -> Result<(), StoreError> {
        self.process.reload_successful.set(0);
        let words = fault.to_string();
        if self.fault.as_ref() == Some(&words) {
            return Ok(());
        }
        tracing::error!("the policies folder is faulty, the last good set stays:\n{words}");
        let at = crate::clock::now();
        let entry = entry(at, Action::PoliciesRefused, &self.path, &fault.summary());
        self.store.submit(AppendAudit(entry)).await?;
        self.process.audit_entries.inc();
        self.fault = Some(words);
        Ok(())
    }
}

impl FolderError {
    /// One line, for the audit log.
    fn summary(&self) -> String {
        match self {
            Self::Faulty(problems) => {
                let compact = problems.compact();
                let first = compact.lines().next().unwrap_or_default();
                format!("{} problems: {first}", compact.lines().count())
            }
            Self::Sample(_) => self.to_string(),
        }
    }
}

fn entry(at: Timestamp, action: Action, path: &Path, detail: &str) -> Entry {
    Entry {
        at,
        actor: "collector".to_owned(),
        action,
        subject: path.display().to_string(),
        detail: detail.to_owned(),
    }
}
