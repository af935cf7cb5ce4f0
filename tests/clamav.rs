//! A real ClamAV, seen by the real agent on this very machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::program::Running;
use harness::root::{clamav_header, now};
use harness::{Agent, skip, until};
use report::moment::DAY;
use serde_json::{Value as Json, json};

/// The test file that every antivirus detects, in two halves so that none detects this one.
const EICAR: [&str; 2] =
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];
const EICAR_SIGNATURE: &str = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n";

struct ClamAv {
    folder: tempfile::TempDir,
    clamd: Running,
}

impl ClamAv {
    /// A `clamd` that knows one signature.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("database")).unwrap();
        std::fs::create_dir_all(at("watched")).unwrap();
        std::fs::write(at("database/local.hdb"), EICAR_SIGNATURE).unwrap();
        let settings = format!(
            "DatabaseDirectory {}\nLocalSocket {}\nForeground yes\nUser root\n\
             OnAccessIncludePath {}\nOnAccessPrevention yes\nOnAccessExcludeRootUID yes\n",
            at("database").display(),
            at("clamd.sock").display(),
            at("watched").display()
        );
        std::fs::write(at("clamd.conf"), settings).unwrap();
        let configuration = at("clamd.conf");
        let arguments = ["-c", configuration.to_str().unwrap()];
        let clamd = Running::start(Path::new("/usr/sbin/clamd"), &arguments, &at("clamd.log"));
        until("clamd listens", || at("clamd.sock").exists());
        Self { folder, clamd }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// `clamonacc`, once it keeps another user from reading the test file.
    fn guard(&self) -> Running {
        let file = self.at("watched/eicar");
        std::fs::write(&file, EICAR.concat()).unwrap();
        open_to_all(self.folder.path());
        let option = format!("--config-file={}", self.at("clamd.conf").display());
        let guard = Running::start(
            Path::new("/usr/sbin/clamonacc"),
            &["--foreground", &option],
            &self.at("clamonacc.log"),
        );
        until("the test file is kept from others", || !nobody_reads(&file));
        guard
    }
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn nobody_reads(file: &Path) -> bool {
    Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// What the agent says of ClamAV on this machine.
fn seen(agent: &Agent) -> Json {
    let survey = agent.survey();
    let facts = &survey["antivirus"]["facts"];
    assert_eq!(facts["antivirus.complete"]["known"], true, "{survey:#}");
    let products = facts["antivirus.products"]["known"].as_array().unwrap();
    let clamav = products.iter().find(|product| product["product"]["known"] == "clamav");
    clamav.unwrap_or_else(|| panic!("{survey:#}")).clone()
}

#[test]
fn a_real_clamav_is_seen_with_its_definitions_its_licence_and_its_guard() {
    if !rustix::process::geteuid().is_root() {
        return skip("clamav", "clamonacc guards files only as root");
    }
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::at(Path::new("/"), folder.path());
    let mut clamav = ClamAv::start();
    // Added afterwards: clamd would refuse to start on a header alone.
    // The header tells the time to the minute.
    let yesterday = now() - DAY;
    let built = yesterday - yesterday.0 % 60;
    std::fs::write(clamav.at("database/daily.cvd"), clamav_header(built, 27_812)).unwrap();

    let product = seen(&agent);
    assert_eq!(product["state"]["known"], "on", "{product:#}");
    assert_eq!(product["definitions_at"]["known"], json!({ "at": built, "clock": "source" }));
    assert_eq!(product["definitions_version"]["known"], "27812");
    assert_eq!(product["licence_status"]["known"], "free");
    assert_eq!(product["realtime"]["known"], false, "nothing guards yet");
    let version = product["version"]["known"].as_str().unwrap();
    assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{version}");

    let mut guard = clamav.guard();
    assert_eq!(seen(&agent)["realtime"]["known"], true, "{:#}", seen(&agent));
    guard.kill();
    assert_eq!(seen(&agent)["realtime"]["known"], false);
    clamav.clamd.kill();
    assert_eq!(seen(&agent)["state"]["known"], "off");
}

#[test]
fn this_machine_answers_a_survey_without_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let survey = Agent::at(Path::new("/"), folder.path()).survey();
    for topic in ["machine", "assignment", "antivirus", "patches"] {
        assert!(survey[topic]["failed"].is_null(), "{survey:#}");
    }
    let facts = &survey["machine"]["facts"];
    assert_eq!(facts["machine.os_family"]["known"], "linux");
    assert!(facts["machine.booted_at"]["known"]["at"].as_i64().unwrap() > 1_500_000_000);
}
