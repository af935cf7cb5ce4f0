//! What the vendors' own traces tell: every definition is looked for, and what is found is read.

use std::collections::BTreeMap;

use report::catalogue::{ANTIVIRUS_PRODUCT, Kind, Tense};
use report::fact::Ignorance;
use report::{Fact, Reading, Reason, Record};

use super::definitions::{Asked, Definition, Definitions, How, Wanted};
use super::interpret::agree;
use super::merge::{Candidate, Rank};
use super::read::{Answer, Doors, ask};
use super::recognise::{Lists, Trace, Uninstall};
use crate::probes::findings::{choice, text, unknown, yes_or_no};

/// What was found by definitions, and the obstacles on the way.
#[derive(Debug, Default)]
pub(super) struct Traces {
    pub(super) candidates: Vec<Candidate>,
    pub(super) unanswered: Vec<Ignorance>,
}

/// Looks for every product there is a definition of.
pub(super) fn look(doors: &Doors<'_>, definitions: &Definitions, lists: &Lists<'_>) -> Traces {
    let faults = definitions.faults.iter().map(|it| Ignorance::new(Reason::ParseError, it));
    let mut traces = Traces { candidates: Vec::new(), unanswered: faults.collect() };
    for definition in &definitions.all {
        match lists.trace(definition) {
            Fact::Known(trace) => {
                let entry = lists.entry(definition);
                let product = Looked { doors, definition, trace, entry };
                traces.candidates.extend(product.candidates());
            }
            Fact::Absent => {}
            Fact::Unknown(why) => traces.unanswered.push(why),
        }
    }
    traces
}

/// A product that is here.
struct Looked<'a> {
    doors: &'a Doors<'a>,
    definition: &'a Definition,
    trace: Trace,
    entry: Option<&'a Uninstall>,
}

impl Looked<'_> {
    /// What it says of itself, and apart from that what is only concluded from its traces.
    fn candidates(&self) -> [Candidate; 2] {
        let wanted = self.definition.readings.iter();
        wanted.flat_map(Wanted::places).for_each(|place| self.doors.expect(place));
        let mut said = self.candidate(Rank::Vendor);
        self.present(&mut said.record);
        self.read(&mut said, |wanted| !wanted.is_weak);
        let mut concluded = self.candidate(Rank::Trace);
        self.read(&mut concluded, |wanted| wanted.is_weak);
        [said, concluded]
    }

    fn candidate(&self, rank: Rank) -> Candidate {
        Candidate::new(&self.definition.product, &self.definition.vendor, rank)
    }

    fn present(&self, record: &mut Record) {
        let vendor = text(&self.definition.vendor);
        let present = match self.trace.is_program {
            true => yes_or_no(true),
            false => unknown(Reason::ProductOpaque, "only what an uninstalled product leaves"),
        };
        for (field, fact) in
            [("product", text(&self.definition.product)), ("vendor", vendor), ("present", present)]
        {
            record.0.insert(field, Reading::new(fact, &self.trace.source));
        }
    }

    fn read(&self, candidate: &mut Candidate, which: impl Fn(&Wanted) -> bool) {
        let mut fields: BTreeMap<&'static str, Vec<&Wanted>> = BTreeMap::new();
        for wanted in self.definition.readings.iter().filter(|wanted| which(wanted)) {
            fields.entry(wanted.field).or_default().push(wanted);
        }
        for (field, wanted) in fields {
            self.read_field(candidate, field, &wanted);
        }
        let tells = |field| candidate.record.fact(field).known().is_some();
        if tells("licence_status") || tells("licence_until") {
            let evidence = Reading::new(choice("vendor"), "");
            candidate.record.0.insert("licence_evidence", evidence);
        }
    }

    /// The first source that answers counts; one that says something else is told.
    fn read_field(&self, candidate: &mut Candidate, field: &'static str, all: &[&Wanted]) {
        let mut first: Option<Reading> = None;
        for wanted in all {
            let is_known = first.as_ref().is_some_and(|it| it.fact.known().is_some());
            if is_known && !wanted.places().all(|place| self.doors.is_cheap(place)) {
                continue;
            }
            let Answer::Told(fact, source) = self.answer(wanted) else {
                continue;
            };
            let known = first.as_ref().and_then(|reading| reading.fact.known());
            match (known, fact.known()) {
                (Some(one), Some(other)) => {
                    if !agree(one, other) {
                        candidate.dispute(field);
                    }
                }
                (None, Some(_)) => {
                    first = Some(Reading::new(fact, &source));
                    if wanted.is_final {
                        break;
                    }
                }
                (_, None) => {
                    first.get_or_insert_with(|| Reading::new(fact, &source));
                }
            }
        }
        candidate.record.0.extend(first.map(|reading| (field, reading)));
    }

    fn answer(&self, wanted: &Wanted) -> Answer {
        let answer = match (self.all(&wanted.when), &wanted.how) {
            (Answer::Told(Fact::Known(report::Value::Bool(true)), _), how) => {
                self.learn(how, wanted.field)
            }
            // What does not apply says nothing.
            (Answer::Told(Fact::Known(_) | Fact::Absent, _) | Answer::Silent, _) => Answer::Silent,
            (Answer::Told(Fact::Unknown(why), source), _) => {
                Answer::Told(Fact::Unknown(why), source)
            }
        };
        match answer {
            Answer::Told(fact, source) if wanted.is_recalled => {
                Answer::Told(fact, format!("{source} [unverified]"))
            }
            answer => answer,
        }
    }

    fn learn(&self, how: &How, field: &str) -> Answer {
        match how {
            How::Asked(asked) => ask(self.doors, asked, tense(field), self.entry),
            How::All(all) => self.all(all),
            How::Says(told) => Answer::Told(told.fact(), String::new()),
        }
    }

    /// Yes if everything says yes, no if something says no. What says nothing leaves it open.
    fn all(&self, all: &[Asked]) -> Answer {
        let mut sources = Vec::new();
        let mut open: Option<Answer> = None;
        for asked in all {
            match ask(self.doors, asked, Tense::Happened, self.entry) {
                Answer::Told(Fact::Known(report::Value::Bool(true)), source) => {
                    sources.push(source)
                }
                Answer::Told(Fact::Known(_) | Fact::Absent, source) => {
                    return Answer::Told(yes_or_no(false), source);
                }
                answer => open = open.or(Some(answer)),
            }
        }
        open.unwrap_or_else(|| Answer::Told(yes_or_no(true), sources.join("; ")))
    }
}

fn tense(field: &str) -> Tense {
    let kind = ANTIVIRUS_PRODUCT.iter().find(|known| known.name == field).map(|known| known.kind);
    match kind {
        Some(Kind::Moment(tense)) => tense,
        Some(_) | None => Tense::Happened,
    }
}

#[cfg(test)]
mod tests;
