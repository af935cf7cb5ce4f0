//! `machines.csv`: every machine that is answered for, one row each.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use self::csv::{Cell, Table};
use super::Term;
use super::systems::Systems;
use super::units::Units;
use crate::policy::catalogues::Serials;
use crate::policy::document::{ID_FORM, is_id};
use crate::policy::problem::{Page, did_you_mean};

mod csv;

/// The file.
pub const FILE: &str = "register/machines.csv";

const REQUIRED: [&str; 4] = ["id", "unit", "kind", "from"];
const COLUMNS: [&str; 9] =
    ["id", "unit", "kind", "systems", "serial", "asset_tag", "host_name", "from", "until"];

/// The kinds of machine an office has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MachineKind {
    /// *Máy trạm*.
    Workstation,
    /// *Máy chủ*.
    Server,
}

impl MachineKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Workstation, Self::Server];

    /// The word in the register, in policies and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Workstation => "workstation",
            Self::Server => "server",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One machine of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRow {
    /// Its id, which never changes or returns.
    pub id: String,
    /// The unit that has it.
    pub unit: String,
    /// What it is.
    pub kind: MachineKind,
    /// The information systems it belongs to.
    pub systems: Vec<String>,
    /// Serial number of the hardware.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Host name: suggests, never binds.
    pub host_name: Option<String>,
    /// When it is answered for.
    pub term: Term,
}

/// The place of a row in the register's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowIndex(u32);

impl RowIndex {
    /// The row at a place.
    #[must_use]
    pub fn new(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// Its place.
    #[must_use]
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// Every row by id.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    rows: BTreeMap<String, MachineRow>,
}

impl Machines {
    /// The row of this id, in force or not.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&MachineRow> {
        self.rows.get(id)
    }

    /// The place of the row of this id.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<RowIndex> {
        self.rows.keys().position(|row| row == id).map(RowIndex::new)
    }

    /// The row at a place.
    #[must_use]
    pub fn at(&self, index: RowIndex) -> &MachineRow {
        self.rows.values().nth(index.place()).unwrap_or_else(|| unreachable!("a row's own place"))
    }

    /// How many rows there are, in force or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every row, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &MachineRow> {
        self.rows.values()
    }

    /// The rows in force on a day: the denominator.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = &MachineRow> {
        self.iter().filter(move |row| row.term.holds(on))
    }

    /// The row in force with this serial number; case does not matter.
    #[must_use]
    pub fn by_serial(&self, serial: &str, on: Date) -> Option<&MachineRow> {
        self.in_force(on).find(|row| same(row.serial.as_deref(), serial))
    }

    /// The row in force with this asset tag; case does not matter.
    #[must_use]
    pub fn by_asset_tag(&self, asset_tag: &str, on: Date) -> Option<&MachineRow> {
        self.in_force(on).find(|row| same(row.asset_tag.as_deref(), asset_tag))
    }
}

fn same(registered: Option<&str>, claimed: &str) -> bool {
    registered.is_some_and(|registered| fold(registered) == fold(claimed))
}

fn fold(mark: &str) -> String {
    mark.trim().to_uppercase()
}

struct Reader<'d> {
    page: Page<'d>,
    units: &'d Units,
    systems: &'d Systems,
    junk: &'d Serials,
}

pub(super) fn read(
    page: Page<'_>,
    units: &Units,
    systems: &Systems,
    junk: &Serials,
    sample: &mut bool,
) -> Machines {
    let mut machines = Machines::default();
    let table = Table::parse(page.text);
    *sample |= table.sample;
    let reader = Reader { page, units, systems, junk };
    let Some((header, records)) = table.records.split_first() else {
        return machines;
    };
    let Some(columns) = reader.header(header) else {
        return machines;
    };
    for record in records {
        if record.len() > header.len() {
            let extra = &record[header.len()];
            page.wrong(
                extra.span.clone(),
                format!("more cells than the {} columns of the header", header.len()),
            );
        }
        if let Some(row) = reader.row(&Line { cells: record, columns: &columns }, &machines) {
            machines.rows.insert(row.id.clone(), row);
        }
    }
    machines
}

struct Line<'l> {
    cells: &'l [Cell],
    columns: &'l BTreeMap<&'static str, usize>,
}

impl<'l> Line<'l> {
    /// The cell of a column, unless it is empty.
    fn cell(&self, column: &'static str) -> Option<&'l Cell> {
        let cell = self.cells.get(*self.columns.get(column)?)?;
        (!cell.text.is_empty()).then_some(cell)
    }

    fn span(&self) -> Range<usize> {
        let start = self.cells.first().map_or(0, |cell| cell.span.start);
        let end = self.cells.last().map_or(start, |cell| cell.span.end);
        start..end
    }
}

impl Reader<'_> {
    fn wrong(&self, cell: &Cell, column: &str, message: &str, help: Option<String>) {
        self.page.wrong_with_help(cell.span.clone(), format!("column {column}: {message}"), help);
    }

    fn header(&self, cells: &[Cell]) -> Option<BTreeMap<&'static str, usize>> {
        let before = self.page.ledger.count();
        let mut columns = BTreeMap::new();
        for (index, cell) in cells.iter().enumerate() {
            match COLUMNS.into_iter().find(|column| *column == cell.text) {
                Some(column) if columns.insert(column, index).is_none() => {}
                Some(column) => self
                    .page
                    .wrong(cell.span.clone(), format!("the column {column} stands here twice")),
                None => {
                    let help = did_you_mean(&cell.text, COLUMNS)
                        .or_else(|| Some(format!("columns: {}", COLUMNS.join(", "))));
                    self.page.wrong_with_help(
                        cell.span.clone(),
                        format!("unknown column `{}`", cell.text),
                        help,
                    );
                }
            }
        }
        let span = Line { cells, columns: &columns }.span();
        for column in REQUIRED.into_iter().filter(|column| !columns.contains_key(column)) {
            self.page.wrong(span.clone(), format!("the column {column} is missing"));
        }
        (self.page.ledger.count() == before).then_some(columns)
    }

    /// Reads every cell before it gives up on any.
    fn row(&self, line: &Line<'_>, known: &Machines) -> Option<MachineRow> {
        let id = self.need(line, "id").and_then(|cell| self.id(cell, known));
        let unit = self.need(line, "unit").map(|cell| self.unit(cell));
        let kind = self.need(line, "kind").and_then(|cell| self.kind(cell));
        let systems = line.cell("systems").map(|cell| self.systems(cell));
        let from = self.need(line, "from").and_then(|cell| self.date(cell, "from"));
        let until = line.cell("until").and_then(|cell| {
            let until = self.date(cell, "until")?;
            if from.is_some_and(|from| until < from) {
                self.wrong(cell, "until", "ends before it begins", None);
            }
            Some(until)
        });
        let term = Term { from, until };
        let serial = line
            .cell("serial")
            .and_then(|cell| self.mark(cell, "serial", known, term, |row| &row.serial));
        let asset_tag = line
            .cell("asset_tag")
            .and_then(|cell| self.mark(cell, "asset_tag", known, term, |row| &row.asset_tag));
        Some(MachineRow {
            id: id?,
            unit: unit?,
            kind: kind?,
            systems: systems.unwrap_or_default(),
            serial,
            asset_tag,
            host_name: line.cell("host_name").map(|cell| cell.text.clone()),
            term,
        })
    }

    fn need<'l>(&self, line: &Line<'l>, column: &'static str) -> Option<&'l Cell> {
        let cell = line.cell(column);
        if cell.is_none() {
            self.page.wrong(line.span(), format!("column {column}: the cell is empty"));
        }
        cell
    }

    fn id(&self, cell: &Cell, known: &Machines) -> Option<String> {
        if !is_id(&cell.text) {
            self.wrong(cell, "id", &format!("`{}` is no id", cell.text), Some(ID_FORM.to_owned()));
            return None;
        }
        if known.get(&cell.text).is_some() {
            self.wrong(cell, "id", &format!("`{}` stands here twice", cell.text), None);
            return None;
        }
        Some(cell.text.clone())
    }

    fn unit(&self, cell: &Cell) -> String {
        self.units.check(&cell.text, |message, help| self.wrong(cell, "unit", &message, help));
        cell.text.clone()
    }

    fn kind(&self, cell: &Cell) -> Option<MachineKind> {
        let kind = MachineKind::from_name(&cell.text);
        if kind.is_none() {
            let words = MachineKind::ALL.map(MachineKind::name);
            let help = did_you_mean(&cell.text, words)
                .or_else(|| Some(format!("choose from: {}", words.join(", "))));
            self.wrong(cell, "kind", &format!("unknown kind `{}`", cell.text), help);
        }
        kind
    }

    fn systems(&self, cell: &Cell) -> Vec<String> {
        let ids = cell.text.split_whitespace();
        ids.map(|id| {
            self.systems.check(id, |message, help| self.wrong(cell, "systems", &message, help));
            id.to_owned()
        })
        .collect()
    }

    /// A serial number or an asset tag. It binds a machine to its row, so no two rows that are in
    /// force on one day share it; hardware may move on to a new row when the old one has ended.
    fn mark(
        &self,
        cell: &Cell,
        column: &str,
        known: &Machines,
        term: Term,
        of: impl Fn(&MachineRow) -> &Option<String>,
    ) -> Option<String> {
        if self.junk.is_junk(&cell.text) {
            let help = "leave the cell empty: many machines carry this text".to_owned();
            self.wrong(cell, column, &format!("`{}` names no machine", cell.text), Some(help));
            return None;
        }
        let shares = |row: &&MachineRow| same(of(row).as_deref(), &cell.text);
        if let Some(twin) = known.iter().filter(shares).find(|row| row.term.overlaps(term)) {
            let message = format!("`{}` already belongs to the machine `{}`", cell.text, twin.id);
            self.wrong(cell, column, &message, None);
            return None;
        }
        Some(cell.text.clone())
    }

    fn date(&self, cell: &Cell, column: &str) -> Option<Date> {
        let date = parse_date(&cell.text);
        if date.is_none() {
            self.wrong(
                cell,
                column,
                &format!("`{}` is no date", cell.text),
                Some("write 2026-11-22 or 22/11/2026".to_owned()),
            );
        }
        date
    }
}

/// `2026-11-22`, or `22/11/2026` as spreadsheets in Vietnam save it.
fn parse_date(text: &str) -> Option<Date> {
    match text.split('/').collect::<Vec<_>>()[..] {
        [day, month, year] if year.len() == 4 => {
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        }
        [iso] if iso.len() == 10 => iso.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_date() {
        let date = Date::new(2026, 11, 2).ok();
        assert_eq!(parse_date("2026-11-02"), date);
        assert_eq!(parse_date("02/11/2026"), date);
        assert_eq!(parse_date("2/11/2026"), date);
        for text in
            ["", "2026-11-31", "31/11/2026", "11/2026", "02/11/26", "20261102", "2026-11-02T00:00"]
        {
            assert_eq!(parse_date(text), None, "{text:?}");
        }
    }
}
