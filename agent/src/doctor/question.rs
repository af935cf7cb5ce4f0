//! What is asked, in the words for people.

use serde::Serialize;

use crate::words::{Words, words};

/// What is asked. The names are those of `doctor --json` and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// Do its sources say what they are there for?
    Sources,
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
            Self::Sources => words("Nguồn dữ liệu", "Sources"),
            Self::Service => words("Dịch vụ", "Service"),
            Self::Contact => words("Lần liên lạc gần nhất", "Last contact"),
            Self::Refused => words("Báo cáo bị từ chối", "Report refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_given_names_that_do_not_change() {
        let name = |question: Question| serde_json::to_string(&question).unwrap();
        assert_eq!(name(Question::ProxySecret), "\"proxy_secret\"");
        assert_eq!(name(Question::Tls), "\"tls\"");
    }
}
