//! The two issuing authorities of a collector, and the dates they give.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd,
};
use report::Timestamp;
use report::moment::DAY;
use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// One issuing authority.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: rcgen::Certificate,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { params, key, certificate }
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der());
        digest.as_ref().try_into().unwrap()
    }

    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.der()).unwrap();
        roots
    }

    /// A collector's key and chain for these names and addresses, the authority included. It began
    /// yesterday and ends in 89 days.
    pub(crate) fn collector(
        &self,
        names: &[&str],
        now: Timestamp,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (params.not_before, params.not_after) = dates(now, (-1, 89), date_time_ymd);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer()).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        (vec![leaf.der().clone(), self.der()], key)
    }

    /// A machine's certificate that began and ends so many days from `now`.
    pub(crate) fn machine(&self, csr: &str, now: Timestamp, days: (i64, i64)) -> String {
        let mut request = CertificateSigningRequestParams::from_pem(csr).unwrap();
        (request.params.not_before, request.params.not_after) = dates(now, days, date_time_ymd);
        request.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        request.signed_by(&self.issuer()).unwrap().pem()
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// The midnights before two days from `now`, as the library writes dates.
fn dates<T>(now: Timestamp, days: (i64, i64), date: fn(i32, u8, u8) -> T) -> (T, T) {
    let part = |number: u32| u8::try_from(number).unwrap();
    let midnight = |days: i64| {
        let (year, month, day) = (now + days * DAY).civil_date();
        date(i32::try_from(year).unwrap(), part(month), part(day))
    };
    (midnight(days.0), midnight(days.1))
}
