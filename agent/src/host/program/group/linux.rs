//! A process group, by the id of its leader.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// What a group is held by.
#[derive(Debug)]
pub(super) struct Reins(Pid);

impl Reins {
    pub(super) fn begin(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.spawn()?;
        let leader = Pid::from_child(&child);
        Ok((child, Self(leader)))
    }

    /// A group that is gone already is as good as killed.
    pub(super) fn kill_all(&self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

/// Returns when a program has ended, and leaves its id what it was.
pub(super) fn wait_for(child: &mut Child) -> io::Result<()> {
    let leader = Pid::from_child(child);
    let has_ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(leader), has_ended) {
            Err(Errno::INTR) => {}
            waited => return waited.map(drop).map_err(Into::into),
        }
    }
}

/// How what was killed has ended.
pub(super) fn killed() -> ExitStatus {
    ExitStatus::from_raw(Signal::KILL.as_raw())
}
