//! A group of processes from its beginning to its end, however that comes.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

use std::io;
use std::pin::Pin;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::thread;

#[cfg(unix)]
use linux as system;
use tokio::sync::oneshot;
#[cfg(windows)]
use windows as system;

use system::Reins;

/// One group of processes; every clone means the same one.
#[derive(Clone, Debug)]
pub(super) struct Group(Arc<Mutex<Life>>);

#[derive(Debug)]
enum Life {
    Coming,
    /// Nobody waits for it any more, and it has not begun yet.
    Unwanted,
    /// Its leader has not been seen out, so the group is nobody else's.
    Runs(Reins),
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
        let status = status.unwrap_or_else(|_| system::killed());
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
            let (mut child, reins) = match Reins::begin(&mut command) {
                Ok(begun) => begun,
                Err(error) => {
                    *of_thread.lock() = Life::Gone;
                    // Nobody waits any more: nothing was begun.
                    let _ = begun.send(Err(error));
                    return;
                }
            };
            of_thread.has_begun(reins);
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
        match &*life {
            Life::Coming => *life = Life::Unwanted,
            Life::Runs(reins) => reins.kill_all(),
            Life::Unwanted | Life::Gone => {}
        }
    }

    fn has_begun(&self, reins: Reins) {
        let mut life = self.lock();
        if matches!(*life, Life::Unwanted) {
            reins.kill_all();
        }
        *life = Life::Runs(reins);
    }

    /// Waits for the leader's end, ends its group, and only then gives it back: until then no other
    /// group can be taken for this one.
    fn see_out(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let waited = system::wait_for(child);
        let mut life = self.lock();
        if let (Ok(()), Life::Runs(reins)) = (&waited, &*life) {
            reins.kill_all();
        }
        let status = child.wait();
        *life = Life::Gone;
        status
    }

    fn lock(&self) -> MutexGuard<'_, Life> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
