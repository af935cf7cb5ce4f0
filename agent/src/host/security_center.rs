//! The door to Windows Security Center's own interface (`wscapi.dll`), which knows of a product what
//! WMI does not: in how many days it expires.

use serde::{Deserialize, Serialize};

use super::answer;
use super::files::{Files, Read, ReadError, ReadErrorKind};
use super::provider::{self, Request};
use super::recorder::Tap;
use super::rests::Rests;

const SOURCE: &str = "wscapi.dll";
/// What a recorded Security Center answers.
const RECORDED: &str = "security-center.json";

/// A product as it is registered. The numbers are the interface's own, which are not those of WMI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Registered {
    /// As its maker calls it, in the language of the machine.
    pub name: String,
    /// `WSC_SECURITY_PRODUCT_STATE`: 0 on, 1 off, 2 snoozed, 3 expired.
    pub state: Option<u32>,
    /// `WSC_SECURITY_SIGNATURE_STATUS`: 0 out of date, 1 up to date.
    pub signatures: Option<u32>,
    /// What `IWscProduct3` answers, untouched; none where the product has no such interface.
    pub days_until_expired: Option<u32>,
    /// The product's program.
    pub remediation: Option<String>,
}

/// The Security Center of one machine. A live one is asked by a child of this process, since it may
/// hang.
#[derive(Clone, Debug)]
pub struct SecurityCenter {
    source: Source,
    rests: Rests,
    tap: Tap,
}

#[derive(Clone, Debug)]
enum Source {
    Live,
    Recorded(Files),
}

impl SecurityCenter {
    pub(super) fn live() -> Self {
        Self { source: Source::Live, rests: Rests::default(), tap: Tap::default() }
    }

    pub(super) fn recorded(files: &Files) -> Self {
        Self {
            source: Source::Recorded(files.clone()),
            rests: Rests::default(),
            tap: Tap::default(),
        }
    }

    /// The same door, with what is left alone and where is noted what is asked.
    pub(super) fn with(self, rests: &Rests, tap: &Tap) -> Self {
        Self { rests: rests.clone(), tap: tap.clone(), ..self }
    }

    /// The antivirus products that are registered.
    ///
    /// # Errors
    /// When there is no Security Center, as on every server
    /// ([`NotSupported`](super::files::ReadErrorKind::NotSupported)), or it does not answer.
    pub fn products(&self) -> Read<Vec<Registered>> {
        let products = self.rests.ask(SOURCE, || match &self.source {
            Source::Live => parse(&provider::ask(&Request::SecurityCenter)?),
            Source::Recorded(files) => match files.read(RECORDED, answer::MAX_BYTES) {
                Ok(bytes) => parse(&bytes),
                Err(error) if error.is_not_found() => {
                    Err(ReadError::new(SOURCE, ReadErrorKind::NotSupported))
                }
                Err(error) => Err(error),
            },
        });
        self.tap.note(|seen| seen.security_center = Some(products.clone()));
        products
    }
}

/// Asks this machine's Security Center in this process, however long it takes: the child's side.
///
/// # Errors
/// As [`SecurityCenter::products`] has them.
pub fn products_here() -> Read<Vec<Registered>> {
    live::products()
}

#[cfg(windows)]
mod live {
    use super::{Read, ReadError, Registered, SOURCE};
    use crate::host::ffi::windows::com;
    use crate::host::hresult;

    pub(super) fn products() -> Read<Vec<Registered>> {
        com::ready()
            .and_then(|()| com::registered_products())
            .map_err(|code| ReadError::new(SOURCE, hresult::of_provider(code)))
    }
}

#[cfg(not(windows))]
mod live {
    //! No other system has a Security Center.

    use super::{Read, ReadError, ReadErrorKind, Registered, SOURCE};

    pub(super) fn products() -> Read<Vec<Registered>> {
        Err(ReadError::new(SOURCE, ReadErrorKind::NotSupported))
    }
}

/// The products of an answer as it is written down.
fn parse(bytes: &[u8]) -> Read<Vec<Registered>> {
    answer::parse_list(SOURCE, bytes)?
        .into_iter()
        .map(serde_json::from_value)
        .collect::<Result<_, _>>()
        .map_err(|error| answer::damaged(SOURCE, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    fn products(json: &str) -> Read<Vec<Registered>> {
        Machine::windows().with_security_center(json).host().security_center().products()
    }

    #[test]
    fn a_machine_without_security_center_is_told_from_one_without_products() {
        let absent = Machine::windows().host().security_center().products();
        assert_eq!(absent.unwrap_err().kind, ReadErrorKind::NotSupported);
        assert_eq!(products("[]"), Ok(vec![]));
    }

    #[test]
    fn a_product_may_keep_anything_but_its_name_to_itself() {
        let found =
            products(r#"[{"name": "Bkav Pro", "state": 1, "days_until_expired": 4294967295}]"#);
        let expected = Registered {
            name: "Bkav Pro".to_owned(),
            state: Some(1),
            days_until_expired: Some(u32::MAX),
            ..Registered::default()
        };
        assert_eq!(found, Ok(vec![expected]));
    }

    #[test]
    fn an_answer_that_cannot_be_is_damage() {
        for json in [r#"[{"state": -1}]"#, "[7]", r#"[{"name": null}]"#, "{", "[[]"] {
            let kind = products(json).unwrap_err().kind;
            assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{json}: {kind:?}");
        }
    }
}
