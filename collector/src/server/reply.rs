//! Answers: JSON, packed for whoever can unpack it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::problem::Refusal;

/// Bodies of fewer bytes go as they are: they fit into one packet anyway.
const PACK_FROM: usize = 1024;

/// An answer in JSON.
///
/// # Errors
/// When it cannot be written so.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response<Bytes>, Refusal> {
    let body = serde_json::to_vec(body).map_err(|error| Refusal::ours("encode", error))?;
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Whether the peer says that it unpacks gzip. One that attaches a weight to it gets plain bodies.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let said = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|coding| coding.trim() == "gzip")
}

/// The same answer, packed where that saves something.
pub(super) fn packed(mut response: Response<Bytes>) -> Response<Bytes> {
    if response.body().len() < PACK_FROM {
        return response;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    if let Ok(body) = encoder.write_all(response.body()).and_then(|()| encoder.finish()) {
        *response.body_mut() = body.into();
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn only_who_says_so_is_taken_to_unpack_gzip() {
        let takes = |said: &'static str| {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(said))];
            takes_gzip(&headers.into_iter().collect())
        };
        assert!(takes("gzip") && takes("br, gzip"));
        assert!(!takes("br") && !takes("") && !takes("gzip;q=0") && !takes("x-gzip"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_is_large_is_packed_and_says_the_same() {
        let long = "đạt ".repeat(PACK_FROM);
        let packed = packed(json(StatusCode::OK, &long).unwrap());
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        assert!(packed.body().len() < PACK_FROM);
        let mut plain = String::new();
        GzDecoder::new(&packed.body()[..]).read_to_string(&mut plain).unwrap();
        assert_eq!(serde_json::from_str::<String>(&plain).unwrap(), long);
    }

    #[test]
    fn what_is_small_stays_as_it_is() {
        let response = packed(json(StatusCode::OK, &"x".repeat(PACK_FROM - 3)).unwrap());
        assert_eq!(response.body().len(), PACK_FROM - 1);
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
    }
}
