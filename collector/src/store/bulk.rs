//! A simulated fleet, written in bulk into a store of its own.
//!
//! What the store keeps of a report is decided as for a real one: the newest of each topic,
//! history where a topic says something else, spans of contact, since when security updates wait.
//! Only who speaks is not checked, because nobody does: so such a store begins with an audit entry
//! that marks it for good, and a store without that entry takes nothing here.

use std::collections::BTreeMap;

use report::wire::ReceivedReport;
use report::{Fingerprint, Incarnation, MachineId, Observation, Sequence, Timestamp, Topic};
use rusqlite::Connection;

use super::audit::audit;
use super::contacts::{Facts, Span};
use super::enrolment::insert_certificate;
use super::topics::{Before, Noted, TopicRow};
use super::{NewCertificate, Operation, StoreError, standings};
use crate::audit::{Action, Entry};
use crate::ingest::admission::topic_digest;
use crate::ingest::continuity::Kind;
use crate::machine::{Contact, Kept, Pending, Standing};

/// Marks an empty store as one that holds a simulation.
#[derive(Debug)]
pub(crate) struct BeginSimulation(pub(crate) Entry);

impl Operation for BeginSimulation {
    /// Whether the store was empty; nothing is kept when not.
    type Outcome = bool;

    fn apply(self, database: &Connection) -> Result<bool, StoreError> {
        let is_used = database.prepare("SELECT 1 FROM audit LIMIT 1")?.exists([])?;
        if !is_used {
            audit(database, &Entry { action: Action::Simulated, ..self.0 })?;
        }
        Ok(!is_used)
    }
}

/// Whether a store holds a simulation: its first audit entry says so.
pub(super) fn is_simulation(database: &Connection) -> Result<bool, StoreError> {
    Ok(database
        .prepare("SELECT 1 FROM audit WHERE number = 1 AND action = ?")?
        .exists([Action::Simulated.name()])?)
}

/// Keeps simulated machines in a store that is marked.
#[derive(Debug)]
pub(crate) struct Import(pub(crate) Vec<SimulatedMachine>);

impl Operation for Import {
    /// Whether the store is marked; nothing is kept when not.
    type Outcome = bool;

    fn apply(self, database: &Connection) -> Result<bool, StoreError> {
        if !is_simulation(database)? {
            return Ok(false);
        }
        for machine in &self.0 {
            machine.insert(database)?;
        }
        Ok(true)
    }
}

/// A simulated identity, and what the store would have kept of it.
#[derive(Debug)]
pub(crate) struct SimulatedMachine {
    enrolment: SimulatedEnrolment,
    contact: Contact,
    last: Option<Last>,
    reports: i64,
    reported_at: Option<Timestamp>,
    patches: Option<Kept>,
    pending_since: Option<Timestamp>,
    topics: BTreeMap<String, KeptTopic>,
    history: Vec<(String, TopicRow)>,
    spans: Vec<Span>,
}

/// How a simulated identity came to be.
#[derive(Debug)]
pub(crate) struct SimulatedEnrolment {
    /// Its name.
    pub(crate) machine: MachineId,
    /// The row it is bound to.
    pub(crate) row: Option<String>,
    /// The unit of its token.
    pub(crate) unit: Option<String>,
    /// What became of it.
    pub(crate) standing: Standing,
    /// Its hardware.
    pub(crate) fingerprint: Fingerprint,
    /// When.
    pub(crate) at: Timestamp,
    /// A certificate that nobody holds, of an authority that does not exist.
    pub(crate) certificate: NewCertificate,
}

/// The last contact, and what it said.
#[derive(Debug)]
struct Last {
    incarnation: Incarnation,
    sequence: Sequence,
    kind: Kind,
    observations: Vec<Observation>,
}

#[derive(Debug)]
struct KeptTopic {
    row: TopicRow,
    noted: Noted,
    confirmed_at: Option<Timestamp>,
}

impl SimulatedMachine {
    /// A machine joined.
    pub(crate) fn enrolled(enrolment: SimulatedEnrolment) -> Self {
        Self {
            contact: Contact { at: enrolment.at, skew: 0 },
            enrolment,
            last: None,
            reports: 0,
            reported_at: None,
            patches: None,
            pending_since: None,
            topics: BTreeMap::new(),
            history: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// It reported, with every topic: a simulated agent leaves none out.
    pub(crate) fn report(&mut self, received: &ReceivedReport, at: Timestamp) {
        let report = &received.report;
        let contact = Contact { at, skew: report.sent_at.since(at) };
        self.last = Some(Last {
            incarnation: report.incarnation,
            sequence: report.sequence,
            kind: Kind::Report,
            observations: report.observations.clone(),
        });
        let kept = |seen: &Observation| Kept::new(seen.clone(), contact);
        let seen_at = |topic: &str| {
            let own = report.observations.iter().find(|seen| seen.topic.name() == topic);
            own.map_or(at, |seen| kept(seen).seen_at())
        };
        let earliest = report.observations.iter().map(|seen| kept(seen).seen_at()).min();
        self.contact(contact, Facts::Seen(earliest.unwrap_or(at)));
        self.reports += 1;
        self.reported_at = Some(at);
        let patches = report.observations.iter().find(|seen| seen.topic == Topic::Patches);
        let waited_since = self.pending_since;
        if let Some(next) = patches.map(kept) {
            self.pending_since = self.pending().after(&next);
            self.patches = Some(next);
        }
        for (name, body) in &received.bodies {
            let row = TopicRow {
                body: body.get().to_owned(),
                digest: topic_digest(&report.observations, name, body.get()),
                contact,
                report: self.reports,
                seen_at: seen_at(name),
                pending_since: self.pending_since.filter(|_| name == Topic::Patches.name()),
            };
            let waits_anew = row.pending_since != waited_since;
            self.keep(name, row, waits_anew && name == Topic::Patches.name());
        }
    }

    /// It said that nothing has changed since its last report.
    pub(crate) fn heartbeat(&mut self, contact: Contact) {
        self.contact(contact, Facts::SeenAgain(contact.at));
        if let Some(last) = &mut self.last {
            last.sequence = last.sequence.next();
            last.kind = Kind::Heartbeat;
        }
        for topic in self.topics.values_mut().filter(|topic| topic.row.report == self.reports) {
            topic.confirmed_at = Some(contact.at);
        }
    }

    fn pending(&self) -> Pending<'_> {
        Pending {
            enrolled_at: self.enrolment.at,
            noted: self.pending_since,
            topic: self.patches.as_ref(),
        }
    }

    fn contact(&mut self, contact: Contact, facts: Facts) {
        self.contact = contact;
        let span = Span::after(self.spans.last().copied(), contact, facts);
        self.spans.pop_if(|last| last.first_at == span.first_at);
        self.spans.push(span);
    }

    fn keep(&mut self, name: &str, row: TopicRow, waits_anew: bool) {
        let before = self.topics.get(name).map(|KeptTopic { row, noted, .. }| Before {
            digest: row.digest.clone(),
            report: row.report,
            noted: *noted,
        });
        let is_news = waits_anew || before.as_ref().is_none_or(|before| row.is_news_after(before));
        let noted = before.filter(|_| !is_news).map_or(row.noted(), |before| before.noted);
        if is_news {
            self.history.push((name.to_owned(), row.clone()));
        }
        self.topics.insert(name.to_owned(), KeptTopic { row, noted, confirmed_at: None });
    }

    /// What became of it, and when; what became of it last, with its last contact.
    fn standings(&self) -> impl Iterator<Item = (Timestamp, Standing)> {
        let SimulatedEnrolment { at, standing, .. } = self.enrolment;
        match standing {
            Standing::Current | Standing::Pending => [Some((at, standing)), None],
            Standing::Clone | Standing::Revoked => {
                [Some((at, Standing::Current)), Some((self.contact.at, standing))]
            }
        }
        .into_iter()
        .flatten()
    }

    fn insert(&self, database: &Connection) -> Result<(), StoreError> {
        let id = self.enrolment.machine.to_string();
        self.insert_machine(database, &id)?;
        insert_certificate(database, &self.enrolment.machine, &self.enrolment.certificate)?;
        for (topic, kept) in &self.topics {
            kept.row.keep(database, &id, topic, kept.noted)?;
            if let Some(at) = kept.confirmed_at {
                database
                    .prepare_cached(
                        "UPDATE topics SET confirmed_at = ? WHERE machine = ? AND topic = ?",
                    )?
                    .execute((at.0, &id, topic))?;
            }
        }
        for (topic, row) in &self.history {
            row.keep_history(database, &id, topic)?;
        }
        for span in &self.spans {
            span.keep(database, &id)?;
        }
        for (at, standing) in self.standings() {
            standings::note(database, self.enrolment.machine, at, standing)?;
        }
        Ok(())
    }

    fn insert_machine(&self, database: &Connection, id: &str) -> Result<(), StoreError> {
        let SimulatedEnrolment { row, unit, standing, fingerprint, at, .. } = &self.enrolment;
        let last = self.last.as_ref();
        let incarnation = last.map(|last| last.incarnation.to_string());
        database
            .prepare_cached(
                "INSERT INTO machines (id, register_row, token_unit, standing, fingerprint,
                    enrolled_at, contact_at, contact_skew, incarnation, sequence, digest, reports,
                    reported_at, kind, security_pending_since)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(rusqlite::params![
                id,
                row,
                unit,
                standing.name(),
                fingerprint.to_string(),
                at.0,
                self.contact.at.0,
                self.contact.skew,
                incarnation,
                last.map(|last| i64::try_from(last.sequence.0).unwrap_or(i64::MAX)),
                last.map(|last| report::report::digest(&last.observations).to_string()),
                self.reports,
                self.reported_at.map(|at| at.0),
                last.map(|last| last.kind.name()),
                self.pending_since.map(|since| since.0),
            ])?;
        if let Some(incarnation) = incarnation {
            database
                .prepare_cached("INSERT INTO incarnations (machine, incarnation) VALUES (?, ?)")?
                .execute((id, incarnation))?;
        }
        Ok(())
    }
}
