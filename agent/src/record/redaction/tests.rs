//! What must not stay, and what must.

use proptest::prelude::*;

use super::*;

fn clean(text: &str) -> String {
    Redaction::default().text(text)
}

#[test]
fn what_is_secret_or_personal_keeps_only_its_shape() {
    for (text, expected) in [
        ("OWNED=\"lan.nguyen@stp.example.vn\"", "OWNED=\"xxx.xxxxxx@xxx.xxxxxxx.xx\""),
        ("mail to <lan@example.vn>, now", "mail to <xxx@xxxxxxx.xx>, now"),
        (
            "S-1-5-21-1004336348-1177238915-682003330-512 is",
            "S-1-5-21-0000000000-0000000000-000000000-000 is",
        ),
        (r"C:\Users\Lan Nguyễn\AppData\x.log", r"C:\Users\Xxx Xxxxxx\AppData\x.log"),
        (r#"{"a": "C:\\Users\\lan\\x"}"#, r#"{"a": "C:\\Users\\xxx\\x"}"#),
        ("scan /home/lan.nguyen/Tải xuống", "scan /home/xxx.xxxxxx/Tải xuống"),
        ("home/lan/clamd.conf", "home/xxx/clamd.conf"),
        ("(ABCD1-EFGH2-IJKL3-MNOP4-QRST5)", "(XXXX0-XXXX0-XXXX0-XXXX0-XXXX0)"),
        ("1A2B-3C4D-5E6F-7G8H", "0X0X-0X0X-0X0X-0X0X"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer xxx.xxx"),
        ("x eyJhbGciOi.eyJzdWIi.c2ln y", "x xxXxxXxxXx.xxXxxXXx.x0xx y"),
        ("License number 0123-ab, expires 2026", "License number 0000-xx, expires 2026"),
        ("version = 7.2.0tags=office,", "version = 7.2.0tags=xxxxxx,"),
        ("Site-Key: g_1a2b", "Site-Key: x_0x0x"),
        (
            "  \"orgId\" : \"stp-1\", \"healthy\": true",
            "  \"orgId\" : \"xxx-0\", \"healthy\": true",
        ),
        ("cid=\"0A1B\", aid=\"2c\", rfm-state=false", "cid=\"0X0X\", aid=\"0x\", rfm-state=false"),
        ("Customer ID = 77, next", "Customer ID = 00, next"),
        ("id 4c4c4544-0042-3510-8056-b7c04f4d3332", "id 0x0x0000-0000-0000-0000-x0x00x0x0000"),
        ("sha 0a0b0c0d0e0f0a0b0c0d0e0f", "sha 0x0x0x0x0x0x0x0x0x0x0x0x"),
        ("http://lan:pw1@proxy:80/x?t=9 end", "http://xxx:xx0@proxy:80/x?x=0 end"),
    ] {
        assert_eq!(clean(text), expected, "{text}");
    }
}

#[test]
fn what_a_probe_reads_stays_as_it_is() {
    for text in [
        "Package: libboost-iostreams1.74.0\nVersion: 1:1.4.6+dfsg-0+deb12u1\n",
        "ClamAV-VDB:21 Nov 2026 07-24 +0000:27853:2079:90:",
        "definitionsUpdated: 2026-11-20T03:00:00Z",
        "\"engine_version\": \"1.1.24080.11\", \"releaseRing\": \"Production\"",
        "AntivirusSignatureVersion=1.441.336.0",
        "License expires: 2027-01-31",
        "Key expiration date: 2026-12-31",
        "URIs: http://deb.debian.org/debian/",
        "2026-11-22 03:00:00 status installed clamav:amd64 1.4.3+dfsg-1~deb12u1",
        r"C:\Users\Public\x C:\Program Files\ESET\ekrn.exe",
        "/var/lib/clamav/daily.cld /srv/home-page",
    ] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn what_a_machine_and_its_people_are_called_is_masked_wherever_it_stands_alone() {
    let mut redaction = Redaction::default();
    redaction.learn("STP-HoTich-01");
    redaction.learn_people("log /home/lan.nguyen/x");
    for common in ["debian", "pc", "Server"] {
        redaction.learn(common);
    }
    let text = "stp-hotich-01: Lan.Nguyen on debian pc server (stp-hotich-011)";
    let expected = "xxx-xxxxxx-00: Xxx.Xxxxxx on debian pc server (stp-hotich-011)";
    assert_eq!(redaction.text(text), expected);
}

#[test]
fn a_name_keeps_its_guid_and_loses_its_people() {
    let redaction = Redaction::default();
    let guid = r"HKLM\SOFTWARE\Classes\{D68DDC3A-831F-4FAE-9E44-DA132C1ACF46}";
    assert_eq!(redaction.name(guid), guid);
    assert_eq!(redaction.name(r"HKU\S-1-5-21-7-8-9-1001"), r"HKU\S-1-5-21-0-0-0-0000");
    assert_eq!(redaction.name(r"HKU\S-1-12-1-7-8-9-10"), r"HKU\S-1-12-1-0-0-0-00");
    assert_eq!(redaction.name("home/lan/clamd.conf"), "home/xxx/clamd.conf");
}

proptest! {
    #[test]
    fn masking_ends_nothing_and_keeps_every_letter_a_letter(text in ".{0,200}") {
        let mut redaction = Redaction::default();
        redaction.learn("ngọc");
        redaction.learn_people(&text);
        for clean in [redaction.text(&text), redaction.name(&text)] {
            prop_assert_eq!(clean.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn an_address_is_masked_whatever_stands_around_it(
        before in "[^\\n]{0,20}",
        after in "[ ,;>\"'\\n].{0,20}",
    ) {
        let text = format!("{before} lan.nguyen@stp.example.vn{after}");
        prop_assert!(!clean(&text).contains("nguyen@"));
    }
}
