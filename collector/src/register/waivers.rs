//! `waivers.toml`: the machines that a decision excuses from a rule for a time.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use report::Bilingual;
use report::verdict::Severity;

use super::entry::{bounded_term, own_id, read_list, sentence, unit};
use super::machines::{MachineRow, Machines, RowIndex};
use super::systems::{Decision, read_decision};
use super::units::UnitIndex;
use super::{Ahead, Register, Term};
use crate::policy::document::{Item, Section};
use crate::policy::problem::Page;
use crate::policy::rule::{Rule, check_reference};

/// The file.
pub const FILE: &str = "register/waivers.toml";

/// For so many days a waiver is in force at most, the first and the last included.
const LONGEST_DAYS: i64 = 180;

/// A decision that excuses machines from a rule: what fails is then waived, what is unknown stays
/// unknown.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// The machines.
    pub scope: Scope,
    /// The decision it rests on.
    pub decision: Decision,
    /// Who approved it.
    pub approver: String,
    /// Why.
    pub reason: Bilingual,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
    /// The number of the rule in the set.
    rule_number: u32,
}

/// Which machines a waiver is about.
#[derive(Clone, Debug)]
pub enum Scope {
    /// These rows, ordered.
    Machines(Vec<RowIndex>),
    /// The rows that are in force on the waiver's first day in a unit or, by the tree of that day,
    /// below it. A machine that joins later is not among them.
    Unit {
        /// The unit the decision names.
        unit: UnitIndex,
        /// It and every unit below it, ordered.
        within: Vec<UnitIndex>,
    },
}

impl Waiver {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        self.term().holds(on)
    }

    /// Whether it is about a row, on the days it is in force.
    #[must_use]
    pub fn covers(&self, row: MachineRow<'_>) -> bool {
        match &self.scope {
            Scope::Machines(rows) => rows.binary_search(&row.index).is_ok(),
            Scope::Unit { within, .. } => {
                row.term.holds(self.from) && within.binary_search(&row.unit_index).is_ok()
            }
        }
    }

    fn term(&self) -> Term {
        Term { from: Some(self.from), until: Some(self.until) }
    }
}

/// Every waiver, in the order of preference where several cover one machine: the one that lasts
/// longest first, then by id.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    list: Vec<Waiver>,
}

impl Waivers {
    /// Every waiver, in force or not.
    pub fn iter(&self) -> impl Iterator<Item = &Waiver> {
        self.list.iter()
    }

    /// The waivers in force on a day.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = &Waiver> {
        self.iter().filter(move |waiver| waiver.holds(on))
    }

    /// The waiver that excuses a row from a rule on a day.
    #[must_use]
    pub fn covering(&self, rule: &str, row: MachineRow<'_>, on: Date) -> Option<&Waiver> {
        self.in_force(on).find(|waiver| waiver.rule == rule && waiver.covers(row))
    }

    /// Who is excused from what on a day, for a judge who goes over every row.
    #[must_use]
    pub fn on(&self, day: impl Into<Ahead>, machines: &Machines) -> WaivedOn {
        let day = day.into();
        let (mut pairs, mut by_unit) = (Vec::new(), Vec::new());
        let lasting = (0_u32..).zip(&self.list).filter(|(_, waiver)| waiver.term().lasts(day));
        for (number, waiver) in lasting {
            match &waiver.scope {
                Scope::Machines(rows) => {
                    pairs.extend(rows.iter().map(|row| waiver.pair(*row, number)));
                }
                Scope::Unit { within, .. } => {
                    by_unit.extend(within.iter().map(|unit| (*unit, number, waiver)));
                }
            }
        }
        by_unit.sort_by_key(|(unit, number, _)| (*unit, *number));
        if !by_unit.is_empty() {
            for row in machines.iter() {
                let first = by_unit.partition_point(|(unit, ..)| *unit < row.unit_index);
                let here = by_unit[first..].iter().take_while(|(unit, ..)| *unit == row.unit_index);
                let covering = here.filter(|(_, _, waiver)| row.term.holds(waiver.from));
                pairs.extend(covering.map(|(_, number, waiver)| waiver.pair(row.index, *number)));
            }
        }
        WaivedOn::of(pairs)
    }

    /// The waiver of a number that [`WaivedOn`] gives.
    #[must_use]
    pub fn at(&self, number: u32) -> Option<&Waiver> {
        self.list.get(usize::try_from(number).ok()?)
    }

    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        self.list.iter().for_each(|waiver| waiver.term().turns(turns));
    }
}

impl Waiver {
    fn pair(&self, row: RowIndex, number: u32) -> Waived {
        Waived { row, rule: self.rule_number, waiver: number }
    }
}

/// A rule that a row is excused from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waived {
    /// The row.
    pub row: RowIndex,
    /// The number of the rule in [`PolicySet::rules`](crate::policy::PolicySet::rules).
    pub rule: u32,
    /// The number of the waiver, for [`Waivers::at`].
    pub waiver: u32,
}

/// Who is excused from what on one day.
#[derive(Clone, Debug, Default)]
pub struct WaivedOn {
    /// By row and rule, each pair once.
    pairs: Vec<Waived>,
}

impl WaivedOn {
    fn of(mut pairs: Vec<Waived>) -> Self {
        pairs.sort_unstable();
        // Waivers are numbered in the order of preference, so the one to be shown stands first.
        pairs.dedup_by_key(|pair| (pair.row, pair.rule));
        Self { pairs }
    }

    /// What a row is excused from, by the number of the rule; mostly nothing.
    #[must_use]
    pub fn of_row(&self, row: RowIndex) -> &[Waived] {
        let first = self.pairs.partition_point(|pair| pair.row < row);
        let rest = &self.pairs[first..];
        &rest[..rest.partition_point(|pair| pair.row == row)]
    }
}

/// What waivers are about.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) register: &'k Register,
    /// `None`: there are mistakes in them, and references are not held against them.
    pub(super) rules: Option<&'k [Rule]>,
}

pub(super) fn read(page: Page<'_>, known: Known<'_>, sample: &mut bool) -> Waivers {
    let mut taken = BTreeSet::new();
    let mut list = read_list(page, "waiver", sample, |section| waiver(section, known, &mut taken));
    list.sort_by(|a, b| b.until.cmp(&a.until).then_with(|| a.id.cmp(&b.id)));
    Waivers { list }
}

/// Reads every key before it gives up on any, so that all mistakes are found at once.
fn waiver(section: &Section<'_>, known: Known<'_>, taken: &mut BTreeSet<String>) -> Option<Waiver> {
    let id = own_id(section, taken, "waiver");
    let rule = section.need("rule").and_then(|item| read_rule(&item, known));
    let decision = section.need("decision").and_then(|item| read_decision(&item));
    let approver = section.need("approver").and_then(|item| item.string());
    let reason = section.need("reason").and_then(|item| sentence(&item));
    let term = bounded_term(section);
    let scope = read_scope(section, known.register, term);
    check_term(section, term, decision.as_ref());
    let (rule_number, rule) = rule?;
    let (from, until) = term?;
    Some(Waiver {
        id: id?,
        rule,
        scope: scope?,
        decision: decision?,
        approver: approver?,
        reason: reason?,
        from,
        until,
        rule_number,
    })
}

fn read_rule(item: &Item<'_>, known: Known<'_>) -> Option<(u32, String)> {
    let id = item.string()?;
    let rules = known.rules?;
    check_reference(&id, rules, item);
    let (number, rule) = (0_u32..).zip(rules).find(|(_, rule)| rule.id == id)?;
    match rule.severity {
        Severity::Critical | Severity::Major if rule.waivable => {}
        Severity::Critical | Severity::Major => {
            item.wrong(format!("the rule `{id}` allows no waiver (waivable = false)"));
        }
        Severity::Minor => {
            item.wrong(format!("the rule `{id}` is advice: there is nothing to waive"));
        }
    }
    Some((number, id))
}

fn read_scope(
    section: &Section<'_>,
    register: &Register,
    term: Option<(Date, Date)>,
) -> Option<Scope> {
    match (section.get("machines"), section.get("unit")) {
        (Some(machines), None) => read_machines(&machines, register, term).map(Scope::Machines),
        (None, Some(item)) => {
            let (unit, (from, _)) = (unit(&item, &register.units)?, term?);
            let tree = register.units.on(from);
            let within = register.units.indices().filter(|one| tree.is_within(*one, unit));
            Some(Scope::Unit { unit, within: within.collect() })
        }
        (Some(_), Some(item)) => {
            item.wrong_key(
                "a waiver is for `machines` or for a `unit`, not for both",
                Some("write two waivers".to_owned()),
            );
            None
        }
        (None, None) => {
            section.wrong("for whom: write `machines = [\"…\"]` or `unit = \"…\"`");
            None
        }
    }
}

fn read_machines(
    item: &Item<'_>,
    register: &Register,
    term: Option<(Date, Date)>,
) -> Option<Vec<RowIndex>> {
    if item.list()?.is_empty() {
        item.wrong("an empty list excuses no machine");
    }
    let mut rows = BTreeSet::new();
    item.each(|one| {
        let id = one.text()?;
        register.machines.check(id, |message, help| one.wrong_with_help(message, help));
        let row = register.machines.get(id)?;
        if !rows.insert(row.index) {
            one.wrong(format!("the machine `{id}` stands here twice"));
        }
        let (from, until) = term?;
        if !row.term.overlaps(Term { from: Some(from), until: Some(until) }) {
            one.wrong(format!("the machine `{id}` is not in the register in this time"));
        }
        Some(())
    });
    Some(rows.into_iter().collect())
}

fn check_term(section: &Section<'_>, term: Option<(Date, Date)>, decision: Option<&Decision>) {
    let Some((from, until)) = term else {
        return;
    };
    let latest = from.saturating_add((LONGEST_DAYS - 1).days());
    if let Some(item) = section.get("until").filter(|_| until > latest) {
        item.wrong_with_help(
            format!("a waiver lasts at most {LONGEST_DAYS} days"),
            Some(format!("one from {from} ends on {latest} at the latest")),
        );
    }
    if let (Some(decision), Some(item)) = (decision, section.get("from"))
        && from < decision.date
    {
        item.wrong(format!("begins before its decision of {}", decision.date));
    }
}

#[cfg(test)]
mod tests;
