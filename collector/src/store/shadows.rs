//! Other hardware that speaks with the identity of a machine.
//!
//! What it says is kept under a name of its own: a shadow, with neither certificate nor row, whose
//! past is its own. So nothing of what the enrolled machine said is written over, and everybody who
//! speaks is counted.

use report::MachineId;
use rusqlite::{Connection, OptionalExtension as _};

use super::audit::audit;
use super::contacts::{cloned, entry, note_standing};
use super::holdings::{damaged, parse};
use super::{StoreError, standings};
use crate::audit::Action;
use crate::identities::Stranger;
use crate::ingest::admission::Introduction;
use crate::ingest::continuity::Past;
use crate::machine::Standing;

/// So many shadows one identity has at most: whoever has its key could make up any number.
const MOST: i64 = 8;

/// Whose identity other hardware spoke with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The machine that enrolled.
    pub original: MachineId,
    /// What has become of its identity.
    pub standing: Standing,
    /// The unit of its join token, in which the shadow counts as well.
    pub token_unit: Option<String>,
    /// Whether the shadow was not known before.
    pub is_new: bool,
}

/// Sees to it that there is a shadow for whoever introduces himself with foreign hardware, and that
/// the identity is known as cloned. Nothing is kept where the answer is no.
pub(super) fn seen(
    database: &Connection,
    introduction: &Introduction,
    past: &Past,
    before: Standing,
) -> Result<Result<Foreign, Stranger>, StoreError> {
    let known = standing(database, introduction.shadow())?;
    match known {
        Some(Standing::Revoked) => return Ok(Err(Stranger::Revoked)),
        None if count(database, introduction.machine)? >= MOST => {
            return Ok(Err(Stranger::TooManyClones));
        }
        None => insert(database, introduction, past)?,
        Some(Standing::Current | Standing::Pending | Standing::Clone) => {}
    }
    let standing = cloned(before);
    if standing != before {
        note_standing(database, introduction, standing)?;
    }
    let id = introduction.machine.to_string();
    let token_unit = database
        .prepare_cached("SELECT token_unit FROM machines WHERE id = ?")?
        .query_row([id], |row| row.get(0))?;
    let original = introduction.machine;
    Ok(Ok(Foreign { original, standing, token_unit, is_new: known.is_none() }))
}

/// What became of a shadow; `None`: there is none of this name.
pub(super) fn standing(
    database: &Connection,
    shadow: MachineId,
) -> Result<Option<Standing>, StoreError> {
    let standing: Option<String> = database
        .prepare_cached("SELECT standing FROM machines WHERE id = ?")?
        .query_row([shadow.to_string()], |row| row.get(0))
        .optional()?;
    let unknown = || damaged(&format!("machine {shadow}"), "unknown standing");
    standing.map(|name| Standing::from_name(&name).ok_or_else(unknown)).transpose()
}

/// The shadows of an identity that are not revoked.
pub(super) fn in_force(
    database: &Connection,
    original: MachineId,
) -> Result<Vec<MachineId>, StoreError> {
    let what = format!("a shadow of {original}");
    let mut shadows = database.prepare_cached(
        "SELECT id FROM machines WHERE clone_of = ? AND standing <> 'revoked' ORDER BY id",
    )?;
    let shadows = shadows.query_map([original.to_string()], |row| row.get::<_, String>(0))?;
    shadows.map(|shadow| parse(&what, &shadow?)).collect()
}

fn count(database: &Connection, original: MachineId) -> Result<i64, StoreError> {
    Ok(database
        .prepare_cached("SELECT count(*) FROM machines WHERE clone_of = ?")?
        .query_row([original.to_string()], |row| row.get(0))?)
}

fn insert(
    database: &Connection,
    introduction: &Introduction,
    past: &Past,
) -> Result<(), StoreError> {
    let Introduction { machine, contact, fingerprint, .. } = introduction;
    let shadow = introduction.shadow();
    database
        .prepare_cached(
            "INSERT INTO machines (id, token_unit, standing, fingerprint, enrolled_at, contact_at,
                contact_skew, clone_of)
             SELECT ?1, token_unit, ?2, ?3, ?4, ?4, 0, id FROM machines WHERE id = ?5",
        )?
        .execute((
            shadow.to_string(),
            Standing::Clone.name(),
            fingerprint.to_string(),
            contact.at.0,
            machine.to_string(),
        ))?;
    standings::note(database, shadow, contact.at, Standing::Clone)?;
    let mut seen = entry(introduction, Action::CloneSeen, past);
    seen.detail = format!("{} shadow={shadow}", seen.detail);
    audit(database, &seen)
}
