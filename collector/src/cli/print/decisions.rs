//! What became of the identities that an officer decided about.

use report::Lang;

use super::{out, out_json, table, visible};
use crate::admin::decisions::{NameDecided, Outcome};
use crate::policy::words::{self, pick};
use crate::store::Decision;

pub(in crate::cli) fn decided(
    decision: Decision,
    decided: &[NameDecided],
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(decided);
    }
    out(&sheet(decision, decided, lang));
    Ok(())
}

pub(super) fn sheet(decision: Decision, decided: &[NameDecided], lang: Lang) -> String {
    let mut table = table(match lang {
        Lang::Vi => ["Máy tính", "Danh tính", "Kết quả"],
        Lang::En => ["Machine", "Identity", "Outcome"],
    });
    for one in decided {
        let identity = one.machine.map(|machine| machine.to_string()).unwrap_or_default();
        table.add_row([visible(&one.name), identity, outcome(decision, &one.outcome, lang)]);
    }
    let done = decided.iter().filter(|one| one.is_done()).count() as u64;
    let left = words::number(decided.len() as u64 - done, lang);
    let (deed, done) = (pick(deed(decision), lang), words::number(done, lang));
    let table = if decided.is_empty() { String::new() } else { format!("{table}\n") };
    match lang {
        Lang::Vi => format!("{table}{deed}: {done}; không thực hiện: {left}\n"),
        Lang::En => format!("{table}{deed}: {done}; not done: {left}\n"),
    }
}

fn deed(decision: Decision) -> [&'static str; 2] {
    match decision {
        Decision::Approve => ["Đã duyệt", "Approved"],
        Decision::Reject => ["Đã từ chối", "Rejected"],
        Decision::Revoke => ["Đã thu hồi", "Revoked"],
    }
}

fn outcome(decision: Decision, outcome: &Outcome, lang: Lang) -> String {
    match outcome {
        Outcome::Done { replaced: None } => pick(deed(decision), lang).to_owned(),
        Outcome::Done { replaced: Some(old) } => match lang {
            Lang::Vi => format!("Đã duyệt; thu hồi danh tính cũ {old}"),
            Lang::En => format!("Approved; revoked the identity before it, {old}"),
        },
        Outcome::NotPending => {
            pick(["Không thực hiện: không chờ duyệt", "Not done: it does not wait"], lang)
                .to_owned()
        }
        Outcome::Revoked => {
            pick(["Không thực hiện: đã thu hồi từ trước", "Not done: revoked already"], lang)
                .to_owned()
        }
        Outcome::Nobody => pick(nobody(decision), lang).to_owned(),
        Outcome::Several { claims } => {
            let claims = claims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            match lang {
                Lang::Vi => format!("Không thực hiện: nhiều máy chờ cùng dòng này: {claims}"),
                Lang::En => {
                    format!("Not done: several wait for this row, name one of them: {claims}")
                }
            }
        }
    }
}

fn nobody(decision: Decision) -> [&'static str; 2] {
    match decision {
        Decision::Approve | Decision::Reject => [
            "Không thực hiện: không máy nào đang chờ dòng này hoặc có danh tính này",
            "Not done: nobody waits for this row or has this identity",
        ],
        Decision::Revoke => [
            "Không thực hiện: không máy nào có mã sổ hoặc danh tính này",
            "Not done: no machine has this register id or identity",
        ],
    }
}
