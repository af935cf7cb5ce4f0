//! Join tokens as the collector keeps them: by the hash of their secret.

use report::Timestamp;
use serde::{Deserialize, Serialize};

/// A join token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// A short name for commands and the audit log.
    pub id: String,
    /// The one register row it is for; binds the machine to it.
    pub row: Option<String>,
    /// The unit in which a machine without a row counts.
    pub unit: Option<String>,
    /// Whether only machines that match a register row may join with it.
    pub registered_only: bool,
    /// How many machines may join with it.
    pub uses: u32,
    /// How many have.
    pub used: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// There is none with this secret.
    #[error("the join token is not known here")]
    Unknown,
    /// An officer took it back.
    #[error("the join token was revoked: ask for a new one")]
    Revoked,
    /// Its time is over.
    #[error("the join token has expired: ask for a new one")]
    Expired,
    /// As many machines as it allows have joined.
    #[error("the join token is used up: ask for a new one")]
    Spent,
}

impl TokenRefusal {
    /// The label of `lachan_refusals_total`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "token_unknown",
            Self::Revoked => "token_revoked",
            Self::Expired => "token_expired",
            Self::Spent => "token_spent",
        }
    }
}

impl TokenRecord {
    /// Whether one more machine may join now.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self, now: Timestamp) -> Result<(), TokenRefusal> {
        if self.revoked_at.is_some() {
            Err(TokenRefusal::Revoked)
        } else if now >= self.expires_at {
            Err(TokenRefusal::Expired)
        } else if self.used >= self.uses {
            Err(TokenRefusal::Spent)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> TokenRecord {
        TokenRecord {
            id: "t1".to_owned(),
            row: None,
            unit: None,
            registered_only: true,
            uses: 2,
            used: 1,
            created_at: Timestamp(100),
            expires_at: Timestamp(200),
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_ends_by_time_by_use_and_by_decision() {
        assert_eq!(token().check(Timestamp(199)), Ok(()));
        assert_eq!(token().check(Timestamp(200)), Err(TokenRefusal::Expired));
        let spent = TokenRecord { used: 2, ..token() };
        assert_eq!(spent.check(Timestamp(150)), Err(TokenRefusal::Spent));
        let revoked = TokenRecord { revoked_at: Some(Timestamp(120)), ..token() };
        assert_eq!(revoked.check(Timestamp(150)), Err(TokenRefusal::Revoked));
    }
}
