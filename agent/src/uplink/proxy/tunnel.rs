//! `CONNECT`: one question to the proxy, after whose answer the bytes are the collector's.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Proxy, ProxyError};
use crate::address::Address;
use crate::uplink::USER_AGENT;

/// The longest answer that is read: a status and headers, nothing more is expected.
const MAX_HEAD_BYTES: usize = 8 * 1024;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Makes `stream`, which leads to the proxy, lead to the collector.
pub(in crate::uplink) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    collector: &Address,
) -> Result<(), ProxyError> {
    let hung_up = |error| ProxyError::HungUp { proxy: proxy.address.clone(), error };
    stream.write_all(question(proxy, collector).as_bytes()).await.map_err(hung_up)?;
    let mut head = Vec::new();
    let answer = loop {
        if let Some(answer) = Answer::parse(&head) {
            break answer;
        }
        let room = MAX_HEAD_BYTES.saturating_sub(head.len());
        if room == 0 {
            return Err(ProxyError::NoProxy(proxy.address.clone()));
        }
        let mut limited = (&mut *stream).take(u64::try_from(room).unwrap_or(0));
        if limited.read_buf(&mut head).await.map_err(hung_up)? == 0 {
            return Err(hung_up(std::io::ErrorKind::UnexpectedEof.into()));
        }
    };
    match answer {
        // In TLS the client speaks first: what follows the answer already is not the collector's.
        Answer::Nonsense | Answer::Head { status: 200..=299, is_last: false, .. } => {
            Err(ProxyError::NoProxy(proxy.address.clone()))
        }
        Answer::Head { status: 200..=299, is_last: true, .. } => Ok(()),
        Answer::Head { status, logins, .. } => Err(refused(proxy, collector, status, &logins)),
    }
}

fn question(proxy: &Proxy, collector: &Address) -> String {
    let mut question = format!(
        "CONNECT {collector} HTTP/1.1\r\nHost: {collector}\r\nUser-Agent: {USER_AGENT}\r\n"
    );
    if let Some(authorization) = proxy.authorization() {
        question.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    question.push_str("\r\n");
    question
}

/// What the proxy said.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Head {
        status: u16,
        /// The ways to log in that it offers.
        logins: Vec<String>,
        /// Nothing follows the head yet.
        is_last: bool,
    },
    Nonsense,
}

impl Answer {
    /// `None` until the head is whole.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let Some(end) = bytes.windows(END_OF_HEAD.len()).position(|part| part == END_OF_HEAD)
        else {
            // Whatever begins otherwise never becomes an answer.
            let begins = bytes.iter().zip(b"HTTP/1.").all(|(is, should)| is == should);
            return (!begins).then_some(Self::Nonsense);
        };
        let (head, after) = bytes.split_at(end + END_OF_HEAD.len());
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let Some(status) = lines.next().and_then(status) else {
            return Some(Self::Nonsense);
        };
        let logins = lines.filter_map(login).collect();
        Some(Self::Head { status, logins, is_last: after.is_empty() })
    }
}

/// `HTTP/1.1 200 Connection established`.
fn status(line: &str) -> Option<u16> {
    let (version, rest) = line.split_once(' ')?;
    let status = rest.get(..3).filter(|_| matches!(rest.as_bytes().get(3), None | Some(b' ')))?;
    let is_one =
        version.starts_with("HTTP/1.") && status.bytes().all(|digit| digit.is_ascii_digit());
    status.parse().ok().filter(|_| is_one)
}

/// The word of a `Proxy-Authenticate` header, as in `Basic realm="office"`.
fn login(line: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    let word = value.split_whitespace().next()?;
    let is_word = word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (name.eq_ignore_ascii_case("proxy-authenticate") && is_word).then(|| word.to_owned())
}

fn refused(proxy: &Proxy, collector: &Address, status: u16, logins: &[String]) -> ProxyError {
    let (proxy, collector, named) = (proxy.address.clone(), collector.clone(), proxy.has_secret());
    let takes_basic =
        logins.is_empty() || logins.iter().any(|login| login.eq_ignore_ascii_case("basic"));
    match status {
        // Some answer a wrong password with the status that web servers use.
        401 | 407 if !takes_basic => ProxyError::OtherLogin(proxy, logins.join(", ")),
        401 | 407 if named => ProxyError::UserRefused(proxy),
        401 | 407 => ProxyError::UserWanted(proxy),
        403 => ProxyError::Forbidden { proxy, collector },
        502..=504 => ProxyError::NoWay { proxy, collector, status },
        _ => ProxyError::Status { proxy, collector, status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy() -> Proxy {
        "http://user:hunter2@proxy.example:3128".parse().unwrap()
    }

    fn collector() -> Address {
        "[2001:db8::1]:7443".parse().unwrap()
    }

    fn said(text: &str) -> Option<Answer> {
        Answer::parse(text.as_bytes())
    }

    async fn answered(answer: &[u8]) -> (Result<(), ProxyError>, String) {
        let (mut ours, mut theirs) = tokio::io::duplex(64 * 1024);
        theirs.write_all(answer).await.unwrap();
        let opened = open(&mut ours, &proxy(), &collector()).await;
        drop(ours);
        let mut asked = String::new();
        theirs.read_to_string(&mut asked).await.unwrap();
        (opened, asked)
    }

    #[tokio::test]
    async fn the_proxy_is_asked_for_the_collector_and_told_who_asks() {
        let (opened, asked) = answered(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        opened.unwrap();
        assert_eq!(
            asked,
            format!(
                "CONNECT [2001:db8::1]:7443 HTTP/1.1\r\nHost: [2001:db8::1]:7443\r\n\
                 User-Agent: {USER_AGENT}\r\n\
                 Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n\r\n"
            )
        );
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_not_read_for_ever() {
        let mut endless = b"HTTP/1.1 200 OK\r\n".to_vec();
        endless.resize(MAX_HEAD_BYTES + 1000, b'x');
        assert!(matches!(answered(&endless).await.0, Err(ProxyError::NoProxy(_))));
        let mut long = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
        long.resize(MAX_HEAD_BYTES - END_OF_HEAD.len(), b'x');
        long.extend_from_slice(END_OF_HEAD);
        answered(&long).await.0.unwrap();
    }

    #[tokio::test]
    async fn what_follows_the_answer_at_once_is_not_the_collectors() {
        let (opened, _) = answered(b"HTTP/1.1 200 OK\r\n\r\nhello").await;
        assert!(matches!(opened, Err(ProxyError::NoProxy(_))));
    }

    #[tokio::test]
    async fn what_is_no_proxy_is_noticed_at_its_first_bytes() {
        for other in [&b"220 mail.example ESMTP\r\n"[..], b"\x15\x03\x01\0\x02\x02\x16", b"HTTP/2"]
        {
            assert!(matches!(answered(other).await.0, Err(ProxyError::NoProxy(_))));
        }
    }

    #[tokio::test]
    async fn every_refusal_says_what_to_do_and_no_password() {
        for (answer, advice) in [
            ("407 x\r\nProxy-Authenticate: Basic realm=\"a\"", "does not accept the user"),
            (
                "407 x\r\nproxy-authenticate: Negotiate\r\nProxy-Authenticate: NTLM",
                "(Negotiate, NTLM)",
            ),
            ("401 Unauthorized", "does not accept the user"),
            ("403 Filtered", "allow CONNECT to that host and port"),
            ("502 x", "does not reach [2001:db8::1]:7443 (502)"),
            ("504 x", "(504)"),
            ("301 x", "answers 301"),
        ] {
            let (opened, _) = answered(format!("HTTP/1.1 {answer}\r\n\r\n<html>").as_bytes()).await;
            let error = opened.unwrap_err().to_string();
            assert!(error.contains(advice) && !error.contains("hunter2"), "{error}");
        }
        let nameless = "http://proxy.example:3128".parse().unwrap();
        let error = refused(&nameless, &collector(), 407, &[]).to_string();
        assert!(
            error.contains("write proxy = \"http://user:password@proxy.example:3128\""),
            "{error}"
        );
    }

    #[test]
    fn only_a_whole_head_is_an_answer() {
        let whole = "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(said(&whole[..end]), None, "{end}");
        }
        let head = |status, is_last| Answer::Head { status, logins: Vec::new(), is_last };
        assert_eq!(said(whole), Some(head(200, true)));
        assert_eq!(said("HTTP/1.1 200\r\n\r\n"), Some(head(200, true)));
        for nonsense in ["HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1\r\n\r\n"] {
            assert_eq!(said(nonsense), Some(Answer::Nonsense), "{nonsense:?}");
        }
    }
}
