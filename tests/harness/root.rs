//! Recorded machines, copied to where a test may change them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use report::Timestamp;
use report::moment::DAY;

/// A copy of a recorded root.
#[derive(Debug)]
pub struct Root(PathBuf);

impl Root {
    /// Copies a recording. Its dates that must be recent are set to yesterday's.
    ///
    /// # Panics
    /// When there is no such recording.
    #[must_use]
    pub fn copy(recording: &str, to: &Path) -> Self {
        Self::copy_as_of(recording, to, now() - DAY)
    }

    /// Copies a recording. Its dates that must be recent are set to this moment.
    ///
    /// # Panics
    /// When there is no such recording.
    #[must_use]
    pub fn copy_as_of(recording: &str, to: &Path, moment: Timestamp) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/roots").join(recording);
        copy(&from, to, &Stamps::of(moment));
        Self(to.to_owned())
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes one file of it.
    ///
    /// # Panics
    /// When it cannot.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().expect("inside the root")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Replaces a piece of text in one file of it.
    ///
    /// # Panics
    /// When it does not stand there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.0.join(path)).expect("a text");
        assert!(text.contains(from), "{path} does not say {from:?}");
        self.write(path, &text.replace(from, to));
    }

    /// Removes a file or a folder of it.
    ///
    /// # Panics
    /// When it is not there.
    pub fn remove(&self, path: &str) {
        let path = self.0.join(path);
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        removed.unwrap_or_else(|error| panic!("remove {}: {error}", path.display()));
    }
}

/// The present.
///
/// # Panics
/// When the clock stands before 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp(i64::try_from(since.as_secs()).expect("before the year 292 billion"))
}

/// The header of a ClamAV database built at a moment, as the first 512 bytes of its file.
#[must_use]
pub fn clamav_header(built: Timestamp, version: u32) -> String {
    let header = format!(
        "ClamAV-VDB:{}:{version}:2075000:90:MD5:DSIG:builder:{}",
        clamav_date(built),
        built.0
    );
    format!("{header:<512}")
}

struct Stamps(Vec<(&'static str, String)>);

impl Stamps {
    fn of(moment: Timestamp) -> Self {
        Self(vec![
            ("@CLAMAV_BUILD@", clamav_date(moment)),
            ("@CLAMAV_EPOCH@", moment.0.to_string()),
            ("@RELEASE_DATE@", release_date(moment)),
            ("@RELEASE_VALID_UNTIL@", release_date(moment + 7 * DAY)),
            ("@WUA_SEARCHED@", moment.to_string()),
        ])
    }

    fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (token, date)| text.replace(token, date))
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

fn civil(moment: Timestamp) -> (i64, &'static str, u32, i64, i64, i64) {
    let (year, month, day) = moment.civil_date();
    let second = moment.0.rem_euclid(DAY);
    let month = MONTHS[usize::try_from(month - 1).expect("a month")];
    (year, month, day, second / 3600, second / 60 % 60, second % 60)
}

fn clamav_date(moment: Timestamp) -> String {
    let (year, month, day, hour, minute, _) = civil(moment);
    format!("{day:02} {month} {year} {hour:02}-{minute:02} +0000")
}

fn release_date(moment: Timestamp) -> String {
    let (year, month, day, hour, minute, second) = civil(moment);
    let weekday = WEEKDAYS[usize::try_from(moment.0.div_euclid(DAY).rem_euclid(7)).expect("a day")];
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} UTC")
}

fn copy(from: &Path, to: &Path, stamps: &Stamps) {
    std::fs::create_dir_all(to).expect("a folder");
    let entries = std::fs::read_dir(from)
        .unwrap_or_else(|error| panic!("read the recording {}: {error}", from.display()));
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            copy(&from, &to, stamps);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(&from).expect("a link"), &to)
                .expect("a link");
        } else {
            let bytes = std::fs::read(&from).expect("a file");
            let stamped = match String::from_utf8(bytes) {
                Ok(text) => stamps.apply(&text).into_bytes(),
                Err(binary) => binary.into_bytes(),
            };
            std::fs::write(&to, stamped).expect("a file");
        }
    }
}
