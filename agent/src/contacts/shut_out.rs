//! A machine whose identity is refused: what that means, and what helps.

use report::{Bilingual, Timestamp};
use serde::{Deserialize, Serialize};

use crate::uplink::Refusal;
use crate::words::{Words, words};

/// A collector refuses this machine's identity, and not what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutOut {
    /// Since when, by the machine's clock.
    pub since: Timestamp,
    /// The last time, in the collector's words.
    pub refusal: Refusal,
}

impl ShutOut {
    /// What to do about it: nothing that an agent does by itself.
    pub const REMEDY: Words = words(
        "hỏi cán bộ phụ trách; nếu máy vẫn được dùng, xin mã ghi danh mới rồi chạy: \
         lachan-agent enrol --replace --token-file TỆP",
        "ask the security officer; if this machine is to stay, join again with a new token: \
         lachan-agent enrol --replace --token-file FILE",
    );

    /// Why it is refused.
    #[must_use]
    pub fn meaning(&self) -> Bilingual {
        let (vi, en) = match self.refusal.problem.reason.as_str() {
            "revoked" => ("danh tính của máy đã bị thu hồi", "this machine's identity was revoked"),
            "superseded" => (
                "chứng thư của máy đã được thay bằng chứng thư mới hơn: ổ đĩa được khôi phục từ bản \
                 sao lưu cũ, hoặc máy khác dùng danh tính này",
                "a newer certificate stands in the place of this machine's: its disk came from an \
                 old backup, or another machine uses its identity",
            ),
            "unknown_certificate" => (
                "máy chủ thu nhận không biết chứng thư của máy",
                "the collector does not know this machine's certificate",
            ),
            "issuer_retired" => (
                "nơi cấp chứng thư của máy không còn hiệu lực",
                "the authority that issued this machine's certificate is no longer in force",
            ),
            _ => return Bilingual::same(self.refusal.to_string()),
        };
        Bilingual::new(vi, en)
    }
}

#[cfg(test)]
mod tests {
    use report::wire::{Problem, SHUT_OUT, WIRE};

    use super::*;

    #[test]
    fn every_reason_has_words_of_its_own_in_both_languages() {
        let meaning = |reason: &str| {
            let problem = Problem { reason: reason.to_owned(), message: String::new(), wire: WIRE };
            ShutOut { since: Timestamp(0), refusal: Refusal { status: 403, problem } }.meaning()
        };
        for reason in SHUT_OUT {
            let Bilingual { vi, en } = meaning(reason);
            assert_ne!(vi, en, "{reason}");
        }
        assert!(meaning("banned").en.contains("403 banned"), "a newer collector's own words");
    }
}
