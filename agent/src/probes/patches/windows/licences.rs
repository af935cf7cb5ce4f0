//! Whether Windows is activated, and whether a contract for extended updates is.
//!
//! Licences of Windows that have a key are asked for by the words of the door (`host/wmi`): which
//! key that is, the provider keeps to itself.

use report::{Fact, Reason};

use crate::host::Wmi;
use crate::host::files::Read;
use crate::host::wmi::{Query, Row, Variant};
use crate::probes::findings::{Findings, unknown, yes_or_no};
use crate::probes::machine::windows::Identity;

const LICENCES: Query<'_> = Query {
    namespace: r"root\cimv2",
    class: "SoftwareLicensingProduct",
    properties: &["ID", "Name", "LicenseStatus", "LicenseIsAddon"],
};

/// `LicenseStatus`: licensed.
const LICENSED: i64 = 1;

/// The contracts of three years for Windows 10.
const EXTENDED: [&str; 3] = [
    "f520e45e-7413-4a34-a497-d2765967d094",
    "1043add5-23b1-4afb-9a0f-64343c8f3f8d",
    "83d49986-add3-41d7-ba33-87c7bfb5c0fb",
];
/// What the names of those for other releases have in them.
const EXTENDED_NAME: &str = "-ESU-";

/// The last build of Windows 10 for offices and homes, for which homes have a contract as well.
const LAST_OF_10: u64 = 19_045;

pub(super) fn look(wmi: &Wmi, identity: &Identity<'_>, findings: &mut Findings) {
    let licences = wmi.query(&LICENCES);
    let source = LICENCES.source();
    findings.add("patches.activated", activated(&licences), &source);
    findings.add("patches.extended_support", extended(&licences, identity), &source);
}

/// A Windows without any key is not activated.
fn activated(licences: &Read<Vec<Row>>) -> Fact {
    let is_windows = |row: &&Row| !is_extended(row) && flag(row, "LicenseIsAddon") != Some(true);
    any_licensed(licences, is_windows)
}

/// A contract that homes have, or that comes with a machine in the cloud, leaves no licence: there only
/// the updates show it, which the collector dates.
fn extended(licences: &Read<Vec<Row>>, identity: &Identity<'_>) -> Fact {
    let fact = any_licensed(licences, |row| is_extended(row));
    match fact == yes_or_no(false) && identity.build() == Ok(LAST_OF_10) {
        true => unknown(Reason::ProductOpaque, "a contract of homes leaves no licence"),
        false => fact,
    }
}

/// Whether one of the rows that are wanted is licensed. One that does not say so could have been.
fn any_licensed(licences: &Read<Vec<Row>>, wanted: impl Fn(&&Row) -> bool) -> Fact {
    let rows = match licences {
        Ok(rows) => rows,
        Err(error) => return Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    let mut fact = yes_or_no(false);
    for row in rows.iter().filter(wanted) {
        match row.get("LicenseStatus") {
            Some(Variant::Number(LICENSED)) => return yes_or_no(true),
            Some(Variant::Number(_)) => {}
            Some(Variant::Null | Variant::Bool(_) | Variant::Text(_) | Variant::List(_)) | None => {
                fact = unknown(Reason::ParseError, "a licence that does not say how it stands");
            }
        }
    }
    fact
}

fn is_extended(row: &Row) -> bool {
    let id = words(row, "ID").unwrap_or_default();
    EXTENDED.iter().any(|known| id.eq_ignore_ascii_case(known))
        || words(row, "Name").is_some_and(|name| name.contains(EXTENDED_NAME))
}

fn words<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    match row.get(name)? {
        Variant::Text(words) => Some(words),
        Variant::Null | Variant::Bool(_) | Variant::Number(_) | Variant::List(_) => None,
    }
}

fn flag(row: &Row, name: &str) -> Option<bool> {
    match row.get(name)? {
        Variant::Bool(flag) => Some(*flag),
        Variant::Null | Variant::Number(_) | Variant::Text(_) | Variant::List(_) => None,
    }
}
