//! An office's spreadsheet brought into the register: what would change, row by row, and the text
//! of `machines.csv` after it. Nothing is guessed; what is not clear is listed.

use jiff::civil::Date;
use report::{Bilingual, Lang};
use serde::{Deserialize, Serialize};

use self::book::Sheet;
use self::merge::Merger;
use self::names::Names;
use self::rows::RowReader;
use self::table::Table;
use super::headings::EXAMPLES;
use super::machines::{self, Entry};
use super::{MachineKind, MachineRow};
use crate::policy::words::pick;
use crate::policy::{Folder, PolicySet, Problems};

mod book;
mod merge;
mod names;
mod rows;
mod table;

pub use book::BookError;

/// What an officer asks of an import.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Which sheet of the file; `None`: the only one with a list of machines.
    pub sheet: Option<String>,
    /// The unit of rows that name none.
    pub unit: Option<String>,
    /// The kind of rows that name none.
    pub kind: Option<MachineKind>,
    /// Since when a new row is answered for that does not say so itself.
    pub from: Date,
    /// The last day of the rows that the sheet leaves out; `None`: they stay.
    pub until_missing: Option<Date>,
    /// Leave out what is not clear, and write the rest.
    pub skip_ambiguous: bool,
    /// Rows that ended before this day are history.
    pub today: Date,
}

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
    fn between<'e>(old: &'e Entry, new: &'e Entry) -> impl Iterator<Item = Self> + 'e {
        let cells = super::headings::COLUMNS
            .into_iter()
            .map(|field| (field, old.cell(field), new.cell(field)));
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

/// An import, and the register after it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What it would do.
    pub import: Import,
    /// The text of `machines.csv` after it; `None`: nothing is to be written.
    pub text: Option<String>,
}

/// Why an import could not even be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is no spreadsheet.
    #[error("{0}")]
    Book(#[from] BookError),
    /// No sheet has this name.
    #[error("the file has no sheet {wanted:?}; it has: {}", there.join(", "))]
    NoSheet {
        /// The name.
        wanted: String,
        /// The names there are.
        there: Vec<String>,
    },
    /// No row looks like the headings of a list of machines.
    #[error("no row of {sheets} has the headings of a list of machines; known are: {EXAMPLES}")]
    NoList {
        /// The sheets that were looked at.
        sheets: String,
    },
    /// Several sheets have a list.
    #[error("several sheets hold a list of machines: {}; choose one with --sheet", .0.join(", "))]
    SeveralLists(Vec<String>),
    /// Two columns are read alike.
    #[error("columns {0} are both read as {1}: rename the heading of the one that is not meant")]
    TwiceRead(String, String),
    /// A column that every row needs.
    #[error("the sheet has no column for {0}: add one, or give --{0} for all rows")]
    NoColumn(&'static str),
    /// A word of the command that the register does not have.
    #[error("--unit {0}: the register has no such unit")]
    NoUnit(String),
    /// The register would have mistakes.
    #[error("the register would not load with these rows; nothing was written\n\n{0}")]
    Faulty(Problems),
}

/// What bringing a spreadsheet into the register of a folder would do.
///
/// # Errors
/// When the file is no spreadsheet, holds no list of machines or more than one, or makes a
/// register that does not load.
pub fn import(
    (folder, set): (&Folder, &PolicySet),
    (name, bytes): (&str, Vec<u8>),
    wishes: &Wishes,
) -> Result<Proposal, ImportError> {
    if let Some(unit) = wishes.unit.as_ref().filter(|id| set.register.units.get(id).is_none()) {
        return Err(ImportError::NoUnit(unit.clone()));
    }
    let sheets = book::read(name, bytes)?;
    let (sheet, table) = choose(&sheets, wishes.sheet.as_deref())?;
    check_columns(&table, wishes)?;
    let mut reader = RowReader {
        set,
        names: Names::of(&set.register, wishes.today),
        table: &table,
        wishes,
        refused: Vec::new(),
        remarks: Vec::new(),
    };
    let wanted = reader.read();
    let RowReader { mut refused, remarks, .. } = reader;
    let merged = Merger::of(set, wishes).merge(wanted);
    refused.extend(merged.refused);
    refused.sort_by_key(|one| one.row);
    let is_clear = refused.is_empty() && (merged.ambiguous.is_empty() || wishes.skip_ambiguous);
    let text = (is_clear && !merged.edits.is_empty()).then(|| {
        machines::rewritten(folder.get(machines::FILE).unwrap_or_default(), &merged.edits)
    });
    if let Some(text) = &text {
        check_result(folder, text)?;
    }
    let import = Import {
        sheet: sheet.name.clone(),
        header_row: table.header_row,
        rows: table.rows.len().try_into().unwrap_or(u64::MAX),
        columns: table.columns,
        unread: table.unread,
        passed_over: table.passed_over,
        added: merged.added,
        changed: merged.changed,
        unchanged: merged.unchanged,
        ended: merged.ended,
        missing: merged.missing,
        ambiguous: merged.ambiguous,
        refused,
        remarks,
        written: false,
        sample: set.register.is_sample(),
    };
    Ok(Proposal { import, text })
}

fn choose<'s>(
    sheets: &'s [Sheet],
    wanted: Option<&str>,
) -> Result<(&'s Sheet, Table<'s>), ImportError> {
    let names = || sheets.iter().map(|sheet| sheet.name.clone()).collect::<Vec<_>>();
    let asked: Vec<_> = match wanted {
        Some(wanted) => sheets.iter().filter(|sheet| sheet.name.trim() == wanted.trim()).collect(),
        None => sheets.iter().collect(),
    };
    if let (Some(wanted), true) = (wanted, asked.is_empty()) {
        return Err(ImportError::NoSheet { wanted: wanted.to_owned(), there: names() });
    }
    let found = asked.iter().filter_map(|sheet| Some((*sheet, Table::find(sheet)?)));
    let mut found: Vec<_> = found.collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => {
            let sheets: Vec<_> = asked.iter().map(|sheet| sheet.name.as_str()).collect();
            Err(ImportError::NoList { sheets: sheets.join(", ") })
        }
        (Some(last), false) => {
            let lists = found.iter().chain([&last]).map(|(sheet, _)| sheet.name.clone());
            Err(ImportError::SeveralLists(lists.collect()))
        }
    }
}

fn check_columns(table: &Table<'_>, wishes: &Wishes) -> Result<(), ImportError> {
    for (place, column) in table.columns.iter().enumerate() {
        let twin = table.columns[..place].iter().find(|one| one.column == column.column);
        if let Some(twin) = twin {
            let both = format!(
                "{} ({}) and {} ({})",
                twin.letter, twin.heading, column.letter, column.heading
            );
            return Err(ImportError::TwiceRead(both, column.column.clone()));
        }
    }
    for (column, is_given) in [("unit", wishes.unit.is_some()), ("kind", wishes.kind.is_some())] {
        if !is_given && !table.places.contains_key(column) {
            return Err(ImportError::NoColumn(column));
        }
    }
    Ok(())
}

/// The register must load with what is about to be written.
fn check_result(folder: &Folder, text: &str) -> Result<(), ImportError> {
    let files = folder.files().map(|(path, old)| {
        (path.to_owned(), if path == machines::FILE { text.to_owned() } else { old.to_owned() })
    });
    crate::policy::load(&Folder::from_files(files)).map(|_| ()).map_err(ImportError::Faulty)
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

#[cfg(test)]
mod tests;
