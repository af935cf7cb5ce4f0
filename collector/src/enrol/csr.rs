//! Certificate requests: proof that the asker holds a key, and nothing else.

use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::FromDer as _;

/// The public key of a certificate request. The subject that the request names is not in it, so
/// nothing can copy it.
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
    /// It asks for names, uses or powers. No agent does, and nobody would get them: whoever tries is
    /// better seen than silently given less.
    #[error(
        "the certificate request asks for extensions or other attributes: the collector alone \
         decides what a certificate says; send a request for a key and nothing else"
    )]
    Wishes,
    /// The asker does not hold the key.
    #[error("the certificate request is not signed by its own key")]
    Signature,
}

impl RequestRefusal {
    /// The label of `lachan_refusals_total`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Wishes => "certificate_wishes",
            Self::Malformed | Self::Key | Self::Signature => "certificate_request",
        }
    }
}

/// Takes the public key out of a PKCS #10 request in PEM.
///
/// # Errors
/// When it cannot be read, asks for anything more than a certificate, carries a key of another kind,
/// or is not signed by that key.
pub fn requested_key(pem: &str) -> Result<RequestedKey, RequestRefusal> {
    let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| RequestRefusal::Malformed)?;
    let (rest, request) =
        X509CertificationRequest::from_der(&der).map_err(|_| RequestRefusal::Malformed)?;
    if !rest.is_empty() {
        return Err(RequestRefusal::Malformed);
    }
    if !request.certification_request_info.attributes().is_empty() {
        return Err(RequestRefusal::Wishes);
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
    use rcgen::{
        Attribute, BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose,
        IsCa, KeyPair, KeyUsagePurpose, PKCS_ED25519, SanType,
    };

    use super::*;

    fn pem(params: &CertificateParams, key: &KeyPair) -> String {
        params.serialize_request(key).unwrap().pem().unwrap()
    }

    #[test]
    fn only_the_key_of_a_request_comes_through() {
        let key = KeyPair::generate().unwrap();
        let mut named = CertificateParams::default();
        named.distinguished_name.push(rcgen::DnType::CommonName, "collector.example");
        let requested = requested_key(&pem(&named, &key)).unwrap();
        assert!(requested.der().ends_with(rcgen::PublicKeyData::der_bytes(&key)));
    }

    #[test]
    fn whoever_asks_for_more_than_a_certificate_gets_none() {
        let with = |wish: &dyn Fn(&mut CertificateParams)| {
            let mut params = CertificateParams::default();
            wish(&mut params);
            params
        };
        let another = || SanType::URI("lachan://machine/07".try_into().unwrap());
        let wishes = [
            with(&|of| {
                of.subject_alt_names = vec![SanType::DnsName("c.example".try_into().unwrap())]
            }),
            with(&|of| of.subject_alt_names = vec![another()]),
            with(&|of| of.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
            with(&|of| of.key_usages = vec![KeyUsagePurpose::KeyCertSign]),
            with(&|of| of.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            with(&|of| {
                let own = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
                of.custom_extensions = vec![own];
            }),
        ];
        let key = KeyPair::generate().unwrap();
        for wish in wishes {
            let refused = requested_key(&pem(&wish, &key)).unwrap_err();
            assert_eq!(refused, RequestRefusal::Wishes, "{wish:?}");
        }
    }

    #[test]
    fn an_attribute_that_nobody_knows_is_a_wish_too() {
        // The extensions as some Windows tools ask for them.
        let oid = &[1, 3, 6, 1, 4, 1, 311, 2, 1, 14];
        let attributes = vec![Attribute { oid, values: vec![0x31, 2, 0x30, 0] }];
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::default();
        let request = params.serialize_request_with_attributes(&key, attributes).unwrap();
        let refused = requested_key(&request.pem().unwrap()).unwrap_err();
        assert_eq!(refused, RequestRefusal::Wishes);
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
