//! Whether this is a container: it has no kernel and no hardware of its own.

use report::Fact;

use crate::host::Files;
use crate::host::files::Read;

/// What the common runtimes leave inside: Docker, Podman, and systemd wherever it starts in one.
const MARKS: [&str; 3] = [".dockerenv", "run/.containerenv", "run/systemd/container"];
/// The first process' environment names the runtime in all others.
const ENVIRONMENT: &str = "proc/1/environ";
const MAX_ENVIRONMENT: usize = 1 << 20;
/// Exists where systemd is the first process: then it has left its mark if there was one to leave.
const SYSTEMD: &str = "run/systemd/system";

/// Whether this is a container, and what says so.
pub(crate) fn detect(files: &Files) -> (Fact<bool>, &'static str) {
    for mark in MARKS {
        match files.exists(mark) {
            Ok(true) => return (Fact::Known(true), mark),
            Ok(false) => {}
            Err(error) => return (error.fact(Fact::Known(false)), mark),
        }
    }
    if matches!(files.exists(SYSTEMD), Ok(true)) {
        return (Fact::Known(false), SYSTEMD);
    }
    (in_environment(files.read(ENVIRONMENT, MAX_ENVIRONMENT)), ENVIRONMENT)
}

fn in_environment(read: Read<Vec<u8>>) -> Fact<bool> {
    let names_runtime = |environment: Vec<u8>| {
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(b"container="))
    };
    read.map_or_else(
        |error| error.fact(Fact::Known(false)),
        |environment| Fact::Known(names_runtime(environment)),
    )
}

#[cfg(test)]
mod tests {
    use report::Reason;

    use super::*;
    use crate::host::files::{ReadError, ReadErrorKind};

    #[test]
    fn the_first_process_environment_names_the_runtime() {
        let environment = |bytes: &[u8]| in_environment(Ok(bytes.to_vec()));
        assert_eq!(environment(b"PATH=/bin\0container=lxc\0"), Fact::Known(true));
        assert_eq!(environment(b"container=podman"), Fact::Known(true));
        assert_eq!(environment(b"my_container=1\0"), Fact::Known(false));
        assert_eq!(environment(b""), Fact::Known(false));
    }

    #[test]
    fn an_environment_that_may_not_be_read_leaves_it_unknown() {
        let denied = ReadError::new(ENVIRONMENT, ReadErrorKind::AccessDenied);
        let Fact::Unknown(why) = in_environment(Err(denied)) else {
            panic!("denial is not an answer");
        };
        assert_eq!(why.reason, Reason::AccessDenied);
    }
}
