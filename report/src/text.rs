//! Text that is safe to keep, print and compare, and phrases in both languages.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The longest text a fact may carry, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 256;

/// One line of text from a machine: NFC, at most [`MAX_TEXT_BYTES`], free of control,
/// bidirectional-override and private-use characters.
///
/// What a PC says is printed on officers' terminals and in their spreadsheets, so nothing that
/// could steer either is representable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(Box<str>);

/// Why a string cannot be a [`Text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than [`MAX_TEXT_BYTES`].
    #[error("text is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// Contains a character that is never sent.
    #[error("text contains the forbidden character U+{0:04X}")]
    Forbidden(u32),
    /// Contains decomposed characters.
    #[error("text is not in Unicode normalization form C")]
    NotNormalized,
}

impl Text {
    /// Accepts a string that already has the form of a text.
    ///
    /// # Errors
    /// When it is too long, not NFC, or holds a forbidden character.
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(TextError::TooLong);
        }
        if let Some(c) = text.chars().find(|c| is_forbidden(*c)) {
            return Err(TextError::Forbidden(u32::from(c)));
        }
        if !unicode_normalization::is_nfc(text) {
            return Err(TextError::NotNormalized);
        }
        Ok(Self(text.into()))
    }

    /// Brings foreign text into the form of a text: composed, trimmed, without forbidden
    /// characters. For what a probe reads from its own machine.
    ///
    /// # Errors
    /// When the result is still too long.
    pub fn cleaned(text: &str) -> Result<Self, TextError> {
        Self::new(&composed(text.trim()))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Foreign text of any length as it may be printed: composed, without the characters that could
/// steer a terminal or a spreadsheet.
#[must_use]
pub fn composed(text: &str) -> String {
    text.nfc().filter(|c| !is_forbidden(*c)).collect()
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E007F}' | '\u{F0000}'..='\u{10FFFF}')
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into()
    }
}

/// A phrase in Vietnamese and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// Vietnamese, the first language of every reader.
    pub vi: String,
    /// English, beside it.
    pub en: String,
}

impl Bilingual {
    /// A phrase from its two sides.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// A word that is the same in both languages: a name, a number, a version.
    pub fn same(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { vi: en.clone(), en }
    }

    /// The side for a language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }
}

/// The language a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language of a POSIX locale name such as `vi_VN.UTF-8`; English unless it is
    /// Vietnamese.
    #[must_use]
    pub fn from_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', ':']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("vi") { Self::Vi } else { Self::En }
    }

    /// Chooses from the environment the way POSIX does: `LC_ALL`, else `LC_MESSAGES`, else `LANG`.
    /// Takes the look-up as a value so that this crate reads no environment.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .map_or(Self::En, |locale| Self::from_locale(&locale))
    }
}

impl std::str::FromStr for Lang {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "vi" => Ok(Self::Vi),
            "en" => Ok(Self::En),
            other => Err(format!("language {other:?} is not spoken here: use vi or en")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_composed_is_a_text_and_decomposed_is_not() {
        assert_eq!(Text::new("Sở Tư pháp").unwrap().as_str(), "Sở Tư pháp");
        assert_eq!(Text::new("So\u{31B}\u{309}"), Err(TextError::NotNormalized));
        assert_eq!(Text::cleaned("So\u{31B}\u{309}").unwrap().as_str(), "Sở");
    }

    #[test]
    fn what_is_printed_is_composed_and_steers_nothing() {
        let long = "x".repeat(2 * MAX_TEXT_BYTES);
        assert_eq!(composed(&format!("So\u{31B}\u{309}\u{1b}[2J\n{long}")), format!("Sở[2J{long}"));
    }

    #[test]
    fn what_could_steer_a_terminal_is_refused() {
        for (text, code) in
            [("a\u{1b}[2J", 0x1b), ("a\nb", 0x0a), ("a\u{202e}b", 0x202e), ("\u{e000}", 0xe000)]
        {
            assert_eq!(Text::new(text), Err(TextError::Forbidden(code)), "{text:?}");
            assert!(!Text::cleaned(text).unwrap().as_str().contains(char::from_u32(code).unwrap()));
        }
    }

    #[test]
    fn the_length_limit_is_exact() {
        assert!(Text::new(&"x".repeat(MAX_TEXT_BYTES)).is_ok());
        assert_eq!(Text::new(&"x".repeat(MAX_TEXT_BYTES + 1)), Err(TextError::TooLong));
    }

    #[test]
    fn the_locale_chooses_the_language() {
        let environment = |pairs: &'static [(&str, &str)]| {
            Lang::from_environment(move |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(environment(&[("LANG", "vi_VN.UTF-8")]), Lang::Vi);
        assert_eq!(environment(&[("LC_ALL", "C"), ("LANG", "vi_VN.UTF-8")]), Lang::En);
        assert_eq!(environment(&[("LC_ALL", ""), ("LANG", "vi")]), Lang::Vi);
        assert_eq!(environment(&[]), Lang::En);
    }
}
