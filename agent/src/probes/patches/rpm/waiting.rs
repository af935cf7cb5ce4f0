//! Which installed packages have something newer on offer, and which of that is for security.

use std::collections::BTreeMap;

use super::installed::{Installed, Package, is_of_module};
use super::locks::Locks;
use super::metadata::Offer;
use super::repositories::Repository;
use crate::host::Files;
use crate::host::files::Read;
use crate::probes::ini;

const MODULES: &str = "etc/dnf/modules.d";

/// The package every program needs: the repositories that offer it are those of the release itself.
const OF_RELEASE: &str = "glibc";

/// What is known of one installed package.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    /// A security advisory brings something newer.
    pub(super) is_security: bool,
    /// The package manager would install something newer.
    pub(super) is_update: bool,
    /// Something newer is on offer where nobody says what is for security.
    pub(super) is_unclear: bool,
    /// The administrator keeps it as it is.
    pub(super) is_kept: bool,
}

/// Installed packages for which something newer is on offer, by name and architecture.
pub(super) struct Waiting<'a> {
    installed: &'a Installed,
    locks: &'a Locks,
    streams: Streams,
    found: BTreeMap<(&'a str, &'a str), Fate>,
    /// Something newer is on offer in some stream of a module, and the list does not say in which.
    pub(super) is_unclear: bool,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(installed: &'a Installed, locks: &'a Locks, streams: Streams) -> Self {
        Self { installed, locks, streams, found: BTreeMap::new(), is_unclear: false }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&'a str, Fate)> {
        self.found.iter().map(|((name, _), fate)| (*name, *fate))
    }

    /// Notes a package that a security advisory brings.
    pub(super) fn note_security(&mut self, offer: Offer<'_>, repository: &Repository) {
        let newest = self.installed.newest(offer.name, offer.architecture);
        let Some((name, package)) = newest else {
            return;
        };
        if self.streams.admit(&offer, package) && offer.evr > package.evr() {
            let is_kept = self.is_kept(name, package, repository);
            let fate = self.found.entry((name, &package.architecture)).or_default();
            fate.is_security = true;
            fate.is_kept |= is_kept;
        }
    }

    /// Reads what a repository offers: of one that is the release's own and does not say what is
    /// for security, anything newer may be.
    pub(super) fn note_packages(
        &mut self,
        files: &Files,
        repository: &Repository,
        metadata: &super::metadata::Metadata,
    ) -> Result<(), report::fact::Ignorance> {
        let mut is_of_release = false;
        let mut newer = Vec::new();
        metadata.each_package(files, |offer| {
            is_of_release |= offer.name == OF_RELEASE;
            newer.extend(self.newer(&offer));
        })?;
        let is_unclear = is_of_release && !metadata.has_advisories();
        for (name, package, is_of_module) in newer {
            self.is_unclear |= is_of_module;
            let is_kept = self.is_kept(name, package, repository);
            let fate = self.found.entry((name, &package.architecture)).or_default();
            fate.is_update |= !is_kept && !is_of_module;
            fate.is_unclear |= is_unclear;
            fate.is_kept |= is_kept;
        }
        Ok(())
    }

    /// The installed package that an offer is newer than.
    fn newer(&self, offer: &Offer<'_>) -> Option<(&'a str, &'a Package, bool)> {
        let (name, package) = self.installed.newest_like(offer.name, offer.architecture)?;
        let is_of_module = is_of_module(offer.evr.release);
        let is_newer = is_of_module == package.is_of_module() && offer.evr > package.evr();
        is_newer.then_some((name, package, is_of_module))
    }

    fn is_kept(&self, name: &str, package: &Package, repository: &Repository) -> bool {
        self.locks.keep(name, package) || Locks::of(&repository.excludes).keep(name, package)
    }
}

/// The stream of each module that is switched on.
#[derive(Debug, Default)]
pub(super) struct Streams(BTreeMap<String, String>);

impl Streams {
    pub(super) fn read(files: &Files) -> Read<Self> {
        let names = match files.list(MODULES) {
            Err(error) if error.is_not_found() => Vec::new(),
            names => names?,
        };
        let paths: Vec<_> = names.iter().map(|name| format!("{MODULES}/{name}")).collect();
        let modules = ini::read(files, &paths)?.into_iter();
        let on = modules.filter(|(_, module)| module.value("state") == Some("enabled"));
        Ok(Self(
            on.filter_map(|(name, module)| Some((name, module.value("stream")?.to_owned())))
                .collect(),
        ))
    }

    /// Whether what an advisory brings is for this package: of a module, for the stream that is
    /// switched on; of none, for a package of none.
    fn admit(&self, offer: &Offer<'_>, package: &Package) -> bool {
        match offer.module {
            Some((name, stream)) => self.0.get(name).is_some_and(|on| on == stream),
            None => !package.is_of_module(),
        }
    }
}
