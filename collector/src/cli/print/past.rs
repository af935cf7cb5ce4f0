//! Of which moment an answer is.

use report::{Lang, Timestamp};

use super::{local, out};
use crate::when::{AsKnown, When};

/// Says as of when an answer is and how that moment is told. Of the present nothing has to be said,
/// and a program that wants JSON knows what it asked.
pub(in crate::cli) fn as_of(when: When, json: bool, lang: Lang) {
    if let (Some(at), false) = (when.at, json) {
        out(&line(at, when.as_known(), lang));
    }
}

fn line(at: Timestamp, known: AsKnown, lang: Lang) -> String {
    let at = local(at, lang);
    match (known, lang) {
        (AsKnown::Then, Lang::Vi) => {
            format!("Tính đến {at}, theo số liệu và chính sách tại thời điểm đó\n")
        }
        (AsKnown::Then, Lang::En) => format!("As of {at}, by what was known and in force then\n"),
        (AsKnown::Now, Lang::Vi) => {
            format!("Tính đến {at}, theo số liệu nhận được đến nay và chính sách hiện hành\n")
        }
        (AsKnown::Now, Lang::En) => {
            format!("As of {at}, by all that is known now and the policies in force now\n")
        }
    }
}
