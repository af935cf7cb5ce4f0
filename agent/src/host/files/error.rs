//! Why something could not be read.

use std::fmt;
use std::io;

use report::fact::Ignorance;
use report::{Fact, Reason, Timestamp};

/// What a door answers.
pub type Read<T> = Result<T, ReadError>;

/// A read that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {path}: {kind}")]
pub struct ReadError {
    /// What was to be read.
    pub path: String,
    /// What stood in the way.
    pub kind: ReadErrorKind,
}

/// What stood in the way of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// It is not there. Only the probe knows whether that answers its question.
    NotFound,
    /// It is there, or may be, and this process may not read it.
    AccessDenied,
    /// The agent itself refuses: somebody else could have put there what it would trust.
    Refused(String),
    /// It is larger than its reader is willing to take.
    TooLarge,
    /// A machine of this kind has no such source.
    NotSupported,
    /// It did not answer in time.
    Timeout,
    /// It did not answer in time before and is left alone until then.
    Resting(Timestamp),
    /// What supplies it ended before it had answered.
    Died(String),
    /// What supplies it failed, with a code of its own.
    Provider(u32),
    /// It is there, and cannot be all of what it should be.
    Damaged(String),
    /// Anything else, in the operating system's words.
    Other(String),
}

impl fmt::Display for ReadErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::AccessDenied => f.write_str("permission denied"),
            Self::TooLarge => f.write_str("larger than expected"),
            Self::NotSupported => f.write_str("no such source on this machine"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Resting(until) => write!(f, "no answer before, rests until {until}"),
            Self::Provider(code) => write!(f, "error {code:#010x}"),
            Self::Refused(why) | Self::Died(why) | Self::Damaged(why) | Self::Other(why) => {
                f.write_str(why)
            }
        }
    }
}

/// "No such process": what a file of a process says that has just ended. Windows means by that number
/// that there is no such folder, which comes to the same.
const ESRCH: i32 = 3;

impl ReadError {
    /// A failure of one kind at one place.
    #[must_use]
    pub fn new(path: &str, kind: ReadErrorKind) -> Self {
        Self { path: path.trim_start_matches('/').to_owned(), kind }
    }

    /// What the operating system answered.
    #[must_use]
    pub fn from_io(path: &str, error: &io::Error) -> Self {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::NotFound | Io::NotADirectory => ReadErrorKind::NotFound,
            Io::PermissionDenied => ReadErrorKind::AccessDenied,
            Io::FileTooLarge => ReadErrorKind::TooLarge,
            _ if error.raw_os_error() == Some(ESRCH) => ReadErrorKind::NotFound,
            _ => ReadErrorKind::Other(error.to_string()),
        };
        Self::new(path, kind)
    }

    /// Whether it is simply not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == ReadErrorKind::NotFound
    }

    /// What this failure leaves known: `when_missing` if the thing is not there, else not knowing.
    pub fn fact<T>(self, when_missing: Fact<T>) -> Fact<T> {
        match self.reason() {
            None => when_missing,
            Some(reason) => Fact::Unknown(Ignorance::new(reason, &self.detail())),
        }
    }

    /// This failure as an obstacle, where a thing that is not there is one for `when_missing`.
    #[must_use]
    pub fn ignorance(&self, when_missing: Reason) -> Ignorance {
        Ignorance::new(self.reason().unwrap_or(when_missing), &self.detail())
    }

    fn reason(&self) -> Option<Reason> {
        match &self.kind {
            ReadErrorKind::NotFound => None,
            ReadErrorKind::AccessDenied | ReadErrorKind::Refused(_) => Some(Reason::AccessDenied),
            ReadErrorKind::TooLarge => Some(Reason::TooLarge),
            ReadErrorKind::NotSupported => Some(Reason::NotSupported),
            ReadErrorKind::Timeout | ReadErrorKind::Resting(_) => Some(Reason::Timeout),
            ReadErrorKind::Damaged(_) => Some(Reason::ParseError),
            ReadErrorKind::Died(_) | ReadErrorKind::Provider(_) | ReadErrorKind::Other(_) => {
                Some(Reason::ProviderError)
            }
        }
    }

    fn detail(&self) -> String {
        format!("{}: {}", self.path, self.kind)
    }
}
