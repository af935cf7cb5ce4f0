//! Which snapshots are made, and which are not.

use std::future::ready;

use jiff::civil::date;

use super::*;
use crate::policy::fixtures::set;
use crate::snapshot::Cover;

fn shelf(made: &[&str], lost: &[&str]) -> Shelf {
    let entry = |subject: &&str| LoggedEntry {
        number: 7,
        at: Timestamp(0),
        actor: "collector".to_owned(),
        action: "snapshot_made".to_owned(),
        subject: (*subject).to_owned(),
        detail: String::new(),
    };
    Shelf {
        made: made.iter().map(|&date| date.to_owned()).collect(),
        lost: lost.iter().map(entry).collect(),
    }
}

fn kept(of: Date) -> Entry {
    let cover = Cover {
        at: Timestamp(0),
        made_at: Timestamp(0),
        actor: String::new(),
        cut_off: Some(of.to_string()),
        policies: String::new(),
        version: String::new(),
        judge: 1,
        head: String::new(),
        outcomes_digest: String::new(),
        inputs_digest: String::new(),
    };
    Entry { id: 1, cover, digest: String::new(), signature: String::new() }
}

/// Makes what is missing of three cut-offs, where one cannot be made, and which were tried.
async fn tried(shelf: &Shelf, faulty: Date) -> (bool, Vec<Date>) {
    let dates = [date(2025, 12, 14), date(2026, 6, 14), date(2026, 12, 14)];
    let mut tried = Vec::new();
    let is_whole = each_missing(shelf, dates.to_vec(), |date| {
        tried.push(date);
        let is_faulty = date == faulty;
        ready(if is_faulty { Err(StoreError::Closed.into()) } else { Ok(kept(date)) })
    });
    let is_whole = is_whole.await;
    (is_whole, tried)
}

#[tokio::test]
async fn a_cut_off_that_cannot_be_made_keeps_no_other_back() {
    let dates = vec![date(2025, 12, 14), date(2026, 6, 14), date(2026, 12, 14)];
    assert_eq!(tried(&shelf(&[], &[]), dates[0]).await, (false, dates.clone()));
    assert_eq!(tried(&shelf(&["2025-12-14"], &[]), dates[0]).await, (true, dates[1..].to_vec()));
}

#[tokio::test]
async fn a_snapshot_that_is_gone_is_not_made_anew() {
    let dates = vec![date(2025, 12, 14), date(2026, 12, 14)];
    let gone = shelf(&[], &["2026-06-14"]);
    assert_eq!(tried(&gone, date(1999, 1, 1)).await, (false, dates));
    let targets = set("", &[]).targets;
    let end = targets.calendar.end_of(date(2026, 6, 14));
    let refused = wanted(&targets, &gone, None, end).unwrap_err();
    assert!(refused.to_string().contains("entry 7 of the audit log"), "{refused}");
    assert_eq!(wanted(&targets, &gone, Some(end), end).unwrap(), (end, None));
}

#[test]
fn an_officer_is_given_no_moment_that_is_not_settled() {
    let (targets, shelf) = (set("", &[]).targets, shelf(&[], &[]));
    let of = date(2026, 6, 14);
    let end = targets.calendar.end_of(of);
    let until = |until| wanted(&targets, &shelf, None, until).unwrap().1;
    assert_eq!((until(end - 1), until(end)), (Some(date(2025, 12, 14)), Some(of)));
    let asked = |until| wanted(&targets, &shelf, Some(end), until);
    assert!(matches!(asked(end - 1), Err(NoSnapshot::Unsettled(at)) if at == end));
    assert_eq!(asked(end).unwrap(), (end, Some(of)));
}
