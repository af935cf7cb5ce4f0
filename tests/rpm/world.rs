//! A machine of our own, for dnf, zypper and the agent alike.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use harness::Agent;
use serde_json::Value as Json;

const QUERY: &str = "%{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\\n";

/// What a repository says of one package.
pub(super) struct Advisory {
    /// `security`, `bugfix`, …
    pub(super) kind: &'static str,
    /// `name-epoch:version-release`.
    pub(super) package: &'static str,
}

/// A machine, its repositories beside it.
pub(super) struct World {
    folder: tempfile::TempDir,
    settings: String,
}

impl World {
    pub(super) fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            settings: "[main]\ngpgcheck=0\n".to_owned(),
        };
        world.write("root/etc/os-release", "ID=rocky\nVERSION_ID=9.7\n");
        fs::create_dir_all(world.at("root/usr/bin")).unwrap();
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    /// Builds a package that holds nothing, and says where it lies.
    fn built(&self, name: &str, evr: &str, to: &str) -> PathBuf {
        let (epoch, version) = evr.split_once(':').unwrap();
        let (version, release) = version.split_once('-').unwrap();
        let spec = format!(
            "Name: {name}\nEpoch: {epoch}\nVersion: {version}\nRelease: {release}\nSummary: x\n\
             License: x\nBuildArch: noarch\n%description\nx\n%files\n"
        );
        self.write("package.spec", &spec);
        let mut build = Command::new("rpmbuild");
        build.args(["-bb", "--quiet"]);
        build.args(["--define", &format!("_topdir {}", self.at("top").display())]);
        build.args(["--define", &format!("_rpmdir {}", self.at(to).display())]);
        succeeded(build.arg(self.at("package.spec")));
        self.at(to).join(format!("noarch/{name}-{version}-{release}.noarch.rpm"))
    }

    /// With a package installed, beside another of its name where there is one.
    pub(super) fn installed(self, name: &str, evr: &str) -> Self {
        let package = self.built(name, evr, "installed");
        let arguments = ["--nosignature", "--nodeps", "--oldpackage", "-i"];
        succeeded(self.rpm().args(arguments).arg(package));
        self
    }

    fn rpm(&self) -> Command {
        let mut rpm = Command::new("rpm");
        rpm.arg("--root").arg(self.at("root"));
        rpm
    }

    /// With a repository that offers these, and these advisories; without any it has no such list.
    pub(super) fn repository(self, id: &str, offers: &[&str], advisories: &[Advisory]) -> Self {
        let folder = format!("repositories/{id}");
        for offer in offers {
            let (name, evr) = parted(offer);
            self.built(name, evr, &folder);
        }
        succeeded(Command::new("createrepo_c").arg("-q").arg(self.at(&folder)));
        if !advisories.is_empty() {
            self.write("updateinfo.xml", &updateinfo(advisories));
            let to = self.at(&folder).join("repodata");
            succeeded(Command::new("modifyrepo_c").arg(self.at("updateinfo.xml")).arg(to));
        }
        let place = self.at(&folder);
        let definition = format!(
            "[{id}]\nname={id}\nenabled=1\ngpgcheck=0\nbaseurl=file://{}\n",
            place.display()
        );
        self.write(&format!("root/etc/yum.repos.d/{id}.repo"), &definition);
        self.write(&format!("root/etc/zypp/repos.d/{id}.repo"), &definition);
        self
    }

    /// With packages of a name kept as they are.
    pub(super) fn excluding(mut self, name: &str) -> Self {
        writeln!(self.settings, "excludepkgs={name}").unwrap();
        self
    }

    pub(super) fn fetched_by_dnf(self) -> Self {
        self.write("root/etc/dnf/dnf.conf", &self.settings);
        let (code, said) = self.run(self.dnf_command().arg("makecache"));
        assert_eq!(code, Some(0), "{said}");
        self
    }

    pub(super) fn without_cache(self) -> Self {
        fs::remove_dir_all(self.at("root/var/cache/dnf")).unwrap();
        self
    }

    fn dnf_command(&self) -> Command {
        let root = self.at("root");
        let mut dnf = Command::new("dnf");
        dnf.args(["-q", "-y", "--releasever=9"]);
        dnf.arg("--installroot").arg(&root);
        dnf.arg("-c").arg(root.join("etc/dnf/dnf.conf"));
        dnf.arg(format!("--setopt=reposdir={}", root.join("etc/yum.repos.d").display()));
        dnf
    }

    /// What dnf says of what it has fetched.
    pub(super) fn dnf(&self, arguments: &[&str]) -> String {
        let (code, said) = self.try_dnf(arguments);
        assert!(matches!(code, Some(0 | 100)), "{said}");
        said
    }

    pub(super) fn try_dnf(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run(self.dnf_command().arg("-C").args(arguments))
    }

    pub(super) fn fetched_by_zypper(self) -> Self {
        let (code, said) = self.run(self.zypper_command().args(["--no-gpg-checks", "refresh"]));
        assert_eq!(code, Some(0), "{said}");
        self
    }

    fn zypper_command(&self) -> Command {
        let mut zypper = Command::new("zypper");
        zypper.arg("--root").arg(self.at("root")).arg("--non-interactive");
        zypper
    }

    pub(super) fn zypper(&self, command: &str) -> String {
        let (code, said) =
            self.run(self.zypper_command().args(["--no-refresh", "--xmlout", command]));
        assert_eq!(code, Some(0), "{said}");
        said
    }

    /// What the agent says, of a machine with this package manager.
    pub(super) fn facts(&self, manager: &str) -> Json {
        let query = ["-qa", "--qf", QUERY];
        let said = succeeded(self.rpm().args(query));
        let answer = format!("$ /usr/bin/rpm {}\nexit 0\n\n{said}", query.join(" "));
        self.write("root/programs/rpm.txt", &answer);
        self.write(&format!("root/usr/bin/{manager}"), "");
        fs::create_dir_all(self.at("root/var/lib/rpm")).unwrap();
        let survey = Agent::at(&self.at("root"), &self.at("agent")).survey();
        let facts = survey["patches"]["facts"].clone();
        assert!(facts.is_object(), "{survey:#}");
        facts
    }

    /// When a file of rpm's database was last changed, in content or in rights.
    pub(super) fn changed_at(&self, name: &str) -> (i64, i64) {
        let folder = succeeded(self.rpm().args(["--eval", "%{_dbpath}"]));
        let place = self.at("root").join(folder.trim().trim_start_matches('/')).join(name);
        let metadata = fs::metadata(place).unwrap();
        (metadata.ctime(), metadata.ctime_nsec())
    }

    fn run(&self, command: &mut Command) -> (Option<i32>, String) {
        let output = command.env("LC_ALL", "C").env_remove("LANGUAGE").output().unwrap();
        (output.status.code(), said(&output))
    }
}

/// `name` and `epoch:version-release`.
fn parted(package: &str) -> (&str, &str) {
    let (before, _) = package.split_once(':').unwrap();
    package.split_at_checked(before.rfind('-').unwrap()).map(|(a, b)| (a, &b[1..])).unwrap()
}

fn updateinfo(advisories: &[Advisory]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<updates>\n".to_owned();
    for Advisory { kind, package } in advisories {
        let (name, evr) = parted(package);
        let (epoch, version) = evr.split_once(':').unwrap();
        let (version, release) = version.split_once('-').unwrap();
        writeln!(
            text,
            "<update from=\"x\" status=\"final\" type=\"{kind}\" version=\"1\"><id>T-{name}</id>\
             <title>t</title><issued date=\"2026-11-10 00:00:00\"/><severity>Important</severity>\
             <description>a &gt; b</description><pkglist><collection short=\"c\"><name>c</name>\
             <package name=\"{name}\" version=\"{version}\" release=\"{release}\" \
             epoch=\"{epoch}\" arch=\"noarch\" src=\"x\"><filename>{name}.rpm</filename>\
             </package></collection></pkglist></update>"
        )
        .unwrap();
    }
    text + "</updates>\n"
}

fn succeeded(command: &mut Command) -> String {
    let output = command.env("LC_ALL", "C").output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
