//! Settings in Windows' registry, where a policy goes before what was set by hand.

use report::fact::Ignorance;
use report::{Fact, Reason, Value as Told};

use crate::host::files::ReadError;
use crate::host::registry::{Value, View};
use crate::host::services::{Service, ServiceStart};
use crate::host::{Host, Registry};
use crate::probes::findings::unknown;

/// A number, and where it stands.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Nothing where nobody set it.
    pub(crate) value: Result<Option<u64>, Ignorance>,
    /// The value that was read, or else the last one that was looked for.
    pub(crate) source: String,
}

/// Whether something is so, and what says it.
pub(crate) type Answer = (Fact<bool>, String);

impl Setting {
    /// The value in the first of these keys that has it.
    pub(crate) fn of(registry: &Registry, keys: &[&str], name: &str) -> Self {
        let mut source = String::new();
        for key in keys {
            source = format!(r"{key}\{name}");
            let value = match registry.value(View::Native, key, name) {
                Err(error) if error.is_not_found() => continue,
                Err(error) => Err(told(&error)),
                Ok(value) => number(&value).map(Some).ok_or_else(|| senseless(&source)),
            };
            return Self { value, source };
        }
        Self { value: Ok(None), source }
    }

    /// A switch, 1 or 0; `otherwise` is how it stands where nobody set it, if that is known.
    pub(crate) fn switch(self, otherwise: Option<bool>) -> Answer {
        let fact = match (self.value, otherwise) {
            (Ok(Some(1)), _) => Fact::Known(true),
            (Ok(Some(0)), _) => Fact::Known(false),
            (Ok(Some(_)), _) => Fact::Unknown(senseless(&self.source)),
            (Ok(None), Some(stands)) => Fact::Known(stands),
            (Ok(None), None) => {
                unknown(Reason::NotSupported, &format!("{}: not found", self.source))
            }
            (Err(why), _) => Fact::Unknown(why),
        };
        (fact, self.source)
    }
}

/// Whether all of these are so: one that is not decides, then one of which it is not known.
pub(crate) fn all(answers: Vec<Answer>) -> Answer {
    let rank = |(fact, _): &Answer| match fact {
        Fact::Known(false) => 0,
        Fact::Unknown(_) | Fact::Absent => 1,
        Fact::Known(true) => 2,
    };
    let decides = answers.into_iter().min_by_key(rank);
    decides.unwrap_or((Fact::Absent, String::new()))
}

/// The answer the other way round.
pub(crate) fn not((fact, source): Answer) -> Answer {
    (fact.map(|it| !it), source)
}

/// A fact of the catalogue from an answer, and its source.
pub(crate) fn as_fact((fact, source): Answer) -> (Fact, String) {
    (fact.map(Told::Bool), source)
}

/// A service, if there is one of this name.
pub(crate) fn service(host: &Host, name: &str) -> Result<Option<Service>, Ignorance> {
    host.services().find(name).map_err(|error| told(&error))
}

/// Whether a service or driver is there and may begin.
pub(crate) fn may_run(host: &Host, name: &str) -> Answer {
    let fact = match service(host, name) {
        Ok(Some(service)) => Fact::Known(match service.start {
            ServiceStart::Disabled => false,
            ServiceStart::Boot
            | ServiceStart::Automatic
            | ServiceStart::Manual
            | ServiceStart::Other => true,
        }),
        Ok(None) => Fact::Known(false),
        Err(why) => Fact::Unknown(why),
    };
    (fact, source_of(name))
}

/// How a service is called as a source.
pub(crate) fn source_of(service: &str) -> String {
    format!("service {service}")
}

/// A failure as an obstacle.
pub(crate) fn told(error: &ReadError) -> Ignorance {
    error.ignorance(Reason::NotSupported)
}

pub(crate) fn senseless(source: &str) -> Ignorance {
    Ignorance::new(Reason::ParseError, &format!("{source}: a value that nobody documents"))
}

/// Old policies are four bytes without a kind, and the settings of people's desktops are texts.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Binary(bytes) => {
            let bytes: [u8; 4] = bytes.as_slice().try_into().ok()?;
            Some(u32::from_le_bytes(bytes).into())
        }
        Value::List(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    fn setting(value: &str) -> Setting {
        let machine = Machine::windows().with_registry(&format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\It]\n\"Other\"=dword:1\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\It]\n\"Is\"={value}"
        ));
        let keys = [r"HKLM\SOFTWARE\Policies\It", r"HKLM\SOFTWARE\It"];
        Setting::of(machine.host().registry(), &keys, "Is")
    }

    #[test]
    fn a_number_is_read_however_it_was_written() {
        for (written, number) in [
            ("dword:0000012c", 300),
            ("\"300\"", 300),
            ("\" 300 \"", 300),
            ("hex:2c,01,00,00", 300),
            ("hex(b):2c,01,00,00,00,00,00,00", 300),
        ] {
            assert_eq!(setting(written).value, Ok(Some(number)), "{written}");
        }
        for written in ["\"\"", "\"yes\"", "\"-1\"", "hex:01", "hex(7):31,00,00,00,00,00"] {
            assert_eq!(setting(written).value.unwrap_err().reason, Reason::ParseError, "{written}");
        }
    }

    #[test]
    fn a_switch_that_stands_at_neither_is_unknown() {
        assert_eq!(setting("dword:1").switch(None).0, Fact::Known(true));
        assert_eq!(setting("dword:0").switch(Some(true)).0, Fact::Known(false));
        let (fact, source) = setting("dword:2").switch(Some(true));
        assert!(matches!(fact, Fact::Unknown(why) if why.reason == Reason::ParseError));
        assert_eq!(source, r"HKLM\SOFTWARE\It\Is");
    }

    #[test]
    fn a_policy_that_may_not_be_read_is_not_passed_over() {
        let machine = Machine::windows()
            .with_registry("[HKEY_LOCAL_MACHINE\\SOFTWARE\\It]\n\"Is\"=dword:1")
            .denied("registry.reg/hklm/software/policies/it");
        let keys = [r"HKLM\SOFTWARE\Policies\It", r"HKLM\SOFTWARE\It"];
        let setting = Setting::of(machine.host().registry(), &keys, "Is");
        assert_eq!(setting.value.unwrap_err().reason, Reason::AccessDenied);
    }

    #[test]
    fn of_several_one_that_is_not_so_decides() {
        let (no, yes) = (Fact::Known(false), Fact::Known(true));
        let silent: Fact<bool> = Fact::unknown(Reason::Timeout);
        let of = |facts: &[&Fact<bool>]| {
            all(facts.iter().map(|fact| ((*fact).clone(), String::new())).collect()).0
        };
        assert_eq!(of(&[&yes, &silent, &no]), no);
        assert_eq!(of(&[&yes, &silent, &yes]), silent);
        assert_eq!(of(&[&yes, &yes]), yes);
    }
}
