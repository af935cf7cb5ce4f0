//! The traps that other products fell into and their users complained of, one test for each.
//!
//! Each test fails when its trap is put back; the comment names who fell into it.

mod counted;
mod known;

use std::sync::Arc;

use report::verdict::{Ruling, State};

use crate::fleet::Fleet;
use crate::machine::Machine;
use crate::policy::fixtures::{NOW, set, view};
use crate::policy::judge::Judgement;
use crate::policy::posture::Tally;
use crate::policy::{JudgeClock, PolicySet, Posture, Roll, Subject, judge};

/// Three rows in force.
const ROWS: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                    m-2,so,workstation,lan,,,,2025-01-01,\n\
                    m-3,so,workstation,lan,,,,2025-01-01,\n";
const LICENSED: &str = "antivirus-licensed";
const PROTECTED: &str = "machines-protected";

fn posture(set: &PolicySet, machines: &[Machine]) -> Posture {
    let fleet = Fleet::new(machines.to_vec());
    Posture::of(&Roll::call(Arc::new(set.clone()), &fleet, JudgeClock::at(NOW)))
}

/// How many of how many are counted for a target.
fn tally(posture: &Posture, target: &str) -> (u64, u64) {
    let Tally { members, met } = posture.target(target).unwrap().total;
    (met, members)
}

fn in_state(posture: &Posture, state: State) -> u64 {
    posture.machines.iter().filter(|((_, own), _)| *own == state).map(|(_, count)| count).sum()
}

fn judged<'m>(set: &'m PolicySet, machine: &Machine) -> Judgement<'m> {
    judge(set, &Subject::of(set, view(machine), NOW), JudgeClock::at(NOW))
}

/// What the shipped rule of this id says of a machine, and the state of the machine.
fn said(rule: &str, machine: &Machine) -> (Ruling, State) {
    let set = set(ROWS, &[]);
    let place = set.rules.iter().position(|one| one.id == rule).unwrap();
    let judgement = judged(&set, machine);
    (judgement.rules[place].ruling, judgement.state)
}
