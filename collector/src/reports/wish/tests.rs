//! Only what is asked for is listed, and what cannot be understood is refused with a hint.

use super::*;
use crate::reports::machines::list;
use crate::reports::office::{office, outsider};
use crate::store::StatesSince;

fn names(wish: MachineWish) -> Vec<String> {
    let listed = list(&office(), &wish, &StatesSince::default()).unwrap();
    listed.machines.iter().map(|listed| listed.machine.name()).collect()
}

fn wish(change: impl FnOnce(&mut MachineWish)) -> MachineWish {
    let mut wish = MachineWish::default();
    change(&mut wish);
    wish
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn without_a_wish_everyone_is_listed_in_the_order_of_their_names() {
    assert_eq!(names(MachineWish::default()), [&*outsider(), "m-1", "m-2", "m-3", "m-4", "m-10"]);
}

#[test]
fn each_filter_takes_only_its_own() {
    assert_eq!(names(wish(|wish| wish.state = some("silent, never_enrolled"))), ["m-3", "m-4"]);
    assert_eq!(names(wish(|wish| wish.unit = some("phong"))), ["m-2", "m-3", "m-4"]);
    assert_eq!(names(wish(|wish| wish.unit = some("so"))).len(), 6);
    assert_eq!(names(wish(|wish| wish.level = some("4"))), ["m-2"]);
    assert_eq!(names(wish(|wish| wish.level = some("none"))), [&*outsider(), "m-3"]);
    assert_eq!(names(wish(|wish| wish.kind = some("server"))), ["m-3"]);
    let both = wish(|wish| (wish.unit, wish.kind) = (some("phong"), some("workstation")));
    assert_eq!(names(both), ["m-2", "m-4"]);
}

#[test]
fn a_rule_finds_those_on_which_it_does_not_pass_or_has_one_outcome() {
    let rule = |text: &str| names(wish(|wish| wish.rule = some(text)));
    assert_eq!(rule("antivirus-realtime"), ["m-2", "m-3", "m-4", "m-10"]);
    assert_eq!(rule("antivirus-realtime:fail"), ["m-2"]);
    assert_eq!(rule("antivirus-realtime:unknown"), ["m-3", "m-4", "m-10"]);
    assert_eq!(rule("antivirus-realtime:pass"), [&*outsider(), "m-1"]);
}

#[test]
fn the_order_is_the_one_asked_for() {
    let sorted = |key: &str| names(wish(|wish| wish.sort = some(key)));
    assert_eq!(sorted("unit"), ["m-2", "m-3", "m-4", &*outsider(), "m-1", "m-10"]);
    assert_eq!(sorted("state"), ["m-3", "m-4", "m-2", "m-10", &*outsider(), "m-1"]);
    assert_eq!(sorted("contact")[..2], ["m-3", "m-4"]);
}

#[test]
fn a_word_that_is_not_known_is_answered_with_the_nearest() {
    let set = crate::reports::office::policies();
    let refused = |wish: MachineWish| Filter::of(&wish, &set).unwrap_err();
    let hints = [
        (wish(|wish| wish.state = some("silnt")), "did you mean `silent`?"),
        (wish(|wish| wish.state = some("silent,xyz")), "\"xyz\""),
        (wish(|wish| wish.unit = some("phon")), "did you mean `phong`?"),
        (wish(|wish| wish.rule = some("antivirus-licenced")), "did you mean `antivirus-licensed`?"),
        (wish(|wish| wish.rule = some("os-supported:fails")), "did you mean `fail`?"),
        (wish(|wish| wish.level = some("6")), "a level is 1 to 5, or none"),
        (wish(|wish| wish.kind = some("servr")), "did you mean `server`?"),
        (wish(|wish| wish.sort = some("age")), "the choices are name, unit, state, since, contact"),
    ];
    for (wish, hint) in hints {
        let refused = refused(wish);
        assert!(refused.contains(hint), "{refused}");
    }
}

#[test]
fn whoever_may_have_changed_since_a_day_is_listed() {
    let set = crate::reports::office::policies();
    let filter = Filter::of(&wish(|wish| wish.since = some("14/6/2026")), &set).unwrap();
    let day = set.targets.calendar.start_of(jiff::civil::date(2026, 6, 14));
    let since = |at, at_latest| Some(Since { at, at_latest });
    assert!(filter.takes_since(since(day, false)));
    assert!(!filter.takes_since(since(day - 1, false)));
    assert!(filter.takes_since(since(day + 1, true)));
    assert!(!filter.takes_since(since(day - 1, true)));
    assert!(filter.takes_since(None));
    let everyone = Filter::of(&MachineWish::default(), &set).unwrap();
    assert!(everyone.takes_since(None));
    let timed = wish(|wish| wish.since = some("2026-06-14T17:00"));
    let filter = Filter::of(&timed, &set).unwrap();
    assert!(!filter.takes_since(since(day + 16 * 3600, false)));
    assert!(filter.takes_since(since(day + 17 * 3600, false)));
}
