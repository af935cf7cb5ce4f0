//! Catalogues: what the world outside says, kept by the officer beside the rules.

use jiff::civil::Date;
use report::Timestamp;

use super::calendar::Calendar;
use super::document::{Document, Item, Section};
use super::folder::Folder;
use super::hourglass::Hourglass;
use super::period::Period;
use super::problem::{Ledger, Page};
use super::why::Why;

pub mod antivirus;
pub mod builds;
pub mod lifecycle;
pub mod serials;

pub use antivirus::Antivirus;
pub use builds::Builds;
pub use lifecycle::Lifecycle;
pub use serials::Serials;

/// When support for operating systems ends.
const LIFECYCLE: &str = "catalogue/os-lifecycle.toml";
/// Which update brings Windows to which revision.
const BUILDS: &str = "catalogue/windows-builds.toml";
/// Which licences count, and how products are called.
const ANTIVIRUS: &str = "catalogue/antivirus.toml";
/// Serial numbers that name no machine.
const SERIALS: &str = "catalogue/serials.toml";

/// Every file this version knows.
pub(crate) const FILES: [&str; 4] = [LIFECYCLE, BUILDS, ANTIVIRUS, SERIALS];

/// All catalogues.
#[derive(Clone, Debug, Default)]
pub struct Catalogues {
    /// Support of operating systems.
    pub lifecycle: Lifecycle,
    /// Revisions of Windows.
    pub builds: Builds,
    /// Antivirus products and licences.
    pub antivirus: Antivirus,
    /// Serial numbers that name no machine.
    pub serials: Serials,
}

impl Catalogues {
    pub(crate) fn read(folder: &Folder, ledger: &Ledger, calendar: &Calendar) -> Self {
        Self {
            lifecycle: file(folder, ledger, LIFECYCLE, |section| {
                Lifecycle::read(section, calendar)
            }),
            builds: file(folder, ledger, BUILDS, |section| Builds::read(section, calendar)),
            antivirus: file(folder, ledger, ANTIVIRUS, |section| {
                Antivirus::read(section, calendar)
            }),
            serials: file(folder, ledger, SERIALS, |section| Serials::read(section, calendar)),
        }
    }

    /// The name of each catalogue, when its data was true, and for how long it speaks.
    pub fn vintages(&self) -> impl Iterator<Item = (&'static str, Vintage)> {
        [
            ("os-lifecycle", self.lifecycle.vintage),
            ("windows-builds", self.builds.vintage),
            ("antivirus", self.antivirus.vintage),
            ("serials", self.serials.vintage),
        ]
        .into_iter()
    }

    /// The name of each catalogue and the date of its data.
    pub fn dates(&self) -> impl Iterator<Item = (&'static str, Date)> {
        self.vintages().map(|(name, vintage)| (name, vintage.date))
    }
}

/// When the data of a catalogue was true, and for how long it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vintage {
    /// The day the data was true.
    pub date: Date,
    /// The first second of that day.
    pub at: Timestamp,
    /// The last second for which it speaks.
    pub until: Timestamp,
}

impl Default for Vintage {
    fn default() -> Self {
        Self { date: Date::default(), at: Timestamp(0), until: Timestamp(0) }
    }
}

impl Vintage {
    fn read(section: &Section<'_>, calendar: &Calendar) -> Self {
        let date = section.need("data_date").and_then(|item| item.date());
        let stale_after = section.need("stale_after").and_then(|item| item.period());
        let (Some(date), Some(stale_after)) = (date, stale_after) else {
            return Self::default();
        };
        Self::new(date, stale_after, calendar)
    }

    pub(crate) fn new(date: Date, stale_after: Period, calendar: &Calendar) -> Self {
        let until = calendar.end_of(date) + stale_after.seconds();
        Self { date, at: calendar.start_of(date), until }
    }

    /// Why the catalogue of this name says nothing, if its data is too old.
    pub(crate) fn staleness(
        self,
        catalogue: &'static str,
        clock: &Hourglass,
    ) -> Option<Why<'static>> {
        let stale = Why::CatalogueStale { catalogue, date: self.date };
        clock.is_past(self.until).then_some(stale)
    }
}

fn file<T: Default>(
    folder: &Folder,
    ledger: &Ledger,
    file: &'static str,
    read: impl FnOnce(&Section<'_>) -> T,
) -> T {
    let Some(text) = folder.get(file) else {
        ledger.note_file(file, "the file is missing", None);
        return T::default();
    };
    let Some(document) = Document::parse(Page { file, text, ledger }) else {
        return T::default();
    };
    let section = document.section();
    let catalogue = read(&section);
    section.finish();
    catalogue
}

/// One of a closed list of words, each with what it stands for.
fn chosen<T: Copy, const N: usize>(item: &Item<'_>, choices: [(&'static str, T); N]) -> Option<T> {
    let word = item.word(&choices.map(|(word, _)| word))?;
    choices.into_iter().find(|(choice, _)| *choice == word).map(|(_, meaning)| meaning)
}

/// Whether a version is a release or lies within it: whole, or up to a dot.
fn begins_with_version(version: &str, release: &str) -> bool {
    version.strip_prefix(release).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether two restrictions can hold for one machine; an empty list restricts nothing.
fn overlap<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|item| other.contains(item))
}

#[cfg(test)]
mod tests;
