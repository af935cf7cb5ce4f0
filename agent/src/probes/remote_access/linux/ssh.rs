//! Whether a server of SSH is there, and whom OpenSSH's lets in how.
//!
//! The server itself says what is in effect (`sshd -T`), defaults of its maker included. Where it
//! does not, what is written says it. What it takes of some only, it does not say: that is read.

use std::time::Duration;

use report::fact::Ignorance;
use report::{Fact, Reason};

use super::settings::{self, Settings};
use crate::host::programs::Ask;
use crate::host::{Files, Host, Processes, processes};
use crate::probes::units::Units;

/// What offers SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    OpenSsh,
    Dropbear,
}

const SERVICES: [(&str, Server); 3] =
    [("ssh", Server::OpenSsh), ("sshd", Server::OpenSsh), ("dropbear", Server::Dropbear)];
const SOCKETS: [(&str, Server); 3] = [
    ("ssh.socket", Server::OpenSsh),
    ("sshd.socket", Server::OpenSsh),
    ("dropbear.socket", Server::Dropbear),
];

/// What is started, or waits to be, or runs without having been.
pub(super) fn offered(units: &Units<'_>, processes: &Processes) -> Fact<Server> {
    let service = SERVICES.into_iter().find(|(name, _)| units.is_service_on(name));
    let socket = || SOCKETS.into_iter().find(|(name, _)| units.is_on(name));
    if let Some((_, server)) = service.or_else(socket) {
        return Fact::Known(server);
    }
    processes.find(|it| matches!(it.name.as_str(), "sshd" | "dropbear")).map(|it| {
        match it.name.as_str() {
            "sshd" => Server::OpenSsh,
            _ => Server::Dropbear,
        }
    })
}

/// How root gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Yes,
    KeysOnly,
    No,
}

/// What the server takes.
pub(super) struct Answer {
    pub(super) root: Result<Root, Ignorance>,
    pub(super) passwords: Result<bool, Ignorance>,
    pub(super) source: &'static str,
}

const SERVER: &str = "/usr/sbin/sshd";

/// What each setting is set to.
type Values<'a> = dyn Fn(&str) -> Option<String> + 'a;

pub(super) fn effective(host: &Host) -> Result<Answer, Ignorance> {
    if is_told_otherwise(host.files()) {
        let why = "sshd is told on its command line what it takes";
        return Err(Ignorance::new(Reason::NotSupported, why));
    }
    let written =
        Settings::read(host.files()).map_err(|error| error.ignorance(Reason::NotSupported))?;
    let said = ask(host);
    let (value, source): (&Values<'_>, _) = match &said {
        Ok(said) => (&|name| line(said, name), SERVER),
        Err(_) => (&|name| written.value(name).map(str::to_owned), settings::MAIN),
    };
    let not_said = || match &said {
        Ok(_) => Ignorance::new(Reason::ParseError, "sshd -T does not say it"),
        Err(why) => why.clone(),
    };
    Ok(Answer {
        root: root(value).ok_or_else(not_said).and_then(|it| unless_some_root(it, &written)),
        passwords: passwords(value)
            .ok_or_else(not_said)
            .and_then(|it| unless_some_passwords(it, &written)),
        source: source.trim_start_matches('/'),
    })
}

/// Where the server says which process it is: those of sessions have its name.
const PID: &str = "run/sshd.pid";

/// Settings on the command line of a server that runs go before those that are written.
fn is_told_otherwise(files: &Files) -> bool {
    let pid = files.read_text(PID, 64).ok().and_then(|text| text.trim().parse().ok());
    let words = pid.and_then(|pid| processes::arguments(files, pid).ok()).unwrap_or_default();
    let line = words.join(" ").to_ascii_lowercase();
    NAMES.into_iter().any(|name| line.contains(name)) || line.contains(" -f")
}

/// What decides.
const NAMES: [&str; 7] = [
    "permitrootlogin",
    "passwordauthentication",
    KEYBOARD,
    OLD_KEYBOARD,
    "usepam",
    "authenticationmethods",
    "allowusers",
];
const KEYBOARD: &str = "kbdinteractiveauthentication";
const OLD_KEYBOARD: &str = "challengeresponseauthentication";

fn ask(host: &Host) -> Result<String, Ignorance> {
    let ask =
        Ask { path: SERVER, arguments: &["-T"], limit: Duration::from_secs(10), most: 256 * 1024 };
    let said = host.programs().run(&ask).map_err(|error| error.ignorance(Reason::NotSupported))?;
    let output = String::from_utf8_lossy(&said.output).into_owned();
    match said.code {
        Some(0) => Ok(output),
        _ => Err(Ignorance::new(Reason::ProviderError, "sshd -T failed")),
    }
}

/// The values of all lines of a name.
fn line(said: &str, name: &str) -> Option<String> {
    let values = said.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let values: Vec<_> = values.map(str::trim).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

fn root(value: &Values<'_>) -> Option<Root> {
    let is_root = |user: &str| user == "root" || user.contains(['*', '?', '@', '!']);
    let denied = value("denyusers").is_some_and(|it| it.split(' ').any(|user| user == "root"));
    let allowed = value("allowusers").is_none_or(|it| it.split(' ').any(is_root));
    let permitted = value("permitrootlogin")?;
    if denied || !allowed {
        return Some(Root::No);
    }
    way_of_root(&permitted)
}

fn way_of_root(value: &str) -> Option<Root> {
    match value.to_ascii_lowercase().as_str() {
        "yes" => Some(Root::Yes),
        "prohibit-password" | "without-password" | "forced-commands-only" => Some(Root::KeysOnly),
        "no" => Some(Root::No),
        _ => None,
    }
}

/// A password is one whether it is asked for by the server or by PAM on its behalf.
fn passwords(value: &Values<'_>) -> Option<bool> {
    let switch = |name| match value(name)?.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let asks = switch("passwordauthentication")?;
    let interactive = || switch(KEYBOARD).or_else(|| switch(OLD_KEYBOARD));
    let by_pam = || Some(interactive()? && switch("usepam")?);
    let takes = asks || by_pam()?;
    Some(takes && value("authenticationmethods").is_none_or(|it| is_password_enough(&it)))
}

/// Whether one of the ways that are required is a password and nothing more.
fn is_password_enough(methods: &str) -> bool {
    let mut ways = methods.split_whitespace();
    ways.any(|way| {
        way == "any"
            || way.split(',').all(|it| it == "password" || it.starts_with("keyboard-interactive"))
    })
}

fn some(what: &str) -> Ignorance {
    let why = format!("a Match block of sshd_config lets some in {what}");
    Ignorance::new(Reason::NotSupported, &why)
}

/// What is closed to all may be open to some who connect.
fn unless_some_root(root: Root, written: &Settings) -> Result<Root, Ignorance> {
    let opens = |value: &str| match (root, way_of_root(value)) {
        (Root::Yes, _) | (_, Some(Root::No)) | (Root::KeysOnly, Some(Root::KeysOnly)) => false,
        (Root::No | Root::KeysOnly, Some(Root::Yes) | None) | (Root::No, Some(Root::KeysOnly)) => {
            true
        }
    };
    match written.conditional("permitrootlogin").any(opens) {
        true => Err(some("as root")),
        false => Ok(root),
    }
}

fn unless_some_passwords(passwords: bool, written: &Settings) -> Result<bool, Ignorance> {
    let switches = ["passwordauthentication", KEYBOARD, OLD_KEYBOARD];
    let mut opened = switches.into_iter().flat_map(|name| written.conditional(name));
    let is_other = || written.conditional("authenticationmethods").any(is_password_enough);
    match !passwords && (opened.any(|value| !value.eq_ignore_ascii_case("no")) || is_other()) {
        true => Err(some("by password")),
        false => Ok(passwords),
    }
}
