//! Reports in the store.

use report::{Timestamp, Topic, wire};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::audit::audit;
use super::{Operation, StoreError, contacts};
use crate::audit::Action;
use crate::identities::Stranger;
use crate::ingest::admission::{AdmittedReport, Introduction};
use crate::ingest::continuity::{Continuity, continuity};
use crate::machine::{Contact, Kept, Pending, Standing};

/// Keeps a report that was admitted. There is no other way to one.
#[derive(Debug)]
pub struct StoreReport(pub AdmittedReport);

/// What came of a report.
#[derive(Debug)]
pub struct Stored {
    /// How it followed on the machine's past; only some of these were kept.
    pub continuity: Continuity,
    /// The identity's standing after it.
    pub standing: Standing,
    /// The report, handed back.
    pub report: AdmittedReport,
}

impl Operation for StoreReport {
    /// A revocation that came while the report was on its way is final.
    type Outcome = Result<Stored, Stranger>;

    fn apply(self, database: &Connection) -> Result<Self::Outcome, StoreError> {
        let report = self.0;
        let introduction = report.introduction();
        let (past, standing) = contacts::past(database, introduction)?;
        if standing == Standing::Revoked {
            return Ok(Err(Stranger::Revoked));
        }
        let continuity = continuity(&past, introduction.fingerprint, introduction.mark);
        let standing = match continuity {
            Continuity::Next => standing,
            Continuity::Restore => {
                audit(database, &contacts::entry(introduction, Action::Restored, &past))?;
                standing
            }
            Continuity::Clone => {
                audit(database, &contacts::entry(introduction, Action::CloneSeen, &past))?;
                contacts::cloned(standing)
            }
            Continuity::Repeat | Continuity::SequenceConflict | Continuity::OldSequence => {
                return Ok(Ok(Stored { continuity, standing, report }));
            }
        };
        contacts::keep(database, introduction, standing)?;
        let number = count_report(database, introduction)?;
        note_pending(database, &report)?;
        for (name, body) in report.bodies() {
            keep_topic(database, &report, number, name, body)?;
        }
        Ok(Ok(Stored { continuity, standing, report }))
    }
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

/// Notes since when security updates wait, from what is kept so far and what the report adds.
fn note_pending(database: &Connection, report: &AdmittedReport) -> Result<(), StoreError> {
    let Some((_, next)) = report.kept().find(|(topic, _)| *topic == Topic::Patches) else {
        return Ok(());
    };
    let id = report.introduction().machine.to_string();
    let since = database
        .prepare_cached(
            "SELECT enrolled_at, security_pending_since, body, received_at, skew
             FROM machines LEFT JOIN topics ON machine = id AND topic = ? WHERE id = ?",
        )?
        .query_row((Topic::Patches.name(), &id), |row| {
            let (enrolled_at, noted): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            let topic = former_patches(row)?;
            let (enrolled_at, noted) = (Timestamp(enrolled_at), noted.map(Timestamp));
            Ok(Pending { enrolled_at, noted, topic: topic.as_ref() }.after(&next))
        })?;
    database
        .prepare_cached("UPDATE machines SET security_pending_since = ? WHERE id = ?")?
        .execute((since.map(|since| since.0), &id))?;
    Ok(())
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
    topic: &str,
    body: &str,
) -> Result<(), StoreError> {
    let Introduction { machine, contact, .. } = *report.introduction();
    let id = machine.to_string();
    let digest = report.topic_digest(topic, body);
    let before: Option<String> = database
        .prepare_cached("SELECT digest FROM topics WHERE machine = ? AND topic = ?")?
        .query_row((&id, topic), |row| row.get(0))
        .optional()?;
    let is_news = before.as_ref() != Some(&digest);
    let row = TopicRow { body: body.to_owned(), digest, contact, report: number };
    row.keep(database, &id, topic)?;
    if is_news {
        row.keep_history(database, &id, topic)?;
    }
    Ok(())
}

/// One topic of one report, as it is kept.
#[derive(Clone, Debug)]
pub(super) struct TopicRow {
    /// The topic as it stood in the report.
    pub(super) body: String,
    /// Over what it says.
    pub(super) digest: String,
    /// The contact that brought it.
    pub(super) contact: Contact,
    /// The number of the report among those of its machine.
    pub(super) report: i64,
}

impl TopicRow {
    /// Keeps it as the newest of its topic.
    pub(super) fn keep(
        &self,
        database: &Connection,
        machine: &str,
        topic: &str,
    ) -> Result<(), StoreError> {
        let Self { body, digest, contact, report } = self;
        database
            .prepare_cached(
                "INSERT INTO topics (machine, topic, body, digest, received_at, skew, report)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (machine, topic) DO UPDATE SET body = excluded.body,
                    digest = excluded.digest, received_at = excluded.received_at,
                    skew = excluded.skew, report = excluded.report, confirmed_at = NULL",
            )?
            .execute((machine, topic, body, digest, contact.at.0, contact.skew, report))?;
        Ok(())
    }

    /// Keeps it as a change of what its topic says.
    pub(super) fn keep_history(
        &self,
        database: &Connection,
        machine: &str,
        topic: &str,
    ) -> Result<(), StoreError> {
        let Self { body, digest: _, contact, report } = self;
        database
            .prepare_cached(
                "INSERT INTO history (machine, topic, report, received_at, skew, body)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute((machine, topic, report, contact.at.0, contact.skew, body))?;
        Ok(())
    }
}
