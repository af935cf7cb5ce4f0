use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use report::Timestamp;

use super::*;

type Params = CertificateParams;

struct Authority {
    params: Params,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let params = authority_params(name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { params, key, certificate }
    }

    fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    fn issue(&self, params: &Params) -> CertificateDer<'static> {
        self.issue_for(params, &KeyPair::generate().unwrap())
    }

    fn issue_for(&self, params: &Params, key: &KeyPair) -> CertificateDer<'static> {
        let issuer = Issuer::from_params(&self.params, &self.key);
        params.signed_by(key, &issuer).unwrap().der().clone()
    }
}

fn authority_params(name: &str) -> Params {
    let mut params = Params::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A collector's certificate for all of 2026.
fn collector(names: &[&str]) -> Params {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = Params::new(names).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 12, 31);
    params
}

fn at(year: i64, month: u32) -> UnixTime {
    let moment = Timestamp::from_civil((year, month, 22), (0, 0, 0)).unwrap();
    UnixTime::since_unix_epoch(Duration::from_secs(moment.0.unsigned_abs()))
}

fn sha256(certificate: &CertificateDer<'_>) -> [u8; 32] {
    digest(&SHA256, certificate).as_ref().try_into().unwrap()
}

/// Verifies the chain as a machine with a token for `pinned` would, in November 2026.
fn verify(pinned: &Authority, chain: &[CertificateDer<'static>], name: &str) -> Result<(), Error> {
    verify_at(pinned, chain, name, at(2026, 11))
}

fn verify_at(
    pinned: &Authority,
    chain: &[CertificateDer<'static>],
    name: &str,
    now: UnixTime,
) -> Result<(), Error> {
    let (leaf, rest) = chain.split_first().unwrap();
    let name = ServerName::try_from(name).unwrap();
    PinnedAuthority::new(sha256(&pinned.certificate()))
        .verify_server_cert(leaf, rest, &name, &[], now)
        .map(|_| ())
}

fn certificate_error(result: Result<(), Error>) -> CertificateError {
    match result {
        Err(Error::InvalidCertificate(error)) => error,
        other => panic!("expected a certificate error, not {other:?}"),
    }
}

const NAME: &str = "collector.example";

#[test]
fn the_pinned_authoritys_own_collector_is_trusted() {
    let authority = Authority::new("ours");
    let leaf = authority.issue(&collector(&[NAME]));
    assert_eq!(verify(&authority, &[leaf, authority.certificate()], NAME), Ok(()));
}

#[test]
fn ip_addresses_are_names_too() {
    let authority = Authority::new("ours");
    let leaf = authority.issue(&collector(&["10.0.0.7", "::1"]));
    let chain = [leaf, authority.certificate()];
    assert_eq!(verify(&authority, &chain, "10.0.0.7"), Ok(()));
    assert_eq!(verify(&authority, &chain, "::1"), Ok(()));
    assert!(verify(&authority, &chain, "10.0.0.8").is_err());
}

#[test]
fn an_ip_address_written_as_a_dns_name_does_not_count() {
    let authority = Authority::new("ours");
    let mut params = collector(&[]);
    params.subject_alt_names = vec![rcgen::SanType::DnsName("10.0.0.7".try_into().unwrap())];
    let leaf = authority.issue(&params);
    assert!(verify(&authority, &[leaf, authority.certificate()], "10.0.0.7").is_err());
}

#[test]
fn a_chain_without_the_pinned_authority_is_refused_in_our_words() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let leaf = theirs.issue(&collector(&[NAME]));
    let error = certificate_error(verify(&ours, &[leaf, theirs.certificate()], NAME));
    let CertificateError::Other(OtherError(own)) = error else {
        panic!("not our words: {error:?}");
    };
    assert!(own.to_string().contains("not the collector that the join token names"));
}

#[test]
fn a_good_leaf_without_its_authority_in_the_chain_is_refused() {
    let authority = Authority::new("ours");
    let leaf = authority.issue(&collector(&[NAME]));
    assert!(verify(&authority, &[leaf], NAME).is_err());
}

#[test]
fn showing_the_pinned_authority_does_not_vouch_for_anothers_leaf() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let leaf = theirs.issue(&collector(&[NAME]));
    let chain = [leaf, theirs.certificate(), ours.certificate()];
    assert_eq!(certificate_error(verify(&ours, &chain, NAME)), CertificateError::UnknownIssuer);
}

#[test]
fn an_impostor_with_the_authoritys_name_is_refused() {
    let (ours, impostor) = (Authority::new("ours"), Authority::new("ours"));
    let leaf = impostor.issue(&collector(&[NAME]));
    let error = certificate_error(verify(&ours, &[leaf, ours.certificate()], NAME));
    assert_eq!(error, CertificateError::BadSignature);
}

#[test]
fn the_authority_itself_is_no_collector() {
    let authority = Authority::new("ours");
    let chain = [authority.certificate(), authority.certificate()];
    assert!(verify(&authority, &chain, NAME).is_err());
}

#[test]
fn what_an_intermediate_of_the_authority_issued_is_refused() {
    let ours = Authority::new("ours");
    let below = Authority::new("below");
    let below_certificate = ours.issue_for(&below.params, &below.key);
    let leaf = below.issue(&collector(&[NAME]));
    let chain = [leaf, below_certificate, ours.certificate()];
    assert_eq!(certificate_error(verify(&ours, &chain, NAME)), CertificateError::UnknownIssuer);
}

#[test]
fn another_name_is_refused() {
    let authority = Authority::new("ours");
    let leaf = authority.issue(&collector(&["other.example"]));
    assert!(matches!(
        certificate_error(verify(&authority, &[leaf, authority.certificate()], NAME)),
        CertificateError::NotValidForNameContext { .. }
    ));
}

#[test]
fn a_certificate_out_of_its_dates_is_refused() {
    let authority = Authority::new("ours");
    let leaf = authority.issue(&collector(&[NAME]));
    let chain = [leaf, authority.certificate()];
    assert!(matches!(
        certificate_error(verify_at(&authority, &chain, NAME, at(2027, 1))),
        CertificateError::ExpiredContext { .. }
    ));
    assert!(matches!(
        certificate_error(verify_at(&authority, &chain, NAME, at(2025, 12))),
        CertificateError::NotValidYetContext { .. }
    ));
}

#[test]
fn a_machines_certificate_does_not_make_a_collector() {
    let authority = Authority::new("ours");
    let mut params = collector(&[NAME]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = authority.issue(&params);
    assert!(matches!(
        certificate_error(verify(&authority, &[leaf, authority.certificate()], NAME)),
        CertificateError::InvalidPurposeContext { .. }
    ));
}
