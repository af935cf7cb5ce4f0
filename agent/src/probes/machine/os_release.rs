//! `os-release`: assignments a shell could read.

use std::collections::BTreeMap;

use crate::host::Files;
use crate::host::files::Read;

const MAX_BYTES: usize = 64 * 1024;
/// The administrator's copy goes before the vendor's.
const ADMINISTRATOR: &str = "etc/os-release";
const VENDOR: &str = "usr/lib/os-release";

/// The assignments of one file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OsRelease(BTreeMap<String, String>);

impl OsRelease {
    /// Which distribution; the standard says `linux` where none is named.
    pub(crate) fn id(&self) -> Option<&str> {
        Some(self.get("ID").unwrap_or("linux"))
    }

    /// Which release of it; rolling ones have none.
    pub(crate) fn version(&self) -> Option<&str> {
        self.get("VERSION_ID")
    }

    /// Its name for people.
    pub(crate) fn name(&self) -> Option<&str> {
        self.get("PRETTY_NAME").or_else(|| self.get("NAME"))
    }

    /// What its release is called in the names of package sources: its own name, and those of the
    /// Ubuntu or Debian release it is made from.
    pub(crate) fn codenames(&self) -> Vec<String> {
        let names = ["VERSION_CODENAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME"].into_iter();
        names.filter_map(|name| self.get(name)).map(str::to_owned).collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// The file that counts, and which one it was.
pub(crate) fn read(files: &Files) -> (Read<OsRelease>, &'static str) {
    let from = |path| files.read_text(path, MAX_BYTES).map(|text| parse(&text));
    match from(ADMINISTRATOR) {
        Err(error) if error.is_not_found() => (from(VENDOR), VENDOR),
        answer => (answer, ADMINISTRATOR),
    }
}

fn parse(text: &str) -> OsRelease {
    let assignments = text.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!name.is_empty() && name.chars().all(is_name)).then(|| (name.to_owned(), unquote(value)))
    });
    OsRelease(assignments.collect())
}

/// Takes shell quotes off: nothing is special between single ones, and a backslash makes the next
/// character plain elsewhere, between double ones only where it would be special.
fn unquote(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut quote = None;
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            ('\\', None) => plain.extend(characters.next()),
            ('\\', Some('"')) => {
                let special = characters.next_if(|next| matches!(next, '$' | '"' | '\\' | '`'));
                plain.push(special.unwrap_or('\\'));
            }
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_as_it_ships() {
        let release = parse(
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n\
             VERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n",
        );
        assert_eq!(release.id(), Some("debian"));
        assert_eq!(release.version(), Some("12"));
        assert_eq!(release.name(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(release.codenames(), ["bookworm"]);
    }

    /// Some name the end of their support as well. That is left to the collector's catalogue.
    #[test]
    fn rocky_as_it_ships() {
        let release = parse(
            "NAME=\"Rocky Linux\"\nVERSION=\"8.10 (Green Obsidian)\"\nID=\"rocky\"\n\
             ID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"8.10\"\nPLATFORM_ID=\"platform:el8\"\n\
             PRETTY_NAME=\"Rocky Linux 8.10 (Green Obsidian)\"\nSUPPORT_END=\"2029-05-31\"\n",
        );
        assert_eq!(release.id(), Some("rocky"));
        assert_eq!(release.version(), Some("8.10"));
        assert_eq!(release.name(), Some("Rocky Linux 8.10 (Green Obsidian)"));
        assert!(release.codenames().is_empty());
    }

    #[test]
    fn a_derivative_names_its_own_release_and_the_one_it_is_made_from() {
        let mint = parse("VERSION_CODENAME=zena\nUBUNTU_CODENAME=noble\n");
        assert_eq!(mint.codenames(), ["zena", "noble"]);
        let lmde = parse("ID=linuxmint\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n");
        assert_eq!(lmde.codenames(), ["faye", "bookworm"]);
        assert!(parse("ID=debian\nVERSION_CODENAME=\n").codenames().is_empty());
    }

    #[test]
    fn a_rolling_release_has_no_version_and_a_nameless_one_is_linux() {
        let testing = parse("ID=debian\nNAME='Debian GNU/Linux'\n# VERSION_ID=\"99\"\n");
        assert_eq!(testing.version(), None);
        assert_eq!(testing.name(), Some("Debian GNU/Linux"));
        assert_eq!(parse("VERSION_ID=\"\"\n").id(), Some("linux"));
        assert_eq!(parse("VERSION_ID=\"\"\n").version(), None);
    }

    #[test]
    fn quotes_are_taken_off_as_a_shell_would() {
        for (written, meant) in [
            ("bookworm", "bookworm"),
            ("\"two words\"", "two words"),
            ("'it is $5'", "it is $5"),
            (r#""say \"hi\" for \$5 \\ \n""#, r#"say "hi" for $5 \ \n"#),
            (r"back\\slash\ here", r"back\slash here"),
            (r"'a\b'", r"a\b"),
            ("\"open", "open"),
            ("", ""),
        ] {
            assert_eq!(unquote(written), meant, "{written}");
        }
    }
}
