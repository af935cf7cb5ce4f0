//! What cells look like after a spreadsheet, an old keyboard and a copied page.

use jiff::civil::date as day;

use super::*;

#[test]
fn what_nobody_sees_is_gone_and_what_looks_alike_is_alike() {
    for (written, meant) in [
        (" PF3ABC ", "PF3ABC"),
        ("PF3\u{A0}ABC\u{200B}", "PF3 ABC"),
        ("ＰＦ３－ＡＢＣ", "PF3-ABC"),
        ("Pho\u{300}ng", "Phòng"),
        ("'=1+1", "=1+1"),
        ("'abc", "'abc"),
    ] {
        assert_eq!(tidied(written), meant);
    }
}

#[test]
fn words_are_the_same_whatever_their_accents_case_and_points() {
    for text in ["Số sê-ri", "SO  SE RI", "So\u{302}\u{301} se\u{302}-ri:", "số_sê_ri"] {
        assert_eq!(plain_words(text), "so se ri", "{text}");
    }
    assert_eq!(plain_words("Đơn vị"), "don vi");
}

#[test]
fn a_kind_is_known_by_its_names_in_both_languages_and_by_no_other() {
    let kinds = ["workstation", "Máy trạm", "MÁY TÍNH XÁCH TAY", "Laptop", "máy chủ", "Server"];
    let kinds = kinds.map(|text| kind(text).map(MachineKind::name));
    let [pc, server] = [Some("workstation"), Some("server")];
    assert_eq!(kinds, [pc, pc, pc, pc, server, server]);
    assert_eq!(["máy tính", "máy in", ""].map(kind), [None; 3]);
}

#[test]
fn a_date_begins_with_its_year_or_its_day_and_never_with_its_month() {
    let expected = Some(day(2026, 11, 2));
    for text in ["2026-11-02", "02/11/2026", "2/11/2026", "02-11-2026", "2.11.2026"] {
        assert_eq!(date(text), expected, "{text}");
    }
    for text in [
        "",
        "2026-11-31",
        "31/11/2026",
        "11/2026",
        "02/11/26",
        "20261102",
        "2026-11-02T00:00",
        "2026/11/02",
        "2026-1-2",
        "+2/11/2026",
        "01/31/2026",
    ] {
        assert_eq!(date(text), None, "{text:?}");
    }
    assert!(date_help("01/31/2026").contains("the day comes first"));
    assert!(!date_help("31/02/2026").contains("the day comes first"));
}

#[test]
fn a_number_that_was_shortened_is_told_from_a_serial_that_looks_like_it() {
    for text in ["1.23457E+11", "1,23457E+11", "4.0E+15", "1E+11"] {
        assert!(is_shortened(text), "{text}");
    }
    for text in ["5CD1234E11", "1E+11X", "12.5E+3", "PF3E+1", "1.2E3", "E+11", ""] {
        assert!(!is_shortened(text), "{text}");
    }
}

#[test]
fn letters_of_old_fonts_are_noticed_and_signs_between_words_are_not() {
    let legacy = ["C¬ quan", "Së T\u{AD} ph¸p", "Tr¹m", "Sở Tư pháp", "§ 5", "µ"].map(is_legacy);
    assert_eq!(legacy, [true, true, true, false, false, false]);
}
