//! What else an officer keeps in the register: waivers, contracts, training, and machines that may
//! carry no agent.

use std::collections::BTreeMap;

use super::days::{Day, Days, written};
use super::dice::{Dice, What};
use super::place::Row;
use super::situation::CONTRACTED;
use super::units::Units;

/// All papers of an office.
#[derive(Clone, Debug)]
pub(super) struct Papers {
    waivers: Vec<Waiver>,
    staff: Vec<Staff>,
    declared: Vec<Declared>,
    /// The day the simulation ends on.
    last: Day,
    /// So many seats that they are enough for everyone.
    seats: u64,
}

/// A decision that excuses the machines of a unit and of those below it from a rule.
#[derive(Clone, Debug)]
struct Waiver {
    rule: &'static str,
    /// The units it is about, by number; the one it names first.
    units: Vec<usize>,
    from: Day,
    until: Day,
}

/// The people of a unit.
#[derive(Clone, Debug)]
struct Staff {
    unit: usize,
    heads: u64,
    /// Since when there are so many.
    from: Day,
    /// When how many of them were trained, each of them once.
    trained: Vec<(Day, u64)>,
}

/// Machines of a unit that may carry no agent.
#[derive(Clone, Debug)]
struct Declared {
    unit: usize,
    heads: u64,
    from: Day,
    /// How many of them are said to have licensed antivirus.
    attested: u64,
}

/// A training that is older than twelve months for sure, and one that is younger, in days.
const TOO_LONG_AGO: (Day, Day) = (380, 500);
const IN_TIME: (Day, Day) = (20, 330);

impl Papers {
    pub(super) fn of(seed: u64, units: &Units, days: &Days, machines: u64) -> Self {
        let last = days.last();
        let numbers = 0..units.list.len();
        Self {
            waivers: waivers(units, last),
            staff: numbers.clone().map(|unit| staff(seed, units, unit, last)).collect(),
            declared: numbers.filter_map(|unit| declared(seed, units, unit, last)).collect(),
            last,
            seats: machines.max(10) * 2,
        }
    }

    /// Whether a decision excuses the machine of a row from a rule at the end.
    pub(super) fn excuse(&self, rule: &str, row: &Row) -> bool {
        let covers = |waiver: &Waiver| {
            waiver.rule == rule && waiver.units.contains(&row.unit) && row.from <= waiver.from
        };
        self.waivers.iter().any(|waiver| covers(waiver) && waiver.until >= self.last)
    }

    /// How many waivers are in force at the end.
    pub(super) fn waivers_in_force(&self) -> usize {
        self.waivers.iter().filter(|waiver| waiver.until >= self.last).count()
    }

    /// How many people there are, and how many of them were trained within twelve months.
    pub(super) fn trained(&self) -> (u64, u64) {
        let heads = self.staff.iter().map(|staff| staff.heads).sum();
        let trained = self.staff.iter().flat_map(|staff| &staff.trained);
        let in_time = trained.filter(|(day, _)| self.last - day <= IN_TIME.1);
        (heads, in_time.map(|(_, heads)| heads).sum())
    }

    /// How many machines without an agent each unit declares.
    pub(super) fn declared(&self, units: &Units) -> BTreeMap<String, u64> {
        self.declared.iter().map(|one| (units.list[one.unit].id.clone(), one.heads)).collect()
    }

    /// How many of those are attested to have licensed antivirus.
    pub(super) fn attested(&self) -> u64 {
        self.declared.iter().map(|declared| declared.attested).sum()
    }
}

/// Two in force, and one that is over. Where updates wait on Linux, how far the others reach is
/// unknown, so the waiver about updates alone leaves those machines unknown.
fn waivers(units: &Units, last: Day) -> Vec<Waiver> {
    let below = |id: &str| {
        let is_below = |unit: &usize| {
            let unit = &units.list[*unit].id;
            unit == id || unit.starts_with(&format!("{id}-"))
        };
        (0..units.list.len()).filter(is_below).collect::<Vec<_>>()
    };
    let waiver = |rule, id: &str, from| Waiver { rule, units: below(id), from, until: from + 179 };
    let waivers = [
        waiver("security-updates-installed", "mp-t01", last - 100),
        waiver("antivirus-licensed", "mp-t01", last - 90),
        waiver("security-updates-installed", "mp-s01", last - 300),
    ];
    waivers.into_iter().filter(|waiver| !waiver.units.is_empty()).collect()
}

fn staff(seed: u64, units: &Units, unit: usize, last: Day) -> Staff {
    let mut dice = Dice::of(seed, What::Staff, u64::try_from(unit).unwrap_or_default());
    let heads = units.size(unit) + 1 + dice.below(3);
    let day = |dice: &mut Dice, (least, most)| last - dice.between(least, most);
    let trained = match dice.below(100) {
        0..=79 => vec![(day(&mut dice, IN_TIME), heads)],
        80..=89 => vec![(day(&mut dice, IN_TIME), heads.div_ceil(2))],
        90..=95 => vec![(day(&mut dice, TOO_LONG_AGO), heads)],
        96.. => Vec::new(),
    };
    Staff { unit, heads, from: last - 900, trained }
}

/// One unit of five has such machines.
fn declared(seed: u64, units: &Units, unit: usize, last: Day) -> Option<Declared> {
    let mut dice = Dice::of(seed, What::Declared, u64::try_from(unit).unwrap_or_default());
    let heads = 1 + dice.below(4);
    let attested = dice.below(heads + 1);
    let is_first = unit == 0;
    let from = last - 700;
    (is_first || units.size(unit) > 0 && dice.falls(200)).then_some(Declared {
        unit,
        heads,
        from,
        attested,
    })
}

impl Papers {
    /// The text of `waivers.toml`.
    pub(super) fn waivers(&self, units: &Units, mark: &str) -> String {
        let mut text = format!("{mark}sample = true\n");
        for (number, waiver) in self.waivers.iter().enumerate() {
            let Waiver { rule, units: about, from, until } = waiver;
            let unit = about.first().map(|unit| units.list[*unit].id.as_str()).unwrap_or_default();
            text += &format!(
                "\n[[waiver]]\nid = \"mp-ngoai-le-{number}\"\nrule = {rule:?}\nunit = {unit:?}\n\
                 decision = {{ number = \"{number}/QĐ-MP\", date = {} }}\napprover = \"mô phỏng\"\n\
                 reason = {{ vi = \"mô phỏng\", en = \"simulation\" }}\nfrom = {}\nuntil = {}\n",
                written(from - 5),
                written(*from),
                written(*until),
            );
        }
        text
    }

    /// The text of `training.toml`.
    pub(super) fn training(&self, units: &Units, mark: &str) -> String {
        let mut text = format!("{mark}sample = true\n");
        for Staff { unit, heads, from, trained } in &self.staff {
            let trained = trained
                .iter()
                .map(|(day, heads)| format!("{{ on = {}, heads = {heads} }}", written(*day)))
                .collect::<Vec<_>>()
                .join(", ");
            text += &format!(
                "\n[[staff]]\nunit = {:?}\nheads = {heads}\nfrom = {}\ntrained = [{trained}]\n",
                units.list[*unit].id,
                written(*from),
            );
        }
        text
    }

    /// The text of `declared.toml`.
    pub(super) fn declared_text(&self, units: &Units, mark: &str) -> String {
        let mut text = format!("{mark}sample = true\n");
        for Declared { unit, heads, from, attested } in &self.declared {
            text += &format!(
                "\n[[declared]]\nunit = {:?}\nkind = \"workstation\"\nheads = {heads}\nfrom = {}\n\
                 \n[[declared.attestation]]\nby = \"mô phỏng\"\non = {}\n\
                 met = {{ \"antivirus-licensed\" = {attested} }}\n",
                units.list[*unit].id,
                written(*from),
                written(self.last - 60),
            );
        }
        text
    }

    /// The text of `licences.toml`: a contract in force for the one product that does not always
    /// tell, and one that is over.
    pub(super) fn licences(&self, mark: &str) -> String {
        let mut text = format!("{mark}sample = true\n");
        let contracts = [
            ("mp-hop-dong-1", CONTRACTED, self.last - 300, self.last + 300),
            ("mp-hop-dong-0", "kaspersky-endpoint-security", self.last - 900, self.last - 200),
        ];
        for (id, product, from, until) in contracts {
            text += &format!(
                "\n[[licence]]\nid = {id:?}\ncontract = {{ number = \"{id}\", date = {} }}\n\
                 supplier = \"mô phỏng\"\nproducts = [{product:?}]\nseats = {}\nfrom = {}\nuntil = {}\n",
                written(from - 10),
                self.seats,
                written(from),
                written(until),
            );
        }
        text
    }
}
