//! Join tokens as the collector keeps them: by the hash of their secret.

use std::net::IpAddr;

use report::Timestamp;
use serde::{Deserialize, Serialize};

use crate::network::Cidr;

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
    /// The networks from which machines may join with it; none: from anywhere.
    pub from: Vec<Cidr>,
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
    /// It is not for the network that the machine knocks from.
    #[error(
        "the join token may not be used from {0}, which is how the collector sees this machine: \
         join from the office it was made for, or ask for one without --from"
    )]
    Network(IpAddr),
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
            Self::Network(_) => "token_network",
            Self::Spent => "token_spent",
        }
    }
}

impl TokenRecord {
    /// Whether one more machine may join now from this address.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self, now: Timestamp, from: IpAddr) -> Result<(), TokenRefusal> {
        self.check_time_and_place(now, from)?;
        if self.used < self.uses { Ok(()) } else { Err(TokenRefusal::Spent) }
    }

    /// Whether a machine that joined already may be answered once more.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check_time_and_place(&self, now: Timestamp, from: IpAddr) -> Result<(), TokenRefusal> {
        if !self.from.is_empty() && !self.from.iter().any(|network| network.contains(from)) {
            Err(TokenRefusal::Network(from))
        } else if self.revoked_at.is_some() {
            Err(TokenRefusal::Revoked)
        } else if now >= self.expires_at {
            Err(TokenRefusal::Expired)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3));

    fn token() -> TokenRecord {
        TokenRecord {
            id: "t1".to_owned(),
            row: None,
            unit: None,
            registered_only: true,
            from: Vec::new(),
            uses: 2,
            used: 1,
            created_at: Timestamp(100),
            expires_at: Timestamp(200),
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_ends_by_time_by_use_and_by_decision() {
        let refused = |token: TokenRecord, at| token.check(Timestamp(at), HERE);
        assert_eq!(refused(token(), 199), Ok(()));
        assert_eq!(refused(token(), 200), Err(TokenRefusal::Expired));
        assert_eq!(refused(TokenRecord { used: 2, ..token() }, 150), Err(TokenRefusal::Spent));
        let revoked = TokenRecord { revoked_at: Some(Timestamp(120)), ..token() };
        assert_eq!(refused(revoked, 150), Err(TokenRefusal::Revoked));
    }

    #[test]
    fn a_token_for_networks_serves_each_of_them_and_tells_others_nothing_but_that() {
        let from = vec!["10.1.0.0/16".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let token = TokenRecord { from, revoked_at: Some(Timestamp(120)), ..token() };
        for address in ["10.2.0.1", "2001:db9::1"] {
            let address = address.parse().unwrap();
            let refused = token.check(Timestamp(150), address);
            assert_eq!(refused, Err(TokenRefusal::Network(address)));
        }
        let token = TokenRecord { revoked_at: None, ..token };
        for address in ["10.1.0.1", "::ffff:10.1.0.1", "2001:db8::1"] {
            assert_eq!(token.check(Timestamp(150), address.parse().unwrap()), Ok(()), "{address}");
        }
    }
}
