//! Networks by their addresses: whom a token serves, which proxies are believed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A network such as `10.1.0.0/16` or `2001:db8::/32`.
///
/// A listener on both families sees an IPv4 peer as `::ffff:10.1.2.3`: addresses and networks are
/// taken for what they mean, so that it lies in `10.1.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

/// Why a text names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// There is no address in front.
    #[error("{0:?} is no network: write one as 10.1.0.0/16 or 2001:db8::/32")]
    Address(String),
    /// The number behind the slash is none, or larger than an address is long.
    #[error("{0:?} is no network: behind / stand 0 to {1} bits")]
    Prefix(String, u8),
    /// The address says more than the network does: one of the two is a slip of the pen.
    #[error("{0:?} names one address of a network: write {1} for all of it, or leave out /")]
    HostBits(String, Cidr),
}

impl Cidr {
    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.network.is_ipv4() && cut(address, self.prefix) == self.network
    }

    /// The network of an address and a number of bits that it has.
    fn around(address: IpAddr, prefix: u8) -> Self {
        let unmapped = address.to_canonical();
        match (address, unmapped) {
            (IpAddr::V6(_), IpAddr::V4(_)) if prefix >= MAPPED => {
                Self { network: cut(unmapped, prefix - MAPPED), prefix: prefix - MAPPED }
            }
            (IpAddr::V4(_) | IpAddr::V6(_), _) => Self { network: cut(address, prefix), prefix },
        }
    }
}

/// How many bits stand before an IPv4 address that is written as an IPv6 one.
const MAPPED: u8 = 96;

/// How many bits of an IPv6 address belong to one customer: within them he takes whichever he likes.
const CUSTOMER: u8 = 64;

/// The address by which a peer is counted: an IPv4 address, or the /64 of an IPv6 one.
#[must_use]
pub fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        address @ IpAddr::V6(_) => cut(address, CUSTOMER),
    }
}

/// The first bits of an address, the others zero.
fn cut(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

fn length(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// An address alone is the network of that one address.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| CidrError::Address(text.to_owned()))?;
        let longest = length(address);
        let Some(bits) = bits else {
            return Ok(Self::around(address, longest));
        };
        let digits = (1..=3).contains(&bits.len()) && bits.bytes().all(|b| b.is_ascii_digit());
        let prefix = bits.parse().ok().filter(|prefix| digits && *prefix <= longest);
        let prefix = prefix.ok_or_else(|| CidrError::Prefix(text.to_owned(), longest))?;
        let cidr = Self::around(address, prefix);
        match cut(address, prefix) == address {
            true => Ok(cidr),
            false => Err(CidrError::HostBits(text.to_owned(), cidr)),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;

    fn try_from(text: String) -> Result<Self, CidrError> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_first_and_its_last_address_and_none_beside_them() {
        for (network, inside, outside) in [
            ("10.1.0.0/16", ["10.1.0.0", "10.1.255.255"], ["10.0.255.255", "10.2.0.0"]),
            ("10.1.2.3", ["10.1.2.3", "10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
            ("192.168.4.0/23", ["192.168.4.0", "192.168.5.255"], ["192.168.3.255", "192.168.6.0"]),
            (
                "2001:db8::/32",
                ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
                ["2001:db7:ffff::", "2001:db9::"],
            ),
            ("2001:db8::7/128", ["2001:db8::7", "2001:db8::7"], ["2001:db8::6", "2001:db8::8"]),
        ] {
            for inside in inside {
                assert!(net(network).contains(address(inside)), "{inside} in {network}");
            }
            for outside in outside {
                assert!(!net(network).contains(address(outside)), "{outside} in {network}");
            }
        }
    }

    #[test]
    fn everyone_of_a_family_is_nobody_of_the_other() {
        let (four, six) = (net("0.0.0.0/0"), net("::/0"));
        assert!(!net("2001:db8::7/128").contains(address("10.1.2.3")));
        for (text, is_four) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("::1", false)] {
            assert_eq!(four.contains(address(text)), is_four, "{text}");
            assert_eq!(six.contains(address(text)), !is_four, "{text}");
        }
    }

    #[test]
    fn an_ipv4_address_is_itself_however_it_is_written() {
        assert!(net("10.1.0.0/16").contains(address("::ffff:10.1.2.3")));
        assert_eq!(net("::ffff:10.1.0.0/112"), net("10.1.0.0/16"));
        assert_eq!(net("::ffff:10.1.2.3"), net("10.1.2.3/32"));
    }

    #[test]
    fn what_was_written_comes_back() {
        for text in ["10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32", "::/0"] {
            assert_eq!(net(text).to_string(), text);
            let json = serde_json::to_string(&net(text)).unwrap();
            assert_eq!(serde_json::from_str::<Cidr>(&json).unwrap(), net(text));
        }
        assert_eq!(net("10.1.2.3").to_string(), "10.1.2.3/32");
    }

    #[test]
    fn a_slip_of_the_pen_is_named_and_never_widens_a_network() {
        for text in ["", "/8", "10.1", "10.1.0.0/", "10.1.0.0/33", "::/129", "10.0.0.0/+8", "a/8"] {
            let told = text.parse::<Cidr>().unwrap_err();
            assert!(!matches!(told, CidrError::HostBits(..)), "{text}: {told}");
        }
        let told = "10.1.2.3/16".parse::<Cidr>().unwrap_err().to_string();
        assert!(told.contains("10.1.0.0/16"), "{told}");
    }

    #[test]
    fn who_owns_a_whole_range_is_counted_once() {
        let same = |one, other| counted_as(address(one)) == counted_as(address(other));
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("10.1.2.3", "::ffff:10.1.2.3"));
        assert!(!same("10.1.2.3", "10.1.2.4"));
    }
}
