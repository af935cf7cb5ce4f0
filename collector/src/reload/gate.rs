//! Where a set waits for an officer's word.

use std::fmt;
use std::sync::Arc;

use report::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::{FolderError, FolderHash, Source};
use crate::policy::plan::{Plan, Reason};
use crate::policy::{Folder, PolicySet};
use crate::store::KeptFolder;

/// Fewer digits than this could be a slip of the hand.
const MIN_DIGITS: usize = 8;

/// A set that waits.
#[derive(Debug)]
pub struct Held {
    pub(super) folder: Folder,
    /// The set.
    pub set: Arc<PolicySet>,
    /// Why it waits, as of when it was held.
    pub reasons: Vec<Reason>,
    /// Since when, by this process.
    pub since: Timestamp,
}

impl Held {
    /// The hash by which it is accepted.
    #[must_use]
    pub fn hash(&self) -> FolderHash {
        self.folder.hash()
    }

    /// Whether these digits, or the first of them, are its hash.
    pub(super) fn is_meant_by(&self, digits: &str) -> Result<(), NotAccepted> {
        let given = digits.trim().to_ascii_lowercase();
        let is_hash = given.len() >= MIN_DIGITS && given.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash {
            return Err(NotAccepted::NoHash(self.hash()));
        }
        match self.hash().to_string().starts_with(&given) {
            true => Ok(()),
            false => Err(NotAccepted::AnotherHeld { given, held: self.hash() }),
        }
    }
}

/// Why a set did not take effect on an officer's word.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// Nothing waits.
    #[error("no policy set is held: there is nothing to accept")]
    NothingHeld,
    /// That is no hash.
    #[error("give at least {MIN_DIGITS} hexadecimal digits of the held set's hash, {0}")]
    NoHash(FolderHash),
    /// Another one waits.
    #[error("{given} is not held; the set that is held is {held}: look at `policy plan` first")]
    AnotherHeld {
        /// What was given.
        given: String,
        /// What waits.
        held: FolderHash,
    },
    /// The folder no longer says what was held.
    #[error(
        "the policies folder has been edited since {0} was held: it is judged anew, look at \
         `policy plan` in a moment"
    )]
    Edited(FolderHash),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
    /// The collector ends.
    #[error("the collector ends: accept the set when it runs again")]
    Ending,
}

impl NotAccepted {
    pub(super) fn failed(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// An officer's word.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) hash: String,
    pub(super) actor: String,
    pub(super) answer: oneshot::Sender<Result<Plan, NotAccepted>>,
}

/// The officers' end of the reloader.
#[derive(Clone, Debug)]
pub struct Gate {
    source: Source,
    held: watch::Receiver<Option<Arc<Held>>>,
    orders: mpsc::Sender<Order>,
}

impl Gate {
    pub(super) fn new(
        source: Source,
    ) -> (Self, watch::Sender<Option<Arc<Held>>>, mpsc::Receiver<Order>) {
        let (sender, held) = watch::channel(None);
        let (orders, receiver) = mpsc::channel(1);
        (Self { source, held, orders }, sender, receiver)
    }

    /// The set that waits, if one does.
    #[must_use]
    pub fn held(&self) -> Option<Arc<Held>> {
        self.held.borrow().clone()
    }

    /// Where sets come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Makes a policy set of files that somebody would like to put into the folder.
    ///
    /// # Errors
    /// When they are faulty, or a sample where none is allowed.
    pub async fn load(&self, files: KeptFolder) -> Result<Arc<PolicySet>, FolderError> {
        let loaded = self.source.load_apart(Folder::from_files(files)).await;
        loaded.map(|(_, set)| set)
    }

    /// Says yes to the set of this hash, or of a hash that begins so, and returns when it is in
    /// force, with what it changed.
    ///
    /// # Errors
    /// When that set does not wait, or the folder no longer says so.
    pub async fn accept(&self, hash: String, actor: String) -> Result<Plan, NotAccepted> {
        let (answer, outcome) = oneshot::channel();
        let order = Order { hash, actor, answer };
        self.orders.send(order).await.map_err(|_| NotAccepted::Ending)?;
        outcome.await.map_err(|_| NotAccepted::Ending)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixtures::{NOW, folder, set};

    fn held() -> Held {
        let set = Arc::new(set("", &[]));
        Held { folder: folder("", &[]), set, reasons: Vec::new(), since: NOW }
    }

    #[test]
    fn a_set_is_meant_by_its_hash_or_the_first_eight_digits_of_it() {
        let held = held();
        let hash = held.hash().to_string();
        for given in [&hash, &hash[..8], &format!(" {} \n", hash[..12].to_uppercase())] {
            assert!(held.is_meant_by(given).is_ok(), "{given}");
        }
    }

    #[test]
    fn too_little_of_a_hash_or_another_one_names_the_one_that_is_held() {
        let held = held();
        let hash = held.hash().to_string();
        let other = if hash.starts_with('0') { "11111111" } else { "00000000" };
        for given in ["", &hash[..7], "not-a-hash", other, &format!("{hash}0")] {
            let refusal = held.is_meant_by(given).unwrap_err().to_string();
            assert!(refusal.contains(&hash), "{given}: {refusal}");
        }
    }
}
