//! Seats are for machines that somebody answers for.

use super::*;
use crate::machine::{Machine, Standing};
use crate::policy::fixtures::{DAY, HOUR, NOW, observe_antivirus, set, silent_body};
use crate::policy::promises::worlds::opaque_product;
use crate::policy::subject::Seat;
use crate::policy::{JudgeClock, Roll};

const ROWS: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                    m-2,phong,workstation,lan,,,,2025-01-01,\n\
                    old-1,so,workstation,lan,,,,2019-01-01,2026-10-31\n\
                    old-2,so,workstation,lan,,,,2019-01-01,2026-10-31\n";

/// A contract for one product with so many seats.
fn contract(id: &str, seats: u32, rest: &str) -> String {
    format!(
        "[[licence]]\nid = \"{id}\"\ncontract = {{ number = \"1\", date = 2026-01-05 }}\n\
         supplier = \"x\"\nproducts = [\"drweb\"]\nseats = {seats}\nfrom = 2026-01-01\n\
         until = 2026-12-31\n{rest}"
    )
}

fn office(contracts: &str) -> Arc<PolicySet> {
    Arc::new(set(ROWS, &[("register/licences.toml", contracts)]))
}

/// A machine with that product that was heard of last so long ago.
fn machine(number: u8, row: Option<&str>, seconds_ago: i64) -> Machine {
    let mut machine = silent_body(number, row);
    machine.last_contact.at = NOW - seconds_ago;
    observe_antivirus(&mut machine, vec![opaque_product("drweb")], true);
    machine
}

fn call(set: &Arc<PolicySet>, fleet: &Fleet) -> Roll {
    Roll::call(Arc::clone(set), fleet, JudgeClock::at(NOW))
}

/// Which machines have a seat.
fn seated(roll: &Roll, fleet: &Fleet) -> Vec<bool> {
    let has_seat = |slot| {
        let subject = roll.subject(fleet, &roll.member_of(slot)?)?;
        Some(matches!(subject.seat, Seat::Taken(_)))
    };
    fleet.slots().map(|slot| has_seat(slot).unwrap_or_default()).collect()
}

#[test]
fn machines_that_nobody_answers_for_leave_their_seats_to_those_after_them() {
    let set = office(&contract("l", 2, ""));
    let rows = ["old-1", "old-2", "m-1", "m-2"];
    let machines = |since| {
        let machines = (1..).zip(rows).map(|(number, row)| machine(number, Some(row), since));
        Fleet::new(machines.collect())
    };
    let (silent, live) = (machines(31 * DAY), machines(DAY));
    assert_eq!(seated(&call(&set, &silent), &silent), [false, false, true, true]);
    assert_eq!(call(&set, &silent).seats_used(0), 2);
    assert_eq!(
        seated(&call(&set, &live), &live),
        [true, true, false, false],
        "whoever lives outside the register is a member"
    );
}

#[test]
fn who_uses_the_identity_of_another_takes_no_seat() {
    let set = office(&contract("l", 2, ""));
    let mut copy = machine(2, None, DAY);
    copy.clone_of = Some(machine(1, None, DAY).id);
    copy.standing = Standing::Clone;
    let fleet = Fleet::new(vec![machine(1, None, DAY), copy, machine(3, Some("m-1"), DAY)]);
    let roll = call(&set, &fleet);
    assert_eq!(seated(&roll, &fleet), [true, false, true]);
    assert_eq!(roll.seats_used(0), 2);
}

#[test]
fn a_seat_is_given_back_in_the_moment_in_which_its_machine_is_no_member_any_more() {
    let set = office(&contract("l", 1, ""));
    let fleet =
        Fleet::new(vec![machine(1, None, 30 * DAY - HOUR), machine(2, Some("m-1"), 31 * DAY)]);
    let mut roll = call(&set, &fleet);
    roll.advance(&set, &fleet, NOW + HOUR);
    assert_eq!(seated(&roll, &fleet), [true, false]);
    roll.advance(&set, &fleet, NOW + HOUR + 1);
    assert_eq!(seated(&roll, &fleet), [false, true]);
    assert_eq!(roll.seats_used(0), 1);
}

#[test]
fn what_is_found_for_one_unit_is_not_offered_to_another() {
    let contracts = contract("l-all", 9, "") + &contract("l-phong", 9, "units = [\"phong\"]\n");
    let set = office(&contracts);
    let rows = ["m-1", "m-2", "m-1", "m-2"];
    let machines = (1..).zip(rows).map(|(number, row)| {
        let token_unit = Some(if row == "m-1" { "so" } else { "phong" }.to_owned());
        Machine { token_unit, ..machine(number, Some(row), 0) }
    });
    let roll = call(&set, &Fleet::new(machines.collect()));
    assert_eq!([roll.seats_used(0), roll.seats_used(1)], [2, 2]);
}
