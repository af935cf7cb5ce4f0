//! The register by itself: how much of what there is in it, and what deserves a look although it
//! is no mistake.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use report::{Bilingual, Lang};
use serde::Serialize;

use super::licences::Licence;
use super::systems::Deployment;
use super::units::{UnitIndex, UnitsOnDay};
use super::{MachineKind, MachineRow, Register, Status};
use crate::policy::words::{both, date, number, pick};

/// Within how many days an end is near.
const SOON: i64 = 30;

/// What is in a register on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// The day.
    #[serde(serialize_with = "as_text")]
    pub on: Date,
    /// Every unit that exists then, by id.
    pub units: Vec<UnitRows>,
    /// How many information systems exist then.
    pub systems: u64,
    /// What deserves a look.
    pub findings: Vec<Finding>,
    /// Whether the register is marked as a sample.
    pub sample: bool,
}

/// The machines of one unit itself, without those of the units below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRows {
    /// Its id.
    pub unit: String,
    /// Its name.
    pub name: Bilingual,
    /// Workstations in force.
    pub workstations: u64,
    /// Servers in force.
    pub servers: u64,
    /// Machines that may carry no agent and are only declared.
    pub declared: u64,
}

/// Something that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub what: What,
    /// Whom it concerns: machines, units, systems, contracts or waivers, by id.
    pub subjects: Vec<Subject>,
}

/// One entry of the register that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// What more there is to say; `None`: nothing.
    pub detail: Option<Bilingual>,
}

/// The kinds of things that deserve a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A machine that no serial number and no asset tag leads to.
    NoMarks,
    /// A machine that belongs to no information system: no level is known of it.
    NoSystem,
    /// A machine in a unit that has ended.
    UnitEnded,
    /// A machine whose row ends soon.
    RowEnds,
    /// A unit without machines, its own or below it.
    NoMachines,
    /// An information system whose level is not determined.
    NoLevel,
    /// An information system whose expected date has passed.
    Overdue,
    /// A contract with fewer seats than the machines it is for.
    FewSeats,
    /// A contract that ends soon.
    ContractEnds,
    /// A waiver that ends soon.
    WaiverEnds,
}

impl What {
    /// What it is, and what to do about it.
    #[must_use]
    pub fn words(self) -> [Bilingual; 2] {
        let [vi, en, what_to_do, remedy] = match self {
            Self::NoMarks => [
                "máy không có số sê-ri và mã tài sản",
                "machines without serial number and asset tag",
                "ghi số sê-ri hoặc mã tài sản; hoặc cấp mã kết nối riêng (token create --machine)",
                "fill in one of them, or give each its own token (token create --machine)",
            ],
            Self::NoSystem => [
                "máy không thuộc hệ thống thông tin nào: chưa rõ cấp độ",
                "machines of no information system: their level is not known",
                "ghi hệ thống vào cột systems",
                "name their systems in the column systems",
            ],
            Self::UnitEnded => [
                "máy thuộc đơn vị đã kết thúc",
                "machines of a unit that has ended",
                "chuyển máy sang đơn vị tiếp nhận",
                "move them to the unit that took over",
            ],
            Self::RowEnds => [
                "máy sắp hết hạn trong sổ (30 ngày)",
                "machines whose row ends within 30 days",
                "gia hạn cột until nếu máy còn dùng",
                "move the end if they stay in use",
            ],
            Self::NoMachines => [
                "đơn vị không có máy nào",
                "units without any machine",
                "bổ sung máy, hoặc khai trong declared.toml",
                "add their machines, or declare them in declared.toml",
            ],
            Self::NoLevel => [
                "hệ thống thông tin chưa xác định cấp độ",
                "information systems whose level is not determined",
                "lập hồ sơ đề xuất cấp độ",
                "draw up the dossier",
            ],
            Self::Overdue => [
                "hệ thống thông tin đã quá ngày dự kiến",
                "information systems past their expected date",
                "ghi kết quả, hoặc ngày dự kiến mới",
                "write down what was reached, or a new date",
            ],
            Self::FewSeats => [
                "hợp đồng ít chỗ hơn số máy trong phạm vi",
                "contracts with fewer seats than the machines they are for",
                "mua thêm, hoặc thu hẹp phạm vi",
                "buy more, or narrow them down",
            ],
            Self::ContractEnds => [
                "hợp đồng sắp hết hạn (30 ngày)",
                "contracts that end within 30 days",
                "gia hạn bản quyền",
                "renew the licences",
            ],
            Self::WaiverEnds => [
                "ngoại lệ sắp hết hạn (30 ngày)",
                "waivers that end within 30 days",
                "khắc phục, hoặc trình ngoại lệ mới",
                "put it right, or have a new one approved",
            ],
        };
        [Bilingual::new(vi, en), Bilingual::new(what_to_do, remedy)]
    }
}

/// Looks through a register as of a day.
#[must_use]
pub fn examine(register: &Register, on: Date) -> Examination {
    let look = Look { register, on, tree: register.units.on(on) };
    let units = look.units();
    let findings = [
        look.machines(What::NoMarks, |row| row.serial.is_none() && row.asset_tag.is_none()),
        look.machines(What::NoSystem, |row| row.systems.is_empty()),
        look.machines(What::UnitEnded, |row| !register.units.at(row.unit_index).term.holds(on)),
        look.ending_rows(),
        look.empty_units(&units),
        look.systems(What::NoLevel, |system| system.level.is_none().then_some(None)),
        look.overdue(),
        look.few_seats(),
        look.ending_contracts(),
        look.ending_waivers(),
    ];
    Examination {
        on,
        units,
        systems: count(register.systems.in_force(on).count()),
        findings: findings.into_iter().filter(|one| !one.subjects.is_empty()).collect(),
        sample: register.is_sample(),
    }
}

struct Look<'r> {
    register: &'r Register,
    on: Date,
    tree: UnitsOnDay,
}

impl Look<'_> {
    fn units(&self) -> Vec<UnitRows> {
        let mut kinds: BTreeMap<(UnitIndex, MachineKind), u64> = BTreeMap::new();
        for row in self.register.machines.in_force(self.on) {
            *kinds.entry((row.unit_index, row.kind)).or_default() += 1;
        }
        let heads = self.register.declared.heads(self.on);
        let units = &self.register.units;
        let of = |index: UnitIndex| {
            let unit = units.at(index);
            let machines = |kind| kinds.get(&(index, kind)).copied().unwrap_or_default();
            UnitRows {
                unit: unit.id.clone(),
                name: unit.name.clone(),
                workstations: machines(MachineKind::Workstation),
                servers: machines(MachineKind::Server),
                declared: heads.get(&index).copied().unwrap_or_default(),
            }
        };
        // A unit that has ended is shown while it still has machines.
        let holds = |index: &UnitIndex| units.at(*index).term.holds(self.on);
        let has_any = |rows: &UnitRows| rows.workstations + rows.servers + rows.declared > 0;
        let all = units.indices().map(|index| (holds(&index), of(index)));
        all.filter(|(holds, rows)| *holds || has_any(rows)).map(|(_, rows)| rows).collect()
    }

    fn machines(&self, what: What, deserves: impl Fn(&MachineRow<'_>) -> bool) -> Finding {
        let rows = self.register.machines.in_force(self.on).filter(deserves);
        Finding { what, subjects: rows.map(|row| subject(row.id, None)).collect() }
    }

    fn ending_rows(&self) -> Finding {
        let rows = self.register.machines.in_force(self.on);
        let ends = rows.filter_map(|row| Some((row.id, self.near(row.term.until?)?)));
        Finding { what: What::RowEnds, subjects: ends.map(|(id, end)| ends_on(id, end)).collect() }
    }

    fn empty_units(&self, units: &[UnitRows]) -> Finding {
        let filled: BTreeSet<UnitIndex> = units
            .iter()
            .filter(|rows| rows.workstations + rows.servers + rows.declared > 0)
            .filter_map(|rows| self.register.units.index(&rows.unit))
            .flat_map(|index| self.tree.line(index).iter().copied())
            .collect();
        let is_empty = |rows: &&UnitRows| {
            self.register.units.index(&rows.unit).is_some_and(|index| !filled.contains(&index))
        };
        let empty = units.iter().filter(is_empty);
        Finding {
            what: What::NoMachines,
            subjects: empty.map(|rows| subject(&rows.unit, None)).collect(),
        }
    }

    fn systems(
        &self,
        what: What,
        deserves: impl Fn(&super::System) -> Option<Option<Bilingual>>,
    ) -> Finding {
        let systems = self.register.systems.in_force(self.on);
        let found = systems.filter_map(|system| Some((&system.id, deserves(system)?)));
        Finding { what, subjects: found.map(|(id, detail)| subject(id, detail)).collect() }
    }

    fn overdue(&self) -> Finding {
        let past = |date: Option<Date>| date.filter(|date| *date < self.on);
        self.systems(What::Overdue, |system| {
            let approval = match system.status_on(self.on) {
                Status::Approved => None,
                Status::Draft | Status::Submitted | Status::Appraised => {
                    past(system.expected_approval).map(|day| (["phê duyệt", "approval"], day))
                }
            };
            let deployment = match system.deployment {
                Deployment::Full => None,
                Deployment::None | Deployment::Partial => {
                    past(system.expected_deployment).map(|day| (["triển khai", "deployment"], day))
                }
            };
            let (label, day) = approval.or(deployment)?;
            Some(Some(both(|lang| format!("{}: {}", pick(label, lang), date(day, lang)))))
        })
    }

    /// A contract that is held against the seats of all that share machines with it: each of them
    /// may take some.
    fn few_seats(&self) -> Finding {
        let contracts: Vec<_> = self.register.licences.in_force(self.on).collect();
        let mut subjects = Vec::new();
        for contract in &contracts {
            let machines: Vec<_> = self.machines_of(contract).collect();
            let shares = |other: &&&Licence| {
                other.id != contract.id && machines.iter().any(|row| self.is_for(other, *row))
            };
            let others: u64 =
                contracts.iter().filter(shares).map(|other| u64::from(other.seats)).sum();
            let (seats, machines) = (u64::from(contract.seats), count(machines.len()));
            if seats + others < machines {
                subjects.push(subject(&contract.id, Some(seats_words(seats, others, machines))));
            }
        }
        Finding { what: What::FewSeats, subjects }
    }

    fn machines_of(&self, contract: &Licence) -> impl Iterator<Item = MachineRow<'_>> {
        self.register.machines.in_force(self.on).filter(move |row| self.is_for(contract, *row))
    }

    fn is_for(&self, contract: &Licence, row: MachineRow<'_>) -> bool {
        let within = |unit: &UnitIndex| self.tree.is_within(row.unit_index, *unit);
        contract.units.is_empty() || contract.units.iter().any(within)
    }

    fn ending_contracts(&self) -> Finding {
        let contracts = self.register.licences.in_force(self.on);
        let ends = contracts.filter_map(|one| Some((&one.id, self.near(one.until)?)));
        let subjects = ends.map(|(id, end)| ends_on(id, end)).collect();
        Finding { what: What::ContractEnds, subjects }
    }

    fn ending_waivers(&self) -> Finding {
        let waivers = self.register.waivers.in_force(self.on);
        let ends = waivers.filter_map(|one| Some((&one.id, self.near(one.until)?)));
        let subjects = ends.map(|(id, end)| ends_on(id, end)).collect();
        Finding { what: What::WaiverEnds, subjects }
    }

    /// A last day that is near.
    fn near(&self, end: Date) -> Option<Date> {
        let last = self.on.checked_add(jiff::Span::new().days(SOON)).unwrap_or(Date::MAX);
        (end <= last).then_some(end)
    }
}

fn subject(id: &str, detail: Option<Bilingual>) -> Subject {
    Subject { id: id.to_owned(), detail }
}

fn ends_on(id: &str, end: Date) -> Subject {
    subject(id, Some(both(|lang| date(end, lang))))
}

/// Its own seats, and those of contracts that are for some of the same machines.
fn seats_words(own: u64, others: u64, machines: u64) -> Bilingual {
    both(|lang| {
        let [seats, shared, machines] = [own, others, machines].map(|count| number(count, lang));
        match (others, lang) {
            (0, Lang::Vi) => format!("{seats} chỗ cho {machines} máy"),
            (0, Lang::En) => format!("{seats} seats for {machines} machines"),
            (_, Lang::Vi) => {
                format!("{seats} chỗ và {shared} chỗ của hợp đồng dùng chung, cho {machines} máy")
            }
            (_, Lang::En) => {
                format!("{seats} seats and {shared} of sharing contracts, for {machines} machines")
            }
        }
    })
}

fn count(count: usize) -> u64 {
    count.try_into().unwrap_or(u64::MAX)
}

fn as_text<S: serde::Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

#[cfg(test)]
mod tests;
