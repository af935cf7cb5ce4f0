//! The named list of machines with what each needs: what an officer hands to a technician.

use report::verdict::Ruling;
use report::{Bilingual, Lang};
use serde::{Deserialize, Serialize};

use super::Imprint;
use super::imprint::{self, is_reporting};
use super::paper::{Cell, Column, On, Paper, Row, Screen};
use super::remedy::Remedy;
use super::wish::{Filter, MachineWish};
use crate::admin::views::{MachineRow, row};
use crate::live::Live;
use crate::policy::calendar::Calendar;
use crate::policy::roll::Member;
use crate::policy::words;
use crate::store::{Since, StatesSince};

/// The machines that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineList {
    /// As of when, by what.
    pub imprint: Imprint,
    /// Which were asked for.
    pub wish: MachineWish,
    /// Those.
    pub machines: Vec<Listed>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The machine.
    #[serde(flatten)]
    pub machine: MachineRow,
    /// Since when it has been in its state; `None`: that was not logged.
    pub since: Option<Since>,
    /// The name of its unit.
    pub unit_name: Option<Bilingual>,
    /// Its serial number, as the register has it.
    pub serial: Option<String>,
    /// Its asset tag, as the register has it.
    pub asset_tag: Option<String>,
    /// The rules that cannot be judged.
    pub unknown: Vec<String>,
    /// The rules that fail and are excused.
    pub waived: Vec<String>,
    /// The rule that the remedy is of; `None`: it is of the state.
    pub remedy_for: Option<String>,
    /// What is to be done first; empty where nothing is.
    pub remedy: Bilingual,
}

/// Lists the machines that are asked for.
///
/// # Errors
/// When a word of the wish is not known, or it asks of a past moment what is told of now alone.
pub fn list(live: &Live, wish: &MachineWish, since: &StatesSince) -> Result<MachineList, String> {
    let filter = Filter::of(wish, live.roll().set())?;
    if live.known().is_some() && wish.since.is_some() {
        // Whoever has changed again since has another moment in the log.
        return Err("--since goes by the states of now and --at asks for others: \
                    leave out one of them"
            .to_owned());
    }
    let members = live.roll().members().filter(|member| filter.takes(live, member));
    let members = members.map(|member| listed(live, &member, since));
    let mut machines: Vec<_> = members.filter(|one| filter.takes_since(one.since)).collect();
    filter.sort.apply(&mut machines);
    Ok(MachineList { imprint: Imprint::of(live, filter.unit()), wish: wish.clone(), machines })
}

fn listed(live: &Live, member: &Member<'_>, since: &StatesSince) -> Listed {
    let set = live.roll().set();
    let unit = member.unit().and_then(|id| set.register.units.get(id));
    let rules = |wanted| {
        let rules = set.rules.iter().zip(member.rulings());
        rules.filter(|(_, ruling)| *ruling == wanted).map(|(rule, _)| rule.id.clone()).collect()
    };
    let remedy = Remedy::of(live, member);
    let machine = row(live, member);
    // Whatever was logged after a past moment says nothing about it.
    let is_known = |since: &Since| since.at <= live.roll().clock().now;
    Listed {
        since: since.of(&machine.name(), machine.state).filter(is_known),
        machine,
        unit_name: unit.map(|unit| unit.name.clone()),
        serial: member.row.and_then(|row| row.serial).map(str::to_owned),
        asset_tag: member.row.and_then(|row| row.asset_tag).map(str::to_owned),
        unknown: rules(Ruling::Unknown),
        waived: rules(Ruling::Waived),
        remedy_for: remedy.rule,
        remedy: remedy.words,
    }
}

/// A column: its heading, its width on paper, its sheet, and how it behaves on a screen.
type Layout = ([&'static str; 2], f64, On, Screen);

const LIST: On = On::Sheet(0);
const DETAILS: On = On::Sheet(1);

const COLUMNS: [Layout; 16] = [
    (["STT", "No."], 5.0, On::Every, Screen::Never),
    (["Máy tính", "Machine"], 20.0, On::Every, Screen::Always),
    (["Tên máy", "Host name"], 16.0, LIST, Screen::Yields(3)),
    (["Đơn vị", "Unit"], 16.0, DETAILS, Screen::Yields(5)),
    (["Tên đơn vị", "Unit name"], 26.0, LIST, Screen::Never),
    (["Loại", "Kind"], 10.0, DETAILS, Screen::Yields(1)),
    (["Cấp độ", "Level"], 8.0, LIST, Screen::Yields(2)),
    (["Số sê-ri", "Serial"], 16.0, DETAILS, Screen::Never),
    (["Mã tài sản", "Asset tag"], 14.0, DETAILS, Screen::Never),
    (["Trạng thái", "State"], 17.0, LIST, Screen::Always),
    (["Từ ngày", "Since"], 12.0, LIST, Screen::Yields(6)),
    (["Liên lạc cuối", "Last contact"], 12.0, LIST, Screen::Yields(4)),
    (["Quy tắc chưa đạt", "Failing rules"], 28.0, DETAILS, Screen::Never),
    (["Quy tắc chưa xác định", "Unknown rules"], 28.0, DETAILS, Screen::Never),
    (["Quy tắc được chấp thuận ngoại lệ", "Waived rules"], 20.0, DETAILS, Screen::Never),
    (["Việc cần làm", "What to do"], 62.0, LIST, Screen::Never),
];

impl MachineList {
    /// It in one language.
    #[must_use]
    pub fn paper(&self, lang: Lang) -> Paper {
        let side = |words: [&'static str; 2]| words::pick(words, lang);
        let calendar = self.imprint.calendar();
        let column = |(heading, width, on, screen): Layout| {
            Column::new(words::pick(heading, lang), width).on(on).screen(screen)
        };
        let rows = (1..).zip(&self.machines);
        Paper {
            lang,
            at: self.imprint.at,
            title: side(["DANH SÁCH MÁY TÍNH VÀ VIỆC CẦN LÀM", "MACHINES AND WHAT EACH NEEDS"])
                .to_owned(),
            preface: self.preface(lang),
            sheets: [["Danh sách máy tính", "Machines"], ["Chi tiết", "Details"]]
                .map(|name| side(name).to_owned())
                .into(),
            columns: COLUMNS.into_iter().map(column).collect(),
            numbered: false,
            rows: rows
                .map(|(number, machine)| Row::plain(machine.cells(number, &calendar, lang)))
                .collect(),
            notes: self.imprint.lines(lang),
            signatures: Vec::new(),
        }
    }

    fn preface(&self, lang: Lang) -> Vec<String> {
        let listed = words::number(self.machines.len() as u64, lang);
        let all = words::number(self.imprint.members, lang);
        let count = match lang {
            Lang::Vi => format!("{listed}/{all} máy tính; {}", self.imprint.as_of(lang)),
            Lang::En => format!("{listed} of {all} machines; {}", self.imprint.as_of(lang)),
        };
        let sample = self.imprint.sample.then(|| imprint::sample(lang).to_owned());
        sample.into_iter().chain([count]).collect()
    }
}

impl Listed {
    fn cells(&self, number: u64, calendar: &Calendar, lang: Lang) -> Vec<Cell> {
        let machine = &self.machine;
        let contact = machine.last_contact.map(|at| Cell::Moment(calendar.time_of(at)));
        vec![
            Cell::Count(number),
            Cell::text(machine.name()),
            Cell::maybe(machine.host_name.as_deref()),
            Cell::maybe(machine.unit.as_deref()),
            Cell::maybe(self.unit_name.as_ref().map(|name| name.get(lang))),
            Cell::maybe(machine.kind.as_deref().map(|kind| words::choice(kind, lang))),
            Cell::text(level(machine.level, lang)),
            Cell::maybe(self.serial.as_deref()),
            Cell::maybe(self.asset_tag.as_deref()),
            Cell::text(machine.state.label(lang)),
            self.since.map_or(Cell::Blank, |since| since_cell(since, calendar, lang)),
            contact.unwrap_or(Cell::Blank),
            Cell::text(machine.failing.join(", ")),
            Cell::text(self.unknown_in_words()),
            Cell::text(self.waived.join(", ")),
            Cell::text(self.remedy.get(lang)),
        ]
    }
}

impl Listed {
    /// Of a machine without data everything is unknown: its state says so once.
    fn unknown_in_words(&self) -> String {
        match is_reporting(self.machine.state) {
            true => self.unknown.join(", "),
            false => String::new(),
        }
    }
}

/// What was so already when the log began has been so for longer.
fn since_cell(since: Since, calendar: &Calendar, lang: Lang) -> Cell {
    let day = calendar.date_of(since.at);
    match (since.at_latest, lang) {
        (false, _) => Cell::Date(day),
        (true, Lang::Vi) => Cell::text(format!("trước {}", words::date(day, lang))),
        (true, Lang::En) => Cell::text(format!("before {}", words::date(day, lang))),
    }
}

/// A level that is not determined is a finding, not a gap.
fn level(level: Option<u8>, lang: Lang) -> String {
    let undetermined = || words::pick(["chưa xác định", "none"], lang).to_owned();
    level.map_or_else(undetermined, |level| level.to_string())
}

#[cfg(test)]
mod tests;
