//! What the collector answers: the state of a machine and the outcome of every rule.

use serde::{Deserialize, Serialize};

use crate::text::{Bilingual, Lang};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $wire:literal, $vi:literal, $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $wire)] $variant,)+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name on the wire, in metrics and in policies.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)+
                }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|item| item.name() == name)
            }

            /// The word people read.
            #[must_use]
            pub fn label(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$variant, Lang::Vi) => $vi, (Self::$variant, Lang::En) => $en,)+
                }
            }
        }
    };
}

words! {
    /// The state of a machine. The first that holds wins; only `Protected` counts.
    State {
        /// Its identity was revoked.
        Revoked = "revoked", "đã thu hồi", "revoked";
        /// Two machines speak with one identity.
        Clone = "clone", "nghi bị nhân bản", "clone";
        /// It claims a register row that another identity holds.
        Pending = "pending", "chờ duyệt", "pending";
        /// It is in the register and never enrolled.
        NeverEnrolled = "never_enrolled", "chưa cài tác tử", "never enrolled";
        /// It has not been heard of for too long.
        Silent = "silent", "mất liên lạc", "silent";
        /// A mandatory rule fails.
        Unprotected = "unprotected", "chưa được bảo vệ", "unprotected";
        /// A mandatory rule cannot be judged, or none applies.
        Unknown = "unknown", "chưa xác định", "unknown";
        /// What fails is waived.
        Waived = "waived", "được chấp thuận ngoại lệ", "waived";
        /// Every mandatory rule that applies passes, and at least one does.
        Protected = "protected", "được bảo vệ", "protected";
    }
}

words! {
    /// The outcome of one rule for one machine.
    Ruling {
        /// Fresh, judged, met.
        Pass = "pass", "Đạt", "pass";
        /// Known and not met, or known to be absent.
        Fail = "fail", "Chưa đạt", "fail";
        /// It cannot be said.
        Unknown = "unknown", "Chưa xác định", "unknown";
        /// The rule does not concern this machine.
        NotApplicable = "not_applicable", "Không áp dụng", "not applicable";
        /// It fails and a decision in force excuses that.
        Waived = "waived", "Ngoại lệ", "waived";
    }
}

words! {
    /// How much a rule matters.
    Severity {
        /// Mandatory; may forbid waivers.
        Critical = "critical", "nghiêm trọng", "critical";
        /// Mandatory.
        Major = "major", "quan trọng", "major";
        /// Advice: shown, never counted.
        Minor = "minor", "khuyến nghị", "minor";
    }
}

impl Severity {
    /// Whether the rule decides about protection.
    #[must_use]
    pub fn is_mandatory(self) -> bool {
        match self {
            Self::Critical | Self::Major => true,
            Self::Minor => false,
        }
    }
}

/// The verdict on one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The machine's state.
    pub state: State,
    /// Every rule of the policy set, in the order of their ids.
    pub rules: Vec<RuleVerdict>,
}

/// What one rule says of one machine, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The outcome.
    pub outcome: Ruling,
    /// The rule's name.
    pub title: Bilingual,
    /// What was seen, or why it could not be.
    pub observed: Bilingual,
    /// What the rule asks for.
    pub required: Bilingual,
    /// What to do; empty unless something is to be done.
    pub remedy: Bilingual,
}
