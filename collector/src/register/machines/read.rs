//! Reading `machines.csv`: one pass over the records, then a look at what two rows share.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::csv::{Cell, Records};
use super::header::{Columns, Line};
use super::row::{LONGEST, Numbers, Row};
use super::twins::{self, Twin};
use super::{MachineKind, Machines, Mark, ReportsBy, RowIndex, folded};
use crate::policy::catalogues::Serials;
use crate::policy::document::{ID_FORM, is_id};
use crate::policy::problem::{Page, did_you_mean};
use crate::register::Term;
use crate::register::cells;
use crate::register::entry::cut;
use crate::register::systems::Systems;
use crate::register::units::{UnitIndex, Units};

/// Whoever has made so many mistakes has made one of them in every row.
const MOST_MISTAKES: usize = 1000;

struct Reader<'d> {
    page: Page<'d>,
    units: &'d Units,
    systems: &'d Systems,
    junk: &'d Serials,
    /// How many mistakes there were before this file.
    before: usize,
}

pub(in crate::register) fn read(
    page: Page<'_>,
    units: &Units,
    systems: &Systems,
    junk: &Serials,
    sample: &mut bool,
) -> Machines {
    let reader = Reader { page, units, systems, junk, before: page.ledger.count() };
    let mut records = Records::of(page.text);
    let mut drafts = Drafts::default();
    if let Some(header) = records.next() {
        let whole = reader.holds_whole_cells(&header);
        let columns = whole.then(|| Columns::read(page, &header)).flatten();
        let Some(columns) = columns else {
            return Machines::default();
        };
        reader.rows(&mut records, &columns, &mut drafts);
        drafts.sort();
        reader.note_twins(&records, &columns, &drafts);
    }
    *sample |= records.sample;
    if drafts.are_whole && reader.mistakes() == 0 {
        drafts.finish(units)
    } else {
        Machines::default()
    }
}

/// The rows as they are read.
pub(super) struct Drafts {
    pub(super) rows: Vec<Draft>,
    pub(super) texts: String,
    /// The distinct lists of systems; the first is empty.
    lists: Vec<Box<[String]>>,
    /// Which list a cell without mistakes stands for.
    known_lists: BTreeMap<String, u32>,
    pub(super) by_serial: Vec<RowIndex>,
    pub(super) by_asset_tag: Vec<RowIndex>,
    /// False when a row could not be kept as it is written.
    are_whole: bool,
}

/// A row and where its record stands in the file.
pub(super) struct Draft {
    pub(super) row: Row,
    pub(super) at: usize,
}

impl Default for Drafts {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            texts: String::new(),
            lists: vec![Box::default()],
            known_lists: BTreeMap::new(),
            by_serial: Vec::new(),
            by_asset_tag: Vec::new(),
            are_whole: true,
        }
    }
}

impl Drafts {
    fn sort(&mut self) {
        let texts = &self.texts;
        self.rows.sort_by(|a, b| (a.row.id(texts), a.at).cmp(&(b.row.id(texts), b.at)));
        self.by_serial = self.ordered_by(Mark::Serial);
        self.by_asset_tag = self.ordered_by(Mark::AssetTag);
    }

    /// The rows with a mark, ordered by it as it is compared.
    fn ordered_by(&self, kind: Mark) -> Vec<RowIndex> {
        let mut order: Vec<_> = (0..self.rows.len())
            .map(RowIndex::new)
            .filter(|row| !self.mark(*row, kind).is_empty())
            .collect();
        order.sort_by_cached_key(|row| folded(self.mark(*row, kind)).collect::<String>());
        order
    }

    pub(super) fn mark(&self, row: RowIndex, kind: Mark) -> &str {
        kind.of(&self.rows[row.number()].row, &self.texts)
    }

    fn finish(self, units: &Units) -> Machines {
        Machines {
            rows: self.rows.into_iter().map(|draft| draft.row).collect(),
            texts: self.texts.into(),
            units: units.iter().map(|unit| unit.id.clone()).collect(),
            systems: self.lists.into(),
            by_serial: self.by_serial.into(),
            by_asset_tag: self.by_asset_tag.into(),
            whole: true,
        }
    }
}

impl Reader<'_> {
    fn mistakes(&self) -> usize {
        self.page.ledger.count() - self.before
    }

    fn wrong(&self, cell: &Cell<'_>, column: &str, message: &str, help: Option<String>) {
        self.page.wrong_with_help(cell.span.clone(), format!("column {column}: {message}"), help);
    }

    /// Whether every cell of a record ends where its writer meant it to.
    fn holds_whole_cells(&self, cells: &[Cell<'_>]) -> bool {
        let before = self.mistakes();
        for cell in cells {
            if let Some(quote) = cell.open {
                self.page.wrong_with_help(
                    quote..quote + 1,
                    "the quote that opens here is never closed".to_owned(),
                    Some("a cell ends on its line: close the quote there, or remove it".to_owned()),
                );
            } else if cell.text.contains('\r') {
                self.page.wrong(cell.span.clone(), "a cell holds no line break".to_owned());
            }
        }
        self.mistakes() == before
    }

    fn rows(&self, records: &mut Records<'_>, columns: &Columns, drafts: &mut Drafts) {
        for record in records {
            let line = Line { cells: &record, columns };
            columns.note_strays(self.page, &record);
            // Behind a quote that was never closed, cells are missing that the office did fill in.
            let row = self.holds_whole_cells(&record).then(|| self.row(&line, drafts)).flatten();
            drafts.are_whole &= row.is_some();
            if self.mistakes() >= MOST_MISTAKES {
                let message =
                    format!("{MOST_MISTAKES} mistakes so far: the rest of the file was not read");
                return self.page.wrong(line.span(), message);
            }
        }
    }

    /// Reads every cell before it gives up on any. A row with a mistake goes on to be compared
    /// with the others by what could be read of it.
    fn row(&self, line: &Line<'_>, drafts: &mut Drafts) -> Option<()> {
        let id = self.need(line, "id").and_then(|cell| self.id(cell));
        let unit = self.need(line, "unit").and_then(|cell| self.unit(cell));
        let kind = self.need(line, "kind").and_then(|cell| self.kind(cell));
        let systems = line.cell("systems").map_or(0, |cell| self.systems(cell, drafts));
        let term = self.term(line);
        let reports =
            line.cell("reports").map_or(Some(ReportsBy::Network), |cell| self.reports(cell));
        let [serial, asset_tag] = [Mark::Serial, Mark::AssetTag].map(|mark| self.mark(line, mark));
        let host_name = line.cell("host_name").and_then(|cell| self.short(cell, "host_name"));
        let numbers = Numbers {
            unit: unit.unwrap_or_default(),
            kind: kind.unwrap_or(MachineKind::Workstation),
            systems,
            term: term.unwrap_or_default(),
            reports: reports.unwrap_or_default(),
        };
        // A row whose time is not known cannot be said to share a mark with another.
        let [serial, asset_tag] =
            [serial, asset_tag].map(|mark| mark.filter(|_| term.is_some()).unwrap_or_default());
        let texts = [id?, serial, asset_tag, host_name.unwrap_or_default()];
        let row = Row::new(numbers, texts, &mut drafts.texts)?;
        drafts.rows.push(Draft { row, at: line.span().start });
        let is_whole = unit.is_some() && kind.is_some() && term.is_some() && reports.is_some();
        is_whole.then_some(())
    }

    fn need<'l>(&self, line: &Line<'l>, column: &'static str) -> Option<&'l Cell<'l>> {
        let cell = line.cell(column);
        if cell.is_none() {
            self.page.wrong(line.span(), format!("column {column}: the cell is empty"));
        }
        cell
    }

    fn id<'l>(&self, cell: &'l Cell<'_>) -> Option<&'l str> {
        if !is_id(&cell.text) {
            let message = format!("`{}` is no id", cut(&cell.text));
            self.wrong(cell, "id", &message, Some(ID_FORM.to_owned()));
            return None;
        }
        Some(&cell.text)
    }

    fn unit(&self, cell: &Cell<'_>) -> Option<UnitIndex> {
        self.units.check(&cell.text, |message, help| self.wrong(cell, "unit", &message, help));
        self.units.index(&cell.text)
    }

    fn kind(&self, cell: &Cell<'_>) -> Option<MachineKind> {
        let kind = cells::kind(&cell.text);
        if kind.is_none() {
            let words = MachineKind::ALL.map(MachineKind::name);
            let help = did_you_mean(&cell.text, words)
                .or_else(|| Some(format!("choose from: {}, máy trạm, máy chủ", words.join(", "))));
            self.wrong(cell, "kind", &format!("unknown kind `{}`", cut(&cell.text)), help);
        }
        kind
    }

    fn reports(&self, cell: &Cell<'_>) -> Option<ReportsBy> {
        let reports = cells::reports(&cell.text);
        if reports.is_none() {
            let words = ReportsBy::ALL.map(ReportsBy::name);
            let help = did_you_mean(&cell.text, words)
                .or_else(|| Some(format!("choose from: {}, mạng, tệp", words.join(", "))));
            let message = format!("unknown way to report `{}`", cut(&cell.text));
            self.wrong(cell, "reports", &message, help);
        }
        reports
    }

    /// Which list of systems a cell stands for.
    fn systems(&self, cell: &Cell<'_>, drafts: &mut Drafts) -> u32 {
        if let Some(list) = drafts.known_lists.get(cell.text.as_ref()) {
            return *list;
        }
        let before = self.page.ledger.count();
        for id in cell.text.split_whitespace() {
            self.systems.check(id, |message, help| self.wrong(cell, "systems", &message, help));
        }
        let list = u32::try_from(drafts.lists.len()).unwrap_or(u32::MAX);
        if self.page.ledger.count() > before {
            return 0;
        }
        drafts.lists.push(cell.text.split_whitespace().map(str::to_owned).collect());
        drafts.known_lists.insert(cell.text.to_string(), list);
        list
    }

    /// A serial number or an asset tag: it binds a machine to its row.
    fn mark<'l>(&self, line: &Line<'l>, mark: Mark) -> Option<&'l str> {
        let cell = line.cell(mark.column())?;
        if self.junk.is_junk(&cell.text) {
            let help = "leave the cell empty: many machines carry this text".to_owned();
            self.wrong(
                cell,
                mark.column(),
                &format!("`{}` names no machine", cut(&cell.text)),
                Some(help),
            );
            return None;
        }
        if cells::is_shortened(&cell.text) {
            let message =
                format!("`{}` is what a spreadsheet made of a long number", cut(&cell.text));
            self.wrong(cell, mark.column(), &message, Some(cells::SHORTENED_HELP.to_owned()));
            return None;
        }
        self.short(cell, mark.column())
    }

    fn short<'l>(&self, cell: &'l Cell<'_>, column: &str) -> Option<&'l str> {
        if cell.text.len() > LONGEST {
            self.wrong(cell, column, &format!("the text is longer than {LONGEST} bytes"), None);
            return None;
        }
        Some(&cell.text)
    }

    fn term(&self, line: &Line<'_>) -> Option<Term> {
        let from = self.need(line, "from").and_then(|cell| self.date(cell, "from"));
        let Some(cell) = line.cell("until") else {
            return Some(Term { from: Some(from?), until: None });
        };
        let (from, until) = (from, self.date(cell, "until")?);
        if from.is_some_and(|from| until < from) {
            self.wrong(cell, "until", "ends before it begins", None);
            return None;
        }
        Some(Term { from: Some(from?), until: Some(until) })
    }

    fn date(&self, cell: &Cell<'_>, column: &str) -> Option<Date> {
        let date = cells::date(&cell.text);
        if date.is_none() {
            self.wrong(
                cell,
                column,
                &format!("`{}` is no date", cut(&cell.text)),
                Some(cells::date_help(&cell.text).to_owned()),
            );
        }
        date
    }

    /// Notes what two rows share, in the order of the file: so the ledger counts its lines once.
    fn note_twins(&self, records: &Records<'_>, columns: &Columns, drafts: &Drafts) {
        let mut twins: Vec<Twin> = twins::of_ids(drafts)
            .chain(twins::of_marks(drafts, Mark::Serial, &drafts.by_serial))
            .chain(twins::of_marks(drafts, Mark::AssetTag, &drafts.by_asset_tag))
            .take(MOST_MISTAKES)
            .collect();
        twins.sort_by_key(|twin| twin.at);
        for twin in twins {
            let cells = records.again(twin.at);
            if let Some(cell) = (Line { cells: &cells, columns }).cell(twin.column) {
                self.wrong(cell, twin.column, &twin.message, None);
            }
        }
    }
}
