//! The clock contact: all that is ever said over a connection whose dates were put aside.

use report::Timestamp;
use report::wire::{CLOCK_PATH, ClockReply, ClockRequest, WIRE};

use super::http::{Body, ask};
use super::{CONNECT, EXCHANGE, Exchange, ExchangeError, Uplink, within};
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
                    let days = told.skew() / report::moment::DAY;
                    tracing::warn!(%address, now = %told.now, days, "this machine's clock is wrong");
                    self.tls.calendar.learnt.learn(told.now, told.at);
                    return true;
                }
                Err(error) => tracing::warn!(%address, "failed to ask the time: {error}"),
            }
        }
        false
    }

    /// Asks one collector for its time. The dates of its certificate are put aside, and nothing
    /// else is: authority, name and signature are verified as ever.
    ///
    /// # Errors
    /// When there is no answer, or none that can be right.
    pub async fn ask_the_time(&self, address: &Address) -> Result<Told, ExchangeError> {
        let config = self.tls.asking.as_ref().ok_or(ExchangeError::NobodyToTell)?;
        within(EXCHANGE, async {
            let asked = (self.tls.calendar.clock)();
            let stream = within(CONNECT, self.connect(address, config)).await?;
            let leaf = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let validity = leaf.and_then(|leaf| Validity::of(leaf));
            let request = ClockRequest { wire: WIRE, sent_at: asked.wall };
            let body = serde_json::to_string(&request).map_err(senseless)?;
            let reply = ask(stream, address, CLOCK_PATH, &Body::plain(body)).await?;
            if !reply.status.is_success() {
                return Err(ExchangeError::Status(reply.status));
            }
            let ClockReply { now, .. } = serde_json::from_slice(&reply.body).map_err(senseless)?;
            can_be(now, validity, self.tls.calendar.floor).map_err(ExchangeError::Senseless)?;
            let at = (self.tls.calendar.clock)();
            Ok(Told { now, exchange: Exchange::between(&asked, &at), at })
        })
        .await
    }
}

fn senseless(error: serde_json::Error) -> ExchangeError {
    ExchangeError::Senseless(error.to_string())
}

/// Whether it can be that time now. Whoever found the key of a certificate that is over could
/// answer in the collector's place, but only with a moment in its dates; and no moment comes
/// before this machine's own certificate.
fn can_be(now: Timestamp, validity: Option<Validity>, floor: Timestamp) -> Result<(), String> {
    let Some(Validity { not_before, not_after }) = validity else {
        return Err("the collector's certificate has no dates".to_owned());
    };
    if now < not_before || now > not_after {
        return Err(format!(
            "the collector says it is {now}, but its certificate is for {not_before} to \
             {not_after}: renew it, or put the collector's clock right"
        ));
    }
    if now < floor {
        return Err(format!("the collector says it is {now}, but it is after {floor}"));
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
