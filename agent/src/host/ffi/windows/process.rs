//! Other processes: whose child one is, when one ends, and ending it.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows::Win32::Foundation::WAIT_OBJECT_0;
use windows::Win32::System::Diagnostics::ToolHelp::{
    CREATE_TOOLHELP_SNAPSHOT_FLAGS, CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW,
    Process32NextW, TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First,
    Thread32Next,
};
use windows::Win32::System::Threading::{
    INFINITE, OpenProcess, OpenThread, PROCESS_SYNCHRONIZE, ResumeThread, THREAD_SUSPEND_RESUME,
    TerminateProcess, WaitForSingleObject,
};

use super::{handle_of, io_error, os_error, owned};

/// The process that began the one with this id; it may have ended meanwhile.
pub(crate) fn parent_of(process: u32) -> io::Result<Option<u32>> {
    let snapshot = snapshot(TH32CS_SNAPPROCESS)?;
    let mut entry =
        PROCESSENTRY32W { dwSize: size_of::<PROCESSENTRY32W>() as u32, ..Default::default() };
    // SAFETY: the snapshot is open, the entry alive and its size stated, as both functions want.
    let mut found = unsafe { Process32FirstW(handle_of(&snapshot), &raw mut entry) };
    while found.is_ok() {
        if entry.th32ProcessID == process {
            return Ok(Some(entry.th32ParentProcessID));
        }
        // SAFETY: as above.
        found = unsafe { Process32NextW(handle_of(&snapshot), &raw mut entry) };
    }
    Ok(None)
}

/// Lets a process run that was begun suspended.
pub(crate) fn resume(process: u32) -> io::Result<()> {
    let snapshot = snapshot(TH32CS_SNAPTHREAD)?;
    let mut entry =
        THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..Default::default() };
    let mut resumed = false;
    // SAFETY: the snapshot is open, the entry alive and its size stated, as both functions want.
    let mut found = unsafe { Thread32First(handle_of(&snapshot), &raw mut entry) };
    while found.is_ok() {
        if entry.th32OwnerProcessID == process {
            resume_thread(entry.th32ThreadID)?;
            resumed = true;
        }
        // SAFETY: as above.
        found = unsafe { Thread32Next(handle_of(&snapshot), &raw mut entry) };
    }
    match resumed {
        true => Ok(()),
        false => Err(io::Error::other("the program has no thread that could run")),
    }
}

fn resume_thread(thread: u32) -> io::Result<()> {
    // SAFETY: only numbers are given; the handle is nobody else's.
    let thread = unsafe { OpenThread(THREAD_SUSPEND_RESUME, false, thread).map(|it| owned(it)) }
        .map_err(|error| io_error(&error))?;
    // SAFETY: the handle is open for the length of the call.
    match unsafe { ResumeThread(handle_of(&thread)) } {
        u32::MAX => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn snapshot(of: CREATE_TOOLHELP_SNAPSHOT_FLAGS) -> io::Result<OwnedHandle> {
    // SAFETY: only numbers are given; the handle is nobody else's.
    unsafe { CreateToolhelp32Snapshot(of, 0).map(|handle| owned(handle)) }
        .map_err(|error| io_error(&error))
}

/// Ends a process, with this exit code.
pub(crate) fn terminate(process: &impl AsRawHandle, code: u32) -> io::Result<()> {
    // SAFETY: the handle is open for the length of the call.
    unsafe { TerminateProcess(handle_of(process), code) }.map_err(|error| io_error(&error))
}

/// A process whose end can be waited for. While this is held, its id is nobody else's.
#[derive(Debug)]
pub(crate) struct Watched(OwnedHandle);

impl Watched {
    /// The process with this id.
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        // SAFETY: only numbers are given; the handle is nobody else's.
        unsafe { OpenProcess(PROCESS_SYNCHRONIZE, false, process).map(|it| Self(owned(it))) }
            .map_err(|error| io_error(&error))
    }

    /// Returns when it has ended.
    pub(crate) fn wait(&self) -> io::Result<()> {
        // SAFETY: the handle is open for the length of the call.
        match unsafe { WaitForSingleObject(handle_of(&self.0), INFINITE) } {
            WAIT_OBJECT_0 => Ok(()),
            failed => Err(os_error(failed.0)),
        }
    }
}
