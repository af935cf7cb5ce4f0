//! Since when: what the log of verdicts tells of the present.

use std::collections::BTreeMap;

use report::verdict::Ruling;
use report::{State, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use super::{Archive, StoreError};
use crate::policy::roll::NotPassed;

/// Since when something is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// When it became so, or when the log began.
    pub at: Timestamp,
    /// Whether it was so when the log began: nobody knows for how long by then.
    pub at_latest: bool,
}

/// Since when what is said of one member has been said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberSince {
    /// Its state; `None`: that was not logged yet.
    pub state: Option<Since>,
    /// Each rule's ruling, by the id of the rule; those that were not logged yet are left out.
    pub rules: BTreeMap<String, Since>,
}

/// Since when each member has been in the state that was logged last.
#[derive(Clone, Debug, Default)]
pub struct StatesSince(Vec<(Box<str>, State, Since)>);

impl StatesSince {
    /// Since when a member has been in this state; `None`: that was not logged yet.
    #[must_use]
    pub fn of(&self, member: &str, state: State) -> Option<Since> {
        let place = self.0.binary_search_by(|(own, _, _)| (**own).cmp(member)).ok()?;
        let (_, own, since) = &self.0[place];
        (*own == state).then_some(*since)
    }
}

impl Archive {
    /// Since when each member has been in its state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn states_since(&self) -> Result<StatesSince, StoreError> {
        let database = self.open()?;
        let Some(began) = began(&database)? else {
            return Ok(StatesSince::default());
        };
        let mut newest = database.prepare(
            "SELECT verdicts_now.member, state, since FROM verdicts_now
             JOIN verdicts USING (number) ORDER BY verdicts_now.member",
        )?;
        let mut rows = newest.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            // A member that left is in no state.
            if let Some(state) = State::from_name(row.get_ref(1)?.as_str().unwrap_or_default()) {
                all.push((row.get(0)?, state, since(row.get(2)?, began)));
            }
        }
        Ok(StatesSince(all))
    }

    /// Since when what is said of a member has been said: its state and what each rule says.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn since<'r>(
        &self,
        member: &str,
        state: State,
        rulings: impl Iterator<Item = (&'r str, Ruling)>,
    ) -> Result<MemberSince, StoreError> {
        let database = self.open()?;
        let Some(began) = began(&database)? else {
            return Ok(MemberSince::default());
        };
        let mut told = MemberSince::default();
        let mut open: Vec<_> = rulings.collect();
        let mut row = newest(&database, member)?;
        let logged = row.as_ref().filter(|said| said.state == Some(state));
        told.state = logged.map(|said| since(said.since, began));
        // Before it left, other things may have been asked of it.
        while let Some(said) = row.filter(|row| row.state.is_some()) {
            open.retain(|(rule, ruling)| said.rules.ruling(rule) == *ruling);
            if open.is_empty() {
                break;
            }
            for (rule, _) in &open {
                told.rules.insert((*rule).to_owned(), since(said.at, began));
            }
            row = said.before.map_or(Ok(None), |before| numbered(&database, before))?;
        }
        Ok(told)
    }

    /// So many members at most that have not left, in the order of their names, after this one.
    pub(crate) fn logged_members(
        &self,
        after: &str,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let database = self.open()?;
        let mut members = database.prepare(
            "SELECT verdicts_now.member FROM verdicts_now JOIN verdicts USING (number)
             WHERE verdicts_now.member > ? AND state <> 'left'
             ORDER BY verdicts_now.member LIMIT ?",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let members = members.query_map((after, most), |row| row.get(0))?;
        Ok(members.collect::<Result<_, _>>()?)
    }
}

/// A row of the log, as far as it is asked here.
struct Said {
    at: i64,
    /// `None`: it is no member any more.
    state: Option<State>,
    since: i64,
    rules: NotPassed,
    /// The row before it; `None` where it names one that cannot be, so that every walk ends.
    before: Option<i64>,
}

fn numbered(database: &Connection, number: i64) -> Result<Option<Said>, StoreError> {
    let said = database
        .prepare_cached("SELECT at, state, since, rules, previous FROM verdicts WHERE number = ?")?
        .query_row([number], |row| {
            Ok(Said {
                at: row.get(0)?,
                state: State::from_name(row.get_ref(1)?.as_str()?),
                since: row.get(2)?,
                rules: NotPassed::from_text(row.get(3)?),
                before: Some(row.get(4)?).filter(|before| *before < number),
            })
        });
    Ok(said.optional()?)
}

fn newest(database: &Connection, member: &str) -> Result<Option<Said>, StoreError> {
    let number: Option<i64> = database
        .query_row("SELECT number FROM verdicts_now WHERE member = ?", [member], |row| row.get(0))
        .optional()?;
    number.map_or(Ok(None), |number| numbered(database, number))
}

/// When the log began.
fn began(database: &Connection) -> Result<Option<i64>, StoreError> {
    let first = "SELECT at FROM verdicts WHERE number = 1";
    Ok(database.query_row(first, [], |row| row.get(0)).optional()?)
}

fn since(at: i64, began: i64) -> Since {
    Since { at: Timestamp(at), at_latest: at <= began }
}
