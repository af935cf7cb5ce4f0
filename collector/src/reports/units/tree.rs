//! The order of the lines: the tree of units as it stands on the day.

use std::collections::BTreeMap;

use super::{Line, Numbers, Scope};
use crate::collation;
use crate::live::Live;
use crate::register::{UnitIndex, Units};
use crate::reports::form08::UnitName;

/// The lines of a unit and every unit below it, or of everyone, with the total.
pub(super) fn lines(live: &Live, unit: Option<UnitIndex>, own: &[Numbers]) -> Vec<Line> {
    let tree = Tree::of(live, own);
    let mut lines = Vec::new();
    let mut total = super::blank(live);
    let tops = unit.map_or_else(|| tree.below(None), |unit| vec![unit]);
    for top in tops {
        total.add(&tree.write(top, 0, &mut lines));
    }
    if let (None, Some(homeless)) = (unit, own.last())
        && homeless.coverage().members > 0
    {
        total.add(homeless);
        lines.push(Line { scope: Scope::Own, unit: None, depth: 0, numbers: homeless.clone() });
    }
    lines.push(Line { scope: Scope::Total, unit: None, depth: 0, numbers: total });
    lines
}

struct Tree<'t> {
    live: &'t Live,
    units: &'t Units,
    own: &'t [Numbers],
    children: BTreeMap<Option<UnitIndex>, Vec<UnitIndex>>,
}

impl<'t> Tree<'t> {
    /// The units that exist on the day, and those that do not and still have something.
    fn of(live: &'t Live, own: &'t [Numbers]) -> Self {
        let (units, day) = (&live.roll().set().register.units, live.roll().day());
        let mut children: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for unit in units.indices() {
            let above = day.line(unit).get(1).copied();
            children.entry(above).or_default().push(unit);
        }
        let mut tree = Self { live, units, own, children };
        let names = |unit: &UnitIndex| &units.at(*unit).name.vi;
        for list in tree.children.values_mut() {
            list.sort_by(|one, other| collation::compare(names(one), names(other)));
        }
        tree
    }

    fn below(&self, unit: Option<UnitIndex>) -> Vec<UnitIndex> {
        let all = self.children.get(&unit).into_iter().flatten().copied();
        all.filter(|unit| self.is_shown(*unit)).collect()
    }

    fn is_shown(&self, unit: UnitIndex) -> bool {
        let today = self.live.roll().day().date();
        self.units.at(unit).term.holds(today)
            || self.own[unit.number()] != super::blank(self.live)
            || !self.below(Some(unit)).is_empty()
    }

    /// Writes the lines of a unit and those below it; returns their sum.
    fn write(&self, unit: UnitIndex, depth: u8, lines: &mut Vec<Line>) -> Numbers {
        let own = &self.own[unit.number()];
        let name = || Some(UnitName::of(self.units.at(unit)));
        lines.push(Line { scope: Scope::Own, unit: name(), depth, numbers: own.clone() });
        let below = self.below(Some(unit));
        let mut sum = own.clone();
        for child in &below {
            sum.add(&self.write(*child, depth.saturating_add(1), lines));
        }
        if !below.is_empty() {
            let numbers = sum.clone();
            lines.push(Line { scope: Scope::WithBelow, unit: name(), depth, numbers });
        }
        sum
    }
}
