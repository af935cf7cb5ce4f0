//! Which desktops somebody can choose who logs in.

use std::collections::BTreeSet;

use crate::host::Files;
use crate::host::files::Read;

const FOLDERS: [&str; 2] = ["usr/share/wayland-sessions", "usr/share/xsessions"];

/// A desktop by whose settings it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Desktop {
    /// GNOME's, which are dconf's.
    Gnome,
    /// Plasma's.
    Plasma,
    /// Others', which this agent does not know.
    Other,
}

/// The desktops of this machine; of one that shows a screen and names none, an unknown one.
pub(crate) fn desktops(files: &Files) -> Read<BTreeSet<Desktop>> {
    let mut found = BTreeSet::new();
    for folder in FOLDERS {
        match files.list(folder) {
            Ok(names) => found.extend(names.iter().filter_map(|name| desktop(name))),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    if found.is_empty() {
        found.insert(Desktop::Other);
    }
    Ok(found)
}

fn desktop(name: &str) -> Option<Desktop> {
    let session = name.strip_suffix(".desktop")?;
    Some(match session {
        _ if session.starts_with("gnome") || session.starts_with("ubuntu") => Desktop::Gnome,
        _ if session.starts_with("plasma") => Desktop::Plasma,
        _ => Desktop::Other,
    })
}
