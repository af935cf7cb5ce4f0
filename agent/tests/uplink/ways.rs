//! Which way a contact takes: by name or address, straight or through a proxy, to which collector.

use agent::address::Address;
use agent::cycle::{Contact, Cycle, Subject};
use agent::enrol::{Applicant, EnrolError, enrol};
use agent::fingerprint::{claims, fingerprint};
use agent::probes::assignment::AssignmentClaims;
use agent::uplink::proxy::Proxy;
use report::JoinToken;

use crate::collector::{AGEING, Collector, FRESH, Next, nobody};
use crate::proxy::OfficeProxy;
use crate::{KEPT, Machine, joined};

async fn enrol_through(
    machine: &Machine,
    token: &JoinToken,
    proxy: Option<Proxy>,
) -> Result<(), EnrolError> {
    let fingerprint = fingerprint(&machine.host()).unwrap();
    let applicant = Applicant { fingerprint, claims: claims(&machine.host()) };
    enrol(&machine.state(), token, applicant, false, proxy).await.map(drop)
}

fn cycle(machine: &Machine, collectors: &[&Collector], proxy: Option<Proxy>) -> Cycle {
    let subject = Subject { host: machine.host(), claims: AssignmentClaims::default() };
    let address = |collector: &&Collector| collector.address.to_string().parse().unwrap();
    let collectors: Vec<Address> = collectors.iter().map(address).collect();
    Cycle::open(machine.state(), collectors, subject).unwrap().through(proxy)
}

async fn is_accepted(cycle: &mut Cycle) -> bool {
    matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_))
}

async fn failure(cycle: &mut Cycle) -> String {
    match cycle.contact(KEPT).await.unwrap() {
        Contact::Later { why, .. } => why.to_string(),
        other => panic!("somebody took it: {other:?}"),
    }
}

#[tokio::test]
async fn an_ipv6_address_is_an_address_like_any_other() {
    let collector = Collector::listening("[::1]:0", &["::1"], FRESH).await;
    let machine = joined(&collector).await;
    assert!(is_accepted(&mut machine.cycle().unwrap()).await);
    assert!(is_accepted(&mut cycle(&machine, &[&collector], None)).await);
    for seen in collector.seen() {
        assert_eq!(seen.host, format!("[::1]:{}", collector.address.port()));
    }
    let stranger = Collector::listening("[::1]:0", &["::2", "localhost"], FRESH).await;
    let error = Machine::new().enrol(&stranger.token()).await.unwrap_err().to_string();
    assert!(error.contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_name_is_resolved_and_stands_in_the_certificate() {
    let collector = Collector::listening("127.0.0.1:0", &["localhost"], FRESH).await;
    let named = format!("localhost:{}", collector.address.port());
    let token = JoinToken { addresses: vec![named.clone()], ..collector.token() };
    let machine = Machine::new();
    machine.enrol(&token).await.unwrap();
    assert!(is_accepted(&mut machine.cycle().unwrap()).await);
    assert_eq!(collector.seen()[1].host, named);
}

#[tokio::test]
async fn everything_goes_through_the_proxy_and_nothing_is_told_to_it() {
    let (collector, office) = (Collector::certifying(AGEING).await, OfficeProxy::start().await);
    let machine = Machine::new();
    let proxy = office.proxy("may01:m%E1%BA%ADt@");
    enrol_through(&machine, &collector.token(), proxy.clone()).await.unwrap();
    let mut cycle = cycle(&machine, &[], proxy);
    assert!(is_accepted(&mut cycle).await);
    assert!(is_accepted(&mut cycle).await);

    assert_eq!(collector.paths(), ["/v1/enrol", "/v1/renew", "/v1/reports", "/v1/heartbeats"]);
    assert_eq!(office.asked(), vec![collector.address.to_string(); 4]);
    assert_eq!(collector.connections(), 4);
    for heard in office.heard() {
        assert!(heard.head.contains("\r\nProxy-Authorization: Basic bWF5MDE6beG6rXQ=\r\n"));
        assert_eq!(heard.first, [0x16, 0x03, 0x01], "TLS from the first byte on");
    }
    assert!(collector.seen()[3].resumed, "also through a tunnel");
}

#[tokio::test]
async fn a_proxy_cannot_put_itself_in_the_collectors_place() {
    let (ours, theirs) = (Collector::start().await, Collector::start().await);
    let office = OfficeProxy::start().await;
    let token = JoinToken { addresses: theirs.token().addresses, ..ours.token() };
    let error = enrol_through(&Machine::new(), &token, office.proxy("")).await.unwrap_err();
    assert!(error.to_string().contains("not the collector that the join token names"), "{error}");
    assert_eq!(office.asked().len(), 1);
    assert!(theirs.seen().is_empty());
}

#[tokio::test]
async fn what_the_proxy_refuses_is_told_with_what_to_do_and_without_the_password() {
    let (collector, office) = (Collector::start().await, OfficeProxy::start().await);
    let machine = joined(&collector).await;
    office.refuses(collector.address, "407 Who\r\nProxy-Authenticate: Basic realm=\"office\"");
    for (user, advice) in
        [("", "write proxy = \"http://user:password@127"), ("may01:hunter2@", "correct `proxy`")]
    {
        let why = failure(&mut cycle(&machine, &[], office.proxy(user))).await;
        assert!(why.contains(advice), "{why}");
        let said = machine.status().last_attempt.unwrap().failure.unwrap().cause;
        assert_eq!(said, why);
        assert!(!said.contains("hunter2"));
    }
    assert_eq!(collector.paths(), ["/v1/enrol"]);
    assert!(machine.status().spooled.is_some(), "the report waits");
}

#[tokio::test]
async fn nobody_at_the_proxys_address_is_not_taken_for_a_collector_that_is_down() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let proxy: Proxy = format!("http://{}", nobody().await).parse().unwrap();
    let why = failure(&mut cycle(&machine, &[], Some(proxy))).await;
    assert!(why.contains("cannot connect to the proxy"), "{why}");
}

#[tokio::test]
async fn through_the_proxy_too_the_next_collector_has_its_turn() {
    let (first, second) = (Collector::start().await, Collector::start().await);
    let office = OfficeProxy::start().await;
    let machine = joined(&second).await;
    office.refuses(first.address, "502 Bad Gateway");
    assert!(is_accepted(&mut cycle(&machine, &[&first, &second], office.proxy(""))).await);
    assert_eq!(office.asked(), [first.address.to_string(), second.address.to_string()]);
    assert!(first.seen().is_empty());
}

#[tokio::test]
async fn after_the_second_collector_had_its_turn_the_first_is_asked_again() {
    let second = Collector::start().await;
    let machine = joined(&second).await;
    let first = second.twin().await;
    let mut cycle = cycle(&machine, &[&first, &second], None);
    first.will([Next::Busy(5)]);
    for _ in 0..2 {
        assert!(is_accepted(&mut cycle).await);
    }
    assert_eq!(first.paths(), ["/v1/reports", "/v1/heartbeats"]);
    assert_eq!(second.paths(), ["/v1/enrol", "/v1/reports"]);
}
