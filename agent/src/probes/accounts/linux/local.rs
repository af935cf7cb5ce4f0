//! Accounts and groups that the machine itself keeps.

use crate::host::Files;
use crate::host::files::{Read, ReadError, ReadErrorKind};

const PASSWD: &str = "etc/passwd";
const GROUP: &str = "etc/group";
const MOST: usize = 4 << 20;

struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

struct Group {
    name: String,
    gid: u32,
    members: Vec<String>,
}

/// All of them.
pub(super) struct Local {
    accounts: Vec<Account>,
    groups: Vec<Group>,
}

impl Local {
    pub(super) fn read(files: &Files) -> Read<Self> {
        Ok(Self { accounts: lines(files, PASSWD, account)?, groups: lines(files, GROUP, group)? })
    }

    /// The accounts of a group, also those whose first group it is.
    pub(super) fn members(&self, group: &str) -> Vec<&str> {
        self.in_groups(|it| it.name == group)
    }

    /// The same of a group by its number.
    pub(super) fn members_of(&self, gid: u32) -> Vec<&str> {
        self.in_groups(|it| it.gid == gid)
    }

    fn in_groups(&self, is_meant: impl Fn(&Group) -> bool) -> Vec<&str> {
        let mut members = Vec::new();
        for group in self.groups.iter().filter(|it| is_meant(it)) {
            let first = self.accounts.iter().filter(|it| it.gid == group.gid);
            members.extend(first.map(|it| it.name.as_str()));
            members.extend(group.members.iter().map(String::as_str));
        }
        members
    }

    /// The accounts of a number.
    pub(super) fn with_uid(&self, uid: u32) -> impl Iterator<Item = &str> {
        self.accounts.iter().filter(move |it| it.uid == uid).map(|it| it.name.as_str())
    }
}

/// `name:x:1000:1000:…`.
fn account(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Account { name, uid, gid })
}

/// `name:x:27:one,other`.
fn group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let gid = fields.nth(1)?.parse().ok()?;
    let members = fields.next()?.split(',').map(str::trim).filter(|it| !it.is_empty());
    Some(Group { name, gid, members: members.map(str::to_owned).collect() })
}

fn lines<T>(files: &Files, path: &str, parse: fn(&str) -> Option<T>) -> Read<Vec<T>> {
    let text = files.read_text(path, MOST)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let kind = || ReadErrorKind::Damaged("a line is no account and no group".to_owned());
            parse(line).ok_or_else(|| ReadError::new(path, kind()))
        })
        .collect()
}
