//! How a registered product stands, in the two ways Windows writes it.
//!
//! WMI packs it into one number, the interface has a number of its own, and they do not agree: off
//! is 0 in the one and 1 in the other. So each is a type of its own.

use report::fact::Ignorance;
use report::{Fact, Reason};

use crate::host::wmi::Variant;

/// What a product does, as Windows tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Off,
    /// Its licence is over, and it says so.
    Expired,
    /// Somebody turned it off for a while.
    Snoozed,
    On,
}

impl Standing {
    /// The catalogue's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Snoozed => "snoozed",
            Self::Expired => "expired",
        }
    }

    /// Only a product that is on protects: one that snoozes or has expired does not.
    pub(super) fn protects(self) -> bool {
        match self {
            Self::On => true,
            Self::Off | Self::Snoozed | Self::Expired => false,
        }
    }
}

/// `productState` of WMI: flags of what it is, then four bits each of what it does, whose it is and
/// how old its definitions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProductState(u32);

impl ProductState {
    const STANDING: u32 = 0x0000_F000;
    const SIGNATURES: u32 = 0x0000_00F0;

    /// As WMI supplies it, a number; as text too, decimal, or with `0x` before it. Its digits are
    /// never counted: written in hexadecimal it loses the zero it begins with.
    pub(super) fn of(property: Option<&Variant>) -> Result<Self, Ignorance> {
        let number = match property {
            Some(Variant::Number(number)) => u32::try_from(*number).ok(),
            Some(Variant::Text(text)) => number(text.trim()),
            Some(Variant::Null | Variant::Bool(_) | Variant::List(_)) | None => None,
        };
        number.map(Self).ok_or_else(|| Ignorance::new(Reason::ParseError, "no productState"))
    }

    pub(super) fn standing(self) -> Fact<Standing> {
        match (self.0 & Self::STANDING) >> 12 {
            0 => Fact::Known(Standing::Off),
            1 => Fact::Known(Standing::On),
            2 => Fact::Known(Standing::Snoozed),
            3 => Fact::Known(Standing::Expired),
            _ => self.senseless(),
        }
    }

    /// Whether its definitions are current, as it claims.
    pub(super) fn is_current(self) -> Fact<bool> {
        match (self.0 & Self::SIGNATURES) >> 4 {
            0 => Fact::Known(true),
            1 => Fact::Known(false),
            _ => self.senseless(),
        }
    }

    fn senseless<T>(self) -> Fact<T> {
        let detail = format!("productState {:#08x} has a state nobody documents", self.0);
        Fact::Unknown(Ignorance::new(Reason::ParseError, &detail))
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// `WSC_SECURITY_PRODUCT_STATE` of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InterfaceState(pub(super) u32);

impl InterfaceState {
    pub(super) fn standing(self) -> Fact<Standing> {
        match self.0 {
            0 => Fact::Known(Standing::On),
            1 => Fact::Known(Standing::Off),
            2 => Fact::Known(Standing::Snoozed),
            3 => Fact::Known(Standing::Expired),
            other => senseless(&format!("product state {other}")),
        }
    }
}

/// `WSC_SECURITY_SIGNATURE_STATUS` of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InterfaceSignatures(pub(super) u32);

impl InterfaceSignatures {
    pub(super) fn is_current(self) -> Fact<bool> {
        match self.0 {
            0 => Fact::Known(false),
            1 => Fact::Known(true),
            other => senseless(&format!("signature status {other}")),
        }
    }
}

fn senseless<T>(what: &str) -> Fact<T> {
    let detail = format!("{what} is not documented");
    Fact::Unknown(Ignorance::new(Reason::ParseError, &detail))
}

/// In how many days a product expires by `IWscProduct3`, where that is a number of days.
///
/// What the number means is documented nowhere and was validated with no product: it is compared,
/// never shown as a date.
pub(super) fn plausible_days(days: Option<u32>) -> Option<u32> {
    const LONGEST: u32 = 36_500;
    days.filter(|days| *days <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(number: u32) -> (Option<Standing>, Option<bool>) {
        let state = ProductState(number);
        (state.standing().known().copied(), state.is_current().known().copied())
    }

    #[test]
    fn every_number_that_was_seen_on_real_machines() {
        use Standing::{Expired, Off, On, Snoozed};
        for (number, standing, current) in [
            (397_568, Some(On), true),
            (397_584, Some(On), false),
            (393_472, Some(Off), true),
            (393_488, Some(Off), false),
            (266_240, Some(On), true),
            (266_256, Some(On), false),
            (262_144, Some(Off), true),
            (262_160, Some(Off), false),
            (270_336, Some(Snoozed), true),
            (331_776, Some(On), true),
            // A state that nobody documents is not one of those that somebody does.
            (344_064, None, true),
            (397_312, Some(On), true),
            (462_848, Some(On), true),
            // Constructed: no such machine was seen.
            (274_432, Some(Expired), true),
        ] {
            assert_eq!(decoded(number), (standing, Some(current)), "{number:#08x}");
        }
    }

    #[test]
    fn snoozed_and_expired_do_not_protect() {
        assert!(Standing::On.protects());
        for standing in [Standing::Off, Standing::Snoozed, Standing::Expired] {
            assert!(!standing.protects(), "{standing:?}");
        }
    }

    #[test]
    fn a_state_written_as_text_is_masked_as_a_number_and_its_digits_are_not_counted() {
        let of = |text: &str| ProductState::of(Some(&Variant::Text(text.to_owned())));
        for text in ["266240", "0x41000", "0x041000"] {
            assert_eq!(of(text).unwrap().standing(), Fact::Known(Standing::On), "{text}");
        }
        // By its digits this would be "on": it is another number.
        assert!(of("41000").unwrap().standing().known().is_none());
        for text in ["", "on", "4294967296", "-1"] {
            assert_eq!(of(text).unwrap_err().reason, Reason::ParseError, "{text}");
        }
    }

    #[test]
    fn a_state_that_is_missing_is_no_state() {
        for property in [None, Some(&Variant::Null), Some(&Variant::Bool(true))] {
            assert_eq!(ProductState::of(property).unwrap_err().reason, Reason::ParseError);
        }
    }

    #[test]
    fn the_interface_numbers_on_and_off_the_other_way_round() {
        assert_eq!(InterfaceState(0).standing(), Fact::Known(Standing::On));
        assert_eq!(InterfaceState(1).standing(), Fact::Known(Standing::Off));
        assert_eq!(ProductState(0x0000).standing(), Fact::Known(Standing::Off));
        assert_eq!(ProductState(0x1000).standing(), Fact::Known(Standing::On));
        assert!(InterfaceState(4).standing().known().is_none());
        assert_eq!(InterfaceSignatures(1).is_current(), Fact::Known(true));
        assert_eq!(InterfaceSignatures(0).is_current(), Fact::Known(false));
        assert!(InterfaceSignatures(2).is_current().known().is_none());
    }

    #[test]
    fn a_sentinel_is_no_number_of_days() {
        assert_eq!(plausible_days(Some(0)), Some(0));
        assert_eq!(plausible_days(Some(365)), Some(365));
        for days in [None, Some(u32::MAX), Some(36_501), Some(65_535)] {
            assert_eq!(plausible_days(days), None, "{days:?}");
        }
    }
}
