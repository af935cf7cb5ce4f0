//! The command line, understood without touching anything.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use report::token::TokenError;
use report::{JoinToken, Lang};

use crate::config::ConfigPath;

/// The command that the agent gives to a child of its own, and no help names.
pub const LOOK: &str = "look";

/// The command that a survey gives to a child of its own; no help names it either.
pub const PROVIDER: &str = "provider";

/// The command of a developer's build that shows what the agent reads. No help names it.
#[cfg(feature = "foreign")]
const DOCS: &str = "docs";

/// The commands that are followed by a file or folder.
const EXPORT: &str = "export";
const RECORD: &str = "record";

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub struct Cli {
    /// `--config`.
    pub config: ConfigPath,
    /// `--state`: instead of the configured folder.
    pub state: Option<PathBuf>,
    /// `--root`: look at a recorded machine instead of this one.
    pub root: Option<PathBuf>,
    /// `--lang`: instead of the locale's.
    pub lang: Option<Lang>,
    /// `--verbose`: instead of the configured level.
    pub verbose: bool,
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Report again and again, or once.
    Run {
        /// `--once`.
        once: bool,
    },
    /// Show what would be sent.
    Survey {
        /// `--json`.
        json: bool,
    },
    /// Join.
    Enrol {
        /// `--token` or `--token-file`.
        token: TokenSource,
        /// `--replace`: give up the identity this machine has.
        replace: bool,
    },
    /// Write a report into a file that is carried to the collector.
    Export {
        /// The file, which is not there yet.
        file: PathBuf,
    },
    /// Write what this machine answers into a folder, for whoever is to understand it.
    Record {
        /// The folder, which is not there yet.
        folder: PathBuf,
    },
    /// Show what the collector makes of this machine.
    Status {
        /// `--json`.
        json: bool,
    },
    /// Show what stands in the way of this machine's reports.
    Doctor {
        /// `--json`.
        json: bool,
    },
    /// Make this disk ready to be copied.
    Seal,
    /// Make this program a service.
    Install,
    /// Take the service away.
    Uninstall {
        /// `--purge`: with what it kept.
        purge: bool,
    },
    /// Look for the agent that asks on standard input: [`LOOK`].
    Look,
    /// Ask a provider for the survey that asks on standard input: [`PROVIDER`].
    Provider,
    /// Show what the agent reads and sends.
    #[cfg(feature = "foreign")]
    Docs,
    /// Show the help text.
    Help,
    /// Show the version.
    Version,
}

/// Where the join token comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// From the command line, where every user of the machine can see it.
    Given(JoinToken),
    /// From a file.
    File(PathBuf),
    /// From standard input.
    Stdin,
}

/// Why the command line is not understood.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// It is not shaped like one.
    #[error("understand the command line: {0}: see lachan-agent --help")]
    Shape(#[from] lexopt::Error),
    /// It names no command.
    #[error(
        "understand the command line: no command: use run, survey, record, enrol, export, status, doctor, seal, install or uninstall, or see --help"
    )]
    NoCommand,
    /// It names a command there is not.
    #[error(
        "understand the command line: unknown command {0:?}: use run, survey, record, enrol, export, status, doctor, seal, install or uninstall"
    )]
    UnknownCommand(String),
    /// An option of another command.
    #[error("understand the command line: {0} does not belong to {1}: see lachan-agent --help")]
    Misplaced(&'static str, String),
    /// No token, or two.
    #[error("understand the command line: enrol needs exactly one of --token-file and --token")]
    OneToken,
    /// No file to write.
    #[error("understand the command line: export needs the name of the file to write")]
    NoFile,
    /// No folder to write.
    #[error("understand the command line: record needs the name of the folder to write")]
    NoFolder,
    /// The token on the command line is none.
    #[error("understand the command line: {0}")]
    Token(#[from] TokenError),
}

/// Every option as written, whichever command it belongs to.
#[derive(Default)]
struct Written {
    command: Option<String>,
    once: bool,
    json: bool,
    replace: bool,
    purge: bool,
    token: Option<JoinToken>,
    token_file: Option<PathBuf>,
    file: Option<PathBuf>,
    help: bool,
    version: bool,
}

impl Cli {
    /// Understands the arguments after the program's name.
    ///
    /// # Errors
    /// When they do not make exactly one command.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, CliError> {
        let mut cli = Self {
            config: ConfigPath::Default,
            state: None,
            root: None,
            lang: None,
            verbose: false,
            command: Command::Help,
        };
        let mut written = Written::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("config") => cli.config = ConfigPath::Given(parser.value()?.into()),
                Long("state") => cli.state = Some(parser.value()?.into()),
                Long("root") => cli.root = Some(parser.value()?.into()),
                Long("lang") => cli.lang = Some(parser.value()?.parse()?),
                Long("verbose") | Short('v') => cli.verbose = true,
                Long("once") => written.once = true,
                Long("json") => written.json = true,
                Long("replace") => written.replace = true,
                Long("purge") => written.purge = true,
                Long("token") => written.token = Some(parser.value()?.string()?.parse()?),
                Long("token-file") => written.token_file = Some(parser.value()?.into()),
                Long("help") | Short('h') => written.help = true,
                Long("version") | Short('V') => written.version = true,
                Value(command) if written.command.is_none() => {
                    written.command = Some(command.string()?);
                }
                Value(file) if written.wants_a_file() => written.file = Some(file.into()),
                Long(_) | Short(_) | Value(_) => return Err(argument.unexpected().into()),
            }
        }
        cli.command = written.command()?;
        Ok(cli)
    }
}

impl Written {
    fn wants_a_file(&self) -> bool {
        matches!(self.command.as_deref(), Some(EXPORT | RECORD)) && self.file.is_none()
    }

    fn command(mut self) -> Result<Command, CliError> {
        if self.help {
            return Ok(Command::Help);
        }
        if self.version {
            return Ok(Command::Version);
        }
        let name = self.command.take().ok_or(CliError::NoCommand)?;
        let command = match name.as_str() {
            "run" => Command::Run { once: std::mem::take(&mut self.once) },
            "survey" => Command::Survey { json: std::mem::take(&mut self.json) },
            "status" => Command::Status { json: std::mem::take(&mut self.json) },
            "doctor" => Command::Doctor { json: std::mem::take(&mut self.json) },
            "enrol" => Command::Enrol {
                token: token_source(self.token.take(), self.token_file.take())?,
                replace: std::mem::take(&mut self.replace),
            },
            "seal" => Command::Seal,
            "install" => Command::Install,
            "uninstall" => Command::Uninstall { purge: std::mem::take(&mut self.purge) },
            EXPORT => Command::Export { file: self.file.take().ok_or(CliError::NoFile)? },
            RECORD => Command::Record { folder: self.file.take().ok_or(CliError::NoFolder)? },
            LOOK => Command::Look,
            PROVIDER => Command::Provider,
            #[cfg(feature = "foreign")]
            DOCS => Command::Docs,
            _ => return Err(CliError::UnknownCommand(name)),
        };
        match self.left_over() {
            Some(option) => Err(CliError::Misplaced(option, name)),
            None => Ok(command),
        }
    }

    /// An option that the command did not take.
    fn left_over(&self) -> Option<&'static str> {
        [
            (self.once, "--once"),
            (self.json, "--json"),
            (self.replace, "--replace"),
            (self.purge, "--purge"),
            (self.token.is_some(), "--token"),
            (self.token_file.is_some(), "--token-file"),
        ]
        .into_iter()
        .find_map(|(given, option)| given.then_some(option))
    }
}

fn token_source(token: Option<JoinToken>, file: Option<PathBuf>) -> Result<TokenSource, CliError> {
    match (token, file) {
        (Some(token), None) => Ok(TokenSource::Given(token)),
        (None, Some(path)) if path.as_os_str() == "-" => Ok(TokenSource::Stdin),
        (None, Some(path)) => Ok(TokenSource::File(path)),
        (None, None) | (Some(_), Some(_)) => Err(CliError::OneToken),
    }
}

/// The help text.
#[must_use]
pub fn help(lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => include_str!("cli/help.vi.txt"),
        Lang::En => include_str!("cli/help.en.txt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, String> {
        Cli::parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    fn command(line: &str) -> Command {
        parse(line).unwrap().command
    }

    fn token() -> JoinToken {
        JoinToken {
            addresses: vec!["collector.example:7443".to_owned()],
            collector_ca: [1; 32],
            secret: [2; 32],
        }
    }

    #[test]
    fn every_command_is_understood() {
        assert_eq!(command("run"), Command::Run { once: false });
        assert_eq!(command("run --once"), Command::Run { once: true });
        assert_eq!(command("survey"), Command::Survey { json: false });
        assert_eq!(command("--json status"), Command::Status { json: true });
        assert_eq!(command("doctor"), Command::Doctor { json: false });
        assert_eq!(command("doctor --json"), Command::Doctor { json: true });
        assert_eq!(command("seal --state /s"), Command::Seal);
        assert_eq!(command("install"), Command::Install);
        assert_eq!(command("uninstall"), Command::Uninstall { purge: false });
        assert_eq!(command("uninstall --purge"), Command::Uninstall { purge: true });
        assert_eq!(command("export /media/pc-01"), Command::Export { file: "/media/pc-01".into() });
        assert_eq!(command("export --lang vi f"), Command::Export { file: "f".into() });
        assert_eq!(command("record /tmp/m"), Command::Record { folder: "/tmp/m".into() });
        assert_eq!(command("look --root /r"), Command::Look);
        assert_eq!(command("provider"), Command::Provider);
        assert_eq!(command("--help"), Command::Help);
        assert_eq!(command("run -h"), Command::Help);
        assert_eq!(command("--version"), Command::Version);
    }

    #[test]
    fn the_token_comes_from_exactly_one_place() {
        let enrol = |token, replace| Command::Enrol { token, replace };
        assert_eq!(
            command("enrol --token-file /run/token"),
            enrol(TokenSource::File("/run/token".into()), false)
        );
        assert_eq!(command("enrol --token-file - --replace"), enrol(TokenSource::Stdin, true));
        assert_eq!(
            command(&format!("enrol --token {}", token())),
            enrol(TokenSource::Given(token()), false)
        );
        for line in ["enrol", &format!("enrol --token-file f --token {}", token())] {
            assert!(parse(line).unwrap_err().contains("exactly one"), "{line}");
        }
        assert!(parse("enrol --token x").unwrap_err().contains("not a join token"));
    }

    #[test]
    fn global_options_stand_anywhere() {
        let cli = parse("--config=/a --lang vi run --state /s --root /r -v").unwrap();
        assert_eq!(cli.config, ConfigPath::Given("/a".into()));
        assert_eq!(cli.lang, Some(Lang::Vi));
        assert_eq!(cli.state, Some("/s".into()));
        assert_eq!(cli.root, Some("/r".into()));
        assert!(cli.verbose);
        let cli = parse("run").unwrap();
        assert_eq!((cli.config, cli.state), (ConfigPath::Default, None));
    }

    #[test]
    fn an_option_of_another_command_is_refused_by_name() {
        for (line, option) in [
            ("run --json", "--json"),
            ("survey --once", "--once"),
            ("status --replace", "--replace"),
            ("doctor --once", "--once"),
            ("run --token-file f", "--token-file"),
            ("seal --json", "--json"),
            ("install --purge", "--purge"),
        ] {
            assert!(parse(line).unwrap_err().contains(option), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("", "no command"),
            ("enroll --token-file f", "\"enroll\""),
            ("run fast", "fast"),
            ("export", "the file to write"),
            ("export one two", "two"),
            ("record", "the folder to write"),
            ("run --fast", "--fast"),
            ("run --lang fr", "fr"),
            ("run --config", "--config"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(named), "{line}: {error}");
        }
    }

    #[test]
    fn both_help_texts_name_every_command_and_option() {
        for lang in [Lang::Vi, Lang::En] {
            for word in [
                "run [--once]",
                "survey [--json]",
                "enrol ",
                "export F",
                "record DIR",
                "status [--json]",
                "doctor [--json]",
                "seal ",
                "install ",
                "uninstall [--purge]",
                "--token-file",
                "--token ",
                "--replace",
                "--config",
                "--state",
                "--root",
                "--lang",
                "--verbose",
                "--help",
                "--version",
            ] {
                assert!(help(lang).contains(word), "{lang:?} {word}");
            }
        }
    }
}
