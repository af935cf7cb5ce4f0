use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::*;

use super::*;
use crate::enrol::csr::requested_key;

const NOW: Timestamp = Timestamp(1_795_300_000);

fn authorities() -> (tempfile::TempDir, Authorities) {
    let folder = tempfile::tempdir().unwrap();
    let authorities = Authorities::create(folder.path(), NOW).unwrap();
    (folder, authorities)
}

/// A request that names another machine; one that asks for more than a name never comes so far.
fn greedy_request() -> String {
    let mut wishes = CertificateParams::default();
    let another = MachineId::from_bytes([9; 16]);
    wishes.distinguished_name.push(DnType::CommonName, another.to_string());
    wishes.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
}

#[test]
fn a_leaf_is_what_the_collector_decides_and_nothing_the_request_asks_for() {
    let (_folder, authorities) = authorities();
    let machine = MachineId::from_bytes([7; 16]);
    let key = requested_key(&greedy_request()).unwrap();
    let issued = authorities.machines.issue_machine(machine, &key, NOW).unwrap();

    let der = CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap();
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    assert!(!leaf.is_ca());
    assert_eq!(leaf.subject().to_string(), format!("CN={machine}"));
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert!(matches!(names[..], [GeneralName::URI(uri)] if uri == machine.uri()), "{names:?}");
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    assert_eq!(leaf.validity().not_after.timestamp(), (NOW + LEAF_LIFE).0);
    assert_eq!(leaf.public_key().raw, key.der());
    assert_eq!(issued.record.serial.len(), 32);
}

#[test]
fn each_ca_issues_for_one_purpose_only_and_no_ca_stands_below_it() {
    let (_folder, authorities) = authorities();
    for (authority, client) in [(&authorities.machines, true), (&authorities.collectors, false)] {
        let (_, ca) = X509Certificate::from_der(authority.certificate().der()).unwrap();
        let constraints = ca.basic_constraints().unwrap().unwrap().value;
        assert!(constraints.ca && constraints.path_len_constraint == Some(0));
        let usage = ca.extended_key_usage().unwrap().unwrap().value;
        assert_eq!((usage.client_auth, usage.server_auth), (client, !client));
    }
    assert_ne!(authorities.machines.sha256(), authorities.collectors.sha256());
}

#[test]
fn names_and_addresses_of_the_collector_keep_their_kinds() {
    let (_folder, authorities) = authorities();
    let names = ["collector.example".to_owned(), "10.1.2.3".to_owned(), "::1".to_owned()];
    let issued = authorities.collectors.issue_collector(&names, NOW).unwrap();
    let (_, leaf) = X509Certificate::from_der(&issued.chain[0]).unwrap();
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert!(matches!(
        names[..],
        [GeneralName::DNSName("collector.example"), GeneralName::IPAddress(v4), GeneralName::IPAddress(v6)]
            if v4 == [10, 1, 2, 3] && v6.len() == 16
    ));
}

#[test]
fn authorities_are_made_once_and_their_keys_are_closed() {
    let (folder, authorities) = authorities();
    let again = Authorities::create(folder.path(), NOW + 5).unwrap();
    assert_eq!(again.machines.sha256(), authorities.machines.sha256());
    for key in ["root.key", "machine-ca.key", "collector-ca.key"] {
        let mode = fs::metadata(folder.path().join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    fs::set_permissions(folder.path().join("machine-ca.key"), fs::Permissions::from_mode(0o640))
        .unwrap();
    let error = Authorities::load(folder.path()).unwrap_err();
    assert!(matches!(error, CaError::OpenKey { mode: 0o640, .. }), "{error}");
}

#[test]
fn a_key_that_is_not_that_of_the_certificate_beside_it_is_not_used() {
    let (folder, _) = authorities();
    let [key, other] = ["machine-ca.key", "collector-ca.key"].map(|name| folder.path().join(name));
    fs::copy(other, &key).unwrap();
    let error = Authorities::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("machine-ca.key") && error.contains("does not belong"), "{error}");
}

#[test]
fn the_roots_key_may_lie_elsewhere_and_is_never_written_over() {
    let (folder, medium) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = medium.path().join("root.key");
    let authorities = Authorities::create_under(folder.path(), Some(&key), NOW).unwrap();
    assert!(authorities.root.is_some());
    assert!(!folder.path().join("root.key").exists());
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    Authorities::load(folder.path()).unwrap();

    let another = tempfile::tempdir().unwrap();
    let error = Authorities::create_under(another.path(), Some(&key), NOW).unwrap_err();
    assert!(matches!(error, CaError::KeyThere(_)), "{error}");
}
