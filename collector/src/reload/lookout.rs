//! Learning that something stirs in a folder, whatever becomes of the folder itself.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// How often to see whether the folder is another one now, or has come back.
const SEARCH: Duration = Duration::from_secs(5);
/// File systems without events are looked at after so many searches: every minute.
const POLL: u32 = 12;

/// Watches what a path leads to. Events come from the folder that was there when the watch began;
/// where a link is set to another one, or the folder is moved away, only a look at the path tells.
pub(super) struct Lookout {
    path: PathBuf,
    events: mpsc::Sender<()>,
    changed: mpsc::Receiver<()>,
    watcher: Option<RecommendedWatcher>,
    watched: Option<Identity>,
}

/// Device and inode.
type Identity = (u64, u64);

impl Lookout {
    pub(super) fn over(path: &Path) -> Self {
        let (events, changed) = mpsc::channel(1);
        Self { path: path.to_owned(), events, changed, watcher: None, watched: None }
    }

    /// Watches what the path leads to now.
    pub(super) fn follow(&mut self) {
        let here = identity(&self.path);
        if self.watcher.is_none() || self.watched != here {
            // The old watch ends first: both would be on the same files.
            self.watcher = None;
            self.watcher = self.begin();
            self.watched = here;
        }
    }

    /// Returns when something has changed, or it is time to look all the same.
    pub(super) async fn stirred(&mut self) {
        for _ in 0..POLL {
            tokio::select! {
                _ = self.changed.recv() => return,
                () = tokio::time::sleep(SEARCH) => {
                    if self.watcher.is_none() || self.watched != identity(&self.path) {
                        return;
                    }
                }
            }
        }
    }

    fn begin(&self) -> Option<RecommendedWatcher> {
        let events = self.events.clone();
        let handler = move |event: notify::Result<notify::Event>| {
            // Reading is an event as well for some file systems; only changes count.
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
            .inspect_err(|error| tracing::debug!(%error, "no file events of the policies folder"))
            .ok()
    }
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
