//! The way out of an office that lets nothing out but through its proxy.
//!
//! The proxy carries bytes and is trusted with nothing: TLS with the collector begins inside its
//! tunnel, pinned as without it. It is the one that agent.toml names. `HTTPS_PROXY` of the
//! environment is not taken: a service has no environment that anybody looks at, and a variable
//! left over in one must not decide over which machine the office's reports travel.

mod tunnel;

use std::fmt;
use std::io;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::address::Address;
use crate::remedies::HERE;
pub(super) use tunnel::open;

/// An HTTP proxy that makes tunnels.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    address: Address,
    user: Option<User>,
}

/// Who the proxy is told this is; it never leaves this file but towards the proxy.
#[derive(Clone, PartialEq, Eq)]
struct User {
    name: String,
    password: String,
}

/// Why a text names no proxy. None of these repeats the text: there may be a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// It is not a URL of the one kind that is understood.
    #[error("it is no proxy: write \"http://host:port\", or \"none\"")]
    Scheme,
    /// The part before the host.
    #[error(
        "before the @ stand user:password, with %40 for an @, %3A for a colon and %25 for a % in them"
    )]
    User,
    /// No port: proxies have no common one.
    #[error("it names no port: write \"http://host:port\", as in \"http://proxy.example:3128\"")]
    NoPort,
    /// Host and port do not make an address.
    #[error(
        "it names no host and port: write \"http://host:port\", as in \"http://proxy.example:3128\""
    )]
    Address,
}

/// Why the proxy does not lead to the collector.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// It does not answer at all.
    #[error("cannot connect to the proxy {proxy}: {error}: is `proxy` in agent.toml right?")]
    Connect {
        /// Which proxy.
        proxy: Address,
        /// Why.
        error: io::Error,
    },
    /// It broke off.
    #[error("the proxy {proxy} hung up: {error}")]
    HungUp {
        /// Which proxy.
        proxy: Address,
        /// Why.
        error: io::Error,
    },
    /// It does not speak HTTP, or says more than it should.
    #[error(
        "the proxy {0} does not answer as one: is `proxy` in agent.toml the address of an HTTP proxy?"
    )]
    NoProxy(Address),
    /// It wants to know who asks.
    #[error(
        "the proxy {0} demands a user: write \
         proxy = \"http://user:password@{0}\" in agent.toml and {keep}",
        keep = HERE.keep_secret()
    )]
    UserWanted(Address),
    /// It does not know who asks.
    #[error(
        "the proxy {0} does not accept the user or the password: \
         correct `proxy` in agent.toml"
    )]
    UserRefused(Address),
    /// It wants to know it in a way that needs an account of a domain.
    #[error(
        "the proxy {0} demands a login that only people have ({1}): let it allow this collector \
         without one, or with Basic"
    )]
    OtherLogin(Address, String),
    /// It does not want to.
    #[error(
        "the proxy {proxy} forbids the way to {collector} (403): \
         let it allow CONNECT to that host and port"
    )]
    Forbidden {
        /// Which proxy.
        proxy: Address,
        /// Where to.
        collector: Address,
    },
    /// It cannot.
    #[error(
        "the proxy {proxy} does not reach {collector} ({status}): \
         does that collector run, and may the proxy connect to it?"
    )]
    NoWay {
        /// Which proxy.
        proxy: Address,
        /// Where to.
        collector: Address,
        /// Its answer.
        status: u16,
    },
    /// Something else.
    #[error("the proxy {proxy} makes no tunnel to {collector}: it answers {status}")]
    Status {
        /// Which proxy.
        proxy: Address,
        /// Where to.
        collector: Address,
        /// Its answer.
        status: u16,
    },
}

impl Proxy {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether it is told a password.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.user.is_some()
    }

    /// What `Proxy-Authorization` says.
    fn authorization(&self) -> Option<String> {
        let User { name, password } = self.user.as_ref()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }
}

impl FromStr for Proxy {
    type Err = ProxyFault;

    fn from_str(text: &str) -> Result<Self, ProxyFault> {
        let rest = text.strip_prefix("http://").ok_or(ProxyFault::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(User::parse(user).ok_or(ProxyFault::User)?), host),
            None => (None, rest),
        };
        if !host.ends_with(|last: char| last.is_ascii_digit()) || !has_port(host) {
            return Err(ProxyFault::NoPort);
        }
        let address = host.parse().map_err(|_| ProxyFault::Address)?;
        Ok(Self { address, user })
    }
}

fn has_port(host: &str) -> bool {
    host.rsplit(']').next().is_some_and(|after| after.contains(':'))
}

impl User {
    fn parse(text: &str) -> Option<Self> {
        let (name, password) = text.split_once(':')?;
        let user = Self { name: decoded(name)?, password: decoded(password)? };
        // RFC 7617: the colon ends the name, and neither has control characters.
        let is_sound = !user.name.is_empty()
            && !user.name.contains(':')
            && !user.name.chars().chain(user.password.chars()).any(char::is_control);
        is_sound.then_some(user)
    }
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let digits = std::str::from_utf8(digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            }
            b'@' | b':' | b'/' => return None,
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

/// As a URL, without the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "http://{}:***@{}", user.name, self.address),
            None => write!(f, "http://{}", self.address),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str) -> Proxy {
        text.parse().unwrap()
    }

    fn fault(text: &str) -> ProxyFault {
        text.parse::<Proxy>().unwrap_err()
    }

    #[test]
    fn a_proxy_is_an_address_with_or_without_a_user() {
        let plain = proxy("http://proxy.example:3128/");
        assert_eq!(plain.address().to_string(), "proxy.example:3128");
        assert!(!plain.has_secret() && plain.authorization().is_none());
        assert_eq!(proxy("http://[::1]:8080").address().to_string(), "[::1]:8080");
        let named = proxy("http://Aladdin:open%20sesame@10.0.0.1:3128");
        assert_eq!(named.address().to_string(), "10.0.0.1:3128");
        // The example of RFC 7617.
        assert_eq!(named.authorization().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let escaped = proxy("http://stp%5Cmay01:m%40t%3Akh%E1%BA%A9u@proxy:1");
        let user = escaped.user.unwrap();
        assert_eq!((user.name.as_str(), user.password.as_str()), ("stp\\may01", "m@t:khẩu"));
    }

    #[test]
    fn what_names_no_proxy_is_refused_with_its_reason() {
        for text in ["", "proxy:3128", "https://proxy:3128", "socks5://proxy:1080", "None"] {
            assert_eq!(fault(text), ProxyFault::Scheme, "{text:?}");
        }
        for text in ["http://proxy", "http://[::1]", "http://proxy:", "http://", "http://u:p@h"] {
            assert_eq!(fault(text), ProxyFault::NoPort, "{text:?}");
        }
        for text in
            ["u@h:1", ":p@h:1", "a:b:c@h:1", "a:%@h:1", "a:%zz@h:1", "a:%0a@h:1", "a:%ff@h:1"]
        {
            assert_eq!(fault(&format!("http://{text}")), ProxyFault::User, "{text:?}");
        }
        for text in ["http://h:99999", "http://h/x:1", "http://user:hunter2"] {
            assert_eq!(fault(text), ProxyFault::Address, "{text:?}");
        }
    }

    #[test]
    fn the_password_is_shown_nowhere() {
        let named = proxy("http://user:hunter2@proxy:3128");
        let faults = ["http://user:hunter2@proxy", "http://user:hunter2", "user:hunter2@p:1"];
        let said = faults.map(|text| fault(text).to_string()).concat();
        for text in [named.to_string(), format!("{named:?}"), said] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
