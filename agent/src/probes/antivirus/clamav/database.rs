//! ClamAV's definitions: their version and the moment they were built, from the file's header.

use report::{Fact, Reason, Timestamp};

use crate::host::Files;
use crate::host::files::ReadError;
use crate::probes::dates;
use crate::probes::findings::unknown;

/// Where Debian and Red Hat build the scanner to look.
pub(super) const DEFAULT_FOLDER: &str = "var/lib/clamav";
/// The definitions that change daily, as they are downloaded whole and as they are patched.
const DATABASES: [&str; 2] = ["daily.cvd", "daily.cld"];
const HEADER_BYTES: usize = 512;

/// How far the two dates of a header may lie apart: the first has no seconds, and an hour of
/// daylight saving has been got wrong before.
const TOLERANCE: i64 = 2 * 3600;

/// What the header of a database says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Which build it is.
    pub(super) version: u32,
    /// When it was built, by its maker's clock.
    pub(super) built_at: Timestamp,
}

/// The newest database in a folder, and what to call its place in a report. A header that makes no
/// sense counts only where there is none that does: the scanner refuses such a file.
pub(super) fn newest(files: &Files, folder: &str) -> (Fact<Header>, String) {
    let folder = folder.trim_matches('/');
    let called = match folder == DEFAULT_FOLDER {
        true => DEFAULT_FOLDER,
        // A path of the administrator's own may name a person.
        false => "DatabaseDirectory",
    };
    let mut newest: (Fact<Header>, String) = (Fact::Absent, called.to_owned());
    for name in DATABASES {
        let found = read(files, &format!("{folder}/{name}"), &format!("{called}/{name}"));
        let better = match (&found, &newest.0) {
            (Fact::Known(found), Fact::Known(best)) => found.version > best.version,
            (Fact::Known(_), _) | (Fact::Unknown(_), Fact::Absent) => true,
            (Fact::Unknown(_) | Fact::Absent, _) => false,
        };
        if better {
            newest = (found, format!("{called}/{name}"));
        }
    }
    newest
}

fn read(files: &Files, path: &str, called: &str) -> Fact<Header> {
    match files.read_start(path, HEADER_BYTES) {
        Ok(bytes) => match parse(&bytes) {
            Ok(header) => Fact::Known(header),
            Err(why) => unknown(Reason::ParseError, &format!("{called}: {why}")),
        },
        Err(error) => ReadError::new(called, error.kind).fact(Fact::Absent),
    }
}

/// `ClamAV-VDB:build time:version:signatures:functionality level:MD5:signature:builder:epoch`,
/// padded with blanks to 512 bytes. Old headers have no epoch.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, &'static str> {
    let header = &bytes[..bytes.len().min(HEADER_BYTES)];
    let line = header.split(|byte| matches!(byte, b'\n' | 0)).next();
    let line = str::from_utf8(line.unwrap_or_default()).map_err(|_| "the header is no text")?;
    let fields: Vec<_> = line.trim_end().split(':').collect();
    let (["ClamAV-VDB", built, version, ..], 8 | 9) = (&fields[..], fields.len()) else {
        return Err("the header is not that of a ClamAV database");
    };
    let header = Header {
        version: version.parse().map_err(|_| "the version is no number")?,
        built_at: dates::parse(built, '-').ok_or("the build time is no date")?,
    };
    match fields.get(8) {
        None => Ok(header),
        Some(epoch) => {
            let epoch: i64 = epoch.parse().map_err(|_| "the epoch is no number")?;
            let apart = Timestamp(epoch).since(header.built_at).unsigned_abs();
            match apart <= TOLERANCE.unsigned_abs() {
                true => Ok(header),
                false => Err("the two build times contradict each other"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = "ClamAV-VDB:21 Nov 2026 07-24 +0000:28191:355605:90:\
        8547d965282ba55e10ef06e0be88c064:S63f9catgbTK:svc.clamav-publisher:1795245882";

    fn padded(header: &str) -> Vec<u8> {
        let mut bytes = header.as_bytes().to_vec();
        bytes.resize(HEADER_BYTES, b' ');
        bytes
    }

    #[test]
    fn a_header_a_real_scanner_accepts() {
        let expected = Header {
            version: 28191,
            built_at: Timestamp::from_civil((2026, 11, 21), (7, 24, 0)).unwrap(),
        };
        assert_eq!(parse(&padded(REAL)), Ok(expected));
        let mut with_content = padded(REAL);
        with_content.extend_from_slice(b"\x1f\x8b\x08 the compressed content");
        assert_eq!(parse(&with_content), Ok(expected));
        assert_eq!(parse(REAL.as_bytes()), Ok(expected));
    }

    #[test]
    fn an_old_header_has_an_offset_and_no_epoch() {
        let old = "ClamAV-VDB:16 Apr 2020 07-58 -0400:25784:2250000:63:md5:dsig:raynman";
        let header = parse(&padded(old)).unwrap();
        assert_eq!(header.version, 25784);
        assert_eq!(header.built_at.to_string(), "2020-04-16T11:58:00Z");
    }

    #[test]
    fn a_broken_header_is_an_error_and_says_which() {
        for (header, why) in [
            (String::new(), "the header is not that of a ClamAV database"),
            (REAL.replace("VDB", "XDB"), "the header is not that of a ClamAV database"),
            (
                REAL.replace(":S63f9catgbTK:svc.clamav-publisher:1795245882", ""),
                "the header is not that of a ClamAV database",
            ),
            (REAL.replace("28191", "new"), "the version is no number"),
            (REAL.replace("07-24", "07:24"), "the header is not that of a ClamAV database"),
            (REAL.replace("Nov", "Th11"), "the build time is no date"),
            (REAL.replace("1795245882", "soon"), "the epoch is no number"),
            (REAL.replace("1795245882", "1795345882"), "the two build times contradict each other"),
        ] {
            assert_eq!(parse(&padded(&header)), Err(why), "{header}");
        }
        assert_eq!(parse(&[0xff; 512]), Err("the header is no text"));
    }
}
