//! How often one address may knock in vain.
//!
//! Whoever stands behind a translated address shares it with an office: so only knocks that come to
//! nothing are counted, and a token that is good opens the door however many others were not.

use std::net::IpAddr;

use hyper::StatusCode;
use report::Timestamp;

use crate::ingest::limit::{Buckets, TooMany};
use crate::network::counted_as;
use crate::problem::Refusal;

/// How many failures in a row are told why.
const BURST: usize = 20;
/// In which time one more is, in milliseconds.
const SPACING: i64 = 30_000;
/// How many addresses are remembered; whoever has failed least is forgotten first.
const MAX_ADDRESSES: usize = 4096;

/// The failures of each address. In memory only: what a restart forgives does no harm.
#[derive(Debug)]
pub struct Knocks(Buckets<IpAddr>);

impl Default for Knocks {
    fn default() -> Self {
        Self(Buckets::new(SPACING, BURST))
    }
}

impl Knocks {
    /// What somebody who was refused is told: why, or, if that was often lately, only when it will
    /// be told again. What was our own fault costs nothing.
    pub fn answer(&mut self, from: IpAddr, refusal: Refusal, now: Timestamp) -> Refusal {
        if refusal.status.is_server_error() {
            return refusal;
        }
        self.0.forget_beyond(MAX_ADDRESSES - 1);
        match self.0.take(counted_as(from), now) {
            Ok(()) => refusal,
            Err(TooMany { seconds }) => too_many(seconds),
        }
    }
}

fn too_many(seconds: u32) -> Refusal {
    let message = format!(
        "too many tries from this address came to nothing: why, is told again in {seconds} s; a join \
         token that is good is taken at any time"
    );
    let refusal = Refusal::of(StatusCode::TOO_MANY_REQUESTS, "enrol_too_many", message);
    Refusal { retry_after: Some(seconds), ..refusal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrol::token::TokenRefusal;
    use crate::store::StoreError;

    const NOW: Timestamp = Timestamp(1_795_300_000);

    fn fails(knocks: &mut Knocks, from: &str, at: Timestamp) -> Refusal {
        knocks.answer(from.parse().unwrap(), TokenRefusal::Unknown.into(), at)
    }

    fn told(knocks: &mut Knocks, from: &str, tries: usize, at: Timestamp) -> usize {
        (0..tries).filter(|_| fails(knocks, from, at).reason == "token_unknown").count()
    }

    #[test]
    fn whoever_fails_again_and_again_is_told_why_twenty_times_and_then_twice_a_minute() {
        let mut knocks = Knocks::default();
        assert_eq!(told(&mut knocks, "10.1.2.3", 50, NOW), BURST);
        let refused = fails(&mut knocks, "10.1.2.3", NOW);
        assert_eq!((refused.status.as_u16(), refused.reason), (429, "enrol_too_many"));
        assert_eq!(refused.retry_after, Some(30));
        assert_eq!(told(&mut knocks, "10.1.2.3", 50, NOW + 60), 2);
        assert_eq!(told(&mut knocks, "10.1.2.4", 50, NOW), BURST, "nobody else pays");
    }

    #[test]
    fn an_address_is_one_however_it_is_written_and_a_customers_range_too() {
        let mut knocks = Knocks::default();
        assert_eq!(told(&mut knocks, "2001:db8::1", 50, NOW), BURST);
        assert_eq!(told(&mut knocks, "2001:db8::ffff:2", 50, NOW), 0);
        assert_eq!(told(&mut knocks, "10.1.2.3", 50, NOW), BURST);
        assert_eq!(told(&mut knocks, "::ffff:10.1.2.3", 50, NOW), 0);
    }

    #[test]
    fn what_was_our_own_fault_costs_nobody_anything() {
        let mut knocks = Knocks::default();
        let from = "10.1.2.3".parse().unwrap();
        for _ in 0..50 {
            let refusal = knocks.answer(from, StoreError::Closed.into(), NOW);
            assert_eq!(refusal.reason, "store");
        }
        assert_eq!(told(&mut knocks, "10.1.2.3", 50, NOW), BURST);
    }

    #[test]
    fn no_more_addresses_are_remembered_than_there_is_room_for_and_the_worst_stay() {
        let mut knocks = Knocks::default();
        assert_eq!(told(&mut knocks, "10.1.2.3", 50, NOW), BURST);
        for n in 0..5_000_u32 {
            let stranger = std::net::Ipv4Addr::from_bits(0x0B00_0000 + n);
            assert_eq!(told(&mut knocks, &stranger.to_string(), 1, NOW), 1);
        }
        assert_eq!(knocks.0.len(), MAX_ADDRESSES);
        assert_eq!(told(&mut knocks, "10.1.2.3", 1, NOW), 0);
    }
}
