//! Codes of COM, WMI and Windows itself, as what stood in the way of a read.

use super::files::ReadErrorKind;

/// What an `HRESULT` stands for. Those that are not here are the provider's own failure, and keep
/// their number.
#[must_use]
pub fn kind(code: u32) -> ReadErrorKind {
    match code {
        // The machine has no such namespace, class, interface or library: a server has no Security
        // Center, and 0x80040154 and 0x8007007E are a class and a library that are not installed.
        0x8004_100E | 0x8004_1010 | 0x8004_0154 | 0x8007_007E | 0x8000_4002 => {
            ReadErrorKind::NotSupported
        }
        // WMI's word for it, and Windows' own.
        0x8004_1003 | 0x8004_1062 | 0x8007_0005 => ReadErrorKind::AccessDenied,
        // WMI's, RPC's and Windows' own.
        0x8004_1069 | 0x8004_3001 | 0x8001_011F | 0x8007_05B4 => ReadErrorKind::Timeout,
        // An object, a file and a path that are not there, and a key that was just deleted.
        0x8004_1002 | 0x8007_0002 | 0x8007_0003 | 0x8007_03FA => ReadErrorKind::NotFound,
        0x8007_00EA => ReadErrorKind::TooLarge,
        other => ReadErrorKind::Provider(other),
    }
}

/// The same of a provider that was asked for all it has. What it does not find, it needed for its
/// answer: that it is missing says nothing of what was asked.
#[must_use]
pub fn of_provider(code: u32) -> ReadErrorKind {
    match kind(code) {
        ReadErrorKind::NotFound => ReadErrorKind::Provider(code),
        other => other,
    }
}

/// The number in `0x8004100E`.
#[must_use]
pub fn parse(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    match digits.starts_with('+') {
        true => None,
        false => u32::from_str_radix(digits, 16).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_namespace_or_class_is_no_such_source() {
        for code in [0x8004_100E, 0x8004_1010, 0x8004_0154] {
            assert_eq!(kind(code), ReadErrorKind::NotSupported, "{code:#x}");
        }
    }

    #[test]
    fn wmi_and_windows_deny_with_different_numbers() {
        assert_eq!(kind(0x8004_1003), ReadErrorKind::AccessDenied);
        assert_eq!(kind(0x8007_0005), ReadErrorKind::AccessDenied);
    }

    #[test]
    fn a_provider_that_fails_keeps_its_number() {
        // A provider that does not load, a critical error, a generic one, Defender's service that
        // is stopped, a server that went away, an operation that was cancelled.
        for code in [
            0x8004_1013,
            0x8004_100C,
            0x8004_100A,
            0x8004_1001,
            0x8007_06BA,
            0x8001_0108,
            0x8004_1032,
            0,
        ] {
            assert_eq!(kind(code), ReadErrorKind::Provider(code), "{code:#x}");
        }
        assert_eq!(kind(0x8007_06BA).to_string(), "error 0x800706ba");
    }

    #[test]
    fn what_a_provider_does_not_find_is_not_known_to_be_absent() {
        for code in [0x8004_1002, 0x8007_0002, 0x8007_0003] {
            assert_eq!(kind(code), ReadErrorKind::NotFound, "{code:#x}");
            assert_eq!(of_provider(code), ReadErrorKind::Provider(code), "{code:#x}");
        }
        assert_eq!(of_provider(0x8004_100E), ReadErrorKind::NotSupported);
    }

    #[test]
    fn what_took_too_long_is_a_timeout() {
        for code in [0x8004_1069, 0x8004_3001, 0x8007_05B4] {
            assert_eq!(kind(code), ReadErrorKind::Timeout, "{code:#x}");
        }
    }

    #[test]
    fn a_code_is_read_as_it_is_printed() {
        assert_eq!(parse("0x8004100E"), Some(0x8004_100E));
        for text in ["", "0x", "8004100E", "0x+1", "0x1FFFFFFFF", "0x8004100G"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
