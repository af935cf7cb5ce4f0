//! The tree of units: a ministry, the departments of its provinces, and the offices below them.
//!
//! Provinces have numbers: what is made up here must not be read as any real office's doing.

use super::days::{Day, written};

/// One unit of the office.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Its id in the register.
    pub(super) id: String,
    /// Its name, in Vietnamese and in English.
    pub(super) name: [String; 2],
    /// Under which unit, by number, and until and from which day.
    pub(super) placed: Vec<Placed>,
    /// How large it is beside the others.
    weight: u64,
    /// The unit whose network it uses, by number.
    pub(super) network: usize,
}

/// Where a unit stands for a time.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) under: usize,
    pub(super) from: Option<Day>,
    pub(super) until: Option<Day>,
}

impl Placed {
    fn always(under: usize) -> Vec<Self> {
        vec![Self { under, from: None, until: None }]
    }
}

/// A unit that was put under another, and some of its machines with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merger {
    /// The unit that was merged.
    pub(super) unit: usize,
    /// The one it stands under now.
    pub(super) into: usize,
    /// The last day on which it stood where it was.
    pub(super) last_day: Day,
}

/// Every unit, and how the machines are shared out among them.
#[derive(Clone, Debug)]
pub(super) struct Units {
    pub(super) list: Vec<Unit>,
    pub(super) merger: Option<Merger>,
    /// The first place after each unit's, in the order of the list.
    ends: Vec<u64>,
}

const PROVINCES: usize = 34;
const CENTRAL: [[&str; 3]; 12] = [
    ["cntt", "Cục Công nghệ thông tin", "Department of Information Technology"],
    ["vp", "Văn phòng Bộ", "Ministry Office"],
    ["hcttp", "Cục Hành chính tư pháp", "Department of Judicial Administration"],
    [
        "pbgdpl",
        "Cục Phổ biến, giáo dục pháp luật và Trợ giúp pháp lý",
        "Department of Legal Education",
    ],
    ["ktvb", "Cục Kiểm tra văn bản", "Department of Document Inspection"],
    ["btnn", "Cục Đăng ký giao dịch bảo đảm và Bồi thường", "Department of Secured Transactions"],
    ["bttp", "Cục Bổ trợ tư pháp", "Department of Judicial Support"],
    ["tccb", "Vụ Tổ chức cán bộ", "Department of Personnel"],
    ["khtc", "Cục Kế hoạch - Tài chính", "Department of Planning and Finance"],
    ["plqt", "Vụ Pháp luật quốc tế", "Department of International Law"],
    ["vien", "Viện Chiến lược và Khoa học pháp lý", "Institute of Legal Strategy"],
    ["hv", "Học viện Tư pháp", "Judicial Academy"],
];

/// How many machines make it worth to have one more unit.
const MACHINES_PER_UNIT: u64 = 40;
const MOST_UNITS: u64 = 400;
const FEWEST_UNITS: u64 = 9;

impl Units {
    /// The units of an office of so many machines; one is merged into another after a day.
    pub(super) fn of(machines: u64, merged_after: Day) -> Self {
        let wanted = (machines / MACHINES_PER_UNIT).clamp(FEWEST_UNITS, MOST_UNITS);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut list = tree(wanted);
        let merger = merge(&mut list, merged_after);
        let ends = shares(&list, machines);
        Self { list, merger, ends }
    }

    /// How many places a unit has.
    pub(super) fn size(&self, unit: usize) -> u64 {
        let before = unit.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends[unit] - before
    }

    /// The unit of a place.
    pub(super) fn of_place(&self, place: u64) -> usize {
        self.ends.partition_point(|end| *end <= place).min(self.list.len() - 1)
    }
}

fn tree(wanted: usize) -> Vec<Unit> {
    let mut list = vec![unit(0, "bo", ["Bộ Tư pháp", "Ministry of Justice"], None, 30)];
    let enforcement = ["Cục Quản lý thi hành án dân sự", "Civil Judgment Enforcement Authority"];
    let authority = list.len();
    list.push(unit(authority, "c-thads", enforcement, Some(0), 60));
    let mut central = CENTRAL.into_iter();
    // Each province has a department, an enforcement office and its regional offices.
    let regional =
        (wanted.saturating_sub(2 + CENTRAL.len()) / PROVINCES).saturating_sub(2).clamp(2, 9);
    for province in 1..=PROVINCES {
        if let Some([id, vi, en]) = central.next() {
            let number = list.len();
            list.push(unit(number, &format!("c-{id}"), [vi, en], Some(0), 80));
        }
        province_units(&mut list, province, regional, authority);
        if list.len() >= wanted {
            break;
        }
    }
    list.truncate(wanted);
    list
}

fn province_units(list: &mut Vec<Unit>, province: usize, regional: usize, authority: usize) {
    let department = list.len();
    let names = [
        format!("Sở Tư pháp tỉnh số {province:02}"),
        format!("Department of Justice of province {province:02}"),
    ];
    list.push(unit(
        department,
        &format!("s{province:02}"),
        names.each_ref().map(String::as_str),
        Some(0),
        120,
    ));
    let office = list.len();
    let names = [
        format!("Thi hành án dân sự tỉnh số {province:02}"),
        format!("Civil Judgment Enforcement of province {province:02}"),
    ];
    list.push(unit(
        office,
        &format!("t{province:02}"),
        names.each_ref().map(String::as_str),
        Some(authority),
        60,
    ));
    for area in 1..=regional {
        let names = [
            format!("Phòng Thi hành án dân sự khu vực {area}, tỉnh số {province:02}"),
            format!("Civil Judgment Enforcement, region {area} of province {province:02}"),
        ];
        let id = format!("t{province:02}-k{area}");
        list.push(unit(office, &id, names.each_ref().map(String::as_str), Some(office), 25));
    }
}

fn unit(network: usize, id: &str, [vi, en]: [&str; 2], under: Option<usize>, weight: u64) -> Unit {
    Unit {
        id: format!("mp-{id}"),
        name: [format!("{vi} (mô phỏng)"), format!("{en} (simulation)")],
        placed: under.map(Placed::always).unwrap_or_default(),
        weight,
        network,
    }
}

/// The second regional office of the first province goes under the first.
fn merge(list: &mut [Unit], last_day: Day) -> Option<Merger> {
    let find = |id: &str| list.iter().position(|unit| unit.id == id);
    let (unit, into) = (find("mp-t01-k2")?, find("mp-t01-k1")?);
    let before = list[unit].placed.first()?.under;
    list[unit].placed = vec![
        Placed { under: before, from: None, until: Some(last_day) },
        Placed { under: into, from: Some(last_day + 1), until: None },
    ];
    Some(Merger { unit, into, last_day })
}

fn shares(list: &[Unit], machines: u64) -> Vec<u64> {
    let total: u64 = list.iter().map(|unit| unit.weight).sum();
    let mut sum = 0;
    list.iter()
        .map(|unit| {
            sum += unit.weight;
            // A million machines times the weights of all units stays far below 2^64.
            machines * sum / total
        })
        .collect()
}

/// The text of `units.toml`.
pub(super) fn text(units: &Units, mark: &str) -> String {
    let mut text = format!("{mark}sample = true\n");
    for unit in &units.list {
        let [vi, en] = &unit.name;
        text += &format!("\n[[unit]]\nid = {:?}\nname = {{ vi = {vi:?}, en = {en:?} }}\n", unit.id);
        let placed: Vec<_> = unit.placed.iter().map(|placed| placement(units, placed)).collect();
        if !placed.is_empty() {
            text += &format!("placed = [{}]\n", placed.join(", "));
        }
    }
    text
}

fn placement(units: &Units, placed: &Placed) -> String {
    let mut text = format!("{{ under = {:?}", units.list[placed.under].id);
    for (key, day) in [("from", placed.from), ("until", placed.until)] {
        if let Some(day) = day {
            text += &format!(", {key} = {}", written(day));
        }
    }
    text + " }"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_has_as_many_units_as_its_machines_fill() {
        for (machines, units) in [(1, 9), (200, 9), (2000, 50), (20_000, 388), (1_000_000, 388)] {
            let made = Units::of(machines, 20_000);
            assert_eq!(made.list.len(), units, "{machines}");
            assert!(made.merger.is_some(), "{machines}");
            assert_eq!(made.ends.last(), Some(&machines));
        }
    }

    #[test]
    fn every_place_lies_in_one_unit_and_the_order_is_that_of_the_list() {
        let units = Units::of(2000, 20_000);
        let of: Vec<_> = (0..2000).map(|place| units.of_place(place)).collect();
        assert!(of.is_sorted());
        for number in 0..units.list.len() {
            assert!(of.contains(&number), "{}", units.list[number].id);
        }
    }
}
