//! What the `register` commands print.

mod check;
mod import;
mod matching;

use comfy_table::ColumnConstraint;
use report::Lang;

use super::{or_dash, out, out_json, sample_note, side, table, visible};
use crate::policy::words;

pub(in crate::cli) use check::examination;
pub(in crate::cli) use import::import;
pub(in crate::cli) use matching::matching;

/// How many lines of each list are printed; all of them are in the JSON.
const MOST_LINES: usize = 30;

/// A list under its own header, the first lines of it; nothing where it is empty.
fn list<const N: usize>(
    vi: [&str; N],
    en: [&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
    lang: Lang,
) -> String {
    let count = rows.len();
    if count == 0 {
        return String::new();
    }
    let mut lines = table(words::pick([vi, en], lang));
    for row in rows.take(MOST_LINES) {
        lines.add_row(row);
    }
    // What is copied into another command or file is not broken over lines.
    if let Some(names) = lines.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    format!("{lines}\n{}\n", more(count, lang))
}

fn more(count: usize, lang: Lang) -> String {
    let Some(rest) = count.checked_sub(MOST_LINES).filter(|rest| *rest > 0) else {
        return String::new();
    };
    let rest = words::number(rest.try_into().unwrap_or(u64::MAX), lang);
    match lang {
        Lang::Vi => format!("… và {rest} dòng nữa (--json có đủ)\n"),
        Lang::En => format!("… and {rest} more (--json has all)\n"),
    }
}
