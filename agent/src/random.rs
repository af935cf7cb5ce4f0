//! The one place that draws random bits; schedules take a [`Chance`] as a value.

use report::Incarnation;

/// The system gave no random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// A random fraction: at least 0 and less than 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Chance(f64);

impl Chance {
    /// The fraction nearest to `fraction`.
    #[must_use]
    pub fn of(fraction: f64) -> Self {
        Self(fraction.clamp(0.0, 1.0 - f64::EPSILON))
    }

    /// Draws one.
    ///
    /// # Errors
    /// When the system gives no random bits.
    pub fn draw() -> Result<Self, NoRandomness> {
        let bits = u32::from_be_bytes(bytes()?);
        Ok(Self::of(f64::from(bits) / (f64::from(u32::MAX) + 1.0)))
    }

    /// The fraction itself.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0
    }

    /// The point that lies this far from `low` to `high`.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> f64 {
        low + self.0 * (high - low)
    }
}

/// What tells this process from every other holder of the same key.
///
/// # Errors
/// When the system gives no random bits.
pub fn incarnation() -> Result<Incarnation, NoRandomness> {
    bytes().map(Incarnation::from_bytes)
}

fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_never_reaches_the_far_end() {
        assert!(Chance::of(1.0).between(0.0, 10.0) < 10.0);
        assert_eq!(Chance::of(-1.0).between(3.0, 10.0), 3.0);
        assert_eq!(Chance::of(0.5).between(3.0, 5.0), 4.0);
    }

    #[test]
    fn two_processes_are_two_incarnations() {
        assert_ne!(incarnation(), incarnation());
    }
}
