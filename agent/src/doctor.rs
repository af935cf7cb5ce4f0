//! What stands between this machine and its collector, one question after the other, and what to
//! do about each.
//!
//! Asking changes nothing on this machine: no lock is taken, no file written, no report sent. What
//! goes out is a connection to each collector, and the question what time it is, of which a collector
//! answers some in a row and then so many an hour.

mod configuration;
mod contacts;
mod identity;
mod network;
mod question;
mod rights;
mod state;

use std::time::Duration;

use report::{Bilingual, Timestamp};
use serde::Serialize;

use crate::clock;
use crate::config::{Config, ConfigError, ConfigPath};
use crate::host::Host;
use crate::host::rights::Rights;
use crate::state::StateDir;
use crate::uplink;
use crate::words::span;
pub use question::Question;

/// How long each question to the network may take: as long as the agent gives a connection.
pub const PATIENCE: Duration = uplink::CONNECT;

/// What is examined.
pub struct Subject {
    /// Where the configuration was looked for.
    pub path: ConfigPath,
    /// What was found there.
    pub config: Result<Config, ConfigError>,
    /// The state folder, where the command line names one.
    pub state: Option<StateDir>,
    /// The machine.
    pub host: Host,
}

/// Everything that was asked; also what `doctor --json` shows.
#[derive(Debug, Default, Serialize)]
pub struct Examination {
    /// The answers, in the order in which they build on each other.
    pub checks: Vec<Check>,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was asked.
    pub question: Question,
    /// Of which collector or topic, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// How it stands.
    pub health: Health,
    /// What was seen, or why nothing was.
    pub seen: Bilingual,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Bilingual>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Fine,
    /// It works, and somebody should look.
    Finding,
    /// It does not work.
    Failed,
    /// It could not be asked.
    Untested,
}

impl Check {
    fn new(question: Question, health: Health, seen: Bilingual) -> Self {
        Self { question, of: None, health, seen, remedy: None }
    }

    fn fine(question: Question, seen: Bilingual) -> Self {
        Self::new(question, Health::Fine, seen)
    }

    fn untested(question: Question, why: Bilingual) -> Self {
        Self::new(question, Health::Untested, why)
    }

    fn finding(question: Question, seen: Bilingual, remedy: Bilingual) -> Self {
        Self { remedy: Some(remedy), ..Self::new(question, Health::Finding, seen) }
    }

    fn failed(question: Question, seen: Bilingual, remedy: Bilingual) -> Self {
        Self { remedy: Some(remedy), ..Self::new(question, Health::Failed, seen) }
    }

    fn of(self, whom: impl Into<String>) -> Self {
        Self { of: Some(whom.into()), ..self }
    }
}

impl Examination {
    /// Whether somebody should look.
    #[must_use]
    pub fn is_a_finding(&self) -> bool {
        self.checks.iter().any(|check| match check.health {
            Health::Finding | Health::Failed | Health::Untested => true,
            Health::Fine => false,
        })
    }
}

/// Asks everything. `patience` is for each question to the network.
pub async fn examine(subject: &Subject, patience: Duration) -> Examination {
    let mut checks = vec![configuration::configuration(&subject.path, &subject.config)];
    match &subject.config {
        Ok(config) => checks.extend(further(subject, config, patience).await),
        Err(_) => {
            let why =
                Bilingual::new("không hiểu được cấu hình", "the configuration is not understood");
            let rest = Question::AFTER_CONFIGURATION.iter();
            checks.extend(rest.map(|question| Check::untested(*question, why.clone())));
        }
    }
    Examination { checks }
}

async fn further(subject: &Subject, config: &Config, patience: Duration) -> Vec<Check> {
    let now = clock::now();
    let rights = Rights::mine();
    let state = subject.state.clone().unwrap_or_else(|| StateDir::new(config.state_dir.clone()));
    let mut checks = Vec::new();
    checks.extend(configuration::secret(&subject.path, config));
    let folder = state::folder(&state, rights);
    let is_open = folder.is_open;
    checks.extend(folder.checks);
    let known = identity::examine(&state, &subject.host, is_open, rights, now);
    checks.extend(known.checks);
    checks.extend(network::examine(config, known.identity.as_ref(), known.heard, patience).await);
    checks.extend(rights::examine(&subject.host, config, rights, now).await);
    checks.extend(contacts::examine(&state, config, is_open, now));
    checks
}

/// How long ago, for people.
fn ago(at: Timestamp, now: Timestamp) -> Bilingual {
    span(now.since(at).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examination(health: Health) -> Examination {
        let check = Check::new(Question::Identity, health, Bilingual::default());
        Examination { checks: vec![check] }
    }

    #[test]
    fn only_what_was_asked_and_found_fine_is_no_finding() {
        let is_a_finding = |health| examination(health).is_a_finding();
        assert!(is_a_finding(Health::Finding) && is_a_finding(Health::Failed));
        assert!(!is_a_finding(Health::Fine) && is_a_finding(Health::Untested));
        assert!(!Examination::default().is_a_finding());
    }

    #[tokio::test]
    async fn a_faulty_configuration_is_told_and_nothing_is_asked_by_it() {
        let subject = Subject {
            path: ConfigPath::Given("agent.toml".into()),
            config: Config::parse(std::path::Path::new("agent.toml"), "colectors = []"),
            state: None,
            host: Host::live(),
        };
        let examination = examine(&subject, Duration::ZERO).await;
        let [first, rest @ ..] = &examination.checks[..] else {
            panic!("nothing was asked");
        };
        assert_eq!(first.health, Health::Failed);
        assert!(first.seen.en.contains("agent.toml:1: unknown key `colectors`"));
        assert!(rest.iter().all(|check| check.health == Health::Untested));
    }
}
