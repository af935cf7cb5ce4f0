//! What officers read of the posture.

use std::collections::BTreeMap;

use report::{Bilingual, Timestamp};

use super::*;

fn target(attested: u64, counts_attested: bool) -> TargetView {
    TargetView {
        target: "t".to_owned(),
        title: Bilingual::new("có bản quyền", "licensed"),
        members: 12_345,
        met: 6_789,
        attested,
        counts_attested,
        goal: 90,
        met_goal: false,
    }
}

fn view(targets: Vec<TargetView>, declared: u64) -> PostureView {
    PostureView {
        known: None,
        at: Timestamp(0),
        policies: String::new(),
        held: None,
        faulty: false,
        sample: false,
        targets,
        states: BTreeMap::from([("silent".to_owned(), 4_321)]),
        declared,
    }
}

fn says(posture: &PostureView, lang: Lang, words: &[&str]) {
    let text = sheet(posture, lang);
    words.iter().for_each(|words| assert!(text.contains(words), "{words}\n{text}"));
}

fn is_silent_about(posture: &PostureView, words: &str) {
    let text = sheet(posture, Lang::Vi);
    assert!(!text.contains(words), "{words}\n{text}");
}

#[test]
fn what_is_attested_has_a_column_of_its_own_where_there_is_any() {
    let posture = view(vec![target(5, false), target(0, false)], 0);
    says(&posture, Lang::Vi, &["Theo kê khai", " 5 ", "–"]);
    says(&posture, Lang::En, &["Declared", " 5 "]);
    is_silent_about(&view(vec![target(0, false)], 0), "kê khai");
}

#[test]
fn that_attestations_count_towards_the_goals_is_said_in_words() {
    let posture = view(vec![target(5, true)], 0);
    says(&posture, Lang::Vi, &["tính cả số liệu theo kê khai"]);
    says(&posture, Lang::En, &["counts what is attested"]);
    is_silent_about(&view(vec![target(5, false)], 0), "tính cả");
}

#[test]
fn declared_machines_stand_below_the_states() {
    let posture = view(Vec::new(), 30);
    says(&posture, Lang::Vi, &["Máy kê khai, không cài tác tử: 30 "]);
    says(&posture, Lang::En, &["Declared machines, which carry no agent: 30 "]);
    is_silent_about(&view(Vec::new(), 0), "kê khai");
}

#[test]
fn counts_are_grouped_the_way_each_language_does() {
    let posture = view(vec![target(1_234, false)], 5_678);
    says(&posture, Lang::Vi, &["6.789", "12.345", "1.234", "4.321", "5.678"]);
    says(&posture, Lang::En, &["6,789", "12,345", "1,234", "4,321", "5,678"]);
}

#[test]
fn a_folder_that_is_not_what_everyone_is_judged_by_is_warned_about() {
    let held = PostureView { held: Some("ab12".to_owned()), ..view(Vec::new(), 0) };
    says(&held, Lang::Vi, &["bộ chính sách ab12 ĐANG CHỜ DUYỆT"]);
    says(&held, Lang::En, &["the policy set ab12 is HELD"]);
    let faulty = PostureView { faulty: true, ..view(Vec::new(), 0) };
    says(&faulty, Lang::Vi, &["thư mục chính sách CÓ LỖI"]);
    says(&faulty, Lang::En, &["the policies folder is FAULTY"]);
    is_silent_about(&view(Vec::new(), 0), "CẢNH BÁO");
}
