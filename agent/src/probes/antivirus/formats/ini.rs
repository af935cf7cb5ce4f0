//! INI files: sections in brackets, a key and its value on each line.

/// The value of `section/key`, or of a `key` before every section.
pub(in crate::probes::antivirus) fn value<'t>(text: &'t str, path: &str) -> Option<&'t str> {
    let (wanted, key) = path.rsplit_once('/').unwrap_or(("", path));
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim();
        } else if section.eq_ignore_ascii_case(wanted)
            && let Some((name, value)) = line.split_once('=')
            && name.trim().eq_ignore_ascii_case(key)
        {
            return Some(value.trim().trim_matches('"'));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "PRODUCT_VERSION = 1.2\n[Key]\nExpires=2026-12-31\r\n[User]\nExpires=no\n; Created=1\n";

    #[test]
    fn a_key_belongs_to_its_section() {
        assert_eq!(value(TEXT, "Key/Expires"), Some("2026-12-31"));
        assert_eq!(value(TEXT, "User/Expires"), Some("no"));
        assert_eq!(value(TEXT, "PRODUCT_VERSION"), Some("1.2"));
        for path in ["Expires", "Key/Created", "User/Created", "Settings/Expires"] {
            assert_eq!(value(TEXT, path), None, "{path}");
        }
    }
}
