//! A job. Where the agent's own job lets nobody be in a second one (Windows 7), the group is its
//! first process alone; what that began ends with the agent's job.

use std::io;
use std::os::windows::io::{AsHandle as _, OwnedHandle};
use std::os::windows::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};

use crate::host::ffi::windows::job::Job;
use crate::host::ffi::windows::process;

/// What a process ends with that is killed.
const KILLED: u32 = 1;

/// What a group is held by. Letting go of it ends the group as well.
#[derive(Debug)]
pub(super) struct Reins {
    job: Option<Job>,
    leader: OwnedHandle,
}

impl Reins {
    /// The program does not run before it is held.
    pub(super) fn begin(command: &mut Command) -> io::Result<(Child, Self)> {
        let mut child = command.spawn()?;
        match Self::hold(&child) {
            Ok(reins) => Ok((child, reins)),
            Err(error) => {
                // It never ran, so that nothing else can be left of it.
                let _ = child.kill();
                Err(error)
            }
        }
    }

    fn hold(child: &Child) -> io::Result<Self> {
        let leader = child.as_handle().try_clone_to_owned()?;
        let job = Job::holding(&leader)
            .inspect_err(|error| tracing::debug!(%error, "a program has no job of its own"))
            .ok();
        process::resume(child.id())?;
        Ok(Self { job, leader })
    }

    /// A group that is gone already is as good as killed.
    pub(super) fn kill_all(&self) {
        let _ = match &self.job {
            Some(job) => job.terminate(KILLED),
            None => process::terminate(&self.leader, KILLED),
        };
    }
}

/// Returns when a program has ended.
pub(super) fn wait_for(child: &mut Child) -> io::Result<()> {
    child.wait().map(drop)
}

/// How what was killed has ended.
pub(super) fn killed() -> ExitStatus {
    ExitStatus::from_raw(KILLED)
}
