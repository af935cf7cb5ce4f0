//! The information systems: those of the sector, and the network of every office.

use super::dice::{Dice, What};
use super::units::Units;

/// One information system.
#[derive(Clone, Debug)]
pub(super) struct System {
    pub(super) id: String,
    name: [String; 2],
    /// The unit that answers for it, by number.
    unit: usize,
    /// Its level; `None`: not determined.
    pub(super) level: Option<u8>,
    status: Status,
    /// Whether its security plan is approved.
    plan: bool,
    kind: &'static str,
}

/// How far the approval of the level has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Draft,
    Submitted,
    Appraised,
    Approved,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Appraised => "appraised",
            Self::Approved => "approved",
        }
    }
}

impl System {
    /// Its level is determined and has been appraised or approved.
    pub(super) fn is_classified(&self) -> bool {
        let counts = match self.status {
            Status::Draft | Status::Submitted => false,
            Status::Appraised | Status::Approved => true,
        };
        self.level.is_some() && counts
    }

    /// Its plan has a decision.
    pub(super) fn has_approved_plan(&self) -> bool {
        self.plan
    }
}

/// Every system: those of the sector first, then one network for each unit that has its own.
#[derive(Clone, Debug)]
pub(super) struct Systems {
    pub(super) list: Vec<System>,
    /// The network of each unit, by number.
    networks: Vec<usize>,
}

/// How many systems serve the whole sector.
pub(super) const SECTOR: usize = SECTOR_SYSTEMS.len();

type SectorSystem = (&'static str, [&'static str; 2], u8, Status, bool, &'static str);

/// The levels are illustrations, no official classification.
const SECTOR_SYSTEMS: [SectorSystem; 11] = [
    (
        "ho-tich",
        ["CSDL hộ tịch điện tử", "Electronic civil status database"],
        4,
        Status::Approved,
        true,
        "service",
    ),
    (
        "thi-hanh-an",
        ["Phần mềm thi hành án dân sự", "Civil judgment enforcement software"],
        3,
        Status::Approved,
        true,
        "internal",
    ),
    ("quoc-tich", ["HTTT quốc tịch", "Nationality system"], 3, Status::Submitted, false, "service"),
    (
        "van-ban",
        ["CSDL quốc gia về văn bản pháp luật", "National database of legal documents"],
        3,
        Status::Approved,
        true,
        "infrastructure",
    ),
    (
        "mot-cua",
        ["HTTT giải quyết thủ tục hành chính", "Administrative procedures system"],
        3,
        Status::Appraised,
        false,
        "service",
    ),
    ("cong-tt", ["Cổng thông tin điện tử", "Portal"], 3, Status::Approved, true, "service"),
    (
        "hnth",
        ["Hệ thống hội nghị truyền hình ngành", "Video conferencing of the sector"],
        3,
        Status::Draft,
        false,
        "infrastructure",
    ),
    (
        "quan-ly-vb",
        ["Quản lý văn bản và điều hành, ký số", "Document management and signing"],
        2,
        Status::Approved,
        true,
        "internal",
    ),
    (
        "bao-cao",
        ["Hệ thống báo cáo thống kê ngành", "Statistics of the sector"],
        2,
        Status::Approved,
        false,
        "internal",
    ),
    (
        "bang-tin",
        ["Bảng tin điện tử tại trụ sở", "Notice board at the office"],
        1,
        Status::Approved,
        true,
        "internal",
    ),
    (
        "trung-tam-dl",
        ["Trung tâm dữ liệu dùng chung", "Shared data centre"],
        5,
        Status::Appraised,
        false,
        "infrastructure",
    ),
];

impl Systems {
    pub(super) fn of(seed: u64, units: &Units) -> Self {
        let sector =
            SECTOR_SYSTEMS.into_iter().map(|(id, [vi, en], level, status, plan, kind)| System {
                id: format!("mp-{id}"),
                name: [format!("{vi} (mô phỏng)"), format!("{en} (simulation)")],
                unit: 0,
                level: Some(level),
                status,
                plan,
                kind,
            });
        let mut list: Vec<_> = sector.collect();
        let mut networks = vec![0; units.list.len()];
        for (number, unit) in units.list.iter().enumerate() {
            if unit.network == number {
                networks[number] = list.len();
                list.push(network(seed, units, number));
            } else {
                networks[number] = networks[unit.network];
            }
        }
        Self { list, networks }
    }

    /// The network that the machines of a unit belong to.
    pub(super) fn network_of(&self, unit: usize) -> usize {
        self.networks[unit]
    }
}

fn network(seed: u64, units: &Units, unit: usize) -> System {
    let mut dice = Dice::of(seed, What::System, u64::try_from(unit).unwrap_or_default());
    let level = dice.weighted(&[(80, Some(2)), (14, Some(3)), (6, None)], None);
    let status = dice.weighted(
        &[(70, Status::Approved), (15, Status::Appraised), (8, Status::Submitted)],
        Status::Draft,
    );
    let status = if level.is_none() { Status::Draft } else { status };
    let [vi, en] = &units.list[unit].name;
    System {
        id: format!("mp-lan-{}", units.list[unit].id.trim_start_matches("mp-")),
        name: [format!("Mạng nội bộ và máy trạm, {vi}"), format!("Network and workstations, {en}")],
        unit,
        level,
        status,
        plan: status == Status::Approved && dice.falls(800),
        kind: "infrastructure",
    }
}

/// The text of `systems.toml`. Every decision is older than any simulated day.
pub(super) fn text(systems: &Systems, units: &Units, mark: &str) -> String {
    let mut text = format!("{mark}sample = true\n");
    for (number, system) in systems.list.iter().enumerate() {
        let System { id, name: [vi, en], unit, level, status, plan, kind } = system;
        let decided = |word| {
            format!(
                "{{ number = \"{number}/{word}-MP\", date = 2024-09-03, authority = \"mô phỏng\" }}"
            )
        };
        text += &format!(
            "\n[[system]]\nid = {id:?}\nname = {{ vi = {vi:?}, en = {en:?} }}\nowner = \"mô phỏng\"\n\
             operator = \"mô phỏng\"\nunit = {:?}\nlegal_basis = \"ND85_2016\"\ntype = {kind:?}\n\
             status = {:?}\n",
            units.list[*unit].id,
            status.word(),
        );
        if let Some(level) = level {
            text += &format!("level = {level}\n");
        }
        match status {
            Status::Approved => {
                text += &format!("decision = {}\nregulation = {}\n", decided("QĐ"), decided("QC"));
            }
            Status::Draft | Status::Submitted | Status::Appraised => {
                text += "expected_approval = 2027-06-30\n";
            }
        }
        text += "deployment = \"partial\"\nexpected_deployment = 2027-06-30\n";
        if *plan {
            text += &format!("plan = {}\n", decided("PA"));
        }
    }
    text
}
