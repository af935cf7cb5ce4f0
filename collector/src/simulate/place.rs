//! One place of the office: a row of the register, the identities that spoke for it, and when.

use super::Office;
use super::days::{Day, day_of, moment};
use super::dice::{Dice, What};
use super::situation::Situation;
use crate::machine::Standing;
use crate::register::MachineKind;
use report::{MachineId, Timestamp};

/// A place, and everything that is meant to be so at the end.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its number; what it is depends on nothing but this and the seed.
    pub(super) number: u64,
    /// The unit it is in, by number.
    pub(super) unit: usize,
    pub(super) kind: MachineKind,
    /// Its information systems, by number.
    pub(super) systems: Vec<usize>,
    /// The highest level of those; `None`: one is not determined, or there are none.
    pub(super) level: Option<u8>,
    /// Its rows of the register, in the order of their terms.
    pub(super) rows: Vec<Row>,
    /// The identities of its machines.
    pub(super) identities: Vec<Identity>,
}

/// A row of the register.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    /// Its unit, by number.
    pub(super) unit: usize,
    pub(super) from: Day,
    /// The last day; `None`: it is in force at the end.
    pub(super) until: Option<Day>,
}

/// One identity that enrolled.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: MachineId,
    /// Which one of its place it is.
    pub(super) number: u64,
    /// The row it is bound to.
    pub(super) row: Option<String>,
    pub(super) standing: Standing,
    pub(super) enrolled_at: Timestamp,
    pub(super) last_contact: Timestamp,
    pub(super) reported_at: Timestamp,
    /// What it reports; `None`: it has just enrolled and not reported yet.
    pub(super) situation: Option<Situation>,
    pub(super) presence: Presence,
}

/// When an identity was last heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// A few minutes before the end: the end counts as a time when people work.
    Here,
    /// Some days before the end: too long for its facts to speak for the present, not long enough
    /// to be silent.
    Away,
    /// Longer ago than an office machine may be silent.
    Silent,
}

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Ordinary,
    NeverEnrolled,
    Unregistered,
    Retired,
    Revoked,
    Cloned,
    /// Another machine claims the row.
    Contested,
    /// Another machine had the row before.
    Replaced,
}

const ROLES: [(u64, Role); 8] = [
    (915, Role::Ordinary),
    (35, Role::NeverEnrolled),
    (10, Role::Unregistered),
    (12, Role::Retired),
    (6, Role::Revoked),
    (6, Role::Cloned),
    (4, Role::Contested),
    (12, Role::Replaced),
];

/// Whole working days after which what was seen surely no longer speaks for the present.
const SURELY_STALE: u32 = 2;
/// Working days, counted for sure, after which nobody is in doubt that a machine is silent.
const SURELY_SILENT: u32 = 9;
/// The same for a machine outside the register that no longer counts.
const SURELY_GONE: u32 = 45;

impl Place {
    /// The place of this number.
    pub(super) fn at(office: &Office, number: u64) -> Self {
        let mut dice = Dice::of(office.seed, What::Place, number);
        let role = dice.weighted(&ROLES, Role::Ordinary);
        let kind = match dice.falls(30) && role != Role::Unregistered {
            true => MachineKind::Server,
            false => MachineKind::Workstation,
        };
        let unit = office.units.of_place(number);
        let systems = systems(office, &mut dice, unit);
        let level = highest(office, &systems);
        let mut place =
            Self { number, unit, kind, systems, level, rows: Vec::new(), identities: Vec::new() };
        place.settle(office, &mut dice, role);
        place
    }

    fn settle(&mut self, office: &Office, dice: &mut Dice, role: Role) {
        let last = office.days.last();
        let from = office.first_day() - dice.between(30, 900);
        let id = format!("mp-{:07}", self.number);
        let row = Row { id, unit: self.unit, from, until: None };
        match role {
            Role::Ordinary => {
                let moved = self.enter(office, dice, row);
                self.ordinary(office, dice, moved);
            }
            Role::NeverEnrolled => self.rows.push(row),
            Role::Unregistered => {
                self.speak(office, dice, Standing::Current, None, Presence::Here);
                let situations =
                    self.identities.iter_mut().filter_map(|one| one.situation.as_mut());
                situations.for_each(|situation| situation.tell_licence(last));
            }
            Role::Retired => {
                let gone = office.days.before(SURELY_GONE);
                let row = Row { from: row.from.min(gone - 30), until: Some(gone), ..row };
                self.speak_until(office, dice, Standing::Revoked, Some(&row), gone);
                self.rows.push(row);
            }
            Role::Revoked => {
                self.speak(office, dice, Standing::Revoked, Some(&row), Presence::Silent);
                self.rows.push(row);
            }
            Role::Cloned => {
                self.speak(office, dice, Standing::Clone, Some(&row), Presence::Here);
                self.rows.push(row);
            }
            Role::Contested => {
                self.speak(office, dice, Standing::Current, Some(&row), Presence::Here);
                self.speak(office, dice, Standing::Pending, Some(&row), Presence::Here);
                self.rows.push(row);
            }
            Role::Replaced => {
                let before = office.first_day().min(last - 12) - dice.between(1, 20);
                self.speak_until(office, dice, Standing::Revoked, Some(&row), before);
                self.speak(office, dice, Standing::Current, Some(&row), Presence::Here);
                self.rows.push(row);
            }
        }
    }

    /// Puts the row into the register. In the unit that was merged, one machine of three has a row
    /// that ended then and a new one in the unit above.
    fn enter(&mut self, office: &Office, dice: &mut Dice, row: Row) -> Option<Day> {
        let merger = office.units.merger.filter(|merger| merger.unit == row.unit);
        let Some(merger) = merger.filter(|_| dice.falls(333)) else {
            self.rows.push(row);
            return None;
        };
        let from = row.from.min(merger.last_day - 30);
        let id = format!("{}-b", row.id);
        self.rows.push(Row { until: Some(merger.last_day), from, ..row });
        self.rows.push(Row { id, unit: merger.into, from: merger.last_day + 1, until: None });
        self.unit = merger.into;
        Some(merger.last_day + 1)
    }

    fn ordinary(&mut self, office: &Office, dice: &mut Dice, moved: Option<Day>) {
        let Some(row) = self.rows.last().cloned() else {
            return;
        };
        let presence = match (dice.below(1000), self.kind, moved) {
            (0..=29, MachineKind::Workstation, None) => Presence::Away,
            (30..=69, _, None) => Presence::Silent,
            _ => Presence::Here,
        };
        self.speak(office, dice, Standing::Current, Some(&row), presence);
        if dice.falls(5)
            && presence == Presence::Here
            && let Some(identity) = self.identities.last_mut()
        {
            identity.enrolled_at = identity.last_contact;
            identity.situation = None;
        } else if let (Some(moved), Some(identity)) = (moved, self.identities.last_mut()) {
            identity.enrolled_at = moment(moved, 9 * 3600);
        }
    }

    fn speak(
        &mut self,
        office: &Office,
        dice: &mut Dice,
        standing: Standing,
        row: Option<&Row>,
        presence: Presence,
    ) {
        let last = office.days.last();
        match presence {
            Presence::Here => {
                let at = office.days.end - dice.between(300, 900);
                self.identity(office, dice, standing, row, at, presence);
            }
            Presence::Away => {
                let day = office.days.before_working(SURELY_STALE);
                self.speak_on(office, dice, standing, row, day, presence);
            }
            Presence::Silent => {
                let days = u32::try_from(dice.between(0, 30)).unwrap_or_default();
                let mut day = office.days.before(SURELY_SILENT + days);
                // Not near the thirty days at which it moves to the next span of ages.
                if (28..=32).contains(&(last - day)) {
                    day = last - 33;
                }
                self.speak_on(office, dice, standing, row, day, presence);
            }
        }
    }

    fn speak_until(
        &mut self,
        office: &Office,
        dice: &mut Dice,
        standing: Standing,
        row: Option<&Row>,
        day: Day,
    ) {
        self.speak_on(office, dice, standing, row, day, Presence::Silent);
    }

    fn speak_on(
        &mut self,
        office: &Office,
        dice: &mut Dice,
        standing: Standing,
        row: Option<&Row>,
        day: Day,
        presence: Presence,
    ) {
        let at = moment(day, dice.between(14 * 3600, 17 * 3600));
        self.identity(office, dice, standing, row, at, presence);
    }

    fn identity(
        &mut self,
        office: &Office,
        dice: &mut Dice,
        standing: Standing,
        row: Option<&Row>,
        last_contact: Timestamp,
        presence: Presence,
    ) {
        let number = u64::try_from(self.identities.len()).unwrap_or_default();
        let latest = day_of(last_contact) - 1;
        let mut enrolled = (office.first_day() + dice.between(0, office.length / 3)).min(latest);
        // What waits since it enrolled turns a month old on no day on which somebody looks.
        if (29..=33).contains(&(office.days.last() - enrolled)) {
            enrolled -= 5;
        }
        let mut apart = Dice::of(office.seed, What::Posture, self.number * 4 + number);
        let last = office.days.last();
        let situation = Situation::thrown(dice, &mut apart, self.kind, self.level, last);
        self.identities.push(Identity {
            id: machine_id(office.seed, self.number, number),
            number,
            row: row.map(|row| row.id.clone()),
            standing,
            enrolled_at: moment(enrolled, 9 * 3600 + dice.between(0, 7 * 3600)),
            last_contact,
            // Since then heartbeats have said that nothing changed.
            reported_at: last_contact
                - dice.below(3).min(1).cast_signed() * dice.between(60, 6 * 3600),
            situation: Some(situation),
            presence,
        });
    }
}

/// Random, as identities are, but in the order of the places: so a store of a million is written
/// from one end to the other.
fn machine_id(seed: u64, place: u64, number: u64) -> MachineId {
    let mut bytes: [u8; 16] = Dice::of(seed, What::Identity, place * 4 + number).bytes();
    bytes[..6].copy_from_slice(&((place << 8) | number).to_be_bytes()[2..]);
    MachineId::from_bytes(bytes)
}

fn systems(office: &Office, dice: &mut Dice, unit: usize) -> Vec<usize> {
    if dice.falls(15) {
        return Vec::new();
    }
    let mut systems = vec![office.systems.network_of(unit)];
    if dice.falls(400) {
        let sector = u64::try_from(super::systems::SECTOR).unwrap_or_default();
        systems.push(usize::try_from(dice.below(sector)).unwrap_or_default());
    }
    systems
}

fn highest(office: &Office, systems: &[usize]) -> Option<u8> {
    let levels: Option<Vec<_>> =
        systems.iter().map(|number| office.systems.list[*number].level).collect();
    levels?.into_iter().max()
}
