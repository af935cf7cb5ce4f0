//! What the registry door promises.

use proptest::prelude::*;

use super::*;
use crate::host::files::ReadErrorKind;
use crate::host::recorded::Machine;

const VENDOR: &str = r#"
[HKEY_LOCAL_MACHINE\SOFTWARE\Hãng Giả\Main]
@="mặc định"
"Path"="C:\\Program Files\\Hãng \"Giả\""
"Age"=dword:0000001f
; a comment
"When"=hex(b):00,80,3e,d5,de,b1,9d,01
"Blob"=hex:01,02,\
  03,ff
"Expand"=hex(2):25,00,41,00,25,00,00,00
"Several"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00
"None"=hex(0):
"Gone"="x"
"Gone"=-

[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Hãng Giả\Old]
"Version"="9"

[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Hãng Giả\MAIN]
"Path"="old"
"Extra"="e"

[HKEY_LOCAL_MACHINE\SOFTWARE\Hãng Giả\Removed\Below]
[-HKEY_LOCAL_MACHINE\SOFTWARE\Hãng Giả\Removed]
"#;

const MAIN: &str = r"HKLM\SOFTWARE\Hãng Giả\Main";

fn registry() -> Registry {
    let machine = Machine::windows().with_registry(VENDOR);
    let registry = machine.host().registry().clone();
    // It is read when it is first asked, and the machine does not live as long.
    assert_eq!(registry.exists(View::Native, MAIN), Ok(true));
    registry
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn every_kind_of_value_is_read() {
    let registry = registry();
    let value = |name| registry.value(View::Native, MAIN, name).unwrap();
    assert_eq!(value(""), text("mặc định"));
    assert_eq!(value("path"), text(r#"C:\Program Files\Hãng "Giả""#));
    assert_eq!(value("AGE"), Value::Number(31));
    assert_eq!(value("When"), Value::Number(0x019d_b1de_d53e_8000));
    assert_eq!(value("Blob"), Value::Binary(vec![1, 2, 3, 255]));
    assert_eq!(value("Expand"), text("%A%"));
    assert_eq!(value("Several"), Value::List(vec!["a".to_owned(), "bc".to_owned()]));
    assert_eq!(value("None"), Value::Binary(vec![]));
}

#[test]
fn what_was_deleted_is_not_there() {
    let registry = registry();
    assert!(registry.value(View::Native, MAIN, "Gone").unwrap_err().is_not_found());
    let removed = r"HKLM\SOFTWARE\Hãng Giả\Removed";
    assert_eq!(registry.exists(View::Native, removed), Ok(false));
    assert_eq!(registry.exists(View::Native, &format!(r"{removed}\Below")), Ok(false));
    assert_eq!(registry.keys(View::Native, r"HKLM\SOFTWARE\Hãng Giả").unwrap(), ["Main"]);
}

#[test]
fn a_key_that_programs_of_32_bits_wrote_is_found_in_both_views() {
    let registry = registry();
    let old = r"hkey_local_machine\Software\hãng giả\old";
    let version = |view| registry.value(view, old, "Version");
    assert!(version(View::Native).unwrap_err().is_not_found());
    assert_eq!(version(View::Wow64), Ok(text("9")));
    assert_eq!(version(View::Both), Ok(text("9")));
    let named = r"HKLM\SOFTWARE\WOW6432Node\Hãng Giả\Old";
    for view in [View::Native, View::Wow64, View::Both] {
        assert_eq!(registry.value(view, named, "Version"), Ok(text("9")), "{view:?}");
    }
}

#[test]
fn of_both_views_the_native_one_comes_first_and_names_come_once() {
    let registry = registry();
    assert!(
        matches!(registry.value(View::Both, MAIN, "Path"), Ok(Value::Text(path)) if path != "old")
    );
    assert_eq!(registry.value(View::Both, MAIN, "Extra"), Ok(text("e")));
    assert_eq!(registry.keys(View::Both, r"HKLM\SOFTWARE\Hãng Giả").unwrap(), ["Main", "Old"]);
    let names = registry.values(View::Both, MAIN).unwrap();
    assert_eq!(names, ["", "Age", "Blob", "Expand", "Extra", "None", "Path", "Several", "When"]);
}

#[test]
fn outside_of_software_both_views_are_one() {
    let machine = Machine::windows().with_registry(
        r#"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\WinDefend]
"Start"=dword:2
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft]
"A"="b""#,
    );
    let host = machine.host();
    let value = |key, name| host.registry().value(View::Wow64, key, name);
    let service = r"HKLM\SYSTEM\CurrentControlSet\Services\WinDefend";
    assert_eq!(value(service, "Start"), Ok(Value::Number(2)));
    assert_eq!(value(r"HKLM\SOFTWARE\Policies\Microsoft", "A"), Ok(text("b")));
}

#[test]
fn a_key_that_may_not_be_read_is_not_taken_for_one_that_is_not_there() {
    let machine =
        Machine::windows().with_registry(VENDOR).denied("registry.reg/HKLM/SOFTWARE/Hãng Giả/Old");
    let host = machine.host();
    let read = host.registry().value(View::Both, r"HKLM\SOFTWARE\Hãng Giả\Old", "Version");
    assert_eq!(read.unwrap_err().kind, ReadErrorKind::AccessDenied);
    assert!(host.registry().value(View::Native, MAIN, "Path").is_ok());
}

fn export() -> String {
    format!("Windows Registry Editor Version 5.00\n{VENDOR}").replace('\n', "\r\n")
}

fn utf16_export() -> Vec<u8> {
    let wide: Vec<u8> = export().encode_utf16().flat_map(u16::to_le_bytes).collect();
    [b"\xff\xfe", &wide[..]].concat()
}

#[test]
fn utf_16_as_windows_writes_it_reads_the_same() {
    let bytes = utf16_export();
    assert_eq!(reg::parse(&bytes), reg::parse(export().as_bytes()));
    assert!(reg::parse(&bytes).is_ok());
    assert!(reg::parse(&bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn a_damaged_registry_says_where_and_answers_nothing() {
    for (body, line) in [
        ("[HKEY_LOCAL_MACHINE\\A\n", 3),
        ("\"A\"=\"b\"\n", 3),
        ("[HKEY_LOCAL_MACHINE\\A]\n\"A\"=dword:12345678f\n", 4),
        ("[HKEY_LOCAL_MACHINE\\A]\n\n\"A\"=hex:0g\n", 5),
        ("[HKEY_LOCAL_MACHINE\\A]\n\"A\"=hex:01,\\\n", 4),
        ("[HKEY_LOCAL_MACHINE\\A]\n\"A\"=\"no end\n", 4),
        ("[HKEY_LOCAL_MACHINE\\A]\n\"A\"=\"b\" c\n", 4),
        ("[HKEY_LOCAL_MACHINE\\A]\n\"A\"=+5\n", 4),
        ("what\n", 3),
    ] {
        let machine = Machine::windows().with_registry(body);
        let error = machine.host().registry().exists(View::Native, r"HKLM\B").unwrap_err();
        let said = error.to_string();
        assert!(matches!(error.kind, ReadErrorKind::Damaged(_)), "{body:?}: {said}");
        assert!(said.contains(&format!("line {line}:")), "{body:?}: {said}");
    }
}

#[test]
fn a_machine_without_registry_has_no_such_source() {
    let host = Machine::empty().host();
    let read = host.registry().keys(View::Both, "HKLM");
    assert_eq!(read.unwrap_err().kind, ReadErrorKind::NotSupported);
}

#[test]
fn a_number_of_the_wrong_size_stays_bytes() {
    assert_eq!(reg::typed(4, vec![1, 0, 0]), Value::Binary(vec![1, 0, 0]));
    assert_eq!(reg::typed(1, vec![b'a']), Value::Binary(vec![b'a']));
    assert_eq!(reg::typed(1, vec![b'a', 0]), text("a"));
    assert_eq!(reg::typed(5, vec![0, 0, 1, 2]), Value::Number(258));
}

fn damaged_export() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\n",
        "\\",
        "\"",
        "=",
        "[",
        "]",
        "-",
        "@",
        ",",
        "hex(7):",
        "dword:",
        "\0",
        "ồ",
        ";",
        "a",
        "[HKEY_LOCAL_MACHINE\\A]\n",
        "\"b\"=hex:01,\\\n",
        "hex(b):ff",
        "[-HKLM]",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_export_brings_the_parser_down(body in damaged_export()) {
        let text = format!("Windows Registry Editor Version 5.00\n{body}");
        let _ = reg::parse(text.as_bytes());
    }

    #[test]
    fn a_text_is_read_back_as_it_was_written(name in "[^\\\\\"\r]{1,20}", text in "[^\r]{0,40}") {
        let escaped = text.replace('\\', r"\\").replace('"', "\\\"");
        let export = format!("Windows Registry Editor Version 5.00\n\n[HKLM\\A]\n\"{name}\"=\"{escaped}\"\n");
        let tree = reg::parse(export.as_bytes()).unwrap();
        prop_assert_eq!(&tree[r"hklm\a"].values[&folded(&name)], &(name, Value::Text(text)));
    }
    #[test]
    fn no_damaged_byte_of_a_real_export_brings_the_parser_down(
        cut in any::<prop::sample::Index>(),
        flipped in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = utf16_export();
        *flipped.get_mut(&mut bytes) ^= byte;
        let _ = reg::parse(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = reg::parse(&bytes);
    }
}
