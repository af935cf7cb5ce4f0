//! Ubuntu's phased updates: an update is handed to a growing share of the machines, and each works
//! out for itself whether it is among them.
//!
//! apt draws a number for the source package, its version and the machine from the generator that
//! C++ calls `minstd_rand`, seeded by its `seed_seq`, and holds the update back where the number
//! is above the percentage. Drawing is fixed by the C++ standard but for the last step, the
//! scaling to 0…100, which is that of GNU's library, the one every apt is built with.

use super::settings::Settings;
use crate::host::Files;
use crate::host::files::Read;

/// What this machine does with updates in phases.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Phasing {
    /// Takes each as if it were meant for all.
    TakeAll,
    /// Waits until each is meant for all.
    TakeNone,
    /// Draws for each, under this machine id.
    Draw(String),
}

impl Phasing {
    pub(super) fn read(settings: &Settings, files: &Files) -> Read<Self> {
        let says = |what: &str| {
            let (apt, older) = (format!("apt::get::{what}"), format!("update-manager::{what}"));
            settings.says_yes([&apt, &older])
        };
        if says("always-include-phased-updates") {
            return Ok(Self::TakeAll);
        }
        if says("never-include-phased-updates") {
            return Ok(Self::TakeNone);
        }
        let id = settings.machine_id(files)?;
        Ok(if id.is_empty() { Self::TakeAll } else { Self::Draw(id) })
    }

    /// Whether an update is held back from this machine for now.
    pub(super) fn defers(&self, source: &str, version: &str, percentage: u32) -> bool {
        match self {
            _ if percentage >= 100 => false,
            Self::TakeAll => false,
            Self::TakeNone => true,
            Self::Draw(id) => draw(format!("{source}-{version}-{id}").as_bytes()) > percentage,
        }
    }
}

/// The parameters of `minstd_rand`.
const MULTIPLIER: u64 = 48_271;
const MODULUS: u64 = 2_147_483_647;

/// A number from 0 to 100 that is always the same for the same seed.
fn draw(seed: &[u8]) -> u32 {
    let [.., word] = spread(seed);
    let mut state = u64::from(word) % MODULUS;
    if state == 0 {
        state = 1;
    }
    // 101 equal shares of what the generator can say; what is left over at the end is drawn anew.
    let share = (MODULUS - 2) / 101;
    loop {
        state = state * MULTIPLIER % MODULUS;
        let drawn = (state - 1) / share;
        if drawn <= 100 {
            return u32::try_from(drawn).unwrap_or(100);
        }
    }
}

/// The first words that `std::seed_seq` makes of a seed: as many as the generator asks for.
fn spread(seed: &[u8]) -> [u32; 4] {
    const N: usize = 4;
    // With four words to fill: t = (4 - 1) / 2, p = (4 - t) / 2, q = p + t.
    const P: usize = 1;
    const Q: usize = 2;
    let rounds = (seed.len() + 1).max(N);
    let mix = |word: u32| word ^ (word >> 27);
    let place = |k: usize| u32::try_from(k % N).unwrap_or(0);
    let mut words = [0x8b8b_8b8b_u32; N];
    for k in 0..rounds {
        let added = match k.checked_sub(1) {
            None => u32::try_from(seed.len()).unwrap_or(u32::MAX),
            Some(at) => place(k) + seed.get(at).copied().map_or(0, u32::from),
        };
        let mixed =
            mix(words[k % N] ^ words[(k + P) % N] ^ words[(k + N - 1) % N]).wrapping_mul(1_664_525);
        let next = mixed.wrapping_add(added);
        words[(k + P) % N] = words[(k + P) % N].wrapping_add(mixed);
        words[(k + Q) % N] = words[(k + Q) % N].wrapping_add(next);
        words[k % N] = next;
    }
    for k in rounds..rounds + N {
        let sum =
            words[k % N].wrapping_add(words[(k + P) % N]).wrapping_add(words[(k + N - 1) % N]);
        let mixed = mix(sum).wrapping_mul(1_566_083_941);
        let next = mixed.wrapping_sub(place(k));
        words[(k + P) % N] ^= mixed;
        words[(k + Q) % N] ^= next;
        words[k % N] = next;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn by the GNU library itself.
    #[test]
    fn numbers_are_drawn_as_apt_draws_them() {
        for (seed, number) in [
            ("systemd-252.1-1ubuntu3-0123456789abcdef0123456789abcdef", 13),
            ("a", 94),
            ("abc", 18),
            ("mutter-46.2-1ubuntu0.24.04.8-d41d8cd98f00b204e9800998ecf8427e", 71),
        ] {
            assert_eq!(draw(seed.as_bytes()), number, "{seed}");
        }
    }

    #[test]
    fn an_update_is_deferred_where_the_number_is_above_the_percentage() {
        let machine = Phasing::Draw("d41d8cd98f00b204e9800998ecf8427e".to_owned());
        let defers = |percentage| machine.defers("mutter", "46.2-1ubuntu0.24.04.8", percentage);
        assert!(defers(0) && defers(70));
        assert!(!defers(71) && !defers(100));
    }

    #[test]
    fn settings_may_take_all_or_none() {
        assert!(!Phasing::TakeAll.defers("mutter", "1", 0));
        assert!(Phasing::TakeNone.defers("mutter", "1", 99));
        assert!(!Phasing::TakeNone.defers("mutter", "1", 100));
    }
}
