//! The clock contact: all that is ever said over a connection whose dates were put aside.

use report::Timestamp;
use report::wire::{CLOCK_PATH, ClockReply, ClockRequest, WIRE};

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::http::{Body, Reply, ask};
use super::{
    CONNECT, Distrust, EXCHANGE, Exchange, ExchangeError, Uplink, is_about_own_dates, problem,
    within,
};
use crate::address::Address;
use crate::certificate::Validity;
use crate::clock::Reading;

/// What a collector told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Its time.
    pub now: Timestamp,
    /// When it was told, by this machine's clock.
    pub exchange: Exchange,
    /// This machine's clocks when the answer was there.
    at: Reading,
}

impl Told {
    /// The machine's clock minus the collector's, in seconds.
    #[must_use]
    pub fn skew(&self) -> i64 {
        self.exchange.skew(self.now)
    }
}

impl Uplink {
    /// Takes the time from the first of these collectors that tells one that can be; says whether
    /// there was any.
    pub(super) async fn learn_the_time(&self, collectors: &[Address]) -> bool {
        for address in collectors {
            match self.ask_the_time(address).await {
                Ok(told) => {
                    let days_ahead = told.skew() / report::moment::DAY;
                    tracing::warn!(%address, now = %told.now, days_ahead, "a collector told the time: dates do not fit");
                    self.tls.calendar.learnt.learn(told.now, told.at);
                    return true;
                }
                Err(error) => tracing::warn!(%address, "failed to ask the time: {error}"),
            }
        }
        false
    }

    /// Asks one collector for its time. The dates of its certificate are put aside, and nothing
    /// else is: authority, name and signature are verified as ever. It is asked where the end of
    /// this machine's own certificate is tolerated.
    ///
    /// # Errors
    /// When there is no answer, or none that can be right.
    pub async fn ask_the_time(&self, address: &Address) -> Result<Told, ExchangeError> {
        let config = self.tls.asking.as_ref().ok_or(ExchangeError::NobodyToTell)?;
        within(EXCHANGE, async {
            let stream = within(CONNECT, self.connect(address, config)).await?;
            self.ask_the_time_over(stream, address).await
        })
        .await
    }

    /// Asks for the time over a connection that is there.
    ///
    /// # Errors
    /// When there is no answer, or none that can be right.
    pub(crate) async fn ask_the_time_over(
        &self,
        stream: TlsStream<TcpStream>,
        address: &Address,
    ) -> Result<Told, ExchangeError> {
        let calendar = &self.tls.calendar;
        let asked = (calendar.clock)();
        let leaf = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let validity = leaf.and_then(|leaf| Validity::of(leaf));
        let request = ClockRequest { wire: WIRE, sent_at: asked.wall };
        let body = serde_json::to_string(&request).map_err(senseless)?;
        let reply = ask(stream, address, CLOCK_PATH, &Body::plain(body)).await?;
        if !reply.status.is_success() {
            return Err(unanswered(&reply));
        }
        let ClockReply { now, .. } = serde_json::from_slice(&reply.body).map_err(senseless)?;
        let at = (calendar.clock)();
        can_be(now, validity, calendar.earliest(&at)).map_err(ExchangeError::Senseless)?;
        Ok(Told { now, exchange: Exchange::between(&asked, &at), at })
    }
}

fn unanswered(reply: &Reply) -> ExchangeError {
    let problem = problem(reply);
    match is_about_own_dates(reply.status, &problem) {
        true => Distrust::OwnDates(problem.message).into(),
        false => ExchangeError::Status(reply.status),
    }
}

fn senseless(error: serde_json::Error) -> ExchangeError {
    ExchangeError::Senseless(error.to_string())
}

/// Whether it can be that time now. Whoever found the key of a certificate that is over could
/// answer in the collector's place, but only with a moment in its dates; and no moment comes
/// before what this machine knows.
fn can_be(now: Timestamp, validity: Option<Validity>, earliest: Timestamp) -> Result<(), String> {
    let Some(Validity { not_before, not_after }) = validity else {
        return Err("the collector's certificate has no dates".to_owned());
    };
    if now < not_before || now > not_after {
        return Err(format!(
            "the collector says it is {now}, but its certificate is for {not_before} to \
             {not_after}: renew it, or put the collector's clock right"
        ));
    }
    if now < earliest {
        return Err(format!("the collector says it is {now}, but it is after {earliest}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_that_can_be_is_taken() {
        let told = |now| {
            let validity = Validity { not_before: Timestamp(100), not_after: Timestamp(200) };
            can_be(Timestamp(now), Some(validity), Timestamp(120))
        };
        assert_eq!(told(120), Ok(()));
        assert_eq!(told(200), Ok(()));
        assert!(told(201).unwrap_err().contains("its certificate is for"));
        assert!(told(99).unwrap_err().contains("its certificate is for"));
        assert!(told(119).unwrap_err().contains("it is after"));
        assert!(can_be(Timestamp(120), None, Timestamp(0)).is_err());
    }
}
