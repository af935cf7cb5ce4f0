//! Catalogues: what the world outside says, kept by the officer beside the rules.

use jiff::civil::Date;
use report::{Bilingual, Timestamp};

use super::calendar::Calendar;
use super::document::{Document, Item, Section};
use super::folder::Folder;
use super::problem::{Ledger, Page};

/// When support for operating systems ends.
const LIFECYCLE: &str = "catalogue/os-lifecycle.toml";
/// Which licences count, and how products are called.
const ANTIVIRUS: &str = "catalogue/antivirus.toml";
/// Serial numbers that name no machine.
const SERIALS: &str = "catalogue/serials.toml";

/// Every file this version knows.
pub(crate) const FILES: [&str; 3] = [LIFECYCLE, ANTIVIRUS, SERIALS];

/// All catalogues.
#[derive(Clone, Debug, Default)]
pub struct Catalogues {
    /// Support of operating systems.
    pub lifecycle: Lifecycle,
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
            antivirus: file(folder, ledger, ANTIVIRUS, Antivirus::read),
            serials: file(folder, ledger, SERIALS, Serials::read),
        }
    }

    /// The name of each catalogue and the date of its data.
    pub fn dates(&self) -> impl Iterator<Item = (&'static str, Date)> {
        [
            ("os-lifecycle", self.lifecycle.data_date),
            ("antivirus", self.antivirus.data_date),
            ("serials", self.serials.data_date),
        ]
        .into_iter()
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

fn data_date(section: &Section<'_>) -> Date {
    section.need("data_date").and_then(|item| item.date()).unwrap_or_default()
}

/// When support for each release of an operating system ends.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// The day the table was true.
    pub data_date: Date,
    releases: Vec<Release>,
}

/// One release.
#[derive(Clone, Debug)]
pub struct Release {
    /// `ID` of `os-release`.
    pub os: String,
    /// `VERSION_ID`, or its beginning up to a dot.
    pub version: String,
    /// What to call it.
    pub name: String,
    /// The end of general support: its last second.
    pub end: Timestamp,
    /// Support that goes on after that.
    pub extended: Option<Extended>,
}

/// Support after the general end.
#[derive(Clone, Debug)]
pub struct Extended {
    /// What its supplier calls it.
    pub name: String,
    /// Its last second.
    pub end: Timestamp,
    /// Whether every machine has it, or only those with a contract. No fact tells yet which
    /// machine has a contract, so the latter counts for none.
    pub for_everyone: bool,
}

impl Release {
    /// Until when a machine without a contract is supported, and by what.
    #[must_use]
    pub fn supported_until(&self) -> (Timestamp, Option<&Extended>) {
        match &self.extended {
            Some(extended) if extended.for_everyone && extended.end > self.end => {
                (extended.end, Some(extended))
            }
            Some(_) | None => (self.end, None),
        }
    }
}

impl Lifecycle {
    fn read(section: &Section<'_>, calendar: &Calendar) -> Self {
        let mut lifecycle = Self { data_date: data_date(section), releases: Vec::new() };
        let items = section.need("release").and_then(|item| item.list());
        for item in items.unwrap_or_default() {
            let Some(release) = read_release(&item, calendar) else {
                continue;
            };
            if lifecycle
                .releases
                .iter()
                .any(|one| (&one.os, &one.version) == (&release.os, &release.version))
            {
                item.wrong(format!("`{} {}` stands here twice", release.os, release.version));
            }
            lifecycle.releases.push(release);
        }
        lifecycle
    }

    /// The release of an operating system; the longest version that fits wins.
    #[must_use]
    pub fn release(&self, os: &str, version: &str) -> Option<&Release> {
        self.releases
            .iter()
            .filter(|release| release.os == os && begins_with_version(version, &release.version))
            .max_by_key(|release| release.version.len())
    }
}

fn begins_with_version(version: &str, release: &str) -> bool {
    version.strip_prefix(release).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn read_release(item: &Item<'_>, calendar: &Calendar) -> Option<Release> {
    let section = item.section()?;
    let os = section.need("os").and_then(|item| item.string());
    let version = section.need("version").and_then(|item| item.string());
    let name = section.need("name").and_then(|item| item.string());
    let end = section.need("end").and_then(|item| item.date());
    let extended = section.get("extended").and_then(|item| read_extended(&item, calendar));
    section.finish();
    Some(Release { os: os?, version: version?, name: name?, end: calendar.end_of(end?), extended })
}

fn read_extended(item: &Item<'_>, calendar: &Calendar) -> Option<Extended> {
    let section = item.section()?;
    let name = section.need("name").and_then(|item| item.string());
    let end = section.need("end").and_then(|item| item.date());
    let entitled =
        section.need("entitled").and_then(|item| item.word(&["everyone", "subscribers"]));
    section.finish();
    Some(Extended {
        name: name?,
        end: calendar.end_of(end?),
        for_everyone: entitled? == "everyone",
    })
}

/// What counts as licensed, and what products are called.
#[derive(Clone, Debug, Default)]
pub struct Antivirus {
    /// The day the list was true.
    pub data_date: Date,
    /// Whether a free product counts as licensed.
    pub count_free: bool,
    /// Whether a product that comes with the operating system counts as licensed.
    pub count_builtin: bool,
    names: Vec<(String, Bilingual)>,
}

impl Antivirus {
    fn read(section: &Section<'_>) -> Self {
        let flag = |key| section.need(key).and_then(|item| item.bool()).unwrap_or(false);
        let mut antivirus = Self {
            data_date: data_date(section),
            count_free: flag("count_free"),
            count_builtin: flag("count_builtin"),
            names: Vec::new(),
        };
        let names = section.need("products").and_then(|item| item.section());
        if let Some(names) = names {
            for (product, name) in names.items() {
                if let Some(name) = name.string() {
                    antivirus.names.push((product.to_owned(), Bilingual::same(name)));
                }
            }
        }
        antivirus
    }

    /// The ids of the products that are listed.
    pub fn products(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(id, _)| id.as_str())
    }

    /// What people call a product; its id where no name is listed.
    #[must_use]
    pub fn name(&self, product: &str) -> Bilingual {
        self.names
            .iter()
            .find(|(id, _)| id == product)
            .map_or_else(|| Bilingual::same(product), |(_, name)| name.clone())
    }
}

/// Serial numbers that makers leave in place of one.
#[derive(Clone, Debug, Default)]
pub struct Serials {
    /// The day the list was true.
    pub data_date: Date,
    junk: Vec<String>,
}

impl Serials {
    fn read(section: &Section<'_>) -> Self {
        Self {
            data_date: data_date(section),
            junk: section
                .need("junk")
                .map(|item| item.each(|text| text.text().map(str::to_uppercase)))
                .unwrap_or_default(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_fits_whole_or_up_to_a_dot() {
        assert!(begins_with_version("12", "12"));
        assert!(begins_with_version("9.4", "9"));
        assert!(!begins_with_version("24.04", "24.0"));
        assert!(!begins_with_version("120", "12"));
    }

    #[test]
    fn a_repeated_character_is_junk_without_being_listed() {
        let serials =
            Serials { junk: vec!["TO BE FILLED BY O.E.M.".to_owned()], ..Serials::default() };
        for junk in ["", "  ", "0", "00000000", "FFFFFFFF-FFFF", "To be filled by O.E.M.", "...."] {
            assert!(serials.is_junk(junk), "{junk:?}");
        }
        assert!(!serials.is_junk("PF3A"));
    }
}
