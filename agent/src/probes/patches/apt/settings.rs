//! The few settings of apt that decide which version it would install.

use report::Reason;
use report::fact::Ignorance;

use crate::host::Files;
use crate::host::files::Read;

const PARTS: &str = "etc/apt/apt.conf.d";
const MAIN: &str = "etc/apt/apt.conf";
const MACHINE_ID: &str = "etc/machine-id";

/// Larger than any configuration a person writes.
const MAX_BYTES: usize = 256 * 1024;

/// All settings, the last of a name being the one that holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings(Vec<Setting>);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// In lower case.
    name: String,
    pub(super) value: String,
    /// The file it stands in.
    pub(super) path: String,
}

impl Settings {
    /// Reads the files in the order apt does: the folder first, then the one file.
    pub(super) fn read(files: &Files) -> Read<Self> {
        let mut settings = Vec::new();
        for path in parts(files, PARTS, "conf")?.into_iter().chain([MAIN.to_owned()]) {
            match files.read_text(&path, MAX_BYTES) {
                Ok(text) => settings.extend(parse(&text, &path)),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(settings))
    }

    /// A setting, if it has a value.
    pub(super) fn find(&self, name: &str) -> Option<&Setting> {
        let found = self.0.iter().rfind(|setting| setting.name == name);
        found.filter(|setting| !setting.value.is_empty())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|setting| setting.value.as_str())
    }

    /// What makes apt read other files than this agent does, or forget what was set before.
    pub(super) fn obstacle(&self) -> Option<Ignorance> {
        let leads_elsewhere = |name: &str| {
            let is_place = |place| name == place || name.starts_with(&format!("{place}::"));
            ["dir", "rootdir"].contains(&name)
                || DIRECTIVES.contains(&name)
                || ["dir::etc", "dir::state"].into_iter().any(is_place)
        };
        let setting = self.0.iter().find(|setting| leads_elsewhere(&setting.name))?;
        let why = format!("{}: this agent does not follow {}", setting.path, setting.name);
        Some(Ignorance::new(Reason::NotSupported, &why))
    }

    /// Whether the first of these settings that is set says yes.
    pub(super) fn says_yes(&self, names: [&str; 2]) -> bool {
        let value = names.into_iter().find_map(|name| self.get(name));
        value.is_some_and(is_yes)
    }

    /// What tells this machine from others when updates are handed out in phases.
    pub(super) fn machine_id(&self, files: &Files) -> Read<String> {
        if let Some(set) = self.get("apt::machine-id") {
            return Ok(set.to_owned());
        }
        match files.read_text(MACHINE_ID, 256) {
            Ok(text) => Ok(text.lines().next().unwrap_or_default().to_owned()),
            Err(error) if error.is_not_found() => Ok(String::new()),
            Err(error) => Err(error),
        }
    }
}

/// The files of a folder that apt reads: those with its extension or none, and no odd characters.
pub(super) fn parts(files: &Files, folder: &str, extension: &str) -> Read<Vec<String>> {
    let names = match files.list(folder) {
        Ok(names) => names,
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(error),
    };
    let is_read = |name: &String| {
        let stem = match name.rsplit_once('.') {
            Some((stem, found)) if found == extension => stem,
            Some(_) => return false,
            None => name.as_str(),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        !stem.is_empty() && !stem.starts_with('.') && stem.bytes().all(is_plain)
    };
    Ok(names.into_iter().filter(is_read).map(|name| format!("{folder}/{name}")).collect())
}

/// Whether apt takes a word for yes.
pub(super) fn is_yes(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["1", "yes", "true", "with", "on", "enable"].contains(&word.as_str())
}

/// `A::B "value";` and `A { B "value"; };` say the same.
fn parse(text: &str, path: &str) -> Vec<Setting> {
    let setting = |scopes: &[String], name: String, value: String| {
        let name: Vec<_> = scopes.iter().cloned().chain([name]).collect();
        Setting { name: name.join("::").to_ascii_lowercase(), value, path: path.to_owned() }
    };
    let mut settings = Vec::new();
    let mut scopes: Vec<String> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for token in tokens(text) {
        match token {
            // It says the same wherever it stands.
            Token::Word(word) if DIRECTIVES.contains(&word.as_str()) => {
                settings.push(setting(&[], word, String::new()));
            }
            Token::Word(word) => words.push(word),
            Token::Open => {
                let mut said = std::mem::take(&mut words).into_iter();
                let scope = said.next().unwrap_or_default();
                settings.extend(said.next().map(|value| setting(&scopes, scope.clone(), value)));
                scopes.push(scope);
            }
            Token::Close => {
                scopes.pop();
                words.clear();
            }
            Token::End => {
                let mut said = std::mem::take(&mut words).into_iter();
                if let (Some(name), Some(value)) = (said.next(), said.next()) {
                    settings.push(setting(&scopes, name, value));
                }
            }
        }
    }
    settings
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '{' | '}' | ';' => {
                tokens.push(match first {
                    '{' => Token::Open,
                    '}' => Token::Close,
                    _ => Token::End,
                });
                rest.get(1..).unwrap_or_default()
            }
            '"' => {
                let quoted = rest.get(1..).unwrap_or_default();
                let (word, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                tokens.push(Token::Word(word.to_owned()));
                after
            }
            blank if blank.is_whitespace() => rest.trim_start(),
            _ => match comment(rest) {
                Some(after) => after,
                None => {
                    let ends = |c: char| c.is_whitespace() || "{};\"".contains(c);
                    let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
                    tokens.push(Token::Word(word.to_owned()));
                    after
                }
            },
        };
    }
    tokens
}

/// What looks like a comment and is none.
const DIRECTIVES: [&str; 2] = ["#clear", "#include"];

/// What follows a comment, if one begins here.
fn comment(text: &str) -> Option<&str> {
    if let Some(inside) = text.strip_prefix("/*") {
        return Some(inside.split_once("*/").map_or("", |(_, after)| after));
    }
    let is_directive = DIRECTIVES.into_iter().any(|directive| {
        let rest = text.strip_prefix(directive);
        rest.is_some_and(|rest| rest.starts_with(char::is_whitespace))
    });
    let is_line = (text.starts_with('#') && !is_directive) || text.starts_with("//");
    is_line.then(|| text.split_once('\n').map_or("", |(_, after)| after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings(text: &str) -> Settings {
        Settings(parse(text, "test"))
    }

    #[test]
    fn both_spellings_say_the_same() {
        for text in [
            "APT::Default-Release \"bookworm\";",
            "APT\n{\n  // which one\n  Default-Release \"bookworm\"; /* that */\n};\n",
            "apt { default-release bookworm; }",
            "# APT::Default-Release \"sid\";\nAPT::Default-Release \"sid\";\nAPT::Default-Release \"bookworm\";",
        ] {
            assert_eq!(settings(text).get("apt::default-release"), Some("bookworm"), "{text}");
        }
    }

    #[test]
    fn a_list_and_a_name_with_other_words_are_no_setting_of_ours() {
        let text = "APT::NeverAutoRemove { \"^a\"; \"^b\"; };\nDPkg::Post-Invoke { \"rm; x\"; };\n\
            APT::Get::Never-Include-Phased-Updates \"true\";";
        let settings = settings(text);
        assert_eq!(settings.get("apt::default-release"), None);
        assert!(settings.says_yes(["apt::get::never-include-phased-updates", "x"]));
        assert!(!settings.says_yes(["apt::get::always-include-phased-updates", "x"]));
    }

    #[test]
    fn what_leads_apt_elsewhere_is_named_and_nothing_else() {
        for text in [
            "Dir::Etc::PreferencesParts \"/srv\";",
            "Dir { State { lists \"/srv\"; }; };",
            "Dir::State \"srv\";",
            "Dir \"/srv\" { };",
            "RootDir \"/srv\";",
            "#clear APT::Default-Release;",
            "APT { #clear Default-Release; };",
            "#include \"/srv/apt.conf\"",
        ] {
            let why = settings(text).obstacle().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(why.reason, Reason::NotSupported);
            assert!(why.detail.unwrap().as_str().starts_with("test: "), "{text}");
        }
        for text in [
            "Dir::Cache::pkgcache \"\"; Dir::Log \"var/log\";",
            "#clearly a comment\nA \"1\"; # clear\n#include\"",
            "Directory::State \"x\";",
        ] {
            assert_eq!(settings(text).obstacle(), None, "{text}");
        }
    }

    #[test]
    fn only_files_that_apt_reads_are_read() {
        let machine = crate::host::recorded::Machine::empty()
            .with("etc/apt/apt.conf.d/10a", "A \"1\";")
            .with("etc/apt/apt.conf.d/20b.conf", "A \"2\";")
            .with("etc/apt/apt.conf.d/30c.dpkg-old", "A \"3\";")
            .with("etc/apt/apt.conf.d/40d~", "A \"4\";");
        assert_eq!(Settings::read(&machine.files()).unwrap().get("a"), Some("2"));
        let machine = machine.with(MAIN, "A \"5\";");
        assert_eq!(Settings::read(&machine.files()).unwrap().get("a"), Some("5"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,64}", marked in "[a{};\"#/* \n]{0,64}") {
            parse(&text, "test");
            parse(&marked, "test");
        }
    }
}
