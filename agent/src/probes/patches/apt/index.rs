//! The names of package lists, and opening one.

use std::io;

use report::Reason;
use report::fact::Ignorance;

use super::super::packed;
use crate::host::Files;

/// Whether a name is that of a package list, whatever it is packed with.
pub(super) fn is_package_list(name: &str) -> bool {
    extension(name).is_some()
}

/// Whether a name is that of a list of source code.
pub(super) fn is_source_list(name: &str) -> bool {
    name.contains("_source_Sources")
}

/// The name a list would have if it were not packed.
pub(super) fn without_packing(name: &str) -> &str {
    extension(name).and_then(|extension| name.strip_suffix(extension)).unwrap_or(name)
}

fn extension(name: &str) -> Option<&str> {
    let (folder, extension) = name.rsplit_once("Packages")?;
    let is_own = folder.is_empty() || folder.ends_with('_');
    // Not the list of a list's changes, `_Packages.diff_Index`.
    let is_list = !name.ends_with("_Index");
    (is_own && is_list && (extension.is_empty() || extension.starts_with('.'))).then_some(extension)
}

/// Opens a list to be read as text.
pub(super) fn unpack(files: &Files, path: &str) -> Result<Box<dyn io::Read>, Ignorance> {
    let extension = extension(path).ok_or_else(|| {
        Ignorance::new(Reason::NotSupported, &format!("{path}: not a package list"))
    })?;
    packed::unpack(files, path, extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_without_its_packing() {
        let list = "deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages";
        for packing in ["", ".gz", ".xz", ".bz2"] {
            let name = format!("{list}{packing}");
            assert!(is_package_list(&name), "{name}");
            assert_eq!(without_packing(&name), list);
        }
    }

    #[test]
    fn other_lists_are_no_package_lists() {
        for name in [
            "deb.debian.org_debian_dists_bookworm_InRelease",
            "deb.debian.org_debian_dists_bookworm_main_i18n_Translation-en",
            "deb.debian.org_debian_dists_bookworm_main_source_Sources.lz4",
            "example_PackagesOfMine_InRelease",
            "deb.debian.org_debian_dists_sid_main_binary-amd64_Packages.diff_Index",
            "lock",
        ] {
            assert!(!is_package_list(name), "{name}");
        }
    }
}
