//! The days of one identity: when it enrolled, when it was on, what it reported.

use report::wire::{self, WireError};
use report::{Timestamp, moment};

use super::Office;
use super::days::{Day, day_of, moment as moment_of};
use super::dice::{Dice, What};
use super::observed;
use super::place::{Identity, Place};
use super::situation::Situation;
use crate::machine::Contact;
use crate::register::MachineKind;
use crate::store::{NewCertificate, SimulatedEnrolment, SimulatedMachine};

/// How often a report is kept although nothing happened: the store thins history, too.
const DAYS_BETWEEN_REPORTS: Day = 14;

/// Everything an identity did, as the store would have kept it.
///
/// # Errors
/// When what it says is no report: a mistake of this program.
pub(super) fn lived(
    office: &Office,
    place: &Place,
    identity: &Identity,
) -> Result<SimulatedMachine, WireError> {
    let mut life = Life {
        office,
        place,
        identity,
        machine: SimulatedMachine::enrolled(enrolment(office, place, identity)),
        sequence: 0,
    };
    if let Some(situation) = &identity.situation {
        life.live(situation)?;
    }
    Ok(life.machine)
}

struct Life<'l> {
    office: &'l Office,
    place: &'l Place,
    identity: &'l Identity,
    machine: SimulatedMachine,
    sequence: u64,
}

impl Life<'_> {
    fn live(&mut self, situation: &Situation) -> Result<(), WireError> {
        let Identity { enrolled_at, reported_at, last_contact, .. } = *self.identity;
        let mut dice =
            Dice::of(self.office.seed, What::Days, self.place.number * 4 + self.identity.number);
        let first = enrolled_at + 60;
        if first < reported_at {
            self.report(situation, first)?;
        }
        let (mut reported, mut waiting) = (day_of(first), situation.updates.waiting(day_of(first)));
        for day in day_of(first) + 1..day_of(reported_at) {
            if !self.is_on(day) {
                continue;
            }
            let (morning, evening) = hours(&mut dice, day);
            let now_waiting = situation.updates.waiting(day);
            if day - reported >= DAYS_BETWEEN_REPORTS || now_waiting != waiting {
                (reported, waiting) = (day, now_waiting);
                self.report(situation, morning)?;
            } else {
                self.heartbeat(situation, morning);
            }
            self.stay_on(situation, evening);
        }
        self.report(situation, reported_at)?;
        if reported_at < last_contact {
            self.heartbeat(situation, last_contact);
        }
        Ok(())
    }

    /// A server runs through; people come on working days.
    fn is_on(&self, day: Day) -> bool {
        match self.place.kind {
            MachineKind::Server => true,
            MachineKind::Workstation => self.office.days.is_workday(day),
        }
    }

    fn stay_on(&mut self, situation: &Situation, evening: Timestamp) {
        match self.place.kind {
            MachineKind::Server => {
                let night = evening + moment::DAY / 4;
                for at in [evening, night] {
                    self.heartbeat(situation, at);
                }
            }
            MachineKind::Workstation => self.heartbeat(situation, evening),
        }
    }

    fn report(&mut self, situation: &Situation, at: Timestamp) -> Result<(), WireError> {
        self.sequence += 1;
        let report =
            observed::report(self.office, self.place, self.identity, situation, at, self.sequence);
        let received = wire::decode_report(wire::encode_report(&report).as_bytes())?;
        self.machine.report(&received, at);
        Ok(())
    }

    fn heartbeat(&mut self, situation: &Situation, at: Timestamp) {
        self.sequence += 1;
        self.machine.heartbeat(Contact { at, skew: situation.skew });
    }
}

/// When people come and when they go.
fn hours(dice: &mut Dice, day: Day) -> (Timestamp, Timestamp) {
    let hour = 3600;
    let morning = moment_of(day, dice.between(7 * hour, 8 * hour + hour / 2));
    let evening = moment_of(day, dice.between(16 * hour + hour / 2, 18 * hour - 60));
    (morning, evening)
}

fn enrolment(office: &Office, place: &Place, identity: &Identity) -> SimulatedEnrolment {
    let at = identity.enrolled_at;
    SimulatedEnrolment {
        machine: identity.id,
        row: identity.row.clone(),
        unit: Some(office.units.list[place.unit].id.clone()),
        standing: identity.standing,
        fingerprint: observed::fingerprint(place, identity),
        at,
        certificate: certificate(identity, at),
    }
}

/// Of no authority and over no key: with it nobody can speak. It begins with the letters `mp`.
fn certificate(identity: &Identity, at: Timestamp) -> NewCertificate {
    let mut sha256 = [0; 32];
    sha256[..2].copy_from_slice(b"mp");
    sha256[2..18].copy_from_slice(identity.id.as_bytes());
    NewCertificate {
        sha256,
        serial: format!("6d70{}", identity.id),
        issuer: [0; 32],
        not_before: at - 3600,
        not_after: at + 90 * moment::DAY,
    }
}
