//! Refusals: a public face for the peer, a private cause for the log.

use std::fmt;

use hyper::StatusCode;
use report::export::ExportError;
use report::wire::{Problem, WIRE, WireError};

use crate::enrol::csr::RequestRefusal;
use crate::enrol::token::TokenRefusal;
use crate::identities::Stranger;
use crate::ingest::admission::ForeignReport;
use crate::ingest::limit::TooMany;
use crate::past::PastError;
use crate::store::StoreError;

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The label of `lachan_refusals_total`.
    pub reason: &'static str,
    /// What the peer is told.
    pub message: String,
    /// What only the log is told.
    pub cause: Option<String>,
    /// When the peer should come back, in seconds.
    pub retry_after: Option<u32>,
}

/// When a peer should come back after a fault of ours, in seconds. Agents add their own jitter.
const COME_BACK: u32 = 60;

impl Refusal {
    /// The peer's fault.
    pub fn of(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, reason, message: message.into(), cause: None, retry_after: None }
    }

    /// Ours: the peer should come back.
    pub fn ours(reason: &'static str, cause: impl fmt::Display) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            reason,
            message: "the collector cannot take this now: try again later".to_owned(),
            cause: Some(cause.to_string()),
            retry_after: Some(COME_BACK),
        }
    }

    /// Ours too: more waits for the disk than it takes in a moment.
    #[must_use]
    pub fn busy() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            reason: "busy",
            message: "the collector is busy: try again later".to_owned(),
            cause: None,
            retry_after: Some(COME_BACK),
        }
    }

    /// The body the peer gets.
    #[must_use]
    pub fn body(&self) -> Problem {
        Problem { reason: self.reason.to_owned(), message: self.message.clone(), wire: WIRE }
    }
}

impl From<Stranger> for Refusal {
    fn from(stranger: Stranger) -> Self {
        Self::of(StatusCode::FORBIDDEN, stranger.reason(), stranger.to_string())
    }
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        let status = match error {
            WireError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            WireError::Malformed(_)
            | WireError::UnknownField(_)
            | WireError::DuplicateField(_)
            | WireError::MissingField(_)
            | WireError::Version(_)
            | WireError::TooDeep
            | WireError::TooManyFacts => StatusCode::BAD_REQUEST,
        };
        Self::of(status, error.reason(), error.to_string())
    }
}

impl From<ExportError> for Refusal {
    fn from(error: ExportError) -> Self {
        let status = match error {
            ExportError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ExportError::Version(_) | ExportError::Malformed(_) => StatusCode::BAD_REQUEST,
        };
        Self::of(status, error.reason(), error.to_string())
    }
}

impl From<ForeignReport> for Refusal {
    fn from(foreign: ForeignReport) -> Self {
        Self::of(StatusCode::FORBIDDEN, "foreign_report", foreign.to_string())
    }
}

impl From<TooMany> for Refusal {
    fn from(too_many: TooMany) -> Self {
        let refusal = Self::of(StatusCode::TOO_MANY_REQUESTS, "too_many", too_many.to_string());
        Self { retry_after: Some(too_many.seconds), ..refusal }
    }
}

impl From<TokenRefusal> for Refusal {
    fn from(refusal: TokenRefusal) -> Self {
        Self::of(StatusCode::FORBIDDEN, refusal.reason(), refusal.to_string())
    }
}

impl From<RequestRefusal> for Refusal {
    fn from(refusal: RequestRefusal) -> Self {
        Self::of(StatusCode::BAD_REQUEST, refusal.reason(), refusal.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::ours("store", error)
    }
}

impl From<PastError> for Refusal {
    fn from(error: PastError) -> Self {
        match error {
            PastError::Future { .. }
            | PastError::Before { .. }
            | PastError::Never
            | PastError::Policies { .. } => {
                Self::of(StatusCode::UNPROCESSABLE_ENTITY, "past", error.to_string())
            }
            PastError::Store(_) => Self::ours("store", error),
            PastError::Ended(_) => Self::ours("judge", error),
        }
    }
}

impl From<crate::enrol::ca::CaError> for Refusal {
    fn from(error: crate::enrol::ca::CaError) -> Self {
        Self::ours("issue", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_come_back_is_told_when_and_nobody_else() {
        let shed = Refusal::from(StoreError::Closed);
        assert_eq!(shed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(shed.retry_after, Some(COME_BACK));
        assert_eq!(Refusal::from(TooMany { seconds: 7 }).retry_after, Some(7));
        assert_eq!(Refusal::from(Stranger::Revoked).retry_after, None);
    }
}
