use super::*;

const CA: [u8; 32] = [1; 32];
const NEXT_CA: [u8; 32] = [2; 32];
const MACHINE: MachineId = MachineId::from_bytes([7; 16]);

fn certificate(bytes: &'static [u8]) -> CertificateDer<'static> {
    CertificateDer::from(bytes)
}

fn record(bytes: &'static [u8]) -> CertificateRecord {
    CertificateRecord {
        sha256: Sha256::digest(bytes).into(),
        serial: String::new(),
        machine: MACHINE,
        issuer: CA,
        not_before: Timestamp(100),
        not_after: Timestamp(200),
        used_at: None,
        ends_at: None,
    }
}

fn identities() -> Identities {
    Identities::new(vec![CA], [record(b"old")].iter().collect(), std::iter::empty())
}

fn refused(identities: &Identities, at: i64) -> Stranger {
    identities.authenticate(Some(&certificate(b"old")), Timestamp(at)).unwrap_err()
}

#[test]
fn an_agent_knows_by_the_reason_when_no_other_report_would_be_taken() {
    let all = [
        (Stranger::NoCertificate, false),
        (Stranger::UnknownCertificate, true),
        (Stranger::IssuerRetired, true),
        (Stranger::NotYetValid, false),
        (Stranger::Expired, false),
        (Stranger::Superseded, true),
        (Stranger::Revoked, true),
        (Stranger::TooManyClones, false),
    ];
    for (stranger, expected) in all {
        let refusal = crate::problem::Refusal::from(stranger);
        let is_shut_out = report::wire::SHUT_OUT.contains(&stranger.reason());
        assert_eq!(is_shut_out, expected, "{stranger:?}");
        assert!(!is_shut_out || refusal.status.as_u16() == 403, "{stranger:?}");
    }
}

#[test]
fn a_certificate_speaks_for_its_machine_within_its_dates() {
    let identities = identities();
    let speaker = identities.authenticate(Some(&certificate(b"old")), Timestamp(150)).unwrap();
    assert_eq!(speaker.machine(), MACHINE);
    assert_eq!(refused(&identities, 99), Stranger::NotYetValid);
    assert_eq!(refused(&identities, 201), Stranger::Expired);
    assert_eq!(identities.authenticate(None, Timestamp(150)), Err(Stranger::NoCertificate));
    let foreign = certificate(b"forged with the same serial");
    assert_eq!(
        identities.authenticate(Some(&foreign), Timestamp(150)),
        Err(Stranger::UnknownCertificate)
    );
}

#[test]
fn revocation_acts_on_the_next_request() {
    let mut identities = identities();
    identities.revoke(MACHINE);
    assert_eq!(refused(&identities, 150), Stranger::Revoked);
    let renewal = identities.authenticate_for_renewal(Some(&certificate(b"old")), Timestamp(150));
    assert_eq!(renewal, Err(Stranger::Revoked));
}

#[test]
fn a_retired_issuer_speaks_for_nobody() {
    let identities =
        Identities::new(vec![NEXT_CA], [record(b"old")].iter().collect(), std::iter::empty());
    assert_eq!(refused(&identities, 150), Stranger::IssuerRetired);
}

#[test]
fn the_old_certificate_ends_when_the_new_one_is_used_or_after_the_overlap() {
    let mut identities = identities();
    identities.issued(&record(b"new"), Some(Timestamp(180)));
    let old = certificate(b"old");
    assert!(identities.authenticate(Some(&old), Timestamp(179)).is_ok());
    assert_eq!(refused(&identities, 180), Stranger::Superseded);
    let lost = identities.authenticate_for_renewal(Some(&old), Timestamp(180));
    assert_eq!(lost.map(RenewingMachine::machine), Ok(MACHINE), "the answer was lost");

    let new = identities.authenticate(Some(&certificate(b"new")), Timestamp(150)).unwrap();
    identities.used(new.first_use().unwrap(), Timestamp(150));
    assert_eq!(refused(&identities, 150), Stranger::Superseded);
    assert_eq!(
        identities.authenticate_for_renewal(Some(&old), Timestamp(150)),
        Err(Stranger::Superseded)
    );
    let again = identities.authenticate(Some(&certificate(b"new")), Timestamp(151)).unwrap();
    assert_eq!(again.first_use(), None);
}

#[test]
fn an_expired_identity_may_renew_itself_for_a_while_and_do_nothing_else() {
    let identities = identities();
    let old = certificate(b"old");
    let last = Timestamp(200 + RENEWAL_GRACE);
    assert!(identities.authenticate_for_renewal(Some(&old), last).is_ok());
    assert_eq!(identities.authenticate_for_renewal(Some(&old), last + 1), Err(Stranger::Expired));
    assert_eq!(refused(&identities, 201), Stranger::Expired);
}

fn by(issuer: [u8; 32], record: CertificateRecord) -> CertificateRecord {
    CertificateRecord { issuer, ..record }
}

#[test]
fn a_renewal_is_no_business_of_another_machine() {
    let mut identities = identities();
    let (before, after) = (MachineId::from_bytes([6; 16]), MachineId::from_bytes([8; 16]));
    for (machine, bytes) in [(before, &b"before"[..]), (after, &b"after"[..])] {
        identities.issued(&CertificateRecord { machine, ..record(bytes) }, None);
    }
    identities.issued(&record(b"new"), Some(Timestamp(180)));
    let new = identities.authenticate(Some(&certificate(b"new")), Timestamp(150)).unwrap();
    identities.used(new.first_use().unwrap(), Timestamp(150));
    for bytes in [&b"before"[..], b"after"] {
        assert!(identities.authenticate(Some(&certificate(bytes)), Timestamp(200)).is_ok());
    }
    assert_eq!(refused(&identities, 150), Stranger::Superseded);
}

#[test]
fn what_was_over_before_the_certificate_in_use_began_is_forgotten() {
    let mut identities = identities();
    let dated = |bytes, from, until| CertificateRecord {
        not_before: Timestamp(from),
        not_after: Timestamp(until),
        ..record(bytes)
    };
    for (bytes, from, until) in [(&b"second"[..], 150, 250), (b"third", 201, 300)] {
        identities.issued(&dated(bytes, from, until), Some(Timestamp(from + 10)));
        assert_eq!(refused(&identities, 201), Stranger::Superseded, "nothing is used yet");
        let sha256 = Sha256::digest(bytes).into();
        identities.used(sha256, Timestamp(from + 1));
    }
    assert_eq!(refused(&identities, 202), Stranger::UnknownCertificate);
    let second = identities.authenticate(Some(&certificate(b"second")), Timestamp(202));
    assert_eq!(second, Err(Stranger::Superseded));
    assert_eq!(identities.certificates.len(), 2);
}

#[test]
fn both_authorities_are_accepted_while_one_takes_the_place_of_the_other() {
    let certificates = [record(b"old"), by(NEXT_CA, record(b"new"))];
    let identities =
        Identities::new(vec![NEXT_CA, CA], certificates.iter().collect(), std::iter::empty());
    let who = |bytes| identities.authenticate(Some(&certificate(bytes)), Timestamp(150)).unwrap();
    assert!(who(b"old").should_renew(), "its authority issues no more");
    assert!(!who(b"new").should_renew());
}

#[test]
fn a_machine_has_come_over_when_it_has_used_a_certificate_of_the_new_authority() {
    // All of the same second, and by their hashes before and behind the old one.
    for new in [&b"new"[..], b"newer", b"newest", b"another", b"one more", b"the last"] {
        let mut identities = Identities::new(
            vec![NEXT_CA, CA],
            [record(b"old")].iter().collect(),
            std::iter::empty(),
        );
        identities.used(Sha256::digest(b"old").into(), Timestamp(110));
        identities.issued(&by(NEXT_CA, record(new)), Some(Timestamp(180)));
        assert_eq!(identities.left_behind(), [MACHINE].into(), "the answer may have been lost");
        assert_eq!(identities.by_issuer(), ByIssuer { former: 1, ..ByIssuer::default() });
        identities.used(Sha256::digest(new).into(), Timestamp(150));
        assert!(identities.left_behind().is_empty(), "{new:?}");
        assert_eq!(identities.by_issuer(), ByIssuer { current: 1, ..ByIssuer::default() });
    }
}

#[test]
fn a_new_machine_has_come_over_before_its_first_word_and_a_revoked_one_does_not_count() {
    let gone = MachineId::from_bytes([9; 16]);
    let certificates =
        [by(NEXT_CA, record(b"new")), CertificateRecord { machine: gone, ..record(b"gone") }];
    let of = |issuers: &[[u8; 32]], standing| {
        let standings = [(gone, standing)].into_iter();
        Identities::new(issuers.to_vec(), certificates.iter().collect(), standings)
    };
    let during = of(&[NEXT_CA, CA], Standing::Current);
    assert_eq!(during.left_behind(), [gone].into());
    assert_eq!(during.by_issuer(), ByIssuer { current: 1, former: 1, retired: 0 });
    let revoked = of(&[NEXT_CA, CA], Standing::Revoked);
    assert!(revoked.left_behind().is_empty());
    assert_eq!(revoked.by_issuer(), ByIssuer { current: 1, former: 0, retired: 0 });
    let after = of(&[NEXT_CA], Standing::Current);
    assert!(after.left_behind().is_empty(), "it is shut out already");
    assert_eq!(after.by_issuer(), ByIssuer { current: 1, former: 0, retired: 1 });
}

#[test]
fn a_file_is_taken_from_whoever_may_renew_and_from_nobody_else() {
    let mut identities = identities();
    let old = certificate(b"old");
    let file = |identities: &Identities, at: i64| {
        identities.authenticate_file(&old, Timestamp(at)).map(|signer| signer.machine())
    };
    assert_eq!(file(&identities, 99), Err(Stranger::NotYetValid));
    assert_eq!(file(&identities, 200 + RENEWAL_GRACE), Ok(MACHINE), "it cannot renew in time");
    assert_eq!(file(&identities, 201 + RENEWAL_GRACE), Err(Stranger::Expired));
    let stranger = identities.authenticate_file(&certificate(b"forged"), Timestamp(150));
    assert_eq!(stranger, Err(Stranger::UnknownCertificate));

    identities.issued(&record(b"new"), Some(Timestamp(160)));
    assert_eq!(file(&identities, 170), Ok(MACHINE), "the answer to the renewal was lost");
    identities.used(Sha256::digest(b"new").into(), Timestamp(170));
    assert_eq!(file(&identities, 171), Err(Stranger::Superseded));
    identities.revoke(MACHINE);
    assert_eq!(file(&identities, 171), Err(Stranger::Revoked));
}
