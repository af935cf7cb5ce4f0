//! The settings of OpenSSH's server on Windows.
//!
//! Windows has no root: its administrators are meant. They log in as everybody else does, and nothing
//! keeps them out but a line that denies their group. A block that speaks of some connections only, as
//! the one about administrators that every such file ends with, counts where it says anything of this.

use report::fact::Ignorance;
use report::{Fact, Reason};

use crate::host::Files;
use crate::probes::findings::{choice, unknown, yes_or_no};
use crate::probes::settings::told;

pub(super) const FILE: &str = "ProgramData/ssh/sshd_config";
const MAX_BYTES: usize = 256 * 1024;

/// What else decides who may log in, and is not followed.
const OTHERWISE: [&str; 5] =
    ["include", "allowgroups", "allowusers", "denyusers", "authenticationmethods"];
const ADMINISTRATORS: &str = "administrators";

/// What the file says of passwords and of administrators.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Config(Result<Said, Ignorance>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// The first line that says it counts; OpenSSH takes passwords where none does.
    passwords: Option<bool>,
    /// Whether administrators are denied.
    denied: bool,
    /// What is not followed: a keyword.
    unclear: Option<String>,
}

impl Config {
    /// Without a file everything is as OpenSSH has it.
    pub(super) fn of(files: &Files) -> Self {
        Self(match files.read_text(FILE, MAX_BYTES) {
            Ok(text) => Ok(read(&text)),
            Err(error) if error.is_not_found() => Ok(Said::default()),
            Err(error) => Err(told(&error)),
        })
    }

    pub(super) fn unread(why: Ignorance) -> Self {
        Self(Err(why))
    }

    /// How administrators log in, in the words that the catalogue has for root.
    pub(super) fn administrators(&self) -> Fact {
        self.clear(|said| match (said.denied, said.passwords) {
            (true, _) => choice("no"),
            (false, Some(false)) => choice("keys_only"),
            (false, Some(true) | None) => choice("yes"),
        })
    }

    pub(super) fn passwords(&self) -> Fact {
        self.clear(|said| yes_or_no(said.passwords.unwrap_or(true)))
    }

    fn clear(&self, fact: impl FnOnce(&Said) -> Fact) -> Fact {
        match &self.0 {
            Ok(Said { unclear: Some(keyword), .. }) => {
                unknown(Reason::ProductOpaque, &format!("{FILE}: {keyword} is not followed"))
            }
            Ok(said) => fact(said),
            Err(why) => Fact::Unknown(why.clone()),
        }
    }
}

fn read(text: &str) -> Said {
    let mut said = Said::default();
    let mut in_block = false;
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        let end = line.find(|it: char| it.is_whitespace() || it == '=').unwrap_or(line.len());
        let keyword = line[..end].to_ascii_lowercase();
        let value = line[end..].trim_start_matches(|it: char| it.is_whitespace() || it == '=');
        match keyword.as_str() {
            "match" => in_block = true,
            "passwordauthentication" if !in_block && said.passwords.is_none() => {
                match value.to_ascii_lowercase().as_str() {
                    "yes" => said.passwords = Some(true),
                    "no" => said.passwords = Some(false),
                    _ => said.unclear = Some(keyword),
                }
            }
            "denygroups" if !in_block => match value.to_lowercase().contains(ADMINISTRATORS) {
                true => said.denied = true,
                // The group has another name in other languages.
                false => said.unclear = Some(keyword),
            },
            "passwordauthentication" | "denygroups" if in_block => said.unclear = Some(keyword),
            other if OTHERWISE.contains(&other) => said.unclear = Some(keyword),
            _ => {}
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::recorded::reason;

    fn config(text: &str) -> Config {
        Config(Ok(read(text)))
    }

    fn both(text: &str) -> (Fact, Fact) {
        (config(text).administrators(), config(text).passwords())
    }

    const AS_INSTALLED: &str = "#PasswordAuthentication yes\r\nSubsystem\tsftp\tsftp-server.exe\r\n\
        Match Group administrators\r\n       \
        AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys\r\n";

    #[test]
    fn as_it_is_installed_administrators_log_in_with_passwords() {
        assert_eq!(both(AS_INSTALLED), (choice("yes"), yes_or_no(true)));
        assert_eq!(both(""), (choice("yes"), yes_or_no(true)));
    }

    #[test]
    fn the_first_line_counts_however_it_is_written() {
        for text in [
            "PasswordAuthentication no\nPasswordAuthentication yes\n",
            "passwordauthentication=No",
            "\u{feff}  PASSWORDAUTHENTICATION   no\r\n",
        ] {
            assert_eq!(both(text), (choice("keys_only"), yes_or_no(false)), "{text:?}");
        }
    }

    #[test]
    fn administrators_who_are_denied_do_not_log_in() {
        let text = format!("DenyGroups \"BUILTIN\\Administrators\"\n{AS_INSTALLED}");
        assert_eq!(both(&text), (choice("no"), yes_or_no(true)));
    }

    #[test]
    fn what_is_not_followed_is_unknown() {
        for line in [
            "Include sshd_config.d/*",
            "AllowGroups openssh",
            "AuthenticationMethods publickey",
            "DenyGroups Quản-trị",
            "PasswordAuthentication maybe",
            "Match User x\nPasswordAuthentication no",
        ] {
            let text = format!("{line}\nPasswordAuthentication no\n");
            let (administrators, passwords) = both(&text);
            assert_eq!(reason(&administrators), Some(Reason::ProductOpaque), "{line}");
            assert_eq!(reason(&passwords), Some(Reason::ProductOpaque), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let _ = both(&text);
        }
    }
}
