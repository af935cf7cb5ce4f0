//! The register beside the machines: who is outside it, which rows nobody speaks for, and where a
//! machine and its row say two things.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::civil::Date;
use report::{Bilingual, FactKey, MachineId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::hub::Hub;
use crate::live::Live;
use crate::machine::MachineView;
use crate::machine::view::{Datum, Seen};
use crate::policy::PolicySet;
use crate::policy::roll::Member;
use crate::problem::Refusal;
use crate::register::import::{By, Candidate};
use crate::register::machines::{Entry, Marks, new_id};
use crate::register::{MachineKind, MachineRow, ReportsBy, same_mark};

const SERIAL: FactKey = FactKey::of("machine.serial");
const ASSET_TAG: FactKey = FactKey::of("machine.asset_tag");
const HOST_NAME: FactKey = FactKey::of("machine.host_name");

/// The register beside the machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matching {
    /// The moment it is about.
    pub at: Timestamp,
    /// Live machines that the register does not have.
    pub outside: Vec<Outsider>,
    /// Rows in force for which no machine ever enrolled.
    pub unclaimed: Vec<Unclaimed>,
    /// Rows whose machine says something else.
    pub differing: Vec<Differing>,
    /// Whether the register is marked as a sample.
    pub sample: bool,
}

impl Matching {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.outside.is_empty() && self.unclaimed.is_empty() && self.differing.is_empty()
    }
}

/// What a machine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its serial number.
    pub serial: Option<String>,
    /// Its asset tag.
    pub asset_tag: Option<String>,
    /// Its host name.
    pub host_name: Option<String>,
}

/// A machine that the register does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outsider {
    /// Its identity.
    pub id: MachineId,
    /// The unit in which it counts.
    pub unit: Option<String>,
    /// What it says of itself.
    pub said: Said,
    /// Which of that names no machine.
    pub junk: Vec<String>,
    /// The row it was bound to, where that is none of the candidates.
    pub former_row: Option<String>,
    /// The rows it may be.
    pub candidates: Vec<Candidate>,
    /// What the candidates mean.
    pub finding: OutsiderFinding,
    /// The line to add to `machines.csv`, where it is no row's machine.
    pub line: Option<String>,
    /// What to do.
    pub remedy: Bilingual,
}

/// What the register has for a machine outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsiderFinding {
    /// The row with its serial number or asset tag, for which no machine speaks.
    Certain,
    /// Such a row, for which another machine speaks.
    Taken,
    /// Two rows, one by the serial number and one by the asset tag.
    Ambiguous,
    /// Rows with its host name, which only suggests.
    Suggested,
    /// Nothing.
    Unknown,
}

/// A row for which no machine ever enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unclaimed {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// What would bind a machine to it.
    pub marks: Said,
}

/// A row whose machine says something else than it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// By what they differ.
    pub by: By,
    /// What the register says; `None`: nothing.
    pub register: Option<String>,
    /// What the machine says.
    pub machine: String,
    /// Another row that says this.
    pub elsewhere: Option<String>,
}

/// Holds everyone against the register.
#[must_use]
pub fn matching(live: &Live) -> Matching {
    let matcher = Matcher::of(live);
    let (mut outside, mut unclaimed, mut differing) = (Vec::new(), Vec::new(), Vec::new());
    for member in live.roll().members() {
        match (member.row, member.machine.map(|slot| live.fleet().at(slot))) {
            (None, Some(machine)) => outside.push(matcher.outsider(&member, machine)),
            (Some(row), None) => unclaimed.push(unclaimed_row(row)),
            (Some(row), Some(machine)) => differing.extend(matcher.differences(row, machine)),
            (None, None) => {}
        }
    }
    let sample = matcher.set.register.is_sample();
    Matching { at: live.roll().clock().now, outside, unclaimed, differing, sample }
}

struct Matcher<'l> {
    live: &'l Live,
    set: &'l PolicySet,
    today: Date,
    /// The rows in force by their host names.
    hosts: BTreeMap<String, Vec<MachineRow<'l>>>,
}

impl<'l> Matcher<'l> {
    fn of(live: &'l Live) -> Self {
        let set: &PolicySet = live.roll().set();
        let today = live.roll().day().date();
        let mut hosts: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for row in set.register.machines.in_force(today) {
            if let Some(host) = row.host_name {
                hosts.entry(same_mark(host)).or_default().push(row);
            }
        }
        Self { live, set, today, hosts }
    }

    fn outsider(&self, member: &Member<'_>, machine: MachineView<'_>) -> Outsider {
        let said = said(machine);
        let (candidates, finding) = self.candidates(&said);
        let unit = member.unit().map(str::to_owned);
        let line = match finding {
            OutsiderFinding::Unknown => {
                let kind = member.entry.kind.unwrap_or(MachineKind::Workstation);
                unit.as_deref().map(|unit| self.line(&said, unit, kind))
            }
            OutsiderFinding::Certain
            | OutsiderFinding::Taken
            | OutsiderFinding::Ambiguous
            | OutsiderFinding::Suggested => None,
        };
        let junk = said.marks().junk(&self.set.catalogues.serials);
        Outsider {
            id: machine.id,
            unit,
            junk: junk.into_iter().map(str::to_owned).collect(),
            former_row: machine
                .row()
                .filter(|row| candidates.iter().all(|one| one.id != *row))
                .map(str::to_owned),
            remedy: remedy(finding, &candidates),
            said,
            candidates,
            finding,
            line,
        }
    }

    fn candidates(&self, said: &Said) -> (Vec<Candidate>, OutsiderFinding) {
        let known = self.set.register.machines.known_by(
            said.marks(),
            &self.set.catalogues.serials,
            |term| term.holds(self.today),
        );
        if let Some([serial, tag]) = known.two() {
            let both = [Candidate::of(serial, By::Serial), Candidate::of(tag, By::AssetTag)];
            return (both.to_vec(), OutsiderFinding::Ambiguous);
        }
        if let Some(row) = known.bound() {
            let by = if known.by_serial.is_some() { By::Serial } else { By::AssetTag };
            let speaks = self.live.roll().member_at(row.index).and_then(|member| member.machine);
            let finding = match speaks {
                Some(_) => OutsiderFinding::Taken,
                None => OutsiderFinding::Certain,
            };
            return (vec![Candidate::of(row, by)], finding);
        }
        let rows = said.host_name.as_deref().and_then(|host| self.hosts.get(&same_mark(host)));
        let rows = rows.into_iter().flatten();
        let suggested: Vec<_> = rows.map(|row| Candidate::of(*row, By::HostName)).collect();
        let finding = match suggested.is_empty() {
            true => OutsiderFinding::Unknown,
            false => OutsiderFinding::Suggested,
        };
        (suggested, finding)
    }

    /// A row as the register would have it, with what names a machine.
    fn line(&self, said: &Said, unit: &str, kind: MachineKind) -> String {
        let marks = said.marks().that_name(&self.set.catalogues.serials);
        let machines = &self.set.register.machines;
        let entry = Entry {
            id: new_id(machines, marks.asset_tag.or(said.host_name.as_deref()), unit),
            unit: unit.to_owned(),
            kind,
            systems: Vec::new(),
            serial: marks.serial.map(str::to_owned),
            asset_tag: marks.asset_tag.map(str::to_owned),
            host_name: said.host_name.clone(),
            from: Some(self.today),
            until: None,
            reports: ReportsBy::default(),
        };
        entry.line()
    }

    /// Where a machine says something else than its row. A serial number that the row lacks is
    /// said too: with it, nobody else can take the row.
    fn differences(&self, row: MachineRow<'_>, machine: MachineView<'_>) -> Vec<Differing> {
        let said = said(machine);
        let naming = said.marks().that_name(&self.set.catalogues.serials);
        let known =
            self.set
                .register
                .machines
                .known_by(naming, &self.set.catalogues.serials, |term| term.holds(self.today));
        let elsewhere = |other: Option<MachineRow<'_>>| {
            other.filter(|other| other.index != row.index).map(|other| other.id.to_owned())
        };
        let host = said.host_name.as_deref().filter(|_| row.host_name.is_some());
        let cells = [
            (By::Serial, row.serial, naming.serial, elsewhere(known.by_serial)),
            (By::AssetTag, row.asset_tag, naming.asset_tag, elsewhere(known.by_asset_tag)),
            (By::HostName, row.host_name, host, None),
        ];
        let differing = cells.into_iter().filter_map(|(by, register, machine, elsewhere)| {
            let machine = machine?;
            let is_same = register.is_some_and(|one| same_mark(one) == same_mark(machine));
            (!is_same).then(|| Differing {
                id: row.id.to_owned(),
                unit: row.unit.to_owned(),
                by,
                register: register.map(str::to_owned),
                machine: machine.to_owned(),
                elsewhere,
            })
        });
        differing.collect()
    }
}

impl Said {
    fn marks(&self) -> Marks<'_> {
        Marks { serial: self.serial.as_deref(), asset_tag: self.asset_tag.as_deref() }
    }
}

fn said(machine: MachineView<'_>) -> Said {
    let text = |key| match machine.fact(key)? {
        Seen::Known(Datum::Text(text)) => Some(text.to_owned()),
        Seen::Known(_) | Seen::Absent | Seen::Unknown(_) => None,
    };
    Said { serial: text(SERIAL), asset_tag: text(ASSET_TAG), host_name: text(HOST_NAME) }
}

fn unclaimed_row(row: MachineRow<'_>) -> Unclaimed {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let marks = Said {
        serial: text(row.serial),
        asset_tag: text(row.asset_tag),
        host_name: text(row.host_name),
    };
    Unclaimed { id: row.id.to_owned(), unit: row.unit.to_owned(), marks }
}

fn remedy(finding: OutsiderFinding, candidates: &[Candidate]) -> Bilingual {
    let row = candidates.first().map_or("", |one| one.id.as_str());
    match finding {
        OutsiderFinding::Certain => Bilingual::new(
            format!("đúng là máy {row}: token create --machine {row}, rồi kết nối lại máy"),
            format!("it is {row}: token create --machine {row}, then let it enrol again"),
        ),
        OutsiderFinding::Taken => Bilingual::new(
            format!("dòng {row} đã có máy khác: xem số sê-ri trên cả hai máy, thu hồi máy sai"),
            format!("{row} has another machine: look at both serial numbers, revoke the wrong one"),
        ),
        OutsiderFinding::Ambiguous => Bilingual::new(
            "số sê-ri và mã tài sản chỉ hai dòng khác nhau: sửa dòng sai trong sổ",
            "its serial number and its asset tag lead to two rows: mend the wrong one",
        ),
        OutsiderFinding::Suggested => Bilingual::new(
            format!("có thể là {row}: nếu đúng, ghi số sê-ri của máy vào dòng đó rồi kết nối lại"),
            format!("may be {row}: if so, write its serial number there and let it enrol again"),
        ),
        OutsiderFinding::Unknown => Bilingual::new(
            "thêm dòng này vào machines.csv rồi kết nối lại máy; hoặc thu hồi máy lạ",
            "add this line to machines.csv and let it enrol again; or revoke a stranger",
        ),
    }
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/register/match", get(match_register))
}

async fn match_register(State(hub): State<Arc<Hub>>) -> Result<Json<Matching>, Refusal> {
    let shown = hub.show(matching).await;
    shown.map(Json).map_err(|error| Refusal::ours("judge", error))
}

#[cfg(test)]
mod tests;
