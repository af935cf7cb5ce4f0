use proptest::prelude::*;

use super::*;

fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, rest].concat()
}

/// 10.1.2.3:50000 to 10.9.9.9:7443, with what may follow.
fn over_ipv4(more: &[u8]) -> Vec<u8> {
    let addresses = [10, 1, 2, 3, 10, 9, 9, 9, 0xc3, 0x50, 0x1d, 0x13];
    header(0x21, 0x11, &[&addresses, more].concat())
}

fn whole(bytes: &[u8], client: Option<&str>) {
    let client = client.map(|client| client.parse().unwrap());
    assert_eq!(parse(bytes), Ok(Header::Whole { used: bytes.len(), client }));
}

#[test]
fn a_header_says_for_whom_the_proxy_speaks() {
    whole(&over_ipv4(&[]), Some("10.1.2.3:50000"));
    whole(&over_ipv4(b"\x04\x00\x03abc"), Some("10.1.2.3:50000"));
    let ipv6 = |source: &str| {
        let [source, to]: [Ipv6Addr; 2] = [source, "2001:db8::1"].map(|text| text.parse().unwrap());
        let rest = [&source.octets()[..], &to.octets(), &[0xc3, 0x50, 0x1d, 0x13]].concat();
        header(0x21, 0x21, &rest)
    };
    whole(&ipv6("2001:db8::7"), Some("[2001:db8::7]:50000"));
    whole(&ipv6("::ffff:10.1.2.3"), Some("10.1.2.3:50000"));
}

#[test]
fn a_proxy_may_speak_for_itself() {
    whole(&header(0x20, 0x00, &[]), None);
    whole(&header(0x20, 0x11, &[0; 12]), None);
    whole(&header(0x21, 0x00, &[]), None);
}

#[test]
fn what_follows_the_header_is_not_touched() {
    let mut bytes = over_ipv4(&[]);
    bytes.extend_from_slice(b"\x16\x03\x01");
    assert!(matches!(parse(&bytes), Ok(Header::Whole { used: 28, .. })));
}

#[test]
fn so_many_bytes_are_asked_for_as_are_missing_and_no_more() {
    let bytes = over_ipv4(&[]);
    assert_eq!(parse(&[]), Ok(Header::More(16)));
    assert_eq!(parse(&bytes[..5]), Ok(Header::More(11)));
    assert_eq!(parse(&bytes[..16]), Ok(Header::More(12)));
    assert_eq!(parse(&bytes[..27]), Ok(Header::More(1)));
}

#[test]
fn anything_else_is_no_header() {
    assert_eq!(parse(b"\x16\x03\x01"), Err(ProxyError::Missing));
    assert_eq!(parse(b"\r\n\r\n\0\r\nQUIX"), Err(ProxyError::Missing));
    assert_eq!(parse(b"PROXY TCP4 10.1.2.3 10.9.9.9 1 2\r\n"), Err(ProxyError::Version1));
    assert_eq!(parse(&header(0x11, 0x11, &[0; 12])), Err(ProxyError::Command(0x11)));
    assert_eq!(parse(&header(0x22, 0x11, &[0; 12])), Err(ProxyError::Command(0x22)));
    for family in [0x12, 0x22, 0x31, 0xff] {
        assert_eq!(parse(&header(0x21, family, &[0; 216])), Err(ProxyError::Family(family)));
    }
    assert_eq!(parse(&header(0x21, 0x11, &[0; 11])), Err(ProxyError::Short));
    assert_eq!(parse(&header(0x21, 0x21, &[0; 35])), Err(ProxyError::Short));
    assert_eq!(parse(&header(0x21, 0x11, &[0; 521])), Err(ProxyError::Long(537)));
    assert!(parse(&header(0x21, 0x11, &[0; 520])).is_ok());
}

#[test]
fn a_header_is_known_by_its_first_bytes() {
    assert!(is_announced(b"\r") && is_announced(SIGNATURE) && is_announced(b"PROXY TCP4 "));
    assert!(!is_announced(b"") && !is_announced(b"\x16\x03\x01") && !is_announced(b"POST / HTTP"));
}

proptest! {
    /// However the bytes come in, reading as many as are asked for ends, within the limit, with what
    /// all of them at once say.
    #[test]
    fn no_bytes_ask_for_more_than_a_header_has(
        begins_well in any::<bool>(),
        rest in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let bytes = if begins_well { [&SIGNATURE[..], &rest].concat() } else { rest };
        let mut read = 0;
        let outcome = loop {
            match parse(&bytes[..read]) {
                Ok(Header::More(more)) if read + more <= bytes.len() => {
                    prop_assert!(more > 0);
                    read += more;
                }
                outcome => break outcome,
            }
            prop_assert!(read <= MAX_HEADER_BYTES);
        };
        if let Ok(Header::Whole { used, .. }) = outcome {
            prop_assert_eq!(used, read);
            prop_assert_eq!(parse(&bytes), outcome);
        }
    }
}
