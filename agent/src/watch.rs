//! Noticing that something on the machine has changed, without looking again and again.
//!
//! The system says when a watched file or folder changes. That is a hint and no more: where it
//! says nothing, as on a network's file system, the interval between two contacts still serves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// How long it must have been quiet before a change counts: an upgrade of two thousand packages
/// then counts once, when it is over.
pub const STILLNESS: Duration = Duration::from_secs(15);

/// Some files and folders, watched.
pub struct Watch {
    watched: Vec<PathBuf>,
    /// None where the system gives no events.
    watcher: Option<RecommendedWatcher>,
    events: mpsc::Receiver<()>,
    /// Something has changed, and it may still be going on.
    is_noisy: bool,
    stillness: Duration,
}

impl Watch {
    /// Watches these from now on. One that is not there yet is waited for.
    #[must_use]
    pub fn over(watched: Vec<PathBuf>, stillness: Duration) -> Self {
        let (sender, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if is_change(&event) {
                // A full channel already says that something changed.
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher
            .inspect_err(|error| tracing::warn!(%error, "no file events: the interval serves"))
            .ok();
        let mut watch = Self { watched, watcher, events, is_noisy: false, stillness };
        watch.arm();
        watch
    }

    /// Returns when something has changed and it has been quiet since for long enough. Not waiting
    /// to the end loses nothing.
    pub async fn changed(&mut self) {
        if !self.is_noisy {
            self.heard().await;
            self.is_noisy = true;
        }
        // One wake-up for each stretch of stillness, however many events a storm has.
        loop {
            sleep(self.stillness).await;
            if self.events.try_recv().is_err() {
                break;
            }
        }
        self.is_noisy = false;
        self.arm();
    }

    async fn heard(&mut self) {
        if self.events.recv().await.is_none() {
            // Nobody is left to say anything.
            std::future::pending::<()>().await;
        }
    }

    /// Watches what is there. A file that was replaced is another file: what was watched is gone
    /// with the old one.
    pub fn arm(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        for path in &self.watched {
            // There a second watch of a path stands beside the first, and holds the folder open.
            if cfg!(windows) {
                let _ = watcher.unwatch(path);
            }
            match watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                Err(error) if is_missing(&error) || !path.exists() => {}
                Err(error) => {
                    tracing::debug!(path = %path.display(), %error, "not watched");
                }
            }
        }
    }
}

fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Reading is none: the survey itself reads what is watched.
fn is_change(event: &notify::Result<Event>) -> bool {
    match event {
        Ok(event) => match event.kind {
            EventKind::Access(_) => false,
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => true,
        },
        // Events were lost: something happened.
        Err(_) => true,
    }
}

/// What to watch below a machine's root.
#[must_use]
pub fn below(root: &Path, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| root.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::time::timeout;

    use crate::durable;

    use super::*;

    const STILL: Duration = Duration::from_millis(300);
    /// A failure, not a measurement.
    const PATIENCE: Duration = Duration::from_secs(30);

    struct Office {
        folder: tempfile::TempDir,
    }

    impl Office {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("dpkg")).unwrap();
            fs::write(folder.path().join("dpkg/status"), "one").unwrap();
            fs::write(folder.path().join("os-release"), "ID=debian").unwrap();
            Self { folder }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn watch(&self) -> Watch {
            let watched = ["dpkg", "os-release", "not-yet"];
            Watch::over(below(self.folder.path(), &watched), STILL)
        }
    }

    async fn is_noticed(watch: &mut Watch) -> bool {
        timeout(PATIENCE, watch.changed()).await.is_ok()
    }

    async fn is_quiet(watch: &mut Watch) -> bool {
        timeout(STILL * 3, watch.changed()).await.is_err()
    }

    #[tokio::test]
    async fn a_file_replaced_in_a_folder_is_a_change_and_reading_it_is_none() {
        let office = Office::new();
        let mut watch = office.watch();
        durable::read(&office.path("dpkg/status"), 100).unwrap();
        assert!(is_quiet(&mut watch).await);
        fs::write(office.path("dpkg/status-new"), "two").unwrap();
        fs::rename(office.path("dpkg/status-new"), office.path("dpkg/status")).unwrap();
        assert!(is_noticed(&mut watch).await);
        assert!(is_quiet(&mut watch).await, "once");
    }

    #[tokio::test]
    async fn a_file_watched_by_itself_is_watched_again_when_it_was_replaced() {
        let office = Office::new();
        let mut watch = office.watch();
        for version in ["12", "13", "14"] {
            fs::write(office.path("new"), version).unwrap();
            fs::rename(office.path("new"), office.path("os-release")).unwrap();
            assert!(is_noticed(&mut watch).await, "{version}");
        }
    }

    #[tokio::test]
    async fn what_appears_later_is_watched_from_the_next_look_on() {
        let office = Office::new();
        let mut watch = office.watch();
        fs::create_dir(office.path("not-yet")).unwrap();
        watch.arm();
        fs::write(office.path("not-yet/here"), "").unwrap();
        assert!(is_noticed(&mut watch).await);
    }

    /// While dpkg configures packages it writes to its folder of updates and nowhere else.
    #[tokio::test]
    async fn packages_that_are_being_configured_are_not_yet_installed() {
        let office = Office::new();
        fs::create_dir_all(office.path("var/lib/dpkg/updates")).unwrap();
        let watched = below(office.folder.path(), crate::probes::watched(report::Platform::Linux));
        let mut watch = Watch::over(watched, STILL);
        let configuring = async {
            fs::write(office.path("var/lib/dpkg/status"), "unpacked").unwrap();
            for package in 0..20 {
                sleep(STILL / 3).await;
                fs::write(office.path("var/lib/dpkg/updates/0001"), package.to_string()).unwrap();
            }
        };
        tokio::select! {
            biased;
            () = configuring => {}
            () = watch.changed() => panic!("it is not over"),
        }
        assert!(is_noticed(&mut watch).await);
    }

    #[tokio::test]
    async fn a_storm_counts_once_and_only_when_it_is_over() {
        let office = Office::new();
        let mut watch = office.watch();
        let storm = async {
            for package in 0..200 {
                fs::write(office.path("dpkg/status"), package.to_string()).unwrap();
                sleep(STILL / 30).await;
            }
        };
        tokio::select! {
            biased;
            () = storm => {}
            () = watch.changed() => panic!("it is not over"),
        }
        assert!(is_noticed(&mut watch).await, "what was not waited for to the end is not lost");
        assert!(is_quiet(&mut watch).await);
    }
}
