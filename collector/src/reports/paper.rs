//! A report laid out in one language: titles, one table, notes. What it is printed on comes later.

use jiff::civil::{Date, DateTime};
use report::text::composed;
use report::{Lang, Timestamp};

use crate::policy::posture::Tally;
use crate::policy::words;

/// A report in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// The language it is in.
    pub lang: Lang,
    /// The moment it is about.
    pub at: Timestamp,
    /// Its heading.
    pub title: String,
    /// Lines below the heading.
    pub preface: Vec<String>,
    /// The sheets of a workbook, by their names. Elsewhere there is one table.
    pub sheets: Vec<String>,
    /// The columns of the table.
    pub columns: Vec<Column>,
    /// Whether the columns are numbered below their headings, as the forms of the state are.
    pub numbered: bool,
    /// The lines of the table: as many cells as there are columns.
    pub rows: Vec<Row>,
    /// Sentences below the table.
    pub notes: Vec<String>,
    /// Who signs, from left to right.
    pub signatures: Vec<String>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its heading on a screen, where the other is too long.
    pub short: Option<String>,
    /// How wide it is on paper, in characters; words on a screen get as much where they need it.
    pub width: f64,
    /// On which sheets of a workbook it stands.
    pub on: On,
    /// How early it gives way on a screen that is too narrow.
    pub screen: Screen,
}

/// On which sheets of a workbook a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// On every one: it says what a line is about.
    Every,
    /// On the sheet of this number.
    Sheet(usize),
}

/// How a column behaves on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// It is not shown: too long or of no use there.
    Never,
    /// It gives way where there is no room; the lower the number, the earlier.
    Yields(u8),
    /// It is always shown.
    Always,
}

/// A line of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// How it stands to the others.
    pub weight: Weight,
    /// How deep its first text is indented.
    pub depth: u8,
    /// What stands in it.
    pub cells: Vec<Cell>,
}

/// How a line stands to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// One of many.
    Plain,
    /// A sum over some of them, which no other sum counts again.
    Subtotal,
    /// The sum over all.
    Total,
}

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing, because nothing is known or asked.
    Blank,
    /// Words.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A share; of no members there is none.
    Share(Tally),
    /// By how many tenths of a percentage point a share has changed.
    Change(i64),
    /// A day.
    Date(Date),
    /// A moment by the office's clock.
    Moment(DateTime),
}

impl Cell {
    /// Words, if there are any, in the form in which they may be printed.
    pub fn text(words: impl AsRef<str>) -> Self {
        match words.as_ref() {
            "" => Self::Blank,
            words => Self::Text(composed(words)),
        }
    }

    /// Words or nothing.
    pub fn maybe(words: Option<impl AsRef<str>>) -> Self {
        words.map_or(Self::Blank, Self::text)
    }

    /// A day or nothing.
    #[must_use]
    pub fn day(date: Option<Date>) -> Self {
        date.map_or(Self::Blank, Self::Date)
    }

    /// As people read it; numbers are grouped, and what is not there is empty.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(words) => words.clone(),
            Self::Count(count) => words::number(*count, lang),
            Self::Share(tally) => tally.share(lang).unwrap_or_default(),
            Self::Change(tenths) => words::change(*tenths, lang),
            Self::Date(date) => words::date(*date, lang),
            Self::Moment(at) => words::time(*at, lang),
        }
    }

    /// Whether it stands to the right, like numbers.
    #[must_use]
    pub fn is_number(&self) -> bool {
        match self {
            Self::Count(_) | Self::Share(_) | Self::Change(_) => true,
            Self::Blank | Self::Text(_) | Self::Date(_) | Self::Moment(_) => false,
        }
    }
}

impl Column {
    /// A column on the first sheet that is always shown.
    pub fn new(heading: impl Into<String>, width: f64) -> Self {
        Self {
            heading: heading.into(),
            short: None,
            width,
            on: On::Sheet(0),
            screen: Screen::Always,
        }
    }

    /// The same on these sheets.
    #[must_use]
    pub fn on(self, on: On) -> Self {
        Self { on, ..self }
    }

    /// The same with a shorter heading on a screen.
    #[must_use]
    pub fn short(self, short: impl Into<String>) -> Self {
        Self { short: Some(short.into()), ..self }
    }

    /// Its heading on a screen.
    #[must_use]
    pub fn screen_heading(&self) -> &str {
        self.short.as_ref().unwrap_or(&self.heading)
    }

    /// The same, otherwise on a screen.
    #[must_use]
    pub fn screen(self, screen: Screen) -> Self {
        Self { screen, ..self }
    }
}

impl Row {
    /// One line of many.
    #[must_use]
    pub fn plain(cells: Vec<Cell>) -> Self {
        Self { weight: Weight::Plain, depth: 0, cells }
    }
}
