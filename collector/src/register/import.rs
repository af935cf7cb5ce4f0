//! An office's spreadsheet brought into the register: what would change, row by row, and the text
//! of `machines.csv` after it. Nothing is guessed; what is not clear is listed.

use jiff::civil::Date;
use report::Bilingual;
use report::text::composed;

use self::book::Sheet;
use self::merge::Merger;
use self::names::Names;
use self::rows::RowReader;
use self::table::Table;
use super::MachineKind;
use super::headings::EXAMPLES;
use super::machines;
use crate::policy::{Folder, PolicySet, Problems};

mod book;
mod merge;
mod names;
mod rows;
mod table;
mod told;

pub use book::BookError;
pub use told::{
    Added, Ambiguous, By, Candidate, Changed, Column, Ended, FieldChange, Import, PassedOver,
    Refused, Remark,
};

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
    #[error("the file has no sheet `{wanted}`; it has: {}", there.join(", "))]
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
        spoilt: Vec::new(),
        remarks: Vec::new(),
    };
    let wanted = reader.read();
    let RowReader { mut refused, spoilt, mut remarks, .. } = reader;
    let merged = Merger::of(set, wishes).merge(wanted, &spoilt);
    refused.extend(merged.refused);
    if wishes.until_missing.is_some() {
        refused.extend(table.passed_over.iter().filter(|row| row.has_mark).map(hides_a_machine));
    }
    remarks.extend(merged.changed.iter().filter_map(|one| moved(one, &table)));
    remarks.sort_by_key(|one| one.row);
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

/// A row that is perhaps a machine keeps those from ending that the sheet seems to leave out.
fn hides_a_machine(row: &PassedOver) -> Refused {
    let message = Bilingual::new(
        "dòng bị bỏ qua nhưng có ô nhận dạng máy: không thể cho máy nào kết thúc",
        "the row was passed over and has a mark of a machine: nobody can be ended",
    );
    let remedy = Bilingual::new(
        "điền đủ dòng nếu là máy, xoá ô đó nếu không, hoặc bỏ --until-missing",
        "fill in the row if it is a machine, clear the cell if not, or leave out --until-missing",
    );
    Refused { row: row.row, column: None, message, remedy }
}

/// What an officer may have meant by another unit: the row as it stands says it of all its days.
fn moved(one: &Changed, table: &Table<'_>) -> Option<Remark> {
    one.fields.iter().find(|field| field.field == "unit")?;
    let column = table.places.get("unit").map(|place| table::letter(*place)).unwrap_or_default();
    let message = Bilingual::new(
        format!(
            "đơn vị của {} đổi cho cả thời gian từ đầu; nếu máy chuyển vào một ngày: ghi ngày \
             cuối vào dòng cũ của sổ, thêm dòng mới từ ngày sau; máy đi theo số sê-ri",
            one.id
        ),
        format!(
            "the unit of {} changes from its first day on; for a move on a day: give the \
             register's row its last day and add a row from the next day; the machine goes along \
             by its serial number",
            one.id
        ),
    );
    Some(Remark { row: one.row, column, message })
}

fn choose<'s>(
    sheets: &'s [Sheet],
    wanted: Option<&str>,
) -> Result<(&'s Sheet, Table<'s>), ImportError> {
    let names = || sheets.iter().map(|sheet| composed(&sheet.name)).collect::<Vec<_>>();
    let asked: Vec<_> = match wanted {
        Some(wanted) => sheets.iter().filter(|sheet| sheet.name.trim() == wanted.trim()).collect(),
        None => sheets.iter().collect(),
    };
    if let (Some(wanted), true) = (wanted, asked.is_empty()) {
        return Err(ImportError::NoSheet { wanted: composed(wanted), there: names() });
    }
    let found = asked.iter().filter_map(|sheet| Some((*sheet, Table::find(sheet)?)));
    let mut found: Vec<_> = found.collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => {
            let sheets: Vec<_> = asked.iter().map(|sheet| composed(&sheet.name)).collect();
            Err(ImportError::NoList { sheets: sheets.join(", ") })
        }
        (Some(last), false) => {
            let lists = found.iter().chain([&last]).map(|(sheet, _)| composed(&sheet.name));
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
            return Err(ImportError::TwiceRead(composed(&both), column.column.clone()));
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

#[cfg(test)]
mod tests;
