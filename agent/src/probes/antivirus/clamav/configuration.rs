//! ClamAV's configuration files: which one is in effect, and what it says.

use report::Reason;
use report::fact::Ignorance;

use crate::host::Files;
use crate::host::files::{Read, ReadError};
use crate::host::processes::{self, Process};

/// Where the scanner looks unless its command line says otherwise: Debian's place, Red Hat's.
const SCANNER: [&str; 2] = ["etc/clamav/clamd.conf", "etc/clamd.d/scan.conf"];
/// Where the updater looks, likewise.
const UPDATER: [&str; 2] = ["etc/clamav/freshclam.conf", "etc/freshclam.conf"];
const MAX_BYTES: usize = 256 * 1024;
/// What a file is called in a report that only a command line names.
const NAMED: &str = "configuration named on the command line";

/// One configuration, by option and value as they are written.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// The file it was read from, as it may be called in a report.
    pub(super) source: String,
    /// Whether there is such a file at all.
    pub(super) is_written: bool,
    options: Vec<(String, String)>,
}

impl Configuration {
    /// The configuration a running program goes by, or would go by if it ran.
    ///
    /// A program may be told another file on its command line. That is believed only of a file
    /// that nobody but root can write, because whoever writes it says what is protected.
    pub(super) fn of(files: &Files, process: Option<&Process>) -> Result<Self, Ignorance> {
        let arguments = match process {
            Some(process) => processes::arguments(files, process.pid)
                .map_err(|error| error.ignorance(Reason::SourceStale))?,
            None => Vec::new(),
        };
        match named_file(&arguments) {
            Some(path) => Self::named(files, path),
            None => Self::first_of(files, &SCANNER),
        }
    }

    /// The configuration of the program that fetches definitions.
    pub(super) fn of_updater(files: &Files) -> Result<Self, Ignorance> {
        Self::first_of(files, &UPDATER)
    }

    /// Where the file lies is between the administrator and the machine: a path may name a person,
    /// so it is not sent.
    fn named(files: &Files, path: &str) -> Result<Self, Ignorance> {
        let opaque = |why: &str| Ignorance::new(Reason::ProductOpaque, &format!("{NAMED}: {why}"));
        if !path.starts_with('/') {
            return Err(opaque("a relative path"));
        }
        let unread =
            |error: ReadError| ReadError::new(NAMED, error.kind).ignorance(Reason::SourceStale);
        if !files.metadata(path).map_err(unread)?.only_root_writes() {
            return Err(opaque("others than root can write it"));
        }
        let configuration = Self::read(files, path).map_err(unread)?;
        Ok(Self { source: NAMED.to_owned(), ..configuration })
    }

    fn first_of(files: &Files, paths: &[&str]) -> Result<Self, Ignorance> {
        for path in paths {
            match Self::read(files, path) {
                Ok(configuration) => return Ok(configuration),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.ignorance(Reason::NotSupported)),
            }
        }
        Ok(Self::default())
    }

    fn read(files: &Files, path: &str) -> Read<Self> {
        let text = files.read_text(path, MAX_BYTES)?;
        Ok(Self { source: path.to_owned(), is_written: true, options: parse(&text) })
    }

    /// Whether access to a file that is infected is prevented, somewhere. Where a whole mount is
    /// watched the watcher only notifies, whatever else is configured: the kernel cannot be asked
    /// to hold up everything.
    pub(super) fn blocks_on_access(&self) -> bool {
        let mut prevention = self.values("OnAccessPrevention").peekable();
        let prevents = prevention.peek().is_some() && prevention.all(is_yes);
        let watches = self.values("OnAccessIncludePath").any(|path| !path.is_empty());
        let only_notifies = self.values("OnAccessMountPath").next().is_some();
        prevents && watches && !only_notifies
    }

    /// The folder of the definitions.
    pub(super) fn database_folder(&self) -> Option<&str> {
        self.values("DatabaseDirectory").last()
    }

    fn values<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a str> {
        self.options
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(option))
            .map(|(_, value)| value.as_str())
    }
}

fn parse(text: &str) -> Vec<(String, String)> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            (name.to_owned(), value.trim().trim_matches('"').to_owned())
        })
        .collect()
}

fn is_yes(value: &str) -> bool {
    ["yes", "true", "1"].iter().any(|yes| yes.eq_ignore_ascii_case(value))
}

const LONG: &str = "--config-file";
/// Shorter beginnings could be another option.
const SHORTEST: &str = "--con";

/// The file a command line names, in any of the ways that are understood: `-c FILE`, `-cFILE`,
/// `--config-file FILE`, `--config-file=FILE`, and the long option cut short. The last one counts.
fn named_file(arguments: &[String]) -> Option<&str> {
    let mut named = None;
    let mut ahead = arguments.iter().skip(1);
    while let Some(argument) = ahead.next() {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (argument.as_str(), None),
        };
        if LONG.starts_with(option) && option.starts_with(SHORTEST) || option == "-c" {
            named = value.or_else(|| ahead.next().map(String::as_str)).or(named);
        } else if let Some(value) = argument.strip_prefix("-c") {
            named = Some(value);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(text: &str) -> Configuration {
        Configuration { options: parse(text), ..Configuration::default() }
    }

    #[test]
    fn on_access_needs_both_prevention_and_a_path() {
        let prevention = "OnAccessPrevention yes\n";
        let path = "OnAccessIncludePath /home\n";
        assert!(configuration(&format!("{prevention}{path}")).blocks_on_access());
        for text in [
            "",
            prevention,
            path,
            "OnAccessPrevention no\nOnAccessIncludePath /home\n",
            "# OnAccessPrevention yes\nOnAccessIncludePath /home\n",
            "OnAccessPrevention yes\nOnAccessPrevention no\nOnAccessIncludePath /home\n",
            "OnAccessPrevention yes\nOnAccessExcludePath /home\n",
            "OnAccessPrevention yes\nOnAccessMountPath /\n",
            "OnAccessPrevention yes\nOnAccessMountPath /\nOnAccessIncludePath /home\n",
        ] {
            assert!(!configuration(text).blocks_on_access(), "{text:?}");
        }
    }

    #[test]
    fn values_may_be_quoted_and_indented() {
        let text = "\tDatabaseDirectory   \"/srv/clamav db\"  \n";
        assert_eq!(configuration(text).database_folder(), Some("/srv/clamav db"));
    }

    #[test]
    fn the_command_line_may_name_the_file_in_several_ways() {
        let named = |line: &str| {
            let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            named_file(&words).map(str::to_owned)
        };
        let expected = Some("/srv/a.conf".to_owned());
        for line in [
            "clamd -c /srv/a.conf",
            "clamd -c/srv/a.conf",
            "clamd --config-file=/srv/a.conf --foreground=true",
            "clamd --foreground --config-file /srv/a.conf",
            "clamd --config=/srv/a.conf",
            "clamd -c /etc/other.conf -c /srv/a.conf",
        ] {
            assert_eq!(named(line), expected, "{line}");
        }
        for line in [
            "clamd",
            "clamd --foreground=true",
            "clamonacc -F --copy=/srv/a.conf --log=/var/log/x",
            "/srv/-c",
        ] {
            assert_eq!(named(line), None, "{line}");
        }
    }
}
