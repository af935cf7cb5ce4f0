//! What the sources offer for each installed package, and which of it apt would choose.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::super::control::Stanza;
use super::super::dpkg::{Installed, Package};
use super::super::version::Version;
use super::phasing::Phasing;
use super::preferences::{DOWNGRADES, NEVER, Preferences, Source, Subject};

/// A package by name and architecture.
type Key<'a> = (&'a str, &'a str);

/// Offers of versions that matter, for packages that are installed.
#[derive(Debug)]
pub(super) struct Offers<'a> {
    packages: &'a Installed,
    preferences: &'a Preferences,
    keeps_older: bool,
    offers: BTreeMap<Key<'a>, Vec<Offer>>,
}

/// One version of a package, from all sources that have it.
#[derive(Debug)]
struct Offer {
    version: String,
    /// The most that any of its sources weighs.
    priority: i32,
    /// The first pin that speaks of it.
    pin: Option<usize>,
    /// Whether a source of security updates has it.
    is_security: bool,
    is_never_phased: bool,
    phase: Option<Phase>,
}

/// An update that is not yet meant for all.
#[derive(Debug)]
struct Phase {
    source: String,
    version: String,
    percentage: u32,
}

/// What a package list is to everything in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'a> {
    pub(super) source: Source<'a>,
    pub(super) priority: i32,
    pub(super) is_security: bool,
}

/// What waits for one installed package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting<'a> {
    pub(super) name: &'a str,
    pub(super) is_held: bool,
    /// What apt would do if it were not held.
    pub(super) update: Update,
    pub(super) security: Option<Security>,
}

/// What apt would do with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    None,
    /// Another machine's turn comes first.
    Deferred,
    Chosen,
}

/// How a newer version from a source of security updates is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// It is what apt would install.
    Chosen,
    /// apt would install something newer still, and does not call that security.
    Masked,
    /// apt would install something older: a pin forbids it.
    Forbidden,
}

impl<'a> Offers<'a> {
    pub(super) fn new(packages: &'a Installed, preferences: &'a Preferences) -> Self {
        let keeps_older = preferences.downgrades();
        Self { packages, preferences, keeps_older, offers: BTreeMap::new() }
    }

    pub(super) fn packages(&self) -> &'a Installed {
        self.packages
    }

    /// Notes what a list says of one package.
    pub(super) fn note(&mut self, stanza: &Stanza, list: List<'_>) {
        let packages = self.packages;
        let architecture = packages.family(&stanza.architecture);
        let named = packages.all_named(&stanza.package);
        let Some((name, named)) = named else {
            return;
        };
        let its_own = |package: &&Package| packages.family(&package.architecture) == architecture;
        let Some(package) = named.iter().find(its_own) else {
            return;
        };
        let offered = Version::parse(&stanza.version);
        if offered < Version::parse(&package.version) && !self.keeps_older {
            return;
        }
        let architecture = packages.family(&package.architecture);
        let subject = self.subject(name, architecture);
        let pin = self.preferences.of_package(subject, &stanza.version, Some(list.source));
        let offers = self.offers.entry((name, architecture)).or_default();
        let index = match offers.iter().position(|offer| offer.version == stanza.version) {
            Some(index) => index,
            None => {
                offers.push(Offer::of(&stanza.version, stanza));
                offers.len() - 1
            }
        };
        if let Some(offer) = offers.get_mut(index) {
            offer.add(list, pin);
        }
    }

    fn subject<'b>(&self, name: &'b str, architecture: &'b str) -> Subject<'b> {
        Subject { name, architecture, is_native: architecture == self.packages.native() }
    }

    /// What waits for each installed package for which something newer is on offer.
    pub(super) fn waiting(&self, phasing: &Phasing) -> impl Iterator<Item = Waiting<'a>> {
        self.packages.all().filter_map(move |(name, package)| {
            let architecture = self.packages.family(&package.architecture);
            let offers = self.offers.get(&(name, architecture))?;
            let installed = Version::parse(&package.version);
            let chosen = self.chosen((name, architecture), package, offers);
            let newest_security = offers
                .iter()
                .filter(|offer| offer.is_security && offer.parsed() > installed)
                .map(Offer::parsed)
                .max();
            let security = newest_security.map(|newest| match chosen {
                Some(chosen) if chosen.parsed() >= newest => match chosen.is_security {
                    true => Security::Chosen,
                    false => Security::Masked,
                },
                Some(_) | None => Security::Forbidden,
            });
            let update = match chosen {
                Some(chosen) if chosen.parsed() > installed => {
                    match chosen.is_deferred(offers, installed, phasing) {
                        true => Update::Deferred,
                        false => Update::Chosen,
                    }
                }
                Some(_) | None => Update::None,
            };
            let is_held = package.is_held;
            (update != Update::None || security.is_some()).then_some(Waiting {
                name,
                is_held,
                update,
                security,
            })
        })
    }

    /// The version apt would choose; none is the one that is installed, or an older one.
    ///
    /// The heaviest wins, of equals the newest; what is older than the installed version has to
    /// weigh a lot.
    fn chosen<'b>(
        &self,
        key: Key<'_>,
        package: &Package,
        offers: &'b [Offer],
    ) -> Option<&'b Offer> {
        let installed = Version::parse(&package.version);
        let mut sorted: Vec<_> = offers.iter().collect();
        sorted.sort_by(|left, right| right.parsed().cmp(&left.parsed()));
        let mut heaviest = self.weight_of_installed(key, package, offers);
        let mut chosen = None;
        // The installed version stands among the others by its age: newer ones win at equal
        // weight.
        for offer in sorted {
            let weight = self.weight(offer);
            let wins = match offer.parsed().cmp(&installed) {
                Ordering::Greater => weight >= heaviest,
                Ordering::Equal => false,
                Ordering::Less => weight > heaviest && weight >= DOWNGRADES,
            };
            let is_heavier = chosen.is_none() || weight > heaviest;
            if weight > 0 && wins && is_heavier {
                heaviest = weight;
                chosen = Some(offer);
            }
        }
        chosen
    }

    fn weight(&self, offer: &Offer) -> i32 {
        self.pinned(offer.pin, offer.priority)
    }

    /// The installed version is offered by dpkg's list, and maybe by sources too.
    fn weight_of_installed(&self, key: Key<'_>, package: &Package, offers: &[Offer]) -> i32 {
        let (name, architecture) = key;
        let itself = self.preferences.of_installed();
        let own =
            self.preferences.of_package(self.subject(name, architecture), &package.version, None);
        let offered = offers.iter().find(|offer| offer.version == package.version);
        let priority = offered.map_or(itself, |offer| offer.priority.max(itself));
        let pin = match (own, offered.and_then(|offer| offer.pin)) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
        self.pinned(pin, priority)
    }

    /// What a version weighs whose sources weigh this much at most.
    fn pinned(&self, pin: Option<usize>, sources: i32) -> i32 {
        match pin.and_then(|pin| self.preferences.priority(pin)) {
            Some(NEVER) => NEVER,
            Some(pinned) if sources != NEVER => pinned,
            Some(_) | None => sources,
        }
    }
}

impl Offer {
    fn of(version: &str, stanza: &Stanza) -> Self {
        Self {
            version: version.to_owned(),
            priority: NEVER,
            pin: None,
            is_security: false,
            is_never_phased: false,
            phase: Phase::of(stanza),
        }
    }

    fn add(&mut self, list: List<'_>, pin: Option<usize>) {
        self.priority = self.priority.max(list.priority);
        self.pin = match (self.pin, pin) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
        self.is_security |= list.is_security;
        self.is_never_phased |= list.source.release.is_never_phased();
    }

    fn parsed(&self) -> Version<'_> {
        Version::parse(&self.version)
    }

    /// Whether this update waits for other machines. One that brings a security update, itself or
    /// by what lies between it and the installed version, waits for nobody.
    fn is_deferred(&self, offers: &[Self], installed: Version<'_>, phasing: &Phasing) -> bool {
        let brings_security = || {
            offers.iter().any(|offer| {
                let version = offer.parsed();
                offer.is_never_phased && version > installed && version <= self.parsed()
            })
        };
        self.phase.as_ref().is_some_and(|phase| {
            phasing.defers(&phase.source, &phase.version, phase.percentage) && !brings_security()
        })
    }
}

impl Phase {
    fn of(stanza: &Stanza) -> Option<Self> {
        let percentage = stanza.phased_percentage.parse().ok()?;
        // `Source: mutter (46.2-1)`, where the source has another name or version.
        let (source, version) = match stanza.source.split_once(" (") {
            Some((source, version)) => (source, version.trim_end_matches(')')),
            None if stanza.source.is_empty() => (stanza.package.as_str(), stanza.version.as_str()),
            None => (stanza.source.as_str(), stanza.version.as_str()),
        };
        let (source, version) = (source.to_owned(), version.to_owned());
        (percentage < 100).then_some(Self { source, version, percentage })
    }
}
