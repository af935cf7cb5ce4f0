//! Windows has no such variables by itself, and people may set them all the same.

use crate::host::ffi::windows::language;

/// The variable that every other one goes before.
const LANGUAGE: &str = "LANG";

/// Which language a number of the system's means, without where it is spoken.
const WHICH: u16 = 0x3FF;
const VIETNAMESE: u16 = 0x2A;

/// A variable of the environment. Where the one for the language is not set, it is the language
/// that the system speaks to its user.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().or_else(|| (name == LANGUAGE).then(system_language))
}

fn system_language() -> String {
    let spoken = match language::of_the_user() & WHICH {
        VIETNAMESE => "vi",
        _ => "en",
    };
    spoken.to_owned()
}
