//! A process group from its beginning to its end, however that comes.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::pin::Pin;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::oneshot;

/// One process group; every clone means the same one.
#[derive(Clone, Debug)]
pub(super) struct Group(Arc<Mutex<Life>>);

#[derive(Debug)]
enum Life {
    Coming,
    /// Nobody waits for it any more, and it has not begun yet.
    Unwanted,
    /// Its leader has not been seen out, so the id is nobody else's.
    Runs(Pid),
    Gone,
}

/// The pipes to a program that has begun.
pub(super) struct Streams {
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

/// Comes when the program has begun, or not.
pub(super) type Begun = oneshot::Receiver<io::Result<Streams>>;

/// Comes when the program has been seen out, and again whenever it is asked for.
pub(super) struct Ended {
    waiting: oneshot::Receiver<ExitStatus>,
    status: Option<ExitStatus>,
}

impl Future for Ended {
    type Output = ExitStatus;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ExitStatus> {
        if let Some(status) = self.status {
            return Poll::Ready(status);
        }
        let status = ready!(Pin::new(&mut self.waiting).poll(context));
        // There is none only where the system takes the children of a process away from it.
        let status = status.unwrap_or_else(|_| ExitStatus::from_raw(Signal::KILL.as_raw()));
        self.status = Some(status);
        Poll::Ready(status)
    }
}

/// Kills its group when it goes.
pub(super) struct Doom(Group);

impl Drop for Doom {
    fn drop(&mut self) {
        self.0.kill();
    }
}

impl Group {
    /// Begins a program from a thread that stays with it until it is gone. The kernel takes that
    /// thread for its parent.
    pub(super) fn begin(mut command: Command) -> io::Result<(Self, Begun, Ended)> {
        let group = Self(Arc::new(Mutex::new(Life::Coming)));
        let (begun, has_begun) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let of_thread = group.clone();
        let stay = move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    *of_thread.lock() = Life::Gone;
                    // Nobody waits any more: nothing was begun.
                    let _ = begun.send(Err(error));
                    return;
                }
            };
            of_thread.has_begun(&child);
            let _ = begun.send(Ok(Streams {
                stdin: child.stdin.take(),
                stdout: child.stdout.take(),
                stderr: child.stderr.take(),
            }));
            if let Ok(status) = of_thread.see_out(&mut child) {
                let _ = ended.send(status);
            }
        };
        thread::Builder::new().name("program".to_owned()).spawn(stay)?;
        Ok((group, has_begun, Ended { waiting: has_ended, status: None }))
    }

    /// Whoever holds this keeps the group alive.
    pub(super) fn doom(&self) -> Doom {
        Doom(self.clone())
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(*self.lock(), Life::Gone)
    }

    /// Ends the leader and everybody in its group, now or as soon as it begins.
    pub(super) fn kill(&self) {
        let mut life = self.lock();
        match *life {
            Life::Coming => *life = Life::Unwanted,
            Life::Runs(leader) => kill_all(leader),
            Life::Unwanted | Life::Gone => {}
        }
    }

    fn has_begun(&self, child: &Child) {
        let leader = Pid::from_child(child);
        let mut life = self.lock();
        if matches!(*life, Life::Unwanted) {
            kill_all(leader);
        }
        *life = Life::Runs(leader);
    }

    /// Waits for the leader's end, ends its group, and only then gives the id back: until then no
    /// other group can have it.
    fn see_out(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let leader = Pid::from_child(child);
        let has_ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let waited = loop {
            match waitid(WaitId::Pid(leader), has_ended) {
                Err(Errno::INTR) => {}
                waited => break waited,
            }
        };
        let mut life = self.lock();
        if waited.is_ok() {
            kill_all(leader);
        }
        let status = child.wait();
        *life = Life::Gone;
        status
    }

    fn lock(&self) -> MutexGuard<'_, Life> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group that is gone already is as good as killed.
fn kill_all(leader: Pid) {
    let _ = kill_process_group(leader, Signal::KILL);
}
