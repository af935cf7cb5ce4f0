//! The agent for Windows, on a Windows of its own under Wine.
//!
//! Each test has its own prefix, a copy of one that is made once, and ends what runs in it. A
//! prefix is large and does not change where it is large: its programs and libraries are linked.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::skip;

/// Debian's Wine for programs of 64 bits.
const WINE: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver64";

/// How long a server stays whose test was killed: longer than any test.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// What a prefix links and never writes.
const UNCHANGING: [&str; 6] = ["dll", "drv", "exe", "nls", "ocx", "sys"];

/// Where the agent lies, as its package would put it.
pub const AGENT: &str = r"C:\Program Files\Lachan\lachan-agent.exe";

/// What the agent for Windows is called that `packaging/windows/build.sh` builds.
///
/// # Panics
/// When the test lies where cargo puts none.
#[must_use]
pub fn built_agent() -> PathBuf {
    target().join("x86_64-win7-windows-gnu/agent/lachan-agent.exe")
}

/// A running Windows with the agent on it.
#[derive(Debug)]
pub struct Wine {
    prefix: TempDir,
}

impl Wine {
    /// A fresh machine with the agent on it; none, said by name, where Wine or the agent is
    /// missing.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn start(test: &str) -> Option<Self> {
        let agent = built_agent();
        if !Path::new(WINE).exists() || !agent.exists() {
            skip(test, "there is no Wine, or sh packaging/windows/build.sh could not build");
            return None;
        }
        let prefix = tempfile::tempdir_in(folder()).expect("a folder");
        copy(&template(), prefix.path());
        let wine = Self { prefix };
        fs::create_dir_all(wine.path(r"C:\Program Files\Lachan")).expect("a folder");
        fs::copy(agent, wine.path(AGENT)).expect("the agent");
        wine.begin();
        Some(wine)
    }

    /// Where a file of that Windows lies on this machine.
    ///
    /// # Panics
    /// When it is not on its drive C.
    #[must_use]
    pub fn path(&self, windows: &str) -> PathBuf {
        let below = windows.strip_prefix(r"C:\").expect("a path on C");
        self.prefix.path().join("drive_c").join(below.replace('\\', "/"))
    }

    /// Writes a file of that Windows.
    ///
    /// # Panics
    /// When it cannot.
    pub fn write(&self, windows: &str, text: &str) {
        let path = self.path(windows);
        fs::create_dir_all(path.parent().expect("on the drive")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Runs a program of that Windows to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = self.wine(WINE);
        command.arg(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
        command.output().unwrap_or_else(|error| panic!("start {program}: {error}"))
    }

    /// Runs a command of the agent.
    #[must_use]
    pub fn agent(&self, arguments: &[&str]) -> Output {
        self.run(AGENT, arguments)
    }

    /// What the service manager says of the service, as `sc query` shows it.
    #[must_use]
    pub fn service(&self, name: &str) -> Service {
        let output = self.run("sc", &["query", name]);
        Service(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Ends everything that runs and starts the machine again.
    pub fn restart(&self) {
        self.end();
        self.begin();
    }

    /// The server comes first, and stays where no program runs: left to the programs, two that
    /// start at once race for it, and what starts three seconds after the last one is ended with it.
    ///
    /// The first program of a session starts the system's own, which keep what they inherit: a
    /// pipe that somebody reads to its end would never end.
    fn begin(&self) {
        let stay = format!("-p{}", FORGOTTEN_AFTER.as_secs());
        let mut server = self.wine(SERVER);
        server.arg(stay).stdin(Stdio::null()).stdout(Stdio::null());
        assert!(server.status().expect("Wine's server starts").success(), "the server is up");
        let mut first = self.wine(WINE);
        first.args(["cmd", "/c", "exit"]).stdin(Stdio::null()).stdout(Stdio::null());
        assert!(first.status().expect("Wine starts").success(), "the system is up");
    }

    fn end(&self) {
        for option in ["-k", "-w"] {
            let _ = self.wine(SERVER).arg(option).stdout(Stdio::null()).status();
        }
    }

    fn wine(&self, program: &str) -> Command {
        wine(program, self.prefix.path())
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.end();
    }
}

/// What `sc query` printed.
#[derive(Clone, Debug)]
pub struct Service(pub String);

impl Service {
    /// Its state, as `RUNNING`; empty when there is no such service.
    #[must_use]
    pub fn state(&self) -> &str {
        self.field("STATE").and_then(|state| state.split_whitespace().nth(1)).unwrap_or_default()
    }

    /// The code with which it ended, where that is one of its own.
    #[must_use]
    pub fn exit_code(&self) -> Option<u32> {
        let first = |name| self.field(name)?.split_whitespace().next()?.parse::<u32>().ok();
        match first("WIN32_EXIT_CODE")? {
            // ERROR_SERVICE_SPECIFIC_ERROR
            1066 => first("SERVICE_EXIT_CODE"),
            code => Some(code),
        }
    }

    fn field(&self, name: &str) -> Option<&str> {
        let lines = self.0.lines().filter_map(|line| line.split_once(':'));
        lines
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

fn wine(program: &str, prefix: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("WINEPREFIX", prefix)
        .env("WINEDEBUG", "-all")
        // No desktop, no browser, no .NET.
        .env("WINEDLLOVERRIDES", "mscoree,mshtml,winemenubuilder.exe=")
        .env_remove("DISPLAY")
        .env_remove("LC_ALL")
        .env("LANG", "C.UTF-8")
        .stderr(Stdio::null());
    command
}

/// The folder that cargo builds into.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    test.ancestors().nth(3).expect("tests lie in target/PROFILE/deps").to_owned()
}

fn folder() -> PathBuf {
    let folder = target().join("wine");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A prefix that nobody uses, made once by each version of Wine.
fn template() -> PathBuf {
    let version = Command::new(WINE).arg("--version").output().expect("Wine");
    let version = String::from_utf8_lossy(&version.stdout).trim().replace([' ', '/'], "-");
    let template = folder().join(format!("template-{version}"));
    let lock = File::create(folder().join("lock")).expect("a lock");
    lock.lock().expect("a lock");
    if !template.exists() {
        let unfinished = folder().join("template-unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        let made = wine(WINE, &unfinished).args(["wineboot", "-i"]).stdout(Stdio::null()).status();
        assert!(made.expect("Wine starts").success(), "wineboot makes {}", unfinished.display());
        let written = wine(SERVER, &unfinished).arg("-w").status();
        assert!(written.expect("Wine's server").success(), "the prefix is written");
        fs::rename(&unfinished, &template).expect("a prefix");
    }
    template
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a prefix").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            copy(&from, &to);
        } else if kind.is_symlink() {
            let target = fs::read_link(&from).expect("a link");
            std::os::unix::fs::symlink(target, &to).expect("a link");
        } else if is_unchanging(&from) {
            fs::hard_link(&from, &to).expect("a link");
        } else {
            fs::copy(&from, &to).expect("a file");
        }
    }
}

fn is_unchanging(path: &Path) -> bool {
    path.extension().is_some_and(|end| UNCHANGING.iter().any(|unchanging| end == *unchanging))
}

/// As long as a service of Wine takes to start or to stop on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
