use super::*;
use crate::host::recorded::Machine;
use crate::host::wua;

fn updates(json: &str) -> Read<Updates> {
    Machine::windows().with(RECORDED, json).host().update_agent().updates()
}

#[test]
fn a_machine_without_update_agent_is_told_from_one_on_which_nothing_waits() {
    let absent = Machine::windows().host().update_agent().updates();
    assert_eq!(absent.unwrap_err().kind, ReadErrorKind::NotSupported);
    let nothing = updates(r#"{"history": [], "pending": []}"#).unwrap();
    assert_eq!((nothing.history, nothing.pending), (Ok(vec![]), Ok(vec![])));
    assert_eq!(nothing.last_search, None);
}

#[test]
fn an_agent_that_refuses_keeps_its_number() {
    let disabled = updates(r#"{"error": "0x80070422"}"#).unwrap_err();
    assert_eq!(disabled.to_string(), "read windows update agent: error 0x80070422");
    let half = updates(r#"{"history": [], "pending": {"error": "0x8024402C"}}"#).unwrap();
    assert_eq!(half.pending.unwrap_err().kind, ReadErrorKind::Provider(0x8024_402C));
    assert_eq!(half.history, Ok(vec![]));
}

#[test]
fn an_answer_that_cannot_be_is_damage_and_nothing_less() {
    for json in [
        "[]",
        r#"{"pending": []}"#,
        r#"{"history": 7, "pending": []}"#,
        r#"{"history": [7], "pending": []}"#,
        r#"{"history": [{"title": "x"}], "pending": []}"#,
        r#"{"history": [{"op": 1, "result": 2, "title": 7}], "pending": []}"#,
        r#"{"history": [{"op": 1, "result": 2, "categories": [7]}], "pending": []}"#,
    ] {
        let history = updates(json).and_then(|updates| updates.history);
        let kind = history.unwrap_err().kind;
        assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{json}: {kind:?}");
    }
    for json in [
        r#"{"history": []}"#,
        r#"{"history": [], "pending": [{"kb": [5130001]}]}"#,
        r#"{"history": [], "pending": [{"severity": 7}]}"#,
        r#"{"history": [], "pending": [], "last_search_success": 7}"#,
    ] {
        let pending = updates(json).and_then(|updates| updates.pending);
        let kind = pending.unwrap_err().kind;
        assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{json}: {kind:?}");
    }
}

#[test]
fn an_answer_is_read_back_as_it_was_given() {
    let refused = ReadError::new(wua::SOURCE, ReadErrorKind::Provider(0x8024_0032));
    let entry = Entry {
        date: "2026-11-12T03:44:10Z".to_owned(),
        operation: 1,
        result: 2,
        title: "Bản cập nhật tích lũy (KB5130001)".to_owned(),
        service: "x".to_owned(),
        categories: vec!["y".to_owned()],
    };
    let pending = Pending {
        articles: vec!["5130002".to_owned()],
        severity: "Critical".to_owned(),
        categories: vec!["z".to_owned()],
    };
    for given in [
        Updates {
            history: Ok(vec![entry.clone(), Entry::default()]),
            pending: Ok(vec![pending, Pending::default()]),
            last_search: Some("2026-11-21T18:02:11Z".to_owned()),
        },
        Updates { history: Err(refused.clone()), pending: Ok(vec![]), last_search: None },
        Updates { history: Ok(vec![entry]), pending: Err(refused), last_search: None },
    ] {
        assert_eq!(updates(&given.written().to_string()), Ok(given));
    }
}

#[test]
fn a_search_in_the_store_has_ninety_seconds_and_no_more() {
    assert_eq!(Request::UpdateAgent.limit().as_secs(), 90);
    assert_eq!(Request::UpdateAgent.source(), SOURCE);
}

#[test]
fn an_answer_of_not_long_ago_is_not_asked_for_again() {
    let known = r#"{"history": [], "pending": [{"kb": ["5130001"]}]}"#;
    let rests = Rests::knowing([].into(), [(SOURCE.to_owned(), known.to_owned())].into());
    let door = UpdateAgent::live().with(&rests, &Tap::default());
    assert_eq!(door.updates(), updates(known));
    // It is no younger for having been told again.
    assert_eq!(rests.answered(), [].into());
}
