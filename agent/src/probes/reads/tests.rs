//! The list is held against what comes through the doors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use report::catalogue::Origin;
use report::{FactKey, Timestamp, Topic};

use super::*;
use crate::host::Tap;
use crate::host::recorded::Machine;
use crate::host::recorder::{Key, Seen, Touched};
use crate::probes::antivirus::listed::{Product, Spot, products};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::{Context, probes};
use crate::record::is_recorded_answer;

const ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/roots");
const NOW: Timestamp = Timestamp(1_795_318_200);

/// What a process shows of itself where the running processes are looked at.
const OF_PROCESSES: [&str; 2] = ["proc/*/status", "proc/mounts"];
/// Where a recorded kernel says what a live one is asked.
const OF_KERNEL: [&str; 5] = [
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/arch",
    "proc/sys/kernel/version",
    "proc/stat",
    "proc/meminfo",
];

/// Where services are switched on; everything below the first four may be asked for.
const OF_UNITS: [&str; 5] = [
    "etc/systemd/system",
    "run/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
    "etc/runlevels",
];
/// What the common runtimes leave inside.
const OF_CONTAINER: [&str; 4] =
    [".dockerenv", "run/.containerenv", "run/systemd/container", "run/systemd/system"];

/// What is listed for one topic of one system.
struct Listed {
    places: Vec<Place>,
    spots: Vec<Spot>,
}

impl Listed {
    fn of(topic: Topic, platform: Platform) -> Self {
        let prefix = format!("{}.", topic.name());
        let is_of_topic = |reads: &&Reads| reads.facts.iter().any(|fact| fact.starts_with(&prefix));
        let places = on(platform).filter(is_of_topic).flat_map(|reads| reads.places).copied();
        let of_product = |product: Product| {
            let readings = product.readings.into_iter().map(|(_field, spot)| spot);
            product.marks.into_iter().chain(readings)
        };
        let spots = match topic {
            Topic::Antivirus => products(platform).into_iter().flat_map(of_product).collect(),
            _ => Vec::new(),
        };
        Self { places: places.collect(), spots }
    }

    /// Files whose content is read.
    fn contents(&self) -> Vec<String> {
        let mut contents = Vec::new();
        for place in &self.places {
            match place {
                Place::File(path) => contents.push((*path).to_owned()),
                Place::Processes => contents.extend(OF_PROCESSES.map(str::to_owned)),
                Place::Container => contents.push("proc/1/environ".to_owned()),
                Place::Kernel => contents.extend(OF_KERNEL.map(str::to_owned)),
                _ => {}
            }
        }
        contents
    }

    fn reads(&self, path: &str) -> bool {
        let is_of_product = |spot: &Spot| match spot {
            Spot::File { path: file, below: Some(_) } => {
                path.to_lowercase().ends_with(&file.to_lowercase())
            }
            Spot::File { path: file, below: None } => fits(file, path, '/'),
            _ => false,
        };
        self.contents().iter().any(|listed| fits(listed, path, '/'))
            || self.spots.iter().any(is_of_product)
    }

    /// To find what a star stands for a folder is listed.
    fn lists(&self, path: &str) -> bool {
        let is_above = |pattern: &str| is_above_a_star(pattern, path, '/');
        let place = |place: &Place| match place {
            Place::Folder(folder) => fits(folder, path, '/') || is_above(folder),
            Place::Processes => path == "proc",
            Place::Units => {
                let is_in = |folder: &&str| is_below(folder, path).is_some_and(|it| it.len() < 2);
                OF_UNITS.iter().any(is_in)
            }
            _ => false,
        };
        let spot = |spot: &Spot| match spot {
            Spot::File { path, .. } => is_above(path),
            Spot::Program(lines) => lines.iter().any(|line| {
                let line = line.get(3..).unwrap_or_default().replace('\\', "/");
                is_above(&line)
            }),
            _ => false,
        };
        self.places.iter().any(place)
            || self.contents().iter().any(|pattern| is_above(pattern))
            || self.spots.iter().any(spot)
    }

    /// Who reads or lists something also asks whether it is there.
    fn looks_for(&self, path: &str) -> bool {
        let place = |place: &Place| match place {
            Place::Trace(trace) => fits(trace, path, '/'),
            Place::Units => OF_UNITS.iter().any(|folder| is_below(folder, path).is_some()),
            Place::Container => OF_CONTAINER.contains(&path),
            Place::ProductProgram => true,
            _ => false,
        };
        let spot = |spot: &Spot| match spot {
            Spot::Path(mark) => fits(mark, path, '/'),
            _ => false,
        };
        self.reads(path)
            || self.lists(path)
            || self.places.iter().any(place)
            || self.spots.iter().any(spot)
    }

    fn of_file(&self, path: &str, touched: &Touched) -> Option<String> {
        if touched.content.is_some() && !self.reads(path) {
            return Some(format!("the content of {path}"));
        }
        if touched.listed && !self.lists(path) {
            return Some(format!("the names in {path}"));
        }
        (!self.looks_for(path)).then(|| format!("whether {path} is there"))
    }

    fn of_key(&self, key: &str, seen: &Key) -> Option<String> {
        let key = key.replace(r"\wow6432node", "");
        let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut list = |pattern: &str, value: &str| {
            listed.entry(pattern.to_owned()).or_default().push(value.to_lowercase());
        };
        for place in &self.places {
            if let Place::Registry(pattern, values) = place {
                list(pattern, "");
                values.iter().for_each(|value| list(pattern, value));
            }
        }
        for spot in &self.spots {
            match spot {
                Spot::Registry { key, value } => {
                    list(key, value.as_deref().unwrap_or_default());
                }
                Spot::File { below: Some((key, value)), .. } => list(key, value),
                Spot::Uninstall(value) => {
                    list(r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*", value);
                }
                _ => {}
            }
        }
        let meant: Vec<_> =
            listed.iter().filter(|(pattern, _)| fits(pattern, &key, '\\')).collect();
        let is_above = listed.keys().any(|pattern| is_above_a_star(pattern, &key, '\\'));
        if meant.is_empty() && !is_above {
            return Some(format!("the key {key}"));
        }
        let is_listed = |value: &&String| {
            let value = value.to_lowercase();
            !meant.iter().any(|(_, values)| values.contains(&value))
        };
        let read = seen.values.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name);
        read.clone().find(is_listed).map(|value| format!("the value {value} of the key {key}"))
    }

    fn runs(&self, line: &str) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Program(listed) if *listed == line))
            || self.spots.iter().any(|spot| match spot {
                Spot::Program(lines) => lines.iter().any(|it| fits(it, line, '\0')),
                _ => false,
            })
    }

    fn asks_wmi(&self, namespace: &str, class: &str) -> bool {
        let is_it = |listed: (&str, &str)| {
            listed.0.eq_ignore_ascii_case(namespace) && listed.1.eq_ignore_ascii_case(class)
        };
        self.places.iter().any(|place| match place {
            Place::Wmi(namespace, class) => is_it((namespace, class)),
            _ => false,
        }) || self.spots.iter().any(|spot| match spot {
            Spot::Wmi { namespace, class, .. } => is_it((namespace, class)),
            _ => false,
        })
    }

    fn asks_service(&self, name: &str) -> bool {
        let is_it = |listed: &str| listed.eq_ignore_ascii_case(name);
        self.places.iter().any(|place| match place {
            Place::Services(names) => names.iter().any(|listed| is_it(listed)),
            _ => false,
        }) || self.spots.iter().any(|spot| match spot {
            Spot::Service(names) => names.iter().any(|listed| is_it(listed)),
            _ => false,
        }) || self.asks_every_filter()
    }

    /// The drivers that files pass through are known by the registry, and each is asked for.
    fn asks_every_filter(&self) -> bool {
        self.places.iter().any(|place| match place {
            Place::Registry(key, _) => key.ends_with(r"\Instances\*"),
            _ => false,
        })
    }

    fn asks_interface(&self, library: &str) -> bool {
        self.places.iter().any(|place| match place {
            Place::Interface(name) => name.contains(library),
            _ => false,
        })
    }

    /// Everything that is not listed. A door that is new must be told here what it is listed as.
    fn missing(&self, seen: Seen) -> Vec<String> {
        let Seen { files, registry, wmi, security_center, accounts, updates, services, programs } =
            seen;
        let mut missing = Vec::new();
        let files = files.iter().filter(|(path, _)| !is_recorded_answer(path));
        missing.extend(files.filter_map(|(path, touched)| self.of_file(path, touched)));
        missing.extend(registry.iter().filter_map(|(key, seen)| self.of_key(key, seen)));
        let classes = wmi.keys().filter(|(namespace, class)| !self.asks_wmi(namespace, class));
        missing.extend(classes.map(|(namespace, class)| format!("the class {namespace}:{class}")));
        let asked = services.keys().filter(|name| !self.asks_service(name));
        missing.extend(asked.map(|name| format!("the service {name}")));
        let ran = programs.keys().filter(|line| !self.runs(line));
        missing.extend(ran.map(|line| format!("the program {line}")));
        let interfaces = [
            (security_center.is_some(), "wscapi.dll"),
            (accounts.is_some(), "netapi32.dll"),
            (updates.is_some(), "Microsoft.Update.Session"),
        ];
        let asked = interfaces.into_iter().filter(|(is_asked, _)| *is_asked);
        let unlisted = asked.filter(|(_, name)| !self.asks_interface(name));
        missing.extend(unlisted.map(|(_, name)| format!("the interface {name}")));
        missing
    }
}

/// The names from a folder on down to a path that is the folder or lies below it.
fn is_below<'p>(folder: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let rest = path.strip_prefix(folder)?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(rest.split('/').collect()),
        None => rest.is_empty().then(Vec::new),
    }
}

/// Whether a folder or key is one whose names are listed to find what a star below it stands for.
fn is_above_a_star(pattern: &str, path: &str, separator: char) -> bool {
    let parts: Vec<_> = pattern.split(separator).collect();
    let stars = parts.iter().enumerate().filter(|(_, part)| part.contains('*'));
    { stars }.any(|(at, _)| {
        let above = parts[..at].join(&separator.to_string());
        fits(&above, path, separator)
    })
}

/// What is read of a machine and not listed, with its topic.
fn missing(machine: &Machine) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let platform = machine.host().platform();
    for (topic, probe) in probes(platform) {
        let tap = Tap::open();
        let host = machine.host().tapped(&tap);
        probe(&host, &Context { claims: &AssignmentClaims::default(), now: NOW });
        let missing = Listed::of(*topic, platform).missing(tap.seen());
        let named = |what: String| format!("{} on {}: {what}", topic.name(), platform.name());
        found.extend(missing.into_iter().map(of_any_process).map(named));
    }
    found
}

/// The same for every process, and told once.
fn of_any_process(what: String) -> String {
    match what.split_once("proc/") {
        Some((before, path)) if path.starts_with(|first: char| first.is_ascii_digit()) => {
            let (_pid, rest) = path.split_once('/').unwrap_or_default();
            format!("{before}proc/*/{rest}")
        }
        Some(_) | None => what,
    }
}

#[test]
fn a_probe_reads_nothing_of_a_recorded_machine_that_is_not_listed() {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut look = |name: &str, machine: &Machine| {
        for what in missing(machine) {
            found.entry(what).or_insert_with(|| name.to_owned());
        }
    };
    for entry in fs::read_dir(ROOTS).unwrap().map(|entry| entry.unwrap()) {
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            look(&name, &Machine::recorded(&name));
        }
    }
    look("a machine with nothing on it", &Machine::empty());
    look("a Windows with nothing on it", &Machine::windows());
    let told: Vec<_> = found.iter().map(|(what, name)| format!("{what} (as on {name})")).collect();
    let told = told.join("\n");
    assert!(found.is_empty(), "not listed in agent/src/probes/reads:\n{told}");
}

#[test]
fn what_is_not_listed_is_named() {
    let files = Touched { content: Some(1), ..Touched::default() };
    let key = Key { values: [("Secret".to_owned(), None)].into(), ..Key::default() };
    let seen = Seen {
        files: [("etc/shadow".to_owned(), files)].into(),
        registry: [(r"hklm\software\own".to_owned(), key)].into(),
        ..Seen::default()
    };
    let missing = Listed::of(Topic::Machine, Platform::Linux).missing(seen);
    assert_eq!(missing, ["the content of etc/shadow", r"the key hklm\software\own"]);
}

#[test]
fn every_fact_of_the_agent_is_listed_for_each_system_that_it_exists_on() {
    for platform in Platform::ALL {
        let listed: BTreeSet<_> = on(platform).flat_map(|reads| reads.facts).copied().collect();
        let exist = FactKey::all().map(FactKey::spec).filter(|spec| {
            spec.platforms.contains(&platform) && matches!(spec.origin, Origin::Agent(_))
        });
        let exist: BTreeSet<_> = exist.map(|spec| spec.name).collect();
        assert_eq!(listed, exist, "{}", platform.name());
    }
}

#[test]
fn a_star_stands_for_part_of_a_name_and_two_for_everything_below() {
    for (pattern, path, expected) in [
        ("etc/apt/apt.conf", "etc/apt/apt.conf", true),
        ("etc/apt/apt.conf", "etc/apt/apt.conf.d", false),
        ("etc/apt/apt.conf.d/*", "etc/apt/apt.conf.d/50x", true),
        ("etc/apt/apt.conf.d/*", "etc/apt/apt.conf.d/a/b", false),
        ("etc/*.conf", "etc/X.CONF", true),
        ("proc/*/maps", "proc/1/maps", true),
        ("etc/systemd/**", "etc/systemd/system/a.timer", true),
        ("etc/systemd/**", "etc/systemd", false),
    ] {
        assert_eq!(fits(pattern, path, '/'), expected, "{pattern} {path}");
    }
}

#[test]
fn nothing_is_listed_where_secrets_and_what_people_write_lie() {
    for platform in Platform::ALL {
        for topic in Topic::ALL {
            let listed = Listed::of(topic, platform);
            for path in [
                "etc/shadow",
                "etc/gshadow",
                "etc/ssh/ssh_host_ed25519_key",
                "root/.ssh/id_ed25519",
                "home/lan.nguyen/Documents/bao-cao.docx",
                "var/mail/lan.nguyen",
                "Users/lan.nguyen/Documents/bao-cao.docx",
                "Users/lan.nguyen/NTUSER.DAT",
                "Windows/System32/config/SAM",
                "ProgramData/Lachan/identity/key.pem",
            ] {
                assert!(!listed.reads(path), "{} on {}: {path}", topic.name(), platform.name());
            }
            for place in listed.places {
                if let Place::Registry(key, values) = place {
                    let is_secret = |name: &&str| name.to_lowercase().contains("password");
                    assert_eq!(values.iter().find(|it| is_secret(it)), None, "{key}");
                }
            }
        }
    }
}
