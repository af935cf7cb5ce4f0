use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn a_text_has_one_number_however_many_take_it() {
    let mut lexicon = Lexicon::default();
    let windows = lexicon.take("Windows 10 Pro");
    let ubuntu = lexicon.take("Ubuntu 24.04");
    assert_ne!(windows, ubuntu);
    assert_eq!(lexicon.take("Windows 10 Pro"), windows);
    assert_eq!((lexicon.text(windows), lexicon.text(ubuntu)), ("Windows 10 Pro", "Ubuntu 24.04"));
    assert_eq!(lexicon.len(), 2);
}

#[test]
fn a_text_stays_until_its_last_user_has_gone() {
    let mut lexicon = Lexicon::default();
    let word = lexicon.take("Kaspersky");
    lexicon.take("Kaspersky");
    lexicon.release(word);
    assert_eq!((lexicon.text(word), lexicon.len()), ("Kaspersky", 1));
    lexicon.release(word);
    assert_eq!((lexicon.text(word), lexicon.is_empty()), ("", true));
}

#[test]
fn a_number_that_is_released_once_too_often_is_given_out_once() {
    let mut lexicon = Lexicon::default();
    let word = lexicon.take("gone");
    lexicon.release(word);
    lexicon.release(word);
    assert_ne!(lexicon.take("one"), lexicon.take("other"));
}

#[test]
fn a_pc_with_a_new_text_in_each_report_takes_one_place() {
    let mut lexicon = Lexicon::default();
    let mut last = lexicon.take("report 0");
    for number in 1..10_000 {
        let next = lexicon.take(&format!("report {number}"));
        lexicon.release(last);
        last = next;
    }
    assert_eq!((lexicon.len(), lexicon.entries.len()), (1, 2));
    assert!(lexicon.free.capacity() <= 4 && lexicon.index.capacity() <= 16, "{lexicon:?}");
}

#[test]
fn the_empty_text_is_a_text() {
    let mut lexicon = Lexicon::default();
    let word = lexicon.take("");
    assert_eq!((lexicon.take(""), lexicon.len()), (word, 1));
    lexicon.release(word);
    lexicon.release(word);
    assert!(lexicon.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_agrees_with_a_count_of_each_text(steps in prop::collection::vec((0_u8..12, any::<bool>()), 0..200)) {
        let mut lexicon = Lexicon::default();
        let mut model = BTreeMap::<String, Vec<Word>>::new();
        for (number, is_taken) in steps {
            let text = format!("text {number}");
            let held = model.entry(text.clone()).or_default();
            if is_taken {
                held.push(lexicon.take(&text));
            } else if let Some(word) = held.pop() {
                lexicon.release(word);
            }
            let in_use = model.iter().filter(|(_, words)| !words.is_empty());
            prop_assert_eq!(lexicon.len(), in_use.count());
            for (text, words) in &model {
                prop_assert!(words.iter().all(|word| lexicon.text(*word) == text));
                prop_assert!(words.windows(2).all(|pair| pair[0] == pair[1]));
            }
        }
        prop_assert!(lexicon.entries.len() <= model.len());
    }
}
