use std::path::Path;

use report::State;

use super::*;
use crate::audit::key::AuditKey;
use crate::config::Config;
use crate::enrol::ca::Authorities;
use crate::hub::Beginnings;
use crate::init::{Wishes, init};
use crate::metrics::process::Process;
use crate::policy::roll::{NotPassed, Outcome};
use crate::reload::{Beginning, Reloader, Source, Started};
use crate::store::{Archive, Store};

/// The hub of an office that was just made.
async fn hub(dir: &Path) -> Arc<Hub> {
    let public = vec!["localhost".to_owned()];
    let wishes = Wishes {
        dir: dir.to_owned(),
        listen: None,
        metrics: None,
        public,
        allow_sample: false,
        root_key: None,
    };
    let config = Config::load(&init(&wishes).unwrap()).unwrap();
    let process = Process::new().unwrap();
    let (store, _, holdings) =
        Store::open(&config.store(), process.commit_duration.clone()).unwrap();
    let beginning = Beginning {
        source: Source::of(&config),
        last_good: None,
        held_before: None,
        store: store.clone(),
        process: process.clone(),
    };
    let Started { policies, gate, .. } = Reloader::start(beginning, &holdings.fleet).await.unwrap();
    Arc::new(Hub::new(Beginnings {
        authorities: Authorities::load(&config.pki()).unwrap(),
        public: config.public.clone(),
        contact_interval: config.contact_interval,
        contacts_per_hour: config.contacts_per_hour,
        process,
        policies,
        gate,
        archive: Archive::new(config.store()),
        audit_key: AuditKey::create(&config.pki()).unwrap(),
        heads: config.audit_heads(),
        store,
        holdings,
    }))
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_logged_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(&folder.path().join("office")).await;
    let outcome = Outcome {
        state: State::Protected,
        unit: "stp".to_owned(),
        rules: NotPassed::of(std::iter::empty()),
    };
    let member = "pc-that-left".to_owned();
    append(&hub, vec![Change { at: Timestamp(1), member, outcome: Some(outcome) }]).await.unwrap();
    tokio::select! {
        biased;
        _ = record(&hub) => panic!("it waits for the store at least once"),
        () = std::future::ready(()) => {}
    }
    record(&hub).await.unwrap();
    assert!(hub.archive.logged_members("", 9).unwrap().is_empty(), "it was noticed that it left");
}
