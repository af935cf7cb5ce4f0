//! Whom `sudo` lets administer the machine: whoever may run every command as root.
//!
//! A rule that is not understood may be one that lets somebody in, so the whole is not known then.

use std::collections::{BTreeMap, BTreeSet};

use super::local::Local;
use crate::host::Files;
use crate::host::files::Read;

/// Where the rules begin; newer openSUSE brings its own elsewhere.
const FILES: [&str; 2] = ["etc/sudoers", "usr/etc/sudoers"];
const MOST: usize = 1 << 20;
const DEEPEST: usize = 8;

const NOT_UNDERSTOOD: &str = "a rule of sudo is not understood";
const EVERYBODY: &str = "sudo lets everybody administer this machine";

/// The rules, in their lines.
#[derive(Debug, Default)]
pub(super) struct Sudoers {
    lines: Vec<String>,
    /// Something that is included was not followed.
    is_partial: bool,
}

/// Reads the rules and what they include. Without any nobody is let in.
pub(super) fn read(files: &Files) -> Read<Sudoers> {
    let mut rules = Sudoers::default();
    for file in FILES {
        if files.exists(file)? {
            rules.take(files, file, DEEPEST)?;
            break;
        }
    }
    Ok(rules)
}

impl Sudoers {
    fn take(&mut self, files: &Files, path: &str, deepest: usize) -> Read<()> {
        if deepest == 0 {
            self.is_partial = true;
            return Ok(());
        }
        let text = files.read_text(path, MOST)?.replace("\\\n", " ");
        for line in text.lines().map(str::trim) {
            match line.strip_prefix(['@', '#']).and_then(|it| it.split_once([' ', '\t'])) {
                Some(("include", target)) => self.include(files, target, deepest)?,
                Some(("includedir", target)) => self.include_all(files, target, deepest)?,
                _ => self.lines.extend(rule(line).map(str::to_owned)),
            }
        }
        Ok(())
    }

    fn include(&mut self, files: &Files, target: &str, deepest: usize) -> Read<()> {
        match place(target) {
            Some(path) => self.take(files, &path, deepest - 1),
            None => {
                self.is_partial = true;
                Ok(())
            }
        }
    }

    /// All of a folder but what editors and packages leave behind.
    fn include_all(&mut self, files: &Files, target: &str, deepest: usize) -> Read<()> {
        let Some(folder) = place(target) else {
            self.is_partial = true;
            return Ok(());
        };
        let names = match files.list(&folder) {
            Ok(names) => names,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        for name in names.iter().filter(|it| !it.contains('.') && !it.ends_with('~')) {
            self.take(files, &format!("{folder}/{name}"), deepest - 1)?;
        }
        Ok(())
    }

    /// The accounts that may do everything, or why that is not known.
    pub(super) fn granted<'a>(
        &'a self,
        local: &'a Local,
    ) -> Result<BTreeSet<&'a str>, &'static str> {
        if self.is_partial {
            return Err("something that sudo includes is not followed");
        }
        let aliases = self.aliases();
        let mut granted = BTreeSet::new();
        for line in self.lines.iter().filter(|line| !is_definition(line)) {
            let (whom, rest) = subjects(line).ok_or(NOT_UNDERSTOOD)?;
            if grants_all(rest, &aliases)? {
                for subject in whom {
                    self.grant(subject, &aliases, local, &mut granted)?;
                }
            }
        }
        Ok(granted)
    }

    fn aliases(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut aliases = BTreeMap::new();
        for line in &self.lines {
            let Some((kind, rest)) = line.split_once([' ', '\t']) else { continue };
            if kind.ends_with("_Alias") {
                for one in rest.split(':') {
                    if let Some((name, members)) = one.split_once('=') {
                        aliases.insert(name.trim(), list(members).collect());
                    }
                }
            }
        }
        aliases
    }

    fn grant<'a>(
        &'a self,
        subject: &'a str,
        aliases: &BTreeMap<&'a str, Vec<&'a str>>,
        local: &'a Local,
        granted: &mut BTreeSet<&'a str>,
    ) -> Result<(), &'static str> {
        let number = |text: &str| text.parse().map_err(|_| NOT_UNDERSTOOD);
        if let Some(members) = aliases.get(subject) {
            // Aliases of aliases are rare, and need not end.
            if members.iter().any(|member| aliases.contains_key(member)) {
                return Err(NOT_UNDERSTOOD);
            }
            return members.iter().try_for_each(|it| self.grant(it, aliases, local, granted));
        }
        if let Some(gid) = subject.strip_prefix("%#") {
            granted.extend(local.members_of(number(gid)?));
        } else if let Some(group) = subject.strip_prefix('%') {
            granted.extend(local.members(group.trim_matches('"')));
        } else if let Some(uid) = subject.strip_prefix('#') {
            granted.extend(local.with_uid(number(uid)?));
        } else if subject == "ALL" {
            // Whoever is asked for the password of root knows it already.
            return if self.asks_for_another() { Ok(()) } else { Err(EVERYBODY) };
        } else if subject.starts_with(['+', '!', '"']) || is_alias(subject) {
            return Err(NOT_UNDERSTOOD);
        } else {
            granted.insert(subject);
        }
        Ok(())
    }

    /// Whether the password that is asked for is not one's own.
    fn asks_for_another(&self) -> bool {
        let defaults = self.lines.iter().filter_map(|line| line.strip_prefix("Defaults"));
        let mut words = defaults.filter(|it| it.starts_with([' ', '\t'])).flat_map(list);
        words.any(|word| word == "targetpw" || word == "rootpw")
    }
}

/// A line without its comment; `#1000` is a user.
fn rule(line: &str) -> Option<&str> {
    let mut begin = 0;
    let is_number = |rest: &str| rest.starts_with(|it: char| it.is_ascii_digit());
    while let Some(at) = line.get(begin..)?.find('#') {
        let at = begin + at;
        if !is_number(&line[at + 1..]) {
            return Some(line[..at].trim()).filter(|rule| !rule.is_empty());
        }
        begin = at + 1;
    }
    Some(line).filter(|line| !line.is_empty())
}

/// A path as the doors take it; names that the host's name is put into are not followed.
fn place(target: &str) -> Option<String> {
    let target = target.trim().trim_matches('"');
    let path = match target.strip_prefix('/') {
        Some(path) => path.to_owned(),
        None => format!("etc/{target}"),
    };
    (!target.contains(['%', '\\'])).then_some(path)
}

fn is_definition(line: &str) -> bool {
    let word = line.split([' ', '\t']).next().unwrap_or_default();
    word.starts_with("Defaults") || word.ends_with("_Alias")
}

/// Aliases are written in capitals.
fn is_alias(word: &str) -> bool {
    let is_part = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
    word.starts_with(|it: char| it.is_ascii_uppercase()) && word.chars().all(is_part)
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t']).filter(|it| !it.is_empty())
}

/// `one, %other HOSTS = …`: whom it is about, and what follows the first sign of equality. Hosts
/// are taken to be this one.
fn subjects(line: &str) -> Option<(Vec<&str>, &str)> {
    let (left, rest) = line.split_once('=')?;
    if left.contains(['"', '\\']) {
        return None;
    }
    // Commas join: of what they do not join, the first is whom, the second where.
    let mut whom = Vec::new();
    let mut joined = true;
    for word in left.split_inclusive([',', ' ', '\t']) {
        let name = word.trim_matches([',', ' ', '\t']);
        if !name.is_empty() {
            if !joined {
                return Some((whom, rest));
            }
            whom.push(name);
            joined = false;
        }
        joined |= word.ends_with(',');
    }
    None
}

/// Whether every command may be run as root.
fn grants_all(rest: &str, aliases: &BTreeMap<&str, Vec<&str>>) -> Result<bool, &'static str> {
    let rest = rest.trim();
    let (runs_as, commands) = match rest.strip_prefix('(').and_then(|it| it.split_once(')')) {
        Some((users, commands)) => (users.split(':').next().unwrap_or_default(), commands),
        None => ("root", rest),
    };
    // A second rule behind a colon, or a second way to run.
    if commands.contains(['(', '=']) {
        return if commands.contains("ALL") { Err(NOT_UNDERSTOOD) } else { Ok(false) };
    }
    let mut all = false;
    for command in commands.split(',').map(untagged) {
        match aliases.get(command) {
            Some(members) => all |= members.contains(&"ALL"),
            None => all |= command == "ALL",
        }
    }
    if !all {
        return Ok(false);
    }
    let as_root = list(runs_as).any(|user| matches!(user, "root" | "ALL" | "#0"));
    // With nothing before the colon one stays who one is.
    match !as_root && list(runs_as).any(|user| is_alias(user) || user.starts_with(['%', '+'])) {
        true => Err(NOT_UNDERSTOOD),
        false => Ok(as_root),
    }
}

/// `ALL` of `NOPASSWD: SETENV: ALL`.
fn untagged(command: &str) -> &str {
    let mut command = command.trim();
    while let Some((tag, rest)) = command.split_once(':') {
        match is_alias(tag.trim()) {
            true => command = rest.trim(),
            false => break,
        }
    }
    command
}

#[cfg(test)]
mod tests;
