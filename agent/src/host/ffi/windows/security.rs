//! Owners and access lists, given and taken as text (SDDL), so that what they mean is read by code
//! that needs no Windows.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle as _};
use std::path::Path;

use windows::Win32::Foundation::{ERROR_SUCCESS, HLOCAL, LocalFree, WIN32_ERROR};
use windows::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW, GetSecurityInfo,
    SDDL_REVISION_1, SE_FILE_OBJECT,
};
use windows::Win32::Security::{
    DACL_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_ATTRIBUTES,
};
use windows::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_CREATION_DISPOSITION,
    FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    OPEN_ALWAYS,
};
use windows::core::{PCWSTR, PWSTR};

use super::{handle_of, io_error, os_error, wide};

/// Owner and access list of something that is open.
pub(crate) fn of_open(file: &impl AsRawHandle) -> io::Result<String> {
    let mut descriptor = Allocated::nothing();
    // SAFETY: the handle is open; the only place that is given is alive, and what is put there is
    // freed once.
    let told = unsafe {
        let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        let place = Some(descriptor.descriptor());
        GetSecurityInfo(handle_of(file), SE_FILE_OBJECT, what, None, None, None, None, place)
    };
    text_of(told, &descriptor)
}

/// Owner and access list of a file or folder.
pub(crate) fn of_path(path: &Path) -> io::Result<String> {
    let path = wide(path.as_os_str())?;
    let mut descriptor = Allocated::nothing();
    // SAFETY: the name ends in a zero and is alive; the only place that is given is alive, and
    // what is put there is freed once.
    let told = unsafe {
        let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        let (name, place) = (PCWSTR(path.as_ptr()), descriptor.descriptor());
        GetNamedSecurityInfoW(name, SE_FILE_OBJECT, what, None, None, None, None, place)
    };
    text_of(told, &descriptor)
}

fn text_of(told: WIN32_ERROR, descriptor: &Allocated) -> io::Result<String> {
    if told != ERROR_SUCCESS {
        return Err(os_error(told.0));
    }
    let mut text = Allocated::nothing();
    // SAFETY: the descriptor was given by the system and is not freed yet; what is put into the
    // place is freed once.
    unsafe {
        let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        let descriptor = PSECURITY_DESCRIPTOR(descriptor.0);
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor,
            SDDL_REVISION_1,
            what,
            text.text(),
            None,
        )
    }
    .map_err(|error| io_error(&error))?;
    // SAFETY: the function put a text there that ends in a zero.
    unsafe { text.to_text() }
}

/// A SID as text.
///
/// # Safety
/// It must point to a whole SID.
pub(super) unsafe fn text_of_sid(sid: PSID) -> io::Result<String> {
    let mut text = Allocated::nothing();
    // SAFETY: the caller vouches for the SID; what is put into the place is freed once.
    unsafe { ConvertSidToStringSidW(sid, text.text()) }.map_err(|error| io_error(&error))?;
    // SAFETY: the function put a text there that ends in a zero.
    unsafe { text.to_text() }
}

/// Makes a file that must not be there, with this owner and access list, and opens it.
pub(crate) fn create(path: &Path, sddl: &str) -> io::Result<File> {
    open(path, sddl, CREATE_NEW)
}

/// Opens a file for reading and writing; where it is missing it is made with this owner and
/// access list.
pub(crate) fn open_or_create(path: &Path, sddl: &str) -> io::Result<File> {
    open(path, sddl, OPEN_ALWAYS)
}

fn open(path: &Path, sddl: &str, how: FILE_CREATION_DISPOSITION) -> io::Result<File> {
    let path = wide(path.as_os_str())?;
    let descriptor = descriptor(sddl)?;
    let attributes = attributes(&descriptor)?;
    // SAFETY: name, attributes and the descriptor that they point to are alive for the length of
    // the call; the handle is nobody else's.
    unsafe {
        CreateFileW(
            PCWSTR(path.as_ptr()),
            (FILE_GENERIC_READ | FILE_GENERIC_WRITE).0,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            Some(&raw const attributes),
            how,
            FILE_ATTRIBUTE_NORMAL,
            None,
        )
        .map(|handle| File::from_raw_handle(handle.0))
    }
    .map_err(|error| io_error(&error))
}

/// Makes a folder that must not be there, with this owner and access list.
pub(crate) fn create_folder(path: &Path, sddl: &str) -> io::Result<()> {
    let path = wide(path.as_os_str())?;
    let descriptor = descriptor(sddl)?;
    let attributes = attributes(&descriptor)?;
    // SAFETY: name, attributes and the descriptor that they point to are alive for the length of
    // the call.
    unsafe { CreateDirectoryW(PCWSTR(path.as_ptr()), Some(&raw const attributes)) }
        .map_err(|error| io_error(&error))
}

fn descriptor(sddl: &str) -> io::Result<Allocated> {
    let sddl = wide(OsStr::new(sddl))?;
    let mut descriptor = Allocated::nothing();
    // SAFETY: the text ends in a zero and is alive; what is put into the place is freed once.
    unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            PCWSTR(sddl.as_ptr()),
            SDDL_REVISION_1,
            descriptor.descriptor(),
            None,
        )
    }
    .map_err(|error| io_error(&error))?;
    Ok(descriptor)
}

fn attributes(descriptor: &Allocated) -> io::Result<SECURITY_ATTRIBUTES> {
    Ok(SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: false.into(),
    })
}

/// What a function allocated for its caller to free.
struct Allocated(*mut std::ffi::c_void);

impl Allocated {
    fn nothing() -> Self {
        Self(std::ptr::null_mut())
    }

    fn descriptor(&mut self) -> *mut PSECURITY_DESCRIPTOR {
        (&raw mut self.0).cast()
    }

    fn text(&mut self) -> *mut PWSTR {
        (&raw mut self.0).cast()
    }

    /// # Safety
    /// It must be a text that ends in a zero.
    unsafe fn to_text(&self) -> io::Result<String> {
        // SAFETY: the caller vouches for it.
        unsafe { PWSTR(self.0.cast()).to_string() }.map_err(io::Error::other)
    }
}

impl Drop for Allocated {
    fn drop(&mut self) {
        // SAFETY: every function whose place this was allocates so, and this is its only owner.
        // Nothing is freed where there is nothing.
        let _nothing = unsafe { LocalFree(Some(HLOCAL(self.0))) };
    }
}
