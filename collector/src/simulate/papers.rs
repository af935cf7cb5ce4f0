//! What else an officer keeps in the register: waivers and contracts.

use super::days::{Day, Days, written};
use super::place::Row;
use super::situation::CONTRACTED;
use super::units::Units;

/// All papers of an office.
#[derive(Clone, Debug)]
pub(super) struct Papers {
    waivers: Vec<Waiver>,
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

impl Papers {
    pub(super) fn of(units: &Units, days: &Days, machines: u64) -> Self {
        let last = days.last();
        Self { waivers: waivers(units, last), last, seats: machines.max(10) * 2 }
    }

    /// Whether a decision excuses the machine of a row from a rule at the end.
    pub(super) fn excuse(&self, rule: &str, row: &Row) -> bool {
        let covers = |waiver: &Waiver| {
            waiver.rule == rule && waiver.units.contains(&row.unit) && row.from <= waiver.from
        };
        self.waivers.iter().any(|waiver| covers(waiver) && waiver.until >= self.last)
    }
}

/// One in force, and one that is over.
fn waivers(units: &Units, last: Day) -> Vec<Waiver> {
    let below = |id: &str| {
        let is_below = |unit: &usize| {
            let unit = &units.list[*unit].id;
            unit == id || unit.starts_with(&format!("{id}-"))
        };
        (0..units.list.len()).filter(is_below).collect::<Vec<_>>()
    };
    let rule = "security-updates-installed";
    let waiver = |id: &str, from: Day| Waiver { rule, units: below(id), from, until: from + 180 };
    let waivers = [waiver("mp-t01", last - 100), waiver("mp-s01", last - 300)];
    waivers.into_iter().filter(|waiver| !waiver.units.is_empty()).collect()
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
