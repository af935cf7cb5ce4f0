//! Which row of the register a machine is, when it joins.

use report::wire::Claims;
use report::{Text, Timestamp};

use super::token::TokenRecord;
use crate::policy::PolicySet;
use crate::register::machines::Marks;

/// What a machine is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// This row.
    Row(String),
    /// The row its token names, which is in force no more and was not followed by another.
    Gone(String),
    /// None: it is not in the register.
    Unregistered,
}

/// Finds a machine's row: the one its token names, else the one with its serial number, else the
/// one with its asset tag. Serial numbers that a factory forgot to set name no machine, and a host
/// name names nothing at all: anybody can choose it.
#[must_use]
pub fn bind(set: &PolicySet, token: &TokenRecord, claims: &Claims, now: Timestamp) -> Binding {
    let today = set.targets.calendar.date_of(now);
    if let Some(named) = &token.row {
        let row = set.register.machines.get(named);
        let row = row.and_then(|row| set.register.machines.followed(row, today));
        return row
            .map_or_else(|| Binding::Gone(named.clone()), |row| Binding::Row(row.id.to_owned()));
    }
    let marks = Marks {
        serial: claims.serial.as_ref().map(Text::as_str),
        asset_tag: claims.asset_tag.as_ref().map(Text::as_str),
    };
    let known =
        set.register.machines.known_by(marks, &set.catalogues.serials, |term| term.holds(today));
    known.bound().map_or(Binding::Unregistered, |row| Binding::Row(row.id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Folder, load, starter::starter_files};

    const MACHINES: &str = "id,unit,kind,systems,serial,asset_tag,host_name,from,until\n\
        pc-01,stp,workstation,,PF3ABC,,van-thu,2024-01-01,\n\
        pc-02,stp,workstation,,,TS-0002,ho-tich,2024-01-01,\n\
        pc-03,stp,workstation,,OLD999,,,2015-01-01,2020-12-31\n";
    const UNITS: &str = "[[unit]]\nid = \"stp\"\nname = { vi = \"Sở\", en = \"Department\" }\n";

    fn set() -> PolicySet {
        let mut files: std::collections::BTreeMap<_, _> = starter_files().iter().copied().collect();
        files.insert("register/machines.csv", MACHINES);
        files.insert("register/units.toml", UNITS);
        load(&Folder::from_files(files)).unwrap()
    }

    fn token(row: Option<&str>) -> TokenRecord {
        TokenRecord {
            id: "t".to_owned(),
            row: row.map(str::to_owned),
            unit: None,
            registered_only: true,
            from: Vec::new(),
            uses: 1,
            used: 0,
            created_at: Timestamp(0),
            expires_at: Timestamp(1),
            revoked_at: None,
        }
    }

    fn bound(
        token: &TokenRecord,
        serial: &str,
        asset_tag: &str,
        host_name: &str,
    ) -> Option<String> {
        let text = |text: &str| (!text.is_empty()).then(|| Text::new(text).unwrap());
        let claims =
            Claims { serial: text(serial), asset_tag: text(asset_tag), host_name: text(host_name) };
        match bind(&set(), token, &claims, Timestamp(1_795_300_000)) {
            Binding::Row(row) => Some(row),
            Binding::Unregistered | Binding::Gone(_) => None,
        }
    }

    #[test]
    fn the_tokens_row_comes_first_then_the_serial_then_the_asset_tag() {
        let any = token(None);
        assert_eq!(bound(&token(Some("pc-02")), "PF3ABC", "", "").as_deref(), Some("pc-02"));
        assert_eq!(bound(&any, "pf3abc", "TS-0002", "").as_deref(), Some("pc-01"));
        assert_eq!(bound(&any, "unknown", "TS-0002", "").as_deref(), Some("pc-02"));
        assert_eq!(bound(&any, "", "", ""), None);
    }

    #[test]
    fn a_host_name_binds_nothing_and_neither_does_a_row_that_has_ended() {
        assert_eq!(bound(&token(None), "", "", "van-thu"), None);
        assert_eq!(bound(&token(None), "OLD999", "", ""), None);
    }

    #[test]
    fn a_token_for_a_row_that_has_ended_or_left_the_register_binds_nothing() {
        for row in ["pc-03", "pc-99"] {
            let claims = Claims { serial: None, asset_tag: None, host_name: None };
            let bound = bind(&set(), &token(Some(row)), &claims, Timestamp(1_795_300_000));
            assert_eq!(bound, Binding::Gone(row.to_owned()));
        }
    }

    #[test]
    fn a_token_for_a_row_that_another_took_the_place_of_binds_that_one() {
        let machines = MACHINES.to_owned() + "pc-04,stp,workstation,,OLD999,,,2021-01-01,\n";
        let mut files: std::collections::BTreeMap<_, _> = starter_files().iter().copied().collect();
        files.insert("register/machines.csv", &machines);
        files.insert("register/units.toml", UNITS);
        let set = load(&Folder::from_files(files)).unwrap();
        let claims = Claims { serial: None, asset_tag: None, host_name: None };
        let bound = bind(&set, &token(Some("pc-03")), &claims, Timestamp(1_795_300_000));
        assert_eq!(bound, Binding::Row("pc-04".to_owned()));
    }

    #[test]
    fn a_serial_that_the_factory_forgot_names_no_machine() {
        assert_eq!(
            bound(&token(None), "To be filled by O.E.M.", "TS-0002", "").as_deref(),
            Some("pc-02")
        );
    }
}
