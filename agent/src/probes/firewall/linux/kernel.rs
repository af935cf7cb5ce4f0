//! Whether the kernel has a filter at all: where none is loaded, nothing can filter.

use crate::host::files::Read;
use crate::host::{Files, Host};

pub(super) const MODULES: &str = "proc/modules";
/// The tables of the older filter, where that is loaded or built in.
const TABLES: [&str; 2] = ["proc/net/ip_tables_names", "proc/net/ip6_tables_names"];
const MOST: usize = 1 << 20;

/// Whether rules may be loaded. There are none where the kernel loads its filters as modules, says
/// which modules are loaded, and no filter is among them.
pub(super) fn may_filter(host: &Host) -> Read<bool> {
    let files = host.files();
    let modules = text(files, MODULES)?;
    if modules.is_empty() || modules.lines().any(|line| line.starts_with("nf_tables ")) {
        return Ok(true);
    }
    for table in TABLES {
        if text(files, table)?.lines().any(|name| name == "filter") {
            return Ok(true);
        }
    }
    is_built_in(host)
}

/// Whether the newer filter is part of the kernel, or may be.
fn is_built_in(host: &Host) -> Read<bool> {
    let release = host.system().kernel_release?;
    let config = text(host.files(), &format!("boot/config-{release}"))?;
    Ok(config.is_empty() || config.lines().any(|line| line == "CONFIG_NF_TABLES=y"))
}

fn text(files: &Files, path: &str) -> Read<String> {
    match files.read_text(path, MOST) {
        Err(error) if error.is_not_found() => Ok(String::new()),
        read => read,
    }
}
