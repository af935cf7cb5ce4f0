//! The collector's settings, as written.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    pub(super) listen: String,
    pub(super) public: Vec<String>,
    pub(super) connections: usize,
    pub(super) connections_per_address: usize,
    pub(super) new_per_address: u32,
    pub(super) proxy_from: Vec<String>,
    pub(super) metrics: String,
    pub(super) metrics_token_file: String,
    pub(super) metrics_client_ca: String,
    pub(super) policies: String,
    pub(super) data: String,
    pub(super) contact_interval: String,
    pub(super) contacts_per_hour: u32,
    pub(super) allow_sample: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:7443".to_owned(),
            public: Vec::new(),
            connections: 2048,
            connections_per_address: 512,
            new_per_address: 50,
            proxy_from: Vec::new(),
            metrics: "127.0.0.1:9743".to_owned(),
            metrics_token_file: String::new(),
            metrics_client_ca: String::new(),
            policies: "policies".to_owned(),
            data: "data".to_owned(),
            contact_interval: "15m".to_owned(),
            contacts_per_hour: 30,
            allow_sample: false,
        }
    }
}
