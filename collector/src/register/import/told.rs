//! What an import tells: of the sheet, and of each of its rows.

use jiff::civil::Date;
use report::{Bilingual, Lang};
use serde::{Deserialize, Serialize};

use crate::policy::words::pick;
use crate::register::MachineRow;
use crate::register::headings::COLUMNS;
use crate::register::machines::Entry;

/// A column of the sheet that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its letter in the sheet.
    pub letter: String,
    /// What stands above it.
    pub heading: String,
    /// The column of the register that it is read as.
    pub column: String,
}

/// A row of the sheet that is no machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Its number in the sheet.
    pub row: u32,
    /// What stands in it.
    pub text: String,
    /// What it was taken for.
    pub why: Bilingual,
    /// Whether a cell of it stands where a machine has a mark: it may be one.
    pub has_mark: bool,
}

/// A row that is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// Its number in the sheet.
    pub row: u32,
    /// The id that it gets.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// A row with the same host name and other marks.
    pub like: Option<String>,
}

/// A row that says something else than the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its number in the sheet.
    pub row: u32,
    /// Its id in the register.
    pub id: String,
    /// What would change.
    pub fields: Vec<FieldChange>,
}

/// One cell of the register that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The column of the register.
    pub field: String,
    /// What it says; empty: nothing.
    pub before: String,
    /// What it would say.
    pub after: String,
}

impl FieldChange {
    pub(super) fn between<'e>(old: &'e Entry, new: &'e Entry) -> impl Iterator<Item = Self> + 'e {
        let cells = COLUMNS.into_iter().map(|field| (field, old.cell(field), new.cell(field)));
        cells.filter(|(_, before, after)| before != after).map(|(field, before, after)| Self {
            field: field.to_owned(),
            before: before.into_owned(),
            after: after.into_owned(),
        })
    }
}

/// A row of the register that ends because the sheet leaves it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// Its last day.
    #[serde(serialize_with = "as_text")]
    pub until: Date,
}

fn as_text<S: serde::Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// By what a row of the register was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Its id.
    Id,
    /// Its serial number.
    Serial,
    /// Its asset tag.
    AssetTag,
    /// Its host name, which only suggests.
    HostName,
}

impl By {
    /// What it is called.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        let [vi, en] = match self {
            Self::Id => ["mã máy", "id"],
            Self::Serial => ["số sê-ri", "serial number"],
            Self::AssetTag => ["mã tài sản", "asset tag"],
            Self::HostName => ["tên máy", "host name"],
        };
        pick([vi, en], lang)
    }
}

/// A row of the register that a machine may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// By what it was found.
    pub by: By,
}

impl Candidate {
    /// A row that was found by this.
    #[must_use]
    pub fn of(row: MachineRow<'_>, by: By) -> Self {
        Self { id: row.id.to_owned(), unit: row.unit.to_owned(), by }
    }
}

/// A row of the sheet that may be one machine of the register or another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ambiguous {
    /// Its number in the sheet.
    pub row: u32,
    /// What it may be.
    pub candidates: Vec<Candidate>,
}

/// A row of the sheet that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Its number in the sheet.
    pub row: u32,
    /// The letter of the column; `None`: the row as a whole.
    pub column: Option<String>,
    /// What is wrong.
    pub message: Bilingual,
    /// What to do.
    pub remedy: Bilingual,
}

/// Something that was taken, and that an officer may want to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The row in the sheet.
    pub row: u32,
    /// The letter of the column.
    pub column: String,
    /// What was found.
    pub message: Bilingual,
}

/// What an import would do, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Import {
    /// The sheet that was read.
    pub sheet: String,
    /// The row with its headings.
    pub header_row: u32,
    /// What was read of it.
    pub columns: Vec<Column>,
    /// The headings of which nothing was read.
    pub unread: Vec<String>,
    /// The rows that are no machines.
    pub passed_over: Vec<PassedOver>,
    /// How many rows are machines.
    pub rows: u64,
    /// Rows that are new.
    pub added: Vec<Added>,
    /// Rows that change.
    pub changed: Vec<Changed>,
    /// How many say what the register says.
    pub unchanged: u64,
    /// Rows of the register that end.
    pub ended: Vec<Ended>,
    /// Rows of the register, of the units that the sheet names, that it leaves out and that stay.
    pub missing: Vec<String>,
    /// Rows that may be several machines.
    pub ambiguous: Vec<Ambiguous>,
    /// Rows that cannot be taken.
    pub refused: Vec<Refused>,
    /// What was taken and may deserve a look.
    pub remarks: Vec<Remark>,
    /// Whether the register was written.
    pub written: bool,
    /// Whether the register is marked as a sample.
    pub sample: bool,
}

impl Import {
    /// Whether every row with a mark is a machine, and which one is known.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.refused.is_empty()
            && self.ambiguous.is_empty()
            && self.passed_over.iter().all(|row| !row.has_mark)
    }
}
