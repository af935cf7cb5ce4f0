//! The policies folder, watched while officers edit it.
//!
//! An edit takes effect when the folder has stood still for a second, so that half a save or half
//! a checkout is never judged by. A faulty folder changes nothing but a gauge: the last good set
//! stays, even across a restart, because every set that was in force lies whole in the store.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use report::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::audit::{Action, Entry};
use crate::drain::Draining;
use crate::metrics::process::Process;
use crate::policy::folder::Folder;
use crate::policy::{self, PolicySet};
use crate::store::{PoliciesInForce, Store, StoreError};

/// How long a folder must stand still before it is read.
const STILLNESS: Duration = Duration::from_secs(1);
/// File systems without events are looked at this often.
const POLL: Duration = Duration::from_secs(60);

/// Why a folder is of no use.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Its files are faulty.
    #[error("{0}")]
    Faulty(policy::Problems),
    /// Others may write to it.
    #[error("{path} can be written by others (mode {mode:03o}): run chmod -R go-w {path}")]
    Open {
        /// Which folder or file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
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
    check_closed(path)?;
    let folder = Folder::read(path).map_err(FolderError::Faulty)?;
    let set = policy::load(&folder).map_err(FolderError::Faulty)?;
    if set.register.is_sample() && !allow_sample {
        return Err(FolderError::Sample(path.join("register")));
    }
    Ok((folder, set))
}

/// Whoever may write here decides who counts as protected.
fn check_closed(path: &Path) -> Result<(), FolderError> {
    let Ok(metadata) = path.metadata() else {
        return Ok(()); // Reading it will say why.
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o002 != 0 {
        return Err(FolderError::Open { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Watches one folder and puts its sets in force.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    allow_sample: bool,
    store: Store,
    process: Process,
    in_force: watch::Sender<Arc<PolicySet>>,
    /// The hash of the folder that was read last, good or not.
    last_read: Option<String>,
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
    ) -> Result<(Self, watch::Receiver<Arc<PolicySet>>), anyhow::Error> {
        match read(&path, allow_sample) {
            Ok((folder, set)) => {
                let (in_force, receiver) = watch::channel(Arc::new(set));
                let last_read = Some(folder.hash().to_string());
                let reloader = Self { path, allow_sample, store, process, in_force, last_read };
                reloader.keep(&folder).await?;
                Ok((reloader, receiver))
            }
            Err(fault) => {
                let set = last_good.ok_or(fault.context(&path))?;
                tracing::error!("the policies folder is faulty: the last good set stays in force");
                process.policies_in_force(&set.hash.to_string(), crate::clock::now());
                process.reload_successful.set(0);
                let (in_force, receiver) = watch::channel(Arc::new(set));
                let reloader =
                    Self { path, allow_sample, store, process, in_force, last_read: None };
                Ok((reloader, receiver))
            }
        }
    }

    /// Watches until it is told to end.
    pub async fn watch(mut self, mut draining: Draining) {
        let (events, mut changed) = mpsc::channel(1);
        let _watcher = self.watcher(events);
        loop {
            tokio::select! {
                _ = changed.recv() => {}
                () = tokio::time::sleep(POLL) => {}
                () = draining.told() => return,
            }
            while let Ok(Some(())) = tokio::time::timeout(STILLNESS, changed.recv()).await {}
            if let Err(error) = self.reload().await {
                tracing::error!(%error, "a policy set could not be kept: the last one stays");
            }
        }
    }

    fn watcher(&self, events: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
        let handler = move |_: notify::Result<notify::Event>| {
            // A full channel already says that something changed.
            let _ = events.try_send(());
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
        if self.path.join(".git/index.lock").exists() {
            return Ok(()); // A checkout is under way; its end is an event of its own.
        }
        let hash = Folder::read(&self.path).ok().map(|folder| folder.hash().to_string());
        if hash.is_some() && hash == self.last_read {
            return Ok(());
        }
        match read(&self.path, self.allow_sample) {
            Ok((folder, set)) => {
                self.keep(&folder).await?;
                self.last_read = Some(folder.hash().to_string());
                self.in_force.send_replace(Arc::new(set));
            }
            Err(fault) => {
                let first_time =
                    self.process.reload_successful.get() != 0 || hash != self.last_read;
                self.last_read = hash;
                if first_time {
                    self.refuse(&fault).await?;
                }
            }
        }
        Ok(())
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

    async fn refuse(&self, fault: &FolderError) -> Result<(), StoreError> {
        self.process.reload_successful.set(0);
        tracing::error!("the policies folder is faulty, the last good set stays:\n{fault}");
        let at = crate::clock::now();
        let entry = entry(at, Action::PoliciesRefused, &self.path, &fault.summary());
        self.store.submit(crate::store::AppendAudit(entry)).await?;
        self.process.audit_entries.inc();
        Ok(())
    }
}

impl FolderError {
    fn context(self, path: &Path) -> anyhow::Error {
        anyhow::anyhow!("load the policies in {}:\n{self}", path.display())
    }

    /// One line, for the audit log.
    fn summary(&self) -> String {
        match self {
            Self::Faulty(problems) => {
                let compact = problems.compact();
                format!(
                    "{} problems: {}",
                    compact.lines().count(),
                    compact.lines().next().unwrap_or("")
                )
            }
            Self::Open { .. } | Self::Sample(_) => self.to_string(),
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
