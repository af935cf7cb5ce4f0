//! A sheet's rows beside those of the register: which is which, and what is new.

use std::collections::{BTreeMap, BTreeSet};

use report::{Bilingual, Lang};

use super::rows::Wanted;
use super::{Added, Ambiguous, By, Candidate, Changed, Ended, FieldChange, Refused, Wishes};
use crate::policy::PolicySet;
use crate::policy::words::both;
use crate::register::machines::{Entry, Ids, Marks};
use crate::register::{MachineRow, ReportsBy, RowIndex, Term, same_mark as same};

/// What becomes of the register.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) added: Vec<Added>,
    pub(super) changed: Vec<Changed>,
    pub(super) unchanged: u64,
    pub(super) ended: Vec<Ended>,
    pub(super) missing: Vec<String>,
    pub(super) ambiguous: Vec<Ambiguous>,
    pub(super) refused: Vec<Refused>,
    /// The rows to write.
    pub(super) edits: BTreeMap<String, Entry>,
}

/// What the register has for a row of the sheet.
enum Found<'r> {
    One(MachineRow<'r>),
    New { like: Option<String> },
    Several(Vec<Candidate>),
    Refused(Bilingual, Bilingual),
}

pub(super) struct Merger<'r> {
    set: &'r PolicySet,
    wishes: &'r Wishes,
    /// The rows by their host names.
    hosts: BTreeMap<String, Vec<RowIndex>>,
    /// The rows that a row of the sheet is, or could be.
    spoken_for: BTreeSet<RowIndex>,
    merged: Merged,
}

impl<'r> Merger<'r> {
    pub(super) fn of(set: &'r PolicySet, wishes: &'r Wishes) -> Self {
        let mut hosts: BTreeMap<String, Vec<RowIndex>> = BTreeMap::new();
        for row in set.register.machines.iter() {
            if let Some(host) = row.host_name {
                hosts.entry(same(host)).or_default().push(row.index);
            }
        }
        Self { set, wishes, hosts, spoken_for: BTreeSet::new(), merged: Merged::default() }
    }

    /// Goes through the rows of the sheet. Those that name one machine twice are refused first:
    /// neither is better than the other.
    /// What could be read of rows that were refused already keeps theirs from being missed.
    pub(super) fn merge(mut self, wanted: Vec<Wanted>, spoilt: &[Wanted]) -> Merged {
        spoilt.iter().for_each(|one| self.speak_for(one));
        let wanted = self.without_twins(wanted);
        let mut found: Vec<_> = wanted.iter().map(|one| (one, self.find(one))).collect();
        self.refuse_shared(&mut found);
        let own = wanted.iter().filter_map(|one| one.id.clone());
        let mut ids = Ids::of(&self.set.register.machines, own);
        for (one, found) in found {
            match found {
                Found::One(row) => self.change(one, row),
                Found::New { like } => self.add(one, like, &mut ids),
                Found::Several(candidates) => {
                    let taken = candidates.iter().filter_map(|one| self.index(&one.id));
                    self.spoken_for.extend(taken.collect::<Vec<_>>());
                    self.merged.ambiguous.push(Ambiguous { row: one.row, candidates });
                }
                Found::Refused(message, remedy) => {
                    self.speak_for(one);
                    self.refuse(one.row, message, remedy);
                }
            }
        }
        self.end_the_missing(&wanted);
        self.merged.refused.sort_by_key(|refused| refused.row);
        self.merged
    }

    fn index(&self, id: &str) -> Option<RowIndex> {
        self.set.register.machines.index(id)
    }

    /// Every row that a refused row could be stays as it is.
    fn speak_for(&mut self, one: &Wanted) {
        let machines = &self.set.register.machines;
        let marks = Marks { serial: one.serial.as_deref(), asset_tag: one.asset_tag.as_deref() };
        let is_asked = |term: Term| self.is_asked(one, term);
        let known = machines.known_by(marks, &self.set.catalogues.serials, is_asked);
        let marked = [known.by_serial, known.by_asset_tag].into_iter().flatten();
        let by_id = one.id.as_deref().and_then(|id| machines.index(id));
        let hosts = one.host_name.as_deref().and_then(|host| self.hosts.get(&same(host)));
        let hosts = hosts.into_iter().flatten().copied();
        let all = marked.map(|row| row.index).chain(by_id).chain(hosts);
        self.spoken_for.extend(all);
    }

    fn refuse(&mut self, row: u32, message: Bilingual, remedy: Bilingual) {
        self.merged.refused.push(Refused { row, column: None, message, remedy });
    }

    /// Refuses rows that share an id, or a mark on one day: hardware that has moved stands in two
    /// rows, of which the first has ended.
    fn without_twins(&mut self, wanted: Vec<Wanted>) -> Vec<Wanted> {
        let mut twins: BTreeSet<u32> = BTreeSet::new();
        for by in [By::Id, By::Serial, By::AssetTag] {
            for (mark, group) in groups_by(&wanted, by) {
                let shares = |one: &&&Wanted| group.iter().any(|other| one.is_twin_of(other, by));
                let rows: Vec<_> = group.iter().filter(shares).map(|one| one.row).collect();
                let message = both(|lang| {
                    let (label, numbers) = (by.label(lang), some_of(&rows, lang));
                    match lang {
                        Lang::Vi => format!("{label} {mark} ở nhiều dòng: {numbers}"),
                        Lang::En => format!("the {label} {mark} stands in several rows: {numbers}"),
                    }
                });
                for row in rows.into_iter().filter(|row| twins.insert(*row)) {
                    self.refuse(row, message.clone(), keep_one());
                }
            }
        }
        let (refused, wanted) = wanted.into_iter().partition(|one| twins.contains(&one.row));
        let refused: Vec<Wanted> = refused;
        refused.iter().for_each(|one| self.speak_for(one));
        wanted
    }

    fn find(&self, one: &Wanted) -> Found<'r> {
        let machines = &self.set.register.machines;
        let is_asked = |term: Term| self.is_asked(one, term);
        let by_id = one.id.as_deref().and_then(|id| machines.get(id));
        if let Some(row) = by_id.filter(|row| !is_asked(row.term)) {
            return Found::Refused(
                Bilingual::new(
                    format!("mã {} là của máy đã kết thúc trong sổ", row.id),
                    format!("the id {} is that of a machine that has ended", row.id),
                ),
                Bilingual::new("mã không dùng lại: đặt mã khác", "ids never return: give another"),
            );
        }
        let marks = Marks { serial: one.serial.as_deref(), asset_tag: one.asset_tag.as_deref() };
        let known = machines.known_by(marks, &self.set.catalogues.serials, is_asked);
        let candidates =
            [(By::Id, by_id), (By::Serial, known.by_serial), (By::AssetTag, known.by_asset_tag)];
        let mut rows: Vec<(By, MachineRow<'r>)> = Vec::new();
        for (by, row) in candidates.into_iter().filter_map(|(by, row)| Some((by, row?))) {
            if rows.iter().all(|(_, other)| other.index != row.index) {
                rows.push((by, row));
            }
        }
        match rows[..] {
            [(by, row)] if one.is_other_hardware(row, by) => {
                Found::Several(vec![Candidate::of(row, by)])
            }
            [(_, row)] => Found::One(row),
            [] => self.by_host_name(one),
            _ => Found::Several(rows.into_iter().map(|(by, row)| Candidate::of(row, by)).collect()),
        }
    }

    /// Whether a row of this time can be meant: one that has not ended, or, where the sheet itself
    /// says that its row is over, one of that time.
    fn is_asked(&self, one: &Wanted, term: Term) -> bool {
        match one.until.filter(|end| *end < self.wishes.today) {
            Some(_) => one.term().overlaps(term),
            None => term.until.is_none_or(|end| end >= self.wishes.today),
        }
    }

    /// A host name only suggests. A row that has another serial number or asset tag is another
    /// machine of that name; otherwise nobody can tell.
    fn by_host_name(&self, one: &Wanted) -> Found<'r> {
        let machines = &self.set.register.machines;
        let rows = one.host_name.as_deref().and_then(|host| self.hosts.get(&same(host)));
        let rows = rows.into_iter().flatten().map(|index| machines.at(*index));
        let rows = rows.filter(|row| self.is_asked(one, row.term));
        let is_another = |row: &MachineRow<'_>| one.other_serial(*row) || one.other_tag(*row);
        let (others, candidates): (Vec<_>, Vec<_>) = rows.partition(is_another);
        if !candidates.is_empty() {
            let candidates = candidates.into_iter().map(|row| Candidate::of(row, By::HostName));
            return Found::Several(candidates.collect());
        }
        let marks = [&one.id, &one.serial, &one.asset_tag, &one.host_name];
        if marks.iter().all(|mark| mark.is_none()) {
            return Found::Refused(
                Bilingual::new(
                    "không có gì để phân biệt máy này với máy khác",
                    "nothing tells this machine from others",
                ),
                Bilingual::new(
                    "ghi số sê-ri, mã tài sản, tên máy hoặc mã máy",
                    "give a serial number, an asset tag, a host name or an id",
                ),
            );
        }
        Found::New { like: others.first().map(|row| row.id.to_owned()) }
    }

    /// Two rows of the sheet that lead to one row of the register.
    fn refuse_shared(&mut self, found: &mut [(&Wanted, Found<'r>)]) {
        let mut rows: BTreeMap<RowIndex, Vec<u32>> = BTreeMap::new();
        for (one, found) in found.iter() {
            if let Found::One(row) = found {
                rows.entry(row.index).or_default().push(one.row);
            }
        }
        for (_, found) in found.iter_mut() {
            let Found::One(row) = found else { continue };
            let row = *row;
            let sharing = rows.get(&row.index).filter(|sharing| sharing.len() > 1);
            if let Some(sharing) = sharing {
                let message = both(|lang| {
                    let numbers = some_of(sharing, lang);
                    match lang {
                        Lang::Vi => format!("các dòng {numbers} đều là máy {}", row.id),
                        Lang::En => format!("the rows {numbers} all are the machine {}", row.id),
                    }
                });
                *found = Found::Refused(message, keep_one());
            }
        }
    }

    fn change(&mut self, one: &Wanted, row: MachineRow<'_>) {
        self.spoken_for.insert(row.index);
        let old = Entry::from(row);
        let mut new = old.clone();
        one.clone().onto(&mut new);
        let fields: Vec<_> = FieldChange::between(&old, &new).collect();
        if fields.is_empty() {
            self.merged.unchanged += 1;
            return;
        }
        self.merged.changed.push(Changed { row: one.row, id: new.id.clone(), fields });
        self.merged.edits.insert(new.id.clone(), new);
    }

    fn add(&mut self, one: &Wanted, like: Option<String>, ids: &mut Ids<'_>) {
        let (Some(unit), Some(kind)) = (&one.unit, one.kind) else {
            let message = Bilingual::new(
                "máy mới thiếu đơn vị hoặc loại máy",
                "a new machine lacks its unit or its kind",
            );
            let remedy = Bilingual::new(
                "điền ô đó, hoặc dùng --unit, --kind cho cả bảng",
                "fill in the cell, or give --unit, --kind for the whole sheet",
            );
            return self.refuse(one.row, message, remedy);
        };
        let mut entry = Entry {
            id: one.id.clone().unwrap_or_else(|| ids.give(one.asset_tag.as_deref(), unit)),
            unit: unit.clone(),
            kind,
            systems: Vec::new(),
            serial: None,
            asset_tag: None,
            host_name: None,
            from: Some(self.wishes.from),
            until: None,
            reports: ReportsBy::default(),
        };
        one.clone().onto(&mut entry);
        let (id, unit) = (entry.id.clone(), entry.unit.clone());
        self.merged.added.push(Added { row: one.row, id: id.clone(), unit, like });
        self.merged.edits.insert(id, entry);
    }

    /// Ends what the sheet leaves out: rows of its own units only, and none that an unclear row
    /// could be.
    fn end_the_missing(&mut self, wanted: &[Wanted]) {
        let units: BTreeSet<_> = wanted.iter().filter_map(|one| one.unit.as_deref()).collect();
        let rows = self.set.register.machines.iter();
        let left_out = rows.filter(|row| {
            lasts(*row, self.wishes)
                && units.contains(row.unit)
                && !self.spoken_for.contains(&row.index)
        });
        for row in left_out.collect::<Vec<_>>() {
            let end = self.wishes.until_missing.filter(|end| {
                row.term.holds(*end) && row.term.until.is_none_or(|until| *end < until)
            });
            match end {
                Some(until) => {
                    let entry = Entry { until: Some(until), ..Entry::from(row) };
                    let (id, unit) = (entry.id.clone(), entry.unit.clone());
                    self.merged.ended.push(Ended { id: id.clone(), unit, until });
                    self.merged.edits.insert(id, entry);
                }
                None => self.merged.missing.push(row.id.to_owned()),
            }
        }
    }
}

/// The rows with each mark, as it is compared.
fn groups_by(wanted: &[Wanted], by: By) -> BTreeMap<String, Vec<&Wanted>> {
    let mut groups: BTreeMap<String, Vec<&Wanted>> = BTreeMap::new();
    for one in wanted {
        if let Some(mark) = one.mark(by) {
            groups.entry(same(mark)).or_default().push(one);
        }
    }
    groups
}

/// Whether a row has not ended.
fn lasts(row: MachineRow<'_>, wishes: &Wishes) -> bool {
    row.term.until.is_none_or(|end| end >= wishes.today)
}

/// The first of many rows: a mark that stands in thousands is told in each of them.
fn some_of(rows: &[u32], lang: Lang) -> String {
    const FIRST: usize = 5;
    let first: Vec<_> = rows.iter().take(FIRST).map(u32::to_string).collect();
    let first = first.join(", ");
    match (rows.len().saturating_sub(FIRST), lang) {
        (0, _) => first,
        (more, Lang::Vi) => format!("{first} và {more} dòng khác"),
        (more, Lang::En) => format!("{first} and {more} more"),
    }
}

/// Whether both are given, and not alike.
fn differs(ours: Option<&str>, theirs: Option<&str>) -> bool {
    ours.zip(theirs).is_some_and(|(ours, theirs)| same(ours) != same(theirs))
}

fn keep_one() -> Bilingual {
    Bilingual::new("giữ một dòng, sửa dòng kia", "keep one row and mend the other")
}

impl Wanted {
    fn term(&self) -> Term {
        Term { from: self.from, until: self.until }
    }

    /// Whether both cannot stand in one register, of two that have this alike.
    fn is_twin_of(&self, other: &Self, by: By) -> bool {
        let is_other = self.row != other.row;
        match by {
            By::Id => is_other,
            By::Serial | By::AssetTag | By::HostName => {
                is_other && self.term().overlaps(other.term())
            }
        }
    }

    fn other_serial(&self, row: MachineRow<'_>) -> bool {
        differs(self.serial.as_deref(), row.serial)
    }

    fn other_tag(&self, row: MachineRow<'_>) -> bool {
        differs(self.asset_tag.as_deref(), row.asset_tag)
    }

    /// Whether a row that was found by this has marks that speak against it: a tag may be glued on
    /// another machine, and an id be typed a line too low.
    fn is_other_hardware(&self, row: MachineRow<'_>, by: By) -> bool {
        match by {
            By::AssetTag => self.other_serial(row),
            By::Id => self.other_serial(row) && self.other_tag(row),
            By::Serial | By::HostName => false,
        }
    }

    fn mark(&self, by: By) -> Option<&str> {
        match by {
            By::Id => self.id.as_deref(),
            By::Serial => self.serial.as_deref(),
            By::AssetTag => self.asset_tag.as_deref(),
            By::HostName => self.host_name.as_deref(),
        }
    }

    /// Puts what it says over what an entry says. An empty cell says nothing, so it takes nothing
    /// away; what differs in case alone does not differ.
    fn onto(self, entry: &mut Entry) {
        let differs = |old: &Option<String>, new: &String| {
            old.as_deref().is_none_or(|old| same(old) != same(new))
        };
        let over = |old: &mut Option<String>, new: Option<String>| {
            if let Some(new) = new.filter(|new| differs(old, new)) {
                *old = Some(new);
            }
        };
        over(&mut entry.serial, self.serial);
        over(&mut entry.asset_tag, self.asset_tag);
        over(&mut entry.host_name, self.host_name);
        entry.unit = self.unit.unwrap_or_else(|| std::mem::take(&mut entry.unit));
        entry.kind = self.kind.unwrap_or(entry.kind);
        let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
        if let Some(systems) = self.systems.filter(|new| set(new) != set(&entry.systems)) {
            entry.systems = systems;
        }
        entry.from = self.from.or(entry.from);
        entry.until = self.until.or(entry.until);
        entry.reports = self.reports.unwrap_or(entry.reports);
    }
}
