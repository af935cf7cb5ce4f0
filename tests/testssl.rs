//! What a tool of others says of the agents' port. Its exit code says nothing: its findings do.

use std::process::{Command, Stdio};

use harness::{World, is_long};
use serde_json::Value as Json;

/// What is so on purpose: an authority of one's own has no address where revocations are published,
/// because the collector itself asks for each request; and a certificate that is renewed by itself
/// ends soon. Of the tool's own OpenSSL are the last two: it lacks an engine, and it comes without
/// a certificate, of which in TLS 1.3 it hears only if it has not hung up by then.
const ON_PURPOSE: [&str; 5] = [
    "cert_revocation",
    "cert_expirationStatus",
    "cert_notAfter",
    "engine_problem",
    "optimal_proto",
];

/// A judgement that asks for nothing.
const FINE: [&str; 3] = ["OK", "INFO", "DEBUG"];

#[test]
fn long_testssl_finds_nothing_that_is_not_on_purpose() {
    if !is_long("long_testssl_finds_nothing_that_is_not_on_purpose") {
        return;
    }
    let world = World::with_machines(&[]);
    let found = world.folder().join("testssl.json");
    let authority = world.collector.folder().join("data/pki/root.pem");
    let output = Command::new("testssl")
        .args(["--quiet", "--color", "0", "--warnings", "off", "--ip", "one", "--nodns", "min"])
        .arg("--add-ca")
        .arg(&authority)
        .arg("--jsonfile")
        .arg(&found)
        .arg(world.collector.agents.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let found: Json = serde_json::from_slice(&std::fs::read(&found).expect(&said)).expect(&said);
    let found = found.as_array().unwrap();
    let finding = |id: &str| {
        let finding = found.iter().find(|finding| finding["id"] == id);
        finding.unwrap_or_else(|| panic!("nothing of {id}:\n{said}"))["finding"].as_str().unwrap()
    };
    assert!(finding("TLS1_3").starts_with("offered"), "it did look: {said}");
    for older in ["SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2"] {
        assert!(finding(older).starts_with("not offered"), "{older}: {}", finding(older));
    }
    assert_eq!(finding("cert_chain_of_trust"), "passed.");
    let bad = found.iter().filter(|finding| {
        let (severity, id) = (finding["severity"].as_str(), finding["id"].as_str());
        !severity.is_some_and(|severity| FINE.contains(&severity))
            && !id.is_some_and(|id| ON_PURPOSE.contains(&id))
    });
    let bad: Vec<_> = bad.map(Json::to_string).collect();
    assert!(bad.is_empty(), "{}\n{said}", bad.join("\n"));
}
