use rcgen::{CertificateParams, KeyPair};
use report::{MachineId, Timestamp};
use rustls::client::{ClientConnection, Resumption};
use rustls::server::{Acceptor, ServerConnection};
use rustls::{ClientConfig, HandshakeKind, NamedGroup};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

use super::tickets::TicketKeys;
use super::*;
use crate::enrol::ca::{Authorities, CaCertificate, LEAF_LIFE, rotation};
use crate::enrol::csr::requested_key;

const DAY: i64 = report::moment::DAY;

/// A collector's doors, and the clients that knock.
struct World {
    authorities: Authorities,
    doors: Doors,
    folder: tempfile::TempDir,
}

type ClientIdentity = (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>);

fn now() -> Timestamp {
    crate::clock::now()
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let authorities = Authorities::create(folder.path(), now() - 1000 * DAY).unwrap();
    collector_with(authorities, folder)
}

fn collector_with(authorities: Authorities, folder: tempfile::TempDir) -> World {
    let names = ["collector.example".to_owned()];
    let issued = authorities.collectors.issue_collector(&names, now()).unwrap();
    let own = Arc::new(OwnCertificate::new(issued).unwrap());
    let tickets = Arc::new(TicketKeys::open(folder.path().join("ticket-keys"), now()));
    let machine_cas = authorities.machine_cas().map(CaCertificate::der);
    let doors = Doors::new(own, machine_cas, tickets).unwrap();
    World { authorities, doors, folder }
}

impl World {
    fn identity(&self, issued_at: Timestamp) -> ClientIdentity {
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let requested = requested_key(&request.pem().unwrap()).unwrap();
        let id = MachineId::from_bytes([7; 16]);
        let issued = self.authorities.machines.issue_machine(id, &requested, issued_at).unwrap();
        let leaf = CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap();
        (leaf, PrivatePkcs8KeyDer::from(key.serialize_der()))
    }

    fn client(&self, alpn: &[&[u8]], identity: Option<ClientIdentity>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.authorities.collectors.certificate().der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            Some((leaf, key)) => builder.with_client_auth_cert(vec![leaf], key.into()).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config
    }

    /// A whole handshake in memory, with everything the server sends after it.
    fn knock(
        &self,
        config: &ClientConfig,
    ) -> Result<(Door, ClientConnection, ServerConnection), Error> {
        let name = "collector.example".try_into().unwrap();
        let mut client = ClientConnection::new(Arc::new(config.clone()), name)?;
        let mut acceptor = Acceptor::default();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        acceptor.read_tls(&mut &hello[..]).unwrap();
        let accepted = acceptor.accept().map_err(|(error, _)| error)?.unwrap();
        let (door, config) = self.doors.choose(&accepted.client_hello());
        let mut server = accepted.into_connection(config).map_err(|(error, _)| error)?;
        for _ in 0..4 {
            pump(&mut server, &mut client)?;
            pump(&mut client, &mut server)?;
        }
        assert!(!client.is_handshaking() && !server.is_handshaking());
        Ok((door, client, server))
    }
}

fn pump<A, B, S, T>(from: &mut A, to: &mut B) -> Result<(), Error>
where
    A: std::ops::DerefMut<Target = rustls::ConnectionCommon<S>>,
    B: std::ops::DerefMut<Target = rustls::ConnectionCommon<T>>,
    S: rustls::SideData,
    T: rustls::SideData,
{
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets()?;
    }
    Ok(())
}

fn door(world: &World, alpn: &[&[u8]], identity: Option<ClientIdentity>) -> Result<Door, Error> {
    world.knock(&world.client(alpn, identity)).map(|(door, ..)| door)
}

#[test]
fn alpn_alone_chooses_the_door_and_every_other_one_is_strict() {
    let world = world();
    assert_eq!(door(&world, &[ENROL_ALPN], None), Ok(Door::Enrol));
    assert_eq!(door(&world, &[RENEW_ALPN], Some(world.identity(now()))), Ok(Door::Renew));
    assert_eq!(door(&world, &[], Some(world.identity(now()))), Ok(Door::Reports));
    let both: &[&[u8]] = &[ENROL_ALPN, RENEW_ALPN];
    assert_eq!(door(&world, both, Some(world.identity(now()))), Ok(Door::Reports));
    assert_eq!(door(&world, &[b"h2"], Some(world.identity(now()))), Ok(Door::Reports));
}

#[test]
fn nobody_reports_or_renews_without_a_certificate() {
    let world = world();
    for alpn in [&[][..], &[RENEW_ALPN][..], &[b"h2".as_slice()][..]] {
        assert_eq!(door(&world, alpn, None), Err(Error::NoCertificatesPresented));
    }
}

#[test]
fn a_certificate_of_another_authority_opens_nothing() {
    let world = world();
    let other = self::world();
    for alpn in [&[][..], &[RENEW_ALPN][..]] {
        let refused = door(&world, alpn, Some(other.identity(now()))).unwrap_err();
        assert_eq!(refused, Error::InvalidCertificate(CertificateError::UnknownIssuer));
    }
}

#[test]
fn the_collectors_own_authority_lets_no_machine_in() {
    let world = world();
    let issued = world
        .authorities
        .collectors
        .issue_collector(&["collector.example".to_owned()], now())
        .unwrap();
    let identity = (issued.chain[0].clone(), issued.key);
    let refused = door(&world, &[], Some(identity)).unwrap_err();
    assert!(matches!(
        refused,
        Error::InvalidCertificate(CertificateError::InvalidPurposeContext { .. })
    ));
}

#[test]
fn an_expired_certificate_may_renew_for_a_while_and_never_report() {
    let world = world();
    let expired = |days| world.identity(now() - LEAF_LIFE - days * DAY);
    let refused = door(&world, &[], Some(expired(1))).unwrap_err();
    assert!(matches!(refused, Error::InvalidCertificate(CertificateError::ExpiredContext { .. })));
    assert_eq!(door(&world, &[RENEW_ALPN], Some(expired(1))), Ok(Door::Renew));
    assert_eq!(door(&world, &[RENEW_ALPN], Some(expired(399))), Ok(Door::Renew));
    assert!(door(&world, &[RENEW_ALPN], Some(expired(401))).is_err());
}

#[test]
fn renewal_tolerates_the_end_and_not_the_beginning() {
    let world = world();
    let early = world.identity(now() + 2 * DAY);
    assert!(matches!(
        door(&world, &[RENEW_ALPN], Some(early)).unwrap_err(),
        Error::InvalidCertificate(CertificateError::NotValidYetContext { .. })
    ));
}

/// The hole: rustls resumes across configurations that share a ticketer, and a resumed connection
/// is asked for no certificate.
#[test]
fn a_session_from_the_enrolment_door_does_not_open_the_report_door() {
    let world = world();
    let mut enrol = world.client(&[ENROL_ALPN], None);
    enrol.resumption = Resumption::in_memory_sessions(8);
    let (_, client, server) = world.knock(&enrol).unwrap();
    assert_eq!(client.tls13_tickets_received(), 0, "the enrolment door hands out no ticket");
    drop(server);

    // The very same client, so that rustls would offer a ticket if it had one.
    let mut report = enrol.clone();
    report.alpn_protocols.clear();
    assert_eq!(world.knock(&report).map(|(door, ..)| door), Err(Error::NoCertificatesPresented));
}

#[test]
fn the_renewal_door_hands_out_no_ticket_either() {
    let world = world();
    let (_, client, _) =
        world.knock(&world.client(&[RENEW_ALPN], Some(world.identity(now())))).unwrap();
    assert_eq!(client.tls13_tickets_received(), 0);
}

#[test]
fn a_resumed_report_connection_still_carries_its_certificate() {
    let world = world();
    let identity = world.identity(now());
    let leaf = identity.0.clone();
    let client = world.client(&[], Some(identity));
    let (_, first, _) = world.knock(&client).unwrap();
    assert_eq!(first.tls13_tickets_received(), 1, "one ticket per handshake");
    let (_, second, server) = world.knock(&client).unwrap();
    assert_eq!(second.handshake_kind(), Some(HandshakeKind::Resumed));
    assert_eq!(server.peer_certificates().unwrap(), [leaf]);
}

#[test]
fn a_former_machine_authority_opens_doors_until_the_rotation_is_finished() {
    let before = world();
    let (early, ended) = (before.identity(now()), before.identity(now() - LEAF_LIFE - DAY));
    let copy = |(leaf, key): &ClientIdentity| (leaf.clone(), key.clone_key());
    let World { folder, .. } = before;
    rotation::rotate(folder.path(), None, now()).unwrap();
    let during = collector_with(Authorities::load(folder.path()).unwrap(), folder);
    assert_eq!(door(&during, &[], Some(copy(&early))), Ok(Door::Reports));
    assert_eq!(door(&during, &[RENEW_ALPN], Some(copy(&ended))), Ok(Door::Renew));
    let late = during.identity(now());
    assert_eq!(door(&during, &[], Some(copy(&late))), Ok(Door::Reports));

    let World { folder, .. } = during;
    rotation::finish(folder.path()).unwrap();
    let after = collector_with(Authorities::load(folder.path()).unwrap(), folder);
    assert_eq!(door(&after, &[], Some(late)), Ok(Door::Reports));
    let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
    assert_eq!(door(&after, &[], Some(early)), Err(unknown.clone()));
    assert_eq!(door(&after, &[RENEW_ALPN], Some(ended)), Err(unknown));
}

#[test]
fn the_key_exchange_withstands_a_quantum_computer() {
    let world = world();
    for (alpn, identity) in [(&[][..], Some(world.identity(now()))), (&[ENROL_ALPN][..], None)] {
        let (_, client, _) = world.knock(&world.client(alpn, identity)).unwrap();
        let group = client.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, NamedGroup::X25519MLKEM768);
    }
}

#[test]
fn no_door_takes_data_before_the_handshake_is_over() {
    let Doors { reports, enrol, renew } = world().doors;
    for config in [reports, enrol, renew] {
        assert_eq!(config.max_early_data_size, 0);
    }
}

#[test]
fn a_health_check_that_opens_and_closes_refuses_nobody() {
    let closed = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    assert_eq!(refusal_reason(&closed), None);
    let wrong = std::io::Error::other(Error::NoCertificatesPresented);
    assert_eq!(refusal_reason(&wrong), Some("no_certificate"));
}
