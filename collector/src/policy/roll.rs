//! The roll: everyone answered for, and what the judge last said of each.
//!
//! Members are the rows of the register in force, whether anything reports for them or not, and
//! the machines outside it that are still live. The whole roll is judged when the set changes, at
//! midnight, because dates decide who is in force, and when the clock is set back. In between, a
//! machine is judged again when it is heard of, and when its judgement says that it turns.

use std::sync::{Arc, Mutex, PoisonError};

use report::Timestamp;
use report::verdict::Ruling;

use super::PolicySet;
use super::counts::Counts;
use super::day::Day;
use super::entry::{Entry, Rulings, RulingsMut};
use super::hourglass::Hourglass;
use super::judge::judge_on;
use super::posture::ReportAge;
use super::seats::{Asker, Seats};
use super::states::is_live;
use super::subject::{JudgeClock, Seat, Subject};
use crate::fleet::{Fleet, Slot};
use crate::register::{MachineRow, RowIndex};

mod changes;
mod queue;
mod speakers;

use changes::Marks;
pub use changes::{Change, NotPassed, Outcome};
use queue::Queue;
use speakers::Speakers;

/// Clocks of several threads differ by a moment; one that goes back further was set.
const JITTER: i64 = 60;

/// So many places are judged in a row. A machine that speaks for a row is no work of its own, so
/// cores with equal parts of all places would have all of it or none.
const SHARE: usize = 4096;

/// Everyone answered for by one set, at one moment.
#[derive(Debug)]
pub struct Roll {
    set: Arc<PolicySet>,
    clock: JudgeClock,
    /// The end of the day: then everyone is judged again.
    midnight: Timestamp,
    day: Day,
    speakers: Speakers,
    seats: Seats,
    pages: Pages,
    queue: Queue,
    marks: Marks,
}

/// What was said of each place: rows first, each machine after them.
#[derive(Debug)]
struct Pages {
    /// `None`: not a member.
    entries: Vec<Option<Entry>>,
    rulings: Rulings,
    counts: Counts,
}

/// One member as the roll has it.
#[derive(Debug)]
pub struct Member<'r> {
    /// Its row; `None`: it is not in the register.
    pub row: Option<MachineRow<'r>>,
    /// The machine that speaks for it; `None`: none ever enrolled.
    pub machine: Option<Slot>,
    /// What the judge said.
    pub entry: Entry,
    place: usize,
    roll: &'r Roll,
}

impl<'r> Member<'r> {
    /// What each rule of the set says, in its order.
    pub fn rulings(&self) -> impl Iterator<Item = Ruling> + Clone {
        self.roll.pages.rulings.of(self.place)
    }

    /// Its unit; `None`: none is known.
    #[must_use]
    pub fn unit(&self) -> Option<&'r str> {
        let units = &self.roll.set.register.units;
        units.iter().nth(usize::from(self.entry.unit)).map(|unit| unit.id.as_str())
    }

    /// What to call it: its register id, or its identity where it has none.
    #[must_use]
    pub fn name(&self, fleet: &Fleet) -> String {
        match (self.row, self.machine) {
            (Some(row), _) => row.id.to_owned(),
            (None, Some(machine)) => fleet.at(machine).id.to_string(),
            (None, None) => String::new(),
        }
    }

    /// What the rule of a number says.
    #[must_use]
    pub fn ruling(&self, rule: usize) -> Ruling {
        self.roll.pages.rulings.one(self.place, rule)
    }
}

impl Roll {
    /// Judges everyone by a set at a moment.
    #[must_use]
    pub fn call(set: Arc<PolicySet>, fleet: &Fleet, clock: JudgeClock) -> Self {
        let day = Day::by(&set, clock);
        let speakers = Speakers::appoint(&set, fleet, &day);
        Self::judge(set, fleet, clock, day, speakers)
    }

    /// Judges everyone of this fleet once more, by another set or another clock, and leaves this
    /// roll as it is.
    #[must_use]
    pub fn beside(&self, set: Arc<PolicySet>, fleet: &Fleet, clock: JudgeClock) -> Self {
        let day = Day::by(&set, clock);
        let is_same = set.register.machines == self.set.register.machines;
        let speakers = match is_same {
            true => self.speakers.appoint_again(&set, fleet, &day),
            false => Speakers::appoint(&set, fleet, &day),
        };
        Self::judge(set, fleet, clock, day, speakers)
    }

    /// Judges everyone again, by another set or on another day.
    fn call_again(&mut self, set: Arc<PolicySet>, fleet: &Fleet, clock: JudgeClock) {
        let judged = self.beside(set, fleet, clock);
        let before = std::mem::replace(self, judged);
        self.compare(before);
    }

    /// By the same set over as many places, only what differs has changed.
    fn compare(&mut self, before: Self) {
        let (places, at) = (self.pages.entries.len(), self.clock.now);
        if before.set.hash != self.set.hash || before.pages.entries.len() != places {
            return;
        }
        self.marks = before.marks;
        for place in (0..places).filter(|place| !self.pages.says_as(&before.pages, *place)) {
            self.marks.push(place, at);
        }
    }

    fn judge(
        set: Arc<PolicySet>,
        fleet: &Fleet,
        clock: JudgeClock,
        day: Day,
        speakers: Speakers,
    ) -> Self {
        let midnight = set.targets.calendar.end_of(day.date()) + 1;
        let asker = |machine| asker(&set, fleet, &speakers, clock, machine);
        let seats = Seats::allot(&set, &day, fleet, asker);
        let bench =
            Bench { set: &set, day: &day, fleet, speakers: &speakers, seats: &seats, clock };
        let pages = bench.judge_everyone();
        let queue = Queue::new(pages.entries.iter().map(|entry| entry.map(|entry| entry.turns)));
        let marks = Marks::everyone(clock.now);
        Self { set, clock, midnight, day, speakers, seats, pages, queue, marks }
    }

    /// The set everyone was judged by.
    #[must_use]
    pub fn set(&self) -> &Arc<PolicySet> {
        &self.set
    }

    /// The moment everyone is judged as of.
    #[must_use]
    pub fn clock(&self) -> JudgeClock {
        self.clock
    }

    /// The sums over all members.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.pages.counts
    }

    /// The ids of the units in the order of their places.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        self.set.register.units.iter().map(|unit| unit.id.as_str())
    }

    /// Every member: rows by id first, then machines outside the register as they enrolled.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        let places = self.pages.entries.iter().enumerate();
        places.filter_map(|(place, entry)| Some(self.member(place, (*entry)?)))
    }

    /// Every member with what another roll of the same set, machines and day says of it.
    pub fn pairs<'r>(&'r self, other: &'r Self) -> impl Iterator<Item = (Member<'r>, Member<'r>)> {
        let places = self.pages.entries.iter().zip(&other.pages.entries).enumerate();
        places.filter_map(|(place, (own, others))| {
            Some((self.member(place, (*own)?), other.member(place, (*others)?)))
        })
    }

    /// The members of whom another roll of as many rules, over the same rows and machines, says
    /// otherwise, and those whom it does not have. To go over a million members of whom nothing
    /// else is said takes long enough to matter.
    pub fn members_unlike<'r>(&'r self, other: &'r Self) -> impl Iterator<Item = Member<'r>> {
        let (own, others) = (&self.pages, &other.pages);
        let is_same = |place: usize, entry: Entry| {
            let other = others.entries.get(place).copied().flatten();
            other.is_some_and(|other| other.state == entry.state)
                && own.rulings.are_same(place, &others.rulings)
        };
        let places = own.entries.iter().enumerate();
        places.filter_map(move |(place, entry)| {
            let entry = (*entry)?;
            (!is_same(place, entry)).then(|| self.member(place, entry))
        })
    }

    /// The member a machine is or speaks for.
    #[must_use]
    pub fn member_of(&self, machine: Slot) -> Option<Member<'_>> {
        let place = self.speakers.place_of(machine);
        let entry = (*self.pages.entries.get(place)?)?;
        Some(self.member(place, entry))
    }

    /// The member of a row; `None`: it is not in force.
    #[must_use]
    pub fn member_at(&self, row: RowIndex) -> Option<Member<'_>> {
        let entry = (*self.pages.entries.get(row.number())?)?;
        Some(self.member(row.number(), entry))
    }

    fn member(&self, place: usize, entry: Entry) -> Member<'_> {
        let row = self.speakers.row_at(place).map(|row| self.set.register.machines.at(row));
        let machine = self.speakers.machine_at(place);
        Member { row, machine, entry, place, roll: self }
    }

    /// Lets time pass until a moment, under the set in force then. A moment just before the
    /// roll's own is taken for it.
    pub fn advance(&mut self, set: &Arc<PolicySet>, fleet: &Fleet, now: Timestamp) {
        let was_set_back = now < self.clock.now - JITTER;
        if self.set.hash != set.hash || now >= self.midnight || was_set_back {
            self.call_again(Arc::clone(set), fleet, JudgeClock::at(now));
            return;
        }
        self.clock = JudgeClock::at(now.max(self.clock.now));
        while let Some(place) = self.next_due() {
            self.judge_again(fleet, place);
        }
        // Whoever was a member until now has given back its seat.
        if self.seats.is_unsettled() {
            for machine in self.seats.settle(&self.set) {
                self.judge_again(fleet, self.speakers.place_of(machine));
            }
        }
    }

    fn next_due(&mut self) -> Option<usize> {
        let entries = &self.pages.entries;
        self.queue.due(self.clock.now, |place| entries[place].map(|entry| entry.turns))
    }

    /// Something about a machine has changed: it was heard of, or it is new.
    pub fn touch(&mut self, fleet: &Fleet, machine: Slot, now: Timestamp) {
        self.clock = JudgeClock::at(now.max(self.clock.now));
        self.make_room(fleet);
        let places = self.speakers.reappoint(&self.set, &self.day, fleet, machine);
        // Whoever speaks for a row no longer is in the unit of its token again, and the other way
        // round, so its contracts are others too.
        for machine in places.iter().filter_map(|place| self.speakers.machine_at(*place)) {
            let asker = asker(&self.set, fleet, &self.speakers, self.clock, machine);
            self.seats.touch(&self.set, &self.day, fleet, machine, asker);
        }
        for place in places {
            self.judge_again(fleet, place);
        }
    }

    /// Who a member is, as the judge sees it.
    #[must_use]
    pub fn subject<'r>(&'r self, fleet: &'r Fleet, member: &Member<'r>) -> Option<Subject<'r>> {
        self.bench(fleet).subject(member.place, &Hourglass::new(self.clock))
    }

    /// The day it is judged on.
    #[must_use]
    pub fn day(&self) -> &Day {
        &self.day
    }

    /// How many machines use a seat of the contract of a number.
    #[must_use]
    pub fn seats_used(&self, contract: usize) -> u32 {
        self.seats.used(contract)
    }

    fn bench<'b>(&'b self, fleet: &'b Fleet) -> Bench<'b> {
        let Self { set, day, speakers, seats, clock, .. } = self;
        Bench { set, day, fleet, speakers, seats, clock: *clock }
    }

    /// Machines that are new have a place of their own, and no entry yet.
    fn make_room(&mut self, fleet: &Fleet) {
        while self.pages.entries.len() < self.speakers.rows() + fleet.len() {
            self.pages.entries.push(None);
            self.pages.rulings.push();
            self.queue.push();
        }
    }

    fn judge_again(&mut self, fleet: &Fleet, place: usize) {
        let judged = self.bench(fleet).judge(place);
        if let (None, Some(machine)) = (&judged, self.speakers.machine_at(place)) {
            self.seats.touch(&self.set, &self.day, fleet, machine, None);
        }
        self.queue.set(place, judged.as_ref().map(|(entry, _)| entry.turns));
        if self.pages.replace(place, judged) {
            self.marks.push(place, self.clock.now);
        }
    }
}

/// What has changed.
impl Roll {
    /// So many members at most of which something else is said than when this was last asked, in
    /// the order in which that changed. Where [everyone](Self::everyone_since) waits, whoever is no
    /// member is not among them.
    pub fn take_changes(&mut self, fleet: &Fleet, most: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        while changes.len() < most {
            let skips = self.marks.everyone_since().is_some();
            let Some((place, at)) = self.marks.next(self.pages.entries.len()) else {
                break;
            };
            if !skips || self.pages.entries[place].is_some() {
                changes.push(self.change(fleet, place, at));
            }
        }
        changes
    }

    /// Since when it waits to be taken what is said of everyone: nothing is known of before.
    #[must_use]
    pub fn everyone_since(&self) -> Option<Timestamp> {
        self.marks.everyone_since()
    }

    /// What was taken got lost: everyone is to be taken again.
    pub fn mark_everyone(&mut self) {
        self.marks = Marks::everyone(self.clock.now);
    }

    /// Whether there is a member of this name: the id of a row, or the identity of a machine
    /// outside the register.
    #[must_use]
    pub fn has_member(&self, fleet: &Fleet, name: &str) -> bool {
        let row = self.set.register.machines.index(name).map(RowIndex::number);
        let machine = || fleet.find(name.parse().ok()?);
        let place = row.or_else(|| Some(self.speakers.own_place(machine()?)));
        place.is_some_and(|place| self.pages.entries.get(place).is_some_and(Option::is_some))
    }

    fn change(&self, fleet: &Fleet, place: usize, at: Timestamp) -> Change {
        let member = match self.speakers.row_at(place) {
            Some(row) => self.set.register.machines.at(row).id.to_owned(),
            None => fleet.at(self.speakers.own_machine(place)).id.to_string(),
        };
        Change { at, member, outcome: self.outcome(place) }
    }

    fn outcome(&self, place: usize) -> Option<Outcome> {
        let member = self.member(place, self.pages.entries[place]?);
        let rules = self.set.rules.iter().map(|rule| rule.id.as_str());
        Some(Outcome {
            state: member.entry.state,
            unit: member.unit().unwrap_or_default().to_owned(),
            rules: NotPassed::of(rules.zip(member.rulings())),
        })
    }
}

/// A machine as one that may take a seat: it speaks for a row, or it lives outside the register by
/// an identity of its own; in the unit of its row, else of its token.
fn asker(
    set: &PolicySet,
    fleet: &Fleet,
    speakers: &Speakers,
    clock: JudgeClock,
    machine: Slot,
) -> Option<Asker> {
    if let Some(row) = speakers.row_at(speakers.place_of(machine)) {
        return Some(Asker { unit: Some(set.register.machines.at(row).unit_index) });
    }
    let machine = fleet.at(machine);
    // Whoever has one stolen key is up to eight more machines, and takes no seat from an honest one.
    let is_own = machine.clone_of().is_none();
    let lives = is_live(&set.targets, machine.last_contact.at, &Hourglass::new(clock));
    let unit = || machine.token_unit().and_then(|id| set.register.units.index(id));
    (is_own && lives).then(|| Asker { unit: unit() })
}

impl Pages {
    fn blank(set: &PolicySet, places: usize) -> Self {
        Self {
            entries: vec![None; places],
            rulings: Rulings::new(places, set.rules.len()),
            counts: Counts::none(set, set.register.units.iter().count()),
        }
    }

    /// Says whether something else was said before.
    fn replace(&mut self, place: usize, judged: Option<(Entry, Vec<Ruling>)>) -> bool {
        let before: Option<(Entry, Vec<Ruling>)> =
            self.entries[place].map(|entry| (entry, self.rulings.of(place).collect()));
        if let Some((entry, rulings)) = &before {
            self.counts.take_out(entry, rulings);
        }
        self.entries[place] = judged.as_ref().map(|(entry, _)| *entry);
        if let Some((entry, rulings)) = &judged {
            self.rulings.set(place, rulings);
            self.counts.add(entry, rulings);
        }
        let said = |one: Option<(Entry, Vec<Ruling>)>| {
            one.map(|(entry, rulings)| (entry.state, entry.unit, rulings))
        };
        said(before) != said(judged)
    }

    /// Whether the same is said of a place as on other pages by the same rules and units.
    fn says_as(&self, other: &Self, place: usize) -> bool {
        match (self.entries[place], other.entries[place]) {
            (None, None) => true,
            (Some(one), Some(two)) => {
                let same = one.state == two.state && one.unit == two.unit;
                same && self.rulings.are_same(place, &other.rulings)
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Everything that one place is judged by.
struct Bench<'b> {
    set: &'b PolicySet,
    day: &'b Day,
    fleet: &'b Fleet,
    speakers: &'b Speakers,
    seats: &'b Seats,
    clock: JudgeClock,
}

impl<'b> Bench<'b> {
    fn judge_everyone(&self) -> Pages {
        let mut pages = Pages::blank(self.set, self.speakers.rows() + self.fleet.len());
        self.fill(&mut pages);
        pages
    }

    /// Judges every place, each core one share after the other.
    fn fill(&self, pages: &mut Pages) {
        let Pages { entries, rulings, counts } = pages;
        let shares = entries.chunks_mut(SHARE).zip(rulings.shares_mut(SHARE));
        let shares = Mutex::new((0..).step_by(SHARE).zip(shares));
        let next = || shares.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            let mut counts = Pages::blank(self.set, 0).counts;
            while let Some((first, (entries, rulings))) = next() {
                self.judge_share(first, entries, rulings, &mut counts);
            }
            counts
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let judges: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            for judge in judges {
                match judge.join() {
                    Ok(own) => counts.merge(&own),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }

    /// Judges the places from one on, and adds them up.
    fn judge_share(
        &self,
        first: usize,
        entries: &mut [Option<Entry>],
        mut rulings: RulingsMut<'_>,
        counts: &mut Counts,
    ) {
        for (index, entry) in entries.iter_mut().enumerate() {
            if let Some((own, said)) = self.judge(first + index) {
                *entry = Some(own);
                rulings.set(index, &said);
                counts.add(&own, &said);
            }
        }
    }

    /// What is said of a place; `None`: it is not a member.
    fn judge(&self, place: usize) -> Option<(Entry, Vec<Ruling>)> {
        let clock = Hourglass::new(self.clock);
        let subject = self.subject(place, &clock)?;
        let age = ReportAge::of(subject.machine, &clock);
        let judgement = judge_on(self.set, self.day, &subject, &clock);
        let rulings = judgement.rules.iter().map(|rule| rule.ruling).collect();
        let entry = Entry {
            state: judgement.state,
            kind: judgement.kind,
            level: judgement.level,
            age,
            registered: subject.row.is_some(),
            unit: self.unit_place(&subject),
            // Enrolment is a contact that tells no time.
            skew: subject
                .machine
                .filter(|machine| machine.has_reported())
                .map(|machine| machine.last_contact.skew),
            turns: clock.turns(),
        };
        Some((entry, rulings))
    }

    /// The place of the unit that is judged at, or the one after all units.
    fn unit_place(&self, subject: &Subject<'_>) -> u16 {
        let units = &self.set.register.units;
        let token = || units.index(subject.machine?.token_unit()?);
        let unit = subject.row.map(|row| row.unit_index).or_else(token);
        let place = unit.map_or_else(|| units.iter().count(), |unit| unit.number());
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn is_history(&self, place: usize) -> bool {
        let machine = self.speakers.machine_at(place);
        machine.is_some_and(|machine| self.speakers.is_history(self.fleet, machine))
    }

    /// Who is judged at a place.
    fn subject(&self, place: usize, clock: &Hourglass) -> Option<Subject<'b>> {
        let slot = self.speakers.machine_at(place);
        let machine = slot.map(|slot| self.fleet.at(slot));
        let seat = slot.map(|slot| self.seat(slot)).unwrap_or_default();
        match self.speakers.row_at(place) {
            Some(row) => {
                let row = self.set.register.machines.at(row);
                self.day.has(row).then_some(Subject { row: Some(row), machine, seat })
            }
            None => {
                let machine = machine.filter(|_| !self.is_history(place))?;
                let lives = is_live(&self.set.targets, machine.last_contact.at, clock);
                lives.then_some(Subject { row: None, machine: Some(machine), seat })
            }
        }
    }

    fn seat(&self, machine: Slot) -> Seat<'b> {
        let contract = |number| self.set.register.licences.at(number);
        let taken = self.seats.of(machine).and_then(contract).map(Seat::Taken);
        let missed = || self.seats.missed(machine).and_then(contract).map(Seat::Missed);
        taken.or_else(missed).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
