//! The folder that `init` writes: the rules, goals and catalogues of this repository, and an
//! empty register that says what to write in it.

macro_rules! files {
    ($($from:literal => [$($path:literal),+ $(,)?];)+) => {
        &[$($(($path, include_str!(concat!($from, $path))),)+)+]
    };
}

const SHIPPED: &[(&str, &str)] = files! {
    "../../../policies/" => [
        "README.md",
        "targets.toml",
        "rules/antivirus-definitions-fresh.toml",
        "rules/antivirus-licensed.toml",
        "rules/antivirus-realtime.toml",
        "rules/os-supported.toml",
        "rules/security-updates-installed.toml",
        "catalogue/antivirus.toml",
        "catalogue/os-lifecycle.toml",
        "catalogue/serials.toml",
    ];
};

const EMPTY_REGISTER: &[(&str, &str)] = &[
    ("register/units.toml", include_str!("starter/units.toml")),
    ("register/systems.toml", include_str!("starter/systems.toml")),
    ("register/machines.csv", include_str!("starter/machines.csv")),
];

/// Each file: relative path and text.
pub fn starter_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHIPPED.iter().chain(EMPTY_REGISTER).copied()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::policy::{Folder, load};

    use super::*;

    #[test]
    fn the_starter_folder_loads_and_its_register_is_empty() {
        let set = load(&Folder::from_files(starter_files()))
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(set.rules.len(), 5);
        assert_eq!(set.targets.list.len(), 5);
        assert_eq!(set.register.machines.iter().count(), 0);
        assert!(!set.register.is_sample());
    }

    #[test]
    fn every_shipped_file_but_the_sample_register_is_in_the_starter() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
        let shipped = Folder::read(&root).unwrap();
        let shipped: Vec<_> =
            shipped.files().filter(|(path, _)| !path.starts_with("register/")).collect();
        let mut starter = SHIPPED.to_vec();
        starter.sort_unstable();
        assert_eq!(starter, shipped);
    }
}
