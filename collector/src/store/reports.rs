//! Reports in the store.

use report::{Timestamp, Topic, wire};
use rusqlite::{Connection, Row};

use super::audit::audit;
use super::contacts::Facts;
use super::shadows::{self, Foreign};
use super::topics::{Before, TopicRow};
use super::{Operation, StoreError, contacts, topics};
use crate::audit::Action;
use crate::identities::Stranger;
use crate::ingest::admission::{AdmittedReport, Introduction};
use crate::ingest::continuity::{Continuity, Past};
use crate::machine::{Contact, Kept, Pending, Standing};

/// Keeps a report that was admitted. There is no other way to one.
#[derive(Debug)]
pub struct StoreReport(pub AdmittedReport);

/// What came of a report.
#[derive(Debug)]
pub struct Stored {
    /// How it followed on the past of whoever it is of; only some of these were kept.
    pub continuity: Continuity,
    /// The standing of whoever it is of after it.
    pub standing: Standing,
    /// Whose identity that is, where other hardware spoke than the one that enrolled.
    pub foreign: Option<Foreign>,
    /// Whether it left an entry in the audit log.
    pub is_audited: bool,
    /// The report, handed back: that of a shadow, where other hardware spoke.
    pub report: AdmittedReport,
}

impl Operation for StoreReport {
    /// A revocation that came while the report was on its way is final.
    type Outcome = Result<Stored, Stranger>;

    fn apply(self, database: &Connection) -> Result<Self::Outcome, StoreError> {
        let report = self.0;
        let (past, standing) = contacts::past(database, report.introduction())?;
        if standing == Standing::Revoked {
            return Ok(Err(Stranger::Revoked));
        }
        if report.introduction().fingerprint == past.fingerprint {
            return Ok(Ok(take(database, report, &past, standing)?));
        }
        let foreign = match shadows::seen(database, report.introduction(), &past, standing)? {
            Ok(foreign) => foreign,
            Err(stranger) => return Ok(Err(stranger)),
        };
        let report = report.of_shadow();
        let (past, standing) = contacts::past(database, report.introduction())?;
        let stored = take(database, report, &past, standing)?;
        let is_audited = stored.is_audited || foreign.is_new;
        Ok(Ok(Stored { foreign: Some(foreign), is_audited, ..stored }))
    }
}

/// Takes a report of a machine or a shadow by its own past.
fn take(
    database: &Connection,
    report: AdmittedReport,
    past: &Past,
    standing: Standing,
) -> Result<Stored, StoreError> {
    let introduction = report.introduction();
    let continuity = report.follows_on(past);
    let (action, after) = match continuity {
        Continuity::Next => (None, standing),
        Continuity::Restore => (Some(Action::Restored), standing),
        // They go on speaking in turn: that is told once.
        Continuity::Clone => {
            let is_news = standing != Standing::Clone;
            (is_news.then_some(Action::CloneSeen), contacts::cloned(standing))
        }
        Continuity::Repeat | Continuity::SequenceConflict | Continuity::OldSequence => {
            return Ok(Stored { continuity, standing, foreign: None, is_audited: false, report });
        }
    };
    if let Some(action) = action {
        audit(database, &contacts::entry(introduction, action, past))?;
    }
    if after != standing {
        contacts::note_standing(database, introduction, after)?;
    }
    keep(database, &report, after)?;
    let is_audited = action.is_some();
    Ok(Stored { continuity, standing: after, foreign: None, is_audited, report })
}

fn keep(
    database: &Connection,
    report: &AdmittedReport,
    standing: Standing,
) -> Result<(), StoreError> {
    let introduction = report.introduction();
    let seen_at = report.kept().map(|(_, kept)| kept.seen_at()).min();
    let seen_at = seen_at.unwrap_or(introduction.contact.at);
    contacts::keep(database, introduction, Facts::Seen(seen_at), standing)?;
    let number = count_report(database, introduction)?;
    let pending = note_pending(database, report)?;
    for (name, body) in report.bodies() {
        keep_topic(database, report, number, pending, name, body)?;
    }
    topics::note_left_out(database, introduction, number, seen_at)
}

impl Stored {
    /// Whether the report is in the store, or was known or refused.
    #[must_use]
    pub fn was_kept(&self) -> bool {
        match self.continuity {
            Continuity::Next | Continuity::Restore | Continuity::Clone => true,
            Continuity::Repeat | Continuity::SequenceConflict | Continuity::OldSequence => false,
        }
    }
}

/// Counts a report among those of its machine: the order in which they were kept.
fn count_report(database: &Connection, introduction: &Introduction) -> Result<i64, StoreError> {
    let Introduction { machine, contact, .. } = introduction;
    Ok(database
        .prepare_cached(
            "UPDATE machines SET reports = reports + 1, reported_at = ? WHERE id = ?
             RETURNING reports",
        )?
        .query_row((contact.at.0, machine.to_string()), |row| row.get(0))?)
}

/// Since when security updates wait, before a report and after it.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    before: Option<Timestamp>,
    after: Option<Timestamp>,
}

/// Notes since when security updates wait, from what is kept so far and what the report adds.
fn note_pending(database: &Connection, report: &AdmittedReport) -> Result<Waiting, StoreError> {
    let Some((_, next)) = report.kept().find(|(topic, _)| *topic == Topic::Patches) else {
        return Ok(Waiting::default());
    };
    let id = report.introduction().machine.to_string();
    let waiting = database
        .prepare_cached(
            "SELECT enrolled_at, security_pending_since, body, received_at, skew
             FROM machines LEFT JOIN topics ON machine = id AND topic = ? WHERE id = ?",
        )?
        .query_row((Topic::Patches.name(), &id), |row| {
            let (enrolled_at, noted): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            let topic = former_patches(row)?;
            let (enrolled_at, noted) = (Timestamp(enrolled_at), noted.map(Timestamp));
            let after = Pending { enrolled_at, noted, topic: topic.as_ref() }.after(&next);
            Ok(Waiting { before: noted, after })
        })?;
    database
        .prepare_cached("UPDATE machines SET security_pending_since = ? WHERE id = ?")?
        .execute((waiting.after.map(|since| since.0), &id))?;
    Ok(waiting)
}

/// The patches topic that is kept, in the third column and those after it.
fn former_patches(row: &Row<'_>) -> rusqlite::Result<Option<Kept>> {
    let Some(body) = row.get::<_, Option<String>>(2)? else {
        return Ok(None);
    };
    let contact = Contact { at: Timestamp(row.get(3)?), skew: row.get(4)? };
    let observation = wire::decode_topic(Topic::Patches, &body, contact.at).observation;
    Ok(Some(Kept::new(observation, contact)))
}

fn keep_topic(
    database: &Connection,
    report: &AdmittedReport,
    number: i64,
    waiting: Waiting,
    topic: &str,
    body: &str,
) -> Result<(), StoreError> {
    let Introduction { machine, contact, .. } = *report.introduction();
    let id = machine.to_string();
    let seen = |(known, kept): (Topic, Kept)| (known.name() == topic).then(|| kept.seen_at());
    let row = TopicRow {
        body: body.to_owned(),
        digest: report.topic_digest(topic, body),
        contact,
        report: number,
        seen_at: report.kept().find_map(seen).unwrap_or(contact.at),
        pending_since: waiting.after.filter(|_| topic == Topic::Patches.name()),
    };
    let waits_anew = topic == Topic::Patches.name() && waiting.before != waiting.after;
    let before = Before::of(database, &id, topic)?;
    let is_news = waits_anew || before.as_ref().is_none_or(|before| row.is_news_after(before));
    let noted = before.filter(|_| !is_news).map_or(row.noted(), |before| before.noted);
    row.keep(database, &id, topic, noted)?;
    if is_news {
        row.keep_history(database, &id, topic)?;
    }
    Ok(())
}
