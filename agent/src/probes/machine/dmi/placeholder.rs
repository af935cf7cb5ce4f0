//! What manufacturers write where they should have written something.

/// Whole values, without regard to case, that say nothing of one machine.
const PLACEHOLDERS: &[&str] = &[
    "0123456789",
    "12345678",
    "123456789",
    "1234567890",
    "asset tag",
    "asset-1234567890",
    "base board serial number",
    "chassis asset tag",
    "chassis serial number",
    "default",
    "default string",
    "empty",
    "invalid",
    "n/a",
    "na",
    "no asset information",
    "no asset tag",
    "no enclosure",
    "none",
    "not applicable",
    "not available",
    "not provided",
    "not specified",
    "null",
    "o.e.m.",
    "oem",
    "serial",
    "serial number",
    "sku",
    "standard",
    "system manufacturer",
    "system product name",
    "system serial number",
    "system version",
    "tag 12345",
    "to be filled by o.e.m",
    "to be filled by o.e.m.",
    "type1productconfigid",
    "undefined",
    "unknown",
    // UUIDs that whole product lines share.
    "00020003-0004-0005-0006-000700080009",
    "03000200-0400-0500-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
];

/// Whether a trimmed value is the same on every machine of its line.
pub(in crate::probes::machine) fn is_placeholder(value: &str) -> bool {
    PLACEHOLDERS.iter().any(|known| known.eq_ignore_ascii_case(value)) || is_one_character(value)
}

/// One character over and over, as in `0`, `0000000`, `..........` or a UUID of nothing but `F`.
fn is_one_character(value: &str) -> bool {
    let mut characters = value.chars().filter(|c| !matches!(c, '-' | ' '));
    match characters.next() {
        Some(first) => characters.all(|c| c.eq_ignore_ascii_case(&first)),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_every_machine_of_a_line_carries() {
        for value in [
            "To be filled by O.E.M.",
            "TO BE FILLED BY O.E.M.",
            "Default string",
            "None",
            "0",
            "00000000",
            "11111111",
            "xxxxxxxxxx",
            "..........",
            "---",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-FFFFFFFFFFFF",
            "03000200-0400-0500-0006-000700080009",
        ] {
            assert!(is_placeholder(value), "{value:?}");
        }
    }

    #[test]
    fn values_of_one_machine() {
        for value in [
            "PF3A1B2C",
            "CZC1234567",
            "VMware-56 4d 0e 1f 9a 6b 2c 3d-4e 5f 60 71 82 93 a4 b5",
            "4c4c4544-0042-4b10-8056-b7c04f4d3533",
            "STP-0117",
            "10000001",
        ] {
            assert!(!is_placeholder(value), "{value:?}");
        }
    }
}
