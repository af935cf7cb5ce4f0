//! One question to the collector, one answer: every contact is a connection of its own.
//!
//! Collectors are asked in order, each time from the first one: whoever failed over to the second
//! comes back as soon as the first one answers again.

pub mod backoff;
mod clock;
mod failure;
mod http;
pub mod proxy;
pub(crate) mod reach;
mod retry_after;
pub mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use report::Timestamp;
use report::wire::{Problem, SHUT_OUT, WIRE};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::Address;
use crate::clock::Reading;
pub use clock::Told;
pub use failure::{Distrust, ExchangeError, Failure};
pub use http::Body;
use http::{Reply, ask};
use proxy::Proxy;
use tls::{Calendar, Clock, Dated, Tls};

/// How long a connection may take to come about.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole exchange may take, connecting included.
const EXCHANGE: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const MAX_REPLY_BYTES: usize = 64 * 1024;

const USER_AGENT: &str = concat!("lachan-agent/", env!("CARGO_PKG_VERSION"));

/// The way to the collector, for one purpose.
#[derive(Clone, Debug)]
pub struct Uplink {
    addresses: Vec<Address>,
    proxy: Option<Proxy>,
    tls: Dated,
}

/// What came of asking.
#[derive(Debug)]
pub enum Answer<T> {
    /// The collector took it; for a report that means it is durable there.
    Accepted {
        /// What it says.
        reply: T,
        /// Who said it.
        by: Address,
        /// When, by this machine's clock.
        exchange: Exchange,
    },
    /// The collector will never take it as it is.
    Refused(Refusal),
    /// Nobody took it now; later somebody may.
    Later {
        /// How long the collector asks to be left alone.
        retry_after: Option<Duration>,
        /// What stood in the way.
        why: Failure,
    },
}

/// When a question was answered, by this machine's clock, and how long that took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When the answer was there.
    pub answered_at: Timestamp,
    /// From the beginning of the connection to the end of the answer.
    pub took: Duration,
}

impl Exchange {
    fn between(asked: &Reading, answered: &Reading) -> Self {
        Self { answered_at: answered.wall, took: answered.since(asked) }
    }

    /// The machine's clock minus the collector's, in seconds. The collector looked at its clock at
    /// some moment of the exchange: the middle is at most half of it wrong.
    #[must_use]
    pub fn skew(&self, collectors: Timestamp) -> i64 {
        let half = i64::try_from(self.took.as_secs() / 2).unwrap_or(i64::MAX);
        (self.answered_at - half).since(collectors)
    }
}

/// A refusal that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The collector's explanation.
    pub problem: Problem,
}

impl Refusal {
    /// Whether it means this machine's identity: nothing it says is taken until an officer acts.
    #[must_use]
    pub fn shuts_out(&self) -> bool {
        self.status == StatusCode::FORBIDDEN && SHUT_OUT.contains(&self.problem.reason.as_str())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, problem } = self;
        write!(f, "the collector refuses it: {} ({status} {})", problem.message, problem.reason)
    }
}

impl Uplink {
    /// The way to these collectors, first choice first.
    #[must_use]
    pub fn new(addresses: Vec<Address>, tls: Tls) -> Self {
        Self::by_clock(addresses, tls, crate::clock::read)
    }

    /// The same on a machine whose clocks are read so.
    #[must_use]
    pub fn by_clock(addresses: Vec<Address>, tls: Tls, clock: Clock) -> Self {
        Self { addresses, proxy: None, tls: tls.dated(clock, Arc::default()) }
    }

    /// The same to other collectors. Tickets stay: each is used with its own collector only.
    #[must_use]
    pub fn to(self, addresses: Vec<Address>) -> Self {
        Self { addresses, ..self }
    }

    /// The same through a proxy, if there is one.
    #[must_use]
    pub fn through(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// The same way for another purpose or identity: to the same collectors, through the same
    /// proxy, and with what one of them told of the time.
    #[must_use]
    pub fn anew(&self, tls: Tls) -> Self {
        let Calendar { clock, learnt, .. } = &*self.tls.calendar;
        Self {
            addresses: self.addresses.clone(),
            proxy: self.proxy.clone(),
            tls: tls.dated(*clock, Arc::clone(learnt)),
        }
    }

    /// What is held to be now: this machine's clock, or better where that is provably wrong.
    #[must_use]
    pub fn today(&self) -> Timestamp {
        self.tls.calendar.today()
    }

    /// The machine's clock minus the time that a collector told, in seconds, as long as that is
    /// gone by.
    #[must_use]
    pub fn learnt_skew(&self) -> Option<i64> {
        let now = (self.tls.calendar.clock)();
        Some(now.wall.since(self.tls.calendar.learnt.today(&now)?))
    }

    /// Asks one collector after the other until one decides. Having no time, or saying what makes
    /// no sense, decides nothing: the next one may be well.
    ///
    /// Where nothing but dates stands in the way, the time is asked for; and where they were those
    /// of a collector's certificate, then everything once more. That the machine's own one is over
    /// is mended by a renewal, which goes by [`Self::today`].
    pub async fn post<T: DeserializeOwned>(&self, path: &'static str, body: &Body) -> Answer<T> {
        let answer = self.post_in_order(path, body).await;
        match &answer {
            Answer::Later { why, .. } => {
                let has_learnt = self.learn_the_time(&why.ask_the_time_of()).await;
                match has_learnt && why.is_only_dates() {
                    true => self.post_in_order(path, body).await,
                    false => answer,
                }
            }
            Answer::Accepted { .. } | Answer::Refused(_) => answer,
        }
    }

    async fn post_in_order<T: DeserializeOwned>(
        &self,
        path: &'static str,
        body: &Body,
    ) -> Answer<T> {
        let mut why = Failure::default();
        let mut retry_after = None;
        for address in &self.addresses {
            let asked = (self.tls.calendar.clock)();
            let error = match self.exchange(address, path, body).await {
                Ok(reply) => match understand(&reply) {
                    Understood::Accepted(reply) => {
                        let answered = (self.tls.calendar.clock)();
                        let exchange = Exchange::between(&asked, &answered);
                        return Answer::Accepted { reply, by: address.clone(), exchange };
                    }
                    Understood::Refused(refusal) => return Answer::Refused(refusal),
                    Understood::Later(error) => {
                        // Of several the longest: none of them is to be asked too early.
                        retry_after = retry_after.max(reply.retry_after);
                        error
                    }
                },
                Err(error) => error,
            };
            tracing::debug!(%address, %error, "no answer");
            why.0.push((address.clone(), error));
        }
        Answer::Later { retry_after, why }
    }

    async fn exchange(
        &self,
        address: &Address,
        path: &'static str,
        body: &Body,
    ) -> Result<Reply, ExchangeError> {
        within(EXCHANGE, async {
            let stream = within(CONNECT, self.connect(address, &self.tls.speaking)).await?;
            ask(stream, address, path, body).await
        })
        .await
    }

    async fn connect(
        &self,
        address: &Address,
        config: &Arc<ClientConfig>,
    ) -> Result<TlsStream<TcpStream>, ExchangeError> {
        let stream = reach::reach(address, self.proxy.as_ref(), CONNECT).await?;
        shake_hands(stream, address, config).await
    }

    /// Shakes hands as before a report, over a way that is open already.
    ///
    /// # Errors
    /// When one side does not trust the other.
    pub(crate) async fn trust(
        &self,
        stream: TcpStream,
        address: &Address,
    ) -> Result<TlsStream<TcpStream>, ExchangeError> {
        shake_hands(stream, address, &self.tls.speaking).await
    }
}

async fn shake_hands(
    stream: TcpStream,
    address: &Address,
    config: &Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, ExchangeError> {
    let shaken = TlsConnector::from(Arc::clone(config)).connect(address.name(), stream).await;
    Ok(shaken.map_err(|error| Distrust::of(&error))?)
}

pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, ExchangeError>>,
) -> Result<T, ExchangeError> {
    timeout(limit, work).await.map_err(|_| ExchangeError::TimedOut)?
}

enum Understood<T> {
    Accepted(T),
    Refused(Refusal),
    Later(ExchangeError),
}

fn understand<T: DeserializeOwned>(reply: &Reply) -> Understood<T> {
    let status = reply.status;
    if status.is_success() {
        return match serde_json::from_slice(&reply.body) {
            Ok(reply) => Understood::Accepted(reply),
            // Sending it again is harmless: the collector knows the sequence number.
            Err(error) => Understood::Later(ExchangeError::Senseless(error.to_string())),
        };
    }
    let passing =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    if status.is_client_error() && !passing.contains(&status) {
        let problem = problem(reply);
        // No fault of what was said: after a renewal it is taken.
        if is_about_own_dates(status, &problem) {
            return Understood::Later(Distrust::OwnDates(problem.message).into());
        }
        return Understood::Refused(Refusal { status: status.as_u16(), problem });
    }
    Understood::Later(ExchangeError::Status(status))
}

/// Whether the collector says that this machine's certificate is over. A resumed connection shows
/// that only in the answer.
fn is_about_own_dates(status: StatusCode, problem: &Problem) -> bool {
    status == StatusCode::FORBIDDEN && problem.reason == "expired"
}

fn problem(reply: &Reply) -> Problem {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| Problem {
        reason: "unexplained".to_owned(),
        message: "something on the way answers without saying why: is this a collector?".to_owned(),
        wire: WIRE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: body.to_owned().into(),
        }
    }

    fn kind(status: u16, body: &str) -> &'static str {
        match understand::<u32>(&reply(status, body)) {
            Understood::Accepted(_) => "accepted",
            Understood::Refused(_) => "refused",
            Understood::Later(_) => "later",
        }
    }

    #[test]
    fn only_the_reports_own_fault_is_final() {
        assert_eq!(kind(200, "7"), "accepted");
        for status in [400, 401, 403, 404, 409, 413, 422] {
            assert_eq!(kind(status, ""), "refused", "{status}");
        }
        for status in [301, 408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(kind(status, ""), "later", "{status}");
        }
    }

    #[test]
    fn success_that_cannot_be_read_is_not_success() {
        assert_eq!(kind(200, "<html>welcome</html>"), "later");
    }

    #[test]
    fn a_refusal_keeps_the_collectors_words() {
        let body = r#"{"reason":"revoked","message":"ask your IT office","wire":1,"new":0}"#;
        let Understood::Refused(refusal) = understand::<u32>(&reply(403, body)) else {
            panic!("it is final");
        };
        assert_eq!(
            refusal.to_string(),
            "the collector refuses it: ask your IT office (403 revoked)"
        );
        let Understood::Refused(refusal) = understand::<u32>(&reply(404, "<html>")) else {
            panic!("it is final");
        };
        assert_eq!(refusal.problem.reason, "unexplained");
    }

    #[test]
    fn a_certificate_that_is_over_is_no_fault_of_the_report() {
        let body = r#"{"reason":"expired","message":"renew it","wire":1}"#;
        assert_eq!(kind(403, body), "later");
        assert_eq!(kind(409, body), "refused");
    }

    #[test]
    fn skew_is_measured_against_the_middle_of_the_exchange() {
        let exchange =
            Exchange { answered_at: Timestamp(1_000_010), took: Duration::from_secs(20) };
        assert_eq!(exchange.skew(Timestamp(1_000_000)), 0);
        assert_eq!(exchange.skew(Timestamp(1_000_300)), -300);
        assert_eq!(exchange.skew(Timestamp(990_000)), 10_000);
    }
}
