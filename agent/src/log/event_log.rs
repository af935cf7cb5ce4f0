//! What goes to the event log of Windows: what somebody should see.

use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::host::ffi::windows::event_log::{Kind, write};
use crate::service::NAME;

/// Starts the log where the service manager started this process.
pub(super) fn start(level: Level) {
    let log = tracing_subscriber::fmt()
        .with_max_level(level.min(Level::WARN))
        .with_writer(Entries)
        .with_ansi(false)
        .with_level(false)
        .with_target(false)
        .without_time();
    // A second start keeps the first log.
    let _ = log.try_init();
}

struct Entries;

/// One line of the log, which becomes an entry when it is whole.
struct Entry {
    kind: Kind,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Entries {
    type Writer = Entry;

    fn make_writer(&'a self) -> Entry {
        Entry { kind: Kind::Error, text: Vec::new() }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Entry {
        let kind = if *about.level() == Level::ERROR { Kind::Error } else { Kind::Warning };
        Entry { kind, text: Vec::new() }
    }
}

impl io::Write for Entry {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Entry {
    /// Where the event log does not listen, nobody is left who would.
    fn drop(&mut self) {
        let _ = write(NAME, self.kind, String::from_utf8_lossy(&self.text).trim_end());
    }
}
