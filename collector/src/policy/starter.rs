//! The folder that `init` writes: the rules, goals and catalogues of this repository, and an
//! empty register that says what to write in it.

macro_rules! files {
    ($($from:literal => [$($path:literal),+ $(,)?];)+) => {
        &[$($(($path, include_str!(concat!($from, $path))),)+)+]
    };
}

const FILES: &[(&str, &str)] = files! {
    "../../../policies/" => [
        "README.md",
        "catalogue/antivirus.toml",
        "catalogue/os-lifecycle.toml",
        "catalogue/serials.toml",
        "catalogue/windows-builds.toml",
        "rules/accounts-limited.toml",
        "rules/antivirus-definitions-fresh.toml",
        "rules/antivirus-licensed.toml",
        "rules/antivirus-realtime.toml",
        "rules/antivirus-sources-read.toml",
        "rules/auto-login-off.toml",
        "rules/autorun-off.toml",
        "rules/disk-encrypted.toml",
        "rules/firewall-on.toml",
        "rules/level-as-registered.toml",
        "rules/os-supported.toml",
        "rules/patched-within-month.toml",
        "rules/remote-access-guarded.toml",
        "rules/restarted-after-updates.toml",
        "rules/screen-locks.toml",
        "rules/secure-boot-on.toml",
        "rules/security-updates-installed.toml",
        "rules/smb1-off.toml",
        "rules/update-sources-fresh.toml",
        "rules/updates-automatic.toml",
        "targets.toml",
    ];
    "starter/" => [
        "register/declared.toml",
        "register/licences.toml",
        "register/machines.csv",
        "register/systems.toml",
        "register/training.toml",
        "register/units.toml",
        "register/waivers.toml",
    ];
};

/// Each file: relative path and text.
#[must_use]
pub fn starter_files() -> &'static [(&'static str, &'static str)] {
    FILES
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::policy::{Folder, load};

    use super::*;

    #[test]
    fn the_starter_folder_loads_and_its_register_is_empty() {
        let set = load(&Folder::from_files(starter_files().iter().copied()))
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(set.rules.len(), 20);
        assert_eq!(set.targets.list.len(), 5);
        assert!(set.register.machines.is_empty());
        assert!(!set.register.is_sample());
    }

    #[test]
    fn every_shipped_file_but_the_sample_register_is_in_the_starter() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
        let shipped = Folder::read(&root).unwrap();
        let outside_the_register = |(path, _): &(&str, &str)| !path.starts_with("register/");
        let shipped: Vec<_> = shipped.files().filter(outside_the_register).collect();
        let starter = starter_files().iter().copied();
        let starter: Vec<_> = starter.filter(outside_the_register).collect();
        assert_eq!(starter, shipped);
    }
}
