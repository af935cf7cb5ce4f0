//! Tests that cannot run on this machine say so, by name.

use std::io::Write as _;

/// Whether tests that take minutes are to run; says that this one is skipped when not.
#[must_use]
pub fn is_long(name: &str) -> bool {
    let long = std::env::var_os("LACHAN_LONG").is_some();
    if !long {
        skip(name, "only with sh tests/run.sh --long");
    }
    long
}

/// Says that a test is skipped here and why. `tests/run.sh` fails on every skip that `.ci/skips`
/// does not allow.
pub fn skip(name: &str, reason: &str) {
    eprintln!("skipped: {name}: {reason}");
    let Some(file) = std::env::var_os("LACHAN_SKIPS") else {
        return;
    };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
    let _ = file.and_then(|mut file| writeln!(file, "{name}\t{reason}"));
}
