//! Reading one TOML file over its spans, so that every mistake is shown where it stands.
//!
//! A [`Section`] remembers which keys were asked for. What nobody asked for is a mistake of the
//! writer: a key that is silently ignored would be a rule that silently does not hold.

use std::cell::RefCell;
use std::ops::Range;

use jiff::civil::Date;
use report::{Bilingual, Timestamp};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset};

use super::calendar::Calendar;
use super::period::Period;
use super::problem::{Page, did_you_mean};

/// One parsed file.
pub(crate) struct Document<'d> {
    page: Page<'d>,
    root: Spanned<DeTable<'d>>,
}

impl<'d> Document<'d> {
    /// Parses a file; notes every syntax error and then gives up on it, since what lies around
    /// one cannot be trusted.
    pub(crate) fn parse(page: Page<'d>) -> Option<Self> {
        let (root, errors) = DeTable::parse_recoverable(page.text);
        for error in &errors {
            page.wrong(
                error.span().unwrap_or(0..0),
                format!("this is no TOML: {}", error.message()),
            );
        }
        errors.is_empty().then_some(Self { page, root })
    }

    /// The whole file as a section.
    pub(crate) fn section(&'d self) -> Section<'d> {
        // A key missing from a whole file is shown at its first line.
        let first_line = self.page.text.find('\n').unwrap_or(self.page.text.len());
        Section::new(self.page, self.root.get_ref(), 0..first_line)
    }
}

/// A table of a file.
pub(crate) struct Section<'d> {
    page: Page<'d>,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'d> Section<'d> {
    fn new(page: Page<'d>, table: &'d DeTable<'d>, span: Range<usize>) -> Self {
        Self { page, table, span, asked: RefCell::default() }
    }

    /// The value of a key that may be left out.
    pub(crate) fn get(&self, key: &'static str) -> Option<Item<'d>> {
        self.asked.borrow_mut().push(key);
        let (key, value) = self.table.get_key_value(key)?;
        Some(self.item(key, value))
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &'static str) -> Option<Item<'d>> {
        let item = self.get(key);
        if item.is_none() {
            self.wrong(format!("the key `{key}` is missing"));
        }
        item
    }

    /// Every key with its value, for tables whose keys are names.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&'d str, Item<'d>)> {
        let mut items: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), self.item(key, value)))
            .collect();
        items.sort_by_key(|(_, item)| item.key.start);
        items.into_iter()
    }

    fn item(
        &self,
        key: &'d Spanned<std::borrow::Cow<'d, str>>,
        value: &'d Spanned<DeValue<'d>>,
    ) -> Item<'d> {
        Item { page: self.page, key: key.span(), value }
    }

    /// Notes a mistake of this table as a whole.
    pub(crate) fn wrong(&self, message: impl Into<String>) {
        self.page.wrong(self.span.clone(), message);
    }

    /// Notes every key that nobody asked for.
    pub(crate) fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, item) in self.items().filter(|(name, _)| !asked.contains(name)) {
            let help = did_you_mean(name, asked.iter().copied())
                .or_else(|| Some(format!("known here: {}", asked.join(", "))));
            self.page.wrong_with_help(item.key, format!("unknown key `{name}`"), help);
        }
    }
}

/// A value with its place.
#[derive(Clone)]
pub(crate) struct Item<'d> {
    page: Page<'d>,
    /// Where its key stands; for the elements of a list, where the element stands.
    pub(crate) key: Range<usize>,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Item<'d> {
    /// Where the value stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Notes a mistake of the value.
    pub(crate) fn wrong(&self, message: impl Into<String>) {
        self.page.wrong(self.value.span(), message);
    }

    /// Notes a mistake of the value with what to write instead.
    pub(crate) fn wrong_with_help(&self, message: impl Into<String>, help: Option<String>) {
        self.page.wrong_with_help(self.value.span(), message, help);
    }

    /// Notes a mistake of the key.
    pub(crate) fn wrong_key(&self, message: impl Into<String>, help: Option<String>) {
        self.page.wrong_with_help(self.key.clone(), message, help);
    }

    /// What kind of TOML value it is.
    pub(crate) fn shape(&self) -> Shape {
        match self.value.get_ref() {
            DeValue::String(_) => Shape::Text,
            DeValue::Integer(_) => Shape::Number,
            DeValue::Float(_) => Shape::Fraction,
            DeValue::Boolean(_) => Shape::Bool,
            DeValue::Datetime(_) => Shape::Date,
            DeValue::Array(_) => Shape::List,
            DeValue::Table(_) => Shape::Table,
        }
    }

    fn expected(&self, what: &str) {
        self.wrong(format!("expected {what}, found {}", self.shape().name()));
    }

    fn said<T>(&self, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() {
            self.expected(expected);
        }
        value
    }

    /// Text that is not empty.
    pub(crate) fn text(&self) -> Option<&'d str> {
        let text = self.said(self.value.get_ref().as_str(), "text in quotes")?;
        if text.trim().is_empty() {
            self.wrong("this text is empty");
            return None;
        }
        Some(text)
    }

    /// Text, owned.
    pub(crate) fn string(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// `true` or `false`.
    pub(crate) fn bool(&self) -> Option<bool> {
        self.said(self.value.get_ref().as_bool(), "true or false")
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self) -> Option<u64> {
        let number = self.said(self.value.get_ref().as_integer(), "a whole number")?;
        let count = u64::from_str_radix(number.as_str(), number.radix()).ok();
        if count.is_none() {
            self.wrong("expected a whole number that is not negative");
        }
        count
    }

    /// A number between 0 and 1.
    pub(crate) fn fraction(&self) -> Option<f64> {
        let text = match self.value.get_ref() {
            DeValue::Float(float) => Some(float.as_str()),
            DeValue::Integer(integer) => Some(integer.as_str()),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        let fraction = text
            .and_then(|text| text.parse().ok())
            .filter(|fraction| (0.0..=1.0).contains(fraction));
        self.said(fraction, "a number from 0 to 1")
    }

    /// A span of time such as `"7d"`.
    pub(crate) fn period(&self) -> Option<Period> {
        let text = self.said(self.value.get_ref().as_str(), PERIOD)?;
        let period = Period::parse(text);
        if period.is_none() {
            self.wrong_with_help(
                format!("`{text}` is no span of time"),
                Some(format!("write {PERIOD}")),
            );
        }
        period
    }

    fn datetime(&self, expected: &str) -> Option<&'d Datetime> {
        self.said(self.value.get_ref().as_datetime(), expected)
    }

    /// A date without a time.
    pub(crate) fn date(&self) -> Option<Date> {
        const EXPECTED: &str = "a date such as 2026-11-22 (without quotes)";
        let datetime = self.datetime(EXPECTED)?;
        match (datetime.time, civil(datetime)) {
            (None, Some(date)) => Some(date),
            _ => {
                self.wrong(format!("expected {EXPECTED}"));
                None
            }
        }
    }

    /// A date (its first second in the office's time zone) or a date and time with its offset.
    pub(crate) fn moment(&self, calendar: &Calendar) -> Option<Timestamp> {
        const EXPECTED: &str = "a date such as 2026-11-22 or a moment such as 2026-11-22T08:00:00+07:00 (without quotes)";
        let datetime = self.datetime(EXPECTED)?;
        let date = civil(datetime);
        let moment = match (date, datetime.time, datetime.offset) {
            (Some(date), None, None) => Some(calendar.start_of(date)),
            (Some(_), Some(_), Some(offset)) => timestamp(datetime, offset),
            _ => None,
        };
        if moment.is_none() {
            self.wrong(format!("expected {EXPECTED}"));
        }
        moment
    }

    /// One of a closed list of words.
    pub(crate) fn word(&self, words: &[&'static str]) -> Option<&'static str> {
        let text = self.said(self.value.get_ref().as_str(), "a word in quotes")?;
        let word = words.iter().copied().find(|word| *word == text);
        if word.is_none() {
            let help = did_you_mean(text, words.iter().copied())
                .or_else(|| Some(format!("choose from: {}", words.join(", "))));
            self.wrong_with_help(format!("unknown word `{text}`"), help);
        }
        word
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        let array = self.said(self.value.get_ref().as_array(), "a list in brackets")?;
        let element =
            |value: &'d Spanned<DeValue<'d>>| Self { page: self.page, key: value.span(), value };
        Some(array.iter().map(element).collect())
    }

    /// The elements of a list, each read alike; a mistake in one leaves the others.
    pub(crate) fn each<T>(&self, read: impl FnMut(&Self) -> Option<T>) -> Vec<T> {
        let list = self.list().unwrap_or_default();
        list.iter().filter_map(read).collect()
    }

    /// A table.
    pub(crate) fn section(&self) -> Option<Section<'d>> {
        let table = self.said(self.value.get_ref().as_table(), "a table")?;
        // A table under a header has no useful span of its own: show its header.
        let span = match self.value.span() {
            span if span.is_empty() => self.key.clone(),
            span => span,
        };
        Some(Section::new(self.page, table, span))
    }

    /// A phrase in both languages: `{ vi = "…", en = "…" }`.
    pub(crate) fn bilingual(&self) -> Option<Bilingual> {
        let section = self.section()?;
        let vi = section.need("vi").and_then(|item| item.string());
        let en = section.need("en").and_then(|item| item.string());
        section.finish();
        Some(Bilingual { vi: vi?, en: en? })
    }

    /// An identifier: lower-case letters, digits and hyphens.
    pub(crate) fn id(&self) -> Option<String> {
        let text = self.text()?;
        if !is_id(text) {
            self.wrong_with_help(format!("`{text}` is no id"), Some(ID_FORM.to_owned()));
            return None;
        }
        Some(text.to_owned())
    }
}

/// The words of a closed list.
pub(crate) fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| name(*one)).collect()
}

/// All or nothing, after every one has been read.
pub(crate) fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let read: Vec<_> = items.collect();
    read.into_iter().collect()
}

/// The elements of a list, each read alike, none of them twice: all or nothing, after every one
/// has been read.
pub(crate) fn distinct<'d, T: PartialEq>(
    items: &[Item<'d>],
    read: impl FnMut(&Item<'d>) -> Option<T>,
) -> Option<Vec<T>> {
    let values: Vec<_> = items.iter().map(read).collect();
    for (index, value) in values.iter().enumerate() {
        if value.is_some() && values[..index].contains(value) {
            items[index].wrong("this stands here twice");
        }
    }
    values.into_iter().collect()
}

const PERIOD: &str = "a span of time such as \"7d\", \"36h\" or \"90m\"";

/// What an id looks like, for help lines.
pub(crate) const ID_FORM: &str = "an id has at most 64 lower-case letters (a-z), digits and hyphens, and begins with a letter or digit";

/// Whether a text is an id.
pub(crate) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(allowed) && !text.starts_with('-')
}

/// The kinds of TOML values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Number,
    Fraction,
    Bool,
    Date,
    List,
    Table,
}

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text in quotes",
            Self::Number => "a number",
            Self::Fraction => "a fraction",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::List => "a list",
            Self::Table => "a table",
        }
    }
}

fn civil(datetime: &Datetime) -> Option<Date> {
    let date = datetime.date?;
    let [month, day] = [date.month, date.day].map(|part| i8::try_from(part).ok());
    Date::new(i16::try_from(date.year).ok()?, month?, day?).ok()
}

fn timestamp(datetime: &Datetime, offset: Offset) -> Option<Timestamp> {
    let (date, time) = (datetime.date?, datetime.time?);
    let local = Timestamp::from_civil(
        (i64::from(date.year), u32::from(date.month), u32::from(date.day)),
        (u32::from(time.hour), u32::from(time.minute), u32::from(time.second.unwrap_or(0))),
    )?;
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    Some(local - minutes * 60)
}
