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
