//! What the firmware says of the hardware, in the table that Windows keeps of it.
//!
//! Windows' own driver copies the table into the registry when the machine starts: there it can be
//! read without rights and without asking a provider.

mod table;

use report::fact::Ignorance;
use report::{Fact, Reason, Text};

use super::dmi::{is_placeholder, own_text};
use crate::host::Registry;
use crate::host::registry::{Value, View};
use table::Table;

const KEY: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\mssmbios\Data";
const NAME: &str = "SMBiosData";

/// Where the table lies, for those who are told.
pub const SOURCE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\mssmbios\Data\SMBiosData";

/// The firmware's table of one Windows machine, or why there is none.
#[derive(Debug)]
pub struct Smbios(Result<Table, Ignorance>);

impl Smbios {
    /// The table as the registry holds it.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self(match registry.value(View::Native, KEY, NAME) {
            Ok(Value::Binary(raw)) => table::parse(&raw).ok_or_else(damaged),
            Ok(Value::Text(_) | Value::Number(_) | Value::List(_)) => Err(damaged()),
            Err(error) => Err(error.ignorance(Reason::NotSupported)),
        })
    }

    /// Who made the machine.
    #[must_use]
    pub fn manufacturer(&self) -> Fact<Text> {
        self.text(|table| &table.manufacturer)
    }

    /// What its maker calls it.
    #[must_use]
    pub fn model(&self) -> Fact<Text> {
        self.text(|table| &table.model)
    }

    /// The serial number of the system.
    #[must_use]
    pub fn serial(&self) -> Fact<Text> {
        self.text(|table| &table.serial)
    }

    /// The serial number of its main board.
    #[must_use]
    pub fn board_serial(&self) -> Fact<Text> {
        self.text(|table| &table.board_serial)
    }

    /// The tag that its owner wrote into the chassis.
    #[must_use]
    pub fn asset_tag(&self) -> Fact<Text> {
        self.text(|table| &table.asset_tag)
    }

    /// The UUID of the system, in the form that Linux shows on the same machine.
    #[must_use]
    pub fn uuid(&self) -> Fact<Text> {
        self.text(|table| &table.uuid)
    }

    /// The chassis type by its number in the specification.
    #[must_use]
    pub fn chassis_type(&self) -> Fact<u8> {
        match &self.0 {
            Ok(table) => table.chassis_type.map_or(Fact::Absent, Fact::Known),
            Err(why) => Fact::Unknown(why.clone()),
        }
    }

    /// What the maker left empty, or filled with a word that every machine of the line carries, is
    /// absent.
    fn text(&self, entry: impl FnOnce(&Table) -> &Option<String>) -> Fact<Text> {
        let table = match &self.0 {
            Ok(table) => table,
            Err(why) => return Fact::Unknown(why.clone()),
        };
        match entry(table).as_deref().map(str::trim) {
            None => Fact::Absent,
            Some(value) if value.is_empty() || is_placeholder(value) => Fact::Absent,
            Some(value) => own_text(SOURCE, value),
        }
    }
}

fn damaged() -> Ignorance {
    Ignorance::new(Reason::ParseError, &format!("{SOURCE}: no firmware table"))
}

#[cfg(test)]
mod tests;
