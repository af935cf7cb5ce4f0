//! The language that the system speaks to its user.

use windows::Win32::Globalization::GetUserDefaultUILanguage;

/// The language's number: the lower ten bits say which, the others where it is spoken.
pub(crate) fn of_the_user() -> u16 {
    // SAFETY: the function takes nothing and only answers.
    unsafe { GetUserDefaultUILanguage() }
}
