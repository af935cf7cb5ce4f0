//! What Prometheus would scrape.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One scrape.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// The page.
    pub text: String,
    values: BTreeMap<String, f64>,
}

impl Metrics {
    /// Scrapes a page; `None` when nobody answers with 200.
    #[must_use]
    pub fn scrape(from: SocketAddr, path: &str) -> Option<Self> {
        let mut stream = TcpStream::connect(from).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {from}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, text) = answer.split_once("\r\n\r\n")?;
        if !head.starts_with("HTTP/1.1 200 ") {
            return None;
        }
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let values = samples
            .filter_map(|line| {
                let (series, value) = line.rsplit_once(' ')?;
                Some((series.to_owned(), value.parse().ok()?))
            })
            .collect();
        Some(Self { text: text.to_owned(), values })
    }

    /// The value of one series, spelt as on the page with its labels in alphabetical order.
    #[must_use]
    pub fn value(&self, series: &str) -> Option<f64> {
        self.values.get(series).copied()
    }

    /// The sum over all series of a family that have this label; 0 where there are none.
    #[must_use]
    pub fn sum(&self, family: &str, label: &str) -> f64 {
        let of_family = |series: &str| {
            series
                .strip_prefix(family)
                .is_some_and(|rest| rest.starts_with('{') && rest.contains(label))
        };
        self.values.iter().filter(|(series, _)| of_family(series)).map(|(_, value)| value).sum()
    }
}
