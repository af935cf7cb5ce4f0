use super::*;

fn parse(text: &str) -> Result<Config, Vec<(usize, String)>> {
    Config::parse(Path::new("agent.toml"), text).map_err(|error| match error {
        ConfigError::Faulty(faults) => {
            faults.into_iter().map(|fault| (fault.line, fault.message)).collect()
        }
        ConfigError::Unreadable { .. } | ConfigError::Exposed { .. } => panic!("nothing was read"),
    })
}

fn assert_default(config: &Config) {
    assert!(config.collectors.is_empty());
    assert!(config.proxy.is_none());
    assert_eq!(config.state_dir, Path::new("/var/lib/lachan-agent"));
    assert_eq!(config.interval, Duration::from_secs(900));
    assert_eq!(config.first_contact_spread, Duration::from_secs(600));
    assert_eq!(config.log, Level::INFO);
    assert!(config.claims.unit.is_none());
    assert!(config.claims.system.is_none());
    assert!(config.claims.level.is_none());
}

#[test]
fn the_installed_file_and_no_file_mean_the_same() {
    assert_default(&parse(places::default_file()).ok().unwrap());
    assert_default(&parse("").ok().unwrap());
}

#[test]
fn every_commented_key_of_the_installed_file_is_one() {
    let uncommented: String = places::default_file()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = parse(&uncommented).ok().unwrap();
    assert_eq!(config.claims.level, Some(3));
    assert!(config.claims.unit.is_some() && config.claims.system.is_some());
}

#[test]
fn what_is_written_is_meant() {
    let config = parse(
        r#"
        collectors = ["a.example", "[::1]:7444"]
        proxy = "http://proxy.example:3128"
        state_dir = "/tmp/state"
        interval = "2h"
        first_contact_spread = "0s"
        log = "debug"
        [claims]
        unit = "Sở Tư pháp"
        level = 3
        "#,
    )
    .ok()
    .unwrap();
    let collectors: Vec<_> = config.collectors.iter().map(Address::to_string).collect();
    assert_eq!(collectors, ["a.example:7443", "[::1]:7444"]);
    assert_eq!(config.proxy.unwrap().to_string(), "http://proxy.example:3128");
    assert_eq!(config.interval, Duration::from_secs(7200));
    assert_eq!(config.first_contact_spread, Duration::ZERO);
    assert_eq!(config.log, Level::DEBUG);
    assert_eq!(config.claims.unit.unwrap().as_str(), "Sở Tư pháp");
    assert_eq!(config.claims.level, Some(3));
}

#[test]
fn everything_wrong_is_said_at_once_with_its_line() {
    let faults = parse(
        "colectors = []\n\
         interval = \"10s\"\n\
         state_dir = 7\n\
         log = \"loud\"\n\
         collectors = [\"a.example\", \"b:x\"]\n\
         [claims]\n\
         level = 9\n\
         levle = 3\n\
         colour = 3\n",
    )
    .err()
    .unwrap();
    let lines: Vec<_> = faults.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 7, 8, 9], "{faults:#?}");
    assert_eq!(faults[0].1, "unknown key `colectors`: is `collectors` meant?");
    assert_eq!(faults[6].1, "unknown key `levle`: is `level` meant?");
    assert_eq!(faults[7].1, "unknown key `colour`: it is one of unit, system, level");
}

#[test]
fn text_that_is_not_toml_is_refused_where_it_breaks() {
    let faults = parse("log = \"info\"\ninterval = \n").err().unwrap();
    assert_eq!(faults[0].0, 2, "{faults:?}");
}

#[test]
fn durations_have_a_unit_and_limits() {
    let within = |text: &str| duration(text, &(60..=7200));
    assert_eq!(within("90s"), Ok(Duration::from_secs(90)));
    assert_eq!(within("2h"), Ok(Duration::from_secs(7200)));
    for text in [
        "59s",
        "3h",
        "15",
        "m",
        "",
        "-5m",
        "1d",
        "1.5h",
        "15 m",
        "15phút",
        "99999999999999999999s",
        "9999999999999999999h",
    ] {
        assert!(within(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_file_may_be_missing_only_where_nobody_named_it() {
    let missing = ConfigPath::Given("/nonexistent/agent.toml".into());
    let error = Config::load(&missing).err().unwrap().to_string();
    assert_eq!(error, "read the configuration /nonexistent/agent.toml: there is no such file");
}

#[test]
fn a_faulty_file_is_named_with_the_line() {
    let error =
        Config::parse(Path::new("/etc/lachan/agent.toml"), "x = 1").err().unwrap().to_string();
    assert!(error.contains("\n  /etc/lachan/agent.toml:1: unknown key"), "{error}");
}

#[test]
fn a_password_under_the_wrong_key_is_not_repeated() {
    let proxy = "\"http://may01:hunter2@proxy:3128\"";
    for line in [
        format!("collectors = [{proxy}]"),
        format!("collectors = {proxy}"),
        format!("state_dir = {proxy}"),
        format!("interval = {proxy}"),
        format!("log = {proxy}"),
        format!("[claims]\nlevel = {proxy}"),
    ] {
        let faults = parse(&line).err().unwrap();
        assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}");
    }
}

#[test]
fn a_faulty_proxy_is_told_without_its_password() {
    for value in [
        "\"http://user:hunter2@proxy\"",
        "\"http://user:hunter2\"",
        "\"user:hunter2@proxy:3128\"",
        "[\"http://user:hunter2@proxy:3128\"]",
        "http://user:hunter2@proxy:3128",
    ] {
        let error = Config::parse(Path::new("a"), &format!("proxy = {value}")).err().unwrap();
        let error = error.to_string();
        assert!(error.contains("a:1: ") && !error.contains("hunter2"), "{value}: {error}");
    }
}
