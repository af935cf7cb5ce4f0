//! The configuration as it is meant.
//!
//! `raw` holds it as it is written. What is wrong is found all at once, each with its line.

mod raw;

use std::fmt;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use report::Text;
use report::wire::CONTACT_RANGE;
use tracing::Level;

use crate::address::Address;
use crate::durable::{self, Open};
use crate::places;
use crate::probes::assignment::AssignmentClaims;
use crate::remedies::HERE;
use crate::uplink::proxy::{Proxy, ProxyFault};
pub(crate) use raw::nearest;
use raw::{Faults, Raw, Written, quoted};

const MAX_BYTES: u64 = 64 * 1024;
const SPREAD_SECONDS: RangeInclusive<u64> = 0..=3600;
const LEVELS: RangeInclusive<u8> = 1..=5;

/// The configuration.
#[derive(Clone)]
pub struct Config {
    /// Where to report; empty: to the addresses of the enrolment.
    pub collectors: Vec<Address>,
    /// What leads there, where nothing goes out straight.
    pub proxy: Option<Proxy>,
    /// Where identity and spool lie.
    pub state_dir: PathBuf,
    /// Between two contacts, until the collector names an interval.
    pub interval: Duration,
    /// How far the first contacts of many machines spread.
    pub first_contact_spread: Duration,
    /// What goes to the log.
    pub log: Level,
    /// What the machine's administrator says of it.
    pub claims: AssignmentClaims,
}

/// Where the configuration is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigPath {
    /// At its [place](places::config), where it may be missing.
    Default,
    /// Where the command line says, and there it must be.
    Given(PathBuf),
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read the configuration {path}: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others may change the file, and with it whom the agent obeys.
    #[error(
        "use the configuration {path}: others may change {open} ({exposure}): {mend}",
        open = .open.path.display(),
        exposure = .open.exposure,
        mend = HERE.keep(&.open.path)
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// What they may change: it, or the folder that it lies in.
        open: Open,
    },
    /// The file says something that cannot be meant.
    #[error("understand the configuration:{}", Lines(.0))]
    Faulty(Vec<Fault>),
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which file.
    pub path: PathBuf,
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

struct Lines<'a>(&'a [Fault]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| {
            let Fault { path, line, message } = fault;
            write!(f, "\n  {}:{line}: {message}", path.display())
        })
    }
}

impl ConfigPath {
    /// The file, there or not.
    #[must_use]
    pub fn file(&self) -> &Path {
        match self {
            Self::Default => places::config(),
            Self::Given(path) => path,
        }
    }
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the file cannot be read, or is missing where it was named, or is faulty, or is others'
    /// to change.
    pub fn load(path: &ConfigPath) -> Result<Self, ConfigError> {
        let required = *path != ConfigPath::Default;
        let path = path.file();
        let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
        match durable::read(path, MAX_BYTES).map_err(unreadable)? {
            Some(bytes) => {
                if let Some(open) = durable::writers(path).map_err(unreadable)? {
                    return Err(ConfigError::Exposed { path: path.to_owned(), open });
                }
                let text = durable::read_text(bytes.as_slice(), MAX_BYTES).map_err(unreadable)?;
                Self::parse(path, &text)
            }
            None if required => Err(unreadable(io::Error::other("there is no such file"))),
            None => Self::parse(Path::new("the built-in configuration"), places::default_file()),
        }
    }

    /// Understands the text of a configuration; `path` is named in what is wrong with it.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut faults = Faults::in_file(path, text);
        let raw = Raw::parse(text, &mut faults);
        let config = meant(raw, &mut faults);
        match faults.finish() {
            faults if faults.is_empty() => Ok(config),
            faults => Err(ConfigError::Faulty(faults)),
        }
    }
}

fn meant(raw: Raw, faults: &mut Faults<'_>) -> Config {
    let contact = u64::from(*CONTACT_RANGE.start())..=u64::from(*CONTACT_RANGE.end());
    Config {
        collectors: raw
            .collectors
            .into_iter()
            .flatten()
            .filter_map(|text| faults.take(text, |text| text.parse().map_err(to_text)))
            .collect(),
        proxy: optional(raw.proxy, faults, |text| proxy(&text)).flatten(),
        state_dir: or(raw.state_dir, places::state().to_owned(), faults, folder),
        interval: or(raw.interval, minutes(15), faults, |text| duration(&text, &contact)),
        first_contact_spread: or(raw.first_contact_spread, minutes(10), faults, |text| {
            duration(&text, &SPREAD_SECONDS)
        }),
        log: or(raw.log, Level::INFO, faults, |text| level(&text)),
        claims: AssignmentClaims {
            unit: optional(raw.claims.unit, faults, |text| text_fact(&text)),
            system: optional(raw.claims.system, faults, |text| text_fact(&text)),
            level: optional(raw.claims.level, faults, security_level),
        },
    }
}

fn optional<T, U>(
    written: Option<Written<T>>,
    faults: &mut Faults<'_>,
    understand: impl FnOnce(T) -> Result<U, String>,
) -> Option<U> {
    faults.take(written?, understand)
}

fn or<T, U>(
    written: Option<Written<T>>,
    default: U,
    faults: &mut Faults<'_>,
    understand: impl FnOnce(T) -> Result<U, String>,
) -> U {
    optional(written, faults, understand).unwrap_or(default)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn to_text(error: impl fmt::Display) -> String {
    error.to_string()
}

fn folder(text: String) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.is_absolute() {
        true => Ok(path),
        false => Err(format!("{} must be an absolute path", quoted(&path.to_string_lossy()))),
    }
}

fn proxy(text: &str) -> Result<Option<Proxy>, String> {
    match text {
        "none" => Ok(None),
        proxy => proxy.parse().map(Some).map_err(|fault: ProxyFault| format!("proxy: {fault}")),
    }
}

fn duration(text: &str, seconds: &RangeInclusive<u64>) -> Result<Duration, String> {
    let example = || {
        let text = quoted(text);
        format!("{text} is no duration: write a number and s, m or h, as in 15m")
    };
    let (number, unit) = text.split_at(text.trim_end_matches(char::is_alphabetic).len());
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(example()),
    };
    let number: u64 = number.parse().map_err(|_| example())?;
    let total = number.saturating_mul(unit);
    if !seconds.contains(&total) {
        let (low, high) = (seconds.start(), seconds.end());
        return Err(format!("{text:?} is not between {low}s and {high}s"));
    }
    Ok(Duration::from_secs(total))
}

fn level(text: &str) -> Result<Level, String> {
    match text {
        "error" => Ok(Level::ERROR),
        "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        _ => Err(format!("{} is none of error, warn, info, debug", quoted(text))),
    }
}

fn text_fact(text: &str) -> Result<Text, String> {
    match Text::cleaned(text) {
        Ok(text) if text.as_str().is_empty() => Err("it is empty: leave the key out".to_owned()),
        other => other.map_err(to_text),
    }
}

fn security_level(level: u8) -> Result<u8, String> {
    match LEVELS.contains(&level) {
        true => Ok(level),
        false => Err(format!("a security level is 1 to 5, not {level}")),
    }
}

#[cfg(test)]
mod tests;
