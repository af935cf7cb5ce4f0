//! Bodies, bounded before and after they are unpacked.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;

use flate2::read::GzDecoder;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_ENCODING;
use hyper::{Request, StatusCode};

use crate::problem::Refusal;

/// Whoever wants to know when a body has come in puts this into the extensions of its request.
#[derive(Clone)]
pub struct OnArrival(Arc<dyn Fn() + Send + Sync>);

impl OnArrival {
    /// Calls this for each body.
    pub fn new(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for OnArrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnArrival").finish_non_exhaustive()
    }
}

/// Reads a whole body of at most `limit` bytes, unpacked if it says it is packed.
///
/// # Errors
/// When it is larger, packed in an unknown way, or does not arrive.
pub async fn read_body(request: Request<Incoming>, limit: usize) -> Result<Vec<u8>, Refusal> {
    let packed = match request.headers().get(CONTENT_ENCODING).map(|name| name.as_bytes()) {
        None | Some(b"identity") => false,
        Some(b"gzip") => true,
        Some(_) => {
            return Err(Refusal::of(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content_encoding",
                "bodies are plain or gzip",
            ));
        }
    };
    let on_arrival = request.extensions().get::<OnArrival>().cloned();
    let bytes = receive(request.into_body(), limit).await?;
    if let Some(OnArrival(tell)) = on_arrival {
        tell();
    }
    if packed { unpack(&bytes, limit) } else { Ok(bytes) }
}

#[expect(clippy::disallowed_methods, reason = "this is the bounded reader")]
async fn receive(body: Incoming, limit: usize) -> Result<Vec<u8>, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(_) => Err(Refusal::of(StatusCode::BAD_REQUEST, "body", "the body did not arrive")),
    }
}

/// Unpacks at most one byte more than the limit, whatever the body promises.
fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX) + 1;
    GzDecoder::new(packed)
        .take(bound)
        .read_to_end(&mut bytes)
        .map_err(|_| Refusal::of(StatusCode::BAD_REQUEST, "gzip", "the body is not gzip"))?;
    if bytes.len() > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

fn too_large(limit: usize) -> Refusal {
    Refusal::of(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {limit} bytes"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_gzip_bomb_is_stopped_at_the_limit() {
        let bomb = packed(&vec![b' '; 50_000_000]);
        assert!(bomb.len() < 60_000, "it passes the limit on what is sent");
        assert_eq!(unpack(&bomb, 32 * 1024).unwrap_err().reason, "too_large");
    }

    #[test]
    fn what_fits_comes_out_whole() {
        assert_eq!(unpack(&packed(b"{}"), 2).unwrap(), b"{}");
        assert_eq!(unpack(&packed(b"{ }"), 2).unwrap_err().reason, "too_large");
        assert_eq!(unpack(b"{}", 100).unwrap_err().reason, "gzip");
    }
}
