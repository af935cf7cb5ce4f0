//! Release files: which source it is, and from when.

use std::io;

use report::{Fact, Reason, Timestamp};

use crate::host::files::{Lines, Read};
use crate::probes::dates::parse_mail_date;
use crate::probes::findings::unknown;

/// The header of one release file.
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
        }
    }

    /// Reads the header. Signatures and checksums are apt's business: it keeps nothing it could
    /// not verify.
    pub(super) fn read<R: io::Read>(mut lines: Lines<R>) -> Read<Self> {
        let mut release =
            Self { date: unknown(Reason::ParseError, "no Date field"), ..Self::missing() };
        while let Some(line) = lines.next()? {
            if line.starts_with(b"-----BEGIN PGP SIGNATURE") {
                break;
            }
            // Thousands of checksums follow, each on a line that begins with a blank.
            if line.first().is_some_and(u8::is_ascii_uppercase) {
                release.note(&String::from_utf8_lossy(line));
            }
        }
        Ok(release)
    }

    fn note(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        let value = value.trim();
        let date = || {
            parse_mail_date(value).map_or_else(|| unknown(Reason::ParseError, value), Fact::Known)
        };
        let is_yes = ["yes", "true", "1", "on"].contains(&value.to_ascii_lowercase().as_str());
        match name {
            "Origin" => value.clone_into(&mut self.origin),
            "Version" => value.clone_into(&mut self.version),
            "NotAutomatic" => self.is_not_automatic = is_yes,
            "ButAutomaticUpgrades" => self.keeps_current = is_yes,
            "Label" => value.clone_into(&mut self.label),
            "Suite" => value.clone_into(&mut self.suite),
            "Codename" => value.clone_into(&mut self.codename),
            "Date" => self.date = date(),
            "Valid-Until" => self.valid_until = date(),
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
    fn a_date_that_is_none_is_unknown_and_an_end_that_is_not_set_is_absent() {
        let broken = release("Suite: noble-security\nDate: yesterday\n");
        assert!(matches!(broken.date, Fact::Unknown(_)));
        assert_eq!(broken.valid_until, Fact::Absent);
        let missing = release("Suite: noble-security\n");
        assert!(matches!(missing.date, Fact::Unknown(_)));
    }
}
