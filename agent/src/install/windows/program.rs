//! The program that is to run with every right, and who could put another one in its place.

use std::env::current_exe;
use std::io;
use std::path::{Path, PathBuf};

use crate::host::access::Access;
use crate::host::ffi::windows::security;
use crate::install::InstallError;

/// The running program, where nobody but the system and its administrators could change it. An
/// administrator's own name is not enough: a program that he starts without his rights has it too.
pub(super) fn trusted() -> Result<PathBuf, InstallError> {
    let program = current_exe().and_then(|path| path.canonicalize());
    let program = without_prefix(program.map_err(unreadable(Path::new("this program")))?);
    for path in program.ancestors() {
        refuse_strangers(path)?;
    }
    Ok(program)
}

/// `C:\…` where a path is told as `\\?\C:\…`.
fn without_prefix(path: PathBuf) -> PathBuf {
    let plain = path.to_str().and_then(|text| text.strip_prefix(r"\\?\"));
    match plain.filter(|text| text.as_bytes().get(1) == Some(&b':')) {
        Some(plain) => plain.into(),
        None => path,
    }
}

/// Strangers must not change the program, put a library beside it, which it would load, or put
/// another folder in the place of one that it lies in. On the drive itself everybody may make a
/// folder, and no more.
fn refuse_strangers(path: &Path) -> Result<(), InstallError> {
    let sddl = security::of_path(path).map_err(unreadable(path))?;
    let not_understood = || io::Error::other(format!("its access list is not understood: {sddl}"));
    let access = Access::parse(&sddl).ok_or_else(not_understood).map_err(unreadable(path))?;
    let who = match path.parent() {
        Some(_) => access.writers(""),
        None => access.movers(""),
    };
    match who.is_empty() {
        true => Ok(()),
        false => Err(InstallError::Exposed { path: path.to_owned(), who: who.join(", ") }),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    |error| InstallError::Unreadable { path: path.to_owned(), error }
}
