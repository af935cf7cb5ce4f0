//! Pending updates, from the lists apt has fetched and without running apt.
//!
//! Two questions are asked of the same lists. What apt would install decides how many updates
//! wait; but a security update waits wherever *any* version a security source offers is newer than
//! the installed one: apt calls only that security which it is going to install from there, and so
//! passes over a security update that a later point release has taken up, or that a pin forbids.
//!
//! What is counted are installed packages for which something newer is on offer. A package that an
//! upgrade would bring in new, as the metapackage of the kernel does with each kernel, is no count
//! of its own: the package that brings it is one.
//!
//! A list that was cut off, as a power cut leaves it, reads like a shorter one; so each must be as
//! long as its release file states, and the release file must be whole itself.
//!
//! What the lists do not say stays unknown. They bear no date for a version, a release file is as
//! old as its source's last change, a log tells what was installed and not what was on offer: so
//! since when an update waits is for the collector to remember, which has heard of it before. And
//! they outlive a source that its administrator has removed, until apt next fetches lists.

mod index;
mod offers;
pub(super) mod periodic;
mod phasing;
mod preferences;
mod release;
mod settings;
mod sources;

use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Timestamp};

use super::control::Stanzas;
use super::dpkg::{Installed, how_many};
use super::measured::Measured;
use super::packed;
use crate::host::Files;
use crate::host::files::{Lines, Read, ReadError};
use crate::probes::findings::{Findings, count, moment, unknown, yes_or_no};
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

const EXTENDED_SUPPORT: &str = "patches.extended_support";

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
    let unread_in = choice.as_ref().ok().and_then(|choice| choice.preferences.unread_in.as_deref());
    findings.add("patches.pins_unread", unread, unread_in.unwrap_or("etc/apt/preferences.d"));
    match Lists::read(files) {
        Ok(lists) => {
            note_sources(&lists, findings);
            findings.add(EXTENDED_SUPPORT, extended_support(&lists, &choice), LISTS);
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
            for facts in [
                &SOURCE_FACTS[..],
                &[EXTENDED_SUPPORT],
                &SECURITY_FACTS,
                &CHOICE_FACTS,
                &OBSTACLE_FACTS,
            ] {
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
        let failed = |error: ReadError| error.ignorance(Reason::NotSupported);
        let settings = Settings::read(files).map_err(failed)?;
        if let Some(why) = settings.obstacle() {
            return Err(why);
        }
        let preferences = Preferences::read(files, &settings).map_err(failed)?;
        let phasing = Phasing::read(&settings, files).map_err(failed)?;
        Ok(Self { preferences, phasing })
    }
}

const NO_SECURITY_SOURCE: &str = "no source serves security updates for this release";

/// The oldest date and the earliest end over all security sources: each is a source of its own,
/// and the weakest is what is known of it.
fn note_sources(lists: &Lists, findings: &mut Findings) {
    let of_release = how_many(lists.security_of_release());
    findings.add("patches.security_sources", count(of_release), LISTS);
    findings.add("patches.sources_behind", count(how_many(lists.behind())), LISTS);
    if of_release == 0 {
        note_unknown(
            &["patches.lists_at", "patches.lists_valid_until"],
            &no_security_source(),
            findings,
        );
        return;
    }
    let security: Vec<_> = lists.security().collect();
    let (at, source) = earliest(&security, |release| &release.date);
    findings.add("patches.lists_at", at, source);
    let (until, source) = earliest(&security, |release| &release.valid_until);
    findings.add("patches.lists_valid_until", until, source);
}

/// Whether what extended maintenance adds to the release itself reaches this machine: its source
/// is fetched, and no pin keeps it off, as it is without a contract.
fn extended_support(lists: &Lists, choice: &Result<Choice, Ignorance>) -> Fact {
    if lists.extended_of_release().next().is_none() {
        return yes_or_no(false);
    }
    let preferences = match choice {
        Ok(choice) if choice.preferences.unread > 0 => return Fact::Unknown(unread_pin()),
        Ok(choice) => &choice.preferences,
        Err(why) => return Fact::Unknown(why.clone()),
    };
    let reaches = |source: &Source| {
        let site = source.site();
        source.lists().any(|name| list(lists, source, &site, name, preferences).priority > 0)
    };
    yes_or_no(lists.extended_of_release().any(reaches))
}

/// The earliest date, and the release file that bears it.
fn earliest<'a>(sources: &[&'a Source], date: fn(&Release) -> &Fact<Timestamp>) -> (Fact, &'a str) {
    let mut earliest: Option<(Timestamp, &str)> = None;
    for source in sources {
        match date(&source.release) {
            Fact::Known(at) => {
                let this = (*at, source.path.as_str());
                earliest = Some(earliest.map_or(this, |other| other.min(this)));
            }
            Fact::Absent => {}
            Fact::Unknown(_) => {
                return (unknown(Reason::ParseError, &source.path), source.path.as_str());
            }
        }
    }
    match earliest {
        Some((at, path)) => (moment(Moment::source(at)), path),
        None => (Fact::Absent, sources.first().map_or(LISTS, |source| source.path.as_str())),
    }
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
        gaps.choice = Some(unread_pin());
    }
    let mut offers = Offers::new(packages, &choice.preferences);
    if lists.security_of_release().next().is_none() {
        // What apt would install is known all the same.
        gaps.security = Some(no_security_source());
    }
    for source in lists.all().filter(|source| lists.lacks_lists(source, packages.native())) {
        gaps.note(lists.is_security(source), missing_lists(source));
    }
    for (source, name) in lists.largest_first(files) {
        let site = source.site();
        let list = list(lists, source, &site, name, &choice.preferences);
        if let Err(why) = read_list(files, (source, name), list, &mut offers) {
            gaps.note(list.is_security, why);
        }
    }
    let waiting: Vec<_> = offers.waiting(&choice.phasing).collect();
    note_security(&waiting, &gaps, findings);
    note_choice(&waiting, &gaps, findings);
    note_obstacles(&waiting, &gaps, findings);
}

fn unread_pin() -> Ignorance {
    let why = "a pin this agent cannot evaluate may change what apt chooses";
    Ignorance::new(Reason::NotSupported, why)
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
    /// The first of each kind is the one that is told.
    fn note(&mut self, is_of_security: bool, why: Ignorance) {
        if is_of_security {
            self.security.get_or_insert_with(|| why.clone());
        }
        self.choice.get_or_insert(why);
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
    site: &'a str,
    name: &'a str,
    preferences: &Preferences,
) -> List<'a> {
    let (component, architecture) = source.parts(name);
    let described = preferences::Source { release: &source.release, site, component, architecture };
    let priority = preferences.of_source(described);
    List { source: described, priority, is_security: lists.is_security(source) }
}

/// Reads one list to its end: what ends too early or unpacks to nonsense says nothing of what it
/// left out.
fn read_list(
    files: &Files,
    (source, name): (&Source, &str),
    list: List<'_>,
    offers: &mut Offers<'_>,
) -> Result<(), Ignorance> {
    let path = format!("{LISTS}/{name}");
    let mut unpacked = Measured::of(index::unpack(files, &path)?);
    let mut stanzas = Stanzas::of(Lines::of(&mut unpacked, &path));
    let is_installed = |packages: &Installed, name: &str| !packages.named(name).is_empty();
    let packages = offers.packages();
    while let Some(offered) =
        stanzas.next_wanted(|name| is_installed(packages, name)).map_err(packed::obstacle)?
    {
        offers.note(offered, list);
    }
    match loss(&unpacked, source.size_of(name)) {
        Some(why) => Err(Ignorance::new(Reason::ParseError, &format!("{path}: {why}"))),
        None => Ok(()),
    }
}

/// What shows that a list is not the one its release file speaks of. Odd sources state no size.
fn loss<R: std::io::Read>(list: &Measured<R>, stated: Option<u64>) -> Option<String> {
    let read = list.length();
    match stated {
        Some(stated) if stated == read => None,
        Some(stated) => Some(format!("{read} bytes where its release file states {stated}")),
        None if read == 0 => Some("empty, and no release file states that it is".to_owned()),
        None if list.is_cut() => Some("it ends in the middle of a line".to_owned()),
        None => None,
    }
}

fn note_security(waiting: &[Waiting<'_>], gaps: &Gaps, findings: &mut Findings) {
    if let Some(why) = &gaps.security {
        return note_unknown(&SECURITY_FACTS, why, findings);
    }
    let pending = || waiting.iter().filter(|one| one.security.is_some());
    findings.add("patches.security_pending", count(how_many(pending())), LISTS);
    findings.add("patches.security_names", names(pending()), LISTS);
}

fn note_choice(waiting: &[Waiting<'_>], gaps: &Gaps, findings: &mut Findings) {
    if let Some(why) = &gaps.choice {
        return note_unknown(&CHOICE_FACTS, why, findings);
    }
    let having = |update| how_many(waiting.iter().filter(|one| one.update == update));
    findings.add("patches.pending", count(having(Update::Chosen)), LISTS);
    findings.add("patches.phased", count(having(Update::Deferred)), LISTS);
}

/// Which security updates apt would not install, or not as such.
fn note_obstacles(waiting: &[Waiting<'_>], gaps: &Gaps, findings: &mut Findings) {
    if let Some(why) = gaps.security.as_ref().or(gaps.choice.as_ref()) {
        return note_unknown(&OBSTACLE_FACTS, why, findings);
    }
    let masked: Vec<_> = waiting.iter().filter(|one| is_masked(one)).collect();
    findings.add("patches.security_masked", count(how_many(masked.iter())), LISTS);
    findings.add("patches.security_masked_names", names(masked.into_iter()), LISTS);
    let kept_off: Vec<_> = waiting.iter().filter(|one| is_kept_off(one)).collect();
    findings.add("patches.security_held", count(how_many(kept_off.iter())), LISTS);
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

fn names<'a>(waiting: impl Iterator<Item = &'a Waiting<'a>>) -> Fact {
    super::names::names(waiting.map(|one| one.name))
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
