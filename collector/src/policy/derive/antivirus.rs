//! Which antivirus product speaks for the machine, and what its licence is worth.

use std::borrow::Cow;
use std::cmp::Reverse;

use report::catalogue::Tense;
use report::fact::{Ignorance, Record};
use report::{FactKey, Kind, Moment, Reason, Text, Timestamp, Topic, Value};

use super::{in_our_time, is_future};
use crate::policy::PolicySet;
use crate::policy::catalogues::Antivirus;
use crate::policy::facts::{Evidence, Facts, Finding};
use crate::policy::subject::{JudgeClock, Subject};
use crate::policy::why::Why;

/// The derived facts that are a field of the elected product as it stands.
const COPIED: [(&str, &str); 6] = [
    ("antivirus.primary.product", "product"),
    ("antivirus.primary.vendor", "vendor"),
    ("antivirus.primary.version", "version"),
    ("antivirus.primary.state", "state"),
    ("antivirus.primary.definitions_at", "definitions_at"),
    ("antivirus.primary.definitions_version", "definitions_version"),
];

pub(super) fn derive<'m>(
    set: &PolicySet,
    subject: &Subject<'m>,
    clock: JudgeClock,
    facts: &mut Facts<'m>,
) {
    let skew = subject
        .machine
        .and_then(|machine| machine.topics.get(&Topic::Antivirus))
        .map_or(0, |kept| kept.skew);
    let elected = match records(facts) {
        Ok(records) => {
            let products: Vec<_> = records
                .iter()
                .map(|record| Product::read(record, skew, &set.catalogues.antivirus, clock))
                .collect();
            let complete = facts.named("antivirus.complete").bool() == Some(true);
            elect(products, complete)
        }
        Err(finding) => Err(finding),
    };
    match elected {
        Ok(product) => product.write(&set.catalogues.antivirus, facts),
        Err(finding) => write_none(&finding, facts),
    }
}

fn records<'m>(facts: &Facts<'m>) -> Result<&'m [Record], Finding<'m>> {
    match facts.named("antivirus.products") {
        Finding::Known(Cow::Borrowed(Value::Records(records))) => Ok(records),
        Finding::Known(_) | Finding::Absent => Ok(&[]),
        Finding::Unknown(why) => Err(Finding::Unknown(why.clone())),
    }
}

fn write_none<'m>(finding: &Finding<'m>, facts: &mut Facts<'m>) {
    for key in FactKey::all() {
        let name = key.name();
        if name.starts_with("antivirus.primary.") || name.starts_with("antivirus.licence.") {
            facts.derive(name, finding.clone(), None);
        }
    }
}

/// One product as the election sees it.
struct Product<'m> {
    record: &'m Record,
    skew: i64,
    id: Option<Text>,
    running: Option<bool>,
    realtime: Finding<'m>,
    passive: Option<bool>,
    registered: Option<bool>,
    definitions_at: Option<Timestamp>,
    licence: Licence<'m>,
}

impl<'m> Product<'m> {
    fn read(record: &'m Record, skew: i64, antivirus: &Antivirus, clock: JudgeClock) -> Self {
        let field = |name| in_our_time(record.fact(name), skew);
        let running = field("state").word().map(|state| state == "on");
        let passive = field("passive").bool();
        Self {
            record,
            skew,
            id: field("product").text().cloned(),
            running,
            realtime: realtime(field("realtime"), running, passive),
            passive,
            registered: field("registered").bool(),
            definitions_at: definitions_at(&field("definitions_at"), clock.now),
            licence: Licence::of(
                &field("licence_status"),
                field("licence_until"),
                field("licence_evidence"),
                antivirus,
                clock,
            ),
        }
    }

    /// Among products that run: real-time, not passive, strongest licence, newest definitions,
    /// then the first id.
    fn rank_running(&self) -> impl Ord + use<'m> {
        (
            truth(self.realtime.bool()),
            truth(self.passive.map(|passive| !passive)),
            self.licence.strength(),
            self.definitions_at,
            Reverse(self.id.clone()),
        )
    }

    /// Among products of which none is known to run: one that may run before one that does not,
    /// then a registered one.
    fn rank_idle(&self) -> impl Ord + use<'m> {
        (truth(self.running), truth(self.registered), self.rank_running())
    }

    fn write(self, antivirus: &Antivirus, facts: &mut Facts<'m>) {
        let name = self.id.as_ref().map(|id| antivirus.name(id.as_str()));
        let status = self.licence.status.word().map(str::to_owned);
        let licence = name.clone().zip(status);
        let licence = licence.map(|(product, status)| Evidence::Licence { product, status });
        let evidence = name.map(Evidence::Product);
        for (fact, field) in COPIED {
            let finding = in_our_time(self.record.fact(field), self.skew);
            facts.derive(fact, finding, evidence.clone());
        }
        for (fact, finding) in [
            ("antivirus.primary.realtime", self.realtime),
            ("antivirus.licence.status", self.licence.status),
            ("antivirus.licence.until", self.licence.until),
            ("antivirus.licence.evidence", self.licence.evidence),
        ] {
            facts.derive(fact, finding, evidence.clone());
        }
        let accepted = self.licence.accepted;
        facts.derive("antivirus.licence.accepted", accepted, licence.or(evidence));
    }
}

/// Chooses the product that speaks for the machine. Where none is known to run and a source did
/// not answer, the one that runs may be in that source.
fn elect(products: Vec<Product<'_>>, complete: bool) -> Result<Product<'_>, Finding<'_>> {
    let (running, idle): (Vec<_>, Vec<_>) =
        products.into_iter().partition(|product| product.running == Some(true));
    let elected = match running.into_iter().max_by_key(Product::rank_running) {
        Some(product) if product.realtime.bool() == Some(true) => return Ok(product),
        // One that runs without protecting says nothing about another that may protect.
        Some(product) => {
            let may_run = idle.into_iter().filter(|other| other.running.is_none());
            return Ok(may_run.max_by_key(Product::rank_idle).unwrap_or(product));
        }
        None if complete => idle.into_iter().max_by_key(Product::rank_idle),
        None => return Err(Finding::Unknown(Why::IncompleteList)),
    };
    elected.ok_or(Finding::Absent)
}

/// What is known to be so before what may be so before what is known not to be.
fn truth(known: Option<bool>) -> u8 {
    match known {
        Some(true) => 2,
        None => 1,
        Some(false) => 0,
    }
}

/// A product that does not run, or only watches, protects nothing in real time, whatever its
/// setting says.
fn realtime(said: Finding<'_>, running: Option<bool>, passive: Option<bool>) -> Finding<'_> {
    if running == Some(false) || passive == Some(true) {
        return Finding::known(Value::Bool(false));
    }
    said
}

fn definitions_at(finding: &Finding<'_>, now: Timestamp) -> Option<Timestamp> {
    let moment = moment(finding)?;
    (!is_future(moment, Kind::Moment(Tense::Happened), now)).then_some(moment.at)
}

fn moment(finding: &Finding<'_>) -> Option<Moment> {
    match finding.value()? {
        Value::Moment(moment) => Some(*moment),
        Value::Text(_)
        | Value::Choice(_)
        | Value::Bool(_)
        | Value::Count(_)
        | Value::Records(_) => None,
    }
}

/// What a licence is worth at the horizon.
struct Licence<'m> {
    status: Finding<'m>,
    accepted: Finding<'m>,
    until: Finding<'m>,
    evidence: Finding<'m>,
}

impl<'m> Licence<'m> {
    fn of(
        said: &Finding<'m>,
        until: Finding<'m>,
        evidence: Finding<'m>,
        antivirus: &Antivirus,
        clock: JudgeClock,
    ) -> Self {
        let status = status(said, &until, clock.horizon);
        Self { accepted: accepted(&status, antivirus), status, until, evidence }
    }

    fn strength(&self) -> (u8, u8) {
        let by_word = match self.status.word() {
            Some("licensed") => 5,
            Some("trial") => 4,
            Some("free") => 3,
            Some("builtin") => 2,
            Some("expired") => 1,
            Some(_) | None => 0,
        };
        let accepted = match &self.accepted {
            Finding::Known(_) => truth(self.accepted.bool()),
            Finding::Unknown(_) => truth(None),
            Finding::Absent => truth(Some(false)),
        };
        (accepted, by_word)
    }
}

/// The status at the horizon. Whether a licence is over follows from its end, not from a word:
/// "licensed" past its end is expired, "licensed" without a readable end is not known, and
/// "expired" before its end is a contradiction.
fn status<'m>(said: &Finding<'m>, until: &Finding<'m>, horizon: Timestamp) -> Finding<'m> {
    let end = moment(until).map(|moment| moment.at);
    let is_over = end.is_some_and(|end| end < horizon);
    let word = |word| Finding::known(Value::Choice(word));
    let unsaid = || {
        Finding::Unknown(Why::Unreadable(Ignorance { reason: Reason::ProductOpaque, detail: None }))
    };
    match said {
        Finding::Absent => Finding::Absent,
        Finding::Unknown(_) if is_over => word("expired"),
        Finding::Unknown(why) => Finding::Unknown(why.clone()),
        Finding::Known(_) => match (said.word(), end, until) {
            (Some(same @ ("free" | "builtin" | "none")), _, _) => word(same),
            (Some("licensed" | "trial" | "expired" | "unknown"), _, _) if is_over => {
                word("expired")
            }
            (Some("expired"), Some(end), _) => Finding::Unknown(Why::LicenceContradiction(end)),
            (Some("licensed"), None, Finding::Unknown(why)) => Finding::Unknown(why.clone()),
            (Some(same @ ("licensed" | "trial" | "expired")), _, _) => word(same),
            (Some(_) | None, _, _) => unsaid(),
        },
    }
}

fn accepted<'m>(status: &Finding<'m>, antivirus: &Antivirus) -> Finding<'m> {
    let counts = match status {
        Finding::Absent => return Finding::Absent,
        Finding::Unknown(why) => return Finding::Unknown(why.clone()),
        Finding::Known(_) => match status.word() {
            Some("licensed") => true,
            Some("free") => antivirus.count_free,
            Some("builtin") => antivirus.count_builtin,
            Some(_) | None => false,
        },
    };
    Finding::known(Value::Bool(counts))
}
