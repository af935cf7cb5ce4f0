//! The log of verdicts: a row whenever what the judge says of a member changes.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::chain::{Hash, Link, Log, RowHash, tail};
use super::{Operation, StoreError};
use crate::policy::roll::Change;

/// What a member that is none any more has for a state.
const LEFT: &str = "left";

/// Logs what has changed; what is as it was logged last is passed over.
#[derive(Debug)]
pub struct AppendVerdicts(pub Vec<Change>);

impl Operation for AppendVerdicts {
    /// How many rows that took.
    type Outcome = u64;

    fn apply(self, database: &Connection) -> Result<u64, StoreError> {
        let mut end = End::of(database)?;
        let before = end.link.number;
        for change in &self.0 {
            append(database, &mut end, change)?;
        }
        Ok(end.link.number.abs_diff(before))
    }
}

/// Where the log ends.
struct End {
    link: Link,
    at: i64,
}

impl End {
    fn of(database: &Connection) -> Result<Self, StoreError> {
        let link = tail(database, Log::Verdicts)?;
        let at = database
            .prepare_cached("SELECT at FROM verdicts WHERE number = ?")?
            .query_row([link.number], |row| row.get(0))
            .optional()?;
        Ok(Self { link, at: at.unwrap_or(i64::MIN) })
    }
}

/// The newest row about a member.
struct Newest {
    number: i64,
    state: String,
    since: i64,
    unit: String,
    rules: String,
}

fn newest(database: &Connection, member: &str) -> Result<Option<Newest>, StoreError> {
    let newest = database
        .prepare_cached(
            "SELECT number, state, since, unit, rules FROM verdicts_now JOIN verdicts USING (number)
             WHERE verdicts_now.member = ?",
        )?
        .query_row([member], |row| {
            Ok(Newest {
                number: row.get(0)?,
                state: row.get(1)?,
                since: row.get(2)?,
                unit: row.get(3)?,
                rules: row.get(4)?,
            })
        });
    Ok(newest.optional()?)
}

fn append(database: &Connection, end: &mut End, change: &Change) -> Result<(), StoreError> {
    let (state, unit, rules) = match &change.outcome {
        Some(outcome) => (outcome.state.name(), &*outcome.unit, outcome.rules.as_str()),
        None => (LEFT, "", ""),
    };
    let newest = newest(database, &change.member)?;
    let is_news = match &newest {
        Some(newest) => (&*newest.state, &*newest.unit, &*newest.rules) != (state, unit, rules),
        None => change.outcome.is_some(),
    };
    if !is_news {
        return Ok(());
    }
    // A clock that was set back moves nothing behind what was said already.
    let at = change.at.0.max(end.at);
    let same_state = newest.as_ref().filter(|newest| newest.state == state);
    let row = VerdictRow {
        at,
        member: &change.member,
        state,
        since: same_state.map_or(at, |newest| newest.since),
        unit,
        rules,
        previous: newest.as_ref().map_or(0, |newest| newest.number),
    };
    end.link = row.keep(database, &end.link)?;
    end.at = at;
    Ok(())
}

/// The columns of a row, where they lie.
pub(super) struct VerdictRow<'r> {
    at: i64,
    member: &'r str,
    state: &'r str,
    since: i64,
    unit: &'r str,
    rules: &'r str,
    previous: i64,
}

impl<'r> VerdictRow<'r> {
    /// The columns from the second one on, after the number.
    pub(super) fn of(row: &'r Row<'_>) -> rusqlite::Result<Self> {
        let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
        Ok(Self {
            at: row.get(1)?,
            member: text(2)?,
            state: text(3)?,
            since: row.get(4)?,
            unit: text(5)?,
            rules: text(6)?,
            previous: row.get(7)?,
        })
    }

    /// The hash it has to have under a number after a row of this hash.
    pub(super) fn hash(&self, previous: &Hash, number: i64) -> Hash {
        let row = RowHash::new(Log::Verdicts, previous, number).number(self.at);
        let row = row.text(self.member).text(self.state).number(self.since);
        row.text(self.unit).text(self.rules).number(self.previous).finish()
    }

    /// Keeps it after the last one.
    fn keep(&self, database: &Connection, last: &Link) -> Result<Link, StoreError> {
        let Self { at, member, state, since, unit, rules, previous } = *self;
        let number = last.number.saturating_add(1);
        let hash = self.hash(&last.hash, number);
        database
            .prepare_cached(
                "INSERT INTO verdicts
                    (number, at, member, state, since, unit, rules, previous, hash)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((number, at, member, state, since, unit, rules, previous, hash))?;
        database
            .prepare_cached(
                "INSERT INTO verdicts_now (member, number) VALUES (?, ?)
                 ON CONFLICT (member) DO UPDATE SET number = excluded.number",
            )?
            .execute((member, number))?;
        Ok(Link { number, hash })
    }
}
