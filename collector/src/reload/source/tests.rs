//! What a collector begins with when the last set in force no longer loads.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use prometheus::{Histogram, HistogramOpts};

use super::*;
use crate::metrics::process::Process;
use crate::policy::fixtures::{NOW, folder};
use crate::reload::{Beginning, Reloader};
use crate::store::Store;

/// A policies folder on disk.
struct World {
    dir: tempfile::TempDir,
    source: Source,
    hash: String,
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let policies = dir.path().join("policies");
    let files = folder("", &[]);
    for (path, text) in files.files() {
        let path = policies.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let keepers = Keepers::user(fs::metadata(dir.path()).unwrap().uid());
    let source = Source { path: policies, keepers, allow_sample: true };
    World { dir, source, hash: files.hash().to_string() }
}

/// A set that this version no longer takes.
fn outdated() -> KeptFolder {
    KeptFolder::from([("targets.toml".to_owned(), "former_key = 1\n".to_owned())])
}

impl World {
    async fn start(&self, held: Option<&str>) -> anyhow::Result<String> {
        let commits = Histogram::with_opts(HistogramOpts::new("commits", "commits")).unwrap();
        let (store, _writer, _) =
            Store::open(&self.dir.path().join("store.sqlite"), commits).unwrap();
        let beginning = Beginning {
            source: self.source.clone(),
            last_good: Some(outdated()),
            held_before: held.map(str::to_owned),
            store,
            process: Process::new().unwrap(),
        };
        let started = Reloader::start(beginning, &Fleet::default()).await?;
        Ok(started.policies.borrow().hash.to_string())
    }

    fn at_rest(&self, held: Option<&str>) -> Result<String, String> {
        let set = self.source.at_rest(Some(&outdated()), held, &Fleet::default(), NOW);
        set.map(|set| set.hash.to_string()).map_err(|fault| fault.to_string())
    }
}

#[tokio::test]
async fn what_was_held_stays_out_though_the_last_set_no_longer_loads() {
    let world = world();
    let refusal = world.start(Some(&world.hash)).await.unwrap_err().to_string();
    let words = format!("the set {} was held and nobody has accepted it", world.hash);
    assert!(refusal.contains(&words), "{refusal}");
    assert!(world.at_rest(Some(&world.hash)).unwrap_err().contains(&words));
}

#[tokio::test]
async fn a_folder_that_was_not_held_is_begun_with_where_the_last_set_no_longer_loads() {
    let world = world();
    assert_eq!(world.start(Some("0123")).await.unwrap(), world.hash);
    assert_eq!(world.at_rest(None).unwrap(), world.hash);
}
