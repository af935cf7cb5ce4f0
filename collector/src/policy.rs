//! Policies: what is asked of machines, by whom it was decided, and how it is judged.
//!
//! [`load`] turns a [`Folder`] into a [`PolicySet`] or into every mistake of every file.
//! [`judge`](judge::judge) holds one machine against a set, [`Posture`] everyone. All of it is
//! pure: what a set says of a machine at a moment depends on nothing else.

use report::Lang;

pub mod calendar;
pub mod catalogues;
pub mod constraint;
pub mod counts;
pub mod cut_offs;
pub mod day;
pub mod derive;
pub(crate) mod document;
pub mod entry;
pub mod explanation;
pub mod facts;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod folder;
pub mod forecast;
pub mod hourglass;
pub mod judge;
pub mod period;
pub mod plan;
pub mod posture;
pub mod problem;
#[cfg(test)]
mod promises;
pub mod requirement;
pub mod roll;
pub mod rule;
pub mod schema;
mod seats;
pub mod starter;
pub mod states;
pub mod subject;
pub mod targets;
pub mod version;
pub mod why;
pub(crate) mod words;

pub use catalogues::Catalogues;
pub use day::Day;
pub use folder::{Folder, FolderHash};
pub use forecast::Forecast;
pub use hourglass::Hourglass;
pub use judge::{Judgement, explain, judge};
pub use plan::Plan;
pub use posture::Posture;
pub use problem::{Problem, Problems};
pub use roll::Roll;
pub use rule::Rule;
pub use subject::{JudgeClock, Subject};
pub use targets::Targets;
pub use why::Why;

use self::calendar::Calendar;
use self::problem::{Ledger, Page, did_you_mean};
use crate::register::Register;

/// Everything the judge goes by.
#[derive(Clone, Debug)]
pub struct PolicySet {
    /// The folder it was read from.
    pub hash: FolderHash,
    /// The rules, ordered by id.
    pub rules: Vec<Rule>,
    /// The goals, and how the office counts time.
    pub targets: Targets,
    /// What the world outside says.
    pub catalogues: Catalogues,
    /// Who is answered for.
    pub register: Register,
}

impl PolicySet {
    /// The rule of this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// Loads a folder: checks everything in it and runs every example.
///
/// A folder without a rule is refused: nothing in it could ever be met, so it is far more likely
/// to be the wrong folder.
///
/// # Errors
/// Every mistake of every file, each with its place. A set with a mistake is never used.
pub fn load(folder: &Folder) -> Result<PolicySet, Problems> {
    let ledger = Ledger::default();
    let calendar = targets::read_calendar(folder);
    let catalogues = Catalogues::read(folder, &ledger, &calendar);
    let mut register = Register::read(folder, &ledger, &catalogues);
    let before = ledger.count();
    let rules = read_rules(folder, &ledger, &calendar, &register);
    let rules_are_whole = ledger.count() == before;
    let before = ledger.count();
    let targets = targets::read(folder, &ledger, &rules, rules_are_whole);
    let goals = targets.as_ref().filter(|_| ledger.count() == before);
    register.read_what_refers(
        folder,
        &ledger,
        rules_are_whole.then_some(&rules),
        goals.map(|targets| &*targets.list),
    );
    refuse_unknown_files(folder, &ledger);
    for rule in &rules {
        run_examples(rule, folder, &ledger);
    }
    match targets {
        Some(targets) if ledger.count() == 0 => {
            Ok(PolicySet { hash: folder.hash(), rules, targets, catalogues, register })
        }
        Some(_) | None => Err(ledger.problems(|file| folder.get(file))),
    }
}

const RULES: &str = "rules/";

fn read_rules(
    folder: &Folder,
    ledger: &Ledger,
    calendar: &Calendar,
    register: &Register,
) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut files = 0;
    for (file, text) in folder.files().filter(|(file, _)| is_rule(file)) {
        files += 1;
        let page = Page { file, text, ledger };
        let Some(rule) = rule::read(page, calendar, register) else {
            continue;
        };
        match rules.iter().find(|one| one.id == rule.id) {
            Some(twin) => page.wrong(
                id_span(text, &rule.id),
                format!("the id `{}` is taken by {}", rule.id, twin.file),
            ),
            None => rules.push(rule),
        }
    }
    if files == 0 {
        let help = Some(
            "is this the policies folder? `lachan-collector init` writes one with rules".to_owned(),
        );
        ledger.note_file(RULES, "the folder holds no rule", help);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn is_rule(file: &str) -> bool {
    file.starts_with(RULES) && file.ends_with(".toml")
}

/// Where the id stands as a value in a file that has been read well.
fn id_span(text: &str, id: &str) -> std::ops::Range<usize> {
    let quoted = format!("\"{id}\"");
    let start = text.find(&quoted).unwrap_or(0);
    start..start + quoted.len()
}

/// A file under a misspelt name would be a rule that silently does not hold.
fn refuse_unknown_files(folder: &Folder, ledger: &Ledger) {
    let known: Vec<_> =
        catalogues::FILES.into_iter().chain(Register::files()).chain([targets::FILE]).collect();
    for (file, _) in folder.files() {
        if file.ends_with(".md") || is_rule(file) || known.contains(&file) {
            continue;
        }
        // A rule in a misspelt folder has a name that only its own folder can tell.
        let as_rule = format!("{RULES}{}", file.rsplit('/').next().unwrap_or(file));
        let help = did_you_mean(file, known.iter().copied().chain([as_rule.as_str()]));
        ledger.note_file(file, "this file is not read by this version", help);
    }
}

fn run_examples(rule: &Rule, folder: &Folder, ledger: &Ledger) {
    let Some(text) = folder.get(&rule.file) else {
        return;
    };
    let page = Page { file: &rule.file, text, ledger };
    for example in &rule.examples {
        let clock = JudgeClock::at(example.now);
        let given = judge::judge_example(rule, &example.setting, &example.facts(), clock);
        if given.ruling == example.verdict {
            continue;
        }
        let help = given
            .why
            .map(|why| format!("unknown because: {}", why.words(&Calendar::utc()).get(Lang::En)));
        page.wrong_with_help(
            example.verdict_span.clone(),
            format!(
                "the example \"{}\" says {} and the rule gives {}",
                example.name,
                example.verdict.name(),
                given.ruling.name()
            ),
            help,
        );
    }
}

#[cfg(test)]
mod tests;
