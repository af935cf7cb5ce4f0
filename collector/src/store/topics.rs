//! Topics in the store: the newest of each, and what of them history keeps.
//!
//! History has a row wherever a topic says something else, is left out, or is told again, and where
//! its time does not simply go on: when it was seen before what was told last, came late, or was
//! seen by a clock that was set. Between two rows the topic was told, and the same.

use report::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::StoreError;
use super::contacts::SPAN_LAG;
use crate::ingest::admission::Introduction;
use crate::machine::Contact;

/// Two clocks that are measured over a network differ by less from one contact to the next, in
/// seconds: more says that one was set.
pub(super) const SKEW_JITTER: i64 = 60;

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
    /// When it was seen, by the collector's clock.
    pub(super) seen_at: Timestamp,
    /// Of the patches topic: since when security updates wait.
    pub(super) pending_since: Option<Timestamp>,
}

/// What the store has of a topic before another report tells it.
#[derive(Clone, Debug)]
pub(super) struct Before {
    /// Over what it says.
    pub(super) digest: String,
    /// The number of the last report that told it.
    pub(super) report: i64,
    /// The time of its newest row of history.
    pub(super) noted: Noted,
}

/// When the newest row of history of a topic was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    /// By the collector's clock.
    seen_at: Timestamp,
    /// By a clock that was so far off, in seconds.
    skew: i64,
}

impl Before {
    /// Reads it; `None`: the topic was never told.
    pub(super) fn of(
        database: &Connection,
        machine: &str,
        topic: &str,
    ) -> Result<Option<Self>, StoreError> {
        let note = database
            .prepare_cached(
                "SELECT digest, report, noted_seen_at, noted_skew FROM topics
                 WHERE machine = ? AND topic = ?",
            )?
            .query_row((machine, topic), |row| {
                Ok(Self {
                    digest: row.get(0)?,
                    report: row.get(1)?,
                    noted: Noted { seen_at: Timestamp(row.get(2)?), skew: row.get(3)? },
                })
            });
        Ok(note.optional()?)
    }
}

impl TopicRow {
    /// Whether history has to keep it after what was told before.
    pub(super) fn is_news_after(&self, before: &Before) -> bool {
        let Self { digest, contact, report, seen_at, .. } = self;
        *digest != before.digest
            || *report != before.report + 1
            || *seen_at < before.noted.seen_at
            || (contact.skew - before.noted.skew).abs() > SKEW_JITTER
            || contact.at.since(*seen_at) > SPAN_LAG
    }

    /// What is noted of it where history keeps it.
    pub(super) fn noted(&self) -> Noted {
        Noted { seen_at: self.seen_at, skew: self.contact.skew }
    }

    /// Keeps it as the newest of its topic. `noted`: the time of the newest row of history.
    pub(super) fn keep(
        &self,
        database: &Connection,
        machine: &str,
        topic: &str,
        noted: Noted,
    ) -> Result<(), StoreError> {
        let Self { body, digest, contact, report, .. } = self;
        let Noted { seen_at, skew } = noted;
        database
            .prepare_cached(
                "INSERT INTO topics (machine, topic, body, digest, received_at, skew, report,
                    noted_seen_at, noted_skew)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (machine, topic) DO UPDATE SET body = excluded.body,
                    digest = excluded.digest, received_at = excluded.received_at,
                    skew = excluded.skew, report = excluded.report, confirmed_at = NULL,
                    noted_seen_at = excluded.noted_seen_at, noted_skew = excluded.noted_skew",
            )?
            .execute(rusqlite::params![
                machine,
                topic,
                body,
                digest,
                contact.at.0,
                contact.skew,
                report,
                seen_at.0,
                skew,
            ])?;
        Ok(())
    }

    /// Keeps it as a change of what its topic says.
    pub(super) fn keep_history(
        &self,
        database: &Connection,
        machine: &str,
        topic: &str,
    ) -> Result<(), StoreError> {
        let Self { body, digest: _, contact, report, seen_at, pending_since } = self;
        database
            .prepare_cached(
                "INSERT INTO history
                    (machine, topic, report, received_at, skew, body, seen_at, pending_since)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                machine,
                topic,
                report,
                contact.at.0,
                contact.skew,
                body,
                seen_at.0,
                pending_since.map(|since| since.0),
            ))?;
        Ok(())
    }
}

/// Notes the topics that the report before told and this one, whose facts were seen at a moment,
/// does not: each as it was told last, because only that can still speak.
pub(super) fn note_left_out(
    database: &Connection,
    introduction: &Introduction,
    report: i64,
    seen_at: Timestamp,
) -> Result<(), StoreError> {
    let Introduction { machine, contact, .. } = introduction;
    database
        .prepare_cached(
            "INSERT INTO history (machine, topic, report, received_at, skew, body, seen_at,
                is_told, arrived_at, confirmed_at, pending_since)
             SELECT machine, topic, ?1, ?2, skew, body, ?3, 0, received_at, confirmed_at,
                CASE topic WHEN 'patches' THEN
                    (SELECT security_pending_since FROM machines WHERE id = ?4) END
             FROM topics WHERE machine = ?4 AND report = ?1 - 1",
        )?
        .execute((report, contact.at.0, seen_at.0, machine.to_string()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_795_300_000);

    fn row(report: i64, at: Timestamp, skew: i64, lag: i64) -> TopicRow {
        TopicRow {
            body: "{}".to_owned(),
            digest: "d".to_owned(),
            contact: Contact { at, skew },
            report,
            seen_at: at - lag,
            pending_since: None,
        }
    }

    #[test]
    fn history_is_silent_only_where_a_topic_is_told_again_in_its_time() {
        let first = row(7, AT, 5, 100);
        let before =
            Before { digest: first.digest.clone(), report: first.report, noted: first.noted() };
        let is_news = |row: TopicRow| row.is_news_after(&before);
        assert!(!is_news(row(8, AT + 900, 5, 100)));
        assert!(!is_news(row(8, AT + 900, 5 - SKEW_JITTER, SPAN_LAG.min(1000))));
        assert!(
            is_news(TopicRow { digest: "e".to_owned(), ..row(8, AT + 900, 5, 100) }),
            "changed"
        );
        assert!(is_news(row(9, AT + 900, 5, 100)), "one report was without it");
        assert!(is_news(row(8, AT + 900, 5, 1001)), "seen before what was told last");
        assert!(is_news(row(8, AT + 900, 6 + SKEW_JITTER, 100)), "the clock was set");
        assert!(is_news(row(8, AT + 2 * SPAN_LAG, 5, SPAN_LAG + 1)), "it came late");
    }
}
