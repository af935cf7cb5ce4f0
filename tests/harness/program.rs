//! The programs under test, as they were built.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A program of the workspace, from the folder this test was built into.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let folder = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let program = folder.join(name);
    assert!(program.exists(), "{} is missing: run cargo build --workspace", program.display());
    program
}

/// Runs a program to its end.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run(program: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .env_remove("LC_ALL")
        .env("LANG", "C")
        .stdin(Stdio::null())
        .output();
    output.unwrap_or_else(|error| panic!("start {}: {error}", program.display()))
}

/// What a program printed, when it ended well.
///
/// # Panics
/// When it did not.
#[must_use]
pub fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", all(output));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Everything a program said, for messages.
#[must_use]
pub fn all(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A program that runs until this value goes.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a program whose output goes to a log file.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(program: &Path, arguments: &[&str], log: &Path) -> Self {
        Self::start_under(&[], program, arguments, log)
    }

    /// The same with variables that a service manager would set.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start_under(
        manager: &[(&str, &str)],
        program: &Path,
        arguments: &[&str],
        log: &Path,
    ) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log");
        let child = Command::new(program)
            .args(arguments)
            .env("LANG", "C")
            .envs(manager.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("start {}: {error}", program.display()));
        Self { child, log: log.to_owned() }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it with SIGKILL: nothing of its own is flushed or finished.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and does not wait.
    pub fn ask_to_end(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }

    /// Asks it to end and waits; says whether it ended well.
    ///
    /// # Panics
    /// When it does not end within 20 seconds.
    pub fn terminate(&mut self) -> bool {
        self.ask_to_end();
        let mut ended = None;
        crate::until("the program ends", || {
            ended = self.child.try_wait().ok().flatten();
            ended.is_some()
        });
        ended.is_some_and(|status| status.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.log());
        }
    }
}
