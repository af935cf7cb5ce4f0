//! What the store held at a past moment, for the judge to judge again.
//!
//! The state at a moment T is that after everything up to and including T. Of each machine it takes
//! the standing, the last contact and, by topic, the newest row of history; between two rows a topic
//! was told and the same. The last contact is that of the span that had ended by T. A span that goes
//! on after T says only that contacts came no further apart than [`SPAN_GAP`] and that their facts
//! were seen no longer than [`SPAN_LAG`] before: T itself is taken for the last contact and for when
//! the facts were last seen. That gives every verdict the machine had at T, because nothing falls
//! silent or stale within the two together.
//!
//! Not exact within a span, by up to its gap: how long ago a machine was last heard of, and by how
//! many seconds its clock was off. Facts that always change ([`volatile`]) are known as of the last
//! change of their topic, and go stale from there: a rule about one of them can say *unknown* of the
//! past where it was known, and never the other way round.
//!
//! [`SPAN_GAP`]: crate::machine::SPAN_GAP
//! [`SPAN_LAG`]: super::contacts::SPAN_LAG
//! [`volatile`]: report::catalogue::FactSpec::volatile

use std::collections::BTreeMap;

use report::{MachineId, Timestamp, Topic, wire};
use rusqlite::{Connection, Row, Statement};

use super::contacts::Span;
use super::holdings::{damaged, optional, parse};
use super::policies::{self, KeptFolder};
use super::{Archive, StoreError};
use crate::fleet::Fleet;
use crate::machine::{Contact, Kept, Machine, Standing};
use crate::when::AsKnown;

impl Archive {
    /// Since when the store knows by what everyone was judged: before the first policy set there is
    /// no past.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn begins(&self) -> Result<Option<Timestamp>, StoreError> {
        let query = "SELECT min(at) FROM policies_in_force";
        let at: Option<i64> = self.open()?.query_row(query, [], |row| row.get(0))?;
        Ok(at.map(Timestamp))
    }

    /// The policy set that was in force at a moment; `None`: none was yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn policies_at(&self, at: Timestamp) -> Result<Option<KeptFolder>, StoreError> {
        policies::at(&self.open()?, at)
    }

    /// The machines at a moment.
    ///
    /// As known then: by what had been received by T. As known now: by all that has been received
    /// since and was seen by T as well, such as reports that were sent late. A machine that enrolled
    /// after T is in neither, and what an officer did after T (a revocation) is not undone nor
    /// brought forward by either.
    ///
    /// # Errors
    /// When the store cannot be read or does not hold what this version writes.
    pub fn fleet_at(&self, at: Timestamp, known: AsKnown) -> Result<Fleet, StoreError> {
        let database = self.open()?;
        let mut reader = Reader::new(&database, at, known)?;
        let mut machines = database.prepare(MACHINES)?;
        let mut rows = machines.query([at.0])?;
        let mut fleet = Fleet::default();
        while let Some(row) = rows.next()? {
            fleet.push(reader.machine(row)?);
        }
        Ok(fleet)
    }
}

/// Each machine that had enrolled, in the order of a fleet, with its standing and its span.
const MACHINES: &str = "
    SELECT machines.id, register_row, token_unit, enrolled_at,
        (SELECT standing FROM standings
         WHERE standings.machine = machines.id AND at <= ?1 ORDER BY number DESC LIMIT 1),
        first_at, last_at, seen_from, seen_at, skew, clone_of
    FROM machines LEFT JOIN contacts ON contacts.machine = machines.id AND first_at =
        (SELECT max(first_at) FROM contacts AS earlier
         WHERE earlier.machine = machines.id AND earlier.first_at <= ?1)
    WHERE enrolled_at <= ?1 ORDER BY enrolled_at, machines.id";

/// The newest row of each topic's history by a moment: when it was received, as known then, and when
/// it was seen, whenever it came, as known now. Of two the one of the later report is the newer,
/// whatever the collector's clock showed: it may have been set back between. A cross join keeps the
/// order of the tables: the other one reads everything that a machine ever told.
fn newest_told(known: AsKnown) -> String {
    let moment = match known {
        AsKnown::Then => "received_at",
        AsKnown::Now => "seen_at",
    };
    format!(
        "SELECT history.topic, history.body, history.received_at, history.skew, is_told, arrived_at,
            history.confirmed_at, pending_since, history.seen_at
        FROM topics CROSS JOIN history ON history.machine = topics.machine
            AND history.topic = topics.topic AND history.report =
                (SELECT report FROM history AS earlier INDEXED BY history_moments
                 WHERE earlier.machine = topics.machine AND earlier.topic = topics.topic
                    AND earlier.{moment} <= ?2 ORDER BY earlier.report DESC LIMIT 1)
        WHERE topics.machine = ?1"
    )
}

/// The last look at a machine before a moment that was told only after it.
const LATE: &str = "
    SELECT max(seen_from) FROM contacts WHERE machine = ?1 AND first_at > ?2 AND seen_from <= ?2";

/// Reads one machine after the other.
struct Reader<'d> {
    at: Timestamp,
    known: AsKnown,
    told: Statement<'d>,
    late: Statement<'d>,
}

/// When a machine was last heard of, and when its facts were last seen.
#[derive(Clone, Copy)]
struct Heard {
    contact: Contact,
    seen_at: Timestamp,
}

/// One topic as history has it.
struct Told {
    kept: Kept,
    seen_at: Timestamp,
    pending_since: Option<Timestamp>,
}

impl<'d> Reader<'d> {
    fn new(database: &'d Connection, at: Timestamp, known: AsKnown) -> Result<Self, StoreError> {
        let told = database.prepare(&newest_told(known))?;
        let late = database.prepare(LATE)?;
        Ok(Self { at, known, told, late })
    }

    fn machine(&mut self, row: &Row<'_>) -> Result<Machine, StoreError> {
        let id: String = row.get(0)?;
        let what = format!("machine {id}");
        let enrolled_at = Timestamp(row.get(3)?);
        let told = self.told(&id)?;
        let heard = self.heard(&id, enrolled_at, span(row)?, &told)?;
        let pending = told.get(&Topic::Patches).and_then(|told| told.pending_since);
        let standing: Option<String> = row.get(4)?;
        let standing = standing.as_deref().map(Standing::from_name);
        Ok(Machine {
            id: parse::<MachineId>(&what, &id)?,
            row: row.get(1)?,
            token_unit: row.get(2)?,
            clone_of: optional(&what, row.get(10)?)?,
            standing: standing.flatten().ok_or_else(|| damaged(&what, "no standing is known"))?,
            enrolled_at,
            last_contact: heard.contact,
            security_pending_since: pending,
            topics: told.into_iter().map(|(topic, told)| (topic, told.confirmed(heard))).collect(),
        })
    }

    /// When it was last heard of; enrolment is the first contact.
    fn heard(
        &mut self,
        id: &str,
        enrolled_at: Timestamp,
        span: Option<Span>,
        told: &BTreeMap<Topic, Told>,
    ) -> Result<Heard, StoreError> {
        let enrolled = Contact { at: enrolled_at, skew: 0 };
        let heard = match span {
            None => Heard { contact: enrolled, seen_at: enrolled_at },
            Some(Span { last_at, seen_at, skew, .. }) if last_at <= self.at => {
                Heard { contact: Contact { at: last_at, skew }, seen_at }
            }
            // How far the clock is off at the end of the span nobody knew.
            Some(_) => {
                let newest = told.values().max_by_key(|told| told.kept.received_at);
                let skew = newest.map_or(0, |told| told.kept.skew);
                Heard { contact: Contact { at: self.at, skew }, seen_at: self.at }
            }
        };
        match self.known {
            AsKnown::Then => Ok(heard),
            AsKnown::Now => Ok(heard.or_seen(self.late(id, told)?)),
        }
    }

    /// When it was last looked at by the moment, as far as was told after it.
    fn late(
        &mut self,
        id: &str,
        told: &BTreeMap<Topic, Told>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = self.late.query_row((id, self.at.0), |row| row.get(0))?;
        let late = told.values().map(|told| told.seen_at).chain(at.map(Timestamp));
        Ok(late.max())
    }

    fn told(&mut self, id: &str) -> Result<BTreeMap<Topic, Told>, StoreError> {
        let mut rows = self.told.query((id, self.at.0))?;
        let mut told = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            // A topic of a newer agent is kept in the store until a newer collector reads it.
            if let Some(topic) = Topic::from_name(&name) {
                told.insert(topic, Told::read(topic, row)?);
            }
        }
        Ok(told)
    }
}

fn span(row: &Row<'_>) -> Result<Option<Span>, StoreError> {
    let first_at: Option<i64> = row.get(5)?;
    Ok(first_at.map(|_| Span::read(row, 5)).transpose()?)
}

impl Heard {
    /// A look that is known of now is as good as a contact.
    fn or_seen(self, late: Option<Timestamp>) -> Self {
        match late {
            Some(at) if at > self.seen_at => {
                let contact = Contact { at: at.max(self.contact.at), ..self.contact };
                Self { contact, seen_at: at }
            }
            Some(_) | None => self,
        }
    }
}

impl Told {
    /// A topic that is told no more says what it said last, as of then.
    fn read(topic: Topic, row: &Row<'_>) -> rusqlite::Result<Self> {
        let body: String = row.get(1)?;
        let (noted_at, arrived_at): (i64, Option<i64>) = (row.get(2)?, row.get(5)?);
        let received_at = Timestamp(arrived_at.unwrap_or(noted_at));
        let kept = Kept {
            observation: wire::decode_topic(topic, &body, received_at).observation,
            received_at,
            skew: row.get(3)?,
            in_last_report: row.get(4)?,
            confirmed_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        };
        let pending_since = row.get::<_, Option<i64>>(7)?.map(Timestamp);
        Ok(Self { kept, seen_at: Timestamp(row.get(8)?), pending_since })
    }

    /// As the last contact found it.
    fn confirmed(self, heard: Heard) -> Kept {
        let Self { mut kept, .. } = self;
        if kept.in_last_report && heard.seen_at > kept.seen_at() {
            kept.confirm(heard.seen_at);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite;

    /// How SQLite means to answer a question about one machine.
    fn plan(query: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite::open(&folder.path().join("store.sqlite")).unwrap();
        let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let steps = statement.query_map(("machine", 1), |row| row.get::<_, String>(3)).unwrap();
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn what_a_topic_said_is_found_without_reading_all_that_it_ever_said() {
        for known in [AsKnown::Then, AsKnown::Now] {
            let plan = plan(&newest_told(known));
            for step in [
                "SEARCH topics USING PRIMARY KEY (machine=?)",
                "SEARCH history USING PRIMARY KEY (machine=? AND topic=? AND report=?)",
                "SEARCH earlier USING COVERING INDEX history_moments",
            ] {
                assert!(plan.contains(step), "{step}\n{plan}");
            }
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
