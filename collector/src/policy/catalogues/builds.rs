//! Which update brings Windows to which revision, and when it was released.

use jiff::civil::Date;
use report::Timestamp;

use super::lifecycle::read_installations;
use super::{Vintage, overlap};
use crate::policy::calendar::Calendar;
use crate::policy::document::{Item, Section};

/// The table of builds.
#[derive(Clone, Debug, Default)]
pub struct Builds {
    /// When the table was true: everything released until then is listed.
    pub vintage: Vintage,
    series: Vec<Series>,
}

/// Builds that get the same updates.
#[derive(Clone, Debug)]
struct Series {
    name: String,
    /// Versions without their revision, such as `10.0.26200`.
    builds: Vec<String>,
    /// The installations it is about; empty: every one.
    installations: Vec<&'static str>,
    /// In the order of their revisions.
    updates: Vec<Update>,
}

/// One cumulative update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The last part of the version it brings a machine to.
    pub revision: u64,
    /// Its number; the first revision of a build has none.
    pub kb: Option<String>,
    /// The day it was released.
    pub date: Date,
    /// The first second of that day.
    pub released: Timestamp,
    /// Whether it is a monthly security release; previews and releases out of band are not.
    pub security: bool,
}

/// Where a machine stands in its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level<'t> {
    /// The newest update that is installed for certain.
    pub installed: &'t Update,
    /// Whether the machine stands at exactly that revision; if not, it may have more.
    pub exact: bool,
    /// The newest security release that is installed for certain.
    pub security: Option<&'t Update>,
    /// The first security release that is not installed.
    pub missing: Option<&'t Update>,
}

/// What the table says of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing<'t> {
    /// Where it stands.
    At(Level<'t>),
    /// It depends on the installation, which is not known.
    Ambiguous,
    /// The table has no such build, or begins after this revision.
    Missing,
}

impl Builds {
    pub(super) fn read(section: &Section<'_>, calendar: &Calendar) -> Self {
        let vintage = Vintage::read(section, calendar);
        let mut series: Vec<Series> = Vec::new();
        let items = section.need("series").and_then(|item| item.list());
        for item in items.unwrap_or_default() {
            let Some(one) = read_series(&item, vintage, calendar) else {
                continue;
            };
            if let Some((twin, build)) = series.iter().find_map(|other| one.shares(other)) {
                item.wrong(format!("`{build}` stands here twice: {twin}"));
            }
            series.push(one);
        }
        Self { vintage, series }
    }

    /// Where a version such as `10.0.26200.9457` stands.
    #[must_use]
    pub fn level(&self, version: &str, installation: Option<&str>) -> Listing<'_> {
        let Some((build, revision)) = split(version) else {
            return Listing::Missing;
        };
        let mut listings = self
            .series
            .iter()
            .filter(|series| series.is_about(build, installation))
            .map(|series| series.level(revision));
        let Some(first) = listings.next() else {
            return Listing::Missing;
        };
        match listings.all(|other| other == first) {
            true => first.map_or(Listing::Missing, Listing::At),
            false => Listing::Ambiguous,
        }
    }
}

fn split(version: &str) -> Option<(&str, u64)> {
    let (build, revision) = version.rsplit_once('.')?;
    Some((build, revision.parse().ok()?))
}

impl Series {
    fn is_about(&self, build: &str, installation: Option<&str>) -> bool {
        let admits = |installation: &str| self.installations.contains(&installation);
        self.builds.iter().any(|listed| listed == build)
            && (self.installations.is_empty() || installation.is_none_or(admits))
    }

    fn level(&self, revision: u64) -> Option<Level<'_>> {
        let next = self.updates.partition_point(|update| update.revision <= revision);
        let (installed, lacking) = self.updates.split_at(next);
        let newest = installed.last()?;
        Some(Level {
            installed: newest,
            exact: newest.revision == revision,
            security: installed.iter().rfind(|update| update.security),
            missing: lacking.iter().find(|update| update.security),
        })
    }

    /// Another series and the build it has in common with this one, for one installation.
    fn shares<'t>(&'t self, other: &'t Self) -> Option<(&'t str, &'t str)> {
        let build = self.builds.iter().find(|build| other.builds.contains(build))?;
        let one_machine = overlap(&self.installations, &other.installations);
        one_machine.then_some((other.name.as_str(), build.as_str()))
    }
}

fn read_series(item: &Item<'_>, vintage: Vintage, calendar: &Calendar) -> Option<Series> {
    let section = item.section()?;
    let name = section.need("name").and_then(|item| item.string());
    let builds = section.need("builds").map(|item| item.each(Item::string));
    let installations = section.get("installations").map(|item| read_installations(&item));
    let updates = section.need("updates").map(|item| read_updates(&item, vintage, calendar));
    section.finish();
    Some(Series {
        name: name?,
        builds: builds?,
        installations: installations.unwrap_or_default(),
        updates: updates?,
    })
}

/// Revisions and dates rise together: a number in the wrong place would date every machine wrong.
fn read_updates(item: &Item<'_>, vintage: Vintage, calendar: &Calendar) -> Vec<Update> {
    let mut previous: Option<(u64, Date)> = None;
    item.each(|item| {
        let update = read_update(item, calendar)?;
        if let Some((revision, date)) = previous {
            if update.revision <= revision {
                item.wrong(format!("{} stands after {revision}", update.revision));
            } else if update.date < date {
                item.wrong(format!("{} was released before the one above", update.revision));
            }
        }
        if update.date > vintage.date {
            item.wrong("this is newer than data_date");
        }
        previous = Some((update.revision, update.date));
        Some(update)
    })
}

fn read_update(item: &Item<'_>, calendar: &Calendar) -> Option<Update> {
    let section = item.section()?;
    let revision = section.need("revision").and_then(|item| item.count());
    let kb = section.get("kb").and_then(|item| item.string());
    let date = section.need("date").and_then(|item| item.date());
    let security = section.need("security").and_then(|item| item.bool());
    section.finish();
    let date = date?;
    let released = calendar.start_of(date);
    Some(Update { revision: revision?, kb, date, released, security: security? })
}

#[cfg(test)]
mod tests;
