//! When support for each release of an operating system ends.

use std::collections::BTreeMap;

use report::Timestamp;
use report::catalogue::INSTALLATIONS;

use super::{Vintage, begins_with_version, chosen, overlap};
use crate::policy::calendar::Calendar;
use crate::policy::document::{Item, Section};
use crate::policy::problem::did_you_mean;

/// The table of lifecycles.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// When the table was true.
    pub vintage: Vintage,
    /// By identifier, and as they stand in the file.
    releases: BTreeMap<String, Vec<Release>>,
}

/// One release, or some of its editions.
#[derive(Clone, Debug)]
pub struct Release {
    /// `ID` of `os-release`; `windows`.
    pub os: String,
    /// `VERSION_ID` or the version of Windows, or its beginning up to a dot.
    pub version: String,
    /// What to call it.
    pub name: String,
    /// The `EditionID`s of Windows it is about; empty: every one.
    pub editions: Vec<String>,
    /// The installations of Windows it is about; empty: every one.
    pub installations: Vec<&'static str>,
    /// The end of general support: its last second.
    pub end: Timestamp,
    /// Support that goes on after that, one phase after the other.
    pub extended: Vec<Extended>,
}

/// A phase of support after the general end.
#[derive(Clone, Debug)]
pub struct Extended {
    /// What its supplier calls it.
    pub name: String,
    /// Its last second.
    pub end: Timestamp,
    /// Who has it.
    pub entitled: Entitled,
}

/// Who has a phase of extended support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entitled {
    /// Every machine.
    Everyone,
    /// Those with a contract.
    Subscribers,
}

const ENTITLED: [(&str, Entitled); 2] =
    [("everyone", Entitled::Everyone), ("subscribers", Entitled::Subscribers)];

/// A system whose support is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'q> {
    /// Its identifier.
    pub os: &'q str,
    /// Its version.
    pub version: &'q str,
    /// Its edition, where it is known.
    pub edition: Option<&'q str>,
    /// Its installation, where it is known.
    pub installation: Option<&'q str>,
}

impl Lifecycle {
    pub(super) fn read(section: &Section<'_>, calendar: &Calendar) -> Self {
        let vintage = Vintage::read(section, calendar);
        let classes = section.get("editions").map(|item| read_classes(&item)).unwrap_or_default();
        let mut releases: BTreeMap<String, Vec<Release>> = BTreeMap::new();
        let items = section.need("release").and_then(|item| item.list());
        for item in items.unwrap_or_default() {
            let Some(release) = read_release(&item, &classes, calendar) else {
                continue;
            };
            let of_system = releases.entry(release.os.clone()).or_default();
            if let Some(twin) = of_system.iter().find(|other| other.overlaps(&release)) {
                let (os, version) = (&release.os, &release.version);
                item.wrong(format!("`{os} {version}` stands here twice: {}", twin.name));
            }
            of_system.push(release);
        }
        Self { vintage, releases }
    }

    /// Every row that can be about a system: of its releases the one whose version is longest,
    /// of that each row that its edition and installation do not exclude. Several remain only
    /// where these are not known.
    pub fn candidates<'t>(&'t self, sought: Sought<'_>) -> Vec<&'t Release> {
        let of_system = self.releases.get(sought.os).map_or(&[][..], Vec::as_slice);
        let mut of_version: Vec<&Release> = Vec::new();
        let mut longest = 0;
        for release in of_system.iter().filter(|release| release.is_version(sought)) {
            if release.version.len() > longest {
                longest = release.version.len();
                of_version.clear();
            }
            if release.version.len() == longest {
                of_version.push(release);
            }
        }
        of_version.retain(|release| release.admits(sought));
        of_version
    }
}

impl Release {
    fn is_version(&self, sought: Sought<'_>) -> bool {
        begins_with_version(sought.version, &self.version)
    }

    fn admits(&self, sought: Sought<'_>) -> bool {
        let edition =
            |edition: &str| self.editions.iter().any(|listed| listed.eq_ignore_ascii_case(edition));
        let installation = |installation: &str| self.installations.contains(&installation);
        (self.editions.is_empty() || sought.edition.is_none_or(edition))
            && (self.installations.is_empty() || sought.installation.is_none_or(installation))
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.version == other.version
            && overlap(&self.editions, &other.editions)
            && overlap(&self.installations, &other.installations)
    }
}

/// The classes of editions: a name, and the `EditionID`s it stands for.
type Classes = Vec<(String, Vec<String>)>;

fn read_classes(item: &Item<'_>) -> Classes {
    let mut classes: Classes = Vec::new();
    let Some(section) = item.section() else {
        return classes;
    };
    for (name, item) in section.items() {
        let mut class = Vec::new();
        for edition in item.list().unwrap_or_default() {
            let Some(id) = edition.string() else {
                continue;
            };
            let taken = classes.iter().find(|(_, members)| members.contains(&id));
            match taken.map(|(name, _)| name.as_str()) {
                Some(other) => edition.wrong(format!("`{id}` belongs to `{other}` already")),
                None if class.contains(&id) => edition.wrong(format!("`{id}` stands here twice")),
                None => class.push(id),
            }
        }
        if class.is_empty() {
            item.wrong(format!("the class `{name}` has no edition"));
        }
        classes.push((name.to_owned(), class));
    }
    classes
}

fn read_release(item: &Item<'_>, classes: &Classes, calendar: &Calendar) -> Option<Release> {
    let section = item.section()?;
    let os = section.need("os").and_then(|item| item.string());
    let version = section.need("version").and_then(|item| item.string());
    let name = section.need("name").and_then(|item| item.string());
    let editions = section.get("editions").map(|item| read_editions(&item, classes));
    let installations = section.get("installations").map(|item| read_installations(&item));
    let end_item = section.need("end");
    let end = end_item.as_ref().and_then(|item| item.date()).map(|date| calendar.end_of(date));
    let extended = section.get("extended").map(|item| read_extended(&item, end, calendar));
    section.finish();
    Some(Release {
        os: os?,
        version: version?,
        name: name?,
        editions: editions.unwrap_or_default(),
        installations: installations.unwrap_or_default(),
        end: end?,
        extended: extended.unwrap_or_default(),
    })
}

fn read_editions(item: &Item<'_>, classes: &Classes) -> Vec<String> {
    let read = |item: &Item<'_>| {
        let name = item.text()?;
        let class = classes.iter().find(|(class, _)| class == name);
        if class.is_none() {
            let help = did_you_mean(name, classes.iter().map(|(class, _)| class.as_str()))
                .or_else(|| Some("list its EditionIDs under [editions]".to_owned()));
            item.wrong_with_help(format!("unknown class of editions `{name}`"), help);
        }
        class.map(|(_, members)| members.clone())
    };
    refuse_empty(item);
    item.each(read).into_iter().flatten().collect()
}

/// Reads the installations a row is about.
pub(super) fn read_installations(item: &Item<'_>) -> Vec<&'static str> {
    refuse_empty(item);
    item.each(|item| item.word(INSTALLATIONS))
}

fn refuse_empty(item: &Item<'_>) {
    if item.list().is_some_and(|list| list.is_empty()) {
        item.wrong("an empty list is about nothing: leave the key out to be about all");
    }
}

/// Each phase ends after the one before it: otherwise an earlier row would hide a later end.
fn read_extended(item: &Item<'_>, end: Option<Timestamp>, calendar: &Calendar) -> Vec<Extended> {
    let mut previous = end;
    item.each(|item| {
        let phase = read_phase(item, calendar)?;
        if previous.is_some_and(|previous| phase.end <= previous) {
            item.wrong(format!("`{}` ends before it begins", phase.name));
        }
        previous = Some(phase.end);
        Some(phase)
    })
}

fn read_phase(item: &Item<'_>, calendar: &Calendar) -> Option<Extended> {
    let section = item.section()?;
    let name = section.need("name").and_then(|item| item.string());
    let end = section.need("end").and_then(|item| item.date());
    let entitled = section.need("entitled").and_then(|item| chosen(&item, ENTITLED));
    section.finish();
    Some(Extended { name: name?, end: calendar.end_of(end?), entitled: entitled? })
}

#[cfg(test)]
mod tests;
