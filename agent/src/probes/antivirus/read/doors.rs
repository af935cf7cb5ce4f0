//! The places themselves, each asked once for all products.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use report::fact::Ignorance;
use report::{Fact, Reason, Timestamp};

use crate::host::files::{self, Read, ReadError, ReadErrorKind};
use crate::host::processes::Process;
use crate::host::programs::{Ask, Said};
use crate::host::registry::{self, View};
use crate::host::services::ServiceState;
use crate::host::wmi::{Query, Row, Variant};
use crate::host::{Files, Host, Processes};
use crate::probes::antivirus::definitions::{LINUX, Place, WINDOWS};
use crate::probes::antivirus::interpret::Raw;
use crate::probes::antivirus::recognise::Uninstall;
use crate::probes::patches::dpkg;
use crate::probes::patches::version::Version;

/// Larger files hold something else than what a product says of itself.
const MAX_FILE: usize = 1 << 20;
const LOG_END: u64 = 64 * 1024;
const MAX_OUTPUT: usize = 256 * 1024;
/// The kernel cuts the names of processes.
const MAX_PROCESS_NAME: usize = 15;

type Command = (String, Vec<String>);
type Class = (String, String);

/// The doors of one machine, with what already came through them.
pub(in crate::probes::antivirus) struct Doors<'a> {
    pub(in crate::probes::antivirus) host: &'a Host,
    pub(in crate::probes::antivirus) now: Timestamp,
    processes: OnceCell<Processes>,
    packages: OnceCell<Read<dpkg::Installed>>,
    programs: RefCell<BTreeMap<Command, Read<Said>>>,
    classes: RefCell<BTreeMap<Class, Read<Vec<Row>>>>,
    /// What will be wanted of each class.
    properties: RefCell<BTreeMap<Class, Vec<String>>>,
}

/// Why a place gave no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// There is none.
    NotThere,
    /// It is there, or may be.
    Because(Ignorance),
}

impl From<ReadError> for Silence {
    fn from(error: ReadError) -> Self {
        match error.kind {
            ReadErrorKind::NotFound | ReadErrorKind::NotSupported => Self::NotThere,
            ReadErrorKind::AccessDenied
            | ReadErrorKind::TooLarge
            | ReadErrorKind::Timeout
            | ReadErrorKind::Resting(_)
            | ReadErrorKind::Died(_)
            | ReadErrorKind::Provider(_)
            | ReadErrorKind::Refused(_)
            | ReadErrorKind::Damaged(_)
            | ReadErrorKind::Other(_) => Self::Because(error.ignorance(Reason::NotSupported)),
        }
    }
}

type Asked = Result<Raw, Silence>;

impl<'a> Doors<'a> {
    pub(in crate::probes::antivirus) fn of(host: &'a Host, now: Timestamp) -> Self {
        Self {
            host,
            now,
            processes: OnceCell::new(),
            packages: OnceCell::new(),
            programs: RefCell::default(),
            classes: RefCell::default(),
            properties: RefCell::default(),
        }
    }

    pub(in crate::probes::antivirus) fn files(&self) -> &'a Files {
        self.host.files()
    }

    pub(in crate::probes::antivirus) fn processes(&self) -> &Processes {
        self.processes.get_or_init(|| self.host.processes())
    }

    pub(in crate::probes::antivirus) fn packages(&self) -> &Read<dpkg::Installed> {
        self.packages.get_or_init(|| dpkg::installed(self.files()))
    }

    /// A process of root's with one of these names: anybody may start a program of any name.
    pub(in crate::probes::antivirus) fn process(&self, names: &[&str]) -> Fact<&Process> {
        let is_it = |name: &&str, process: &Process| {
            process.name == name.get(..MAX_PROCESS_NAME).unwrap_or(name)
        };
        self.processes().find(|it| it.uid == 0 && names.iter().any(|name| is_it(name, it)))
    }

    /// Notes what will be wanted of a place that answers everything at once.
    pub(in crate::probes::antivirus) fn expect(&self, place: &Place) {
        if let Place::Wmi { namespace, class, property } = place {
            let mut properties = self.properties.borrow_mut();
            let key = (namespace.clone(), class.clone());
            properties.entry(key).or_default().push(property.clone());
        }
    }

    /// What stands at a place, for the product with this entry among the installed programs.
    pub(super) fn raw(&self, place: &Place, entry: Option<&Uninstall>) -> Asked {
        match place {
            Place::Registry { key, value, view } if WINDOWS => self.value(*view, key, value),
            Place::Wmi { namespace, class, property } if WINDOWS => {
                self.property(namespace, class, property)
            }
            Place::Service(names) if WINDOWS => self.serves(names),
            Place::Uninstall(value) if WINDOWS => match entry {
                Some(entry) => self.value(entry.view, &entry.key, value),
                None => Err(Silence::NotThere),
            },
            Place::Process(names) if LINUX => self.runs(names),
            Place::Package(names) if LINUX => self.package(names),
            Place::File { path, below, is_log } => {
                let path = self.path(path, below.as_ref())?;
                self.content(&path, *is_log)
            }
            Place::Program { .. } => self.output(place),
            // The other system's.
            Place::Registry { .. }
            | Place::Wmi { .. }
            | Place::Service(_)
            | Place::Uninstall(_)
            | Place::Process(_)
            | Place::Package(_) => Err(Silence::NotThere),
        }
    }

    /// The value of the first key that has it; of those that a `*` stands for the newest goes first.
    fn value(&self, view: View, key: &str, value: &str) -> Asked {
        let registry = self.host.registry();
        let keys = expanded(key, '\\', |parent| registry.keys(view, parent))?;
        for key in keys {
            match registry.value(view, &key, value) {
                Ok(registry::Value::Text(text)) => return Ok(Raw::Text(text)),
                Ok(registry::Value::List(texts)) => return Ok(Raw::Text(texts.join("\n"))),
                Ok(registry::Value::Binary(bytes)) => return Ok(Raw::Bytes(bytes)),
                Ok(registry::Value::Number(number)) => return whole(number, &key),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Silence::NotThere)
    }

    /// A property of the first instance. A provider is asked once, for everything that products
    /// want of it.
    fn property(&self, namespace: &str, class: &str, property: &str) -> Asked {
        let key = (namespace.to_owned(), class.to_owned());
        let wanted = self.properties.borrow();
        let mut properties: Vec<_> =
            wanted.get(&key).into_iter().flatten().map(String::as_str).collect();
        if !properties.contains(&property) {
            properties.push(property);
        }
        let query = Query { namespace, class, properties: &properties };
        let mut classes = self.classes.borrow_mut();
        let rows = classes.entry(key).or_insert_with(|| self.host.wmi().query(&query));
        let row = rows.as_ref().map_err(|error| Silence::from(error.clone()))?.first();
        match row.and_then(|row| row.get(property)) {
            Some(Variant::Text(text)) => Ok(Raw::Text(text.clone())),
            Some(Variant::Number(number)) => Ok(Raw::Number(*number)),
            Some(Variant::Bool(answer)) => Ok(Raw::Bool(*answer)),
            Some(Variant::Null | Variant::List(_)) | None => Err(Silence::NotThere),
        }
    }

    /// A path below the folder that the registry names.
    fn path(&self, path: &str, below: Option<&(String, String)>) -> Result<String, Silence> {
        let Some((key, value)) = below.filter(|_| WINDOWS) else {
            return Ok(path.to_owned());
        };
        match self.value(View::Both, key, value)? {
            Raw::Text(folder) => {
                let folder = from_drive(&folder).ok_or(Silence::NotThere)?;
                Ok(format!("{folder}/{path}"))
            }
            Raw::Number(_) | Raw::Bool(_) | Raw::Bytes(_) => Err(Silence::NotThere),
        }
    }

    /// The newest file that a path stands for.
    fn content(&self, path: &str, is_log: bool) -> Asked {
        let files = self.files();
        for path in expanded(path, '/', |parent| files.list(parent))? {
            let read = match is_log {
                true => end_of(files, &path),
                false => files.read(&path, MAX_FILE),
            };
            match read {
                Ok(bytes) => return Ok(Raw::Bytes(bytes)),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Silence::NotThere)
    }

    /// What the first of a program's paths says that is there.
    fn output(&self, place: &Place) -> Asked {
        let Place::Program { paths, arguments, limit, any_exit } = place else {
            return Err(Silence::NotThere);
        };
        for path in paths.iter().flat_map(|path| self.programs(path)) {
            match self.run(&path, arguments, *limit) {
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
                Ok(said) => {
                    return match said.code {
                        Some(code) if code == 0 || *any_exit => Ok(Raw::Bytes(said.output)),
                        Some(code) => Err(failed(place, &format!("exit code {code}"))),
                        None => Err(failed(place, "ended by a signal")),
                    };
                }
            }
        }
        Err(Silence::NotThere)
    }

    /// The programs that a path stands for: a folder of Windows' may be called after a version.
    fn programs(&self, path: &str) -> Vec<String> {
        let list = |parent: &str| match files::written::path(parent) {
            Some(folder) => self.files().list(&folder),
            None => Err(ReadError::new(parent, ReadErrorKind::NotFound)),
        };
        // A folder that cannot be listed has programs nobody can run.
        expanded(path, '\\', list).unwrap_or_default()
    }

    fn run(&self, path: &str, arguments: &[String], limit: Duration) -> Read<Said> {
        let mut programs = self.programs.borrow_mut();
        let said = programs.entry((path.to_owned(), arguments.to_vec())).or_insert_with(|| {
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            let ask = Ask { path, arguments: &arguments, limit, most: MAX_OUTPUT };
            self.host.programs().run(&ask)
        });
        said.clone()
    }

    /// Whether to ask a place costs nothing any more, or next to nothing.
    pub(in crate::probes::antivirus) fn is_cheap(&self, place: &Place) -> bool {
        match place {
            Place::Program { paths, arguments, .. } => {
                let programs = self.programs.borrow();
                paths.iter().any(|path| programs.contains_key(&(path.clone(), arguments.clone())))
            }
            Place::Wmi { namespace, class, .. } => {
                self.classes.borrow().contains_key(&(namespace.clone(), class.clone()))
            }
            Place::Registry { .. }
            | Place::File { .. }
            | Place::Process(_)
            | Place::Service(_)
            | Place::Uninstall(_)
            | Place::Package(_) => true,
        }
    }

    fn runs(&self, names: &[String]) -> Asked {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        match self.process(&names) {
            Fact::Known(_) => Ok(Raw::Bool(true)),
            Fact::Absent => Ok(Raw::Bool(false)),
            Fact::Unknown(why) => Err(Silence::Because(why)),
        }
    }

    /// Services that are not there do not run; where none is there nothing is known of them.
    fn serves(&self, names: &[String]) -> Asked {
        let services = self.host.services();
        let mut answer = Err(Silence::NotThere);
        for name in names {
            match services.find(name)? {
                Some(service) if service.state == ServiceState::Running => {
                    return Ok(Raw::Bool(true));
                }
                Some(_) => answer = Ok(Raw::Bool(false)),
                None => {}
            }
        }
        answer
    }

    fn package(&self, names: &[String]) -> Asked {
        let packages = self.packages().as_ref().map_err(|error| Silence::from(error.clone()))?;
        let version = names.iter().find_map(|name| packages.version(name));
        let version = version.ok_or(Silence::NotThere)?;
        Ok(Raw::Text(Version::parse(version).upstream().to_owned()))
    }
}

/// The last part of a log, where what is true now stands.
fn end_of(files: &Files, path: &str) -> Read<Vec<u8>> {
    let failed = |error: io::Error| ReadError::from_io(path, &error);
    let mut file = files.open(path)?;
    let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let start = length.saturating_sub(LOG_END);
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LOG_END).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn whole(number: u64, key: &str) -> Asked {
    i64::try_from(number).map(Raw::Number).map_err(|_| {
        let why = Ignorance::new(Reason::ParseError, &format!("{key}: beyond all numbers"));
        Silence::Because(why)
    })
}

fn failed(place: &Place, why: &str) -> Silence {
    let detail = format!("{}: {why}", place.shown());
    Silence::Because(Ignorance::new(Reason::ProviderError, &detail))
}

/// The paths that one with a component `*` stands for, the newest version first.
fn expanded(
    path: &str,
    separator: char,
    list: impl Fn(&str) -> Read<Vec<String>>,
) -> Result<Vec<String>, Silence> {
    let star = format!("{separator}*");
    let Some((parent, rest)) = path.split_once(&star) else {
        return Ok(vec![path.to_owned()]);
    };
    let mut names = list(parent)?;
    names.sort_by(|one, other| Version::parse(other).cmp(&Version::parse(one)));
    Ok(names.into_iter().map(|name| format!("{parent}{separator}{name}{rest}")).collect())
}

/// `C:\ProgramData\Vendor` as the files door names it, from the system's drive on.
fn from_drive(path: &str) -> Option<String> {
    let (drive, rest) = path.split_at_checked(2)?;
    let is_system = drive.eq_ignore_ascii_case("c:");
    let rest = rest.replace('\\', "/");
    is_system.then(|| rest.trim_matches('/').to_owned())
}
