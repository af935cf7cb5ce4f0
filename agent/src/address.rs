//! Where a collector listens, and the name its certificate must carry.

use std::fmt;
use std::str::FromStr;

use report::wire::DEFAULT_PORT;
use rustls_pki_types::ServerName;

/// `host:port` of a collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    name: ServerName<'static>,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has what stands before an `@`, which may be a password and is not repeated.
    #[error(
        "this is not host:port, because there is an @ in it (it is not repeated here: it may hold a \
         password); a proxy is named under `proxy`"
    )]
    User,
    /// An IPv6 address without brackets: where does the port begin?
    #[error("{0:?} is ambiguous: write an IPv6 address in brackets, as in [2001:db8::1]:7443")]
    Ambiguous(String),
    /// The port is not one.
    #[error("{0:?} has no port between 1 and 65535 after its colon")]
    Port(String),
    /// The host is neither a DNS name nor an IP address.
    #[error("{0:?} is not host:port with a DNS name or an IP address")]
    Host(String),
}

impl Address {
    /// The DNS name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name or address the collector's certificate must be valid for.
    #[must_use]
    pub fn name(&self) -> ServerName<'static> {
        self.name.clone()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.contains('@') {
            return Err(AddressError::User);
        }
        let (host, port) = split(text)?;
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0 && !text.contains('+'))
                .ok_or_else(|| AddressError::Port(text.to_owned()))?,
        };
        let name =
            ServerName::try_from(host).map_err(|_| AddressError::Host(text.to_owned()))?.to_owned();
        let host = host.to_owned();
        Ok(Self { host, port, name })
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), AddressError> {
    let malformed = || AddressError::Host(text.to_owned());
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or_else(malformed)?;
        if !host.contains(':') {
            return Err(malformed());
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(malformed()),
        };
    }
    match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Err(AddressError::Ambiguous(text.to_owned())),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

/// As in a URL: IPv6 in brackets, always with the port.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        text.parse::<Address>().unwrap().to_string()
    }

    #[test]
    fn names_and_addresses_come_back_as_they_were() {
        for text in ["thu-nhan.stp.example:7443", "10.0.0.7:443", "[::1]:7443"] {
            assert_eq!(parsed(text), text);
        }
        assert_eq!("[::1]:7443".parse::<Address>().unwrap().host(), "::1");
    }

    #[test]
    fn the_port_may_be_left_out() {
        assert_eq!(parsed("collector.example"), "collector.example:7443");
        assert_eq!(parsed("[2001:db8::1]"), "[2001:db8::1]:7443");
    }

    #[test]
    fn an_ip_address_must_stand_in_the_certificate_as_one() {
        let ip = "127.0.0.1:1".parse::<Address>().unwrap();
        assert!(matches!(ip.name(), ServerName::IpAddress(_)));
        let ip = "[::1]:1".parse::<Address>().unwrap();
        assert!(matches!(ip.name(), ServerName::IpAddress(_)));
    }

    #[test]
    fn a_password_that_strayed_here_is_not_repeated() {
        for text in ["http://may01:hunter2@proxy:3128", "may01:hunter2@proxy", "hunter2@[::1"] {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(error, AddressError::User);
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        for text in ["a:0", "a:", "a:65536", "a:+1", "a:x"] {
            assert_eq!(text.parse::<Address>(), Err(AddressError::Port(text.to_owned())));
        }
        for text in ["", ":1", "a b:1", "https://a", "[::1", "[::1]7", "[a]:1"] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
        assert_eq!("::1".parse::<Address>(), Err(AddressError::Ambiguous("::1".to_owned())));
    }
}
