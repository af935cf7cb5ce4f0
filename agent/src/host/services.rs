//! The services door: what Windows' service manager knows of a service or a driver.

#[cfg(windows)]
mod live;

use serde_json::Value;

use super::answer;
use super::files::{Files, Read, ReadError, ReadErrorKind};
use super::recorder::Tap;

/// The services of a recorded machine.
const RECORDED: &str = "services.json";

/// A service or driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its key name, as `WinDefend`.
    pub name: String,
    /// What it does now.
    pub state: ServiceState,
    /// When it begins.
    pub start: ServiceStart,
    /// Its command line or driver file as it is written.
    pub image: Option<String>,
}

/// What a service does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// It runs.
    Running,
    /// It does not, or not yet, or not any more.
    Stopped,
}

/// When a service begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStart {
    /// With the system, or its loader.
    Boot,
    /// By itself.
    Automatic,
    /// When something asks for it.
    Manual,
    /// Never.
    Disabled,
    /// A number that this agent does not know.
    Other,
}

/// The services of one machine.
#[derive(Clone, Debug)]
pub struct Services {
    source: Source,
    tap: Tap,
}

#[derive(Clone, Debug)]
enum Source {
    Live,
    Recorded(Files),
}

impl Services {
    pub(super) fn live() -> Self {
        Self { source: Source::Live, tap: Tap::default() }
    }

    pub(super) fn recorded(files: &Files) -> Self {
        Self { source: Source::Recorded(files.clone()), tap: Tap::default() }
    }

    /// The same door, with where is noted what is asked.
    pub(super) fn with(self, tap: &Tap) -> Self {
        Self { tap: tap.clone(), ..self }
    }

    /// The service of this key name, whatever its case; none if there is no such service.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn find(&self, name: &str) -> Read<Option<Service>> {
        let service = match &self.source {
            Source::Live => live::find(name),
            Source::Recorded(files) => recorded(files, name),
        };
        self.tap.note(|seen| drop(seen.services.insert(name.to_owned(), service.clone())));
        service
    }
}

fn recorded(files: &Files, name: &str) -> Read<Option<Service>> {
    let bytes =
        files.read(RECORDED, answer::MAX_BYTES).map_err(|error| match error.is_not_found() {
            true => ReadError::new(RECORDED, ReadErrorKind::NotSupported),
            false => error,
        })?;
    let Value::Object(services) = answer::parse(RECORDED, &bytes)? else {
        return Err(answer::damaged(RECORDED, "not a list of services"));
    };
    let found = services.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let Some((name, service)) = found else {
        return Ok(None);
    };
    let service = parse(&name, &service);
    service.map(Some).ok_or_else(|| answer::damaged(RECORDED, &format!("{name} is no service")))
}

fn parse(name: &str, service: &Value) -> Option<Service> {
    let image = match service.get("image") {
        None | Some(Value::Null) => None,
        Some(image) => Some(image.as_str()?.to_owned()),
    };
    Some(Service {
        name: name.to_owned(),
        state: state(service.get("state")?.as_str()?)?,
        start: start(service.get("start")?.as_str()?)?,
        image,
    })
}

fn state(word: &str) -> Option<ServiceState> {
    match word {
        "running" => Some(ServiceState::Running),
        "stopped" => Some(ServiceState::Stopped),
        _ => None,
    }
}

fn start(word: &str) -> Option<ServiceStart> {
    match word {
        "boot" => Some(ServiceStart::Boot),
        "automatic" => Some(ServiceStart::Automatic),
        "manual" => Some(ServiceStart::Manual),
        "disabled" => Some(ServiceStart::Disabled),
        "other" => Some(ServiceStart::Other),
        _ => None,
    }
}

#[cfg(not(windows))]
mod live {
    //! Other systems keep their services in files.

    use super::{Read, ReadError, ReadErrorKind, Service};

    pub(super) fn find(name: &str) -> Read<Option<Service>> {
        Err(ReadError::new(name, ReadErrorKind::NotSupported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    fn machine() -> Machine {
        let image = r#""C:\Program Files\ESET\ekrn.exe" -s"#;
        Machine::windows().with_service("ekrn", "running", "automatic", image).with_service(
            "WinDefend",
            "stopped",
            "manual",
            "",
        )
    }

    #[test]
    fn a_service_is_found_whatever_its_case() {
        let found = machine().host().services().find("EKRN").unwrap().unwrap();
        assert_eq!((found.state, found.start), (ServiceState::Running, ServiceStart::Automatic));
        assert_eq!(found.name, "ekrn");
        assert!(found.image.unwrap().contains("ekrn.exe"));
        let other = machine().host().services().find("windefend").unwrap().unwrap();
        assert_eq!((other.state, other.image), (ServiceState::Stopped, None));
    }

    #[test]
    fn a_service_that_is_not_there_is_told_from_services_that_nobody_could_ask() {
        assert_eq!(machine().host().services().find("avp"), Ok(None));
        let unasked = Machine::windows().host().services().find("avp");
        assert_eq!(unasked.unwrap_err().kind, ReadErrorKind::NotSupported);
        let refused = Machine::windows().with(RECORDED, r#"{"error": "0x80070005"}"#);
        let refused = refused.host().services().find("avp");
        assert_eq!(refused.unwrap_err().kind, ReadErrorKind::AccessDenied);
    }

    #[test]
    fn a_service_of_which_something_is_missing_is_damage_and_not_stopped() {
        for json in
            [r#"{"avp": {"state": "running"}}"#, r#"{"avp": {"state": "x", "start": "boot"}}"#]
        {
            let found = Machine::windows().with(RECORDED, json).host().services().find("avp");
            let kind = found.unwrap_err().kind;
            assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{json}");
        }
    }
}
