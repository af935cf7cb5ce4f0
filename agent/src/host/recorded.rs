//! Recorded machines for tests: copied into a folder of their own, stamped, and changed at will.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use report::observation::Facts;
use report::{Fact, FactKey, Outcome, Reason, Record, Value};
use tempfile::TempDir;

use super::files::RECORDED_REGISTRY;
use super::{Files, Host};

const ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/roots");

/// The same moments on every run: what is tested here is what is read, not how old it is.
const STAMPS: [(&str, &str); 5] = [
    ("@CLAMAV_BUILD@", "21 Nov 2026 07-24 +0000"),
    ("@CLAMAV_EPOCH@", "1795245882"),
    ("@RELEASE_DATE@", "Fri, 20 Nov 2026 00:12:41 UTC"),
    ("@RELEASE_VALID_UNTIL@", "Fri, 27 Nov 2026 00:12:41 UTC"),
    ("@WUA_SEARCHED@", "2026-11-21T07:24:42Z"),
];

const EMPTY_REGISTRY: &str = "Windows Registry Editor Version 5.00\n";

/// A machine that lives as long as its test.
pub(crate) struct Machine(TempDir);

impl Machine {
    /// A machine with nothing on it.
    pub(crate) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A copy of one of the recorded roots.
    pub(crate) fn recorded(name: &str) -> Self {
        let machine = Self::empty();
        copy(&Path::new(ROOTS).join(name), machine.0.path());
        machine
    }

    pub(crate) fn place(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let place = self.place(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
        self
    }

    pub(crate) fn with_folder(self, path: &str) -> Self {
        fs::create_dir_all(self.place(path)).unwrap();
        self
    }

    pub(crate) fn with_link(self, path: &str, target: &str) -> Self {
        fs::create_dir_all(self.place(path).parent().unwrap()).unwrap();
        symlink(target, self.place(path)).unwrap();
        self
    }

    /// With one piece of text in a file replaced by another; it must be there.
    pub(crate) fn with_edit(self, path: &str, from: &str, to: &str) -> Self {
        let text = String::from_utf8(bytes(&self.place(path))).unwrap();
        assert!(text.contains(from), "{path} does not say {from:?}");
        self.with(path, text.replace(from, to))
    }

    pub(crate) fn without(self, path: &str) -> Self {
        let place = self.place(path);
        match place.is_dir() {
            true => fs::remove_dir_all(place).unwrap(),
            false => fs::remove_file(place).unwrap(),
        }
        self
    }

    pub(crate) fn denied(self, path: &str) -> Self {
        self.ruled(&format!("denied {path}"))
    }

    pub(crate) fn owned(self, path: &str, uid: u32, mode: u32) -> Self {
        self.ruled(&format!("owned {uid} {mode:04o} {path}"))
    }

    fn ruled(self, rule: &str) -> Self {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.place(".recording"))
            .unwrap();
        writeln!(file, "{rule}").unwrap();
        self
    }

    /// With a process like those of the recorded roots.
    pub(crate) fn with_process(self, pid: u32, name: &str, uid: u32, arguments: &[&str]) -> Self {
        let status = format!("Name:\t{name}\nState:\tS (sleeping)\nUid:\t{uid}\t{uid}\t{uid}\t0\n");
        self.with(&format!("proc/{pid}/status"), status)
            .with(&format!("proc/{pid}/cmdline"), arguments.join("\0") + "\0")
    }

    /// A Windows machine with nothing on it.
    pub(crate) fn windows() -> Self {
        Self::empty().with(RECORDED_REGISTRY, EMPTY_REGISTRY)
    }

    /// With these keys and values, written as `reg export` writes them but for its first line. They
    /// come after those that are already there.
    pub(crate) fn with_registry(self, text: &str) -> Self {
        let before = match self.place(RECORDED_REGISTRY).exists() {
            true => String::from_utf8(bytes(&self.place(RECORDED_REGISTRY))).unwrap(),
            false => EMPTY_REGISTRY.to_owned(),
        };
        self.with(RECORDED_REGISTRY, format!("{before}\n{text}\n"))
    }

    /// With the answer of a class, as `root\SecurityCenter2`, `AntiVirusProduct` and a list.
    pub(crate) fn with_wmi(self, namespace: &str, class: &str, json: &str) -> Self {
        let namespace = namespace.replace(['\\', '/'], ".");
        self.with(&format!("wmi/{namespace}/{class}.json"), json)
    }

    /// With the answer of the Security Center, a list of products.
    pub(crate) fn with_security_center(self, json: &str) -> Self {
        self.with("security-center.json", json)
    }

    /// With one more service; without an image if that is empty.
    pub(crate) fn with_service(self, name: &str, state: &str, start: &str, image: &str) -> Self {
        let place = self.place("services.json");
        let mut services: serde_json::Map<_, _> = match place.exists() {
            true => serde_json::from_slice(&bytes(&place)).unwrap(),
            false => serde_json::Map::new(),
        };
        let image = (!image.is_empty()).then_some(image);
        let service = serde_json::json!({ "state": state, "start": start, "image": image });
        services.insert(name.to_owned(), service);
        self.with("services.json", serde_json::Value::from(services).to_string())
    }

    /// With the answer of one program to one command line, as `/opt/vendor/tool --status`.
    pub(crate) fn with_program(self, line: &str, exit: i32, output: &str) -> Self {
        let name = format!("programs/{}.txt", line.replace(|it: char| !it.is_alphanumeric(), "-"));
        self.with(&name, format!("$ {line}\nexit {exit}\n\n{output}"))
    }

    pub(crate) fn host(&self) -> Host {
        Host::at(self.0.path().to_owned())
    }

    pub(crate) fn files(&self) -> Files {
        Files::recorded(self.0.path().to_owned())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            fs::write(target, stamped(bytes(&entry.path()))).unwrap();
        }
    }
}

fn bytes(place: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = fs::File::open(place).unwrap();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    bytes
}

fn stamped(content: Vec<u8>) -> Vec<u8> {
    let stamp =
        |text: String, (placeholder, value): &(&str, &str)| text.replace(placeholder, value);
    match String::from_utf8(content) {
        Ok(text) => STAMPS.iter().fold(text, stamp).into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// The facts of a topic that was observed.
pub(crate) fn facts(outcome: Outcome) -> Facts {
    match outcome {
        Outcome::Observed(facts) => facts,
        other => panic!("not observed: {other:?}"),
    }
}

/// One fact of a topic.
pub(crate) fn fact(facts: &Facts, name: &str) -> Fact {
    let key = FactKey::named(name).unwrap_or_else(|| panic!("{name} is not in the catalogue"));
    let reading = facts.get(&key);
    reading.unwrap_or_else(|| panic!("{name} was not looked at")).fact.clone()
}

/// One field of a record.
pub(crate) fn field(record: &Record, name: &str) -> Fact {
    let reading = record.0.get(name);
    reading.unwrap_or_else(|| panic!("{name} was not looked at")).fact.clone()
}

pub(crate) fn text(text: &str) -> Fact {
    crate::probes::findings::text(text)
}

/// Why a fact is unknown.
pub(crate) fn reason(fact: &Fact) -> Option<Reason> {
    match fact {
        Fact::Unknown(why) => Some(why.reason),
        Fact::Known(_) | Fact::Absent => None,
    }
}

/// The records of a fact that is a list.
pub(crate) fn records(fact: Fact) -> Vec<Record> {
    match fact {
        Fact::Known(Value::Records(records)) => records,
        other => panic!("no records: {other:?}"),
    }
}
