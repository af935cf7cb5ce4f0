//! The machine's own time zone, for programs that write down local time and nothing else.

use std::ops::Range;

use report::Timestamp;

/// Offsets from Greenwich, as `/etc/localtime` lists them (RFC 8536).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// From when on which offset holds, in seconds.
    changes: Vec<(i64, i64)>,
    /// Before the first change.
    first: i64,
    /// Whether a rule, which is not read here, takes over after the last change.
    has_rule: bool,
}

impl Zone {
    /// A machine without a time zone keeps Greenwich's.
    pub(super) fn utc() -> Self {
        Self { changes: Vec::new(), first: 0, has_rule: false }
    }

    /// Reads a compiled time zone.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let narrow = Counts::parse(bytes)?;
        if bytes.get(4).is_none_or(|version| *version < b'2') {
            return None;
        }
        // The same again with times of eight bytes, behind the part for old readers.
        let body = bytes.get(HEADER + narrow.length(4)..)?;
        let counts = Counts::parse(body)?;
        let data = body.get(HEADER..)?;
        let (times, data) = data.split_at_checked(counts.times * 8)?;
        let (kinds, data) = data.split_at_checked(counts.times)?;
        let (offsets, _) = data.split_at_checked(counts.kinds * 6)?;
        let offsets: Vec<i64> =
            offsets.chunks_exact(6).filter_map(|kind| number(kind, 0..4)).collect();
        let changes = times
            .chunks_exact(8)
            .zip(kinds)
            .map(|(time, kind)| Some((number(time, 0..8)?, *offsets.get(usize::from(*kind))?)))
            .collect::<Option<Vec<_>>>()?;
        let rule = body.get(HEADER + counts.length(8)..).unwrap_or_default();
        // A rule with a comma changes the offset twice a year.
        Some(Self { changes, first: *offsets.first()?, has_rule: rule.contains(&b',') })
    }

    /// The moment at which the clocks of this zone showed this; of two, the earlier. `None` where
    /// the zone's rules for that time were not read.
    pub(super) fn moment(&self, local: Timestamp) -> Option<Timestamp> {
        let last = self.changes.last().map_or(i64::MIN, |(since, _)| *since);
        if self.has_rule && local.0 > last.saturating_add(DAY) {
            return None;
        }
        let offsets = self.changes.iter().map(|(_, offset)| *offset).chain([self.first]);
        let moments = offsets.map(|offset| local.0.saturating_sub(offset));
        let shown = moments.filter(|at| at.saturating_add(self.offset(*at)) == local.0);
        // Clocks that are put forward never show some times: whoever wrote one had not put his.
        let shown = shown.min().unwrap_or_else(|| local.0.saturating_sub(self.offset(local.0)));
        Some(Timestamp(shown))
    }

    fn offset(&self, at: i64) -> i64 {
        let change = self.changes.iter().rfind(|(since, _)| *since <= at);
        change.map_or(self.first, |(_, offset)| *offset)
    }
}

const DAY: i64 = report::moment::DAY;
const HEADER: usize = 44;

/// How much of each kind stands in one part of the file.
struct Counts {
    universal: usize,
    standard: usize,
    leaps: usize,
    times: usize,
    kinds: usize,
    letters: usize,
}

impl Counts {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..HEADER)?.strip_prefix(b"TZif")?;
        let count = |at: usize| {
            let at = 16 + at * 4;
            usize::try_from(number(header, at..at + 4)?).ok()
        };
        let counts = Self {
            universal: count(0)?,
            standard: count(1)?,
            leaps: count(2)?,
            times: count(3)?,
            kinds: count(4)?,
            letters: count(5)?,
        };
        // More than any zone has: nothing below can overflow.
        let largest = counts.times.max(counts.kinds).max(counts.leaps).max(counts.letters);
        (largest.max(counts.universal).max(counts.standard) <= 0xFFFF).then_some(counts)
    }

    fn length(&self, width: usize) -> usize {
        self.times * (width + 1)
            + self.kinds * 6
            + self.letters
            + self.leaps * (width + 4)
            + self.standard
            + self.universal
    }
}

/// A signed number, highest byte first.
fn number(bytes: &[u8], at: Range<usize>) -> Option<i64> {
    let bytes = bytes.get(at)?;
    let (first, rest) = bytes.split_first()?;
    let start = i64::from(first.cast_signed());
    Some(rest.iter().fold(start, |number, byte| number << 8 | i64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(date: (i64, u32, u32), time: (u32, u32, u32)) -> Timestamp {
        Timestamp::from_civil(date, time).unwrap()
    }

    /// A compiled time zone: changes with the kind that follows, and offsets by kind.
    fn compiled(changes: &[(i64, u8)], offsets: &[i32], rule: &str) -> Vec<u8> {
        let part = |width: usize| {
            let mut bytes = b"TZif2".to_vec();
            bytes.extend([0; 15]);
            let counts = [0, 0, 0, changes.len(), offsets.len(), 4];
            bytes.extend(counts.into_iter().flat_map(|n| u32::try_from(n).unwrap().to_be_bytes()));
            for (time, _) in changes {
                bytes.extend(&time.to_be_bytes()[8 - width..]);
            }
            bytes.extend(changes.iter().map(|(_, kind)| kind));
            for offset in offsets {
                bytes.extend(offset.to_be_bytes());
                bytes.extend([0, 0]);
            }
            bytes.extend(b"XXX\0");
            bytes
        };
        [part(4), part(8), format!("\n{rule}\n").into_bytes()].concat()
    }

    #[test]
    fn vietnam_is_seven_hours_ahead_all_year() {
        let zone =
            Zone::parse(&compiled(&[(171_820_800, 1)], &[28_800, 25_200], "<+07>-7")).unwrap();
        let local = at((2026, 11, 22), (11, 30, 0));
        assert_eq!(zone.moment(local), Some(at((2026, 11, 22), (4, 30, 0))));
        let before = at((1974, 1, 1), (8, 0, 0));
        assert_eq!(zone.moment(before), Some(at((1974, 1, 1), (0, 0, 0))));
    }

    #[test]
    fn a_time_shown_twice_is_the_earlier_and_one_never_shown_is_near() {
        let (forward, back) = (at((2026, 3, 29), (1, 0, 0)), at((2026, 10, 25), (1, 0, 0)));
        let changes = [(forward.0, 1), (back.0, 0), (back.0 + 1_000_000_000, 0)];
        let zone =
            Zone::parse(&compiled(&changes, &[3_600, 7_200], "CET-1CEST,M3.5.0,M10.5.0")).unwrap();
        let twice = at((2026, 10, 25), (2, 30, 0));
        assert_eq!(zone.moment(twice), Some(at((2026, 10, 25), (0, 30, 0))));
        let never = zone.moment(at((2026, 3, 29), (2, 30, 0))).unwrap();
        assert!((never.0 - forward.0).abs() <= 3_600);
    }

    #[test]
    fn a_rule_that_is_not_read_leaves_the_time_after_it_unknown() {
        let zone = Zone::parse(&compiled(&[(0, 0)], &[3_600], "CET-1CEST,M3.5.0,M10.5.0")).unwrap();
        assert_eq!(zone.moment(at((2026, 11, 22), (4, 30, 0))), None);
    }

    #[test]
    fn greenwich_is_a_zone_and_other_files_are_none() {
        let utc = Zone::parse(&compiled(&[], &[0], "UTC0")).unwrap();
        assert_eq!(utc, Zone::utc());
        assert_eq!(Zone::parse(b""), None);
        assert_eq!(Zone::parse(b"Asia/Ho_Chi_Minh"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_zone_or_none(
            bytes: Vec<u8>,
            cut in 0..200_usize,
            flipped in 0..200_usize,
            local: i64,
        ) {
            let _ = Zone::parse(&bytes);
            let mut damaged = compiled(&[(0, 1), (local, 0)], &[0, 25_200], "x");
            if let Some(byte) = damaged.get_mut(flipped) {
                *byte ^= 0x81;
            }
            damaged.truncate(200 - cut);
            if let Some(zone) = Zone::parse(&damaged) {
                zone.moment(Timestamp(local));
            }
        }
    }
}
