//! The budget as `tests/budget.toml` states it, and how it is shown.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The budget.
#[derive(Debug)]
pub struct Limits(toml::Table);

/// One figure of the budget.
#[derive(Clone, Debug)]
struct Limit {
    limit: u64,
    unit: String,
    what: String,
    measured: String,
}

/// The figures that were measured, against their limits.
#[derive(Debug)]
pub struct Figures {
    limits: Limits,
    rows: Vec<String>,
    above: Vec<String>,
}

impl Limits {
    /// Reads the budget.
    ///
    /// # Panics
    /// When it is not what it should be.
    #[must_use]
    pub fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("budget.toml");
        let text = std::fs::read_to_string(&file).expect("the budget");
        Self(text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    }

    fn get(&self, name: &str) -> Limit {
        let row = self.0.get(name).unwrap_or_else(|| panic!("budget.toml has no [{name}]"));
        let text = |key: &str| row[key].as_str().expect("a text").to_owned();
        let limit = row["limit"].as_integer().expect("a number");
        Limit {
            limit: u64::try_from(limit).expect("not negative"),
            unit: text("unit"),
            what: text("what"),
            measured: text("measured"),
        }
    }

    /// The names of all figures.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self { limits: Limits::read(), rows: Vec::new(), above: Vec::new() }
    }
}

impl Figures {
    /// Takes down a figure of the budget; `beside` says more about it, or nothing.
    ///
    /// # Panics
    /// When the budget has no such figure.
    pub fn note(&mut self, name: &str, measured: u64, beside: &str) {
        let Limit { limit, unit, what, measured: how } = self.limits.get(name);
        let beside = if beside.is_empty() { String::new() } else { format!(" ({beside})") };
        self.rows.push(format!("| {what}{beside} | {measured} | {limit} {unit} | {how} |"));
        if measured > limit {
            self.above.push(format!("{what}{beside}: {measured} {unit}, at most {limit}"));
        }
    }

    /// Takes down a part of a figure, which has no limit of its own.
    pub fn part(&mut self, what: &str, measured: u64, unit: &str, how: &str) {
        self.rows.push(format!("| {what} | {measured} | ({unit}) | {how} |"));
    }

    /// The table, in Markdown.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = "| figure | measured | limit | how |\n|---|---|---|---|\n".to_owned();
        for row in &self.rows {
            let _ = writeln!(table, "{row}");
        }
        table
    }

    /// What is above its limit.
    #[must_use]
    pub fn above(&self) -> &[String] {
        &self.above
    }
}

/// A file of this build's folder that a person may want to read.
///
/// # Panics
/// When this is no test of the workspace.
#[must_use]
pub fn in_target(path: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    test.ancestors().nth(3).expect("tests lie in target/PROFILE/deps").join(path)
}
