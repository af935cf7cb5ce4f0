//! Where the agent's own things lie unless somebody says otherwise.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use linux::{config, default_file, state};
#[cfg(windows)]
pub use windows::{config, default_file, program_data, state};

use std::borrow::Cow;
use std::path::Path;

use report::Platform;

use crate::host::OWN_PLATFORM;

/// The configuration that is installed on Linux.
const TEMPLATE: &str = include_str!("../../packaging/agent.toml");

/// The same for Windows, for an agent whose folder this is: places and commands are other ones
/// there.
#[must_use]
pub fn for_windows(folder: &Path) -> String {
    let config = folder.join("agent.toml").display().to_string();
    let state = format!("state_dir = '{}'", folder.join("state").display());
    let replaced = [
        ("/etc/lachan/agent.toml", config.as_str()),
        ("state_dir = \"/var/lib/lachan-agent\"", &state),
        ("chmod 600 tệp này", "chỉ SYSTEM và Administrators được đọc tệp này"),
        ("chmod 600 this file", "only SYSTEM and Administrators may read this file"),
    ];
    replaced.iter().fold(TEMPLATE.to_owned(), |text, (linux, windows)| text.replace(linux, windows))
}

/// A text that was written for Linux, with the places of this system.
#[must_use]
pub fn in_words(text: &str) -> Cow<'_, str> {
    match OWN_PLATFORM {
        Platform::Linux => Cow::Borrowed(text),
        Platform::Windows => {
            Cow::Owned(text.replace("/etc/lachan/agent.toml", &config().display().to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_file_for_windows_means_what_the_one_for_linux_does_and_names_its_own_places() {
        let text = for_windows(Path::new(r"C:\ProgramData\Lachan"));
        for foreign in ["/etc", "/var", "chmod"] {
            assert!(TEMPLATE.contains(foreign) && !text.contains(foreign), "{foreign}");
        }
        assert_eq!(text.lines().count(), TEMPLATE.lines().count());
        let raw: toml::Table = text.parse().unwrap();
        let state = raw["state_dir"].as_str().unwrap();
        assert_eq!(Path::new(state), Path::new(r"C:\ProgramData\Lachan").join("state"));
        let template: toml::Table = TEMPLATE.parse().unwrap();
        let keys = |table: &toml::Table| table.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&raw), keys(&template));
    }

    #[test]
    fn the_built_in_configuration_is_understood() {
        let config = Config::parse(Path::new("agent.toml"), default_file()).unwrap();
        assert_eq!(config.state_dir, state());
    }
}
