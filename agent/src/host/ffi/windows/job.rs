//! Jobs: processes that end together.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject, TerminateJobObject,
};
use windows::core::PCWSTR;

use super::{handle_of, io_error, owned};

/// A process and everything it begins. They end when this goes, also where this process is killed.
#[derive(Debug)]
pub(crate) struct Job(OwnedHandle);

impl Job {
    /// One that holds this process, and what it begins from now on.
    ///
    /// # Errors
    /// When there is no job, or the process is in one already and the system (Windows 7) lets none
    /// be in two.
    pub(crate) fn holding(process: &impl AsRawHandle) -> io::Result<Self> {
        let job = Self::empty()?;
        // SAFETY: both handles are open for the length of the call.
        unsafe { AssignProcessToJobObject(handle_of(&job.0), handle_of(process)) }
            .map_err(|error| io_error(&error))?;
        Ok(job)
    }

    fn empty() -> io::Result<Self> {
        // SAFETY: neither attributes nor a name are given; the handle is nobody else's.
        let job = unsafe { CreateJobObjectW(None, PCWSTR::null()).map(|handle| owned(handle)) }
            .map_err(|error| io_error(&error))?;
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let length = u32::try_from(size_of_val(&limits)).map_err(io::Error::other)?;
        let limits: *const c_void = (&raw const limits).cast();
        // SAFETY: the pointer is to a structure of the class that is named, alive and of this
        // length; the function copies it.
        unsafe {
            SetInformationJobObject(
                handle_of(&job),
                JobObjectExtendedLimitInformation,
                limits,
                length,
            )
        }
        .map_err(|error| io_error(&error))?;
        Ok(Self(job))
    }

    /// Ends everybody in it, with this exit code.
    pub(crate) fn terminate(&self, code: u32) -> io::Result<()> {
        // SAFETY: the handle is open for the length of the call.
        unsafe { TerminateJobObject(handle_of(&self.0), code) }.map_err(|error| io_error(&error))
    }
}
