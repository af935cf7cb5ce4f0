//! What an editor says of policies: the schemas that `policy schema` writes, read by the real taplo.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use harness::program::{all, built, printed, run};
use harness::{Dice, skip};
use report::catalogue::{FactKey, Field, Kind, Platform, Tense};

const PACKAGE: &str = r#"{ "private": true, "dependencies": { "@taplo/cli": "0.7.0" } }"#;

/// npm takes nothing but what this digest names.
const LOCK: &str = r#"{
  "lockfileVersion": 3,
  "packages": {
    "": { "dependencies": { "@taplo/cli": "0.7.0" } },
    "node_modules/@taplo/cli": {
      "version": "0.7.0",
      "resolved": "https://registry.npmjs.org/@taplo/cli/-/cli-0.7.0.tgz",
      "integrity": "sha512-Ck3zFhQhIhi02Hl6T4ZmJsXdnJE+wXcJz5f8klxd4keRYgenMnip3JDPMGDRLbnC/2iGd8P0sBIQqI3KxfVjBg=="
    }
  }
}"#;

/// taplo, from the npm registry into the build folder; `None` where it cannot be had.
fn taplo() -> Option<&'static Path> {
    static TAPLO: OnceLock<Option<PathBuf>> = OnceLock::new();
    let taplo = TAPLO.get_or_init(|| {
        let fetched = fetch();
        if let Err(reason) = &fetched {
            skip("taplo", reason);
        }
        fetched.ok()
    });
    taplo.as_deref()
}

/// Tests run beside one another: each that finds no taplo fetches one for itself and puts it in
/// its place as a whole.
fn fetch() -> Result<PathBuf, String> {
    let folder = built("lachan-collector").ancestors().nth(2).unwrap().join("taplo-0.7.0");
    let program = folder.join("node_modules/@taplo/cli/dist/cli.js");
    if program.exists() {
        return Ok(program);
    }
    let draft = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
    fs::write(draft.path().join("package.json"), PACKAGE).unwrap();
    fs::write(draft.path().join("package-lock.json"), LOCK).unwrap();
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"];
    let npm = Command::new("npm").args(arguments).current_dir(draft.path()).output();
    let npm = npm.map_err(|error| format!("npm cannot be started: {error}"))?;
    if !npm.status.success() {
        return Err("the npm registry does not answer".to_owned());
    }
    // Where another test was first, its folder stands, and the same lies in it.
    let _ = fs::rename(draft.keep(), &folder);
    Ok(program)
}

fn lint(taplo: &Path, folder: &Path) -> Output {
    Command::new("node")
        .arg(taplo)
        .args(["lint", "--colors=never"])
        .current_dir(folder)
        .output()
        .unwrap()
}

fn collector(arguments: &[&str]) -> Output {
    run(&built("lachan-collector"), arguments)
}

/// A policies folder as `init` writes it.
fn policies() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let _ = printed(&collector(&["init", "--dir", folder.path().to_str().unwrap()]));
    let policies = folder.path().join("policies");
    (folder, policies)
}

#[test]
fn taplo_finds_no_fault_with_the_policies_of_this_repository_nor_with_those_of_init() {
    let Some(taplo) = taplo() else { return };
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let (_folder, fresh) = policies();
    for folder in [repository, fresh] {
        let said = lint(taplo, &folder);
        assert!(said.status.success(), "{}", all(&said));
    }
}

/// Mistakes: the file they are made in, its text, the line that is underlined and what is said.
const MISTAKES: &[(&str, &str, u32, &str)] = &[
    ("rules/a.toml", "colour = 1\n", 1, "'colour' was unexpected"),
    ("rules/b.toml", "severity = \"grave\"\n", 1, "\"grave\" is not one of"),
    ("rules/c.toml", "title = \"x\"\n", 1, "\"x\" is not of type \"object\""),
    ("rules/d.toml", "id = \"No Id\"\n", 1, "does not match"),
    ("rules/e.toml", "[applies]\nos = [\"linus\"]\n", 2, "\"linus\" is not one of"),
    ("rules/f.toml", "[applies]\nlevels = []\n", 2, "has less than 1 item"),
    ("rules/g.toml", "[require]\n\"machine.levle\" = 2\n", 2, "'machine.levle' was unexpected"),
    ("rules/h.toml", "[require]\n\"machine.level\" = { mim = 2 }\n", 2, "is not valid under any"),
    ("rules/i.toml", "[require]\n\"machine.level\" = \"2\"\n", 2, "is not valid under any"),
    (
        "rules/j.toml",
        "[require]\n\"patches.lists_at\" = { max_age = \"7 days\" }\n",
        2,
        "does not match",
    ),
    (
        "rules/k.toml",
        "[require]\n\"antivirus.products\" = { some = { colour = 1 } }\n",
        2,
        "'colour' was unexpected",
    ),
    (
        "rules/l.toml",
        "[require]\n\"antivirus.products\" = { none = { state = \"onn\" } }\n",
        2,
        "is not valid under any",
    ),
    ("rules/m.toml", "[require]\nany = []\n", 2, "has less than 1 item"),
    (
        "rules/n.toml",
        "[require]\n\"machine.os_version\" = { min = \"twelve\" }\n",
        2,
        "is not valid under any",
    ),
    ("rules/o.toml", "[level.6.require]\n\"machine.level\" = 1\n", 1, "'6' was unexpected"),
    ("rules/p.toml", "[[example]]\nverdict = \"passed\"\n", 2, "\"passed\" is not one of"),
    (
        "rules/q.toml",
        "[[example]]\nfacts = { \"machine.level\" = { unknown = \"lazy\" } }\n",
        2,
        "is not valid under any",
    ),
    ("targets.toml", "guard = 5\n", 1, "greater than the maximum"),
    (
        "register/units.toml",
        "[[unit]]\nid = \"a\"\nplaced = [{ over = \"b\" }]\n",
        3,
        "'over' was unexpected",
    ),
    ("register/systems.toml", "[[system]]\nlevel = 6\n", 2, "greater than the maximum"),
    ("register/waivers.toml", "[[waiver]]\nfrom = 2026-10-05T00:00:00Z\n", 2, "does not match"),
    ("register/licences.toml", "[[licence]]\nseats = 0\n", 2, "less than the minimum"),
    ("register/training.toml", "[[staff]]\nheads = \"ten\"\n", 2, "is not of type"),
    ("register/declared.toml", "[[declared]]\nkind = \"laptop\"\n", 2, "is not one of"),
];

#[test]
fn taplo_underlines_every_mistake_where_it_stands() {
    let Some(taplo) = taplo() else { return };
    let (_folder, policies) = policies();
    for (file, text, ..) in MISTAKES {
        fs::write(policies.join(file), text).unwrap();
    }
    let said = lint(taplo, &policies);
    assert!(!said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    let faults: Vec<_> = said.split("error: ").skip(1).collect();
    for (file, text, line, message) in MISTAKES {
        let place = format!("{}:{line}:", policies.join(file).display());
        let named = faults.iter().any(|fault| fault.contains(&place) && fault.contains(message));
        let here: String = faults.iter().filter(|fault| fault.contains(file)).copied().collect();
        assert!(named, "{file}: {text}: {message}\n{here}");
    }
}

/// Rules by chance: most of what they say fits, and some of it does not.
struct Author(Dice);

impl Author {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.0.below(of.len() as u64)).unwrap()]
    }

    fn seldom(&mut self) -> bool {
        self.0.below(40) == 0
    }

    fn rule(&mut self, id: &str) -> String {
        let severity = self.one(&["\"critical\"", "\"major\"", "\"minor\""]);
        let mut text = format!(
            "id = \"{id}\"\nseverity = {severity}\nsource = [\"x\"]\n\
             title = {{ vi = \"a\", en = \"a\" }}\nremedy = {{ vi = \"b\", en = \"b\" }}\n"
        );
        if self.0.below(3) == 0 {
            let (os, kind) =
                (self.one(&["linux", "windows"]), self.one(&["server", "workstation"]));
            let level = self.0.below(5) + 1;
            writeln!(
                text,
                "applies = {{ os = [\"{os}\"], kinds = [\"{kind}\"], levels = [{level}] }}"
            )
            .unwrap();
        }
        let any = if self.0.below(3) == 0 { self.any() } else { String::new() };
        write!(text, "[require]\n{}{any}", self.clauses("\n", 3)).unwrap();
        if self.0.below(3) == 0 {
            let highest = if self.seldom() { 9 } else { 5 };
            let level = self.0.below(highest) + 1;
            write!(text, "[level.{level}.require]\n{}", self.clauses("\n", 2)).unwrap();
        }
        if self.0.below(4) == 0 { text + &self.example() } else { text }
    }

    /// An example of which nobody can say beforehand what it gives; the rule is refused where this
    /// one is wrong.
    fn example(&mut self) -> String {
        let verdict = self.one(&["pass", "fail", "unknown", "unknown", "not_applicable"]);
        let facts: Vec<_> = (0..self.0.below(3)).map(|_| self.seen_fact()).collect();
        format!(
            "[[example]]\nname = \"x\"\nnow = 2026-11-22T08:00:00+07:00\nos = \"{}\"\n\
             verdict = \"{verdict}\"\nfacts = {{ {} }}\n",
            self.one(&Platform::ALL).name(),
            facts.join(", "),
        )
    }

    fn fact(&mut self) -> FactKey {
        let keys: Vec<_> = FactKey::all().collect();
        // Lists are the hardest part of the grammar and one fact of many.
        if self.0.below(4) == 0 {
            FactKey::named("antivirus.products").unwrap()
        } else {
            self.one(&keys)
        }
    }

    fn clauses(&mut self, between: &str, most: u64) -> String {
        let mut clauses: Vec<String> = Vec::new();
        for _ in 0..=self.0.below(most) {
            let fact = self.fact();
            clauses.push(format!("\"{}\" = {}", fact.name(), self.asked(fact.spec().kind)));
        }
        clauses.join(between) + between.trim_start_matches(", ")
    }

    fn any(&mut self) -> String {
        let groups: Vec<_> =
            (0..=self.0.below(2)).map(|_| format!("{{ {} }}", self.clauses(", ", 2))).collect();
        format!("any = [{}]\n", groups.join(", "))
    }

    fn asked(&mut self, kind: Kind) -> String {
        match self.0.below(3) {
            _ if self.seldom() => "{ colour = 1 }".to_owned(),
            0 if !matches!(kind, Kind::Moment(_) | Kind::Records(_)) => self.value(kind),
            1 if matches!(kind, Kind::Text | Kind::Version | Kind::OneOf(_) | Kind::Count) => {
                let (one, other) = (self.value(kind), self.value(kind));
                if one == other && !self.seldom() {
                    format!("[{one}]")
                } else {
                    format!("[{one}, {other}]")
                }
            }
            _ => format!("{{ {} }}", self.test(kind)),
        }
    }

    fn test(&mut self, kind: Kind) -> String {
        let present = format!("present = {}", self.one(&["true", "false"]));
        let tests: Vec<String> = match kind {
            Kind::Text => vec!["matches = \"a.*\"".to_owned()],
            Kind::Version => vec![
                format!("min = {}", self.value(kind)),
                "min = \"1.2\", max = \"1.10\"".to_owned(),
                "matches = \"[0-9]+\"".to_owned(),
            ],
            Kind::OneOf(_) | Kind::Bool => vec![present.clone()],
            Kind::Count => vec![
                format!("min = {}", self.value(kind)),
                format!("min = {}, max = {}", self.value(kind), self.value(kind)),
            ],
            Kind::Moment(Tense::Happened) => vec![
                format!("max_age = \"{}{}\"", self.0.below(90), self.one(&["d", "h", "m"])),
                format!("not_before = {}", self.value(kind)),
            ],
            Kind::Moment(Tense::End) => vec![format!("min_left = \"{}d\"", self.0.below(90))],
            Kind::Records(fields) => {
                let mut ask = |name| format!("{name} = {{ {} }}", self.record(fields));
                vec![
                    ask("some"),
                    ask("every"),
                    ask("none"),
                    format!("{}, {}", ask("some"), ask("none")),
                ]
            }
        };
        let tests: Vec<_> = tests.iter().map(String::as_str).chain([present.as_str()]).collect();
        self.one(&tests).to_owned()
    }

    fn record(&mut self, fields: &'static [Field]) -> String {
        let chosen = usize::try_from(self.0.below(fields.len() as u64)).unwrap();
        let fields = fields.iter().skip(chosen).take(2);
        let tests: Vec<_> =
            fields.map(|field| format!("{} = {}", field.name, self.asked(field.kind))).collect();
        tests.join(", ")
    }

    fn value(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Text => self.one(&["\"eset\"", "\"Máy 1\"", "\"a b\""]).to_owned(),
            Kind::Version => {
                self.one(&["\"1.2\"", "\"10.0.19045\"", "\"6.1.0-18-amd64\"", "\"sid\""]).to_owned()
            }
            Kind::OneOf(words) => format!("\"{}\"", self.one(words)),
            Kind::Bool => self.one(&["true", "false"]).to_owned(),
            Kind::Count => self.one(&["0", "1", "12", "0x10", "4_096", "-1"]).to_owned(),
            Kind::Moment(_) => self
                .one(&[
                    "2026-11-22",
                    "2026-01-01T08:00:00+07:00",
                    "2026-11-21 01:02:03.5Z",
                    "2026-11-22T08:00:00",
                ])
                .to_owned(),
            Kind::Records(_) => "[]".to_owned(),
        }
    }

    fn seen_fact(&mut self) -> String {
        let fact = self.fact();
        let seen = match fact.spec().kind {
            Kind::Records(fields) => {
                let records: Vec<_> =
                    (0..self.0.below(3)).map(|_| self.seen_record(fields)).collect();
                format!("[{}]", records.join(", "))
            }
            kind => self.seen(kind),
        };
        format!("\"{}\" = {seen}", fact.name())
    }

    fn seen_record(&mut self, fields: &'static [Field]) -> String {
        let field = &fields[usize::try_from(self.0.below(fields.len() as u64)).unwrap()];
        format!("{{ {} = {} }}", field.name, self.seen(field.kind))
    }

    fn seen(&mut self, kind: Kind) -> String {
        match self.0.below(4) {
            0 => "{ absent = true }".to_owned(),
            1 => "{ unknown = \"access_denied\" }".to_owned(),
            _ => self.value(kind),
        }
    }
}

#[test]
fn what_the_collector_reads_taplo_finds_no_fault_with() {
    const RULES: usize = 400;
    let Some(taplo) = taplo() else { return };
    let (_folder, policies) = policies();
    let mut author = Author(Dice::new(4));
    for number in 0..RULES {
        let id = format!("by-chance-{number}");
        fs::write(policies.join(format!("rules/{id}.toml")), author.rule(&id)).unwrap();
    }
    let said = collector(&["policy", "check", policies.to_str().unwrap()]);
    let said = String::from_utf8(said.stdout).unwrap();
    let mut read = 0;
    for number in 0..RULES {
        let file = format!("rules/by-chance-{number}.toml");
        if said.contains(&format!("{file}:")) {
            fs::remove_file(policies.join(file)).unwrap();
        } else {
            read += 1;
        }
    }
    assert!((RULES / 3..RULES).contains(&read), "{read} of {RULES} were read\n{said}");
    let _ = printed(&collector(&["policy", "check", policies.to_str().unwrap()]));
    let said = lint(taplo, &policies);
    assert!(said.status.success(), "{}", all(&said));
}
