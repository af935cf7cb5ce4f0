//! The list of machines on a terminal: what is to be done stands once below it, by number.

use std::collections::BTreeMap;

use report::Lang;

use super::explanation::wrapped;
use super::{out, paper, width};
use crate::policy::words::{self, pick};
use crate::reports::machines::{Listed, MachineList};
use crate::reports::paper::{Cell, Column};

pub(in crate::cli) fn machines(list: &MachineList, lang: Lang) {
    out(&sheet(list, usize::from(width()), lang));
}

pub(super) fn sheet(list: &MachineList, room: usize, lang: Lang) -> String {
    let remedies = Remedies::of(list, lang);
    let mut paper = list.paper(lang);
    paper.columns.push(Column::new(pick(["Việc", "To do"], lang), 6.0));
    for (row, machine) in paper.rows.iter_mut().zip(&list.machines) {
        row.cells
            .push(Cell::maybe(remedies.number(machine, lang).map(|number| format!("[{number}]"))));
    }
    let preface = paper.preface.join("\n");
    format!("{preface}\n{}{}", paper::table(&paper, room), remedies.told(room, lang))
}

/// What is to be done stands a little to the right.
const INDENT: &str = "    ";

/// What is to be done, each once, what most machines need first.
struct Remedies<'l>(Vec<(&'l str, &'l Listed, u64)>);

impl<'l> Remedies<'l> {
    fn of(list: &'l MachineList, lang: Lang) -> Self {
        let mut counts: BTreeMap<&str, (&Listed, u64)> = BTreeMap::new();
        for machine in &list.machines {
            let words = machine.remedy.get(lang);
            if !words.is_empty() {
                counts.entry(words).or_insert((machine, 0)).1 += 1;
            }
        }
        let mut all: Vec<_> =
            counts.into_iter().map(|(words, (machine, count))| (words, machine, count)).collect();
        all.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        Self(all)
    }

    fn number(&self, machine: &Listed, lang: Lang) -> Option<usize> {
        let words = machine.remedy.get(lang);
        self.0.iter().position(|(own, _, _)| *own == words).map(|place| place + 1)
    }

    fn told(&self, room: usize, lang: Lang) -> String {
        let mut text = String::new();
        for (number, (remedy, machine, count)) in (1..).zip(&self.0) {
            let why = machine.remedy_for.as_deref();
            let why = why.unwrap_or_else(|| machine.machine.state.label(lang));
            let count = words::number(*count, lang);
            let machines = pick(["máy", "machine(s)"], lang);
            text += &format!("\n[{number}] {why}: {count} {machines}\n");
            for line in wrapped(remedy, room.saturating_sub(INDENT.len())) {
                text += &format!("{INDENT}{line}\n");
            }
        }
        text
    }
}
