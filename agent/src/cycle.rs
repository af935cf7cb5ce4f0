//! One contact: look, number, keep, send.
//!
//! Every step is on disk before the next one depends on it: the number before anything is sent
//! under it, the report before it is sent, the answer before the report is let go. Whatever moment
//! the process dies at, the next one either sends the same report under the same number or makes a
//! newer one under a higher number.
//!
//! A disk that takes nothing more does not silence the machine: the number is written over the
//! last one, and everything else then lives in memory.

use std::sync::Arc;
use std::time::Duration;

use report::machine::FactsDigest;
use report::moment::DAY;
use report::report::digest;
use report::text::TextError;
use report::wire::{
    HEARTBEATS_PATH, Heartbeat, REPORT_WANTED, REPORTS_PATH, ReportReply, encode_heartbeat,
};
use report::{Incarnation, Observation, Sequence, Text, Timestamp};

use crate::address::Address;
use crate::clock;
use crate::contacts::{Accepted, ContactKind, Contacts, Trouble};
use crate::fingerprint::{FingerprintError, fingerprint};
use crate::identity::{Identity, IdentityError};
use crate::lookout::{Lookout, NoAnswer};
use crate::probes::assignment::AssignmentClaims;
use crate::random::{self, NoRandomness};
use crate::renew::{self, RenewError};
use crate::spool::{Draft, Spool, surveyed_at};
use crate::state::{StateDir, StateError, StateLock};
pub use crate::survey::Subject;
use crate::survey::Surveyor;
use crate::uplink::proxy::Proxy;
use crate::uplink::{Answer, Body, Exchange, Failure, Refusal, Uplink, tls};

/// How long heartbeats alone may follow on a report, in seconds: volatile facts, which are no part
/// of the digest, are at most so old at the collector.
const REPORT_EVERY: i64 = DAY / 2;

/// The agent of one identity, with the sole right to its state folder.
pub struct Cycle {
    state: StateDir,
    _lock: StateLock,
    subject: Arc<Subject>,
    surveyor: Surveyor,
    /// Where the hardware is looked at from.
    hardware: Lookout,
    identity: Identity,
    reports: Uplink,
    spool: Spool,
    contacts: Contacts,
    /// What the collector has of this machine, if this process told it.
    known: Option<Known>,
    incarnation: Incarnation,
    version: Text,
    /// The last number this process gave: the disk may forget it.
    sequence: Sequence,
    /// When this process last renewed the identity.
    renewed_at: Option<Timestamp>,
}

/// The newest report that a collector has.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// What it says.
    says: FactsDigest,
    /// What the collector calls that.
    name: FactsDigest,
    /// When it was sent.
    at: Timestamp,
}

/// How a contact ended.
#[derive(Debug)]
pub enum Contact {
    /// What was sent is durable at the collector.
    Accepted(ReportReply),
    /// The report was refused for good and put aside.
    Refused(Refusal),
    /// This machine's identity was refused. What it has to say is kept.
    ShutOut(Refusal),
    /// Nobody took the report; it is kept.
    Later {
        /// How long the collector asked to be left alone.
        retry_after: Option<Duration>,
        /// What stood in the way.
        why: Failure,
    },
}

/// Whether a report that was kept may be sent in the place of a new survey.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// If its survey is younger than this.
    YoungerThan(Duration),
    /// Never: look anew.
    Never,
}

/// Why there was no contact at all.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    /// No identity that may be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The state folder does not serve.
    #[error(transparent)]
    State(#[from] StateError),
    /// Whose hardware this is cannot be told now.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// The identity does not make a connection.
    #[error("use this machine's identity: {0}")]
    Tls(#[from] rustls::Error),
    /// No random bits.
    #[error("run: {0}")]
    Random(#[from] NoRandomness),
    /// This build has no version that can be sent.
    #[error("name the version of this agent: {0}")]
    Version(#[from] TextError),
    /// Looking at the hardware did not come back.
    #[error("look at this machine's hardware: {0}")]
    Hardware(#[from] NoAnswer),
}

impl CycleError {
    /// Whether waiting will not help.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Identity(_) | Self::Tls(_) | Self::Random(_) | Self::Version(_) => true,
            Self::State(_) | Self::Hardware(_) | Self::Fingerprint(_) => false,
        }
    }
}

impl Cycle {
    /// Takes the state folder and the identity in it.
    ///
    /// # Errors
    /// When another process has the folder, or there is no identity that may be used.
    pub fn open(
        state: StateDir,
        collectors: Vec<Address>,
        subject: Subject,
    ) -> Result<Self, CycleError> {
        let lock = state.lock()?;
        let identity = Identity::load(&state)?;
        let contacts = Contacts::load(&state, identity.machine)?;
        let mut spool = Spool::open(&state)?;
        let told = contacts.told();
        spool.keep_only(|draft| {
            draft.machine == identity.machine
                && draft.fingerprint == identity.fingerprint
                && draft.sequence > told
        });
        let tls = tls::reports(&identity, contacts.heard())?;
        Ok(Self {
            reports: Uplink::new(identity.collectors(&collectors).to_vec(), tls),
            incarnation: random::incarnation()?,
            version: Text::new(env!("CARGO_PKG_VERSION"))?,
            surveyor: Surveyor::here(subject.host.platform()),
            subject: Arc::new(subject),
            hardware: Lookout::default(),
            sequence: spool.waiting().last().map_or(told, |newest| newest.sequence),
            known: None,
            renewed_at: None,
            _lock: lock,
            state,
            identity,
            spool,
            contacts,
        })
    }

    /// The same through a proxy, if there is one.
    #[must_use]
    pub fn through(self, proxy: Option<Proxy>) -> Self {
        Self { reports: self.reports.through(proxy), ..self }
    }

    /// Reports to other collectors, on another way and with other claims from now on.
    pub fn configure(
        &mut self,
        collectors: &[Address],
        proxy: Option<Proxy>,
        claims: AssignmentClaims,
    ) {
        let collectors = self.identity.collectors(collectors).to_vec();
        self.reports = self.reports.clone().to(collectors).through(proxy);
        self.subject = Arc::new(Subject { host: self.subject.host.clone(), claims });
    }

    /// The same agent, looking in another way than from this process.
    #[must_use]
    pub fn with_surveyor(self, surveyor: Surveyor) -> Self {
        Self { surveyor, ..self }
    }

    /// One contact: with what was kept, or with a new survey.
    ///
    /// # Errors
    /// When nothing was sent. What was kept is then still kept.
    pub async fn contact(&mut self, kept: Kept) -> Result<Contact, CycleError> {
        self.check_hardware().await?;
        let refused = self.renew_if_due().await?;
        if !self.may_send_kept(kept, clock::now()) {
            let seen = self.look().await;
            if refused.is_none()
                && let Some(contact) = self.say_that_nothing_changed(&seen).await?
            {
                return Ok(contact);
            }
            self.keep(seen)?;
        }
        Ok(self.send_unless(refused).await)
    }

    /// Looks because something on the machine has changed, and if that shows in the survey, keeps
    /// the report and sends it where that `may` be now. Nothing to tell: no contact.
    ///
    /// # Errors
    /// When the report could not be made or sent. What was kept is then still kept.
    pub async fn notice(&mut self, may_send: bool) -> Result<Option<Contact>, CycleError> {
        self.check_hardware().await?;
        let seen = self.look().await;
        if self.is_told(digest(&seen)) {
            return Ok(None);
        }
        self.keep(seen)?;
        if !may_send {
            return Ok(None);
        }
        let refused = self.renew_if_due().await?;
        Ok(Some(self.send_unless(refused).await))
    }

    /// Notes when the next contact is due.
    pub fn expect_next(&mut self, wait: Duration) {
        let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        self.contacts.next_at = Some(clock::now() + seconds);
        self.save_contacts();
    }

    /// What waits to be sent.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// The key is this machine's, or it is not used.
    async fn check_hardware(&mut self) -> Result<(), CycleError> {
        let checked = self.is_own_hardware().await;
        if let Err(error) = &checked {
            self.note_failure(Trouble::NotSent, error.to_string());
        }
        checked
    }

    async fn is_own_hardware(&self) -> Result<(), CycleError> {
        let subject = Arc::clone(&self.subject);
        let hardware = self.hardware.look(move || fingerprint(&subject.host)).await??;
        Ok(self.identity.belongs_to(&hardware)?)
    }

    async fn look(&self) -> Vec<Observation> {
        self.surveyor.survey(&self.subject, clock::now()).await
    }

    /// Whether the collector, or the newest report that waits for it, says the same already.
    fn is_told(&self, says: FactsDigest) -> bool {
        match self.spool.waiting().last() {
            Some(newest) => newest.says() == says,
            None => self.known.is_some_and(|known| known.says == says),
        }
    }

    /// Numbers, keeps: afterwards the report survives this process.
    fn keep(&mut self, observations: Vec<Observation>) -> Result<(), CycleError> {
        self.sequence = self.state.next_sequence(self.sequence)?;
        let draft = Draft {
            machine: self.identity.machine,
            agent: self.version.clone(),
            fingerprint: self.identity.fingerprint,
            sequence: self.sequence,
            observations,
        };
        if let Err(error) = self.spool.put(draft) {
            tracing::warn!("the report waits in memory alone: failed to {error}");
        }
        Ok(())
    }

    fn may_send_kept(&self, kept: Kept, now: Timestamp) -> bool {
        let Kept::YoungerThan(age) = kept else {
            return false;
        };
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        self.spool.waiting().last().is_some_and(|newest| newest.is_younger_than(seconds, now))
    }

    /// A renewal that fails is tried again at the next contact; until the certificate ends there
    /// are many. The refusal, where it shuts this machine out.
    async fn renew_if_due(&mut self) -> Result<Option<Refusal>, CycleError> {
        let now = self.reports.today();
        let (machine, validity) = (self.identity.machine, self.identity.validity);
        // The last answer is on disk: a process that ends after each contact is asked as well.
        let asked = self.contacts.accepted.as_ref().is_some_and(|last| last.reply.renew);
        if !renew::is_due(machine, validity, asked, self.renewed_at, now) {
            return Ok(None);
        }
        let heard = self.contacts.heard();
        match renew::renew(&self.state, &self.identity, heard, &self.reports).await {
            Ok(identity) => {
                self.reports = self.reports.anew(tls::reports(&identity, heard)?);
                self.identity = identity;
                self.renewed_at = Some(now);
                let until = self.identity.validity.not_after;
                tracing::info!(%until, "renewed the identity");
            }
            Err(RenewError::Refused(refusal)) if refusal.shuts_out() => return Ok(Some(refusal)),
            Err(error) => tracing::warn!("failed to {error}"),
        }
        Ok(None)
    }

    /// A heartbeat, where the collector has these very facts; none, where it wants the report.
    async fn say_that_nothing_changed(
        &mut self,
        seen: &[Observation],
    ) -> Result<Option<Contact>, CycleError> {
        let Some(heartbeat) = self.heartbeat(seen)? else {
            return Ok(None);
        };
        let body = Body::plain(encode_heartbeat(&heartbeat));
        match self.reports.post(HEARTBEATS_PATH, &body).await {
            Answer::Accepted { reply, by, exchange } => {
                let kind = ContactKind::Heartbeat;
                self.note_accepted(kind, heartbeat.sequence, exchange, &reply, &by);
                Ok(Some(Contact::Accepted(reply)))
            }
            Answer::Refused(refusal) if refusal.shuts_out() => {
                self.keep(seen.to_vec())?;
                Ok(Some(self.shut_out(refusal)))
            }
            Answer::Refused(refusal) => {
                match refusal.problem.reason == REPORT_WANTED {
                    true => tracing::info!("the collector wants the report"),
                    false => tracing::warn!("instead of the heartbeat the report: {refusal}"),
                }
                self.known = None;
                Ok(None)
            }
            Answer::Later { retry_after, why } => {
                self.keep(seen.to_vec())?;
                self.note_failure(Trouble::NotTaken, why.to_string());
                Ok(Some(Contact::Later { retry_after, why }))
            }
        }
    }

    fn heartbeat(&mut self, seen: &[Observation]) -> Result<Option<Heartbeat>, CycleError> {
        let now = clock::now();
        let says = digest(seen);
        let known = self
            .known
            .filter(|known| known.says == says && (0..REPORT_EVERY).contains(&now.since(known.at)));
        let (Some(known), Some(observed_at)) = (known, surveyed_at(seen)) else {
            return Ok(None);
        };
        if !self.spool.waiting().is_empty() {
            return Ok(None);
        }
        self.sequence = self.state.next_sequence(self.sequence)?;
        Ok(Some(Heartbeat {
            machine: self.identity.machine,
            fingerprint: self.identity.fingerprint,
            incarnation: self.incarnation,
            sequence: self.sequence,
            sent_at: now,
            observed_at,
            digest: known.name,
        }))
    }

    /// Everything that waits, unless this machine was `refused` already.
    async fn send_unless(&mut self, refused: Option<Refusal>) -> Contact {
        match refused {
            Some(refusal) => self.shut_out(refusal),
            None => self.send_waiting().await,
        }
    }

    /// Everything that waits, oldest first, until something stands in the way. A report that is
    /// refused for what it says is no reason to hold back the next one; two for the same reason
    /// are.
    async fn send_waiting(&mut self) -> Contact {
        let mut last = Contact::Later { retry_after: None, why: Failure::default() };
        while let Some(oldest) = self.spool.waiting().first().cloned() {
            let next = self.send(&oldest).await;
            let goes_on = match (&last, &next) {
                (_, Contact::Accepted(_)) => true,
                (Contact::Refused(former), Contact::Refused(refusal)) => {
                    former.problem.reason != refusal.problem.reason
                }
                (_, Contact::Refused(refusal)) => is_about_the_report(refusal),
                (_, Contact::ShutOut(_) | Contact::Later { .. }) => false,
            };
            last = next;
            if !goes_on {
                break;
            }
        }
        last
    }

    async fn send(&mut self, draft: &Draft) -> Contact {
        let sent_at = clock::now();
        let body = Body::squeezed(draft.body(self.incarnation, sent_at));
        let answer: Answer<ReportReply> = self.reports.post(REPORTS_PATH, &body).await;
        match answer {
            Answer::Accepted { reply, by, exchange } => {
                let name = reply.digest;
                self.known = name.map(|name| Known { says: draft.says(), name, at: sent_at });
                self.note_accepted(ContactKind::Report, draft.sequence, exchange, &reply, &by);
                self.spool.taken(draft.sequence);
                Contact::Accepted(reply)
            }
            Answer::Refused(refusal) if refusal.shuts_out() => self.shut_out(refusal),
            Answer::Refused(refusal) => {
                tracing::error!(sequence = %draft.sequence, "the report is put aside: {refusal}");
                self.known = None;
                if let Err(error) = self.spool.refuse(draft.sequence, &refusal, clock::now()) {
                    tracing::warn!("failed to {error}");
                }
                self.note_failure(Trouble::Refused, refusal.to_string());
                Contact::Refused(refusal)
            }
            Answer::Later { retry_after, why } => {
                self.note_failure(Trouble::NotTaken, why.to_string());
                Contact::Later { retry_after, why }
            }
        }
    }

    fn note_accepted(
        &mut self,
        kind: ContactKind,
        sequence: Sequence,
        exchange: Exchange,
        reply: &ReportReply,
        by: &Address,
    ) {
        self.contacts.accept(Accepted {
            at: exchange.answered_at,
            collector: by.to_string(),
            sequence,
            kind,
            skew: exchange.skew(reply.received_at),
            reply: reply.clone(),
        });
        self.save_contacts();
    }

    /// No other report would fare better, so none is given up.
    fn shut_out(&mut self, refusal: Refusal) -> Contact {
        tracing::error!("this machine is shut out, and its reports are kept: {refusal}");
        self.contacts.refuse(clock::now(), &refusal);
        self.save_contacts();
        Contact::ShutOut(refusal)
    }

    fn note_failure(&mut self, trouble: Trouble, why: String) {
        self.contacts.fail(clock::now(), trouble, why);
        self.save_contacts();
    }

    /// They are for people to read: a disk that does not take them holds nothing up.
    fn save_contacts(&self) {
        if let Err(error) = self.contacts.save(&self.state) {
            tracing::warn!("failed to {error}");
        }
    }
}

/// Not about the machine, which no other report of it would help.
fn is_about_the_report(refusal: &Refusal) -> bool {
    !matches!(refusal.status, 401 | 403)
}
