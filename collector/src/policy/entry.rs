//! What the judge said of one member, in the form in which a million of them are kept.

use report::Timestamp;
use report::verdict::{Ruling, State};

use super::posture::ReportAge;
use crate::register::MachineKind;

/// One member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its state.
    pub state: State,
    /// What kind of machine it is.
    pub kind: Option<MachineKind>,
    /// The level of its information systems.
    pub level: Option<u8>,
    /// How long ago it was last heard of.
    pub age: ReportAge,
    /// Whether it is in the register.
    pub registered: bool,
    /// The place of its unit in the roll; the last one stands for "no unit is known".
    pub unit: u16,
    /// Its clock minus the collector's, in seconds; `None`: no machine speaks for it.
    pub skew: Option<i64>,
    /// When this can next turn out otherwise.
    pub turns: Timestamp,
}

/// What each rule says of each member: half a byte each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulings {
    rules: usize,
    halves: Vec<u8>,
}

impl Rulings {
    /// For so many members and rules; nothing is known of any yet.
    #[must_use]
    pub fn new(members: usize, rules: usize) -> Self {
        Self { rules, halves: vec![0; members * rules.div_ceil(2)] }
    }

    /// For one member more.
    pub fn push(&mut self) {
        self.halves.extend(std::iter::repeat_n(0, self.bytes()));
    }

    /// What the rules say of a member.
    pub fn of(&self, member: usize) -> impl Iterator<Item = Ruling> + Clone {
        let halves = self.packed(member).iter().flat_map(|both| [both & 0xf, both >> 4]);
        halves.take(self.rules).map(|half| Ruling::ALL[usize::from(half)])
    }

    /// What one rule says of a member.
    #[must_use]
    pub fn one(&self, member: usize, rule: usize) -> Ruling {
        let both = self.packed(member)[rule / 2];
        let half = if rule.is_multiple_of(2) { both & 0xf } else { both >> 4 };
        Ruling::ALL[usize::from(half)]
    }

    fn packed(&self, member: usize) -> &[u8] {
        &self.halves[member * self.bytes()..(member + 1) * self.bytes()]
    }

    /// Whether as many other rules say the same of a member, one by one.
    #[must_use]
    pub fn are_same(&self, member: usize, other: &Self) -> bool {
        self.rules == other.rules && self.packed(member) == other.packed(member)
    }

    /// Keeps what the rules say of a member.
    pub fn set(&mut self, member: usize, rulings: &[Ruling]) {
        RulingsMut { bytes: self.bytes(), halves: &mut self.halves }.set(member, rulings);
    }

    /// The rulings of so many members each, to be written at the same time.
    pub fn shares_mut(&mut self, members: usize) -> impl Iterator<Item = RulingsMut<'_>> {
        let bytes = self.bytes();
        // Without a rule there is nothing to share out, and still a share for everyone.
        let shares = self.halves.chunks_mut((members * bytes).max(1)).map(Some);
        let shares = shares.chain(std::iter::repeat_with(|| None));
        shares.map(move |halves| RulingsMut { bytes, halves: halves.unwrap_or_default() })
    }

    fn bytes(&self) -> usize {
        self.rules.div_ceil(2)
    }
}

/// Rulings that are being written, by the members of one share.
#[derive(Debug)]
pub struct RulingsMut<'r> {
    bytes: usize,
    halves: &'r mut [u8],
}

impl RulingsMut<'_> {
    /// Keeps what the rules say of a member.
    pub fn set(&mut self, member: usize, rulings: &[Ruling]) {
        let own = &mut self.halves[member * self.bytes..(member + 1) * self.bytes];
        for (both, pair) in own.iter_mut().zip(rulings.chunks(2)) {
            let high = pair.get(1).map_or(0, |ruling| *ruling as u8);
            *both = pair[0] as u8 | high << 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_each_member_is_what_was_said_of_it() {
        for rules in 0..6 {
            let said = |member: usize| {
                let ruling = move |rule| Ruling::ALL[(member + rule) % Ruling::ALL.len()];
                (0..rules).map(ruling).collect::<Vec<_>>()
            };
            let mut rulings = Rulings::new(2, rules);
            rulings.push();
            (0..3).for_each(|member| rulings.set(member, &said(member)));
            for member in 0..3 {
                assert_eq!(rulings.of(member).collect::<Vec<_>>(), said(member), "{rules}");
                let one_by_one: Vec<_> = (0..rules).map(|rule| rulings.one(member, rule)).collect();
                assert_eq!(one_by_one, said(member), "{rules}");
            }
        }
    }

    #[test]
    fn rulings_are_the_same_where_each_rule_says_the_same() {
        let rulings = |said: [Ruling; 3]| {
            let mut rulings = Rulings::new(2, 3);
            rulings.set(1, &said);
            rulings
        };
        let said = rulings([Ruling::Pass, Ruling::Fail, Ruling::Waived]);
        let other = rulings([Ruling::Pass, Ruling::Fail, Ruling::Unknown]);
        assert!(said.are_same(1, &said.clone()) && said.are_same(0, &other));
        assert!(!said.are_same(1, &other) && !said.are_same(0, &Rulings::new(2, 4)));
    }

    #[test]
    fn a_member_takes_thirty_two_bytes_and_half_a_byte_for_each_rule() {
        assert_eq!(size_of::<Option<Entry>>(), 32);
        assert_eq!(Rulings::new(1, 21).halves.len(), 11);
    }
}
