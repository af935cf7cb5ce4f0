//! Who administers this machine, and which accounts are its own. The group is asked for by its
//! identifier, since its name is another one in each language.

use std::ffi::c_void;
use std::slice;

use windows::Win32::Foundation::{E_FAIL, ERROR_SUCCESS, WIN32_ERROR};
use windows::Win32::NetworkManagement::NetManagement::{
    FILTER_NORMAL_ACCOUNT, LOCALGROUP_MEMBERS_INFO_0, MAX_PREFERRED_LENGTH, NetApiBufferFree,
    NetLocalGroupGetMembers, NetUserEnum, NetUserModalsGet, UF_ACCOUNTDISABLE, USER_INFO_20,
    USER_MODALS_INFO_2,
};
use windows::Win32::Security::{
    CreateWellKnownSid, LookupAccountSidW, PSID, SECURITY_MAX_SID_SIZE, SID_NAME_USE,
    WinBuiltinAdministratorsSid,
};
use windows::core::{Error, PCWSTR, PWSTR};

use super::security;

/// What a call failed with.
type Outcome<T> = Result<T, u32>;

/// More letters than the name of any account or machine has.
const MAX_NAME: usize = 512;

/// The members of the group of administrators, by their identifiers. Nobody's name is looked up:
/// that would ask the domain, which may not answer.
pub(crate) fn administrators() -> Outcome<Vec<String>> {
    let group = group_of_administrators()?;
    let mut found = Found::nothing();
    let (mut read, mut all) = (0, 0);
    // SAFETY: the name ends in a zero, the places are alive, and what is put there is freed once.
    let answer = unsafe {
        let name = PCWSTR(group.as_ptr());
        let (place, most) = (found.place(), MAX_PREFERRED_LENGTH);
        NetLocalGroupGetMembers(None, name, 0, place, most, &raw mut read, &raw mut all, None)
    };
    succeeded(answer)?;
    // SAFETY: at level 0 as many of these structures stand there as were read.
    let members = unsafe { found.all::<LOCALGROUP_MEMBERS_INFO_0>(read) };
    members.iter().map(|member| text_of(member.lgrmi0_sid)).collect()
}

/// What the identifiers of this machine's own accounts begin with.
pub(crate) fn machine() -> Outcome<String> {
    let mut found = Found::nothing();
    // SAFETY: the place is alive, and what is put there is freed once.
    succeeded(unsafe { NetUserModalsGet(None, 2, found.place()) })?;
    // SAFETY: at level 2 one of these structures stands there.
    let domain = unsafe { found.all::<USER_MODALS_INFO_2>(1) };
    text_of(domain.first().map(|it| it.usrmod2_domain_id).unwrap_or_default())
}

/// The last number of each account of this machine, and whether it may log in.
pub(crate) fn users() -> Outcome<Vec<(u32, bool)>> {
    let mut found = Found::nothing();
    let (mut read, mut all) = (0, 0);
    // SAFETY: the places are alive, and what is put there is freed once.
    let answer = unsafe {
        let (kind, place, most) = (FILTER_NORMAL_ACCOUNT, found.place(), MAX_PREFERRED_LENGTH);
        NetUserEnum(None, 20, kind, place, most, &raw mut read, &raw mut all, None)
    };
    succeeded(answer)?;
    // SAFETY: at level 20 as many of these structures stand there as were read.
    let users = unsafe { found.all::<USER_INFO_20>(read) };
    let may_log_in = |user: &USER_INFO_20| user.usri20_flags.0 & UF_ACCOUNTDISABLE.0 == 0;
    Ok(users.iter().map(|user| (user.usri20_user_id, may_log_in(user))).collect())
}

/// The name of the group on this machine, with a zero at its end.
fn group_of_administrators() -> Outcome<Vec<u16>> {
    let mut sid = [0_u32; SECURITY_MAX_SID_SIZE as usize / size_of::<u32>()];
    let sid = PSID(sid.as_mut_ptr().cast());
    let mut size = SECURITY_MAX_SID_SIZE;
    let (mut name, mut domain) = (vec![0_u16; MAX_NAME], [0_u16; MAX_NAME]);
    let (mut length, mut domain_length) = (MAX_NAME as u32, MAX_NAME as u32);
    let mut kind = SID_NAME_USE::default();
    // SAFETY: every place is alive during the calls and as long as said.
    unsafe {
        CreateWellKnownSid(WinBuiltinAdministratorsSid, None, Some(sid), &raw mut size)
            .map_err(|error| code(&error))?;
        LookupAccountSidW(
            None,
            sid,
            Some(PWSTR(name.as_mut_ptr())),
            &raw mut length,
            Some(PWSTR(domain.as_mut_ptr())),
            &raw mut domain_length,
            &raw mut kind,
        )
        .map_err(|error| code(&error))?;
    }
    Ok(name)
}

fn text_of(sid: PSID) -> Outcome<String> {
    if sid.0.is_null() {
        return Err(E_FAIL.0.cast_unsigned());
    }
    // SAFETY: the system put a whole SID there, and what it lies in is not freed yet.
    let text = unsafe { security::text_of_sid(sid) };
    text.map_err(|_| E_FAIL.0.cast_unsigned())
}

fn succeeded(answer: u32) -> Outcome<()> {
    match WIN32_ERROR(answer) {
        ERROR_SUCCESS => Ok(()),
        error => Err(error.to_hresult().0.cast_unsigned()),
    }
}

fn code(error: &Error) -> u32 {
    error.code().0.cast_unsigned()
}

/// What these functions allocate for their caller to free.
struct Found(*mut u8);

impl Found {
    fn nothing() -> Self {
        Self(std::ptr::null_mut())
    }

    fn place(&mut self) -> *mut *mut u8 {
        &raw mut self.0
    }

    /// # Safety
    /// As many of these structures must stand there, unless nothing does.
    unsafe fn all<T>(&self, count: u32) -> &[T] {
        if self.0.is_null() {
            return &[];
        }
        // SAFETY: the caller vouches for it; the system aligns what it allocates for anything.
        unsafe { slice::from_raw_parts(self.0.cast::<T>(), count as usize) }
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the functions whose place this was allocate so, and this is its only owner.
            let _freed = unsafe { NetApiBufferFree(Some(self.0.cast::<c_void>())) };
        }
    }
}
