//! Where policies come from: one folder, read when it stands still.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use report::Timestamp;

use super::{FolderError, FolderHash, checkout};
use crate::fleet::Fleet;
use crate::policy::folder::Keepers;
use crate::policy::plan::Plan;
use crate::policy::{self, Folder, JudgeClock, PolicySet, Roll};
use crate::store::KeptFolder;

/// How long a folder's content must stand still before it is used.
const STILLNESS: Duration = Duration::from_secs(1);
/// How often a start waits that long before it goes on with the last set.
const START_LOOKS: u32 = 10;

/// Reads a folder wherever it lies and makes a policy set of it.
///
/// # Errors
/// When it is faulty, open to everybody, or a sample where none is allowed.
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

/// A set to begin with where nothing can be compared: what was held waits all the same.
pub(super) fn not_held(set: PolicySet, held: Option<&str>) -> Result<PolicySet, FolderError> {
    match held.is_some_and(|held| held == set.hash.to_string()) {
        true => Err(FolderError::Unaccepted(set.hash)),
        false => Ok(set),
    }
}

/// A folder that is judged by.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    keepers: Keepers,
    allow_sample: bool,
}

/// What a look at a folder finds.
pub(super) enum Look {
    /// It has stood still for a second.
    Still(Result<Folder, FolderError>),
    /// Somebody is writing.
    Changing,
    /// Git is.
    CheckingOut,
}

impl Source {
    /// The folder of these settings.
    #[must_use]
    pub fn of(config: &crate::config::Config) -> Self {
        Self {
            path: config.policies.clone(),
            keepers: Keepers::of(&config.data),
            allow_sample: config.allow_sample,
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a policy set of a folder's content, wherever that comes from.
    ///
    /// # Errors
    /// When it is faulty, or a sample where none is allowed.
    pub fn load(&self, folder: &Folder) -> Result<PolicySet, FolderError> {
        load(&self.path, folder, self.allow_sample)
    }

    /// The set that was last in force, unless it no longer loads: a newer version may refuse what
    /// an older one took.
    pub(super) fn last_good(&self, folder: &Folder) -> Option<PolicySet> {
        let log = |fault: &FolderError| {
            tracing::error!("the last set in force, {}, no longer loads:\n{fault}", folder.hash());
        };
        self.load(folder).inspect_err(log).ok()
    }

    /// The set that a collector would go on with if it started now: the folder's, where that may
    /// take effect unseen, or the last one.
    ///
    /// # Errors
    /// The folder's fault, or that its set was held, when there is no last good set either.
    pub fn at_rest(
        &self,
        last_good: Option<&KeptFolder>,
        held: Option<&str>,
        fleet: &Fleet,
        now: Timestamp,
    ) -> Result<Arc<PolicySet>, FolderError> {
        let of_folder = self.read().and_then(|folder| self.load(&folder));
        let last = last_good.map(|files| Folder::from_files(files.clone()));
        let Some(last) = last.and_then(|folder| self.last_good(&folder)) else {
            return of_folder.and_then(|set| not_held(set, held)).map(Arc::new);
        };
        let set = match of_folder {
            Ok(set) => set,
            Err(_) => {
                tracing::warn!("the policies folder is faulty: judged by the last good set");
                return Ok(Arc::new(last));
            }
        };
        let (last, set) = (Arc::new(last), Arc::new(set));
        let passes = || {
            if held.is_some_and(|held| held == set.hash.to_string()) {
                return false;
            }
            let before = Roll::call(last.clone(), fleet, JudgeClock::at(now));
            Plan::from(&before, set.clone(), fleet).needs_acceptance().is_empty()
        };
        if set.hash == last.hash || passes() {
            return Ok(set);
        }
        tracing::warn!("the policies folder must be accepted first: judged by the last set");
        Ok(last)
    }

    /// Reads the folder as it is now.
    ///
    /// # Errors
    /// Every file that cannot be read as it must be, and everything that somebody other than its
    /// keepers could have written.
    pub fn read(&self) -> Result<Folder, FolderError> {
        Folder::read_kept(&self.path, &self.keepers).map_err(FolderError::Faulty)
    }

    /// Reads the folder as it is now, without holding anyone up.
    pub(super) async fn read_apart(&self) -> Result<Folder, FolderError> {
        let source = self.clone();
        apart(move || source.read()).await
    }

    /// Makes a policy set of a folder's content, without holding anyone up.
    pub(super) async fn load_apart(
        &self,
        folder: Folder,
    ) -> Result<(Folder, Arc<PolicySet>), FolderError> {
        let source = self.clone();
        apart(move || source.load(&folder).map(|set| (folder, Arc::new(set)))).await
    }

    /// Reads twice, a second apart.
    pub(super) async fn look(&self) -> Look {
        let before = self.read_apart().await.map(|folder| folder.hash());
        if checkout::is_under_way(&self.path) {
            return Look::CheckingOut;
        }
        tokio::time::sleep(STILLNESS).await;
        if checkout::is_under_way(&self.path) {
            return Look::CheckingOut;
        }
        match (before, self.read_apart().await) {
            (Ok(before), Ok(now)) if before == now.hash() => Look::Still(Ok(now)),
            (Err(_), Err(fault)) => Look::Still(Err(fault)),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => Look::Changing,
        }
    }

    /// The look of a start. What is as it was when it last took effect need not stand still first.
    pub(super) async fn first_look(&self, last: Option<FolderHash>) -> Look {
        match self.read_apart().await {
            Ok(folder) if Some(folder.hash()) == last => return Look::Still(Ok(folder)),
            Ok(_) | Err(_) => {}
        }
        let mut look = self.look().await;
        for _ in 1..START_LOOKS {
            match look {
                Look::Changing => look = self.look().await,
                Look::Still(_) | Look::CheckingOut => break,
            }
        }
        look
    }

    /// A folder to begin with, or why there is none.
    pub(super) fn still(&self, look: Look) -> anyhow::Result<Folder> {
        let path = self.path.display();
        match look {
            Look::Still(Ok(folder)) => Ok(folder),
            Look::Still(Err(fault)) => Err(self.unusable(&fault)),
            Look::Changing => anyhow::bail!(
                "{path} is being written to: start again when nobody writes there any more"
            ),
            Look::CheckingOut => anyhow::bail!(
                "git is at work in {path}: start again when it has finished; if none runs, remove \
                 .git/index.lock"
            ),
        }
    }

    /// The fault of a command that cannot do without this folder.
    pub(crate) fn unusable(&self, fault: &FolderError) -> anyhow::Error {
        anyhow::anyhow!("load the policies in {}:\n{fault}", self.path.display())
    }
}

/// Files are read and a large register is loaded on a thread of its own.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FolderError> + Send + 'static,
) -> Result<T, FolderError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(FolderError::Ended(error.to_string())))
}

#[cfg(test)]
mod tests;
