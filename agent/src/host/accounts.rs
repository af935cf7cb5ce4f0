//! The accounts door: how many accounts administer a Windows machine, and whether its guest may come
//! in. Numbers alone come through it, and nobody's name or identifier.

use serde_json::Value;

use super::answer;
use super::files::{Files, Read, ReadError, ReadErrorKind};
use super::recorder::Tap;

const SOURCE: &str = "netapi32.dll";
/// What a recorded machine answers.
const RECORDED: &str = "accounts.json";

/// The guest of every Windows, whatever he is called.
const GUEST: u32 = 501;

/// What is known of a machine's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The members of its group of administrators, without its own accounts that are disabled. A
    /// group that is a member counts as one.
    pub administrators: u64,
    /// Whether its guest may log in; nothing where it has none.
    pub guest_enabled: Option<bool>,
}

/// Who is a member, whose accounts are the machine's own, and which of those by their last number
/// are there and may log in.
type Listed = (Vec<String>, String, Vec<(u32, bool)>);

/// The accounts of one machine.
#[derive(Clone, Debug)]
pub struct Accounts {
    source: Source,
    tap: Tap,
}

#[derive(Clone, Debug)]
enum Source {
    Live,
    Recorded(Files),
}

impl Accounts {
    pub(super) fn live() -> Self {
        Self { source: Source::Live, tap: Tap::default() }
    }

    pub(super) fn recorded(files: &Files) -> Self {
        Self { source: Source::Recorded(files.clone()), tap: Tap::default() }
    }

    /// The same door, with where is noted what is asked.
    pub(super) fn with(self, tap: &Tap) -> Self {
        Self { tap: tap.clone(), ..self }
    }

    /// Counts them.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn count(&self) -> Read<Counted> {
        let counted = match &self.source {
            Source::Live => live::list().and_then(|listed| counted(&listed)),
            Source::Recorded(files) => recorded(files),
        };
        self.tap.note(|seen| seen.accounts = Some(counted.clone()));
        counted
    }
}

/// Every Windows is made with an account for its administration that is disabled from then on, and
/// stays a member: where nobody is, nobody was listed.
fn counted((members, machine, users): &Listed) -> Read<Counted> {
    if members.is_empty() {
        return Err(answer::damaged(SOURCE, "a group of administrators without members"));
    }
    let is_disabled = |member: &&String| {
        let own = |number: u32| **member == format!("{machine}-{number}");
        users.iter().any(|(number, may_log_in)| !may_log_in && own(*number))
    };
    let disabled = members.iter().filter(is_disabled).count();
    let guest = users.iter().find(|(number, _)| *number == GUEST);
    Ok(Counted {
        administrators: members.len().saturating_sub(disabled) as u64,
        guest_enabled: guest.map(|(_, may_log_in)| *may_log_in),
    })
}

fn recorded(files: &Files) -> Read<Counted> {
    let bytes =
        files.read(RECORDED, answer::MAX_BYTES).map_err(|error| match error.is_not_found() {
            true => ReadError::new(SOURCE, ReadErrorKind::NotSupported),
            false => error,
        })?;
    let answer = answer::parse(SOURCE, &bytes)?;
    let guest_enabled = match answer.get("guest_enabled") {
        None | Some(Value::Null) => Some(None),
        Some(enabled) => enabled.as_bool().map(Some),
    };
    let administrators = answer.get("administrators").and_then(Value::as_u64);
    match (administrators, guest_enabled) {
        (Some(administrators), Some(guest_enabled)) => {
            Ok(Counted { administrators, guest_enabled })
        }
        _ => Err(answer::damaged(SOURCE, "no count of accounts")),
    }
}

#[cfg(windows)]
mod live {
    use super::{Listed, Read, ReadError, SOURCE};
    use crate::host::ffi::windows::accounts;
    use crate::host::hresult;

    pub(super) fn list() -> Read<Listed> {
        let failed = |code| ReadError::new(SOURCE, hresult::of_provider(code));
        let members = accounts::administrators().map_err(failed)?;
        let machine = accounts::machine().map_err(failed)?;
        Ok((members, machine, accounts::users().map_err(failed)?))
    }
}

#[cfg(not(windows))]
mod live {
    //! Other systems keep their accounts in files.

    use super::{Listed, Read, ReadError, ReadErrorKind, SOURCE};

    pub(super) fn list() -> Read<Listed> {
        Err(ReadError::new(SOURCE, ReadErrorKind::NotSupported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    const MACHINE: &str = "S-1-5-21-1-2-3";

    fn listed(members: &[&str], users: &[(u32, bool)]) -> Read<Counted> {
        let members = members.iter().map(|it| (*it).to_owned()).collect();
        counted(&(members, MACHINE.to_owned(), users.to_vec()))
    }

    fn answered(json: &str) -> Read<Counted> {
        Machine::windows().with(RECORDED, json).host().accounts().count()
    }

    #[test]
    fn the_account_that_every_windows_is_made_with_and_nobody_uses_does_not_count() {
        let members = ["S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-1001", "S-1-12-1-4-5-6-7"];
        let users = [(500, false), (501, false), (1001, true)];
        let counted = listed(&members, &users);
        assert_eq!(counted, Ok(Counted { administrators: 2, guest_enabled: Some(false) }));
    }

    #[test]
    fn a_disabled_account_of_the_machine_is_not_taken_for_one_of_the_domain() {
        let members = ["S-1-5-21-7-8-9-500", "S-1-5-21-7-8-9-512", "S-1-5-21-1-2-30-500"];
        let counted = listed(&members, &[(500, false), (512, false)]).unwrap();
        assert_eq!(counted.administrators, 3);
    }

    #[test]
    fn a_guest_is_found_by_his_number() {
        let guest = |users: &[(u32, bool)]| listed(&["S-1-5-7"], users).unwrap().guest_enabled;
        assert_eq!(guest(&[(1501, true), (501, true)]), Some(true));
        assert_eq!(guest(&[(1501, true)]), None);
    }

    #[test]
    fn a_group_without_members_was_not_listed() {
        let nobody = listed(&[], &[(501, false)]).unwrap_err().kind;
        assert!(matches!(nobody, ReadErrorKind::Damaged(_)), "{nobody:?}");
    }

    #[test]
    fn an_answer_without_a_count_is_none() {
        let absent = Machine::windows().host().accounts().count();
        assert_eq!(absent.unwrap_err().kind, ReadErrorKind::NotSupported);
        let refused = answered(r#"{"error": "0x80070005"}"#);
        assert_eq!(refused.unwrap_err().kind, ReadErrorKind::AccessDenied);
        for json in ["{}", "[]", r#"{"administrators": -1}"#, r#"{"administrators": "2"}"#] {
            let kind = answered(json).unwrap_err().kind;
            assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{json}: {kind:?}");
        }
        let odd = answered(r#"{"administrators": 1, "guest_enabled": 0}"#);
        assert!(matches!(odd.unwrap_err().kind, ReadErrorKind::Damaged(_)));
    }
}
