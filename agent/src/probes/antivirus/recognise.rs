//! Which products are here: every mark of a definition is looked for until one is found.

use std::cell::OnceCell;

use report::fact::Ignorance;
use report::{Fact, Reason};

use super::definitions::{Definition, LINUX, Mark, MarkKind, WINDOWS, begins};
use super::read::Doors;
use crate::host::Host;
use crate::host::files::Read;
use crate::host::registry::{Value, View};

/// What shows that a product is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// Where it is, for people.
    pub(super) source: String,
    /// Whether its program is here, or only what could be left of it.
    pub(super) is_program: bool,
}

/// The lists that products are looked for in, each read when the first product asks for it.
pub(super) struct Lists<'a> {
    doors: &'a Doors<'a>,
    /// How the Security Center calls the products that are registered with it.
    registered: &'a [String],
    uninstall: OnceCell<Listed<Uninstall>>,
    filters: OnceCell<Listed<Filter>>,
}

/// What a list has, and why there may be more.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub(super) found: Vec<T>,
    pub(super) unanswered: Option<Ignorance>,
}

impl<T> Listed<T> {
    fn empty() -> Self {
        Self { found: Vec::new(), unanswered: None }
    }

    /// What came of a read; that a thing is not there is an answer.
    fn note<A>(&mut self, read: Read<A>) -> Option<A> {
        match read {
            Ok(answer) => return Some(answer),
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                self.unanswered.get_or_insert_with(|| error.ignorance(Reason::NotSupported));
            }
        }
        None
    }

    /// The first like this; none only if there are no more than were seen.
    fn first(&self, like: impl Fn(&T) -> bool) -> Result<Option<&T>, Ignorance> {
        let first = self.found.iter().find(|it| like(it));
        match (first, &self.unanswered) {
            (None, Some(why)) => Err(why.clone()),
            (first, _) => Ok(first),
        }
    }
}

/// An entry of the list of installed programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Uninstall {
    pub(super) view: View,
    pub(super) key: String,
    pub(super) name: String,
}

/// A driver that files pass through on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    /// The name of its service.
    pub(super) service: String,
    /// Its place among the others, as it is written.
    pub(super) altitude: String,
}

const UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

impl<'a> Lists<'a> {
    pub(super) fn of(doors: &'a Doors<'a>, registered: &'a [String]) -> Self {
        Self { doors, registered, uninstall: OnceCell::new(), filters: OnceCell::new() }
    }

    /// The installed programs of both views of the registry.
    pub(super) fn uninstall(&self) -> &Listed<Uninstall> {
        self.uninstall.get_or_init(|| uninstall_entries(self.doors.host))
    }

    /// Every minifilter driver.
    pub(super) fn filters(&self) -> &Listed<Filter> {
        self.filters.get_or_init(|| filters(self.doors.host))
    }

    /// What shows a product. Absent only when every place it could show in was looked at.
    pub(super) fn trace(&self, definition: &Definition) -> Fact<Trace> {
        let mut obstacle = None;
        let mut remains = None;
        for mark in &definition.marks {
            match self.find(mark) {
                Ok(Some(trace)) if trace.is_program => return Fact::Known(trace),
                Ok(Some(trace)) => remains = remains.or(Some(trace)),
                Ok(None) => {}
                Err(why) => obstacle = obstacle.or(Some(why)),
            }
        }
        match (remains, obstacle) {
            (Some(trace), _) => Fact::Known(trace),
            (None, Some(why)) => Fact::Unknown(why),
            (None, None) => Fact::Absent,
        }
    }

    /// The entry of a product in the list of installed programs.
    pub(super) fn entry(&self, definition: &Definition) -> Option<&Uninstall> {
        let is_meant = |mark: &&Mark| WINDOWS && mark.kind == MarkKind::Uninstall;
        let marks = definition.marks.iter().filter(is_meant);
        { marks }.find_map(|mark| {
            let listed = &self.uninstall().found;
            listed.iter().find(|entry| begins(&entry.name, &mark.name))
        })
    }

    fn find(&self, mark: &Mark) -> Result<Option<Trace>, Ignorance> {
        let name = mark.name.as_str();
        let host = self.doors.host;
        let found = match mark.kind {
            MarkKind::Path => answered(host.files().exists(name))?,
            MarkKind::Process if LINUX => return self.process(name),
            MarkKind::Package if LINUX => self.package(name)?,
            MarkKind::Service if WINDOWS => answered(host.services().find(name))?.is_some(),
            MarkKind::Registry if WINDOWS => {
                let is_there = answered(host.registry().exists(View::Both, name))?;
                return Ok(is_there.then(|| Trace::remains(name)));
            }
            MarkKind::Uninstall if WINDOWS => {
                let entry = self.uninstall().first(|entry| begins(&entry.name, name))?;
                return Ok(entry.map(|_| Trace::remains("uninstall entry")));
            }
            MarkKind::SecurityCenter => {
                let is_registered = self.registered.iter().any(|it| begins(it, name));
                return Ok(is_registered.then(|| Trace::remains("Security Center")));
            }
            MarkKind::Altitude if WINDOWS => {
                self.filters().first(|filter| filter.altitude == name)?.is_some()
            }
            // The other system's.
            MarkKind::Process
            | MarkKind::Package
            | MarkKind::Service
            | MarkKind::Registry
            | MarkKind::Uninstall
            | MarkKind::Altitude => return Ok(None),
        };
        Ok(found.then(|| Trace::program(name)))
    }

    fn process(&self, name: &str) -> Result<Option<Trace>, Ignorance> {
        match self.doors.process(&[name]) {
            Fact::Known(process) => Ok(Some(Trace::program(&format!("proc/{}", process.pid)))),
            Fact::Absent => Ok(None),
            Fact::Unknown(why) => Err(why),
        }
    }

    /// A system without this package manager has none of its packages.
    fn package(&self, name: &str) -> Result<bool, Ignorance> {
        match self.doors.packages() {
            Ok(packages) => Ok(packages.version(name).is_some()),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.ignorance(Reason::NotSupported)),
        }
    }
}

impl Trace {
    fn program(source: &str) -> Self {
        Self { source: source.to_owned(), is_program: true }
    }

    /// What an uninstalled product may leave behind.
    fn remains(source: &str) -> Self {
        Self { is_program: false, ..Self::program(source) }
    }
}

fn answered<T>(read: Read<T>) -> Result<T, Ignorance> {
    read.map_err(|error| error.ignorance(Reason::NotSupported))
}

fn uninstall_entries(host: &Host) -> Listed<Uninstall> {
    let registry = host.registry();
    let mut entries = Listed::empty();
    for view in [View::Native, View::Wow64] {
        for name in entries.note(registry.keys(view, UNINSTALL)).unwrap_or_default() {
            let key = format!(r"{UNINSTALL}\{name}");
            // An entry without a name is shown to nobody.
            if let Some(Value::Text(name)) = entries.note(registry.value(view, &key, "DisplayName"))
            {
                entries.found.push(Uninstall { view, key, name });
            }
        }
    }
    entries
}

fn filters(host: &Host) -> Listed<Filter> {
    let registry = host.registry();
    let mut filters = Listed::empty();
    for service in filters.note(registry.keys(View::Native, SERVICES)).unwrap_or_default() {
        let instances = format!(r"{SERVICES}\{service}\Instances");
        // Most services are no filters and have no instances.
        for name in filters.note(registry.keys(View::Native, &instances)).unwrap_or_default() {
            let key = format!(r"{instances}\{name}");
            let altitude = filters.note(registry.value(View::Native, &key, "Altitude"));
            if let Some(Value::Text(altitude)) = altitude {
                filters.found.push(Filter { service: service.clone(), altitude });
            }
        }
    }
    filters
}
