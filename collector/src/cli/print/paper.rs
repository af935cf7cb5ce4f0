//! A paper on a terminal: as many of its columns as there is room for, none broken within a word.

use std::path::Path;

use comfy_table::{CellAlignment, ColumnConstraint, Width};
use report::Lang;

use super::{bytes, out, table_of, width};
use crate::policy::words::{self, pick};
use crate::reports;
use crate::reports::paper::{Cell, Column, Paper, Row, Screen};

/// What stands beside the words of each column, and once more at the end.
const FRAME: usize = 3;

pub(in crate::cli) fn csv(paper: &Paper) -> anyhow::Result<()> {
    bytes(&reports::csv::write(paper)?);
    Ok(())
}

/// That a report lies in a file.
pub(in crate::cli) fn written(file: &Path, rows: usize, lang: Lang) {
    let (file, rows) = (file.display(), words::number(rows as u64, lang));
    out(&match lang {
        Lang::Vi => format!("Đã ghi {file} ({rows} dòng)\n"),
        Lang::En => format!("Wrote {file} ({rows} lines)\n"),
    });
}

/// The whole paper: heading, table, notes.
pub(in crate::cli) fn on_screen(paper: &Paper) -> String {
    let mut text = format!("{}\n", paper.title);
    paper.preface.iter().for_each(|line| text += &format!("{line}\n"));
    text += &table(paper, usize::from(width()));
    text += "\n";
    paper.notes.iter().for_each(|line| text += &format!("{line}\n"));
    text
}

/// The table alone, in so many columns of characters.
pub(super) fn table(paper: &Paper, room: usize) -> String {
    let shown = fitting(paper, room);
    let mut table = table_of(shown.iter().map(|(_, column)| column.screen_heading()), room);
    for row in &paper.rows {
        table.add_row(shown.iter().map(|(place, _)| words_at(row, *place, paper.lang)));
    }
    for (index, (place, column)) in shown.iter().enumerate() {
        let Some(own) = table.column_mut(index) else {
            continue;
        };
        let narrowest = narrowest(paper, *place, column) + FRAME - 1;
        let narrowest = u16::try_from(narrowest).unwrap_or(u16::MAX);
        own.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(narrowest)));
        if paper.rows.iter().any(|row| row.cells.get(*place).is_some_and(Cell::is_number)) {
            own.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n{}", left_out(paper, &shown))
}

/// The columns that there is room for: whoever yields first goes first.
fn fitting(paper: &Paper, room: usize) -> Vec<(usize, &Column)> {
    let all = paper.columns.iter().enumerate();
    let mut shown: Vec<_> = all.filter(|(_, column)| column.screen != Screen::Never).collect();
    let needed = |shown: &[(usize, &Column)]| {
        let own = |(place, column): &(usize, &Column)| narrowest(paper, *place, column) + FRAME;
        shown.iter().map(own).sum::<usize>() + 1
    };
    while needed(&shown) > room {
        let yields = |(_, (_, column)): &(usize, &(usize, &Column))| column.screen;
        match shown.iter().enumerate().min_by_key(yields) {
            Some((index, (_, column))) if column.screen != Screen::Always => {
                shown.remove(index);
            }
            Some(_) | None => break,
        }
    }
    shown
}

/// How narrow a column can be without breaking a word or a number. Words get as much as they have
/// on paper, so that few of them take a second line.
fn narrowest(paper: &Paper, place: usize, column: &Column) -> usize {
    let longest = |words: &str| words.split(' ').map(length).max().unwrap_or_default();
    let cells = paper.rows.iter().filter_map(|row| row.cells.get(place));
    let cells = cells.map(|cell| match cell {
        Cell::Text(words) => longest(words).max(length(words).min(column.width as usize)),
        Cell::Blank
        | Cell::Count(_)
        | Cell::Share(_)
        | Cell::Change(_)
        | Cell::Date(_)
        | Cell::Moment(_) => length(&cell.words(paper.lang)),
    });
    cells.chain([longest(column.screen_heading())]).max().unwrap_or_default()
}

/// All texts are composed, so a character takes one column.
fn length(words: &str) -> usize {
    words.chars().count()
}

fn words_at(row: &Row, place: usize, lang: Lang) -> String {
    row.cells.get(place).map(|cell| cell.words(lang)).unwrap_or_default()
}

/// Which columns are not shown is said, so that nobody takes the screen for everything.
fn left_out(paper: &Paper, shown: &[(usize, &Column)]) -> String {
    let is_shown = |place: usize| shown.iter().any(|(one, _)| *one == place);
    let all = paper.columns.iter().enumerate();
    let hidden = all.filter(|(place, _)| !is_shown(*place)).count();
    if hidden == 0 {
        return String::new();
    }
    let hint = pick(["cột khác có trong --csv", "more columns with --csv"], paper.lang);
    format!("(+{hidden} {hint})\n")
}

#[cfg(test)]
mod tests;
