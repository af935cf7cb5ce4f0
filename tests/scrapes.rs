//! Prometheus from another host: over TLS, with what the settings ask of it.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use harness::hand::{self, HOME};
use harness::{Machine, World, until};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";
const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

/// A world whose metrics are asked for as these settings say.
fn guarded(settings: &str, prepare: impl FnOnce(&Path)) -> World {
    let mut world = World::with_machines(&[ROW]);
    let folder = world.collector.folder().to_owned();
    prepare(&folder);
    let file = folder.join("collector.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + settings).unwrap();
    assert!(world.collector.terminate());
    world.collector.restart_guarded();
    world
}

fn with_token(folder: &Path) {
    let file = folder.join("token");
    std::fs::write(&file, TOKEN).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
}

/// What curl, an independent client, is answered: the status and the page.
fn curl(world: &World, path: &str, more: &[&str]) -> (String, String) {
    let authority = world.collector.folder().join("data/pki/collector-ca.pem");
    let url = format!("https://localhost:{}{path}", world.collector.metrics.port());
    let output = Command::new("curl")
        .args(["-s", "-w", "\n%{http_code}", "--resolve"])
        .arg(format!("localhost:{}:127.0.0.1", world.collector.metrics.port()))
        .arg("--cacert")
        .arg(authority)
        .args(more)
        .arg(url)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (page, status) = text.rsplit_once('\n').unwrap();
    (status.to_owned(), page.to_owned())
}

fn says(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

/// The refusals for a reason, read with the token.
fn refusals(world: &World, reason: &str, more: &[&str]) -> Option<f64> {
    let (_, page) = curl(world, "/metrics/process", more);
    let series = format!("lachan_refusals_total{{reason=\"{reason}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&series)?.parse().ok())
}

#[test]
fn with_a_token_the_metrics_are_told_over_tls_to_who_says_it() {
    let world = guarded("metrics_token_file = \"token\"\n", with_token);
    let token = says(TOKEN);
    let (status, page) = curl(&world, "/metrics", &["-H", &token]);
    assert_eq!(status, "200");
    assert!(page.contains("lachan_machines{"), "{page}");
    for more in [&[][..], &["-H", &says("guess")], &["-H", &says(&TOKEN[1..])]] {
        for path in ["/metrics", "/metrics/fleet", "/metrics/process", "/readyz"] {
            let (status, page) = curl(&world, path, more);
            assert_eq!((status.as_str(), page.as_str()), ("401", ""), "{path}");
        }
    }
    assert_eq!(curl(&world, "/healthz", &[]), ("200".to_owned(), "ok\n".to_owned()));
    assert_eq!(refusals(&world, "metrics_token", &["-H", &token]), Some(12.0));
    world.collector.tells_once_of_a_stranger("metrics_token", HOME);

    let mut plain = TcpStream::connect(world.collector.metrics).unwrap();
    plain.write_all(b"GET /metrics HTTP/1.1\r\nhost: c\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "nothing is told without TLS");
}

/// A CA of the office's own, and the certificate of its Prometheus.
fn with_authority(folder: &Path) {
    let run = |arguments: &[&str]| {
        let status = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
        assert!(status.status.success(), "{}", harness::program::all(&status));
    };
    let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let new = |more: &[&str]| run(&[&["req"], &ec[..], more].concat());
    new(&["-x509", "-subj", "/CN=office", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"]);
    new(&["-subj", "/CN=prometheus", "-keyout", "scrape.key", "-out", "scrape.csr"]);
    std::fs::write(folder.join("usage"), "extendedKeyUsage=clientAuth\n").unwrap();
    run(&[
        "x509",
        "-req",
        "-in",
        "scrape.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "usage",
        "-out",
        "scrape.pem",
    ]);
}

#[test]
fn with_an_authority_only_its_clients_may_scrape_and_no_machine() {
    let world = guarded("metrics_client_ca = \"ca.pem\"\n", with_authority);
    let folder = world.collector.folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (pem, key) = (path("scrape.pem"), path("scrape.key"));
    let known = ["--cert", pem.as_str(), "--key", key.as_str()];
    assert_eq!(curl(&world, "/metrics", &known).0, "200");

    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    let stolen = folder.join("machine.pem");
    std::fs::write(&stolen, hand::pem(&machine.identity)).unwrap();
    for more in [&[][..], &["--cert", stolen.to_str().unwrap()]] {
        for path in ["/metrics", "/healthz"] {
            assert_eq!(curl(&world, path, more), ("000".to_owned(), String::new()), "{path}");
        }
    }
    until("each is counted", || refusals(&world, "metrics_certificate", &known) == Some(4.0));
    world.collector.tells_once_of_a_stranger("metrics_certificate", HOME);
}

#[test]
fn a_collector_whose_metrics_would_be_open_to_others_does_not_start() {
    let mut world = World::with_machines(&[ROW]);
    assert!(world.collector.terminate());
    let file = world.collector.folder().join("collector.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let elsewhere = text.replace(
        &format!("metrics = \"{}\"", world.collector.metrics),
        "metrics = \"0.0.0.0:9743\"",
    );
    assert_ne!(text, elsewhere);
    let refuses = |settings: &str, told: &str| {
        std::fs::write(&file, settings).unwrap();
        let output = world.collector.command(&["serve"]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(words.contains(told), "{words}");
    };
    refuses(&elsewhere, "metrics_token_file or metrics_client_ca");
    let guarded = text + "metrics_token_file = \"token\"\n";
    refuses(&guarded, "metrics_token_file");
    with_token(world.collector.folder());
    let open = Permissions::from_mode(0o644);
    std::fs::set_permissions(world.collector.folder().join("token"), open).unwrap();
    refuses(&guarded, "chmod 600");
}
