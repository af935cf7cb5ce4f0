//! A machine whose clock is wrong: it still reports, and nobody talks it into anything.

use agent::clock::{self, Reading};
use agent::cycle::Contact;
use agent::identity::Identity;
use agent::renew::renew;
use agent::uplink::tls::{self, Clock};
use agent::uplink::{Answer, Body, Uplink};
use report::Timestamp;
use report::moment::DAY;
use report::wire::{CLOCK_PATH, RENEW_ALPN, RENEW_PATH, REPORTS_PATH, ReportReply};
use serde_json::Value as Json;

use crate::collector::{Collector, FRESH, Next};
use crate::{KEPT, Machine, joined};

const LONG_LIVED: (i64, i64) = (-1, 400);

fn in_the_year(year: i64) -> Reading {
    let wall = Timestamp::from_civil((year, 1, 1), (0, 0, 0)).unwrap();
    Reading { wall, ..clock::read() }
}

/// The battery is dead.
fn in_2009() -> Reading {
    in_the_year(2009)
}

/// Somebody mistyped the year.
fn in_2040() -> Reading {
    in_the_year(2040)
}

fn identity(machine: &Machine) -> Identity {
    Identity::load(&machine.state()).unwrap()
}

/// The way for reports of a machine that never heard from a collector since it joined.
fn uplink(machine: &Machine, collector: &Collector, clock: Clock) -> Uplink {
    uplink_after(Timestamp(0), machine, collector, clock)
}

/// The same of a machine that heard from a collector then.
fn uplink_after(
    heard: Timestamp,
    machine: &Machine,
    collector: &Collector,
    clock: Clock,
) -> Uplink {
    let tls = tls::reports(&identity(machine), heard).unwrap();
    let addresses = vec![collector.address.to_string().parse().unwrap()];
    Uplink::by_clock(addresses, tls, clock)
}

async fn report(uplink: &Uplink) -> Answer<ReportReply> {
    uplink.post(REPORTS_PATH, &Body::plain("{}".to_owned())).await
}

async fn is_accepted(uplink: &Uplink) -> bool {
    matches!(report(uplink).await, Answer::Accepted { .. })
}

async fn failure(uplink: &Uplink) -> String {
    match report(uplink).await {
        Answer::Later { why, .. } => why.to_string(),
        other => panic!("somebody took it: {other:?}"),
    }
}

/// A collector half a year after a machine joined, with a certificate it has since then.
async fn half_a_year_later() -> (Collector, Machine) {
    let collector = Collector::certifying(LONG_LIVED).await;
    let machine = joined(&collector).await;
    collector.goes_on(200);
    (collector, machine)
}

#[tokio::test]
async fn a_clock_that_died_after_the_collector_got_a_new_certificate_is_told_the_time() {
    let (collector, machine) = half_a_year_later().await;
    for (clock, connections) in [(in_2009 as Clock, 4), (in_2040, 8)] {
        let uplink = uplink(&machine, &collector, clock);
        assert_eq!(uplink.learnt_skew(), None);
        assert!(is_accepted(&uplink).await);
        let Answer::Accepted { reply, exchange, .. } = report(&uplink).await else {
            panic!("it knows the time by now");
        };
        // Joining was one; then one that trusts nobody, one for the time, and two for reports.
        assert_eq!(collector.connections(), 1 + connections);
        let off = clock().wall.since(collector.now());
        assert!((exchange.skew(reply.received_at) - off).abs() < 60);
        assert!((uplink.learnt_skew().unwrap() - off).abs() < 60);
        assert!((uplink.today().since(collector.now())).abs() < 60);
    }
    let expected = ["/v1/enrol", CLOCK_PATH, REPORTS_PATH, REPORTS_PATH];
    assert_eq!(collector.paths()[..4], expected);
    assert_eq!(collector.paths()[4..], expected[1..]);
}

#[tokio::test]
async fn a_whole_contact_goes_by_what_was_told_and_notes_how_wrong_the_clock_is() {
    let (collector, machine) = half_a_year_later().await;
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Accepted(_)));
    // Half of its life is over by the collector's time, and not by this machine's.
    assert_eq!(collector.paths()[1..], [CLOCK_PATH, REPORTS_PATH]);
    let off = machine.status().last_accepted.unwrap().skew;
    assert!((off + 200 * DAY).abs() < 60, "{off}: this machine is behind");
}

#[tokio::test]
async fn nothing_is_said_without_dates_but_what_asks_the_time() {
    let (collector, machine) = half_a_year_later().await;
    assert!(is_accepted(&uplink(&machine, &collector, in_2009)).await);
    let seen = collector.seen();
    let [_, asking, speaking] = &seen[..] else {
        panic!("three requests: {seen:?}");
    };
    assert_ne!(asking.connection, speaking.connection);
    assert!(!speaking.resumed, "trust without dates opens nothing later");
    let body: Json = serde_json::from_slice(&asking.body).unwrap();
    let sent_at = in_2009().wall.0;
    assert_eq!(body, serde_json::json!({ "wire": 1, "sent_at": sent_at }));
}

#[tokio::test]
async fn what_was_told_serves_renewals_too() {
    let (collector, machine) = half_a_year_later().await;
    let uplink = uplink(&machine, &collector, in_2009);
    assert!(is_accepted(&uplink).await);
    let renewal = uplink.anew(tls::renewal(&identity(&machine), Timestamp(0)).unwrap());
    assert!(renewal.learnt_skew().is_some());
    collector.will([Next::Refuse(403)]);
    let answer: Answer<Json> = renewal.post(RENEW_PATH, &Body::plain("{}".to_owned())).await;
    assert!(matches!(answer, Answer::Refused(_)));
    assert_eq!(collector.paths()[1..], [CLOCK_PATH, REPORTS_PATH, RENEW_PATH]);
}

#[tokio::test]
async fn a_dead_clock_needs_no_telling_where_the_own_certificate_is_young() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    assert!(is_accepted(&uplink(&machine, &collector, in_2009)).await);
    assert_eq!(collector.paths(), ["/v1/enrol", REPORTS_PATH]);
}

#[tokio::test]
async fn a_collector_of_another_authority_is_not_asked_whatever_its_dates() {
    let (ours, theirs) = (Collector::start().await, Collector::start().await);
    let machine = joined(&ours).await;
    theirs.goes_on(200);
    for clock in [in_2009 as Clock, in_2040] {
        let why = failure(&uplink(&machine, &theirs, clock)).await;
        assert!(why.contains("no trusted connection"), "{why}");
    }
    assert!(theirs.seen().is_empty());
}

#[tokio::test]
async fn a_collector_of_another_name_is_not_asked_whatever_its_dates() {
    let collector = Collector::listening("127.0.0.1:0", &["localhost"], LONG_LIVED).await;
    let named = format!("localhost:{}", collector.address.port());
    let machine = Machine::new();
    let token = report::JoinToken { addresses: vec![named], ..collector.token() };
    machine.enrol(&token).await.unwrap();
    collector.goes_on(200);
    for clock in [in_2009 as Clock, in_2040] {
        failure(&uplink(&machine, &collector, clock)).await;
    }
    assert_eq!(collector.paths(), ["/v1/enrol"]);
}

#[tokio::test]
async fn a_time_that_cannot_be_is_not_taken() {
    let (collector, machine) = half_a_year_later().await;
    let uplink = uplink(&machine, &collector, in_2009);
    let now = collector.now();
    for told in [now - 10 * DAY, now + 100 * DAY, Timestamp(0)] {
        collector.will([Next::Tell(told)]);
        let why = failure(&uplink).await;
        assert!(why.contains("is this machine's clock right?"), "{why}");
    }
    assert_eq!(collector.paths()[1..], [CLOCK_PATH; 3]);
    assert_eq!(uplink.learnt_skew(), None);
}

#[tokio::test]
async fn nobody_talks_a_machine_back_into_the_past_whose_clock_and_memory_agree() {
    let collector = Collector::certifying((-1, 5000)).await;
    let machine = joined(&collector).await;
    // Whoever found the key of the certificate that the collector had in 2036.
    collector.goes_on(in_the_year(2036).wall.since(clock::now()) / DAY);
    let heard = in_the_year(2039).wall;
    let why = failure(&uplink_after(heard, &machine, &collector, in_2040)).await;
    assert!(why.contains("is this machine's clock right?"), "{why}");
    assert_eq!(collector.paths(), ["/v1/enrol", CLOCK_PATH], "it told a time");
    assert!(is_accepted(&uplink_after(heard, &machine, &collector, in_2009)).await, "a dead clock");
    let misled = in_the_year(2036).wall;
    assert!(is_accepted(&uplink_after(misled, &machine, &collector, in_2040)).await);
}

#[tokio::test]
async fn a_collector_that_was_ahead_once_does_not_keep_a_clock_from_being_put_right() {
    let (collector, machine) = half_a_year_later().await;
    let heard = in_the_year(2036).wall;
    assert!(is_accepted(&uplink_after(heard, &machine, &collector, in_2009)).await);
    assert!(is_accepted(&uplink_after(heard, &machine, &collector, clock::read)).await);
}

/// A collector, and a machine whose certificate is over by its clock, which got a new certificate
/// of its own or not.
async fn long_switched_off(has_new_certificate: bool) -> (Collector, Machine) {
    let collector = Collector::certifying((-1, 20)).await;
    let machine = joined(&collector).await;
    match has_new_certificate {
        true => collector.goes_on(60),
        false => collector.grows_older(60),
    }
    (collector, machine)
}

#[tokio::test]
async fn a_dead_clock_and_a_certificate_that_is_over_silence_nobody() {
    for (has_new_certificate, clock) in
        [(true, in_2009 as Clock), (false, in_2009), (true, clock::read), (false, clock::read)]
    {
        let (collector, machine) = long_switched_off(has_new_certificate).await;
        let uplink = uplink(&machine, &collector, clock);
        let why = failure(&uplink).await;
        assert!(why.contains("this machine's certificate is over"), "{why}");
        let asked = collector.seen().pop().unwrap();
        assert_eq!((asked.path.as_str(), asked.alpn.as_deref()), (CLOCK_PATH, Some(RENEW_ALPN)));
        assert!(uplink.today().since(collector.now()).abs() < 60, "renewal is due by that");

        let renewed =
            renew(&machine.state(), &identity(&machine), Timestamp(0), &uplink).await.unwrap();
        let uplink = uplink.anew(tls::reports(&renewed, Timestamp(0)).unwrap());
        assert!(is_accepted(&uplink).await);
        assert_eq!(collector.paths()[1..], [CLOCK_PATH, RENEW_PATH, REPORTS_PATH]);
    }
}

#[tokio::test]
async fn a_slow_machine_whose_certificate_is_over_renews_at_its_second_contact() {
    for has_new_certificate in [true, false] {
        let (collector, machine) = long_switched_off(has_new_certificate).await;
        let mut cycle = machine.cycle().unwrap();
        let first = cycle.contact(KEPT).await.unwrap();
        assert!(matches!(first, Contact::Later { .. }), "{first:?}");
        let second = cycle.contact(KEPT).await.unwrap();
        assert!(matches!(second, Contact::Accepted(_)), "{second:?}");
        assert_eq!(collector.paths()[1..], [CLOCK_PATH, RENEW_PATH, REPORTS_PATH]);
    }
}

#[tokio::test]
async fn a_report_that_came_with_a_certificate_that_is_over_is_kept() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    collector.will([Next::CallExpired]);
    let contact = cycle.contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Later { .. }), "{contact:?}");
    assert_eq!(collector.paths()[1..], [REPORTS_PATH, CLOCK_PATH]);
    let status = machine.status();
    assert!(status.spooled.is_some() && status.refused.is_none());
}

#[tokio::test]
async fn the_time_is_asked_once_for_each_contact() {
    let (collector, machine) = half_a_year_later().await;
    collector.will([Next::Refuse(404)]);
    failure(&uplink(&machine, &collector, in_2009)).await;
    assert_eq!(collector.paths()[1..], [CLOCK_PATH]);
    assert_eq!(collector.connections(), 1 + 2);
}

#[tokio::test]
async fn who_has_not_joined_is_told_to_set_the_clock() {
    let collector = Collector::certifying(FRESH).await;
    collector.goes_on(200);
    let error = Machine::new().enrol(&collector.token()).await.unwrap_err().to_string();
    assert!(error.contains("the collector's certificate begins 20"), "{error}");
    assert!(error.contains("is this machine's clock right?"), "{error}");
    assert_eq!((collector.connections(), collector.seen().len()), (1, 0));
}
