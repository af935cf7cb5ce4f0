//! Which row a machine is, by what it says of itself. Whoever joins, is imported or is searched
//! for is matched here and nowhere else.

use super::{MachineRow, Machines, Mark};
use crate::policy::catalogues::Serials;
use crate::register::Term;

/// What binds a machine to a row, as it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks<'m> {
    /// Its serial number.
    pub serial: Option<&'m str>,
    /// Its asset tag.
    pub asset_tag: Option<&'m str>,
}

impl<'m> Marks<'m> {
    /// The marks that name a machine: not empty, and none that a factory left behind.
    #[must_use]
    pub fn that_name(self, serials: &Serials) -> Self {
        let named = |mark: &&str| !mark.is_empty() && !serials.is_junk(mark);
        let naming = |mark: Option<&'m str>| mark.map(str::trim).filter(named);
        Self { serial: naming(self.serial), asset_tag: naming(self.asset_tag) }
    }

    /// The marks that name no machine.
    #[must_use]
    pub fn junk(self, serials: &Serials) -> Vec<&'m str> {
        let given = [self.serial, self.asset_tag].into_iter().flatten().map(str::trim);
        given.filter(|mark| !mark.is_empty() && serials.is_junk(mark)).collect()
    }
}

/// The rows that the marks of a machine lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known<'r> {
    /// The row with its serial number.
    pub by_serial: Option<MachineRow<'r>>,
    /// The row with its asset tag.
    pub by_asset_tag: Option<MachineRow<'r>>,
}

impl<'r> Known<'r> {
    /// The row it is: a serial number is set in the hardware, an asset tag is glued on.
    #[must_use]
    pub fn bound(self) -> Option<MachineRow<'r>> {
        self.by_serial.or(self.by_asset_tag)
    }

    /// Both, where they are two rows.
    #[must_use]
    pub fn two(self) -> Option<[MachineRow<'r>; 2]> {
        let two = [self.by_serial?, self.by_asset_tag?];
        (two[0].index != two[1].index).then_some(two)
    }
}

impl Machines {
    /// The rows that these marks lead to, of those whose time is asked for.
    #[must_use]
    pub fn known_by(
        &self,
        marks: Marks<'_>,
        serials: &Serials,
        asked: impl Fn(Term) -> bool,
    ) -> Known<'_> {
        let marks = marks.that_name(serials);
        let find = |mark: Option<&str>, kind| self.by_mark(kind, mark?, &asked);
        Known {
            by_serial: find(marks.serial, Mark::Serial),
            by_asset_tag: find(marks.asset_tag, Mark::AssetTag),
        }
    }
}
