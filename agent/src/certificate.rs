//! The dates of a certificate. The agent needs nothing else from inside one, so it reads them
//! itself instead of carrying a whole X.509 library to every office PC.

use report::{MachineId, Timestamp};

/// From when to when a certificate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
}

impl Validity {
    /// The dates of a certificate in DER; `None` where it is not shaped like one.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let mut certificate = Der(certificate).enter(SEQUENCE)?;
        let mut body = certificate.enter(SEQUENCE)?;
        if body.0.first() == Some(&VERSION) {
            body.enter(VERSION)?;
        }
        body.enter(INTEGER)?; // serial number
        body.enter(SEQUENCE)?; // signature algorithm
        body.enter(SEQUENCE)?; // issuer
        let mut validity = body.enter(SEQUENCE)?;
        Some(Self { not_before: validity.time()?, not_after: validity.time()? })
    }

    /// When the certificate of a machine is to be renewed: after half of its life, and up to a
    /// thirtieth later (of 90 days: 3), by the machine's name. An office whose machines all joined in
    /// one morning does not renew in one.
    #[must_use]
    pub fn renew_from(&self, machine: MachineId) -> Timestamp {
        let life = self.not_after.since(self.not_before);
        let (name, _) = machine.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
        let spread = u64::try_from(life / SPREAD).unwrap_or_default().max(1);
        let later = i64::try_from(u64::from_be_bytes(*name) % spread).unwrap_or_default();
        self.not_before + life / 2 + later
    }
}

/// Into how small a part of a certificate's life the renewals of all machines are spread.
const SPREAD: i64 = 30;

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// What is left of a run of DER elements.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Takes the next element, which must have this tag.
    fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        let rest = self.0.strip_prefix(&[tag])?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Der(content))
    }

    fn time(&mut self) -> Option<Timestamp> {
        match *self.0.first()? {
            UTC_TIME => {
                let digits = self.enter(UTC_TIME)?.0;
                let year = number(digits.get(..2)?)?;
                // RFC 5280 4.1.2.5.1: two digits mean 1950 to 2049.
                let century = if year < 50 { 2000 } else { 1900 };
                moment(century + year, digits.get(2..)?)
            }
            GENERALIZED_TIME => {
                let digits = self.enter(GENERALIZED_TIME)?.0;
                moment(number(digits.get(..4)?)?, digits.get(4..)?)
            }
            _ => None,
        }
    }
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match *first {
        short @ 0..=0x7F => Some((usize::from(short), rest)),
        long @ 0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(long & 0x7F))?;
            let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            Some((length, rest))
        }
        _ => None,
    }
}

/// `MMDDHHMMSSZ` of a year.
fn moment(year: u32, rest: &[u8]) -> Option<Timestamp> {
    let digits = rest.strip_suffix(b"Z").filter(|rest| rest.len() == 10)?;
    let pair = |at: usize| number(digits.get(at..at + 2)?);
    Timestamp::from_civil((i64::from(year), pair(0)?, pair(2)?), (pair(4)?, pair(6)?, pair(8)?))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| match digit {
        b'0'..=b'9' => Some(number * 10 + u32::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use report::moment::DAY;

    use super::*;

    fn certificate(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn midnight(year: i64, month: u32, day: u32) -> Timestamp {
        Timestamp::from_civil((year, month, day), (0, 0, 0)).unwrap()
    }

    #[test]
    fn both_ways_to_write_a_date_are_read() {
        let validity = Validity::of(&certificate((2026, 11, 22), (2027, 2, 20))).unwrap();
        assert_eq!(validity.not_before, midnight(2026, 11, 22));
        assert_eq!(validity.not_after, midnight(2027, 2, 20));
        let validity = Validity::of(&certificate((1999, 1, 2), (2066, 3, 4))).unwrap();
        assert_eq!(validity.not_before, midnight(1999, 1, 2));
        assert_eq!(validity.not_after, midnight(2066, 3, 4));
    }

    #[test]
    fn ninety_days_are_renewed_after_forty_five() {
        let validity = Validity::of(&certificate((2026, 1, 1), (2026, 4, 1))).unwrap();
        let first = MachineId::from_bytes([0; 16]);
        assert_eq!(validity.renew_from(first), midnight(2026, 2, 15));
    }

    #[test]
    fn machines_that_joined_together_renew_spread_over_three_days() {
        let validity = Validity::of(&certificate((2026, 1, 1), (2026, 4, 1))).unwrap();
        let (earliest, latest) = (midnight(2026, 2, 15), midnight(2026, 2, 18));
        let mut days = [0; 3];
        for n in 0_u64..3000 {
            let name = n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17).to_be_bytes();
            let machine = MachineId::from_bytes([name, [7; 8]].concat().try_into().unwrap());
            let from = validity.renew_from(machine);
            assert!((earliest..latest).contains(&from), "{from}");
            assert_eq!(validity.renew_from(machine), from, "the same at every look");
            days[usize::try_from(from.since(earliest) / DAY).unwrap()] += 1;
        }
        assert!(days.iter().all(|machines| (900..1100).contains(machines)), "{days:?}");
    }

    #[test]
    fn dates_that_make_no_sense_name_a_moment_all_the_same() {
        let machine = MachineId::from_bytes([0xff; 16]);
        for (from, until) in [(0, 0), (10, 5), (0, 29), (i64::MAX, i64::MIN)] {
            let (not_before, not_after) = (Timestamp(from), Timestamp(until));
            let _ = Validity { not_before, not_after }.renew_from(machine);
        }
    }

    #[test]
    fn no_prefix_of_a_certificate_is_taken_for_one() {
        let whole = certificate((2026, 1, 1), (2026, 4, 1));
        for end in 0..whole.len() {
            assert_eq!(Validity::of(&whole[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_damaged_byte_never_panics() {
        let whole = certificate((2026, 1, 1), (2026, 4, 1));
        for at in 0..whole.len().min(200) {
            for byte in [0x00, 0x7F, 0x80, 0x84, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                let _ = Validity::of(&damaged);
            }
        }
    }
}
