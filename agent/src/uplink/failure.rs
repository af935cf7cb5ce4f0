//! Why there is no answer.

use std::fmt;
use std::io;

use hyper::StatusCode;
use report::Timestamp;
use rustls::{CertificateError, OtherError};
use rustls_pki_types::UnixTime;

use super::MAX_REPLY_BYTES;
use super::http::causes;
use super::proxy::ProxyError;
use crate::address::Address;

/// Why no collector took it, by address.
#[derive(Debug, Default)]
pub struct Failure(pub(super) Vec<(Address, ExchangeError)>);

impl Failure {
    /// The collectors of which nothing but the dates stands in the way. None, where another one
    /// was reached: by its certificate the clock may be right.
    pub(super) fn only_by_dates(&self) -> Vec<Address> {
        if self.0.iter().any(|(_, error)| error.was_reached()) {
            return Vec::new();
        }
        let mut by_dates = Vec::new();
        for (address, error) in &self.0 {
            if matches!(error, ExchangeError::Tls(Distrust::Dates(_))) {
                by_dates.push(address.clone());
            }
        }
        by_dates
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no collector is known: name one under `collectors`");
        }
        for (index, (address, error)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{address}: {error}")?;
        }
        Ok(())
    }
}

/// Why an exchange with one collector came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The name is not known or nobody listens.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// The proxy does not lead there.
    #[error(transparent)]
    Proxy(Box<ProxyError>),
    /// The other side is not trusted, or does not trust this one.
    #[error("no trusted connection: {0}")]
    Tls(#[from] Distrust),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke or was not HTTP.
    #[error("the connection broke: {}", causes(.0))]
    Http(#[from] hyper::Error),
    /// The answer is longer than anything that is expected.
    #[error("the answer is longer than {MAX_REPLY_BYTES} bytes")]
    TooLong,
    /// The answer is not one.
    #[error("the answer makes no sense: {0}")]
    Senseless(String),
    /// Who has not joined is not told the time.
    #[error(
        "collectors tell the time to machines that have joined: set this machine's clock right"
    )]
    NobodyToTell,
    /// The collector has no time.
    #[error("the collector answers {0}")]
    Status(StatusCode),
}

/// Why there is no trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// By this machine's clock the collector's certificate is over, or did not begin.
    #[error("{0}: is this machine's clock right?")]
    Dates(String),
    /// The certificate is for another name or address.
    #[error("{0}")]
    Name(String),
    /// The certificate is by somebody else, or is forged.
    #[error("{0}")]
    Authority(String),
    /// Anything else, also that the collector does not trust this machine.
    #[error("{0}")]
    Other(String),
}

impl ExchangeError {
    /// Whether there was a trusted connection.
    fn was_reached(&self) -> bool {
        match self {
            Self::Connect(_)
            | Self::Proxy(_)
            | Self::Tls(_)
            | Self::TimedOut
            | Self::NobodyToTell => false,
            Self::Http(_) | Self::TooLong | Self::Senseless(_) | Self::Status(_) => true,
        }
    }
}

impl Distrust {
    /// A verifier's own words, where the library would only show them as a debug dump.
    pub(super) fn of(error: &io::Error) -> Self {
        let text = error.to_string();
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        let Some(rustls::Error::InvalidCertificate(error)) = inner else {
            return Self::Other(text);
        };
        match error {
            CertificateError::ExpiredContext { time, not_after } => {
                let (ended, now) = (moment(*not_after), moment(*time));
                Self::Dates(format!(
                    "the collector's certificate ended {ended}, and here it is {now}"
                ))
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                let (begins, now) = (moment(*not_before), moment(*time));
                Self::Dates(format!(
                    "the collector's certificate begins {begins}, and here it is {now}"
                ))
            }
            CertificateError::Expired | CertificateError::NotValidYet => Self::Dates(text),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::Name(text)
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Self::Authority(text)
            }
            CertificateError::Other(OtherError(own)) => Self::Authority(own.to_string()),
            _ => Self::Other(text),
        }
    }
}

fn moment(time: UnixTime) -> Timestamp {
    Timestamp(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_asked_only_where_nobody_was_reached_and_dates_alone_are_in_the_way() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let dates = || ExchangeError::Tls(Distrust::Dates(String::new()));
        let failure = |first| {
            Failure(vec![(address("a:1"), first), (address("b:1"), dates())]).only_by_dates()
        };
        assert_eq!(failure(dates()), [address("a:1"), address("b:1")]);
        assert_eq!(failure(ExchangeError::TimedOut), [address("b:1")]);
        let name = Distrust::Name(String::new());
        assert_eq!(failure(ExchangeError::Tls(name)), [address("b:1")]);
        assert_eq!(failure(ExchangeError::Status(StatusCode::SERVICE_UNAVAILABLE)), []);
    }
}
