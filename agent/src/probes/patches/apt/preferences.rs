//! Pins: what the administrator says about which versions apt may choose.
//!
//! Packages are named, one by one or by pattern, or all of them; versions are told by their text
//! or by the source that offers them. Of regular expressions only those are read that list suites,
//! as Debian's release notes advise; others, and pins by source package, are not evaluated: how
//! many such pins there are is reported, and what they might change is unknown.

use std::io;

use super::release::Release;
use super::settings::{Settings, parts};
use crate::host::Files;
use crate::host::files::{Lines, Read};
use crate::probes::glob;

const PARTS: &str = "etc/apt/preferences.d";
const MAIN: &str = "etc/apt/preferences";

/// A version at this priority is never installed, whatever else is pinned.
pub(super) const NEVER: i32 = -32_768;

/// From here on apt goes back to an older version.
pub(super) const DOWNGRADES: i32 = 1000;

/// What the status file of dpkg weighs: what is installed stays, unless something weighs more.
const INSTALLED: i32 = 100;

const DEFAULT_RELEASE: i32 = 990;

/// All pins of a machine, in the order in which they hold: the first that fits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    sources: Vec<(Selector, i32)>,
    packages: Vec<Pin>,
    /// Pins that this agent cannot evaluate.
    pub(super) unread: u64,
    /// The file the first of them stands in.
    pub(super) unread_in: Option<String>,
}

/// One pin of named packages.
#[derive(Debug, PartialEq, Eq)]
struct Pin {
    name: String,
    architecture: Architecture,
    selector: Selector,
    priority: i32,
}

#[derive(Debug, PartialEq, Eq)]
enum Architecture {
    Native,
    Any,
    One(String),
}

/// Which versions a pin is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Selector {
    Version(String),
    /// Of sources on this host; none is the machine itself.
    Origin(String),
    /// Of sources of which all this is true.
    Release(Vec<(Field, String)>),
    /// Of sources with one of these names.
    Suites(Vec<String>),
    Everything,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Version,
    Origin,
    Archive,
    Codename,
    ArchiveOrCodename,
    Label,
    Component,
    Architecture,
}

/// One package list, as pins see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) release: &'a Release,
    /// The host it is fetched from; none is the machine itself.
    pub(super) site: &'a str,
    pub(super) component: &'a str,
    pub(super) architecture: &'a str,
}

/// A package to which pins may apply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    pub(super) architecture: &'a str,
    pub(super) is_native: bool,
}

impl Preferences {
    /// Reads the files in the order apt does.
    pub(super) fn read(files: &Files, settings: &Settings) -> Read<Self> {
        let mut preferences = Self::default();
        if let Some(release) = settings.find("apt::default-release") {
            match Selector::release(&release.value) {
                Some(selector) => preferences.sources.push((selector, DEFAULT_RELEASE)),
                None => preferences.pass_over(&release.path),
            }
        }
        for path in [MAIN.to_owned()].into_iter().chain(parts(files, PARTS, "pref")?) {
            match files.lines(&path) {
                Ok(lines) => preferences.add(lines, &path)?,
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(preferences)
    }

    fn pass_over(&mut self, path: &str) {
        self.unread += 1;
        self.unread_in.get_or_insert_with(|| path.to_owned());
    }

    fn add<R: io::Read>(&mut self, mut lines: Lines<R>, path: &str) -> Read<()> {
        let mut stanza = Stanza::default();
        while let Some(line) = lines.next()? {
            let line = String::from_utf8_lossy(line);
            if line.trim().is_empty() {
                self.take(std::mem::take(&mut stanza), path);
            } else if !line.starts_with('#') {
                stanza.note(&line);
            }
        }
        self.take(stanza, path);
        Ok(())
    }

    fn take(&mut self, stanza: Stanza, path: &str) {
        if stanza.packages.is_empty() && stanza.pin.is_empty() {
            return;
        }
        let priority = match stanza.priority.as_str() {
            "never" => Some(NEVER),
            text => text.parse::<i16>().ok().map(i32::from).filter(|priority| *priority != 0),
        };
        let selector = Selector::parse(&stanza.pin);
        let (Some(selector), Some(priority)) = (selector, priority) else {
            return self.pass_over(path);
        };
        if stanza.packages.trim() == "*" {
            // apt knows no version of everything, and passes over such a pin.
            if !matches!(selector, Selector::Version(_)) {
                self.sources.push((selector, priority));
            }
            return;
        }
        for name in stanza.packages.split_whitespace() {
            match Pin::parse(name, &selector, priority) {
                Some(pin) => self.packages.push(pin),
                None => self.pass_over(path),
            }
        }
    }

    /// The priority of everything one package list offers.
    pub(super) fn of_source(&self, source: Source<'_>) -> i32 {
        let pinned = self.sources.iter().find(|(selector, _)| selector.fits_source(source));
        pinned.map_or_else(|| source.release.default_priority(), |(_, priority)| *priority)
    }

    /// The priority of what is installed, as far as that goes by itself.
    pub(super) fn of_installed(&self) -> i32 {
        let pinned = self.sources.iter().find(|(selector, _)| selector.fits_installed());
        pinned.map_or(INSTALLED, |(_, priority)| *priority)
    }

    /// The first pin that speaks of this version of a package; of several sources that offer it,
    /// the one whose pin comes first counts. `None` as a source is the machine itself.
    pub(super) fn of_package(
        &self,
        subject: Subject<'_>,
        version: &str,
        source: Option<Source<'_>>,
    ) -> Option<usize> {
        self.packages.iter().position(|pin| {
            let fits = match (&pin.selector, source) {
                (Selector::Version(pattern), _) => glob::fits(pattern, version),
                (selector, Some(source)) => selector.fits_source(source),
                (selector, None) => selector.fits_installed(),
            };
            fits && pin.is_about(subject)
        })
    }

    /// What a pin says.
    pub(super) fn priority(&self, pin: usize) -> Option<i32> {
        self.packages.get(pin).map(|pin| pin.priority)
    }

    /// Whether any pin makes apt go back to older versions.
    pub(super) fn downgrades(&self) -> bool {
        let sources = self.sources.iter().map(|(_, priority)| *priority);
        let packages = self.packages.iter().map(|pin| pin.priority);
        sources.chain(packages).any(|priority| priority >= DOWNGRADES)
    }
}

/// One pin as it is written.
#[derive(Debug, Default)]
struct Stanza {
    packages: String,
    pin: String,
    priority: String,
    continues: Option<Continued>,
}

#[derive(Clone, Copy, Debug)]
enum Continued {
    Packages,
    Pin,
}

impl Stanza {
    fn note(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            match self.continues {
                Some(Continued::Packages) => self.packages.extend([" ", line.trim()]),
                Some(Continued::Pin) => self.pin.extend([" ", line.trim()]),
                None => {}
            }
            return;
        }
        self.continues = None;
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("Package") {
            value.clone_into(&mut self.packages);
            self.continues = Some(Continued::Packages);
        } else if name.eq_ignore_ascii_case("Pin") {
            value.clone_into(&mut self.pin);
            self.continues = Some(Continued::Pin);
        } else if name.eq_ignore_ascii_case("Pin-Priority") {
            value.clone_into(&mut self.priority);
        }
    }
}

impl Pin {
    fn parse(name: &str, selector: &Selector, priority: i32) -> Option<Self> {
        if is_regular_expression(name) || name.starts_with("src:") {
            return None;
        }
        let (name, architecture) = match name.rsplit_once(':') {
            None => (name, Architecture::Native),
            Some((name, "native")) => (name, Architecture::Native),
            Some((name, "any")) => (name, Architecture::Any),
            Some((name, one)) if !one.contains(['*', '?', '[', '-']) => {
                (name, Architecture::One(one.to_owned()))
            }
            Some(_) => return None,
        };
        Some(Self { name: name.to_owned(), architecture, selector: selector.clone(), priority })
    }

    fn is_about(&self, subject: Subject<'_>) -> bool {
        let is_for = match &self.architecture {
            Architecture::Native => subject.is_native,
            Architecture::Any => true,
            Architecture::One(one) => one == subject.architecture,
        };
        let is_named = match glob::is_pattern(&self.name) {
            true => glob::fits(&self.name, subject.name),
            false => self.name == subject.name,
        };
        is_for && is_named
    }
}

impl Selector {
    fn parse(pin: &str) -> Option<Self> {
        let (kind, value) = pin.split_once(char::is_whitespace)?;
        let value = value.trim();
        match kind.to_ascii_lowercase().as_str() {
            "version" => (!is_regular_expression(value)).then(|| Self::Version(value.to_owned())),
            "origin" => {
                let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let site = quoted.unwrap_or(value);
                (!is_regular_expression(site)).then(|| Self::Origin(site.to_owned()))
            }
            "release" => Self::release(value),
            _ => None,
        }
    }

    fn release(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        let wanted = match text.contains('=') {
            false if is_regular_expression(text) => return suites(text).map(Self::Suites),
            false if text.starts_with(|c: char| c.is_ascii_digit()) => {
                vec![(Field::Version, text.to_owned())]
            }
            false => vec![(Field::ArchiveOrCodename, text.to_owned())],
            true => text.split(',').map(Self::release_field).collect::<Option<Vec<_>>>()?,
        };
        let is_read = !wanted.iter().any(|(_, pattern)| is_regular_expression(pattern));
        (is_read && !wanted.is_empty()).then_some(Self::Release(wanted))
    }

    fn release_field(fragment: &str) -> Option<(Field, String)> {
        let (letter, pattern) = fragment.trim().split_once('=')?;
        let field = match letter.to_ascii_lowercase().as_str() {
            "v" => Field::Version,
            "o" => Field::Origin,
            "a" => Field::Archive,
            "n" => Field::Codename,
            "l" => Field::Label,
            "c" => Field::Component,
            "b" => Field::Architecture,
            _ => return None,
        };
        // The names of lists, by which components are known here, have no slashes.
        let pattern = match field == Field::Component && !is_regular_expression(pattern) {
            true => pattern.replace('/', "_"),
            false => pattern.to_owned(),
        };
        Some((field, pattern))
    }

    fn fits_source(&self, source: Source<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::Version(_) => false,
            Self::Origin(site) => glob::fits(site, source.site),
            Self::Suites(names) => names.iter().any(|name| {
                let Release { suite, codename, .. } = source.release;
                [suite, codename].into_iter().any(|own| own.eq_ignore_ascii_case(name))
            }),
            Self::Release(wanted) => {
                wanted.iter().all(|(field, pattern)| field.fits(pattern, source))
            }
        }
    }

    /// What is installed comes from an archive called `now`, and nothing else is known of it.
    fn fits_installed(&self) -> bool {
        match self {
            Self::Everything => true,
            Self::Version(_) | Self::Origin(_) => false,
            Self::Suites(names) => names.iter().any(|name| name.eq_ignore_ascii_case("now")),
            Self::Release(wanted) => wanted.iter().all(|(field, pattern)| match field {
                Field::Archive | Field::ArchiveOrCodename => glob::fits(pattern, "now"),
                Field::Version
                | Field::Origin
                | Field::Codename
                | Field::Label
                | Field::Component
                | Field::Architecture => false,
            }),
        }
    }
}

impl Field {
    fn fits(self, pattern: &str, source: Source<'_>) -> bool {
        let Source { release, component, architecture, site: _ } = source;
        let fits = |text: &str| !text.is_empty() && glob::fits(pattern, text);
        match self {
            Self::Version => fits(&release.version),
            Self::Origin => fits(&release.origin),
            Self::Archive => fits(&release.suite),
            Self::Codename => fits(&release.codename),
            Self::ArchiveOrCodename => fits(&release.suite) || fits(&release.codename),
            Self::Label => fits(&release.label),
            Self::Component => fits(component),
            Self::Architecture => fits(architecture),
        }
    }
}

/// What a regular expression such as `/^bookworm(|-security|-updates)$/` lists, if that is all it
/// does.
fn suites(expression: &str) -> Option<Vec<String>> {
    let inside = expression.strip_prefix("/^")?.strip_suffix("$/")?;
    let (stem, endings) = match inside.split_once('(') {
        Some((stem, rest)) => (stem, rest.strip_suffix(')')?),
        None => (inside, ""),
    };
    let is_literal =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let endings = endings.split('|');
    let is_list = is_literal(stem) && endings.clone().all(is_literal);
    is_list.then(|| endings.map(|ending| format!("{stem}{ending}")).collect())
}

fn is_regular_expression(pattern: &str) -> bool {
    pattern.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_lists_suites_is_read_and_no_other() {
        let names = suites("/^bookworm(|-security|-updates)$/").unwrap();
        assert_eq!(names, ["bookworm", "bookworm-security", "bookworm-updates"]);
        assert_eq!(suites("/^(sid|trixie)$/").unwrap(), ["sid", "trixie"]);
        assert_eq!(suites("/^sid$/").unwrap(), ["sid"]);
        for other in
            ["/sid/", "/^sid/", "/^s.d$/", "/^(a|b)c$/", "/^a|b$/", "/^a(b(c))$/", "/", "sid"]
        {
            assert_eq!(suites(other), None, "{other}");
        }
    }
}
