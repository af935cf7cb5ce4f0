//! Why there is no answer.

use std::error::Error;
use std::fmt;
use std::io;

use hyper::StatusCode;
use report::Timestamp;
use rustls::{AlertDescription, CertificateError, OtherError};
use rustls_pki_types::UnixTime;

use super::MAX_REPLY_BYTES;
use super::http::causes;
use super::proxy::ProxyError;
use crate::address::Address;

/// Why no collector took it, by address.
#[derive(Debug, Default)]
pub struct Failure(pub(super) Vec<(Address, ExchangeError)>);

impl Failure {
    /// The collectors to ask for the time: those that hold this machine's certificate for over,
    /// and where only dates are in the way, those whose dates do not hold.
    pub(super) fn ask_the_time_of(&self) -> Vec<Address> {
        let is_only_dates = self.is_only_dates();
        let may_tell = |error: &ExchangeError| match error {
            ExchangeError::Tls(Distrust::OwnDates(_)) => true,
            ExchangeError::Tls(Distrust::Dates(_)) => is_only_dates,
            ExchangeError::Tls(
                Distrust::Name(_)
                | Distrust::Authority(_)
                | Distrust::Unwanted(_)
                | Distrust::Other(_),
            )
            | ExchangeError::Connect(_)
            | ExchangeError::Proxy(_)
            | ExchangeError::TimedOut
            | ExchangeError::Http(_)
            | ExchangeError::TooLong
            | ExchangeError::Senseless(_)
            | ExchangeError::NobodyToTell
            | ExchangeError::Status(_) => false,
        };
        let told = self.0.iter().filter(|(_, error)| may_tell(error));
        told.map(|(address, _)| address.clone()).collect()
    }

    /// Whether dates of collectors are all that kept this machine from reaching one. Where another
    /// one was reached they prove nothing: by its certificate the clock may be right.
    pub(super) fn is_only_dates(&self) -> bool {
        let is_dates =
            |error: &ExchangeError| matches!(error, ExchangeError::Tls(Distrust::Dates(_)));
        self.0.iter().any(|(_, error)| is_dates(error))
            && !self.0.iter().any(|(_, error)| error.was_reached())
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
    Http(hyper::Error),
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
    /// By the collector's clock this machine's certificate is over, or did not begin.
    #[error("for the collector this machine's certificate is over: {0}")]
    OwnDates(String),
    /// The collector does not accept this machine's certificate for another reason.
    #[error("the collector does not accept this machine's certificate: {0}")]
    Unwanted(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl ExchangeError {
    /// Whether there was a trusted connection.
    fn was_reached(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Proxy(_) | Self::TimedOut | Self::NobodyToTell => false,
            Self::Tls(why) => why.is_the_collectors(),
            Self::Http(_) | Self::TooLong | Self::Senseless(_) | Self::Status(_) => true,
        }
    }
}

/// This side has finished its handshake before the collector looks at this machine's certificate:
/// what it thinks of it comes in the place of an answer.
impl From<hyper::Error> for ExchangeError {
    fn from(error: hyper::Error) -> Self {
        let mut cause = error.source();
        while let Some(inner) = cause {
            let told = inner.downcast_ref().and_then(Distrust::of_the_collector);
            if let Some(distrust) = told {
                return distrust.into();
            }
            cause = inner.source();
        }
        Self::Http(error)
    }
}

impl Distrust {
    /// Whether it is the collector that does not trust this machine, which trusts the collector.
    fn is_the_collectors(&self) -> bool {
        match self {
            Self::OwnDates(_) | Self::Unwanted(_) => true,
            Self::Dates(_) | Self::Name(_) | Self::Authority(_) | Self::Other(_) => false,
        }
    }

    /// What the collector thinks of this machine's certificate, where it says that.
    fn of_the_collector(error: &io::Error) -> Option<Self> {
        let Some(rustls::Error::AlertReceived(alert)) = of_tls(error) else {
            return None;
        };
        match alert {
            AlertDescription::CertificateExpired => Some(Self::OwnDates(error.to_string())),
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::CertificateRequired => Some(Self::Unwanted(error.to_string())),
            // The library's list is open. Nothing else is said of certificates.
            _ => None,
        }
    }

    /// A verifier's own words, where the library would only show them as a debug dump.
    pub(super) fn of(error: &io::Error) -> Self {
        if let Some(distrust) = Self::of_the_collector(error) {
            return distrust;
        }
        let text = error.to_string();
        let Some(rustls::Error::InvalidCertificate(error)) = of_tls(error) else {
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

fn of_tls(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn moment(time: UnixTime) -> Timestamp {
    Timestamp(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn dates() -> ExchangeError {
        Distrust::Dates(String::new()).into()
    }

    fn own_dates() -> ExchangeError {
        Distrust::OwnDates(String::new()).into()
    }

    /// Of whom the time is asked, and whether everything is then said again.
    fn asked(first: ExchangeError, second: ExchangeError) -> (Vec<Address>, bool) {
        let failure = Failure(vec![(address("a:1"), first), (address("b:1"), second)]);
        (failure.ask_the_time_of(), failure.is_only_dates())
    }

    #[test]
    fn the_time_is_asked_only_where_nobody_was_reached_and_dates_alone_are_in_the_way() {
        let (a, b) = (address("a:1"), address("b:1"));
        assert_eq!(asked(dates(), dates()), (vec![a, b.clone()], true));
        assert_eq!(asked(ExchangeError::TimedOut, dates()), (vec![b.clone()], true));
        assert_eq!(asked(Distrust::Name(String::new()).into(), dates()), (vec![b], true));
        let busy = || ExchangeError::Status(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(asked(busy(), dates()), (vec![], false));
        assert_eq!(asked(Distrust::Unwanted(String::new()).into(), dates()), (vec![], false));
    }

    #[test]
    fn who_holds_this_machines_certificate_for_over_is_asked_whoever_else_was_reached() {
        let b = address("b:1");
        let busy = ExchangeError::Status(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(asked(busy, own_dates()), (vec![b.clone()], false));
        assert_eq!(asked(dates(), own_dates()), (vec![b], false));
    }

    #[test]
    fn what_the_collector_thinks_of_the_certificate_is_told_from_a_broken_connection() {
        let told = |alert| {
            Distrust::of_the_collector(&io::Error::other(rustls::Error::AlertReceived(alert)))
        };
        let expired = told(AlertDescription::CertificateExpired);
        assert!(matches!(expired, Some(Distrust::OwnDates(_))), "{expired:?}");
        let revoked = told(AlertDescription::CertificateRevoked);
        assert!(matches!(revoked, Some(Distrust::Unwanted(_))), "{revoked:?}");
        assert_eq!(told(AlertDescription::InternalError), None);
        assert_eq!(Distrust::of_the_collector(&io::ErrorKind::BrokenPipe.into()), None);
    }
}
