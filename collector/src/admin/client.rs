//! The commands' end of the admin socket.

use std::error::Error;
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::AdminProblem;
use crate::when::When;

/// The largest answer: more than a list of a sector's machines needs.
const MAX_ANSWER_BYTES: usize = 256 << 20;

/// A collector that runs.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No collector listens.
    #[error("no collector runs here ({0} does not answer): start it with `lachan-collector serve`")]
    NotRunning(PathBuf),
    /// The socket is not for this user.
    #[error(
        "{0}: this user may not talk to the collector; use sudo or join the group lachan-admin"
    )]
    Denied(PathBuf),
    /// The collector said no.
    #[error("{0}")]
    Refused(String),
    /// The answer is longer than a command takes.
    #[error(
        "the answer is larger than {} MiB: ask for one unit at a time with --unit ID (machine list --csv --unit ID writes the same lines)",
        MAX_ANSWER_BYTES >> 20
    )]
    TooLarge,
    /// The conversation broke.
    #[error("talk to the collector: {0}")]
    Broken(String),
}

impl Client {
    /// The collector whose socket this is, if one listens there.
    ///
    /// # Errors
    /// When none does, or this user may not ask it.
    pub async fn connect(socket: &Path) -> Result<Self, AdminError> {
        match UnixStream::connect(socket).await {
            Ok(_) => Ok(Self { socket: socket.to_owned() }),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Err(AdminError::Denied(socket.to_owned()))
            }
            Err(_) => Err(AdminError::NotRunning(socket.to_owned())),
        }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// When the collector says no or the conversation breaks.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, AdminError> {
        self.ask(Method::GET, path, None::<&()>).await
    }

    /// Asks to change something.
    ///
    /// # Errors
    /// When the collector says no or the conversation breaks.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, AdminError> {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, AdminError> {
        let body = match body {
            Some(body) => serde_json::to_vec(body).map_err(broken)?,
            None => Vec::new(),
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "collector")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(broken)?;
        let stream = UnixStream::connect(&self.socket).await.map_err(broken)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let answer = receive(response.into_body(), MAX_ANSWER_BYTES).await?;
        if status.is_success() {
            serde_json::from_slice(&answer).map_err(broken)
        } else {
            let problem = serde_json::from_slice(&answer)
                .map(|problem: AdminProblem| problem.message)
                .unwrap_or_else(|_| String::from_utf8_lossy(&answer).into_owned());
            Err(AdminError::Refused(problem))
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "bounded by Limited")]
async fn receive<B>(body: B, limit: usize) -> Result<Bytes, AdminError>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(AdminError::TooLarge);
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(AdminError::TooLarge),
        Err(error) => Err(broken(error)),
    }
}

fn broken(error: impl std::fmt::Display) -> AdminError {
    AdminError::Broken(error.to_string())
}

/// A name as part of a path: everything that could be read as structure is escaped.
#[must_use]
pub fn escaped(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A path with what is asked for and as of when behind it: each field that is there, as in
/// `?level=3&unit=so`.
///
/// # Errors
/// When a question cannot be written down.
pub fn asking(path: &str, question: &impl Serialize, when: When) -> Result<String, AdminError> {
    let fields = serde_json::to_value(question).map_err(broken)?;
    let fields = fields.as_object().into_iter().flatten();
    let written = fields.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{}={}", escaped(name), escaped(&value))
    });
    let moment = when.query();
    let moment = moment.strip_prefix('?').map(str::to_owned);
    let written: Vec<_> = written.chain(moment).collect();
    Ok(if written.is_empty() { path.to_owned() } else { format!("{path}?{}", written.join("&")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_says_what_is_asked_and_nothing_else() {
        let asked =
            serde_json::json!({ "unit": "so-ha-noi", "state": "silent,clone", "deep": true });
        let path =
            |asked: serde_json::Value, when: When| asking("/v1/machines", &asked, when).unwrap();
        let now = When::default();
        let asked = path(asked, now);
        assert_eq!(asked, "/v1/machines?deep=true&state=silent%2Cclone&unit=so-ha-noi");
        let then = When { at: Some(report::Timestamp(7)), as_known_now: false };
        assert_eq!(path(serde_json::json!({ "unit": "so" }), then), "/v1/machines?unit=so&at=7");
        assert_eq!(path(serde_json::json!({}), then), "/v1/machines?at=7");
        assert_eq!(path(serde_json::json!({}), now), "/v1/machines");
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_says_how_to_ask_for_less() {
        let answer = || Full::new(Bytes::from_static(b"12345"));
        assert_eq!(receive(answer(), 5).await.unwrap(), "12345");
        // The second one does not say beforehand how long it is.
        let unmeasured = answer().map_frame(|frame| frame);
        assert_eq!(unmeasured.size_hint().exact(), None);
        for refused in [receive(answer(), 4).await, receive(unmeasured, 4).await] {
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("256 MiB") && told.contains("--unit"), "{told}");
        }
    }

    #[test]
    fn a_name_cannot_become_another_path() {
        assert_eq!(escaped("pc-01"), "pc-01");
        assert_eq!(escaped("../tokens?x"), "..%2Ftokens%3Fx");
    }
}
