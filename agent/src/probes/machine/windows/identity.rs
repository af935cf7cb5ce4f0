//! Which Windows this is.
//!
//! Not by its name: the registry of Windows 11 still calls it Windows 10, and `ReleaseId` has stood
//! at 2009 since that release. The build says which one it is, except that a server and a client
//! are made from the same build: how it was installed tells these apart.

use report::fact::Ignorance;
use report::{Fact, Reason};

use crate::host::Registry;
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::registry::{Value, View};
use crate::probes::findings::{choice, text, unknown};

/// Where the system describes itself.
pub(super) const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const PRODUCT_OPTIONS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions";

/// The first build of Windows 11.
const WINDOWS_11: u64 = 22_000;
/// The name that Windows 11 still has, and the one it goes by.
const OLD_NAME: &str = "Windows 10";
const NEW_NAME: &str = "Windows 11";

/// What the registry says of the system.
pub(crate) struct Identity<'a> {
    registry: &'a Registry,
}

impl<'a> Identity<'a> {
    pub(crate) fn of(registry: &'a Registry) -> Self {
        Self { registry }
    }

    /// `10.0.BUILD.REVISION`; releases before Windows 10 have no revision: `6.1.7601`.
    pub(super) fn version(&self) -> Fact {
        self.version_text().map_or_else(Fact::Unknown, |version| text(&version))
    }

    /// As it is sold, with the name of its release: `Windows 11 Pro 25H2`.
    pub(super) fn name(&self) -> Fact {
        let name = match self.words("ProductName") {
            Ok(name) => name,
            Err(error) => return error.fact(Fact::Absent),
        };
        let is_new = self.build().is_ok_and(|build| build >= WINDOWS_11);
        let name = match name.strip_prefix(OLD_NAME) {
            Some(edition) if is_new => format!("{NEW_NAME}{edition}"),
            Some(_) | None => name,
        };
        match self.words("DisplayVersion") {
            Ok(release) => text(&format!("{name} {release}")),
            Err(_) => text(&name),
        }
    }

    /// Its edition, by the word that is the same in every language.
    pub(super) fn edition(&self) -> Fact {
        match self.words("EditionID") {
            Ok(edition) => text(&edition),
            Err(error) => error.fact(Fact::Absent),
        }
    }

    /// How it was installed, and what says so.
    pub(super) fn installation(&self) -> (Fact, &'static str) {
        match self.installation_type() {
            Ok(Some(installation)) => return (choice(installation), KEY),
            Ok(None) => {}
            Err(why) => return (Fact::Unknown(why), KEY),
        }
        let fact = match self.registry.value(View::Native, PRODUCT_OPTIONS, "ProductType") {
            Ok(Value::Text(kind)) if kind.eq_ignore_ascii_case("WinNT") => choice("client"),
            Ok(Value::Text(kind))
                if ["ServerNT", "LanmanNT"].iter().any(|it| kind.eq_ignore_ascii_case(it)) =>
            {
                choice("server")
            }
            Ok(_) => unknown(Reason::ParseError, "a product type that is none"),
            Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
        };
        (fact, PRODUCT_OPTIONS)
    }

    /// Whether it is a server, which has no Security Center; none where that cannot be told.
    pub(crate) fn is_server(&self) -> Option<bool> {
        match self.installation().0 {
            Fact::Known(report::Value::Choice(word)) => Some(word != "client"),
            Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => None,
        }
    }

    /// The word of the catalogue; none where it is not said, or in a word that is not known.
    ///
    /// It goes before the product type: the edition of Windows 11 for several people at once is a
    /// client that calls its product type a server's.
    fn installation_type(&self) -> Result<Option<&'static str>, Ignorance> {
        match self.words("InstallationType") {
            Ok(kind) => Ok(match kind.as_str() {
                "Client" => Some("client"),
                "Server" => Some("server"),
                "Server Core" => Some("server_core"),
                _ => None,
            }),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.ignorance(Reason::NotSupported)),
        }
    }

    fn version_text(&self) -> Result<String, Ignorance> {
        let build = self.build()?;
        match self.number("CurrentMajorVersionNumber") {
            Ok(major) => {
                let minor = self.number("CurrentMinorVersionNumber").unwrap_or(0);
                match self.number("UBR") {
                    Ok(revision) => Ok(format!("{major}.{minor}.{build}.{revision}")),
                    Err(_) => Ok(format!("{major}.{minor}.{build}")),
                }
            }
            // Since Windows 10 the old value stands at 6.3 and means nothing.
            Err(error) if error.is_not_found() => {
                let version = self.words("CurrentVersion").map_err(|error| not_told(&error))?;
                Ok(format!("{version}.{build}"))
            }
            Err(error) => Err(not_told(&error)),
        }
    }

    /// The number of its build.
    pub(crate) fn build(&self) -> Result<u64, Ignorance> {
        let written = self.words("CurrentBuildNumber").or_else(|_| self.words("CurrentBuild"));
        let build = written.map_err(|error| not_told(&error))?;
        build.parse().map_err(|_| Ignorance::new(Reason::ParseError, &format!(r"{KEY}: no build")))
    }

    fn words(&self, name: &str) -> Read<String> {
        self.registry.value(View::Native, KEY, name).and_then(|value| match value {
            Value::Text(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Value::Text(_) => Err(missing(name)),
            Value::Number(_) | Value::List(_) | Value::Binary(_) => Err(other(name)),
        })
    }

    fn number(&self, name: &str) -> Read<u64> {
        self.registry.value(View::Native, KEY, name).and_then(|value| match value {
            Value::Number(number) => Ok(number),
            Value::Text(_) | Value::List(_) | Value::Binary(_) => Err(other(name)),
        })
    }
}

/// Every Windows has these values: without them nothing is known of the system.
fn not_told(error: &ReadError) -> Ignorance {
    error.ignorance(Reason::NotSupported)
}

fn missing(name: &str) -> ReadError {
    ReadError::new(&format!(r"{KEY}\{name}"), ReadErrorKind::NotFound)
}

fn other(name: &str) -> ReadError {
    let why = ReadErrorKind::Damaged("of another kind than expected".to_owned());
    ReadError::new(&format!(r"{KEY}\{name}"), why)
}
