//! Certificate requests: proof that the asker holds a key, and nothing else.

use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::FromDer as _;

/// The public key of a certificate request. Names, extensions and constraints that the request
/// asks for are not in it, so nothing can copy them.
#[derive(Debug)]
pub struct RequestedKey {
    subject_public_key_info: Vec<u8>,
}

impl RequestedKey {
    /// The key as SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.subject_public_key_info
    }
}

/// Why a certificate request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// It cannot be read.
    #[error("the certificate request cannot be read")]
    Malformed,
    /// Its key is of another kind.
    #[error("the certificate request must carry an ECDSA key on P-256")]
    Key,
    /// The asker does not hold the key.
    #[error("the certificate request is not signed by its own key")]
    Signature,
}

/// Takes the public key out of a PKCS #10 request in PEM.
///
/// # Errors
/// When it cannot be read, carries a key of another kind, or is not signed by that key.
pub fn requested_key(pem: &str) -> Result<RequestedKey, RequestRefusal> {
    let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| RequestRefusal::Malformed)?;
    let (rest, request) =
        X509CertificationRequest::from_der(&der).map_err(|_| RequestRefusal::Malformed)?;
    if !rest.is_empty() {
        return Err(RequestRefusal::Malformed);
    }
    let key = &request.certification_request_info.subject_pki;
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY || curve != Some(OID_EC_P256) {
        return Err(RequestRefusal::Key);
    }
    request.verify_signature().map_err(|_| RequestRefusal::Signature)?;
    Ok(RequestedKey { subject_public_key_info: key.raw.to_vec() })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};

    use super::*;

    #[test]
    fn only_the_key_of_a_request_comes_through() {
        let key = KeyPair::generate().unwrap();
        let mut wishes = CertificateParams::new(vec!["collector.example".to_owned()]).unwrap();
        wishes.is_ca = rcgen::IsCa::NoCa;
        let pem = wishes.serialize_request(&key).unwrap().pem().unwrap();
        let requested = requested_key(&pem).unwrap();
        assert!(requested.der().ends_with(rcgen::PublicKeyData::der_bytes(&key)));
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let pem = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
        assert_eq!(requested_key(&pem).unwrap_err(), RequestRefusal::Key);
    }

    #[test]
    fn a_request_signed_by_another_key_is_refused() {
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let mut der = request.der().to_vec();
        // The last byte belongs to the signature's second number.
        *der.last_mut().unwrap() ^= 1;
        let pem = format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &der)
        );
        assert_eq!(requested_key(&pem).unwrap_err(), RequestRefusal::Signature);
    }

    #[test]
    fn rubbish_is_refused() {
        for text in
            ["", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
        {
            assert_eq!(requested_key(text).unwrap_err(), RequestRefusal::Malformed);
        }
    }
}
