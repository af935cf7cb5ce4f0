//! The real agent over a recorded machine.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value as Json;

use crate::Root;
use crate::program::{Running, all, built, printed, run};

/// An agent with its own settings and state.
#[derive(Debug)]
pub struct Agent {
    program: PathBuf,
    root: PathBuf,
    folder: PathBuf,
}

impl Agent {
    /// An agent that looks at a recorded machine.
    ///
    /// # Panics
    /// When its folder cannot be made.
    #[must_use]
    pub fn over(root: &Root, folder: &Path) -> Self {
        Self::at(root.path(), folder)
    }

    /// An agent that looks at any root, `/` included.
    ///
    /// # Panics
    /// When its folder cannot be made.
    #[must_use]
    pub fn at(root: &Path, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(folder.join("agent.toml"), "first_contact_spread = \"0s\"\n")
            .expect("settings");
        let program = built("lachan-agent");
        Self { program, root: root.to_owned(), folder: folder.to_owned() }
    }

    /// The same agent, as another build of it.
    #[must_use]
    pub fn built_as(self, program: &Path) -> Self {
        Self { program: program.to_owned(), ..self }
    }

    /// Adds a line to its settings.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn set(&self, line: &str) {
        let file = self.folder.join("agent.toml");
        let settings = std::fs::read_to_string(&file).expect("settings");
        std::fs::write(&file, format!("{line}\n{settings}")).expect("settings");
    }

    /// Writes its settings, for those who start it afterwards.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn settings(&self, text: &str) {
        std::fs::write(self.folder.join("agent.toml"), text).expect("settings");
    }

    /// Its state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// Runs one of its commands.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Output {
        let options = self.options();
        run(&self.program, &with(arguments, &options))
    }

    /// The options that name its settings, its state and its root.
    #[must_use]
    pub fn options(&self) -> [String; 6] {
        let path = |path: PathBuf| path.to_str().expect("a path in UTF-8").to_owned();
        [
            "--config".to_owned(),
            path(self.folder.join("agent.toml")),
            "--state".to_owned(),
            path(self.state()),
            "--root".to_owned(),
            path(self.root.clone()),
        ]
    }

    /// Joins with a token.
    ///
    /// # Panics
    /// When the collector says no.
    pub fn enrol(&self, token: &str) {
        let output = self.try_enrol(token);
        assert!(output.status.success(), "{}", all(&output));
    }

    /// Gives up the identity it has and joins with a token.
    ///
    /// # Panics
    /// When the collector says no.
    pub fn enrol_anew(&self, token: &str) {
        let output = self.enrol_with(token, &["--replace"]);
        assert!(output.status.success(), "{}", all(&output));
    }

    /// Tries to join with a token.
    ///
    /// # Panics
    /// When the token cannot be written to a file.
    #[must_use]
    pub fn try_enrol(&self, token: &str) -> Output {
        self.enrol_with(token, &[])
    }

    fn enrol_with(&self, token: &str, more: &[&str]) -> Output {
        let file = self.folder.join("token");
        std::fs::write(&file, token).expect("a token file");
        let arguments = ["enrol", "--token-file", file.to_str().expect("UTF-8")];
        self.command(&[&arguments, more].concat())
    }

    /// Surveys and reports once.
    ///
    /// # Panics
    /// When the report is not accepted.
    pub fn report(&self) {
        let output = self.try_report();
        assert!(output.status.success(), "{}", all(&output));
    }

    /// Surveys and tries to report once.
    #[must_use]
    pub fn try_report(&self) -> Output {
        self.command(&["run", "--once"])
    }

    /// Runs as the service does, until the value goes.
    #[must_use]
    pub fn start(&self) -> Running {
        self.start_under(&[])
    }

    /// The same with variables that a service manager would set.
    #[must_use]
    pub fn start_under(&self, manager: &[(&str, &str)]) -> Running {
        self.begin(&["run"], manager)
    }

    /// Begins to survey and to report once.
    #[must_use]
    pub fn begin_report(&self) -> Running {
        self.begin(&["run", "--once"], &[])
    }

    fn begin(&self, arguments: &[&str], manager: &[(&str, &str)]) -> Running {
        let options = self.options();
        let log = self.folder.join("agent.log");
        Running::start_under(manager, &self.program, &with(arguments, &options), &log)
    }

    /// The reports that wait on disk, oldest first, as they stand there.
    ///
    /// # Panics
    /// When one of them is not whole.
    #[must_use]
    pub fn waiting(&self) -> Vec<Json> {
        let Ok(entries) = std::fs::read_dir(self.state().join("spool")) else {
            return Vec::new();
        };
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files.iter().filter(|path| is_report(path)).map(|path| report(path)).collect()
    }

    /// What it would send.
    ///
    /// # Panics
    /// When that is no JSON.
    #[must_use]
    pub fn survey(&self) -> Json {
        let printed = printed(&self.command(&["survey", "--json"]));
        serde_json::from_str(&printed).expect("JSON")
    }

    /// One fact of what it would send.
    #[must_use]
    pub fn fact(&self, topic: &str, fact: &str) -> Json {
        self.survey()[topic]["facts"][fact].clone()
    }

    /// What it knows of itself.
    ///
    /// # Panics
    /// When that is no JSON.
    #[must_use]
    pub fn status(&self) -> Json {
        let output = self.command(&["status", "--json"]);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}", all(&output)))
    }
}

fn with<'a>(arguments: &[&'a str], options: &'a [String]) -> Vec<&'a str> {
    arguments.iter().copied().chain(options.iter().map(String::as_str)).collect()
}

fn is_report(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn report(path: &Path) -> Json {
    let file = std::fs::read_to_string(path).expect("a report");
    let (seal, body) = file.split_once('\n').expect("a seal and a body");
    assert!(seal.starts_with("sha256 "), "{}", path.display());
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
