//! The policies folder, watched while officers edit it.
//!
//! An edit takes effect when the folder's content has stood still for a second and no checkout is
//! under way, so that half a save or half a checkout is never judged by. A faulty folder changes
//! nothing but a gauge. A set that makes the fleet look much better, or that drops rows or
//! mandatory rules, is held until an officer says yes ([`Gate`]). The last set in force stays
//! through all of that, even across a restart, because it lies whole in the store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::audit::{Action, Entry};
use crate::drain::Draining;
use crate::fleet::Fleet;
use crate::hub::Hub;
use crate::metrics::process::Process;
use crate::policy::plan::{Plan, Reason};
use crate::policy::{Folder, FolderHash, JudgeClock, PolicySet, Problems, Roll};
use crate::store::{
    AppendAudit, KeptFolder, PoliciesHeld, PoliciesInForce, PoliciesWithdrawn, Store, StoreError,
};
use gate::Order;
use lookout::Lookout;
use source::{Look, not_held};

mod checkout;
mod gate;
mod lookout;
mod source;

pub use gate::{Gate, Held, NotAccepted};
pub use source::{Source, read};

/// How soon the folder is looked at again while a checkout is under way.
const CHECKOUT_PAUSE: Duration = Duration::from_secs(1);
/// After so many looks a checkout is no checkout any more.
const STALE_CHECKOUT: u32 = 60;

/// The actor of what happens by itself.
const COLLECTOR: &str = "collector";

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
    /// It was held, and what it would have to be compared with is gone.
    #[error(
        "the set {0} was held and nobody has accepted it, and the last set in force no longer \
         loads, so that there is nothing to go on with: put the folder of the last set in force \
         back and mend in it what the log names, or accept the held set with the version of the \
         collector that ran before"
    )]
    Unaccepted(FolderHash),
    /// Reading it ended badly: a fault of this program.
    #[error("reading the policies folder ended badly: {0}")]
    Ended(String),
}

/// Why a set could not be dealt with; the one in force stays.
#[derive(Debug, thiserror::Error)]
enum ReloadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("judging by both sets ended badly: {0}")]
    Judging(String),
}

/// What a reloader starts with.
#[derive(Debug)]
pub struct Beginning {
    /// The folder.
    pub source: Source,
    /// The set that was last in force.
    pub last_good: Option<KeptFolder>,
    /// The hash of the set that waited for an officer's word.
    pub held_before: Option<String>,
    /// Where sets are kept.
    pub store: Store,
    /// Where it shows.
    pub process: Process,
}

/// A reloader that has put a set in force.
#[derive(Debug)]
pub struct Started {
    /// To be left watching.
    pub reloader: Reloader,
    /// The set in force, now and later.
    pub policies: watch::Receiver<Arc<PolicySet>>,
    /// Where officers say yes.
    pub gate: Gate,
}

/// Watches one folder and puts its sets in force.
#[derive(Debug)]
pub struct Reloader {
    source: Source,
    store: Store,
    process: Process,
    in_force: watch::Sender<Arc<PolicySet>>,
    held: watch::Sender<Option<Arc<Held>>>,
    orders: mpsc::Receiver<Order>,
    /// The hash of the set that waits, as the store knows it.
    noted: Option<String>,
    /// What was last found wrong, while it still is.
    fault: Option<String>,
    /// How often in a row a checkout was under way.
    checkouts: u32,
}

/// When to look again.
enum Pace {
    AtOnce,
    Soon,
    WhenStirred,
}

impl Reloader {
    /// Puts the last set in force again, and the folder's in its place if it may take effect
    /// unseen. Where there is no last set, there is nothing to compare the folder's with.
    ///
    /// # Errors
    /// The folder's fault, or that its set was held, when there is no last good set either.
    pub async fn start(from: Beginning, fleet: &Fleet) -> anyhow::Result<Started> {
        let Beginning { source, last_good, held_before, store, process } = from;
        let last = last_good.map(Folder::from_files);
        let look = source.first_look(last.as_ref().map(Folder::hash)).await;
        let begin = |set: PolicySet| {
            let (in_force, policies) = watch::channel(Arc::new(set));
            let (gate, held, orders) = Gate::new(source.clone());
            let noted = held_before.clone();
            let (source, fault) = (source.clone(), None);
            let reloader = Self {
                source,
                store: store.clone(),
                process: process.clone(),
                in_force,
                held,
                orders,
                noted,
                fault,
                checkouts: 0,
            };
            Started { reloader, policies, gate }
        };
        if let Some(set) = last.and_then(|folder| source.last_good(&folder)) {
            let mut started = begin(set);
            started.reloader.resume(look, fleet).await?;
            return Ok(started);
        }
        let folder = source.still(look)?;
        let set = source.load(&folder).and_then(|set| not_held(set, held_before.as_deref()));
        let set = set.map_err(|fault| source.unusable(&fault))?;
        let mut started = begin(set);
        let set = started.policies.borrow().clone();
        let detail = format!("to={}", set.hash);
        let action = Action::PoliciesInForce;
        started.reloader.take_effect(&folder, set, action, COLLECTOR, detail).await?;
        Ok(started)
    }

    /// Goes on with the last set, and deals with what the folder has become since.
    async fn resume(&mut self, look: Look, fleet: &Fleet) -> Result<(), StoreError> {
        let in_force = self.in_force.borrow().clone();
        self.process.policies_in_force(&in_force.hash.to_string(), crate::clock::now());
        if let Some((folder, set)) = self.sift(look).await? {
            let clock = JudgeClock::at(crate::clock::now());
            let before = Roll::call(in_force, fleet, clock);
            let plan = Plan::from(&before, set.clone(), fleet);
            self.decide(folder, set, plan).await?;
        }
        Ok(())
    }

    /// Watches until it is told to end.
    pub async fn watch(mut self, hub: Arc<Hub>, mut draining: Draining) {
        let mut lookout = Lookout::over(self.source.path());
        loop {
            lookout.follow();
            // First of all: what changed between the start and the watch is an event for nobody.
            let pace = tokio::select! {
                pace = self.reload(&hub) => pace,
                () = draining.told() => return,
            };
            let pause = async {
                match pace {
                    Pace::AtOnce => {}
                    Pace::Soon => tokio::time::sleep(CHECKOUT_PAUSE).await,
                    Pace::WhenStirred => lookout.stirred().await,
                }
            };
            tokio::select! {
                Some(order) = self.orders.recv() => self.answer(order, &hub).await,
                () = pause => {}
                () = draining.told() => return,
            }
        }
    }

    async fn reload(&mut self, hub: &Arc<Hub>) -> Pace {
        let look = self.source.look().await;
        let pace = match &look {
            Look::Still(_) => Pace::WhenStirred,
            Look::Changing => Pace::AtOnce,
            Look::CheckingOut => Pace::Soon,
        };
        self.checkouts = match &look {
            Look::CheckingOut => self.checkouts.saturating_add(1),
            Look::Still(_) | Look::Changing => 0,
        };
        if self.checkouts == 1 {
            tracing::info!("git is at work on the policies folder: it is read when that ends");
        }
        if self.checkouts == STALE_CHECKOUT {
            tracing::warn!(
                "git has held its lock on the policies folder for a minute: nothing is reloaded \
                 until the checkout ends; if none runs, remove .git/index.lock"
            );
        }
        if let Err(error) = self.deal_with(look, hub).await {
            self.process.reload_successful.set(0);
            tracing::error!(%error, "a policy set could not take effect: the last one stays");
        }
        pace
    }

    async fn deal_with(&mut self, look: Look, hub: &Arc<Hub>) -> Result<(), ReloadError> {
        if let Some((folder, set)) = self.sift(look).await? {
            let plan = Self::plan(set.clone(), hub).await?;
            self.decide(folder, set, plan).await?;
        }
        Ok(())
    }

    async fn plan(set: Arc<PolicySet>, hub: &Arc<Hub>) -> Result<Plan, ReloadError> {
        let plan = hub.show(move |live| Plan::from(live.roll(), set, live.fleet()));
        plan.await.map_err(ReloadError::Judging)
    }

    /// The folder's set, if it is a good one that is neither in force nor held.
    async fn sift(&mut self, look: Look) -> Result<Option<(Folder, Arc<PolicySet>)>, StoreError> {
        let folder = match look {
            Look::Changing | Look::CheckingOut => return Ok(None),
            Look::Still(Ok(folder)) => folder,
            Look::Still(Err(fault)) => {
                self.refuse(&fault).await?;
                return Ok(None);
            }
        };
        if self.in_force.borrow().hash == folder.hash() {
            self.withdraw().await?;
            self.well();
            return Ok(None);
        }
        if self.held.borrow().as_ref().is_some_and(|held| held.hash() == folder.hash()) {
            self.well();
            return Ok(None);
        }
        match self.source.load_apart(folder).await {
            Ok(loaded) => Ok(Some(loaded)),
            Err(fault) => {
                self.refuse(&fault).await?;
                Ok(None)
            }
        }
    }

    /// Puts a set in force, or holds it.
    async fn decide(
        &mut self,
        folder: Folder,
        set: Arc<PolicySet>,
        plan: Plan,
    ) -> Result<(), StoreError> {
        let reasons = plan.needs_acceptance_after(self.noted.as_deref());
        let was_held = self.noted.as_ref() == Some(&plan.policies.after);
        if reasons.is_empty() {
            let action = Action::PoliciesInForce;
            self.take_effect(&folder, set, action, COLLECTOR, plan.for_audit()).await?;
            tracing::info!("what changes:\n{}", told(&plan, &[]));
            return Ok(());
        }
        let since = crate::clock::now();
        if !was_held {
            let entry = self.entry(Action::PoliciesHeld, COLLECTOR, plan.for_audit());
            let hash = plan.policies.after.clone();
            self.store.submit(PoliciesHeld { hash, at: since, entry }).await?;
            self.process.audit_entries.inc();
        }
        tracing::warn!(
            "a policy set is held until it is accepted, the last one stays:\n{}",
            told(&plan, &reasons)
        );
        self.well();
        self.process.policy_held.set(1);
        self.noted = Some(plan.policies.after);
        self.held.send_replace(Some(Arc::new(Held { folder, set, reasons, since })));
        Ok(())
    }

    /// Does as an officer says, and tells whoever still waits what came of it.
    async fn answer(&mut self, order: Order, hub: &Arc<Hub>) {
        let Order { hash, actor, answer } = order;
        let outcome = self.accept(&hash, &actor, hub).await;
        let _ = answer.send(outcome);
    }

    async fn accept(
        &mut self,
        hash: &str,
        actor: &str,
        hub: &Arc<Hub>,
    ) -> Result<Plan, NotAccepted> {
        let held = self.held.borrow().clone().ok_or(NotAccepted::NothingHeld)?;
        held.is_meant_by(hash)?;
        match self.source.read_apart().await {
            Ok(folder) if folder.hash() == held.hash() => {}
            Ok(_) | Err(_) => return Err(NotAccepted::Edited(held.hash())),
        }
        // Who flips is told as of now, not as of when it was held.
        let plan = Self::plan(held.set.clone(), hub).await.map_err(NotAccepted::failed)?;
        let set = held.set.clone();
        let action = Action::PoliciesAccepted;
        let kept = self.take_effect(&held.folder, set, action, actor, plan.for_audit()).await;
        kept.map_err(NotAccepted::failed)?;
        Ok(plan)
    }

    /// Makes a set durable before anything is judged by it.
    async fn take_effect(
        &mut self,
        folder: &Folder,
        set: Arc<PolicySet>,
        action: Action,
        actor: &str,
        detail: String,
    ) -> Result<(), StoreError> {
        let hash = folder.hash().to_string();
        let at = crate::clock::now();
        let files = folder.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let entry = self.entry(action, actor, detail);
        self.store.submit(PoliciesInForce { hash: hash.clone(), files, at, entry }).await?;
        self.process.audit_entries.inc();
        self.process.policies_in_force(&hash, at);
        self.fault = None;
        self.noted = None;
        self.held.send_replace(None);
        self.in_force.send_replace(set);
        tracing::info!(hash, actor, "a policy set is in force");
        Ok(())
    }

    /// Says what is wrong, once for each fault.
    async fn refuse(&mut self, fault: &FolderError) -> Result<(), StoreError> {
        self.process.reload_successful.set(0);
        self.withdraw().await?;
        let words = fault.to_string();
        if self.fault.as_ref() == Some(&words) {
            return Ok(());
        }
        tracing::error!("the policies folder is faulty, the last good set stays:\n{words}");
        let entry = self.entry(Action::PoliciesRefused, COLLECTOR, fault.summary());
        self.store.submit(AppendAudit(entry)).await?;
        self.process.audit_entries.inc();
        self.fault = Some(words);
        Ok(())
    }

    /// The set that waited is no longer in the folder.
    async fn withdraw(&mut self) -> Result<(), StoreError> {
        let Some(hash) = self.noted.clone() else {
            return Ok(());
        };
        let entry = self.entry(Action::PoliciesWithdrawn, COLLECTOR, format!("held={hash}"));
        self.store.submit(PoliciesWithdrawn(entry)).await?;
        self.process.audit_entries.inc();
        self.process.policy_held.set(0);
        self.noted = None;
        self.held.send_replace(None);
        tracing::info!(hash, "the policy set that was held is no longer in the folder");
        Ok(())
    }

    /// The folder has no fault.
    fn well(&mut self) {
        self.fault = None;
        self.process.reload_successful.set(1);
    }

    fn entry(&self, action: Action, actor: &str, detail: String) -> Entry {
        Entry {
            at: crate::clock::now(),
            actor: actor.to_owned(),
            action,
            subject: self.source.path().display().to_string(),
            detail,
        }
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
            Self::Sample(_) | Self::Unaccepted(_) | Self::Ended(_) => self.to_string(),
        }
    }
}

/// A plan for the log.
fn told(plan: &Plan, reasons: &[Reason]) -> String {
    let reasons = reasons.iter().map(|reason| reason.words().get(report::Lang::En).to_owned());
    let lines: Vec<_> = reasons.chain(plan.lines(report::Lang::En)).collect();
    lines.iter().map(|line| format!("  {line}\n")).collect()
}
