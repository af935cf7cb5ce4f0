//! Whom `doas` lets administer the machine.

use crate::host::Files;
use crate::host::files::Read;

const FILE: &str = "etc/doas.conf";
const FOLDER: &str = "etc/doas.d";
const MOST: usize = 256 * 1024;

/// Whether it lets anybody administer who is in none of these groups.
pub(super) fn permits_others(files: &Files, groups: &[&str]) -> Read<bool> {
    let mut paths = vec![FILE.to_owned()];
    match files.list(FOLDER) {
        Ok(names) => paths.extend(names.iter().map(|name| format!("{FOLDER}/{name}"))),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
    }
    for path in paths {
        match files.read_text(&path, MOST) {
            Ok(text) => {
                if text.lines().any(|line| permits(line, groups)) {
                    return Ok(true);
                }
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// `permit [nopass|keepenv|persist] :wheel`, any command as root.
fn permits(line: &str, groups: &[&str]) -> bool {
    let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
    if words.next() != Some("permit") {
        return false;
    }
    let mut rest =
        words.skip_while(|word| matches!(*word, "nopass" | "nolog" | "persist" | "keepenv"));
    let whom = rest.next().unwrap_or_default();
    let is_counted = whom.strip_prefix(':').is_some_and(|group| groups.contains(&group));
    !is_counted && whom != "root" && !rest.any(|word| word == "cmd")
}
