//! A disk that is full and a folder that may not be written: neither silences a machine, and
//! neither is silent itself.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use harness::program::{all, built, run};
use harness::{Agent, Root, World, skip, until};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

/// A file system of its own, gone with this value.
struct Disk(PathBuf);

impl Disk {
    /// None where this machine mounts nothing.
    fn mounted(folder: &Path) -> Option<Self> {
        let (image, at) = (folder.join("disk.img"), folder.join("disk"));
        fs::create_dir(&at).unwrap();
        File::create(&image).unwrap().set_len(8 << 20).unwrap();
        let tools = [
            ("/usr/sbin/mkfs.ext4", vec!["-q", "-m", "0", text(&image)]),
            ("/usr/bin/mount", vec!["-o", "loop", text(&image), text(&at)]),
        ];
        for (tool, arguments) in tools {
            if !Path::new(tool).exists() || !run(Path::new(tool), &arguments).status.success() {
                return None;
            }
        }
        Some(Self(at))
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = File::create(self.0.join("rubbish")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        file.sync_all().unwrap();
        assert!(fs::write(self.0.join("one-more"), [0; 4096]).is_err(), "the disk is full");
        let _ = fs::remove_file(self.0.join("one-more"));
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("rubbish")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run(Path::new("/usr/bin/umount"), &["-l", text(&self.0)]);
    }
}

#[test]
fn a_full_disk_costs_the_machine_no_contact_and_no_report() {
    let mut world = World::with_machines(&[ROW]);
    let Some(disk) = Disk::mounted(world.folder()) else {
        return skip("a_full_disk_costs_the_machine_no_contact_and_no_report", "mounts no image");
    };
    let root = world.root("debian12-bare", "pc");
    let agent = Agent::over(&root, &world.folder().join("agent"));
    fs::create_dir(disk.0.join("state")).unwrap();
    std::os::unix::fs::symlink(disk.0.join("state"), agent.state()).unwrap();
    agent.enrol(&world.collector.token(&["--machine", "pc-01"]));
    agent.report();
    disk.fill();
    root.write("etc/hostname", "full\n");
    agent.report();
    assert_eq!(heard(&world), "full");

    assert!(world.collector.terminate());
    root.write("etc/hostname", "full-and-alone\n");
    let lost = agent.try_report();
    assert_eq!(lost.status.code(), Some(1));
    let said = all(&lost);
    assert!(said.contains("No space left"), "{said}");
    assert!(!said.contains("the report is kept"), "{said}");

    let mut running = agent.start();
    until("it has tried", || running.log().contains("kept for later"));
    disk.empty();
    world.collector.restart();
    until("what was in memory arrives", || heard(&world) == "full-and-alone");
    assert!(running.terminate(), "{}", running.log());
    agent.report();
}

/// What the collector knows the machine's name to be.
fn heard(world: &World) -> String {
    let machine = world.collector.machine("pc-01");
    machine["machine"]["host_name"].as_str().unwrap_or_default().to_owned()
}

/// Tests run as root, whom nothing is forbidden: the agent here is nobody's.
struct Nobody {
    agent: Agent,
    program: PathBuf,
}

impl Nobody {
    fn join(world: &World, root: &Root) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        fs::set_permissions(world.folder(), Permissions::from_mode(0o755)).unwrap();
        let program = world.folder().join("lachan-agent");
        fs::copy(built("lachan-agent"), &program).unwrap();
        let folder = world.folder().join("nobodys");
        let agent = Agent::over(root, &folder);
        fs::create_dir(agent.state()).unwrap();
        for path in [&folder, &agent.state()] {
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let nobody = Self { agent, program };
        let file = folder.join("token");
        fs::write(&file, world.collector.token(&["--machine", "pc-01"])).unwrap();
        let enrolled = nobody.run(&["enrol", "--token-file", text(&file)]);
        assert!(enrolled.status.success(), "{}", all(&enrolled));
        Some(nobody)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let id = NOBODY.to_string();
        let mut words = vec!["--reuid", &id, "--regid", &id, "--clear-groups"];
        words.push(text(&self.program));
        words.extend(arguments);
        let options = self.agent.options();
        words.extend(options.iter().map(String::as_str));
        run(Path::new("/usr/bin/setpriv"), &words)
    }

    fn may_write(&self, path: &Path, may: bool) {
        fs::set_permissions(path, Permissions::from_mode(if may { 0o700 } else { 0o500 })).unwrap();
    }
}

const NOBODY: u32 = 65_534;

#[test]
fn a_spool_that_may_not_be_written_costs_the_machine_no_contact() {
    let name = "a_spool_that_may_not_be_written_costs_the_machine_no_contact";
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-bare", "pc");
    let Some(nobody) = Nobody::join(&world, &root) else {
        return skip(name, "only root can become somebody else");
    };
    assert!(nobody.run(&["run", "--once"]).status.success());
    nobody.may_write(&nobody.agent.state().join("spool"), false);
    root.write("etc/hostname", "read-only\n");
    let reported = nobody.run(&["run", "--once"]);
    assert!(reported.status.success(), "{}", all(&reported));
    assert!(all(&reported).contains("waits in memory alone"), "{}", all(&reported));
    assert_eq!(heard(&world), "read-only");
}

#[test]
fn a_state_folder_that_may_not_be_written_is_named_and_nothing_is_sent() {
    let name = "a_state_folder_that_may_not_be_written_is_named_and_nothing_is_sent";
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-bare", "pc");
    let Some(nobody) = Nobody::join(&world, &root) else {
        return skip(name, "only root can become somebody else");
    };
    assert!(nobody.run(&["run", "--once"]).status.success());
    let state = nobody.agent.state();
    // As on a disk that the kernel has made read-only: what is there can be read.
    for entry in fs::read_dir(&state).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        }
    }
    nobody.may_write(&state, false);
    root.write("etc/hostname", "read-only\n");
    let refused = nobody.run(&["run", "--once"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(all(&refused).contains(text(&state)), "{}", all(&refused));
    assert!(all(&refused).contains("Permission denied"), "{}", all(&refused));
    assert_ne!(heard(&world), "read-only");
    assert!(nobody.run(&["status"]).status.code() != Some(1), "status only reads");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
