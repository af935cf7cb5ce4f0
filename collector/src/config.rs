//! The collector's settings, as meant.

mod raw;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use report::wire::{CONTACT_RANGE, DEFAULT_PORT};

use crate::files::read_bounded;
use crate::metrics::access::MetricsAccess;
use crate::server::Admittance;
use crate::server::places::Room;

/// The default settings: a commented file that is documentation, default and template in one.
pub const DEFAULT: &str = include_str!("../../packaging/collector.toml");

const MAX_CONFIG_BYTES: u64 = 256 * 1024;

/// Up to a thousand in a second: as good as no limit.
const CONTACTS_PER_HOUR: std::ops::RangeInclusive<u32> = 1..=3_600_000;

/// Fewer would not let an office in at once; more have not been tried.
const CONNECTIONS: std::ops::RangeInclusive<usize> = 16..=60_000;
const NEW_PER_ADDRESS: std::ops::RangeInclusive<u32> = 1..=100_000;

/// What the collector needs to know to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where agents report.
    pub listen: SocketAddr,
    /// `host:port` by which agents reach this collector, first choice first.
    pub public: Vec<String>,
    /// Who may come in, and through which proxies.
    pub admittance: Admittance,
    /// Where Prometheus scrapes: a loopback address unless something is asked of who comes.
    pub metrics: SocketAddr,
    /// What is asked of who scrapes.
    pub metrics_access: MetricsAccess,
    /// The folder of policies and of the register.
    pub policies: PathBuf,
    /// Where keys and store are kept.
    pub data: PathBuf,
    /// How often agents come back, in seconds.
    pub contact_interval: u32,
    /// How many contacts one machine may make in an hour.
    pub contacts_per_hour: u32,
    /// Whether a register marked as sample may be judged by.
    pub allow_sample: bool,
}

/// Why settings are of no use.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read {path}: {cause}; make one with `lachan-collector init --dir FOLDER`")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is no TOML of this shape.
    #[error("{path}: {message}")]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// Values that make no sense, all of them.
    #[error("{path}:\n  {}", .problems.join("\n  "))]
    Values {
        /// Which.
        path: PathBuf,
        /// What is wrong, one line each.
        problems: Vec<String>,
    },
}

impl Config {
    /// Reads a settings file.
    ///
    /// # Errors
    /// When it is missing, misspelt or makes no sense; all problems are named.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read_bounded(path, MAX_CONFIG_BYTES)
            .map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, path, folder)
    }

    fn parse(text: &str, path: &Path, folder: &Path) -> Result<Self, ConfigError> {
        let raw: raw::Config = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        Self::mean(raw, folder)
            .map_err(|problems| ConfigError::Values { path: path.to_owned(), problems })
    }

    fn mean(raw: raw::Config, folder: &Path) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut address = |key: &str, text: &str, otherwise: SocketAddr| {
            text.parse().unwrap_or_else(|_| {
                problems.push(format!("{key} = {text:?}: expected ADDRESS:PORT"));
                otherwise
            })
        };
        let any = SocketAddr::from(([0, 0, 0, 0], DEFAULT_PORT));
        let listen = address("listen", &raw.listen, any);
        let metrics = address("metrics", &raw.metrics, SocketAddr::from(([127, 0, 0, 1], 0)));
        let metrics_access = MetricsAccess {
            token_file: named(folder, &raw.metrics_token_file),
            client_ca: named(folder, &raw.metrics_client_ca),
        };
        if !metrics.ip().is_loopback() && metrics_access.is_open() {
            problems.push(format!(
                "metrics = \"{metrics}\": only a loopback address is accepted without \
                 metrics_token_file or metrics_client_ca, because the numbers say which machines \
                 are weak; let Prometheus scrape on this host, or set one of the two"
            ));
        }
        let admittance = admittance(&raw, &mut problems);
        let contact_interval = duration(&raw.contact_interval)
            .filter(|seconds| CONTACT_RANGE.contains(seconds))
            .unwrap_or_else(|| {
                let given = &raw.contact_interval;
                problems.push(format!("contact_interval = {given:?}: expected \"1m\" to \"6h\""));
                *CONTACT_RANGE.start()
            });
        if !CONTACTS_PER_HOUR.contains(&raw.contacts_per_hour) {
            let (least, most) = (CONTACTS_PER_HOUR.start(), CONTACTS_PER_HOUR.end());
            let given = raw.contacts_per_hour;
            problems.push(format!("contacts_per_hour = {given}: expected {least} to {most}"));
        }
        let mut public = Vec::new();
        for name in &raw.public {
            match with_port(name, listen.port()) {
                Some(address) => public.push(address),
                None => problems.push(format!("public: {name:?} is no NAME, ADDRESS or NAME:PORT")),
            }
        }
        let config = Self {
            listen,
            public,
            admittance,
            metrics,
            metrics_access,
            policies: folder.join(raw.policies),
            data: folder.join(raw.data),
            contact_interval,
            contacts_per_hour: raw.contacts_per_hour,
            allow_sample: raw.allow_sample,
        };
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The names and addresses of [`Config::public`], without ports.
    #[must_use]
    pub fn public_names(&self) -> Vec<String> {
        self.public.iter().map(|public| host(public).to_owned()).collect()
    }

    /// The store's file.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.data.join("store.sqlite")
    }

    /// The folder of the keys: the certificate authorities', and the one that signs heads of the logs.
    #[must_use]
    pub fn pki(&self) -> PathBuf {
        self.data.join("pki")
    }

    /// The keys of session tickets; never part of a backup.
    #[must_use]
    pub fn ticket_keys(&self) -> PathBuf {
        self.data.join("ticket-keys")
    }

    /// The heads of the logs that were signed.
    #[must_use]
    pub fn audit_heads(&self) -> PathBuf {
        self.data.join("audit-heads")
    }

    /// The socket of the officers' commands.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        self.data.join("admin.sock")
    }
}

fn admittance(raw: &raw::Config, problems: &mut Vec<String>) -> Admittance {
    let mut within = |key: &str, given: usize, least: usize, most: usize| {
        if !(least..=most).contains(&given) {
            problems.push(format!("{key} = {given}: expected {least} to {most}"));
        }
    };
    let connections = raw.connections;
    within("connections", connections, *CONNECTIONS.start(), *CONNECTIONS.end());
    within("connections_per_address", raw.connections_per_address, 1, connections);
    if !NEW_PER_ADDRESS.contains(&raw.new_per_address) {
        let (least, most) = (NEW_PER_ADDRESS.start(), NEW_PER_ADDRESS.end());
        let given = raw.new_per_address;
        problems.push(format!("new_per_address = {given}: expected {least} to {most}"));
    }
    let mut proxies = Vec::new();
    for proxy in &raw.proxy_from {
        match proxy.parse() {
            Ok(network) => proxies.push(network),
            Err(error) => problems.push(format!("proxy_from: {error}")),
        }
    }
    let (per_address, new_per_address) = (raw.connections_per_address, raw.new_per_address);
    Admittance { room: Room { connections, per_address, new_per_address }, proxies }
}

/// A file that is named, or none.
fn named(folder: &Path, file: &str) -> Option<PathBuf> {
    (!file.is_empty()).then(|| folder.join(file))
}

/// Seconds of a duration such as `90s`, `15m`, `6h` or `7d`.
#[must_use]
pub fn duration(text: &str) -> Option<u32> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    text[..text.len() - unit.len_utf8()].parse::<u32>().ok()?.checked_mul(factor)
}

/// A name or address with the port it has, or with this one; `None` where it is neither.
fn with_port(name: &str, port: u16) -> Option<String> {
    if name.parse::<std::net::Ipv6Addr>().is_ok() {
        return Some(format!("[{name}]:{port}"));
    }
    let (host, address) = match name.rsplit_once(':') {
        Some((host, port)) => (host, port.parse::<u16>().ok().map(|_| name.to_owned())?),
        None => (name, format!("{name}:{port}")),
    };
    let of_name = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
    (!host.is_empty() && host.chars().all(of_name)).then_some(address)
}

fn host(public: &str) -> &str {
    let host = public.rsplit_once(':').map_or(public, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("collector.toml"), Path::new("/etc/lachan"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_file_means_the_defaults() {
        let config = parse(DEFAULT).unwrap();
        assert_eq!(config, parse("").unwrap());
        assert_eq!(config.listen.to_string(), "0.0.0.0:7443");
        assert_eq!(config.policies, Path::new("/etc/lachan/policies"));
        let uncommented: String = DEFAULT
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(parse(&uncommented).unwrap(), config, "what stands commented is the default");
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let error =
            parse("listen = \"here\"\nmetrics = \"0.0.0.0:9743\"\ncontact_interval = \"7h\"\ncontacts_per_hour = 0")
                .unwrap_err();
        for part in
            ["listen = \"here\"", "only a loopback address", "\"1m\" to \"6h\"", "1 to 3600000"]
        {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn metrics_leave_the_host_only_where_something_is_asked_of_who_scrapes() {
        let elsewhere = "metrics = \"0.0.0.0:9743\"\n";
        assert!(parse(elsewhere).unwrap_err().contains("metrics_token_file"));
        for key in ["metrics_token_file", "metrics_client_ca"] {
            let config = parse(&format!("{elsewhere}{key} = \"keys/scrape\"")).unwrap();
            let MetricsAccess { token_file, client_ca } = config.metrics_access;
            assert_eq!(token_file.or(client_ca).unwrap(), Path::new("/etc/lachan/keys/scrape"));
        }
    }

    #[test]
    fn limits_that_shut_everybody_out_or_proxies_that_are_none_are_refused() {
        for (text, part) in [
            ("connections = 0", "16 to 60000"),
            ("connections_per_address = 0", "1 to 2048"),
            ("connections = 100\nconnections_per_address = 101", "1 to 100"),
            ("new_per_address = 0", "1 to 100000"),
            ("proxy_from = [\"10.0.0.5\", \"balancer\"]", "\"balancer\" is no network"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let config = parse("proxy_from = [\"10.0.0.5\"]").unwrap();
        assert!(config.admittance.proxies[0].contains([10, 0, 0, 5].into()));
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_place() {
        let error = parse("lissten = \"0.0.0.0:1\"").unwrap_err();
        assert!(error.contains("line 1") && error.contains("lissten"), "{error}");
    }

    #[test]
    fn a_public_name_that_is_none_is_refused() {
        for name in ["host:99999", "host:", ":7443", "", "https://host", "a b"] {
            let error = parse(&format!("public = [{name:?}]")).unwrap_err();
            assert!(error.contains("public:"), "{name}: {error}");
        }
    }

    #[test]
    fn public_names_get_the_port_and_lose_it_in_certificates() {
        let config = parse(
            "listen = \"0.0.0.0:8443\"\npublic = [\"a.example\", \"10.0.0.1:1\", \"::1\", \"[::2]:5\"]",
        )
        .unwrap();
        assert_eq!(config.public, ["a.example:8443", "10.0.0.1:1", "[::1]:8443", "[::2]:5"]);
        assert_eq!(config.public_names(), ["a.example", "10.0.0.1", "::1", "::2"]);
    }
}
