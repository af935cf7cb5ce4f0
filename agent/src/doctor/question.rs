//! What is asked, with the name for programs and the words for people.

use serde::{Serialize, Serializer};

use crate::words::{Words, words};

/// What is asked. The names are those of `doctor --json` and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Is the configuration found and understood?
    Configuration,
    /// Does the password of the proxy stay secret?
    ProxySecret,
    /// Is the state folder there, and for the agent alone?
    StateFolder,
    /// Can it be written?
    StateWritable,
    /// Is there room on its disk?
    Disk,
    /// Has this machine joined, and does its key stay secret?
    Identity,
    /// Is the certificate in its dates?
    Certificate,
    /// Was it given to this hardware?
    Hardware,
    /// Does a collector's name resolve?
    Name,
    /// Does anybody answer there?
    Connection,
    /// Do both sides trust each other?
    Tls,
    /// Is the machine's clock right?
    Clock,
    /// May the agent read what it looks at?
    Rights,
    /// Is the agent at work?
    Service,
    /// When was the last contact?
    Contact,
    /// Did the collector refuse a report?
    Refused,
}

impl Question {
    /// What is not asked where the configuration is not understood.
    pub(super) const AFTER_CONFIGURATION: [Self; 14] = [
        Self::StateFolder,
        Self::StateWritable,
        Self::Disk,
        Self::Identity,
        Self::Certificate,
        Self::Hardware,
        Self::Name,
        Self::Connection,
        Self::Tls,
        Self::Clock,
        Self::Rights,
        Self::Service,
        Self::Contact,
        Self::Refused,
    ];

    /// The name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::ProxySecret => "proxy_secret",
            Self::StateFolder => "state_folder",
            Self::StateWritable => "state_writable",
            Self::Disk => "disk",
            Self::Identity => "identity",
            Self::Certificate => "certificate",
            Self::Hardware => "hardware",
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Rights => "rights",
            Self::Service => "service",
            Self::Contact => "contact",
            Self::Refused => "refused",
        }
    }

    /// The words for people.
    #[must_use]
    pub fn label(self) -> Words {
        match self {
            Self::Configuration => words("Cấu hình", "Configuration"),
            Self::ProxySecret => words("Mật khẩu proxy", "Proxy password"),
            Self::StateFolder => words("Thư mục trạng thái", "State folder"),
            Self::StateWritable => words("Quyền ghi", "Writable"),
            Self::Disk => words("Dung lượng đĩa", "Disk"),
            Self::Identity => words("Danh tính", "Identity"),
            Self::Certificate => words("Chứng thư", "Certificate"),
            Self::Hardware => words("Phần cứng", "Hardware"),
            Self::Name => words("Tên máy chủ thu nhận", "Collector's name"),
            Self::Connection => words("Kết nối", "Connection"),
            Self::Tls => words("Tin cậy (TLS)", "Trust (TLS)"),
            Self::Clock => words("Đồng hồ", "Clock"),
            Self::Rights => words("Quyền đọc", "Rights"),
            Self::Service => words("Dịch vụ", "Service"),
            Self::Contact => words("Lần liên lạc gần nhất", "Last contact"),
            Self::Refused => words("Báo cáo bị từ chối", "Report refused"),
        }
    }
}

impl Serialize for Question {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
