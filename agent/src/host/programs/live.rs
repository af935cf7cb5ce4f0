//! Programs of the machine this process runs on.

use std::io;
use std::path::Path;

use tokio::runtime::Builder;

use super::trust::only_the_system_writes;
use super::{Ask, Said};
use crate::host::files::{Files, Read, ReadError, ReadErrorKind};
use crate::host::program::{End, Program, ProgramError, Ran};

/// Runs a program that only the system can have written.
pub(super) fn run(files: &Files, ask: &Ask<'_>) -> Read<Said> {
    only_the_system_writes(files, ask.path)?;
    let failed = |error: &io::Error| ReadError::from_io(ask.path, error);
    let program = Program {
        path: Path::new(ask.path),
        arguments: ask.arguments.iter().map(Into::into).collect(),
        input: Vec::new(),
        limit: ask.limit,
        most: ask.most,
    };
    // Probes look from threads of their own, where no runtime is.
    let runtime = Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|error| failed(&error))?.block_on(program.run()) {
        Ok(ran) => said(ran).map_err(|kind| ReadError::new(ask.path, kind)),
        Err(ProgramError::NotBegun(_, error)) => Err(failed(&error)),
        Err(error @ ProgramError::Relative(_)) => {
            Err(ReadError::new(ask.path, ReadErrorKind::Refused(error.to_string())))
        }
    }
}

/// What cannot be killed is left to the kernel: the survey ends, and what asked rests.
fn said(ran: Ran) -> Result<Said, ReadErrorKind> {
    match ran.end {
        End::Exited(status) => Ok(Said { output: ran.output, code: status.code() }),
        End::OutOfTime(_) => Err(ReadErrorKind::Timeout),
        End::TooMuch(_) => Err(ReadErrorKind::TooLarge),
    }
}
