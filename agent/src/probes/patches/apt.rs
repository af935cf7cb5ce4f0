//! Pending updates, from the lists apt has fetched and without running apt.
//!
//! Two questions are asked of the same lists. What apt would install decides how many updates
//! wait; but a security update waits wherever *any* version a security source offers is newer than
//! the installed one: apt calls only that security which it is going to install from there, and so
//! passes over a security update that a later point release has taken up, or that a pin forbids.
//!
//! What the lists do not say stays unknown. They bear no date for a version, a release file is as
//! old as its source's last change, a log tells what was installed and not what was on offer: so
//! since when an update waits is for the collector to remember, which has heard of it before. And
//! they outlive a source that its administrator has removed, until apt next fetches lists.

mod glob;
mod index;
mod offers;
mod phasing;
mod preferences;
mod release;
mod settings;
mod sources;

use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Timestamp};

use super::control::Stanzas;
use super::dpkg::{Installed, count as number};
use crate::host::Files;
use crate::host::files::{Lines, Read, ReadError, ReadErrorKind};
use crate::probes::findings::{Findings, count, moment, text, unknown};
use offers::{List, Offers, Security, Update, Waiting};
use phasing::Phasing;
use preferences::Preferences;
use release::Release;
use settings::Settings;
use sources::{Lists, Source};

const LISTS: &str = "var/lib/apt/lists";

/// What tells when apt last fetched its lists, the surest first: a stamp only after success, a
/// stamp of the daily job, the folder every run works in, and the cache every run renews. The
/// lists themselves bear the server's date.
const REFRESH_MARKS: [&str; 4] = [
    "var/lib/apt/periodic/update-success-stamp",
    "var/lib/apt/periodic/update-stamp",
    "var/lib/apt/lists/partial",
    "var/cache/apt/pkgcache.bin",
];

/// What is known of single sources.
const SOURCE_FACTS: [&str; 4] = [
    "patches.security_sources",
    "patches.sources_behind",
    "patches.lists_at",
    "patches.lists_valid_until",
];

/// What follows from security sources alone.
const SECURITY_FACTS: [&str; 2] = ["patches.security_pending", "patches.security_names"];

/// What takes every source and every setting of apt to answer.
const CHOICE_FACTS: [&str; 2] = ["patches.pending", "patches.phased"];

/// What takes both.
const OBSTACLE_FACTS: [&str; 4] = [
    "patches.security_masked",
    "patches.security_masked_names",
    "patches.security_held",
    "patches.security_held_names",
];

/// Notes everything apt's lists say.
pub(super) fn look(files: &Files, packages: &Read<Installed>, findings: &mut Findings) {
    let choice = Choice::read(files);
    let unread = match &choice {
        Ok(choice) => count(choice.preferences.unread),
        Err(why) => Fact::Unknown(why.clone()),
    };
    findings.add("patches.pins_unread", unread, "etc/apt/preferences.d");
    match Lists::read(files) {
        Ok(lists) => {
            note_sources(&lists, findings);
            match packages {
                Ok(packages) => note_pending(files, &lists, packages, choice, findings),
                Err(error) => {
                    let why = error.ignorance(Reason::NotSupported);
                    for facts in [&SECURITY_FACTS[..], &CHOICE_FACTS, &OBSTACLE_FACTS] {
                        note_unknown(facts, &why, findings);
                    }
                }
            }
        }
        Err(why) => {
            for facts in [&SOURCE_FACTS[..], &SECURITY_FACTS, &CHOICE_FACTS, &OBSTACLE_FACTS] {
                note_unknown(facts, &why, findings);
            }
        }
    }
    let (refreshed, source) = refreshed_at(files);
    findings.add("patches.refreshed_at", refreshed, source);
}

fn note_unknown(facts: &[&'static str], why: &Ignorance, findings: &mut Findings) {
    for name in facts {
        findings.add(name, Fact::Unknown(why.clone()), LISTS);
    }
}

/// What apt goes by when it chooses among versions.
struct Choice {
    preferences: Preferences,
    phasing: Phasing,
}

impl Choice {
    fn read(files: &Files) -> Result<Self, Ignorance> {
        let read = || {
            let settings = Settings::read(files)?;
            let preferences = Preferences::read(files, &settings)?;
            Ok(Self { preferences, phasing: Phasing::read(&settings, files)? })
        };
        read().map_err(|error: ReadError| error.ignorance(Reason::NotSupported))
    }
}

const NO_SECURITY_SOURCE: &str = "no source serves security updates for this release";

/// The oldest date and the earliest end over all security sources: each is a source of its own,
/// and the weakest is what is known of it.
fn note_sources(lists: &Lists, findings: &mut Findings) {
    let security: Vec<_> = lists.security().collect();
    findings.add("patches.security_sources", count(number(security.iter())), LISTS);
    findings.add("patches.sources_behind", count(number(lists.behind())), LISTS);
    let (at, until) = match security.as_slice() {
        [] => {
            let why = || unknown(Reason::SourceStale, NO_SECURITY_SOURCE);
            (why(), why())
        }
        sources => (
            earliest(sources, |release| &release.date),
            earliest(sources, |release| &release.valid_until),
        ),
    };
    let source = security.first().map_or(LISTS, |source| source.path.as_str());
    findings.add("patches.lists_at", at, source);
    findings.add("patches.lists_valid_until", until, source);
}

fn earliest(sources: &[&Source], date: fn(&Release) -> &Fact<Timestamp>) -> Fact {
    let mut earliest = None;
    for source in sources {
        match date(&source.release) {
            Fact::Known(at) => {
                earliest = Some(earliest.map_or(*at, |other: Timestamp| other.min(*at)))
            }
            Fact::Absent => {}
            Fact::Unknown(_) => return unknown(Reason::ParseError, &source.path),
        }
    }
    earliest.map_or(Fact::Absent, |at| moment(Moment::source(at)))
}

/// Reads every list once and notes what waits.
fn note_pending(
    files: &Files,
    lists: &Lists,
    packages: &Installed,
    choice: Result<Choice, Ignorance>,
    findings: &mut Findings,
) {
    let (choice, mut gaps) = match choice {
        Ok(choice) => (choice, Gaps::default()),
        Err(why) => {
            let unset = Choice { preferences: Preferences::default(), phasing: Phasing::TakeAll };
            (unset, Gaps { choice: Some(why), ..Gaps::default() })
        }
    };
    if choice.preferences.unread > 0 {
        let why = "a pin this agent cannot evaluate may change what apt chooses";
        gaps.choice = Some(Ignorance::new(Reason::NotSupported, why));
    }
    let mut offers = Offers::new(packages, &choice.preferences);
    gaps.note(lists.security().next().is_none().then(no_security_source));
    for source in lists.security() {
        gaps.note(lists.is_bare(source).then(|| missing_lists(source)));
    }
    for (source, name) in lists.largest_first(files) {
        let list = list(lists, source, name, &choice.preferences);
        if let Err(why) = read_list(files, name, list, &mut offers) {
            gaps.note(list.is_security.then(|| why.clone()));
            gaps.choice.get_or_insert(why);
        }
    }
    let waiting: Vec<_> = offers.waiting(&choice.phasing).collect();
    note_security(&waiting, &gaps, findings);
    note_choice(&waiting, &gaps, findings);
    note_obstacles(&waiting, &gaps, findings);
}

fn no_security_source() -> Ignorance {
    Ignorance::new(Reason::SourceStale, NO_SECURITY_SOURCE)
}

/// Why some of the answers cannot be given.
#[derive(Default)]
struct Gaps {
    /// A security source says less than it should.
    security: Option<Ignorance>,
    /// What apt would choose cannot be told.
    choice: Option<Ignorance>,
}

impl Gaps {
    fn note(&mut self, security: Option<Ignorance>) {
        if self.security.is_none() {
            self.security = security;
        }
    }
}

fn missing_lists(source: &Source) -> Ignorance {
    let why = format!("{}: its package lists are missing", source.path);
    Ignorance::new(Reason::SourceStale, &why)
}

/// What a list is to every package in it.
fn list<'a>(
    lists: &Lists,
    source: &'a Source,
    name: &'a str,
    preferences: &Preferences,
) -> List<'a> {
    let (component, architecture) = source.parts(name);
    let described = preferences::Source {
        release: &source.release,
        site: source.site(),
        component,
        architecture,
    };
    let priority = preferences.of_source(described);
    List { source: described, priority, is_security: lists.is_security(source) }
}

/// Reads one list to its end: what ends too early or unpacks to nonsense says nothing of what it
/// left out.
fn read_list(
    files: &Files,
    name: &str,
    list: List<'_>,
    offers: &mut Offers<'_>,
) -> Result<(), Ignorance> {
    let path = format!("{LISTS}/{name}");
    let damaged = |error: ReadError| match &error.kind {
        ReadErrorKind::Other(why) => {
            Ignorance::new(Reason::ParseError, &format!("{}: {why}", error.path))
        }
        ReadErrorKind::NotFound | ReadErrorKind::AccessDenied | ReadErrorKind::TooLarge => {
            error.ignorance(Reason::SourceStale)
        }
    };
    let unpacked = index::unpack(files, &path)?;
    let mut stanzas = Stanzas::of(Lines::of(unpacked, &path));
    let is_installed = |packages: &Installed, name: &str| !packages.named(name).is_empty();
    let packages = offers.packages();
    while let Some(offered) =
        stanzas.next_wanted(|name| is_installed(packages, name)).map_err(damaged)?
    {
        offers.note(offered, list);
    }
    Ok(())
}

fn note_security(waiting: &[Waiting<'_>], gaps: &Gaps, findings: &mut Findings) {
    if let Some(why) = &gaps.security {
        return note_unknown(&SECURITY_FACTS, why, findings);
    }
    let pending = || waiting.iter().filter(|one| one.security.is_some());
    findings.add("patches.security_pending", count(number(pending())), LISTS);
    findings.add("patches.security_names", names(pending()), LISTS);
}

fn note_choice(waiting: &[Waiting<'_>], gaps: &Gaps, findings: &mut Findings) {
    if let Some(why) = &gaps.choice {
        return note_unknown(&CHOICE_FACTS, why, findings);
    }
    let having = |update| number(waiting.iter().filter(|one| one.update == update));
    findings.add("patches.pending", count(having(Update::Chosen)), LISTS);
    findings.add("patches.phased", count(having(Update::Deferred)), LISTS);
}

/// Which security updates apt would not install, or not as such.
fn note_obstacles(waiting: &[Waiting<'_>], gaps: &Gaps, findings: &mut Findings) {
    if let Some(why) = gaps.security.as_ref().or(gaps.choice.as_ref()) {
        return note_unknown(&OBSTACLE_FACTS, why, findings);
    }
    let masked: Vec<_> = waiting.iter().filter(|one| is_masked(one)).collect();
    findings.add("patches.security_masked", count(number(masked.iter())), LISTS);
    findings.add("patches.security_masked_names", names(masked.into_iter()), LISTS);
    let kept_off: Vec<_> = waiting.iter().filter(|one| is_kept_off(one)).collect();
    findings.add("patches.security_held", count(number(kept_off.iter())), LISTS);
    findings.add("patches.security_held_names", names(kept_off.into_iter()), LISTS);
}

fn is_masked(one: &Waiting<'_>) -> bool {
    one.security == Some(Security::Masked)
}

/// Whether a security update will not come by itself.
fn is_kept_off(one: &Waiting<'_>) -> bool {
    match one.security {
        Some(Security::Forbidden) => true,
        Some(Security::Chosen | Security::Masked) => one.is_held,
        None => false,
    }
}

/// As many names as fit into a text, and how many more there are.
fn names<'a>(waiting: impl Iterator<Item = &'a Waiting<'a>>) -> Fact {
    const ROOM: usize = 240;
    let mut names: Vec<_> = waiting.map(|one| one.name).collect();
    names.dedup();
    let mut said = String::new();
    for (at, name) in names.iter().enumerate() {
        if said.len() + name.len() > ROOM {
            said.push_str(&format!("+{}", names.len() - at));
            break;
        }
        said.push_str(name);
        said.push(' ');
    }
    text(&said)
}

fn refreshed_at(files: &Files) -> (Fact, &'static str) {
    for mark in REFRESH_MARKS {
        match files.metadata(mark) {
            Ok(metadata) => return (moment(Moment::machine(metadata.modified)), mark),
            Err(error) if error.is_not_found() => {}
            Err(error) => return (error.fact(Fact::Absent), mark),
        }
    }
    (Fact::Absent, LISTS)
}

#[cfg(test)]
mod tests;
