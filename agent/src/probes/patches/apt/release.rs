//! Release files: which source it is, from when, and how long each of its lists is.

use std::collections::BTreeMap;
use std::io;

use report::{Fact, Reason, Timestamp};

use super::settings::is_yes;
use crate::host::files::{Lines, Read, ReadError, ReadErrorKind};
use crate::probes::dates::parse_mail_date;
use crate::probes::findings::unknown;

/// More lists than any source has.
const MAX_SIZES: usize = 16_384;

/// What one release file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) origin: String,
    pub(super) label: String,
    pub(super) suite: String,
    pub(super) codename: String,
    pub(super) version: String,
    /// Whether nothing is installed from it unless asked for.
    is_not_automatic: bool,
    /// Whether what was once installed from such a source is kept current.
    keeps_current: bool,
    /// When the source was last changed, by its own clock.
    pub(super) date: Fact<Timestamp>,
    /// Until when its maker stands by it.
    pub(super) valid_until: Fact<Timestamp>,
    components: Vec<String>,
    /// How many bytes each of its package lists unpacks to, by the end of the list's name.
    sizes: BTreeMap<String, u64>,
    has_checksums: bool,
    signature: Signature,
}

/// How much of a signature around the content was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signature {
    None,
    Begun,
    Whole,
}

impl Release {
    /// A source without a release file: apt takes it if its administrator says so.
    pub(super) fn missing() -> Self {
        Self {
            origin: String::new(),
            label: String::new(),
            suite: String::new(),
            codename: String::new(),
            version: String::new(),
            is_not_automatic: false,
            keeps_current: false,
            date: Fact::Absent,
            valid_until: Fact::Absent,
            components: Vec::new(),
            sizes: BTreeMap::new(),
            has_checksums: false,
            signature: Signature::None,
        }
    }

    /// Reads a release file. Whether a signature is good was apt's business when it fetched the
    /// file, unless the administrator trusts the source as it is.
    pub(super) fn read<R: io::Read>(mut lines: Lines<R>) -> Read<Self> {
        let mut release =
            Self { date: unknown(Reason::ParseError, "no Date field"), ..Self::missing() };
        let mut in_checksums = false;
        while let Some(line) = lines.next()? {
            match line.first() {
                Some(b'-') if line.starts_with(b"-----BEGIN PGP SIGNATURE") => {
                    release.end_signature();
                    break;
                }
                Some(b'-') if line.starts_with(b"-----BEGIN PGP SIGNED MESSAGE") => {
                    release.signature = Signature::Begun;
                }
                Some(b' ') if in_checksums => release.note_size(line)?,
                Some(first) if first.is_ascii_uppercase() => {
                    in_checksums = is_checksums(line);
                    release.note(&String::from_utf8_lossy(line));
                }
                Some(_) | None => {}
            }
        }
        Ok(release)
    }

    fn end_signature(&mut self) {
        if self.signature == Signature::Begun {
            self.signature = Signature::Whole;
        }
    }

    /// Notes a line `HASH SIZE PATH`, of which there are thousands.
    fn note_size(&mut self, line: &[u8]) -> Read<()> {
        self.has_checksums = true;
        if !line.ends_with(b"Packages") {
            return Ok(());
        }
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_whitespace().skip(1);
        let (Some(size), Some(path)) = (words.next(), words.next()) else {
            return Ok(());
        };
        if self.sizes.len() >= MAX_SIZES {
            return Err(ReadError::new(path, ReadErrorKind::TooLarge));
        }
        if let Ok(size) = size.parse() {
            self.sizes.insert(as_file_name(path), size);
        }
        Ok(())
    }

    /// What shows that this is not all of the file; `is_signed` is whether it should bear its
    /// signature itself. Some sources of one folder name neither suite nor codename, and apt asks
    /// for checksums all the same.
    pub(super) fn damage(&self, is_signed: bool) -> Option<&'static str> {
        if is_signed && self.signature != Signature::Whole {
            return Some("its signature is missing, so it was cut off");
        }
        let is_named = !self.suite.is_empty() || !self.codename.is_empty();
        let is_blank = !is_named && !self.has_checksums;
        is_blank.then_some("it names neither a suite nor a list, so it was cut off")
    }

    /// How many bytes a list unpacks to, by the end of its name.
    pub(super) fn size_of(&self, list: &str) -> Option<u64> {
        self.sizes.get(list).copied()
    }

    /// The component that the base system comes from. Security sources of Debian call it
    /// `updates/main`, and the folder is `main`.
    pub(super) fn main_component(&self) -> Option<&str> {
        let mut names = self.components.iter().filter_map(|name| name.rsplit('/').next());
        names.clone().find(|name| *name == "main").or_else(|| names.next())
    }

    fn note(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        let value = value.trim();
        let date = || {
            parse_mail_date(value).map_or_else(|| unknown(Reason::ParseError, value), Fact::Known)
        };
        match name {
            "Origin" => value.clone_into(&mut self.origin),
            "Version" => value.clone_into(&mut self.version),
            "NotAutomatic" => self.is_not_automatic = is_yes(value),
            "ButAutomaticUpgrades" => self.keeps_current = is_yes(value),
            "Label" => value.clone_into(&mut self.label),
            "Suite" => value.clone_into(&mut self.suite),
            "Codename" => value.clone_into(&mut self.codename),
            "Date" => self.date = date(),
            "Valid-Until" => self.valid_until = date(),
            "Components" => {
                self.components = value.split_whitespace().map(str::to_owned).collect();
            }
            _ => {}
        }
    }

    /// Whether this source serves security updates. Debian marks it by its label, Ubuntu and its
    /// extended maintenance (`-infra-security`, `-apps-security`) by the end of the name. Suites
    /// are renamed when a release grows old, so they never tell which release a source is for.
    pub(super) fn serves_security(&self) -> bool {
        self.label == "Debian-Security"
            || [&self.suite, &self.codename].into_iter().any(|name| name.ends_with("-security"))
    }

    /// Whether this is the source every machine of one of these releases has its security updates
    /// from, which extended maintenance only adds to.
    pub(super) fn is_security_of(&self, releases: &[String]) -> bool {
        let names = || [self.suite.as_str(), self.codename.as_str()].into_iter();
        let is_named = |release: &String| {
            names().any(|name| name.strip_suffix("-security") == Some(release.as_str()))
        };
        self.is_for(releases) && (self.label == "Debian-Security" || releases.iter().any(is_named))
    }

    /// Whether this is what extended maintenance adds to the system itself of one of these
    /// releases; what it adds to other packages (`-apps-security`) keeps no system supported.
    pub(super) fn is_extended_of(&self, releases: &[String]) -> bool {
        self.is_for(releases) && self.suite.ends_with("-infra-security")
    }

    /// Whether updates from here go to every machine at once: others may come in phases.
    pub(super) fn is_never_phased(&self) -> bool {
        self.suite.ends_with("-security")
    }

    /// The priority of everything this source offers, unless a pin says otherwise.
    pub(super) fn default_priority(&self) -> i32 {
        match (self.keeps_current, self.is_not_automatic) {
            (true, _) => 100,
            (false, true) => 1,
            (false, false) => 500,
        }
    }

    /// Whether this source is for one of the releases of these names: `bookworm-security` and
    /// `bookworm` are for `bookworm`. The source of a release that the machine has left behind
    /// would offer nothing newer, for ever.
    pub(super) fn is_for(&self, releases: &[String]) -> bool {
        releases.iter().any(|release| {
            let rest = self.codename.strip_prefix(release.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

fn is_checksums(line: &[u8]) -> bool {
    [&b"MD5Sum:"[..], b"SHA1:", b"SHA256:", b"SHA512:"].contains(&line.trim_ascii_end())
}

/// A path as apt writes it into the name of a file.
fn as_file_name(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' => name.push('_'),
            b'!'..=b'~' if !b"\\|{}[]<>\"^~_=!@#$%&*".contains(&byte) => {
                name.push(char::from(byte))
            }
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        Release::read(Lines::of(text.as_bytes(), "test")).unwrap()
    }

    const DEBIAN_SECURITY: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n\
        Origin: Debian\nLabel: Debian-Security\nSuite: oldstable-security\nVersion: 12\n\
        Codename: bookworm-security\nDate: Fri, 20 Nov 2026 00:12:41 UTC\n\
        Valid-Until: Fri, 27 Nov 2026 00:12:41 UTC\nAcquire-By-Hash: yes\nSHA256:\n \
        5a0f0f0f 10 updates/main/Date: Mon, 01 Jan 2001 00:00:00 UTC\n\
        -----BEGIN PGP SIGNATURE-----\n\nDate: Mon, 01 Jan 2001 00:00:00 UTC\n";

    #[test]
    fn debian_security_as_it_ships() {
        let release = release(DEBIAN_SECURITY);
        assert!(release.serves_security());
        let known = |day| Fact::Known(Timestamp::from_civil((2026, 11, day), (0, 12, 41)).unwrap());
        assert_eq!(release.date, known(20));
        assert_eq!(release.valid_until, known(27));
    }

    #[test]
    fn which_sources_serve_security_updates() {
        for (text, expected) in [
            ("Label: Debian\nSuite: oldstable\nCodename: bookworm\n", false),
            ("Label: Debian\nSuite: oldstable-updates\nCodename: bookworm-updates\n", false),
            ("Label: Debian-Security\nSuite: stable\nCodename: buster\n", true),
            ("Label: Ubuntu\nSuite: noble-security\nCodename: noble\n", true),
            ("Label: Ubuntu\nSuite: noble-updates\nCodename: noble\n", false),
            ("Label: UbuntuESM\nSuite: jammy-infra-security\nCodename: jammy\n", true),
            ("Label: UbuntuESMApps\nSuite: jammy-apps-security\nCodename: jammy\n", true),
            ("Label: security\nSuite: zena\nCodename: zena\n", false),
        ] {
            assert_eq!(release(text).serves_security(), expected, "{text}");
        }
    }

    #[test]
    fn which_release_a_source_is_for() {
        for (codename, own, expected) in [
            ("trixie-security", "trixie", true),
            ("bookworm-security", "trixie", false),
            ("buster", "buster", true),
            ("noble", "noble", true),
            ("nobler", "noble", false),
            ("", "noble", false),
        ] {
            let source = release(&format!("Suite: {own}-security\nCodename: {codename}\n"));
            assert_eq!(source.is_for(&[own.to_owned()]), expected, "{codename} for {own}");
        }
        assert!(release("Codename: noble\n").is_for(&["zena".to_owned(), "noble".to_owned()]));
    }

    #[test]
    fn the_source_of_a_release_is_told_from_what_adds_to_it() {
        for (text, expected) in [
            ("Label: Debian-Security\nSuite: stable\nCodename: noble\n", true),
            ("Label: Ubuntu\nSuite: noble-security\nCodename: noble\n", true),
            ("Label: mirror\nSuite: stable\nCodename: noble-security\n", true),
            ("Label: UbuntuESM\nSuite: noble-infra-security\nCodename: noble\n", false),
            ("Label: Debian-Security\nSuite: stable\nCodename: buster\n", false),
            ("Label: Ubuntu\nSuite: noble-updates\nCodename: noble\n", false),
        ] {
            assert_eq!(release(text).is_security_of(&["noble".to_owned()]), expected, "{text}");
        }
    }

    #[test]
    fn a_release_file_that_was_cut_off_is_told_from_a_whole_one() {
        assert_eq!(release(DEBIAN_SECURITY).damage(true), None);
        let end = DEBIAN_SECURITY.find("-----BEGIN PGP SIGNATURE").unwrap();
        for length in 0..end {
            let cut = release(&DEBIAN_SECURITY[..length]);
            assert!(cut.damage(true).is_some(), "{length}");
        }
        let unsigned = DEBIAN_SECURITY.replacen("SIGNED MESSAGE", "SIGNED", 1);
        assert!(release(&unsigned).damage(true).is_some());
        for blank in ["", "Origin: Debian\nLabel: Debian-Security\n", "SHA256:\n"] {
            assert!(release(blank).damage(false).is_some(), "{blank}");
        }
        // As NVIDIA has it: a source of one folder, without names.
        let one_folder = release("Origin: NVIDIA\nSHA256:\n 5a0f 150643 Packages\n");
        assert_eq!(one_folder.damage(false), None);
        assert_eq!(one_folder.size_of("Packages"), Some(150_643));
    }

    #[test]
    fn sizes_are_those_of_package_lists_by_the_names_apt_gives_them() {
        let release = release(
            "Components: updates/contrib updates/main\n\
             Description: x\n 5a 7 main/binary-amd64/Packages\n\
             SHA256:\n 5a0f  2515915 main/binary-amd64/Packages\n \
             5a0f 376904 main/binary-amd64/Packages.xz\n \
             5a0f 3 my_own/binary-x32/Packages\n",
        );
        assert_eq!(release.size_of("main_binary-amd64_Packages"), Some(2_515_915));
        assert_eq!(release.size_of("my%5fown_binary-x32_Packages"), Some(3));
        assert_eq!(release.sizes.len(), 2);
        assert_eq!(release.main_component(), Some("main"));
    }

    #[test]
    fn a_date_that_is_none_is_unknown_and_an_end_that_is_not_set_is_absent() {
        let broken = release("Suite: noble-security\nDate: yesterday\n");
        assert!(matches!(broken.date, Fact::Unknown(_)));
        assert_eq!(broken.valid_until, Fact::Absent);
        let missing = release("Suite: noble-security\n");
        assert!(matches!(missing.date, Fact::Unknown(_)));
    }
}
