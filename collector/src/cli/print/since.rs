//! Since when, in words.

use report::Lang;

/// What stands before it.
pub(super) const SINCE: [&str; 2] = ["Từ", "Since"];

/// A moment since when something is so, or since when at the latest: the log goes back no further.
pub(super) fn since_words(at: &str, at_latest: bool, lang: Lang) -> String {
    match (at_latest, lang) {
        (false, _) => at.to_owned(),
        (true, Lang::Vi) => format!("{at} hoặc sớm hơn (nhật ký bắt đầu từ lúc đó)"),
        (true, Lang::En) => format!("{at} or earlier (the log begins there)"),
    }
}
