//! Settings in sections, as package managers and desktops write them.

use std::collections::BTreeMap;

use crate::host::Files;
use crate::host::files::Read;

/// Settings take some kilobytes.
const MOST: usize = 1 << 20;

/// The settings of one section.
#[derive(Debug, Default)]
pub(super) struct Section(BTreeMap<String, String>);

impl Section {
    /// What a setting is set to.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a switch is on; `unset` where nothing says so.
    pub(super) fn is_on(&self, name: &str, unset: bool) -> bool {
        match self.value(name) {
            Some(word) => matches!(
                word.to_ascii_lowercase().as_str(),
                "1" | "yes" | "true" | "on" | "enabled"
            ),
            None => unset,
        }
    }
}

/// What lines are that begin with a blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indented {
    /// The setting before them goes on, as package managers have it.
    GoOn,
    /// Lines like the others, as desktops have it.
    Plain,
}

/// The settings of files, by section. What is said later holds.
pub(super) fn read(files: &Files, paths: &[String]) -> Read<BTreeMap<String, Section>> {
    read_as(Indented::GoOn, files, paths)
}

/// The same, with what lines are that begin with a blank.
pub(super) fn read_as(
    indented: Indented,
    files: &Files,
    paths: &[String],
) -> Read<BTreeMap<String, Section>> {
    let mut found: BTreeMap<String, Section> = BTreeMap::new();
    for path in paths {
        let text = match files.read_text(path, MOST) {
            Ok(text) => text,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        note(&text, indented, &mut found);
    }
    Ok(found)
}

fn note(text: &str, indented: Indented, found: &mut BTreeMap<String, Section>) {
    let (mut section, mut last) = (String::new(), String::new());
    for line in text.lines() {
        let said = line.trim();
        if said.is_empty() || said.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = said.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            found.entry(section.clone()).or_default();
        } else if indented == Indented::GoOn && line.starts_with([' ', '\t']) {
            // What is set in further lines.
            if let Some(value) = found.entry(section.clone()).or_default().0.get_mut(&last) {
                value.push(' ');
                value.push_str(said);
            }
        } else if let Some((name, value)) = said.split_once('=') {
            name.trim().clone_into(&mut last);
            let settings = &mut found.entry(section.clone()).or_default().0;
            settings.insert(last.clone(), value.trim().to_owned());
        }
    }
}

/// The words of a setting that is a list.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', '\t']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_go_on_in_lines_that_are_indented() {
        let mut found = BTreeMap::new();
        let text = "[main]\nexclude=kernel*\n  glibc, bash\n# x=1\n[a]\nenabled = 0\n";
        note(text, Indented::GoOn, &mut found);
        let value = found["main"].value("exclude").unwrap();
        assert_eq!(words(value).collect::<Vec<_>>(), ["kernel*", "glibc", "bash"]);
        assert!(!found["a"].is_on("enabled", true));
        note("[a]\nenabled=1\n", Indented::GoOn, &mut found);
        assert!(found["a"].is_on("enabled", false));
        note("[a]\nenabled=0\n  more=1\n", Indented::Plain, &mut found);
        assert!(found["a"].is_on("more", false));
    }
}
