use rcgen::{CertificateParams, KeyPair, SigningKey as _};

use super::*;
use crate::policy::fixtures::{NOW, set};

const SILENCE: i64 = 45 * DAY;

/// A file of this report, signed by this key over these bytes, under a certificate of that one.
fn file(key: &KeyPair, of: &KeyPair, report: &str, signed: &[u8]) -> Export {
    let certificate = CertificateParams::default().self_signed(of).unwrap();
    Export {
        certificate: certificate.der().to_vec(),
        report: report.to_owned(),
        signature: key.sign(signed).unwrap(),
    }
}

fn reason(checked: Result<(), Refusal>) -> &'static str {
    checked.map_or_else(|refusal| refusal.reason, |()| "none")
}

#[test]
fn only_the_certificates_own_key_signs_and_only_this_report_for_this_purpose() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let signed = signed_bytes("{}");
    let good = file(&key, &key, "{}", &signed);
    assert_eq!(reason(check_signature(&good)), "none");
    for forged in [
        file(&other, &key, "{}", &signed),
        file(&key, &key, "{ }", &signed),
        file(&key, &key, "{}", b"{}"),
        Export { signature: Vec::new(), ..good.clone() },
        Export { certificate: b"no certificate".to_vec(), ..good },
    ] {
        assert_eq!(reason(check_signature(&forged)), "export_signature");
    }
}

#[test]
fn a_file_is_of_the_time_for_files_and_of_tomorrow_at_the_latest() {
    let set = set("", &[]);
    for (sent_at, expected) in [
        (NOW - SILENCE, "none"),
        (NOW - SILENCE - 1, "export_old"),
        (NOW + DAY, "none"),
        (NOW + DAY + 1, "export_future"),
        (Timestamp(0), "export_old"),
        (Timestamp(i64::MIN), "export_old"),
        (Timestamp(i64::MAX), "export_future"),
    ] {
        assert_eq!(reason(check_age(&set, sent_at, NOW)), expected, "{sent_at:?}");
    }
}

#[test]
fn holidays_prolong_the_time_for_files() {
    let targets = "holidays = [{ from = 2026-11-01, until = 2026-11-03 }]";
    let shipped = crate::policy::starter::starter_files();
    let (_, text) = shipped.iter().find(|(path, _)| *path == "targets.toml").unwrap();
    let (before, rest) = text.split_once("holidays = [").unwrap();
    let (_, after) = rest.split_once("\n]").unwrap();
    let set = set("", &[("targets.toml", &format!("{before}{targets}{after}"))]);
    assert_eq!(reason(check_age(&set, NOW - SILENCE - 3 * DAY, NOW)), "none");
    assert_eq!(reason(check_age(&set, NOW - SILENCE - 3 * DAY - 1, NOW)), "export_old");
}

#[test]
fn a_row_belongs_to_whoever_holds_it_and_to_nobody_who_waits_for_it() {
    let holders = Standing::ALL.map(|standing| (standing, holds_a_row(standing)));
    let expected = [
        (Standing::Current, true),
        (Standing::Pending, false),
        (Standing::Clone, true),
        (Standing::Revoked, false),
    ];
    assert_eq!(holders, expected);
}
