//! `doctor` over real connections: each thing that can stand in the way is told by its own name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use agent::config::{Config, ConfigPath};
use agent::doctor::{Check, Examination, Health, Question, Subject, examine};
use report::JoinToken;
use report::wire::CLOCK_PATH;

use crate::collector::{Collector, ENDED, FRESH, Next, nobody};
use crate::proxy::OfficeProxy;
use crate::{KEPT, Machine, joined};

/// Long enough for a slow machine; only a black hole is waited out.
const PATIENCE: Duration = Duration::from_secs(30);

fn subject(machine: &Machine, config: &str) -> Subject {
    Subject {
        path: ConfigPath::Default,
        config: Config::parse(Path::new("agent.toml"), config),
        state: Some(machine.state()),
        host: machine.host(),
    }
}

fn collector_at(address: impl ToString) -> String {
    format!("collectors = [\"{}\"]\n", address.to_string())
}

async fn examined(machine: &Machine, config: &str) -> Examination {
    examine(&subject(machine, config), PATIENCE).await
}

fn check(examination: &Examination, question: Question) -> &Check {
    let mut found = examination.checks.iter().filter(|check| check.question == question);
    found.next().unwrap()
}

fn health(examination: &Examination, questions: &[Question]) -> Vec<Health> {
    questions.iter().map(|question| check(examination, *question).health).collect()
}

const WAY: [Question; 4] = [Question::Name, Question::Connection, Question::Tls, Question::Clock];

fn remedy(examination: &Examination, question: Question) -> String {
    check(examination, question).remedy.clone().unwrap().en
}

/// Everything in the state folder: name, content and when it was last written.
fn kept(machine: &Machine) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![machine.state().path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let written = fs::metadata(&path).unwrap().modified().unwrap();
            let content = match path.is_dir() {
                true => Vec::new(),
                false => agent::durable::read(&path, 1 << 20).unwrap().unwrap(),
            };
            files.insert(path.display().to_string(), (content, written));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    files
}

#[tokio::test]
async fn a_healthy_machine_is_fine_and_as_it_was() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    let before = kept(&machine);
    let examination = examined(&machine, "").await;
    assert_eq!(kept(&machine), before, "nothing is written");
    let paths = collector.paths();
    assert_eq!(paths, ["/v1/enrol", "/v1/reports", CLOCK_PATH], "no report is sent");

    let about_the_recorded_machine =
        |check: &&Check| !matches!(check.question, Question::Rights | Question::Sources);
    for check in examination.checks.iter().filter(about_the_recorded_machine) {
        assert_eq!(check.health, Health::Fine, "{check:?}");
    }
    assert_eq!(check(&examination, Question::Tls).seen.en, "TLS 1.3, X25519MLKEM768");
    drop(cycle);
    let examination = examined(&machine, "").await;
    assert_eq!(check(&examination, Question::Service).health, Health::Finding, "nobody works");
    assert!(machine.cycle().is_ok(), "no lock was left");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let examination = examined(&machine, &collector_at(nobody().await)).await;
    let way = [Health::Fine, Health::Failed, Health::Untested, Health::Untested];
    assert_eq!(health(&examination, &WAY), way);
    assert!(remedy(&examination, Question::Connection).contains("nobody listens"));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let examination = examined(&machine, &collector_at("no-such-host.invalid:7443")).await;
    let way = [Health::Failed, Health::Untested, Health::Untested, Health::Untested];
    assert_eq!(health(&examination, &WAY), way);
}

#[tokio::test]
async fn another_authority_another_name_and_other_dates_are_told_apart() {
    let (ours, theirs) = (Collector::start().await, Collector::start().await);
    let machine = joined(&ours).await;
    let examination = examined(&machine, &collector_at(theirs.address)).await;
    let way = [Health::Fine, Health::Fine, Health::Failed, Health::Untested];
    assert_eq!(health(&examination, &WAY), way);
    assert!(remedy(&examination, Question::Tls).contains("inspection"));
    assert!(theirs.seen().is_empty());

    let named = Collector::listening("127.0.0.1:0", &["localhost"], FRESH).await;
    let address = format!("localhost:{}", named.address.port());
    let machine = Machine::new();
    let token = JoinToken { addresses: vec![address], ..named.token() };
    machine.enrol(&token).await.unwrap();
    let examination = examined(&machine, &collector_at(named.address)).await;
    assert_eq!(health(&examination, &WAY), way);
    assert!(remedy(&examination, Question::Tls).contains("in the collector's certificate"));
}

#[tokio::test]
async fn a_clock_that_is_half_a_year_off_is_measured_all_the_same() {
    let collector = Collector::certifying((-1, 400)).await;
    let machine = joined(&collector).await;
    collector.goes_on(200);
    let examination = examined(&machine, "").await;
    let way = [Health::Fine, Health::Fine, Health::Failed, Health::Failed];
    assert_eq!(health(&examination, &WAY), way);
    assert_eq!(check(&examination, Question::Clock).seen.en, "200 days behind");
    assert!(remedy(&examination, Question::Clock).contains("timedatectl"));
    assert_eq!(collector.paths(), ["/v1/enrol", CLOCK_PATH]);
}

#[tokio::test]
async fn a_collector_that_tells_no_time_or_does_not_want_this_machine_is_told_apart() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    for (status, expected) in [(404, Health::Untested), (403, Health::Failed)] {
        collector.will([Next::Refuse(status)]);
        let examination = examined(&machine, "").await;
        assert_eq!(check(&examination, Question::Clock).health, expected, "{status}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_over_only_by_the_collectors_clock_is_told_with_what_comes_of_it() {
    let collector = Collector::certifying((-1, 20)).await;
    let machine = joined(&collector).await;
    collector.grows_older(60);
    let examination = examined(&machine, "").await;
    let trust = check(&examination, Question::Tls);
    assert!(trust.seen.en.contains("this machine's certificate is over"), "{trust:?}");
    assert!(remedy(&examination, Question::Tls).contains("the agent renews it"));
    assert_eq!(check(&examination, Question::Clock).seen.en, "60 days behind");
    assert_eq!(trust.health, Health::Failed, "as long as the clock is so wrong");
}

#[tokio::test]
async fn what_trust_says_of_a_certificate_that_is_over_agrees_with_what_the_certificate_says() {
    let collector = Collector::certifying((-120, -30)).await;
    let machine = joined(&collector).await;
    let examination = examined(&machine, "").await;
    let asked = [Question::Certificate, Question::Tls, Question::Clock];
    let expected = [Health::Finding, Health::Finding, Health::Fine];
    assert_eq!(health(&examination, &asked), expected);
    let certificate = remedy(&examination, Question::Certificate);
    assert_eq!(remedy(&examination, Question::Tls), certificate);

    let collector = Collector::certifying(ENDED).await;
    let machine = joined(&collector).await;
    let examination = examined(&machine, "").await;
    let expected = [Health::Finding, Health::Failed, Health::Failed];
    assert_eq!(health(&examination, &asked), expected, "no door tolerates that");
}

#[tokio::test]
async fn the_way_through_a_proxy_is_told_without_its_password() {
    let (collector, office) = (Collector::start().await, OfficeProxy::start().await);
    let machine = joined(&collector).await;
    let proxy = office.proxy("").unwrap();
    let through = |user: &str| format!("proxy = \"http://{user}{}\"\n", proxy.address());
    let examination = examined(&machine, &through("")).await;
    let way = [Health::Untested, Health::Fine, Health::Fine, Health::Fine];
    assert_eq!(health(&examination, &WAY), way);
    assert!(check(&examination, Question::Connection).seen.en.contains("through the proxy"));

    office.refuses(collector.address, "407 Who");
    let examination = examined(&machine, &through("may01:hunter2@")).await;
    assert_eq!(check(&examination, Question::Connection).health, Health::Failed);
    let shown = serde_json::to_string(&examination).unwrap();
    assert!(shown.contains("does not accept the user") && !shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_machine_that_never_joined_is_examined_as_far_as_that_goes() {
    let collector = Collector::start().await;
    let machine = Machine::new();
    let examination = examined(&machine, &collector_at(collector.address)).await;
    let way = [Health::Fine, Health::Fine, Health::Untested, Health::Untested];
    assert_eq!(health(&examination, &WAY), way);
    assert!(remedy(&examination, Question::Identity).contains("enrol --token-file"));
    assert!(!machine.state().path().exists());
    assert!(collector.seen().is_empty());
}

#[tokio::test]
async fn every_collector_is_asked_on_its_own() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let (down, up) = (nobody().await, collector.address);
    let examination = examined(&machine, &format!("collectors = [\"{down}\", \"{up}\"]")).await;
    let tls: Vec<_> = examination
        .checks
        .iter()
        .filter(|check| check.question == Question::Tls)
        .map(|check| (check.of.clone().unwrap(), check.health))
        .collect();
    let expected = [(down.to_string(), Health::Untested), (up.to_string(), Health::Fine)];
    assert_eq!(tls, expected);
}
