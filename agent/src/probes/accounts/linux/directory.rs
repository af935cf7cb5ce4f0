//! Whether accounts come from elsewhere than this machine, where the agent does not see them.

use crate::host::Files;
use crate::host::files::Read;

const SWITCH: &str = "etc/nsswitch.conf";
const MOST: usize = 256 * 1024;

/// What is asked over the network, and what it is set up with; it answers nothing where that is
/// missing. Many systems name the first one from the start.
const DIRECTORIES: [(&str, &[&str]); 6] = [
    ("sss", &["etc/sssd/sssd.conf", "etc/sssd/conf.d"]),
    ("ldap", &["etc"]),
    ("winbind", &["etc/samba/smb.conf"]),
    ("nis", &["etc/yp.conf"]),
    ("nisplus", &["etc"]),
    ("hesiod", &["etc"]),
];

/// Why accounts may be hidden.
pub(super) fn hides_accounts(files: &Files) -> Read<Option<&'static str>> {
    let text = match files.read_text(SWITCH, MOST) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let asked = text
        .lines()
        .filter_map(|line| line.split('#').next()?.split_once(':'))
        .filter(|(what, _)| matches!(what.trim(), "passwd" | "group" | "sudoers"))
        .flat_map(|(_, whom)| whom.split_whitespace());
    for name in asked {
        let Some((_, settings)) = DIRECTORIES.into_iter().find(|(known, _)| *known == name) else {
            continue;
        };
        for place in settings {
            if is_set_up(files, place)? {
                return Ok(Some("a directory on the network may name further administrators"));
            }
        }
    }
    Ok(None)
}

/// Whether a file is there, or something in a folder.
fn is_set_up(files: &Files, place: &str) -> Read<bool> {
    match files.list(place) {
        Ok(names) => Ok(!names.is_empty()),
        Err(_) => files.exists(place),
    }
}
