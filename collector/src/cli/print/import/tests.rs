use report::export::ExportError;

use super::*;
use crate::identities::Stranger;

#[test]
fn every_refusal_that_an_honest_file_can_meet_is_told_in_vietnamese() {
    let malformed = ExportError::Malformed(String::new());
    let exports = [ExportError::TooLarge, ExportError::Version(2), malformed];
    let strangers = [
        Stranger::UnknownCertificate,
        Stranger::IssuerRetired,
        Stranger::NotYetValid,
        Stranger::Expired,
        Stranger::Superseded,
        Stranger::Revoked,
    ];
    let own = [
        "export_signature",
        "export_not_allowed",
        "export_future",
        "export_old",
        "export_repeated",
        "old_sequence",
        "sequence_conflict",
        "foreign_report",
    ];
    let reasons = exports.iter().map(ExportError::reason);
    for reason in reasons.chain(strangers.map(Stranger::reason)).chain(own) {
        let told = refused(reason, "in English", Lang::Vi);
        assert!(!told.contains("in English"), "{reason}: {told}");
    }
    assert!(
        refused("too_deep", "the body is too deep", Lang::Vi).ends_with("the body is too deep")
    );
}

#[test]
fn whatever_is_no_export_is_pointed_to_the_register() {
    for lang in [Lang::Vi, Lang::En] {
        assert!(refused("export_malformed", "", lang).contains("register import"));
        assert!(!refused("export_old", "", lang).contains("register import"));
    }
}
