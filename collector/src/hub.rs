//! What every listener of one collector shares.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustls_pki_types::CertificateDer;
use tokio::sync::watch;

use report::Timestamp;

use crate::audit::head::Head;
use crate::audit::key::AuditKey;
use crate::audit::verification::HeadFinding;
use crate::audit::{Entry, kept};
use crate::enrol::ca::{Authorities, CaCertificate};
use crate::enrol::limit::Knocks;
use crate::enrol::token::TokenRecord;
use crate::enrol::tokens::Tokens;
use crate::identities::{AuthenticatedMachine, Identities, Stranger};
use crate::ingest::limit::Limits;
use crate::live::Live;
use crate::metrics::process::Process;
use crate::past::{Past, PastError};
use crate::policy::PolicySet;
use crate::recorder;
use crate::refusals::{Caller, Refusals};
use crate::reload::Gate;
use crate::store::{AppendAudit, Archive, Holdings, KeptToken, Operation, Store, StoreError};
use crate::when::When;

/// So many kept heads are held against the logs whenever one is signed: those of two years at least.
const HEADS_LOOKED_AT: usize = 1000;

/// The shared state. No lock is held across a wait. That of the machines is held while everyone is
/// judged by another set, at midnight, or for a plan: a tenth of a second for 20,000.
#[derive(Debug)]
pub struct Hub {
    /// Issues certificates.
    pub authorities: Authorities,
    /// `host:port` by which agents reach this collector.
    pub public: Vec<String>,
    /// How often agents come back, in seconds.
    pub contact_interval: u32,
    /// What this process counts.
    pub process: Process,
    /// The policy set in force.
    pub policies: watch::Receiver<Arc<PolicySet>>,
    /// Where a policy set waits for an officer's word.
    pub gate: Gate,
    /// What was.
    pub archive: Archive,
    /// Signs how the logs end.
    pub audit_key: AuditKey,
    /// The file of the heads that were signed.
    pub heads: PathBuf,
    refusals: Refusals,
    limits: Mutex<Limits>,
    store: Store,
    live: RwLock<Live>,
    /// Held while a past is judged: one at a time, because each takes as much memory as the present.
    one_past: Arc<tokio::sync::Mutex<()>>,
    identities: RwLock<Identities>,
    tokens: RwLock<Tokens>,
    knocks: Mutex<Knocks>,
    /// Held by whoever logs verdicts: rows about one member come in the order of their changes.
    pub(crate) recording: tokio::sync::Mutex<()>,
}

/// What a hub starts with.
#[derive(Debug)]
pub struct Beginnings {
    /// See [`Hub::authorities`].
    pub authorities: Authorities,
    /// See [`Hub::public`].
    pub public: Vec<String>,
    /// See [`Hub::contact_interval`].
    pub contact_interval: u32,
    /// How many contacts one machine may make in an hour.
    pub contacts_per_hour: u32,
    /// See [`Hub::process`].
    pub process: Process,
    /// See [`Hub::policies`].
    pub policies: watch::Receiver<Arc<PolicySet>>,
    /// See [`Hub::gate`].
    pub gate: Gate,
    /// See [`Hub::archive`].
    pub archive: Archive,
    /// See [`Hub::audit_key`].
    pub audit_key: AuditKey,
    /// See [`Hub::heads`].
    pub heads: PathBuf,
    /// Where everything is kept.
    pub store: Store,
    /// What is kept there.
    pub holdings: Holdings,
}

impl Hub {
    /// A hub over the store's content.
    #[must_use]
    pub fn new(from: Beginnings) -> Self {
        let Holdings {
            fleet,
            certificates,
            tokens,
            audit_entries,
            policies: _,
            policies_held: _,
            is_simulation: _,
        } = from.holdings;
        from.process.audit_entries.inc_by(audit_entries);
        let standings = fleet.slots().map(|slot| {
            let machine = fleet.at(slot);
            (machine.id, machine.standing)
        });
        let issuers = from.authorities.machine_cas().map(CaCertificate::sha256).collect();
        let identities = Identities::new(issuers, certificates, standings);
        let set = from.policies.borrow().clone();
        let live = Live::new(set, fleet, crate::clock::now());
        Self {
            authorities: from.authorities,
            public: from.public,
            contact_interval: from.contact_interval,
            refusals: Refusals::new(from.process.refusals.clone()),
            limits: Mutex::new(Limits::new(from.contacts_per_hour, from.contact_interval)),
            process: from.process,
            policies: from.policies,
            gate: from.gate,
            archive: from.archive,
            audit_key: from.audit_key,
            heads: from.heads,
            store: from.store,
            live: RwLock::new(live),
            one_past: Arc::default(),
            identities: RwLock::new(identities),
            tokens: RwLock::new(tokens.into_iter().collect()),
            knocks: Mutex::default(),
            recording: tokio::sync::Mutex::new(()),
        }
    }

    /// Who speaks on a connection, asked for this very request.
    ///
    /// # Errors
    /// When nobody does.
    pub fn authenticate(
        &self,
        peer: Option<&CertificateDer<'_>>,
        now: Timestamp,
    ) -> Result<AuthenticatedMachine, Stranger> {
        self.identities().authenticate(peer, now)
    }

    /// Does one operation of the store and takes it over into memory, in the order of the commits
    /// and whether or not the caller still waits.
    ///
    /// # Errors
    /// When it was not kept; then memory is as it was.
    pub async fn commit<O: Operation>(
        self: &Arc<Self>,
        operation: O,
        take_over: impl FnOnce(&Self, &O::Outcome) + Send + 'static,
    ) -> Result<O::Outcome, StoreError> {
        let hub = Arc::clone(self);
        self.store.submit_then(operation, move |outcome| take_over(&hub, outcome)).await
    }

    /// Keeps an entry of the audit log that accompanies no other change.
    ///
    /// # Errors
    /// When it was not kept.
    pub async fn audit(self: &Arc<Self>, entry: Entry) -> Result<(), StoreError> {
        self.commit(AppendAudit(entry), |hub, ()| hub.process.audit_entries.inc()).await
    }

    /// Counts a refusal, and tells the audit log of it where that is due: in the background, because
    /// whoever is refused waits for nothing.
    pub fn refused(self: &Arc<Self>, reason: &'static str, caller: Caller) {
        let (now, can_write) = (crate::clock::now(), !self.store.is_behind());
        let Some(entry) = self.refusals.note(reason, caller, now, can_write) else {
            return;
        };
        let hub = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = hub.audit(entry).await {
                tracing::error!(%error, reason, "a refusal is not in the audit log");
            }
        });
    }

    /// How both logs end now, signed, with what the judge has said [until now](recorder::catch_up).
    ///
    /// # Errors
    /// When that cannot be logged or the store not be read.
    pub async fn head(self: &Arc<Self>) -> Result<Head, StoreError> {
        recorder::catch_up(self).await?;
        let hub = Arc::clone(self);
        let signed = tokio::task::spawn_blocking(move || {
            let ends = hub.archive.log_ends()?;
            Ok(Head::sign(&hub.audit_key, ends, crate::clock::now()))
        });
        signed.await.map_err(|_| StoreError::Closed)?
    }

    /// What is wrong between the logs and the newest heads that are kept beside the store: a head
    /// that is signed over a log that was changed hides none of those before it.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn contradictions(&self) -> anyhow::Result<Vec<HeadFinding>> {
        let kept = kept::read(&self.heads)?.unwrap_or_default();
        let heads = kept::heads(&kept).filter_map(|(_, head)| head.ok()).collect::<Vec<_>>();
        let newest = &heads[heads.len().saturating_sub(HEADS_LOOKED_AT)..];
        let mut findings = self.archive.hold(newest, &self.audit_key.public())?;
        findings.retain(HeadFinding::is_a_contradiction);
        Ok(findings)
    }

    /// Shows everyone as judged now, on a thread of its own: what is due for the clock or for a new
    /// set is judged first.
    ///
    /// # Errors
    /// When judging ended badly.
    pub async fn show<T: Send + 'static>(
        self: &Arc<Self>,
        view: impl FnOnce(&Live) -> T + Send + 'static,
    ) -> Result<T, String> {
        let hub = Arc::clone(self);
        let shown = tokio::task::spawn_blocking(move || {
            let mut live = hub.live_mut();
            live.advance(&hub.policy_set(), crate::clock::now());
            view(&RwLockWriteGuard::downgrade(live))
        });
        shown.await.map_err(|error| error.to_string())
    }

    /// Shows everyone as judged at a moment: the present as [`Hub::show`] does; a past one from the
    /// archive, on a thread of its own and without any lock that others wait for.
    ///
    /// # Errors
    /// When the moment cannot be told.
    pub async fn show_at<T: Send + 'static>(
        self: &Arc<Self>,
        when: When,
        view: impl FnOnce(&Live) -> T + Send + 'static,
    ) -> Result<T, PastError> {
        let Some(at) = when.at else {
            return self.show(view).await.map_err(PastError::Ended);
        };
        let set = when.as_known_now.then(|| self.policy_set());
        let judged = self.with_past(move |past| {
            past.judged(at, crate::clock::now(), set).map(|live| view(&live))
        });
        judged.await.map_err(PastError::Ended)?
    }

    /// Judges a past on a thread of its own, when no other is judged: whoever asked may go away, and
    /// the next still waits until this one is done.
    ///
    /// # Errors
    /// When judging ended badly.
    pub async fn with_past<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Past) -> T + Send + 'static,
    ) -> Result<T, String> {
        let one_at_a_time = Arc::clone(&self.one_past).lock_owned().await;
        let past = self.past();
        let done = tokio::task::spawn_blocking(move || {
            let _until_it_is_done = one_at_a_time;
            work(&past)
        });
        done.await.map_err(|error| error.to_string())
    }

    /// Where the past is read from.
    #[must_use]
    pub fn past(&self) -> Past {
        Past { archive: self.archive.clone(), source: self.gate.source().clone() }
    }

    /// Whether the store has more to write than it can in a moment.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.store.is_behind()
    }

    /// Whether the store still takes anything.
    #[must_use]
    pub fn keeps(&self) -> bool {
        !self.store.has_ended()
    }

    /// Returns when the store takes nothing any more.
    pub async fn store_ended(&self) {
        self.store.ended().await;
    }

    /// How often each machine may speak.
    pub fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policy set in force.
    #[must_use]
    pub fn policy_set(&self) -> Arc<PolicySet> {
        self.policies.borrow().clone()
    }

    /// The machines, and what was last said of them.
    pub fn live(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machines, to change them.
    pub fn live_mut(&self) -> RwLockWriteGuard<'_, Live> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The certificates.
    pub fn identities(&self) -> RwLockReadGuard<'_, Identities> {
        self.identities.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The certificates, to change them.
    pub fn identities_mut(&self) -> RwLockWriteGuard<'_, Identities> {
        self.identities.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often each address may knock in vain.
    pub fn knocks(&self) -> MutexGuard<'_, Knocks> {
        self.knocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every join token, the oldest first.
    #[must_use]
    pub fn tokens(&self) -> Vec<TokenRecord> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).all()
    }

    /// The token with a secret of this hash.
    #[must_use]
    pub fn token_by_secret(&self, secret_hash: &[u8; 32]) -> Option<TokenRecord> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        tokens.with_secret(secret_hash).cloned()
    }

    /// Tokens were made.
    pub fn tokens_created(&self, created: Vec<KeptToken>) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        created.into_iter().for_each(|token| tokens.insert(token));
    }

    /// Something about a token changed, and is durable.
    pub fn token_changed(&self, id: &str, change: impl FnOnce(&mut TokenRecord)) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get_mut(id) {
            change(token);
        }
    }
}
