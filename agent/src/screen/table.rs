//! Aligned columns. Vietnamese in NFC has one character for each column of the terminal.

/// Lines of cells, each column as wide as its widest cell.
pub(super) struct Table<const N: usize> {
    indent: &'static str,
    rows: Vec<Row<N>>,
}

struct Row<const N: usize> {
    /// Stands in the place of the cells, across all columns.
    heading: Option<String>,
    cells: [String; N],
    note: Vec<String>,
}

impl<const N: usize> Table<N> {
    pub(super) fn indented(indent: &'static str) -> Self {
        let rows = Vec::new();
        Self { indent, rows }
    }

    pub(super) fn row(&mut self, cells: [&str; N]) {
        self.rows.push(Row { heading: None, cells: cells.map(harmless), note: Vec::new() });
    }

    /// Puts a line above the next rows that is as long as it is.
    pub(super) fn heading(&mut self, text: &str) {
        let cells = std::array::from_fn(|_| String::new());
        self.rows.push(Row { heading: Some(harmless(text)), cells, note: Vec::new() });
    }

    /// A row whose long cells go on in the lines below.
    pub(super) fn folded_row(&mut self, cells: [&str; N], widths: [usize; N]) {
        let columns: Vec<_> =
            cells.iter().zip(widths).map(|(cell, width)| folded(cell, width)).collect();
        let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..lines {
            let cell = |column: usize| columns.get(column).and_then(|cells| cells.get(line));
            let cells: [_; N] =
                std::array::from_fn(|column| cell(column).map_or("", String::as_str));
            self.row(cells);
        }
    }

    /// Puts lines of their own under the last row.
    pub(super) fn note(&mut self, lines: &[String]) {
        if let Some(row) = self.rows.last_mut() {
            row.note = lines.iter().map(|line| harmless(line)).collect();
        }
    }

    pub(super) fn render(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = self.indent.to_owned();
            if let Some(heading) = &row.heading {
                text.push_str(&format!("{line}{heading}\n"));
                continue;
            }
            for (cell, width) in row.cells.iter().zip(widths) {
                line.push_str(&format!("{cell:width$}  "));
            }
            text.push_str(line.trim_end());
            text.push('\n');
            for (number, note) in row.note.iter().enumerate() {
                let mark = if number == 0 { "→" } else { " " };
                text.push_str(&format!("{}  {mark} {note}\n", self.indent));
            }
        }
        text
    }

    fn widths(&self) -> [usize; N] {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        std::array::from_fn(width)
    }
}

/// A long text broken between words; a single word is never broken.
pub(super) fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text without anything that could steer a terminal.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_columns_stand_under_each_other() {
        let mut table = Table::indented("  ");
        table.row(["Quy tắc", "Kết quả"]);
        table.row(["Diệt virus đang chạy", "Đạt"]);
        table.note(&["không cần làm gì".to_owned()]);
        assert_eq!(
            table.render(),
            "  Quy tắc               Kết quả\n  \
               Diệt virus đang chạy  Đạt\n    \
                 → không cần làm gì\n"
        );
    }

    #[test]
    fn long_cells_go_on_below() {
        let mut table = Table::indented("");
        table.folded_row(["quy tắc rất dài", "đạt"], [8, 8]);
        assert_eq!(table.render(), "quy tắc  đạt\nrất dài\n");
    }

    #[test]
    fn nothing_that_is_shown_can_steer_the_terminal() {
        let mut table = Table::indented("");
        table.row(["a\u{1b}[2Jb\nc"]);
        assert_eq!(table.render(), "a\u{FFFD}[2Jb\u{FFFD}c\n");
    }
}
