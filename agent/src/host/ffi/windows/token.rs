//! As whom this process runs.

use std::io;
use std::os::windows::io::OwnedHandle;

use windows::Win32::Foundation::HANDLE;
use windows::Win32::Security::{
    GetTokenInformation, TOKEN_ELEVATION, TOKEN_INFORMATION_CLASS, TOKEN_QUERY, TOKEN_USER,
    TokenElevation, TokenUser,
};
use windows::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::{handle_of, io_error, owned, security};

/// Whether this process has an administrator's full rights.
pub(crate) fn is_elevated() -> io::Result<bool> {
    let mut bytes = Aligned::<TOKEN_ELEVATION>::default();
    let length = information(&own()?, TokenElevation, &mut bytes.0)?;
    if length < size_of::<TOKEN_ELEVATION>() {
        return Err(io::Error::other("the token does not say whether it is elevated"));
    }
    // SAFETY: the function wrote a structure of this kind there, where it is aligned for one.
    let elevation = unsafe { bytes.0.as_ptr().cast::<TOKEN_ELEVATION>().read() };
    Ok(elevation.TokenIsElevated != 0)
}

/// The user it runs as: a SID as text.
pub(crate) fn user() -> io::Result<String> {
    let mut bytes = Aligned::<TOKEN_USER>::default();
    let length = information(&own()?, TokenUser, &mut bytes.0)?;
    if length < size_of::<TOKEN_USER>() {
        return Err(io::Error::other("the token does not say whose it is"));
    }
    // SAFETY: the function wrote a structure of this kind there, where it is aligned for one; the
    // SID that it points to lies behind it in the same bytes, which live until it is text.
    let user = unsafe { bytes.0.as_ptr().cast::<TOKEN_USER>().read() };
    // SAFETY: as above.
    unsafe { security::text_of_sid(user.User.Sid) }
}

/// Room for what is said of a token: a SID has 68 bytes at most.
#[repr(C)]
struct Aligned<T>([u8; 256], [T; 0]);

impl<T> Default for Aligned<T> {
    fn default() -> Self {
        Self([0; 256], [])
    }
}

fn own() -> io::Result<OwnedHandle> {
    let mut token = HANDLE::default();
    // SAFETY: the handle of the own process is always open; the new one is nobody else's.
    unsafe {
        OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token).map(|()| owned(token))
    }
    .map_err(|error| io_error(&error))
}

fn information(
    token: &OwnedHandle,
    class: TOKEN_INFORMATION_CLASS,
    into: &mut [u8],
) -> io::Result<usize> {
    let mut length = 0;
    let room = u32::try_from(into.len()).map_err(io::Error::other)?;
    // SAFETY: the token is open, the place alive and as large as is said.
    unsafe {
        let place = into.as_mut_ptr().cast();
        GetTokenInformation(handle_of(token), class, Some(place), room, &raw mut length)
    }
    .map_err(|error| io_error(&error))?;
    usize::try_from(length).map_err(io::Error::other)
}
