//! Agents that others use, to be measured as ours is. `tests/peers.sh` unpacks them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use crate::measure::{self, Cost, Memory};
use crate::program::Running;
use crate::{Metrics, free_port, until};

/// One of them, unpacked.
#[derive(Debug)]
pub struct Peer {
    /// Debian's name of it.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// What it takes on the disk, in KiB, without what it needs beside itself.
    pub size: u64,
    kind: Kind,
    root: PathBuf,
    work: PathBuf,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Zabbix,
    NodeExporter,
    FusionInventory,
}

const PEERS: [(&str, Kind); 3] = [
    ("zabbix-agent2", Kind::Zabbix),
    ("prometheus-node-exporter", Kind::NodeExporter),
    ("fusioninventory-agent", Kind::FusionInventory),
];

/// The names of all of them, and those that are there.
#[must_use]
pub fn unpacked(folder: &Path, work: &Path) -> Vec<(&'static str, Option<Peer>)> {
    PEERS.into_iter().map(|(name, kind)| (name, Peer::find(name, kind, folder, work))).collect()
}

impl Peer {
    fn find(name: &'static str, kind: Kind, folder: &Path, work: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(format!("{name}.txt"))).ok()?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let work = work.join(name);
        std::fs::create_dir_all(&work).ok()?;
        Some(Self {
            name,
            version: field("Version: ")?.to_owned(),
            size: field("Installed-Size: ")?.parse().ok()?,
            kind,
            root: folder.join("root"),
            work,
        })
    }

    /// Starts it as a service would, on loopback, and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(&self) -> Serving {
        let port = free_port();
        let (program, arguments) = self.daemon(port.port());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let environment = self.environment();
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let log = self.work.join("log");
        let running = Running::start_under(&environment, &program, &arguments, &log);
        until(self.name, || TcpStream::connect(port).is_ok());
        Serving { running, port }
    }

    /// What one collection takes.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn collection(&self, serving: &Serving) -> Cost {
        match self.kind {
            Kind::Zabbix => {
                let config = self.work.join("agent.conf");
                self.cost(&self.program("usr/sbin/zabbix_agent2"), &["-p", "-c", text(&config)])
            }
            Kind::NodeExporter => scrape(serving),
            Kind::FusionInventory => {
                let agent = self.program("usr/bin/fusioninventory-agent");
                let local = format!("--local={}", self.work.display());
                let arguments = [text(&agent), "--config=none", "--force", local.as_str()];
                self.cost(Path::new("/usr/bin/perl"), &arguments)
            }
        }
    }

    fn cost(&self, program: &Path, arguments: &[&str]) -> Cost {
        let mut all: Vec<String> =
            self.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
        all.push(text(program).to_owned());
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        measure::cost(3, Path::new("/usr/bin/env"), &all)
    }

    fn daemon(&self, port: u16) -> (PathBuf, Vec<String>) {
        match self.kind {
            Kind::Zabbix => {
                let config = self.work.join("agent.conf");
                std::fs::write(&config, self.zabbix_settings(port)).expect("settings");
                let arguments = vec!["-f".to_owned(), "-c".to_owned(), text(&config).to_owned()];
                (self.program("usr/sbin/zabbix_agent2"), arguments)
            }
            Kind::NodeExporter => (
                self.program("usr/bin/prometheus-node-exporter"),
                vec![format!("--web.listen-address=127.0.0.1:{port}")],
            ),
            Kind::FusionInventory => {
                let agent = self.program("usr/bin/fusioninventory-agent");
                let arguments = vec![
                    text(&agent).to_owned(),
                    "--config=none".to_owned(),
                    "--daemon".to_owned(),
                    "--no-fork".to_owned(),
                    "--httpd-ip=127.0.0.1".to_owned(),
                    format!("--httpd-port={port}"),
                    format!("--local={}", self.work.display()),
                ];
                (PathBuf::from("/usr/bin/perl"), arguments)
            }
        }
    }

    fn zabbix_settings(&self, port: u16) -> String {
        let work = self.work.display();
        format!(
            "LogType=console\nServer=127.0.0.1\nListenIP=127.0.0.1\nListenPort={port}\n\
             Hostname=pc\nControlSocket={work}/control\nPluginSocket={work}/plugin\n"
        )
    }

    fn program(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn environment(&self) -> [(&'static str, String); 2] {
        let root = self.root.display();
        let perl = ["share/fusioninventory/lib", "share/perl5", "lib/x86_64-linux-gnu/perl5/5.36"];
        let perl: Vec<_> = perl.iter().map(|path| format!("{root}/usr/{path}")).collect();
        [
            ("LD_LIBRARY_PATH", format!("{root}/usr/lib/x86_64-linux-gnu")),
            ("PERL5LIB", perl.join(":")),
        ]
    }
}

/// A peer at work.
#[derive(Debug)]
pub struct Serving {
    running: Running,
    port: SocketAddr,
}

impl Serving {
    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }
}

fn scrape(serving: &Serving) -> Cost {
    let once = || {
        let before = measure::cpu(serving.id());
        Metrics::scrape(serving.port, "/metrics").expect("a scrape");
        measure::cpu(serving.id()) - before
    };
    let cpu = (0..10).map(|_| once()).min().expect("a scrape");
    Cost { cpu, peak: Memory::of(serving.id()).peak }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
