//! `targets.toml`: the goals, and how the office counts time.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use report::{Bilingual, Timestamp};

use super::calendar::Calendar;
use super::cut_offs::CutOffs;
use super::document::{Document, Item, Section};
use super::folder::Folder;
use super::period::Period;
use super::problem::{Ledger, Page, did_you_mean};
use super::rule::{Rule, check_reference};
use crate::machine::SPAN_GAP;
use crate::register::systems::Status;
use crate::register::{MachineKind, ReportsBy};

/// The file.
pub(crate) const FILE: &str = "targets.toml";

/// The goals, and how the office counts time.
#[derive(Clone, Debug)]
pub struct Targets {
    /// The office's time zone, and when it rests.
    pub calendar: Calendar,
    /// After how long without contact a workstation is silent.
    pub silent_workstation: Period,
    /// After how long without contact a server is silent.
    pub silent_server: Period,
    /// After how long without a new file a machine that reports by file is silent.
    pub silent_file: Period,
    /// After how long a silent machine outside the register no longer counts.
    pub unregistered_after: Period,
    /// A set that newly protects more than this share of the machines is held.
    pub guard: f64,
    /// Whether attestations may count towards the goals.
    pub accept_attested: bool,
    /// The days of a year as of whose end figures are reported.
    pub cut_offs: CutOffs,
    /// The goals, in the order of the file.
    pub list: Vec<Target>,
}

/// One goal.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Bilingual,
    /// The percentage to reach.
    pub goal: u8,
    /// What is counted.
    pub measure: Measure,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// What a goal counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Machines on which every one of these rules passes.
    Rules(Vec<String>),
    /// Machines that are protected.
    Protected,
    /// Systems with a level and one of these statuses.
    Classified(Vec<Status>),
    /// Classified systems whose plan is approved.
    PlansApproved,
    /// Heads of `training.toml` that were trained within twelve months.
    StaffTrained,
}

impl Measure {
    /// Whether it counts machines: the rows in force, the live machines outside the register and
    /// the declared heads.
    #[must_use]
    pub fn is_about_machines(&self) -> bool {
        match self {
            Self::Rules(_) | Self::Protected => true,
            Self::Classified(_) | Self::PlansApproved | Self::StaffTrained => false,
        }
    }
}

impl Targets {
    /// After how long a machine of this kind that reports in this way is silent. One whose kind is
    /// not known is given the shorter time.
    #[must_use]
    pub fn silent_after(&self, kind: Option<MachineKind>, reports: ReportsBy) -> Period {
        match (reports, kind) {
            (ReportsBy::File, _) => self.silent_file,
            (ReportsBy::Network, Some(MachineKind::Workstation)) => self.silent_workstation,
            (ReportsBy::Network, Some(MachineKind::Server)) => self.silent_server,
            (ReportsBy::Network, None) => self.silent_workstation.min(self.silent_server),
        }
    }

    /// The last moment at which such a machine, heard of last at `since`, is not silent.
    #[must_use]
    pub fn silence_begins(
        &self,
        kind: Option<MachineKind>,
        reports: ReportsBy,
        since: Timestamp,
    ) -> Timestamp {
        self.calendar.after(since, self.silent_after(kind, reports).seconds())
    }

    /// The last moment at which a fact that was seen at `seen_at` and is good for so many seconds of
    /// working days still speaks for its machine. What comes in files is good from one to the next,
    /// however long that may take.
    #[must_use]
    pub fn speaks_until(
        &self,
        reports: ReportsBy,
        seen_at: Timestamp,
        stale_after: i64,
    ) -> Timestamp {
        let until = self.calendar.after_work(seen_at, stale_after);
        match reports {
            ReportsBy::Network => until,
            ReportsBy::File => until.max(self.calendar.after(seen_at, self.silent_file.seconds())),
        }
    }

    /// The statuses in which a level counts as determined.
    #[must_use]
    pub fn counted_statuses(&self) -> &[Status] {
        self.list
            .iter()
            .find_map(|target| match &target.measure {
                Measure::Classified(counts) => Some(counts.as_slice()),
                Measure::Rules(_)
                | Measure::Protected
                | Measure::PlansApproved
                | Measure::StaffTrained => None,
            })
            .unwrap_or(&[Status::Appraised, Status::Approved])
    }
}

/// The calendar must be known before anything with a date is read, so the file is read twice.
pub(crate) fn read_calendar(folder: &Folder) -> Calendar {
    let quiet = Ledger::default();
    let calendar = folder.get(FILE).and_then(|text| {
        let page = Page { file: FILE, text, ledger: &quiet };
        let document = Document::parse(page)?;
        calendar(&document.section())
    });
    calendar.unwrap_or_else(|| Calendar::new(TimeZone::UTC, &[]))
}

pub(crate) fn read(
    folder: &Folder,
    ledger: &Ledger,
    rules: &[Rule],
    rules_are_whole: bool,
) -> Option<Targets> {
    let Some(text) = folder.get(FILE) else {
        ledger.note_file(FILE, "the file is missing", None);
        return None;
    };
    let page = Page { file: FILE, text, ledger };
    let document = Document::parse(page)?;
    let section = document.section();
    let targets = targets(&section, rules, rules_are_whole);
    section.finish();
    targets
}

fn targets(section: &Section<'_>, rules: &[Rule], rules_are_whole: bool) -> Option<Targets> {
    let calendar = calendar(section);
    let silent = section.need("silent_after").and_then(|item| read_silent(&item));
    let unregistered_after = section.need("unregistered_after").and_then(|item| silence(&item));
    let guard = section.need("guard").and_then(|item| item.fraction());
    let accept_attested = section.need("accept_attested").and_then(|item| item.bool());
    let cut_offs = match section.get("cut_offs") {
        Some(item) => CutOffs::read(&item),
        None => Some(CutOffs::default()),
    };
    let mut list: Vec<Target> = Vec::new();
    for item in section.need("target").and_then(|item| item.list()).unwrap_or_default() {
        let Some(target) = read_target(&item, rules, rules_are_whole) else {
            continue;
        };
        if list.iter().any(|one| one.id == target.id) {
            item.wrong_key(format!("the target `{}` stands here twice", target.id), None);
        }
        list.push(target);
    }
    let [silent_workstation, silent_server, silent_file] = silent?;
    Some(Targets {
        calendar: calendar?,
        silent_workstation,
        silent_server,
        silent_file,
        unregistered_after: unregistered_after?,
        guard: guard?,
        accept_attested: accept_attested?,
        cut_offs: cut_offs?,
        list,
    })
}

fn calendar(section: &Section<'_>) -> Option<Calendar> {
    let zone = section.need("timezone").and_then(|item| read_zone(&item));
    let holidays = section.get("holidays").map(|item| item.each(read_holiday)).unwrap_or_default();
    let rest = section.get("rest_days").map(|item| read_rest_days(&item)).unwrap_or_default();
    Some(Calendar::new(zone?, &holidays).resting_on(rest))
}

/// What was seen must grow stale some day: an office that always rests would never miss a machine.
const MOST_REST_DAYS: usize = 3;
/// The longest holiday, in days. Tết has been nine or ten.
const LONGEST_HOLIDAY: i64 = 31;

fn read_rest_days(item: &Item<'_>) -> Vec<Weekday> {
    let mut days = item.each(read_rest_day);
    days.sort_by_key(|day| day.to_monday_zero_offset());
    days.dedup();
    if days.len() > MOST_REST_DAYS {
        item.wrong(format!("an office rests on {MOST_REST_DAYS} days a week at most"));
    }
    days
}

/// The words for the days of the week.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn read_rest_day(item: &Item<'_>) -> Option<Weekday> {
    let word = item.word(&WEEKDAYS)?;
    let place = WEEKDAYS.iter().position(|day| *day == word)?;
    Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
}

fn read_zone(item: &Item<'_>) -> Option<TimeZone> {
    let name = item.text()?;
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        item.wrong_with_help(
            format!("unknown time zone `{name}`"),
            did_you_mean(name, names.iter().map(String::as_str)),
        );
    }
    zone
}

/// A date, or `{ from, until }` with both days included.
fn read_holiday(item: &Item<'_>) -> Option<(Date, Date)> {
    if item.shape() != super::document::Shape::Table {
        let date = item.date()?;
        return Some((date, date));
    }
    let section = item.section()?;
    let from = section.need("from").and_then(|item| item.date());
    let until = section.need("until").and_then(|item| item.date());
    section.finish();
    let (from, until) = (from?, until?);
    if until < from {
        item.wrong("ends before it begins");
        return None;
    }
    let days = until.duration_since(from).as_hours() / 24 + 1;
    if days > LONGEST_HOLIDAY {
        item.wrong(format!("a holiday lasts {LONGEST_HOLIDAY} days at most, this one {days}"));
        return None;
    }
    Some((from, until))
}

fn read_silent(item: &Item<'_>) -> Option<[Period; 3]> {
    let section = item.section()?;
    let [workstation, server, file] = ["workstation", "server", "file"]
        .map(|key| section.need(key).and_then(|item| silence(&item)));
    section.finish();
    Some([workstation?, server?, file?])
}

/// How long a machine may be silent. It must be knowable of the past too.
fn silence(item: &Item<'_>) -> Option<Period> {
    let period = item.period()?;
    if period.seconds() < SPAN_GAP {
        item.wrong("shorter than 12h: of the past, contacts are known no closer than that");
        return None;
    }
    Some(period)
}

fn read_target(item: &Item<'_>, rules: &[Rule], rules_are_whole: bool) -> Option<Target> {
    let section = item.section()?;
    let id = section.need("id").and_then(|item| item.id());
    let title = section.need("title").and_then(|item| item.bilingual());
    let goal = section.need("goal").and_then(|item| read_goal(&item));
    let source = section.get("source").map(|item| item.each(Item::string));
    let measure = read_measure(&section, rules, rules_are_whole);
    section.finish();
    Some(Target {
        id: id?,
        title: title?,
        goal: goal?,
        measure: measure?,
        source: source.unwrap_or_default(),
    })
}

fn read_goal(item: &Item<'_>) -> Option<u8> {
    let goal = u8::try_from(item.count()?).ok().filter(|goal| (1..=100).contains(goal));
    if goal.is_none() {
        item.wrong("a goal is a whole percentage from 1 to 100");
    }
    goal
}

/// The words for what a goal counts.
pub(crate) const MEASURES: [&str; 5] =
    ["rules", "protected", "classified", "plans_approved", "staff_trained"];

fn read_measure(section: &Section<'_>, rules: &[Rule], rules_are_whole: bool) -> Option<Measure> {
    match section.need("measure")?.word(&MEASURES)? {
        "rules" => {
            let item = section.need("rules")?;
            let ids = item.each(|id| {
                let name = id.string()?;
                if rules_are_whole {
                    check_reference(&name, rules, id);
                }
                Some(name)
            });
            if ids.is_empty() {
                item.wrong("a target without a rule counts nothing");
            }
            Some(Measure::Rules(ids))
        }
        "classified" => {
            let counts = section.need("counts")?.each(Status::read);
            Some(Measure::Classified(counts))
        }
        "protected" => Some(Measure::Protected),
        "plans_approved" => Some(Measure::PlansApproved),
        "staff_trained" => Some(Measure::StaffTrained),
        _ => None,
    }
}
