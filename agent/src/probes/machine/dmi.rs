//! What the firmware says of the hardware, as the kernel shows it.

mod placeholder;

use report::fact::Ignorance;
use report::{Fact, Reason, Text};

use crate::host::Files;
use crate::probes::findings::unknown;
pub(super) use placeholder::is_placeholder;

const FOLDER: &str = "sys/class/dmi/id";
const MAX_BYTES: usize = 4 * 1024;

pub(crate) const MANUFACTURER: &str = "sys/class/dmi/id/sys_vendor";
pub(crate) const MODEL: &str = "sys/class/dmi/id/product_name";
pub(crate) const SERIAL: &str = "sys/class/dmi/id/product_serial";
pub(crate) const BOARD_SERIAL: &str = "sys/class/dmi/id/board_serial";
pub(crate) const ASSET_TAG: &str = "sys/class/dmi/id/chassis_asset_tag";
pub(crate) const UUID: &str = "sys/class/dmi/id/product_uuid";
pub(crate) const CHASSIS_TYPE: &str = "sys/class/dmi/id/chassis_type";

/// The firmware's table of one machine.
#[derive(Debug)]
pub(crate) struct Dmi<'a> {
    files: &'a Files,
    /// Why there is no such table here: some virtual machines, boards and containers have none.
    missing: Option<Ignorance>,
}

impl<'a> Dmi<'a> {
    pub(crate) fn of(files: &'a Files) -> Self {
        let missing = match files.exists(FOLDER) {
            Ok(true) => None,
            Ok(false) => {
                Some(Ignorance::new(Reason::NotSupported, "the firmware publishes no DMI table"))
            }
            Err(error) => Some(error.ignorance(Reason::NotSupported)),
        };
        Self { files, missing }
    }

    /// One entry. What the manufacturer left empty, or filled with a word that every machine of
    /// the line carries, is absent.
    pub(crate) fn read(&self, path: &str) -> Fact<Text> {
        self.entry(path, |value| {
            let says_nothing = value.is_empty() || is_placeholder(value);
            if says_nothing { Fact::Absent } else { own_text(path, value) }
        })
    }

    /// One entry that is a number by the specification.
    pub(crate) fn read_number(&self, path: &str) -> Fact<u8> {
        self.entry(path, |value| match value.parse() {
            Ok(number) => Fact::Known(number),
            Err(_) => unknown(Reason::ParseError, path),
        })
    }

    fn entry<T>(&self, path: &str, meaning: impl FnOnce(&str) -> Fact<T>) -> Fact<T> {
        if let Some(why) = &self.missing {
            return Fact::Unknown(why.clone());
        }
        match self.files.read_text(path, MAX_BYTES) {
            Ok(value) => meaning(value.trim()),
            // The kernel shows no file for an entry the firmware leaves out.
            Err(error) => error.fact(Fact::Absent),
        }
    }
}

/// A value that says something of this machine.
pub(super) fn own_text(path: &str, value: &str) -> Fact<Text> {
    match Text::cleaned(value) {
        Ok(text) => Fact::Known(text),
        Err(error) => unknown(Reason::ParseError, &format!("{path}: {error}")),
    }
}
