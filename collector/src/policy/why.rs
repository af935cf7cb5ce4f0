//! Why something cannot be said.

use jiff::civil::Date;
use report::{Bilingual, Lang, Reason, Timestamp, Topic};

use super::calendar::Calendar;
use super::words;
use crate::machine::view::Obstacle;

/// The reasons for `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why<'m> {
    /// The agent tried and could not.
    Unreadable(Obstacle<'m>),
    /// The agent's whole probe failed.
    ProbeFailed(Obstacle<'m>),
    /// The agent says the machine has no such thing, and the catalogue says it should.
    SaidNotApplicable(&'m str),
    /// The agent has not reported this topic.
    TopicMissing(Topic),
    /// The agent reported the topic without this fact: it is too old to know of it.
    FactMissing,
    /// It was seen too long ago to speak for today.
    Stale(Timestamp),
    /// It claims to have happened in the future.
    Future(Timestamp),
    /// A list is not whole: what is missing may be there.
    IncompleteList,
    /// A version without a digit cannot be compared.
    NoVersion(&'m str),
    /// The vendor's word and its end date contradict each other.
    LicenceContradiction(Timestamp),
    /// The contracts that are for the machine have no seat left; this is the first of them.
    NoSeatLeft(&'m str),
    /// The data of a catalogue is too old to speak for today.
    CatalogueStale {
        /// Its file.
        catalogue: &'static str,
        /// The day its data was true.
        date: Date,
    },
    /// Security updates wait: nobody knows how far the installed ones reach.
    UpdatesWait,
    /// The tables do not list this operating system.
    NotInCatalogue {
        /// Its identifier.
        os: &'m str,
        /// Its version.
        version: &'m str,
    },
    /// What it depends on cannot be said.
    Undetermined(Matter),
    /// No mandatory rule applies.
    NoRuleApplies,
    /// The identity was revoked.
    Revoked,
    /// Two machines speak with one identity.
    Clone,
    /// The identity waits for a decision.
    Pending,
    /// No agent ever enrolled for this row.
    NeverEnrolled,
    /// Nothing has been heard since.
    Silent(Timestamp),
}

/// What a rule's applicability can hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// The operating system.
    Os,
    /// The kind of machine.
    Kind,
    /// The level of its information system.
    Level,
    /// The unit.
    Unit,
    /// The information systems it belongs to.
    Systems,
}

impl Why<'_> {
    /// The reason in words.
    #[must_use]
    pub fn words(&self, calendar: &Calendar) -> Bilingual {
        match self {
            Self::Unreadable(obstacle) => with_detail(reason_words(obstacle.reason), obstacle),
            Self::ProbeFailed(obstacle) => with_detail(
                joined(
                    "không kiểm tra được: ",
                    "the check failed: ",
                    reason_words(obstacle.reason),
                ),
                obstacle,
            ),
            Self::SaidNotApplicable(said) => Bilingual::new(
                format!("tác tử cho là không áp dụng: {said}"),
                format!("the agent says not applicable: {said}"),
            ),
            Self::TopicMissing(topic) => Bilingual::new(
                format!("tác tử chưa báo cáo mục {}", topic.name()),
                format!("the agent has not reported {}", topic.name()),
            ),
            Self::FactMissing => Bilingual::new(
                "tác tử chưa báo cáo mục này (phiên bản cũ)",
                "the agent does not report this (too old)",
            ),
            Self::Stale(at) => dated(
                "số liệu đã cũ, xem lần cuối ngày",
                "stale, last seen on",
                calendar.date_of(*at),
            ),
            Self::Future(at) => {
                dated("ngày ở tương lai:", "lies in the future:", calendar.date_of(*at))
            }
            Self::IncompleteList => Bilingual::new(
                "có nguồn dữ liệu không trả lời nên danh sách chưa đầy đủ",
                "a source did not answer, so the list is incomplete",
            ),
            Self::NoVersion(text) => Bilingual::new(
                format!("phiên bản “{text}” không so sánh được"),
                format!("the version \"{text}\" cannot be compared"),
            ),
            Self::LicenceContradiction(until) => dated(
                "phần mềm báo hết hạn nhưng ngày hết hạn ghi là",
                "the product says expired but its end is",
                calendar.date_of(*until),
            ),
            Self::NoSeatLeft(contract) => Bilingual::new(
                format!("hợp đồng {contract} đã dùng hết số lượng bản quyền"),
                format!("contract {contract} has no seat left"),
            ),
            Self::CatalogueStale { catalogue, date } => {
                let date = |lang| words::date(*date, lang);
                Bilingual::new(
                    format!("danh mục {catalogue} đã quá hạn, dữ liệu ngày {}", date(Lang::Vi)),
                    format!("the catalogue {catalogue} is too old, data of {}", date(Lang::En)),
                )
            }
            Self::UpdatesWait => Bilingual::new(
                "còn bản vá chờ cài nên chưa rõ đã cài đủ đến ngày nào",
                "updates wait, so how far the installed ones reach is not known",
            ),
            Self::NotInCatalogue { os, version } => {
                let name = format!("{os} {version}");
                let name = name.trim();
                Bilingual::new(
                    format!("danh mục chưa có {name}"),
                    format!("the catalogue does not list {name}"),
                )
            }
            Self::Undetermined(matter) => matter.words(),
            Self::NoRuleApplies => {
                Bilingual::new("không có quy tắc bắt buộc nào áp dụng", "no mandatory rule applies")
            }
            Self::Revoked => Bilingual::new(
                "danh tính của máy đã bị thu hồi",
                "the machine's identity was revoked",
            ),
            Self::Clone => {
                Bilingual::new("hai máy dùng chung một danh tính", "two machines use one identity")
            }
            Self::Pending => Bilingual::new(
                "máy đang chờ cán bộ phụ trách duyệt",
                "the machine waits for the officer's approval",
            ),
            Self::NeverEnrolled => Bilingual::new(
                "chưa cài tác tử trên máy này",
                "no agent was ever installed on this machine",
            ),
            Self::Silent(since) => {
                dated("mất liên lạc từ ngày", "not heard of since", calendar.date_of(*since))
            }
        }
    }

    /// The same without what differs from machine to machine, to count them by.
    #[must_use]
    pub fn summary(&self, calendar: &Calendar) -> Bilingual {
        match self {
            Self::Unreadable(obstacle) => reason_words(obstacle.reason),
            Self::ProbeFailed(obstacle) => {
                Self::ProbeFailed(Obstacle::new(obstacle.reason)).words(calendar)
            }
            Self::SaidNotApplicable(_) => {
                Bilingual::new("tác tử cho là không áp dụng", "the agent says not applicable")
            }
            Self::Stale(_) => Bilingual::new("số liệu đã cũ", "stale"),
            Self::Future(_) => Bilingual::new("ngày ở tương lai", "lies in the future"),
            Self::NoVersion(_) => {
                Bilingual::new("phiên bản không so sánh được", "a version that cannot be compared")
            }
            Self::LicenceContradiction(_) => Bilingual::new(
                "phần mềm báo hết hạn nhưng ngày hết hạn chưa tới",
                "the product says expired before its end",
            ),
            Self::Silent(_) => Bilingual::new("mất liên lạc", "not heard of for too long"),
            Self::TopicMissing(_)
            | Self::FactMissing
            | Self::IncompleteList
            | Self::NoSeatLeft(_)
            | Self::CatalogueStale { .. }
            | Self::UpdatesWait
            | Self::NotInCatalogue { .. }
            | Self::Undetermined(_)
            | Self::NoRuleApplies
            | Self::Revoked
            | Self::Clone
            | Self::Pending
            | Self::NeverEnrolled => self.words(calendar),
        }
    }

    /// What to do about it; `None`: what the rule itself advises.
    #[must_use]
    pub fn remedy(&self) -> Option<Bilingual> {
        let (vi, en) = match self {
            Self::Unreadable(_)
            | Self::ProbeFailed(_)
            | Self::SaidNotApplicable(_)
            | Self::IncompleteList => (
                "Chạy “lachan-agent survey” với quyền quản trị trên máy để biết nguồn nào không đọc được rồi khắc phục.",
                "Run \"lachan-agent survey\" as administrator on the machine to see which source cannot be read, and put that right.",
            ),
            Self::TopicMissing(_) | Self::Stale(_) => (
                "Kiểm tra dịch vụ lachan-agent trên máy có đang chạy không.",
                "Check that the lachan-agent service runs on the machine.",
            ),
            Self::FactMissing => ("Nâng cấp tác tử trên máy.", "Upgrade the agent on the machine."),
            Self::Future(_) => ("Kiểm tra đồng hồ của máy.", "Check the machine's clock."),
            Self::NoVersion(_) | Self::LicenceContradiction(_) => return None,
            Self::CatalogueStale { .. } => (
                "Cập nhật danh mục này trong thư mục catalogue, rồi sửa data_date thành ngày của dữ liệu.",
                "Bring this catalogue in the catalogue folder up to date, then set data_date to the day of the data.",
            ),
            Self::UpdatesWait => (
                "Cài các bản vá đang chờ rồi khởi động lại máy.",
                "Install the updates that wait, then restart the machine.",
            ),
            Self::NotInCatalogue { .. } => (
                "Bổ sung vào danh mục trong thư mục catalogue.",
                "Add it to the tables in the catalogue folder.",
            ),
            Self::NoSeatLeft(_) => (
                "Mua thêm bản quyền, hoặc gỡ phần mềm khỏi máy không dùng nữa; ghi hợp đồng mới vào licences.toml.",
                "Buy more seats, or remove the product from machines no longer in use; enter a new contract in licences.toml.",
            ),
            Self::Undetermined(matter) => return Some(matter.remedy()),
            Self::NoRuleApplies => {
                ("Xem lại mục applies của các quy tắc.", "Review what the rules' applies say.")
            }
            Self::Revoked | Self::Clone => (
                "Ghi danh lại máy bằng một mã ghi danh mới.",
                "Let the machine join again with a new join token.",
            ),
            Self::Pending => (
                "Cán bộ phụ trách duyệt hoặc từ chối máy này (lachan-collector machine approve hoặc reject).",
                "The officer approves or rejects this machine (lachan-collector machine approve or reject).",
            ),
            Self::NeverEnrolled => (
                "Cài tác tử lên máy và ghi danh bằng một mã ghi danh (lachan-collector token create).",
                "Install the agent on the machine and let it join with a join token (lachan-collector token create).",
            ),
            Self::Silent(_) => (
                "Bật máy; kiểm tra dịch vụ lachan-agent có đang chạy không và kết nối mạng tới máy chủ thu nhận.",
                "Switch the machine on; check that the lachan-agent service runs and reaches the collector over the network.",
            ),
        };
        Some(Bilingual::new(vi, en))
    }
}

impl Matter {
    /// Every matter.
    pub const ALL: [Self; 5] = [Self::Os, Self::Kind, Self::Level, Self::Unit, Self::Systems];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> Bilingual {
        let (vi, en) = match self {
            Self::Os => ("hệ điều hành", "operating system"),
            Self::Kind => ("loại máy tính", "kind of machine"),
            Self::Level => ("cấp độ", "level"),
            Self::Unit => ("đơn vị", "unit"),
            Self::Systems => ("hệ thống thông tin", "information systems"),
        };
        Bilingual::new(vi, en)
    }

    fn words(self) -> Bilingual {
        match self {
            Self::Os => {
                Bilingual::new("chưa biết hệ điều hành", "the operating system is not known")
            }
            Self::Kind => Bilingual::new(
                "chưa biết là máy trạm hay máy chủ",
                "workstation or server is not known",
            ),
            Self::Level => Bilingual::new(
                "chưa xác định cấp độ của hệ thống thông tin",
                "the level of the information system is not determined",
            ),
            Self::Unit => Bilingual::new("chưa biết máy thuộc đơn vị nào", "the unit is not known"),
            Self::Systems => Bilingual::new(
                "chưa biết máy thuộc hệ thống thông tin nào",
                "the information system is not known",
            ),
        }
    }

    fn remedy(self) -> Bilingual {
        match self {
            Self::Os => Bilingual::new(
                "Kiểm tra dịch vụ lachan-agent trên máy có đang chạy không.",
                "Check that the lachan-agent service runs on the machine.",
            ),
            Self::Level => Bilingual::new(
                "Xác định cấp độ của hệ thống thông tin trong systems.toml và ghi hệ thống của máy vào machines.csv.",
                "Determine the level of the information system in systems.toml and enter the machine's system in machines.csv.",
            ),
            Self::Kind | Self::Unit | Self::Systems => Bilingual::new(
                "Ghi máy vào sổ đăng ký (machines.csv).",
                "Enter the machine in the register (machines.csv).",
            ),
        }
    }
}

fn reason_words(reason: Reason) -> Bilingual {
    let (vi, en) = match reason {
        Reason::NotSupported => {
            ("máy không có nguồn dữ liệu này", "the machine has no such source")
        }
        Reason::AccessDenied => ("không có quyền đọc", "access denied"),
        Reason::Timeout => ("nguồn dữ liệu không trả lời kịp", "the source did not answer in time"),
        Reason::ProviderError => ("nguồn dữ liệu báo lỗi", "the source answered with an error"),
        Reason::ParseError => ("không hiểu được dữ liệu", "the answer makes no sense"),
        Reason::TooLarge => ("dữ liệu quá lớn", "the source is too large"),
        Reason::SourceStale => {
            ("nguồn dữ liệu thiếu hoặc quá cũ", "the source is missing or too old")
        }
        Reason::ProductOpaque => {
            ("phần mềm không cho đọc thông tin này", "the product does not tell")
        }
    };
    Bilingual::new(vi, en)
}

fn with_detail(words: Bilingual, obstacle: &Obstacle<'_>) -> Bilingual {
    match obstacle.detail {
        None => words,
        Some(detail) => {
            Bilingual::new(format!("{} ({detail})", words.vi), format!("{} ({detail})", words.en))
        }
    }
}

fn joined(vi: &str, en: &str, rest: Bilingual) -> Bilingual {
    Bilingual::new(format!("{vi}{}", rest.vi), format!("{en}{}", rest.en))
}

fn dated(vi: &str, en: &str, date: Date) -> Bilingual {
    Bilingual::new(
        format!("{vi} {}", words::date(date, Lang::Vi)),
        format!("{en} {}", words::date(date, Lang::En)),
    )
}
