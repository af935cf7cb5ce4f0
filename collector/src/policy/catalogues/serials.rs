//! Serial numbers that makers leave in place of one.

use super::Vintage;
use crate::policy::calendar::Calendar;
use crate::policy::document::Section;

/// The list of junk.
#[derive(Clone, Debug, Default)]
pub struct Serials {
    /// When the list was true.
    pub vintage: Vintage,
    junk: Vec<String>,
}

impl Serials {
    pub(super) fn read(section: &Section<'_>, calendar: &Calendar) -> Self {
        let vintage = Vintage::read(section, calendar);
        let mut junk: Vec<String> = Vec::new();
        let items = section.need("junk").and_then(|item| item.list());
        for item in items.unwrap_or_default() {
            let Some(mark) = item.text().map(str::to_uppercase) else {
                continue;
            };
            if junk.contains(&mark) {
                item.wrong(format!("`{mark}` stands here twice; case does not matter"));
            }
            junk.push(mark);
        }
        Self { vintage, junk }
    }

    /// Whether a serial number, asset tag or hardware UUID names no machine: it is listed, or it
    /// repeats one character.
    #[must_use]
    pub fn is_junk(&self, mark: &str) -> bool {
        let mark = mark.trim().to_uppercase();
        let mut characters = mark.chars().filter(|c| c.is_alphanumeric());
        let first = characters.next();
        first.is_none() || characters.all(|c| Some(c) == first) || self.junk.contains(&mark)
    }
}
