//! `training.toml`: how many people each unit has, and when how many of them were trained.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::entry::{at_least_one, begun_term, count, read_list, unit};
use super::systems::{Decision, read_decision};
use super::units::{UnitIndex, Units};
use super::{Ahead, Term};
use crate::policy::document::{Item, Section};
use crate::policy::problem::Page;

/// The file.
pub const FILE: &str = "register/training.toml";

/// For how many months a training counts: on the day itself and until the day before the one
/// that bears the same number.
const COUNTS_MONTHS: i64 = 12;

/// The people of a unit for a time, those of the units below it not among them.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The unit.
    pub unit: UnitIndex,
    /// How many people it has.
    pub heads: u32,
    /// When it has so many.
    pub term: Term,
    /// The trainings that are written down here. They are its people's, also when an entry with
    /// another number has followed on this one.
    pub trained: Vec<Session>,
}

/// A training.
#[derive(Clone, Debug)]
pub struct Session {
    /// When.
    pub on: Date,
    /// How many people of the unit took part.
    pub heads: u32,
    /// How many of them had taken part in another one within the twelve months before.
    pub again: u32,
    /// The paper that shows it.
    pub document: Option<Decision>,
}

impl Session {
    fn ends(&self) -> Date {
        self.on.saturating_add(COUNTS_MONTHS.months())
    }

    /// The last day on which it counts.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.ends().saturating_sub(1.day())
    }

    /// Whether it counts today, and still on the last day.
    #[must_use]
    pub fn counts(&self, day: impl Into<Ahead>) -> bool {
        let Ahead { today, last } = day.into();
        self.on <= today && today < self.ends() && last < self.ends()
    }
}

/// The people of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// How many there are.
    pub members: u64,
    /// How many of them were trained within twelve months.
    pub met: u64,
}

/// Every entry, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Training {
    staff: Vec<Staff>,
}

impl Training {
    /// Every entry, in force or not.
    pub fn iter(&self) -> impl Iterator<Item = &Staff> {
        self.staff.iter()
    }

    /// The people of each unit that has an entry in force on a day, and how many of them were
    /// trained within the twelve months before: never more than there are.
    #[must_use]
    pub fn tally(&self, day: impl Into<Ahead>) -> BTreeMap<UnitIndex, Heads> {
        let day = day.into();
        let mut sessions: BTreeMap<UnitIndex, Vec<&Session>> = BTreeMap::new();
        for staff in &self.staff {
            let counting = staff.trained.iter().filter(|session| session.counts(day));
            sessions.entry(staff.unit).or_default().extend(counting);
        }
        let in_force = self.staff.iter().filter(|staff| staff.term.holds(day.today));
        in_force
            .map(|staff| {
                let members = staff.heads.into();
                let trained = sessions.get_mut(&staff.unit).map_or(0, |sessions| trained(sessions));
                (staff.unit, Heads { members, met: trained.min(members) })
            })
            .collect()
    }

    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        for staff in &self.staff {
            staff.term.turns(turns);
            turns.extend(staff.trained.iter().flat_map(|session| [session.on, session.ends()]));
        }
    }
}

/// How many people took part in these trainings, nobody counted twice. Those who came again to the
/// earliest had been in one that no longer counts, so there they count.
fn trained(sessions: &mut [&Session]) -> u64 {
    sessions.sort_by_key(|session| session.on);
    let heads: u64 = sessions.iter().map(|session| u64::from(session.heads)).sum();
    let again: u64 = sessions.iter().skip(1).map(|session| u64::from(session.again)).sum();
    heads - again
}

pub(super) fn read(page: Page<'_>, units: &Units, sample: &mut bool) -> Training {
    let mut known: BTreeMap<UnitIndex, Vec<Term>> = BTreeMap::new();
    let mut written = Vec::new();
    let staff = read_list(page, "staff", sample, |section| {
        let staff = staff(section, units, &mut written)?;
        let terms = known.entry(staff.unit).or_default();
        if terms.iter().any(|term| term.overlaps(staff.term)) {
            let message = "another entry counts the people of this unit in this time";
            section.get("unit")?.wrong_with_help(
                message,
                Some("give the former entry its last day: `until`".to_owned()),
            );
        }
        terms.push(staff.term);
        Some(staff)
    });
    check_again(page, written);
    Training { staff }
}

/// A training as it stands in the file.
struct Written {
    unit: UnitIndex,
    session: Session,
    at: Range<usize>,
    says_again: bool,
}

/// Whoever takes part twice within twelve months would count as two people where nobody says so.
fn check_again(page: Page<'_>, mut written: Vec<Written>) {
    written.sort_by_key(|one| (one.unit, one.session.on, one.at.start));
    for pair in written.windows(2) {
        let [before, one] = pair else { continue };
        let (on, heads) = (before.session.on, one.session.heads);
        let is_within =
            before.unit == one.unit && before.session.counts(one.session.on) && !one.says_again;
        if is_within {
            page.wrong_with_help(
                one.at.clone(),
                format!("the key `again` is missing: the unit had a training on {on} too"),
                Some(format!(
                    "write how many of the {heads} were in one within the twelve months before: \
                     `again = 0` if none"
                )),
            );
        }
    }
}

/// Reads every key before it gives up on any, so that all mistakes are found at once.
fn staff(section: &Section<'_>, units: &Units, written: &mut Vec<Written>) -> Option<Staff> {
    let of = section.need("unit").and_then(|item| unit(&item, units));
    let heads = section.need("heads").and_then(|item| at_least_one(&item));
    let term = begun_term(section);
    let read = |item: &Item<'_>| {
        let (session, says_again) = read_session(item)?;
        if let Some(unit) = of {
            written.push(Written { unit, session: session.clone(), at: item.span(), says_again });
        }
        Some(session)
    };
    let trained = section.get("trained").map(|item| item.each(read)).unwrap_or_default();
    if let (Some(heads), Some(term)) = (heads, term)
        && let Some(session) =
            trained.iter().find(|session| session.heads > heads && term.holds(session.on))
        && let Some(item) = section.get("trained")
    {
        item.wrong(format!(
            "{} people trained on {}, when the unit has {heads}",
            session.heads, session.on
        ));
    }
    Some(Staff { unit: of?, heads: heads?, term: term?, trained })
}

/// Also whether it says how many came again.
fn read_session(item: &Item<'_>) -> Option<(Session, bool)> {
    let section = item.section()?;
    let on = section.need("on").and_then(|item| item.date());
    let heads = section.need("heads").and_then(|item| at_least_one(&item));
    let again_item = section.get("again");
    let says_again = again_item.is_some();
    let again = again_item.as_ref().map(count);
    let document = section.get("document").and_then(|item| read_decision(&item));
    section.finish();
    if let (Some(Some(again)), Some(heads), Some(item)) = (again, heads, again_item)
        && again > heads
    {
        item.wrong(format!("{again} came again, of {heads} who came"));
        return None;
    }
    let again = again.flatten().unwrap_or(0);
    Some((Session { on: on?, heads: heads?, again, document }, says_again))
}

#[cfg(test)]
mod tests;
