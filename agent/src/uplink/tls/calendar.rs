//! The time that a collector's certificate is held against.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use report::Timestamp;
use report::moment::DAY;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

use super::learnt::Learnt;
use crate::clock::Reading;

/// How this machine's clocks are read.
pub type Clock = fn() -> Reading;

/// The machine's clock, unless it is provably wrong: a clock that says a moment before this
/// machine's own certificate began, or before this program was made, has lost its battery. Then it
/// counts as the last moment a collector was heard from, so that the machine still reports and its
/// collector sees how wrong it is. A clock that may be right is believed: a collector that was
/// ahead for a day must not make every machine hold its next certificate for one that has ended.
/// Where that does not do, a collector tells the time, and that goes before all else.
pub(in crate::uplink) struct Calendar {
    pub(in crate::uplink) clock: Clock,
    /// No clock that is right says less.
    pub(in crate::uplink) floor: Timestamp,
    /// When, by its own clock, a collector last answered.
    pub(in crate::uplink) heard: Timestamp,
    pub(in crate::uplink) learnt: Arc<Learnt>,
}

impl Calendar {
    /// What is held to be now.
    pub(in crate::uplink) fn today(&self) -> Timestamp {
        let now = (self.clock)();
        match self.learnt.today(&now) {
            Some(told) => told,
            None if now.wall < self.floor => self.floor.max(self.heard),
            None => now.wall,
        }
    }

    /// Before this moment it cannot be, whoever says so. This machine's clock and the last
    /// collector it heard are witnesses that may each be wrong; together they are believed, less a
    /// day: else whoever found the key of a certificate that is over could bring its days back.
    pub(in crate::uplink) fn earliest(&self, now: &Reading) -> Timestamp {
        self.floor.max(now.wall.min(self.heard) - DAY)
    }
}

impl TimeProvider for Calendar {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.today().0).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.today())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::crypto::aws_lc_rs::default_provider;
    use rustls::{CertificateError, Error, RootCertStore};
    use rustls_pki_types::ServerName;

    use super::*;
    use crate::clock;

    fn day(year: i64, month: u32, day: u32) -> Timestamp {
        Timestamp::from_civil((year, month, day), (0, 0, 0)).unwrap()
    }

    fn dead_battery() -> Reading {
        Reading { wall: day(2009, 1, 1), ..clock::read() }
    }

    fn autumn() -> Reading {
        Reading { wall: day(2026, 11, 22), ..clock::read() }
    }

    fn with(clock: Clock, floor: Timestamp, heard: Timestamp) -> Calendar {
        Calendar { clock, floor, heard, learnt: Arc::default() }
    }

    fn calendar(clock: Clock) -> Calendar {
        with(clock, day(2026, 10, 1), day(2026, 11, 20))
    }

    /// Whether a collector's certificate for November and December 2026 is accepted.
    fn verifies(calendar: &Calendar) -> Result<(), Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        let mut leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
        leaf.not_before = date_time_ymd(2026, 11, 1);
        leaf.not_after = date_time_ymd(2026, 12, 31);
        let issuer = Issuer::from_params(&params, &key);
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let name = ServerName::try_from("localhost").unwrap();
        let now = calendar.current_time().unwrap();
        let verifier = verifier.build().unwrap();
        verifier.verify_server_cert(leaf.der(), &[], &name, &[], now).map(drop)
    }

    #[test]
    fn a_dead_clock_still_verifies_the_collector() {
        assert_eq!(verifies(&calendar(dead_battery)), Ok(()));
        let believed = with(dead_battery, Timestamp(0), Timestamp(0));
        assert!(matches!(
            verifies(&believed),
            Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { .. }))
        ));
    }

    #[test]
    fn a_clock_that_may_be_right_is_believed() {
        assert_eq!(calendar(autumn).today(), day(2026, 11, 22));
        let misled = with(autumn, day(2026, 10, 1), day(2036, 1, 1));
        assert_eq!(misled.today(), day(2026, 11, 22), "a collector was ahead for a day");
    }

    #[test]
    fn two_witnesses_of_a_later_day_are_believed_and_one_is_not() {
        let floor = day(2026, 10, 1);
        let earliest = |clock: Clock, heard| with(clock, floor, heard).earliest(&clock());
        assert_eq!(earliest(autumn, day(2026, 11, 20)), day(2026, 11, 19));
        assert_eq!(earliest(autumn, day(2036, 1, 1)), day(2026, 11, 21), "misled");
        assert_eq!(earliest(dead_battery, day(2026, 11, 20)), floor);
        assert_eq!(earliest(dead_battery, day(2036, 1, 1)), floor);
        assert_eq!(earliest(autumn, Timestamp(0)), floor, "never heard");
    }

    #[test]
    fn before_the_first_answer_the_own_certificate_tells_the_time() {
        let joined = with(dead_battery, day(2026, 11, 2), Timestamp(0));
        assert_eq!(joined.today(), day(2026, 11, 2));
    }

    #[test]
    fn what_a_collector_told_goes_before_any_clock() {
        for clock in [dead_battery as Clock, autumn] {
            let told = calendar(clock);
            told.learnt.learn(day(2027, 3, 1), clock());
            assert_eq!(told.today(), day(2027, 3, 1));
        }
    }
}
