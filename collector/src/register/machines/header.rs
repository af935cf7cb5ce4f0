//! The first record of `machines.csv`: which column stands where.

use std::collections::BTreeMap;
use std::ops::Range;

use super::csv::Cell;
use crate::policy::problem::{Page, did_you_mean};
use crate::register::cells::is_legacy;
use crate::register::entry::cut;
use crate::register::headings::{self, COLUMNS, EXAMPLES};

const REQUIRED: [&str; 4] = ["id", "unit", "kind", "from"];

/// Where each column stands.
pub(super) struct Columns {
    places: BTreeMap<&'static str, usize>,
    /// The places that have a heading.
    headed: Vec<bool>,
}

impl Columns {
    /// Reads the headings; `None`: there is a mistake among them. What stands to their right
    /// without a heading is what spreadsheets leave of cells that were once filled in.
    pub(super) fn read(page: Page<'_>, cells: &[Cell<'_>]) -> Option<Self> {
        let before = page.ledger.count();
        let mut places = BTreeMap::new();
        let named = |cell: &&Cell<'_>| !cell.text.is_empty();
        for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| named(cell)) {
            match headings::column(&cell.text) {
                Some(column) if places.insert(column, index).is_none() => {}
                Some(column) => {
                    page.wrong(cell.span.clone(), format!("the column {column} stands here twice"));
                }
                None => unknown(page, cell),
            }
        }
        let span = span(cells);
        for column in REQUIRED.into_iter().filter(|column| !places.contains_key(column)) {
            page.wrong(span.clone(), format!("the column {column} is missing"));
        }
        let headed = cells.iter().map(|cell| named(&cell)).collect();
        (page.ledger.count() == before).then_some(Self { places, headed })
    }

    /// Notes the cells that stand below no heading: nobody can tell what they mean.
    pub(super) fn note_strays(&self, page: Page<'_>, cells: &[Cell<'_>]) {
        let is_headed = |index: usize| self.headed.get(index).copied().unwrap_or(false);
        let mut filled = cells.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty());
        if let Some((_, stray)) = filled.find(|(index, _)| !is_headed(*index)) {
            let columns = self.places.len();
            page.wrong(
                stray.span.clone(),
                format!("a cell beside the {columns} columns of the header"),
            );
        }
    }
}

fn unknown(page: Page<'_>, cell: &Cell<'_>) {
    let help = if is_legacy(&cell.text) {
        "this was typed in a font of before Unicode (TCVN3, VNI): convert the file first".to_owned()
    } else {
        did_you_mean(&cell.text, COLUMNS)
            .unwrap_or_else(|| format!("columns: {}; or {EXAMPLES}", COLUMNS.join(", ")))
    };
    let message = format!("unknown column `{}`", cut(&cell.text));
    page.wrong_with_help(cell.span.clone(), message, Some(help));
}

/// One record, by its columns.
pub(super) struct Line<'l> {
    pub(super) cells: &'l [Cell<'l>],
    pub(super) columns: &'l Columns,
}

impl<'l> Line<'l> {
    /// The cell of a column, unless it is empty.
    pub(super) fn cell(&self, column: &'static str) -> Option<&'l Cell<'l>> {
        let cell = self.cells.get(*self.columns.places.get(column)?)?;
        (!cell.text.is_empty()).then_some(cell)
    }

    pub(super) fn span(&self) -> Range<usize> {
        span(self.cells)
    }
}

fn span(cells: &[Cell<'_>]) -> Range<usize> {
    let start = cells.first().map_or(0, |cell| cell.span.start);
    let end = cells.last().map_or(start, |cell| cell.span.end);
    start..end
}
