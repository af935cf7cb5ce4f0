//! Chance that is the same in every run.

/// The generator `SplitMix64` of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators" (OOPSLA 2014): good enough to make up an office, and never used for a secret.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

/// The golden ratio in 64 bits: the step of the generator.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// The dice of one thing of a simulation: what they show depends on nothing else.
    pub(super) fn of(seed: u64, what: What, index: u64) -> Self {
        let mut dice = Self(seed);
        for part in [what as u64, index] {
            dice.0 = dice.next() ^ part;
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where that is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(span)).unwrap_or_default()
    }

    /// Whether something comes true that does so `per_mille` times in a thousand.
    pub(super) fn falls(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of several, each as often as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(u64, T)], otherwise: T) -> T {
        let total: u64 = choices.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(total);
        for (weight, choice) in choices {
            if at < *weight {
                return *choice;
            }
            at -= weight;
        }
        otherwise
    }

    /// Some bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes()[..chunk.len()]);
        }
        bytes
    }
}

/// What the dice are thrown for.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// An information system.
    System = 1,
    /// A place in the register.
    Place,
    /// The identity of a machine.
    Identity,
    /// The days of a machine.
    Days,
    /// The people of a unit.
    Staff,
    /// The machines of a unit that may carry no agent.
    Declared,
    /// How a machine is set up.
    Posture,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        // The first three of seed 1234567, as other implementations of SplitMix64 give them.
        let mut dice = Dice(1_234_567);
        let drawn = [dice.next(), dice.next(), dice.next()];
        assert_eq!(
            drawn,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn seed_purpose_and_number_each_make_other_dice() {
        let first = |seed, what, index| Dice::of(seed, what, index).below(u64::MAX);
        let one = first(1, What::Place, 1);
        assert_eq!(one, first(1, What::Place, 1));
        for other in [first(2, What::Place, 1), first(1, What::Days, 1), first(1, What::Place, 2)] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn weights_are_kept_and_bounds_are_met() {
        let mut dice = Dice::of(1, What::Place, 0);
        let choices = [(1, 'a'), (0, 'b'), (9, 'c')];
        let drawn: Vec<_> = (0..1000).map(|_| dice.weighted(&choices, 'x')).collect();
        let count = |wanted| drawn.iter().filter(|one| **one == wanted).count();
        assert_eq!((count('b'), count('x')), (0, 0));
        assert!((50..200).contains(&count('a')), "{}", count('a'));
        let days: Vec<_> = (0..1000).map(|_| dice.between(-1, 1)).collect();
        assert_eq!((days.iter().min(), days.iter().max()), (Some(&-1), Some(&1)));
    }
}
