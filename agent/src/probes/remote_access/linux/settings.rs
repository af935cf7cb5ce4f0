//! The settings of OpenSSH's server as they are written: what the first line says holds, and blocks
//! that only concern some who connect.

use crate::host::Files;
use crate::host::files::Read;
use crate::probes::glob;

pub(super) const MAIN: &str = "etc/ssh/sshd_config";
/// Newer openSUSE brings its own, where the administrator has none.
const VENDOR: &str = "usr/etc/ssh/sshd_config";
const MOST: usize = 1 << 20;
const DEEPEST: usize = 16;

/// One setting, its name in small letters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it only concerns some who connect.
    pub(super) is_conditional: bool,
}

/// All settings in the order in which they are read.
#[derive(Debug, Default)]
pub(super) struct Settings(pub(super) Vec<Setting>);

impl Settings {
    /// What is written and included.
    pub(super) fn read(files: &Files) -> Read<Self> {
        let mut settings = Self::default();
        let main = if files.exists(MAIN)? { MAIN } else { VENDOR };
        settings.take(files, main, false, DEEPEST)?;
        Ok(settings)
    }

    /// What is set for everybody.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter().filter(|it| !it.is_conditional && it.name == name);
        all.next().map(|it| it.value.as_str())
    }

    /// What is set for some.
    pub(super) fn conditional(&self, name: &str) -> impl Iterator<Item = &str> {
        let some = self.0.iter().filter(move |it| it.is_conditional && it.name == name);
        some.map(|it| it.value.as_str())
    }

    /// A block ends where the file ends that it begins in.
    fn take(&mut self, files: &Files, path: &str, outer: bool, deepest: usize) -> Read<()> {
        let text = match files.read_text(path, MOST) {
            Ok(text) => text,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut is_conditional = outer;
        for line in text.lines() {
            let Some((name, value)) = setting(line) else { continue };
            match name.as_str() {
                "match" => is_conditional = outer || !value.eq_ignore_ascii_case("all"),
                "include" if deepest > 0 => {
                    for pattern in value.split_whitespace() {
                        for path in included(files, pattern)? {
                            self.take(files, &path, is_conditional, deepest - 1)?;
                        }
                    }
                }
                _ => self.0.push(Setting { name, value, is_conditional }),
            }
        }
        Ok(())
    }
}

/// `PermitRootLogin no`, `PermitRootLogin=no`, `"no"` and comments at the end.
fn setting(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let (name, value) = line.split_once([' ', '\t', '='])?;
    let value = value.trim_start_matches([' ', '\t', '=']).split(" #").next()?;
    (!name.starts_with('#'))
        .then(|| (name.to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
}

/// The files of a pattern, whose last part alone may be one; they are read in the order of names.
fn included(files: &Files, pattern: &str) -> Read<Vec<String>> {
    let pattern = pattern.trim_matches('"');
    let whole = match pattern.strip_prefix('/') {
        Some(path) => path.to_owned(),
        None => format!("etc/ssh/{pattern}"),
    };
    let Some((folder, name)) = whole.rsplit_once('/').filter(|(_, name)| glob::is_pattern(name))
    else {
        return Ok(vec![whole]);
    };
    match files.list(folder) {
        Ok(names) => {
            let fit = names.iter().filter(|it| !it.starts_with('.') && glob::fits(name, it));
            Ok(fit.map(|it| format!("{folder}/{it}")).collect())
        }
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    fn read(machine: &Machine) -> Settings {
        Settings::read(&machine.files()).unwrap()
    }

    #[test]
    fn the_first_line_holds_and_what_is_included_stands_where_it_is_included() {
        let machine = Machine::empty()
            .with(MAIN, "Include /etc/ssh/sshd_config.d/*.conf\npermitrootlogin yes\n")
            .with(
                "etc/ssh/sshd_config.d/10.conf",
                "# PermitRootLogin yes\nPermitRootLogin=no # x\n",
            )
            .with("etc/ssh/sshd_config.d/20.conf", "PermitRootLogin \"yes\"\n")
            .with("etc/ssh/sshd_config.d/05.off", "PermitRootLogin yes\n");
        assert_eq!(read(&machine).value("permitrootlogin"), Some("no"));
        let itself = Machine::empty().with(MAIN, "Include sshd_config\nUsePAM yes\n");
        assert_eq!(read(&itself).value("usepam"), Some("yes"));
        let denied = machine.denied("etc/ssh/sshd_config.d/20.conf");
        assert!(Settings::read(&denied.files()).is_err());
    }

    #[test]
    fn a_block_ends_with_its_file_or_with_one_for_all() {
        let machine = Machine::empty()
            .with(MAIN, "Include a\nUsePAM yes\nMatch User x\nUsePAM no\nMatch all\nBanner x\n")
            .with("etc/ssh/a", "Match Address 10.0.0.0/8\nInclude b\n")
            .with("etc/ssh/b", "PermitRootLogin yes\n");
        let settings = read(&machine);
        assert_eq!((settings.value("usepam"), settings.value("banner")), (Some("yes"), Some("x")));
        assert_eq!(settings.value("permitrootlogin"), None);
        assert_eq!(settings.conditional("permitrootlogin").collect::<Vec<_>>(), ["yes"]);
    }
}
