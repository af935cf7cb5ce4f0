//! What is read is kept as it is read, and nothing beside it.

use super::*;
use crate::probes::antivirus::formats::xml::attribute;

fn some(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn keeps(picks: &[&Pick], content: impl AsRef<[u8]>) -> String {
    let uncut = Cut::default();
    let picks: Vec<_> = picks.iter().map(|pick| (*pick, &uncut)).collect();
    String::from_utf8(kept(&picks, content.as_ref()).unwrap()).unwrap()
}

#[test]
fn of_lines_those_with_a_label_are_kept() {
    let (state, end) = (Pick::Line(some(&["State", "Status"])), Pick::Line(some(&["Expires"])));
    let text = "Status: on\r\nKey: ABCD\nOwner: lan\n  Expires\t2027-01-31\nStatus page: no\n";
    assert_eq!(keeps(&[&state, &end], text), "Status: on\n  Expires\t2027-01-31\n");
}

#[test]
fn of_a_text_that_is_cut_the_middle_is_kept_and_cut_again_to_the_same() {
    let mark = |mark: &str| Some(mark.to_owned());
    let cut = Cut { after: mark("version ="), before: mark("tags="), after_last: None };
    let text = "aid=1, version = 7.29.18202.0tags=office,";
    let seen = kept(&[(&Pick::Whole, &cut)], text.as_bytes()).unwrap();
    let seen = String::from_utf8(seen).unwrap();
    assert_eq!(seen, "version =7.29.18202.0tags=\n");
    assert_eq!(middle(&seen, &cut), middle(text, &cut));
}

#[test]
fn of_an_ini_file_the_settings_with_their_sections_are_kept() {
    let picks = [Pick::Ini("Key/Expires".to_owned()), Pick::Ini("Version".to_owned())];
    let text = "Version=1\n[User]\nExpires=no\nName=lan\n[Key]\nExpires = 2027\nNumber=ABCD\n";
    let seen = keeps(&[&picks[1], &picks[0]], text);
    assert_eq!(seen, "Version=1\n[Key]\nExpires=2027\n");
    assert_eq!(ini::value(&seen, "Key/Expires"), Some("2027"));
}

#[test]
fn of_a_json_document_what_is_read_and_the_way_to_it_is_kept() {
    let paths = some(&["a.value", "a", "licences[id=2].end", "n"]);
    let text = r#"{"a": {"value": true, "by": "lan"}, "org": "stp", "n": null,
        "licences": [{"id": 1, "key": "x"}, {"id": 2, "key": "y", "end": 20}]}"#;
    let seen = keeps(&[&Pick::Json(paths.clone())], text);
    for path in &paths[..3] {
        let one = std::slice::from_ref(path);
        assert_eq!(json::scalar(&seen, one), json::scalar(text, one), "{path}");
    }
    for secret in ["lan", "stp", "key", "\"x\"", "\"y\""] {
        assert!(!seen.contains(secret), "{seen}");
    }
    assert_eq!(keeps(&[&Pick::Json(paths)], "{damaged"), "");
}

#[test]
fn of_an_xml_document_among_other_bytes_the_attributes_are_kept() {
    let paths = ["A/B@END", "A/B/C@X", "A@NONE"];
    let picks = paths.map(|path| Pick::Xml(path.to_owned()));
    let text = r#"<A OWNER="lan@x.vn"><B END="2&amp;7" KEY="k"><C X="1"/></B></A>signed"#;
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for content in [text.as_bytes().to_vec(), [&[0xff, 0x00][..], &wide].concat()] {
        let seen = keeps(&picks.iter().collect::<Vec<_>>(), &content);
        assert_eq!(seen, r#"<A><B END="2&amp;7"><C X="1"></C></B></A>"#);
        for path in paths {
            let read = |bytes: &[u8]| attribute(bytes, path);
            assert_eq!(read(seen.as_bytes()), read(&content), "{path}");
        }
    }
}

#[test]
fn a_path_is_found_below_a_folder_that_only_the_machine_knows() {
    assert!(is_it("ProgramData/ESET/x/License/license.lf", r"License\license.lf", true));
    assert!(is_it("opt/vendor/12.1/version", "opt/vendor/*/Version", false));
    assert!(!is_it("srv/opt/vendor/12.1/version", "opt/vendor/*/version", false));
    assert!(!is_it("opt/vendor/version", "opt/vendor/*/version", false));
    assert!(!is_it("license.lf", "License/license.lf", true));
}

#[test]
fn what_no_definition_reads_is_no_business_of_theirs() {
    let kept = Kept(Vec::new());
    assert_eq!(kept.of_file("etc/os-release", b"ID=debian"), None);
    assert_eq!(kept.of_program("/usr/bin/rpm -qa", b"x"), None);
}
