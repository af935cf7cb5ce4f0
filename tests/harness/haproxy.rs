//! A real balancer between agents and a collector.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::program::Running;
use crate::{free_port, until};

/// HAProxy with one listener for each server it was told of.
#[derive(Debug)]
pub struct HaProxy {
    running: Running,
    /// Where it listens, in the order of the servers.
    pub listens: Vec<SocketAddr>,
    stats: PathBuf,
}

impl HaProxy {
    /// Starts it in a folder, with a listener in front of each `server` line's rest: an address and
    /// its options.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn before(servers: &[String], folder: &Path) -> Self {
        let stats = folder.join("haproxy.sock");
        let listens: Vec<_> = servers.iter().map(|_| free_port()).collect();
        let mut config = format!(
            "global\n  stats socket {} level admin\ndefaults\n  mode tcp\n  timeout connect 5s\n  \
             timeout client 5m\n  timeout server 5m\n",
            stats.display()
        );
        for (number, (server, listen)) in servers.iter().zip(&listens).enumerate() {
            config += &format!("listen l{number}\n  bind {listen}\n  server s{number} {server}\n");
        }
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, config).expect("a configuration");
        let file = file.to_str().expect("UTF-8");
        let program = Path::new("/usr/sbin/haproxy");
        let log = folder.join("haproxy.log");
        let running = Running::start(program, &["-db", "-f", file], &log);
        let mut haproxy = Self { running, listens, stats };
        until("HAProxy listens", || {
            assert!(haproxy.running.is_running(), "HAProxy ended:\n{}", haproxy.running.log());
            haproxy.listens.iter().all(|at| TcpStream::connect(at).is_ok())
                && UnixStream::connect(&haproxy.stats).is_ok()
        });
        haproxy
    }

    /// What its health checks find of each server, as `L4OK` or `L4CON`.
    ///
    /// # Panics
    /// When it does not say.
    #[must_use]
    pub fn checks(&self) -> Vec<String> {
        let mut socket = UnixStream::connect(&self.stats).expect("HAProxy's socket");
        socket.write_all(b"show stat\n").expect("a question");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        let mut lines = answer.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().expect("a header");
        let place = header.iter().position(|name| *name == "check_status").expect("a column");
        let of_servers = lines.filter(|cells| cells.get(1).is_some_and(|of| of.starts_with('s')));
        of_servers.map(|cells| cells[place].trim_start_matches("* ").to_owned()).collect()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.id()
    }
}
