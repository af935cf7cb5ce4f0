//! A body behind a line with its digest, so that a torn file is never read as a whole one.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

/// `sha256`, a space, 64 digits.
fn header(body: &[u8]) -> String {
    let mut header = String::from("sha256 ");
    for byte in digest(&SHA256, body).as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(header, "{byte:02x}");
    }
    header
}

/// The file that holds `body`.
#[must_use]
pub fn seal(body: &[u8]) -> Vec<u8> {
    let mut file = header(body).into_bytes();
    file.push(b'\n');
    file.extend_from_slice(body);
    file
}

/// The body of a whole file.
pub(super) fn open(file: &[u8]) -> Option<&[u8]> {
    let end = file.iter().position(|byte| *byte == b'\n')?;
    let (line, body) = file.split_at(end);
    let body = body.get(1..)?;
    (header(body).as_bytes() == line).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_comes_back() {
        for body in [&b""[..], b"\n", b"{\"a\":\n1}"] {
            assert_eq!(open(&seal(body)), Some(body));
        }
    }

    #[test]
    fn no_part_of_a_file_is_taken_for_the_whole() {
        let file = seal(b"a report");
        for end in 0..file.len() {
            assert_eq!(open(&file[..end]), None, "{end}");
        }
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let file = seal(b"a report");
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed), None, "{at}");
        }
    }

    /// The format on disk outlives an update of the agent.
    #[test]
    fn the_format_does_not_change() {
        let file = b"sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nabc";
        assert_eq!(open(file), Some(&b"abc"[..]));
    }
}
