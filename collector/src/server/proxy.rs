//! The PROXY protocol, version 2: for whom a balancer speaks.
//!
//! It is binding for those whose address `proxy_from` names, and taken from nobody else: whoever
//! could write it could be anybody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What stands at the beginning of each header.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// How version 1 begins, which is a line of text.
const SIGNATURE_1: &[u8; 6] = b"PROXY ";
/// Signature, version with command, family with protocol, and how many bytes follow.
const FIXED: usize = 16;
/// No header is longer, in bytes: the addresses of the largest family that counts, and 500 bytes of
/// what is skipped.
pub const MAX_HEADER_BYTES: usize = 536;

/// What stands in the bytes that have come so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// So many bytes are missing, at least.
    More(usize),
    /// A whole header.
    Whole {
        /// How many bytes it takes.
        used: usize,
        /// Whom the proxy speaks for; `None` where it speaks for itself, as its health checks do.
        client: Option<SocketAddr>,
    },
}

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It begins in another way.
    #[error("the connection does not begin with a header of the PROXY protocol")]
    Missing,
    /// It is a line of text.
    #[error("the header is of version 1 of the PROXY protocol: send-proxy-v2 is needed")]
    Version1,
    /// Another version, or neither a client's connection nor the proxy's own.
    #[error("the header says version and command {0:#04x}")]
    Command(u8),
    /// A client that does not come by TCP.
    #[error("the header says family and protocol {0:#04x}: only TCP over IPv4 or IPv6 counts")]
    Family(u8),
    /// It ends before its addresses do.
    #[error("the header is too short for its addresses")]
    Short,
    /// It announces more than anybody sends.
    #[error("the header announces {0} bytes, at most {MAX_HEADER_BYTES} are read")]
    Long(usize),
}

/// Reads the header that these bytes begin with.
///
/// # Errors
/// When they begin none; that is said as soon as it is certain.
pub fn parse(bytes: &[u8]) -> Result<Header, ProxyError> {
    if begins(bytes, SIGNATURE_1) && bytes.len() >= SIGNATURE_1.len() {
        return Err(ProxyError::Version1);
    }
    if !bytes.is_empty() && !begins(bytes, SIGNATURE) {
        return Err(ProxyError::Missing);
    }
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else {
        return Ok(Header::More(FIXED - bytes.len()));
    };
    let [.., command, family, high, low] = *fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let used = FIXED + length;
    if used > MAX_HEADER_BYTES {
        return Err(ProxyError::Long(used));
    }
    match rest.get(..length) {
        None => Ok(Header::More(length - rest.len())),
        Some(rest) => Ok(Header::Whole { used, client: client(command, family, rest)? }),
    }
}

/// Whether these first bytes of a connection are those of a header, of either version. One byte
/// says enough: nobody else begins so.
#[must_use]
pub fn is_announced(bytes: &[u8]) -> bool {
    !bytes.is_empty() && (begins(bytes, SIGNATURE) || begins(bytes, SIGNATURE_1))
}

/// Whether both are the same as far as the shorter one goes.
fn begins(bytes: &[u8], signature: &[u8]) -> bool {
    bytes.iter().zip(signature).all(|(byte, wanted)| byte == wanted)
}

fn client(command: u8, family: u8, rest: &[u8]) -> Result<Option<SocketAddr>, ProxyError> {
    match (command, family) {
        (0x20, _) | (0x21, 0x00) => Ok(None),
        (0x21, 0x11) => {
            addresses(rest).map(|(from, port)| Some((Ipv4Addr::from(from), port).into()))
        }
        (0x21, 0x21) => addresses(rest).map(|(from, port)| Some(canonical(from, port))),
        (0x21, family) => Err(ProxyError::Family(family)),
        (command, _) => Err(ProxyError::Command(command)),
    }
}

fn canonical(from: [u8; 16], port: u16) -> SocketAddr {
    (IpAddr::from(Ipv6Addr::from(from)).to_canonical(), port).into()
}

/// The address and the port of the source: both addresses stand before both ports.
fn addresses<const N: usize>(rest: &[u8]) -> Result<([u8; N], u16), ProxyError> {
    let (source, rest) = rest.split_first_chunk::<N>().ok_or(ProxyError::Short)?;
    let (_, rest) = rest.split_first_chunk::<N>().ok_or(ProxyError::Short)?;
    let (port, rest) = rest.split_first_chunk::<2>().ok_or(ProxyError::Short)?;
    rest.first_chunk::<2>().ok_or(ProxyError::Short)?;
    Ok((*source, u16::from_be_bytes(*port)))
}

#[cfg(test)]
mod tests;
