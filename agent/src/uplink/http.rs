//! One request and its answer, over a connection that then ends.

use std::error::Error;
use std::io::{self, Read as _, Write};
use std::pin::pin;
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::retry_after::retry_after;
use super::{ExchangeError, MAX_REPLY_BYTES, USER_AGENT};
use crate::address::Address;

/// How long closing politely may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// Above this, compressing a body is worth it.
const SQUEEZE_ABOVE: usize = 1024;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Body {
    bytes: Bytes,
    squeezed: bool,
}

impl Body {
    /// JSON as it is.
    #[must_use]
    pub fn plain(json: String) -> Self {
        Self { bytes: json.into(), squeezed: false }
    }

    /// JSON, compressed where that is worth it.
    #[must_use]
    pub fn squeezed(json: String) -> Self {
        if json.len() <= SQUEEZE_ABOVE {
            return Self::plain(json);
        }
        match gzip(json.as_bytes()) {
            Ok(bytes) => Self { bytes: bytes.into(), squeezed: true },
            // Writing to memory does not fail; if it did, the report would still have to go.
            Err(_) => Self::plain(json),
        }
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What was answered, whole.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
}

/// Posts `body` and reads the answer.
pub(super) async fn ask(
    stream: TlsStream<TcpStream>,
    address: &Address,
    path: &'static str,
    body: &Body,
) -> Result<Reply, ExchangeError> {
    let request = request(address, path, body)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async {
        let response = sender.send_request(request).await?;
        read(response).await
    });
    let (answer, open) = tokio::select! {
        biased;
        answer = &mut answer => (answer, true),
        _ = &mut connection => (answer.await, false),
    };
    if open {
        // How the goodbye ends changes nothing about the answer.
        let _ = timeout(GOODBYE, connection).await;
    }
    answer
}

fn request(
    address: &Address,
    path: &'static str,
    body: &Body,
) -> Result<Request<Full<Bytes>>, ExchangeError> {
    let mut request = Request::post(path)
        .header(header::HOST, address.to_string())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONNECTION, "close")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "gzip");
    if body.squeezed {
        request = request.header(header::CONTENT_ENCODING, "gzip");
    }
    request
        .body(Full::new(body.bytes.clone()))
        .map_err(|error| ExchangeError::Senseless(error.to_string()))
}

#[expect(clippy::disallowed_methods, reason = "this is the bounded reader that the ban points to")]
async fn read(response: Response<Incoming>) -> Result<Reply, ExchangeError> {
    let (parts, body) = response.into_parts();
    let collected = Limited::new(body, MAX_REPLY_BYTES).collect().await;
    let body = collected.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => (*error).into(),
        Err(error) if error.is::<LengthLimitError>() => ExchangeError::TooLong,
        Err(error) => ExchangeError::Senseless(error.to_string()),
    })?;
    let body = body.to_bytes();
    let is_packed =
        parts.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let body = if is_packed { unpacked(&body)? } else { body };
    Ok(Reply { status: parts.status, retry_after: retry_after(&parts.headers), body })
}

/// What was packed, within the same bound as what is not.
fn unpacked(body: &[u8]) -> Result<Bytes, ExchangeError> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(MAX_REPLY_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let read = GzDecoder::new(body).take(bound).read_to_end(&mut bytes);
    read.map_err(|error| ExchangeError::Senseless(error.to_string()))?;
    if bytes.len() > MAX_REPLY_BYTES { Err(ExchangeError::TooLong) } else { Ok(bytes.into()) }
}

/// An error with what caused it: the library's own words for the former say little.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodies_that_gain_are_compressed() {
        assert!(!Body::squeezed("x".repeat(SQUEEZE_ABOVE)).squeezed);
        let body = Body::squeezed("x".repeat(SQUEEZE_ABOVE + 1));
        assert!(body.squeezed && body.bytes.len() < 100);
    }

    #[test]
    fn a_packed_answer_is_unpacked_within_the_bound_of_any() {
        let packed = |length: usize| Body::squeezed("x".repeat(length)).bytes;
        assert_eq!(unpacked(&packed(MAX_REPLY_BYTES)).unwrap().len(), MAX_REPLY_BYTES);
        let bomb = unpacked(&packed(MAX_REPLY_BYTES + 1));
        assert!(matches!(bomb, Err(ExchangeError::TooLong)));
        let cut = packed(5000);
        assert!(matches!(unpacked(&cut[..cut.len() - 9]), Err(ExchangeError::Senseless(_))));
    }
}
