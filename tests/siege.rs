//! Who is still served while others hold connections, open them too fast or send slowly; what that
//! costs; and what stands between agents and a collector.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::hand::{self, Open, enrol_through, request};
use harness::measure::Memory;
use harness::ports::connect_from;
use harness::processes::open_files;
use harness::program::Running;
use harness::root::now;
use harness::{HaProxy, Hand, Machine, World, is_long, until};
use report::wire::ENROL_ALPN;
use serde_json::json;

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

/// One of this host's addresses.
fn host(n: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, n).into()
}

/// A world whose only machine has reported once, with these settings.
fn besieged(settings: &str) -> (World, Machine) {
    let world = World::with_settings(&[ROW], settings);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    assert_eq!(machine.post(&machine.report(1, "FIRST")).unwrap().status, 200);
    (world, machine)
}

/// So many connections of an address that say nothing; those that were closed are gone.
fn silent(world: &World, from: IpAddr, many: usize) -> Vec<TcpStream> {
    let open = (0..many).map(|_| connect_from(from, world.collector.agents).unwrap());
    open.collect()
}

/// Those that the collector still holds.
fn held(sockets: &[TcpStream]) -> usize {
    let is_held = |socket: &&TcpStream| {
        socket.set_nonblocking(true).unwrap();
        let peeked = socket.peek(&mut [0]);
        peeked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    sockets.iter().filter(is_held).count()
}

/// How long the slowest in a hundred took.
fn percentile_99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[(times.len() * 99 / 100).min(times.len() - 1)]
}

/// The same report again and again from an address of its own, with full and resumed handshakes,
/// while somebody else works.
fn honest_times(world: &World, machine: &Machine, while_this: impl FnOnce()) -> Vec<Duration> {
    let is_over = AtomicBool::new(false);
    let body = machine.report(1, "FIRST").to_string();
    std::thread::scope(|scope| {
        let times = scope.spawn(|| {
            let mut times = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let fresh = Hand::new(world, b"", Some(&machine.identity));
                let hand = if times.len() % 2 == 0 { fresh } else { machine.hand.clone() };
                let hand = hand.coming_from(host(30));
                let began = Instant::now();
                let answer = hand.post("/v1/reports", body.as_bytes()).unwrap();
                times.push(began.elapsed());
                assert_eq!(answer.status, 200, "{answer:?}");
                std::thread::sleep(Duration::from_millis(50));
            }
            times
        });
        while_this();
        is_over.store(true, Ordering::Relaxed);
        times.join().unwrap()
    })
}

const ONE_FAST_ADDRESS: &str = "contacts_per_hour = 3600000\nnew_per_address = 100000\n";

#[test]
fn slow_handshakes_fill_the_share_of_their_address_and_are_ended() {
    let (world, machine) = besieged(ONE_FAST_ADDRESS);
    let mut slow = silent(&world, host(2), 600);
    until("one address has 512 places", || held(&slow) == 512);
    assert_eq!(world.collector.refusals("address_busy"), 88.0);
    // The record of a hello that never ends, a byte a second.
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[0; 20]].concat();
    let began = Instant::now();
    let times = honest_times(&world, &machine, || {
        for byte in hello {
            slow.iter_mut().for_each(|socket| drop(socket.write_all(&[byte])));
            std::thread::sleep(Duration::from_secs(1));
            if held(&slow) == 0 {
                break;
            }
        }
    });
    assert!((10..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(world.collector.refusals("slow_handshake"), 512.0);
    for reason in ["slow_handshake", "address_busy"] {
        world.collector.tells_once_of_a_stranger(reason, host(2));
    }
    let slowest = percentile_99(times);
    assert!(slowest < Duration::from_secs(1), "an honest machine took {slowest:?}");
}

#[test]
fn an_address_that_opens_connections_too_fast_is_slowed_and_nobody_else_pays() {
    let (world, machine) = besieged("");
    let began = Instant::now();
    let opened = silent(&world, host(2), 400);
    let fair = 100 + 50 * (began.elapsed().as_secs() as usize + 1);
    until("the others are closed", || held(&opened) <= fair);
    assert!(held(&opened) >= 100);
    assert!(world.collector.refusals("address_busy") >= (400 - fair) as f64);
    assert_eq!(machine.post(&machine.report(2, "SECOND")).unwrap().status, 200);
}

#[test]
fn whoever_holds_places_without_a_word_keeps_nobody_out() {
    let (world, machine) = besieged(
        "connections = 64\nconnections_per_address = 24\nnew_per_address = 1000\ncontacts_per_hour = 3600000\n",
    );
    let mut crowd: Vec<_> =
        [2, 3, 4].into_iter().flat_map(|n| silent(&world, host(n), 24)).collect();
    until("the collector is full", || {
        // The place of the first report may have come free only after all of them.
        crowd.extend(silent(&world, host(4), usize::from(held(&crowd) < 64)));
        held(&crowd) == 64
    });
    assert!(machine.hand.post("/v1/reports", b"{}").is_err(), "nobody waited for long enough yet");
    std::thread::sleep(Duration::from_secs(2));
    for sequence in 2..12 {
        let answer = machine.post(&machine.report(sequence, "FIRST")).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    until("places were taken back", || held(&crowd) <= 54);
    assert!(world.collector.refusals("shed") >= 18.0);
}

#[test]
fn whoever_stops_in_the_middle_of_a_head_is_ended() {
    let (world, machine) = besieged("");
    let mut slow = machine.hand.connect().unwrap();
    slow.write_all(b"POST /v1/reports HTTP/1.1\r\nx-slow: ").unwrap();
    slow.flush().unwrap();
    let began = Instant::now();
    assert!(hand::answer(slow).is_err());
    assert!((9..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    until("it is counted", || world.collector.refusals("slow_request") == 1.0);
}

#[test]
fn whoever_comes_while_the_disk_stands_still_is_told_to_come_back_and_all_who_wait_are_served() {
    let (world, machine) = besieged(ONE_FAST_ADDRESS);
    let again = machine.report(1, "FIRST").to_string();
    let store = world.collector.folder().join("data/store.sqlite");
    let store = rusqlite::Connection::open(store).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begin = |n: u8| machine.hand.clone().coming_from(host(2 + n % 8));
    let begun: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let (hand, body) = (begin(n), again.as_bytes());
                scope.spawn(move || {
                    let open = (0..260).map(|_| hand.begin("/v1/reports", body).unwrap());
                    open.collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    until("somebody is told to come back", || {
        let answer = machine.hand.clone().coming_from(host(20));
        let answer = hand::answer(answer.begin("/v1/reports", again.as_bytes()).unwrap());
        answer.is_ok_and(|answer| {
            assert_eq!((answer.status, answer.reason()), (503, "busy"), "{answer:?}");
            answer.retry_after == Some(60)
        })
    });
    store.execute_batch("ROLLBACK").unwrap();
    let answers = begun.into_iter().map(|begun| hand::answer(begun).unwrap());
    let (served, busy): (Vec<_>, Vec<_>) = answers.partition(|answer| answer.status == 200);
    assert!(served.len() > 1000, "{}", served.len());
    assert!(busy.iter().all(|answer| answer.reason() == "busy"), "{busy:?}");
    assert!(world.collector.audited_refusals("busy").is_empty(), "nobody did anything wrong");
}

/// The balancer stands at this address; it is named in `proxy_from`.
const PROXY: u8 = 9;

fn behind_proxy(settings: &str) -> World {
    World::with_settings(&[ROW], &format!("proxy_from = [\"127.0.0.{PROXY}\"]\n{settings}"))
}

fn through(world: &World, options: &str) -> String {
    format!("{} source 127.0.0.{PROXY} {options}", world.collector.agents)
}

#[test]
fn a_balancers_health_checks_refuse_nobody() {
    let world = behind_proxy("");
    let servers = [
        through(&world, "send-proxy-v2 check check-send-proxy inter 100ms"),
        through(&world, "check inter 100ms"),
        format!("{} check inter 100ms", world.collector.agents),
    ];
    let haproxy = HaProxy::before(&servers, world.folder());
    let found_well = || haproxy.checks() == ["L4OK", "L4OK", "L4OK"];
    until("all three are found well", found_well);
    std::thread::sleep(Duration::from_secs(2));
    assert!(found_well(), "{:?}", haproxy.checks());
    let metrics = world.collector.scrape();
    assert_eq!(metrics.sum("lachan_refusals_total", ""), 0.0, "{}", metrics.text);
    let page = world.collector.json(&["audit", "list", "--action", "refused"]);
    assert_eq!(page["entries"], json!([]));
}

#[test]
fn behind_a_named_proxy_each_client_is_known_and_limited_by_its_own_address() {
    let world = behind_proxy("connections_per_address = 4\n");
    let servers = [through(&world, "send-proxy-v2 check check-send-proxy inter 1s")];
    let haproxy = HaProxy::before(&servers, world.folder());
    let door = haproxy.listens[0];
    let token = world.collector.token(&["--machine", "pc-01"]);
    let office = Hand::new(&world, ENROL_ALPN, None).towards(door).coming_from(host(7));
    let key = rcgen::KeyPair::generate().unwrap();
    assert_eq!(enrol_through(&office, &token, &request(&key)).status, 200);
    let page = world.collector.json(&["audit", "list", "--action", "enrolled"]);
    assert_eq!(page["entries"][0]["actor"], "address:127.0.0.7", "{page}");

    let silent: Vec<_> = (0..6).map(|_| connect_from(host(7), door).unwrap()).collect();
    until("two of six are closed", || world.collector.refusals("address_busy") == 2.0);
    world.collector.tells_once_of_a_stranger("address_busy", host(7));
    let neighbour = Hand::new(&world, ENROL_ALPN, None).towards(door).coming_from(host(8));
    assert_eq!(neighbour.post("/v1/enrol", b"{}").unwrap().status, 400, "nobody else pays");
    drop(silent);
}

#[test]
fn a_named_proxy_that_does_not_say_for_whom_it_speaks_is_not_heard() {
    let world = behind_proxy("");
    for preface in [
        &b""[..],
        b"PROXY TCP4 10.1.2.3 10.9.9.9 50000 7443\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\0",
    ] {
        let before = world.collector.refusals("proxy_missing");
        let silent = Hand::new(&world, ENROL_ALPN, None).coming_from(host(PROXY));
        let answer = silent.saying_first(preface).post("/v1/enrol", b"{}");
        assert!(answer.is_err(), "{answer:?}");
        until("it is counted", || world.collector.refusals("proxy_missing") == before + 1.0);
    }
    world.collector.tells_once_of_a_stranger("proxy_missing", host(PROXY));
}

/// 2,000 connections that send their heads, or their bodies, by drips, through a balancer that has a
/// machine's certificate.
#[test]
fn long_two_thousand_slow_connections_cost_an_honest_machine_no_time_and_the_collector_little() {
    if !is_long(
        "long_two_thousand_slow_connections_cost_an_honest_machine_no_time_and_the_collector_little",
    ) {
        return;
    }
    // All of them have to come in: nothing but the places and the time limits stands in the way.
    let open = format!("{ONE_FAST_ADDRESS}connections_per_address = 2048\n");
    let world = behind_proxy(&open);
    let uses = ["--unregistered", "--uses", "2", "--unit", "stp"];
    let token = world.collector.token(&uses);
    let [machine, thief] = [(); 2].map(|()| Machine::join(&world, &token));
    assert_eq!(machine.post(&machine.report(1, "FIRST")).unwrap().status, 200);
    let stolen = world.folder().join("stolen.pem");
    std::fs::write(&stolen, hand::pem(&thief.identity)).unwrap();
    let tls = format!("send-proxy-v2 ssl verify none crt {}", stolen.display());
    let haproxy = HaProxy::before(&[through(&world, &tls)], world.folder());
    let pid = world.collector.pid();
    let (files, idle) = (open_files(pid), Memory::of(pid));
    for (mode, more) in [("-H", &[][..]), ("-B", &["-s", "8192"][..])] {
        let mut most = 0;
        let times = honest_times(&world, &machine, || {
            let url = format!("http://{}/v1/reports", haproxy.listens[0]);
            let mut slow = slowhttptest(mode, more, &url, &world.folder().join("slow.log"));
            while slow.is_running() {
                most = most.max(open_files(pid));
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        let (count, slowest) = (times.len(), percentile_99(times));
        let memory = Memory::of(pid).peak;
        println!("{mode}: {count} honest reports, 99 of 100 within {slowest:?}");
        println!("{mode}: {most} files and {memory} KiB at most; idle {idle:?}, {files} files");
        assert!(count > 200, "{count}");
        assert!(slowest < Duration::from_secs(1), "an honest machine took {slowest:?}");
        assert!(most > 1400, "{most} files at most: the siege did not reach the collector");
        until("all files are closed again", || open_files(pid) <= files + 5);
    }
    let taken = Memory::of(pid).peak - idle.resident;
    assert!(taken < STATED_KIB, "{taken} KiB");
}

/// What packaging/collector.toml says that its places take at most: 160 KiB each.
const STATED_KIB: u64 = 2048 * 160;

/// As many connections as there are places, each with the longest head and the longest body that
/// are read, all but the last byte; then all at once wait for a disk that stands still.
#[test]
fn long_a_collector_whose_places_are_all_full_takes_no_more_memory_than_its_settings_say() {
    if !is_long(
        "long_a_collector_whose_places_are_all_full_takes_no_more_memory_than_its_settings_say",
    ) {
        return;
    }
    let (world, machine) = besieged(&format!("{ONE_FAST_ADDRESS}connections_per_address = 2048\n"));
    let pid = world.collector.pid();
    let idle = Memory::of(pid);
    let request = largest_request(&machine);
    let (most, last) = request.split_at(request.len() - 1);
    let mut held: Vec<_> = std::thread::scope(|scope| {
        let crews: Vec<_> =
            (0..4).map(|_| scope.spawn(|| hold(&machine.hand, 500, most))).collect();
        crews.into_iter().flat_map(|crew| crew.join().unwrap()).collect()
    });
    println!("2,000 unfinished requests: {:?}", Memory::of(pid));
    let store = rusqlite::Connection::open(world.collector.folder().join("data/store.sqlite"));
    let store = store.unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    for stream in &mut held {
        stream.write_all(last).unwrap();
    }
    std::thread::sleep(Duration::from_secs(4));
    println!("2,000 reports wait for the disk: {:?}", Memory::of(pid));
    store.execute_batch("ROLLBACK").unwrap();
    let answers = held.into_iter().map(|held| hand::answer(held).unwrap());
    assert_eq!(answers.filter(|answer| answer.status == 200).count(), 2000);
    let taken = Memory::of(pid).peak - idle.resident;
    println!("at most {taken} KiB more than idle, {} a place", taken / 2000);
    assert!(taken < STATED_KIB, "{taken} KiB");
}

/// Connections that have asked for the time, so that their places are not taken back, and go on with
/// this.
fn hold(hand: &Hand, many: usize, request: &[u8]) -> Vec<Open> {
    let held = (0..many).map(|_| {
        let mut stream = hand.connect().unwrap();
        let body = format!("{{\"wire\":1,\"sent_at\":{}}}", now().0);
        let head =
            format!("POST /v1/clock HTTP/1.1\r\nhost: c\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).unwrap();
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&part[..read]);
        }
        stream.write_all(request).unwrap();
        stream.flush().unwrap();
        stream
    });
    held.collect()
}

/// A report as large as one may be, with a head that is.
fn largest_request(machine: &Machine) -> Vec<u8> {
    let mut report = machine.report(2, "LARGE");
    let facts = report["topics"]["machine"]["facts"].as_object_mut().unwrap();
    facts.extend((0..180).map(|n| (format!("machine.x{n}"), json!({ "known": "x".repeat(140) }))));
    let mut body = report.to_string();
    assert!((30_000..32_000).contains(&body.len()), "{}", body.len());
    body += &" ".repeat(report::wire::MAX_BODY_BYTES - body.len());
    let long = "y".repeat(15_000);
    let head = format!(
        "POST /v1/reports HTTP/1.1\r\nhost: c\r\nconnection: close\r\nx-long: {long}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

fn slowhttptest(mode: &str, more: &[&str], url: &str, log: &Path) -> Running {
    let rest = [
        "-c", "2000", mode, "-i", "5", "-r", "400", "-l", "30", "-u", url, "-t", "POST", "-p", "3",
    ];
    let arguments: Vec<_> = rest.into_iter().chain(more.iter().copied()).collect();
    Running::start(Path::new("/usr/bin/slowhttptest"), &arguments, log)
}
