//! The office: what is the matter with each of its machines, and what must be said of it on any
//! day of the year. Nothing here asks the collector.

use report::moment::DAY;
use report::{State, Timestamp};

use crate::calendar::{Day, HOUR, day, day_of, end_of, is_holiday, is_workday, moment, seconds};

/// The year of a report: from 15/12 to 14/12.
pub(crate) fn first_day() -> Day {
    day(2024, 12, 15)
}

pub(crate) fn last_day() -> Day {
    day(2025, 12, 14)
}

/// The last day of the old order of units.
pub(crate) fn merger() -> Day {
    day(2025, 6, 30)
}

/// When machines were bought that came into the register later.
pub(crate) fn purchase() -> Day {
    day(2025, 10, 1)
}

/// The days on which agents were rolled out.
fn wave(number: i64) -> Option<Day> {
    match (number % 10, number % 20) {
        (0..=4, _) => Some(day(2025, 1, 6)),
        (5..=7, _) => Some(day(2025, 3, 3)),
        (8, _) => Some(day(2025, 5, 12)),
        (_, 9) => Some(day(2025, 9, 8)),
        _ => None,
    }
}

/// The units, their names, and under which they stand at the end.
pub(crate) const UNITS: [(&str, &str); 8] = [
    ("so", "Sở Tư pháp tỉnh"),
    ("van-phong", "Văn phòng Sở"),
    ("hanh-chinh", "Phòng Hành chính tư pháp"),
    ("bo-tro", "Phòng Bổ trợ tư pháp"),
    ("trung-tam", "Trung tâm Trợ giúp pháp lý"),
    ("thads", "Thi hành án dân sự tỉnh"),
    ("khu-vuc-1", "Phòng THADS khu vực 1"),
    ("khu-vuc-2", "Phòng THADS khu vực 2"),
];

/// The unit that was dissolved on the day of the merger, and the one that took its machines.
pub(crate) const DISSOLVED: &str = "trung-tam";
pub(crate) const SUCCESSOR: &str = "bo-tro";

/// The contract on licences of the product that tells nothing by itself: first day, last day, and
/// for how many of a hundred machines it has a seat.
pub(crate) fn contracts() -> [(&'static str, Day, Day, i64); 2] {
    [
        ("bkav-2025", day(2025, 1, 10), day(2025, 9, 30), 40),
        ("bkav-2026", day(2025, 10, 20), day(2026, 10, 19), 35),
    ]
}

/// The waiver that excuses the machines of one unit from the rule on licences.
pub(crate) const WAIVED: &str = "bo-tro";
pub(crate) fn waiver() -> (Day, Day) {
    (day(2025, 3, 3), day(2025, 8, 29))
}

/// What protects a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Antivirus {
    /// Paid for by contract; the product itself does not tell.
    Contract,
    /// Tells until when it is paid for.
    Told,
    /// Came with the operating system.
    BuiltIn,
    None,
}

/// One machine of the office.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pc {
    pub(crate) number: i64,
}

/// A row of the register: id, unit, first day, last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) unit: &'static str,
    pub(crate) from: Day,
    pub(crate) until: Option<Day>,
}

impl Row {
    fn holds(&self, on: Day) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// What is known of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// What had arrived by then.
    Then,
    /// What has arrived since, too.
    Now,
}

/// What must be said of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) unit: &'static str,
    pub(crate) state: State,
    pub(crate) licensed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ruling {
    Pass,
    Fail,
    Unknown,
}

impl Pc {
    pub(crate) fn is_server(self) -> bool {
        self.number % 40 == 7
    }

    fn first_unit(self) -> &'static str {
        UNITS[usize::try_from(1 + self.number % 7).expect("a place")].0
    }

    pub(crate) fn serial(self) -> String {
        format!("VN{:07}", 4_200_000 + self.number * 7)
    }

    /// Its rows: one, or two where its unit was dissolved.
    pub(crate) fn rows(self) -> Vec<Row> {
        let id = format!("pc-{:05}", self.number);
        let from = if self.number % 50 == 49 { purchase() } else { first_day() };
        let unit = self.first_unit();
        if unit != DISSOLVED || from > merger() {
            let unit = if unit == DISSOLVED { SUCCESSOR } else { unit };
            return vec![Row { id, unit, from, until: None }];
        }
        let moved = format!("{id}-b");
        vec![
            Row { id, unit, from, until: Some(merger()) },
            Row { id: moved, unit: SUCCESSOR, from: merger() + 1, until: None },
        ]
    }

    /// When it enrols, with the row it is bound to. It goes on under the row that takes the place
    /// of that one.
    pub(crate) fn enrolment(self) -> Option<(Timestamp, String)> {
        let wave = wave(self.number)?;
        let enrol = |row: &Row| {
            let on = (row.from.max(wave)..).find(|day| is_workday(*day))?;
            let at = moment(on, 6 * HOUR) + self.number;
            (row.holds(on) && !self.is_broken(at)).then(|| (at, row.id.clone()))
        };
        self.rows().iter().find_map(enrol)
    }

    /// When it was carried away for good.
    fn breaks(self) -> Option<Day> {
        (self.number % 29 == 5).then(|| day(2025, 4, 1) + self.number % 150)
    }

    fn is_broken(self, at: Timestamp) -> bool {
        self.breaks().is_some_and(|breaks| day_of(at) >= breaks)
    }

    /// When the identity was revoked.
    pub(crate) fn revoked(self) -> Option<Timestamp> {
        let when = moment(day(2025, 7, 21), 10 * HOUR);
        let enrolled = self.enrolment().is_some_and(|(enrolled, _)| enrolled < when);
        (self.number % 97 == 50 && enrolled).then_some(when)
    }

    /// When it was carried about without a network: what it saw then arrives afterwards.
    pub(crate) fn journey(self) -> Option<(Day, Day)> {
        let travels = self.number % 25 == 8 && !self.is_server();
        travels.then(|| (day(2025, 6, 2), day(2025, 6, 17)))
    }

    /// When the survey ended that arrives on the first morning after the journey; nothing arrives
    /// of a machine that was carried away before.
    pub(crate) fn seen_on_journey(self) -> Option<Timestamp> {
        let (_, until) = self.journey()?;
        self.hours(until + 1)?;
        Some(moment(day(2025, 6, 13), 15 * HOUR))
    }

    /// When it speaks on a day: in the morning a report, in the evening a heartbeat.
    pub(crate) fn hours(self, on: Day) -> Option<[Timestamp; 2]> {
        let is_on = self.is_server() || is_workday(on);
        let away = self.journey().is_some_and(|(from, until)| (from..=until).contains(&on));
        let broken = self.is_broken(moment(on, 0));
        let morning = moment(on, 7 * HOUR + 1800) + self.number % 3600;
        let evening = moment(on, 16 * HOUR + 1800) + self.number % 2700;
        (is_on && !away && !broken).then_some([morning, evening])
    }

    pub(crate) fn antivirus(self) -> Antivirus {
        // Not by unit: those are every seventh machine.
        match (self.number / 7) % 7 {
            0..=3 => Antivirus::Contract,
            4 | 5 => Antivirus::Told,
            _ if self.number % 2 == 0 => Antivirus::None,
            _ => Antivirus::BuiltIn,
        }
    }

    /// Until when its own licence is paid, as it tells on a day.
    pub(crate) fn paid_until(self, on: Day) -> Day {
        match self.number % 3 {
            0 if on < day(2025, 11, 10) => day(2025, 8, 31),
            0 => day(2026, 8, 31),
            _ => day(2026, 3, 31),
        }
    }

    /// The day of the definitions that it has on a day.
    pub(crate) fn definitions(self, on: Day) -> Day {
        let stuck = (self.number % 11 == 3).then(|| day(2025, 5, 20) + self.number % 60);
        stuck.unwrap_or(on).min(on - 1)
    }

    pub(crate) fn realtime(self) -> bool {
        self.number % 46 != 4
    }

    /// The last contact of an identity by a moment, and when it last saw itself.
    fn last_heard(
        self,
        enrolled: Timestamp,
        by: Timestamp,
        known: Known,
    ) -> (Timestamp, Option<Timestamp>) {
        let mut last = (enrolled, None);
        let spoken = |on| self.hours(on).into_iter().flatten().rev();
        let contacts = (day_of(enrolled)..=day_of(by)).rev().flat_map(spoken);
        if let Some(at) = contacts.filter(|at| *at <= by).find(|at| *at > enrolled) {
            last = (at, Some(at));
        }
        let late = self.seen_on_journey().filter(|_| known == Known::Now);
        match late.filter(|seen| *seen <= by && *seen > last.0) {
            Some(seen) => (seen, Some(seen)),
            None => last,
        }
    }

    /// What must be said of it; `None`: it is nobody to answer for.
    pub(crate) fn truth(self, at: Timestamp, seats: &Seats, known: Known) -> Option<Truth> {
        let today = day_of(at);
        let row = self.rows().into_iter().find(|row| row.holds(today))?;
        let enrolled = self.enrolment().filter(|(when, _)| *when <= at);
        let said = |state, licensed| Some(Truth { unit: row.unit, state, licensed });
        let Some((enrolled, _)) = enrolled else {
            return said(State::NeverEnrolled, false);
        };
        if self.revoked().is_some_and(|when| when <= at) {
            return said(State::Revoked, false);
        }
        let (contact, seen) = self.last_heard(enrolled, at, known);
        let patience = if self.is_server() { DAY } else { 7 * DAY };
        if seconds(contact, at, |day| !is_holiday(day)) > patience {
            return said(State::Silent, false);
        }
        let fresh = seen.filter(|seen| seconds(*seen, at, is_workday) <= 2 * DAY);
        let Some(seen) = fresh else {
            return said(State::Unknown, false);
        };
        let (licensed, others) = self.rulings(at, seen, seats);
        let waived = licensed == Ruling::Fail && self.is_waived(&row, today);
        let state = if others.contains(&Ruling::Fail) || (licensed == Ruling::Fail && !waived) {
            State::Unprotected
        } else if others.contains(&Ruling::Unknown) || licensed == Ruling::Unknown {
            State::Unknown
        } else if waived {
            State::Waived
        } else {
            State::Protected
        };
        said(state, licensed == Ruling::Pass)
    }

    /// What is asked of licence, and of definitions and real-time protection.
    fn rulings(self, at: Timestamp, seen: Timestamp, seats: &Seats) -> (Ruling, [Ruling; 2]) {
        let pass_if = |holds| if holds { Ruling::Pass } else { Ruling::Fail };
        // Mornings bring new definitions, and evenings say that nothing has changed.
        let definitions = moment(self.definitions(day_of(seen)), 20 * HOUR);
        let age = if self.is_server() { 3 * DAY } else { 7 * DAY };
        let others = [pass_if(at.since(definitions) <= age), pass_if(self.realtime())];
        let licensed = match self.antivirus() {
            Antivirus::None => return (Ruling::Fail, [Ruling::Fail; 2]),
            Antivirus::BuiltIn => Ruling::Fail,
            Antivirus::Told => pass_if(at <= end_of(self.paid_until(day_of(seen)))),
            Antivirus::Contract if seats.has(self, day_of(at)) => Ruling::Pass,
            Antivirus::Contract => Ruling::Unknown,
        };
        (licensed, others)
    }

    /// A decision speaks of the rows there were when it began.
    fn is_waived(self, row: &Row, today: Day) -> bool {
        let (from, until) = waiver();
        row.unit == WAIVED && row.holds(from) && (from..=until).contains(&today)
    }
}

/// Who has a seat of the contract in force: whoever enrolled first, among those who carry the
/// product, speak for a row in force, and have not been revoked.
#[derive(Debug)]
pub(crate) struct Seats {
    on: Day,
    holders: Vec<i64>,
}

impl Seats {
    pub(crate) fn on(office: &Office, at: Timestamp) -> Self {
        let on = day_of(at);
        let contract =
            contracts().into_iter().find(|(_, from, until, _)| (*from..=*until).contains(&on));
        let mut askers: Vec<_> = office.pcs().filter_map(|pc| pc.asks(at)).collect();
        askers.sort_unstable();
        let seats = contract.map_or(0, |(_, _, _, share)| office.seats(share));
        let holders = askers.into_iter().take(seats).map(|(_, number)| number).collect();
        Self { on, holders }
    }

    fn has(&self, pc: Pc, on: Day) -> bool {
        assert_eq!(on, self.on);
        self.holders.contains(&pc.number)
    }
}

impl Pc {
    /// Since when it may ask for a seat.
    fn asks(self, at: Timestamp) -> Option<(Timestamp, i64)> {
        self.rows().into_iter().find(|row| row.holds(day_of(at)))?;
        let (enrolled, _) = self.enrolment()?;
        let spoken = self.last_heard(enrolled, at, Known::Then).1.is_some();
        let revoked = self.revoked().is_some_and(|when| when <= at);
        (self.antivirus() == Antivirus::Contract && enrolled <= at && spoken && !revoked)
            .then_some((enrolled, self.number))
    }
}

/// All machines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Office {
    pub(crate) machines: i64,
}

impl Office {
    pub(crate) fn pcs(self) -> impl Iterator<Item = Pc> {
        (0..self.machines).map(|number| Pc { number })
    }

    /// So many of a hundred machines.
    pub(crate) fn seats(self, share: i64) -> usize {
        usize::try_from(self.machines * share / 100).expect("a number")
    }
}
