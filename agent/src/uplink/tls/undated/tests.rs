use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs::default_provider;

use super::*;
use crate::uplink::tls::pinned::PinnedAuthority;

const NAME: &str = "collector.example";

struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "collector CA");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { params, key, certificate }
    }

    /// A certificate for November and December 2026.
    fn leaf(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> CertificateDer<'static> {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        params.not_before = date_time_ymd(2026, 11, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
        let issuer = Issuer::from_params(&self.params, &self.key);
        params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().clone()
    }

    fn collector(&self) -> CertificateDer<'static> {
        self.leaf(NAME, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Both ways to trust it: that of an identity, and that of a join token.
    fn trusted(&self) -> [Arc<dyn ServerCertVerifier>; 2] {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(default_provider());
        let roots = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.certificate);
        let pinned = PinnedAuthority::new(digest.as_ref().try_into().unwrap());
        [roots.build().unwrap(), Arc::new(pinned)]
    }

    /// Whether a leaf is accepted in a year, by each way to trust: (with its dates, without).
    fn accepts(&self, leaf: &CertificateDer<'static>, year: i64) -> [(bool, bool); 2] {
        let name = ServerName::try_from(NAME).unwrap();
        let at = Timestamp::from_civil((year, 11, 22), (0, 0, 0)).unwrap();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at.0.unsigned_abs()));
        let chain = [self.certificate.clone()];
        self.trusted().map(|trusted| {
            let aside = DatesAside(Arc::clone(&trusted));
            let verify = |verifier: &dyn ServerCertVerifier| {
                verifier.verify_server_cert(leaf, &chain, &name, &[], at).is_ok()
            };
            (verify(&*trusted), verify(&aside))
        })
    }
}

#[test]
fn the_dates_of_the_collectors_certificate_are_put_aside() {
    let authority = Authority::new();
    let leaf = authority.collector();
    for year in [1970, 2009, 2040, 9000] {
        assert_eq!(authority.accepts(&leaf, year), [(false, true); 2], "{year}");
    }
    assert_eq!(authority.accepts(&leaf, 2026), [(true, true); 2]);
}

#[test]
fn nothing_else_is() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    for year in [2009, 2026, 2040] {
        for leaf in [
            theirs.collector(),
            ours.leaf("other.example", ExtendedKeyUsagePurpose::ServerAuth),
            ours.leaf(NAME, ExtendedKeyUsagePurpose::ClientAuth),
            CertificateDer::from(vec![0x30, 0x00]),
        ] {
            assert_eq!(ours.accepts(&leaf, year), [(false, false); 2], "{year}");
        }
    }
}
