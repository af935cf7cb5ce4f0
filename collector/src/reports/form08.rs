//! Form 08: the information systems by level, as the yearly report on security asks for them.
//!
//! The twelve columns are those of the decree; what the register holds beyond them stays in it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use report::{Bilingual, Lang};
use serde::{Deserialize, Serialize};

use super::imprint::{self, Imprint};
use super::paper::Paper;
use crate::collation;
use crate::live::Live;
use crate::register::UnitIndex;
use crate::register::systems::{Decision, Deployment, Inspection, LegalBasis, Status, System};

mod layout;

/// The systems with what the head of the form sums up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form08 {
    /// As of when, by what.
    pub imprint: Imprint,
    /// The unit whose systems it is about, with those of every unit below; `None`: all.
    pub unit: Option<UnitName>,
    /// What the head sums up.
    pub totals: Totals,
    /// The systems, in the order of their names.
    pub systems: Vec<Line>,
    /// What the form's own checks find; a form without findings may be signed.
    pub findings: Vec<Finding>,
}

/// A unit with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
}

/// The head of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Systems in force.
    pub managed: u64,
    /// Those whose level is approved.
    pub approved: u64,
    /// Those whose plan is fully deployed.
    pub deployed: u64,
    /// Those that are inspected at intervals.
    pub inspected: u64,
    /// By when the last approval that is missing is expected.
    pub expected_approval: Option<String>,
    /// By when the last deployment that is missing is expected.
    pub expected_deployment: Option<String>,
}

/// One system, with the twelve columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Column 1.
    pub number: u64,
    /// Its id in the register.
    pub id: String,
    /// Column 2.
    pub name: Bilingual,
    /// Column 3.
    pub owner: String,
    /// Column 4.
    pub operator: String,
    /// Column 5; `None`: not determined.
    pub level: Option<u8>,
    /// Column 6: draft, submitted, appraised or approved.
    pub status: String,
    /// Column 7.
    pub decision: Option<Paperwork>,
    /// Column 8.
    pub regulation: Option<Paperwork>,
    /// Column 9, a date as in 2026-12-14.
    pub expected_approval: Option<String>,
    /// Column 10: none, partial or full.
    pub deployment: String,
    /// Column 11, a date.
    pub expected_deployment: Option<String>,
    /// Column 12: before_use, periodic, both or neither.
    pub inspected: Vec<String>,
    /// By which law its level was determined: ND85_2016 or ND331_2026.
    pub legal_basis: String,
}

/// A decision or a regulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paperwork {
    /// Its number.
    pub number: String,
    /// Its date.
    pub date: String,
    /// Who issued it.
    pub authority: Option<String>,
}

/// What a check of the form finds in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The number of the line.
    pub number: u64,
    /// The system.
    pub system: String,
    /// What is missing or wrong.
    pub what: Bilingual,
}

/// Makes the form, of a unit and every unit below it or of everyone.
#[must_use]
pub fn form08(live: &Live, unit: Option<UnitIndex>) -> Form08 {
    let (set, day) = (live.roll().set(), live.roll().day());
    let units = &set.register.units;
    let is_within = |system: &&System| {
        let own = || units.index(&system.unit);
        unit.is_none_or(|unit| own().is_some_and(|own| day.line(own).contains(&unit)))
    };
    let mut systems: Vec<_> = set.register.systems.in_force(day.date()).filter(is_within).collect();
    systems.sort_by(|one, other| {
        collation::compare(&one.name.vi, &other.name.vi).then_with(|| one.id.cmp(&other.id))
    });
    let on = day.date();
    Form08 {
        imprint: Imprint::of(live, unit),
        unit: unit.map(|unit| UnitName::of(units.at(unit))),
        totals: Totals::of(&systems, on),
        systems: (1..).zip(&systems).map(|(number, system)| Line::of(number, system, on)).collect(),
        findings: (1..)
            .zip(&systems)
            .flat_map(|(number, system)| check(number, system, on))
            .collect(),
    }
}

impl UnitName {
    /// That of a unit.
    #[must_use]
    pub fn of(unit: &crate::register::Unit) -> Self {
        Self { id: unit.id.clone(), name: unit.name.clone() }
    }
}

impl Totals {
    fn of(systems: &[&System], on: Date) -> Self {
        let count = |holds: &dyn Fn(&System) -> bool| {
            systems.iter().filter(|system| holds(system)).count() as u64
        };
        let last = |date: &dyn Fn(&System) -> Option<Date>| {
            systems.iter().filter_map(|system| date(system)).max().map(|date| date.to_string())
        };
        Self {
            managed: count(&|_| true),
            approved: count(&|system| is_approved(system, on)),
            deployed: count(&|system| system.deployment == Deployment::Full),
            inspected: count(&|system| system.inspected.contains(&Inspection::Periodic)),
            expected_approval: last(&|system| expected_approval(system, on)),
            expected_deployment: last(&expected_deployment),
        }
    }
}

impl Line {
    fn of(number: u64, system: &System, on: Date) -> Self {
        let dated = |date: Option<Date>| date.map(|date| date.to_string());
        Self {
            number,
            id: system.id.clone(),
            name: system.name.clone(),
            owner: system.owner.clone(),
            operator: system.operator.clone(),
            level: system.level,
            status: system.status_on(on).name().to_owned(),
            decision: issued(system.decision.as_ref(), on).map(Paperwork::of),
            regulation: issued(system.regulation.as_ref(), on).map(Paperwork::of),
            expected_approval: dated(expected_approval(system, on)),
            deployment: system.deployment.name().to_owned(),
            expected_deployment: dated(expected_deployment(system)),
            inspected: system.inspected.iter().map(|when| when.name().to_owned()).collect(),
            legal_basis: system.legal_basis.name().to_owned(),
        }
    }
}

impl Paperwork {
    fn of(decision: &Decision) -> Self {
        let Decision { number, date, authority } = decision;
        Self { number: number.clone(), date: date.to_string(), authority: authority.clone() }
    }
}

fn is_approved(system: &System, on: Date) -> bool {
    match system.status_on(on) {
        Status::Approved => true,
        Status::Draft | Status::Submitted | Status::Appraised => false,
    }
}

/// A paper counts from its date.
fn issued(paper: Option<&Decision>, on: Date) -> Option<&Decision> {
    paper.filter(|paper| paper.date <= on)
}

/// When the approval is expected that is still missing: a decision that bears a later date tells.
fn expected_approval(system: &System, on: Date) -> Option<Date> {
    let coming = || system.decision.as_ref().map(|decision| decision.date);
    match is_approved(system, on) {
        true => None,
        false => system.expected_approval.or_else(coming),
    }
}

fn expected_deployment(system: &System) -> Option<Date> {
    match system.deployment {
        Deployment::Full => None,
        Deployment::None | Deployment::Partial => system.expected_deployment,
    }
}

/// The form's own checks of one line.
fn check(number: u64, system: &System, on: Date) -> Vec<Finding> {
    let approved = is_approved(system, on);
    let regulation = issued(system.regulation.as_ref(), on);
    let is_late = |regulation: &Decision| {
        system.decision.as_ref().is_some_and(|decision| regulation.date > decision.date)
    };
    let checks = [
        (
            system.level.is_none(),
            ["cột 5: chưa xác định cấp độ", "column 5: the level is not determined"],
        ),
        (
            approved && regulation.is_none(),
            [
                "cột 8: đã được phê duyệt nhưng chưa có quy chế",
                "column 8: approved without a security regulation",
            ],
        ),
        (
            approved && regulation.is_some_and(is_late),
            [
                "cột 8: quy chế ban hành sau quyết định phê duyệt ở cột 7",
                "column 8: the regulation is later than the decision in column 7",
            ],
        ),
        (
            !approved && expected_approval(system, on).is_none(),
            [
                "cột 9: chưa được phê duyệt nhưng không ghi thời điểm dự kiến",
                "column 9: not approved, and no date is expected",
            ],
        ),
        (
            system.deployment != Deployment::Full && system.expected_deployment.is_none(),
            [
                "cột 11: chưa triển khai đầy đủ nhưng không ghi thời điểm dự kiến",
                "column 11: not fully deployed, and no date is expected",
            ],
        ),
    ];
    let found = checks.into_iter().filter(|(is_wrong, _)| *is_wrong);
    let finding = |(_, [vi, en]): (bool, [&str; 2])| Finding {
        number,
        system: system.id.clone(),
        what: Bilingual::new(vi, en),
    };
    found.map(finding).collect()
}

impl Form08 {
    /// It in one language.
    #[must_use]
    pub fn paper(&self, lang: Lang) -> Paper {
        layout::paper(self, lang)
    }

    /// The laws that the levels in it were determined by.
    fn bases(&self) -> BTreeSet<&str> {
        self.systems.iter().map(|line| line.legal_basis.as_str()).collect()
    }

    /// Whether every level in it was determined by the former decree, whose words then stand.
    fn is_former(&self) -> bool {
        let bases = self.bases();
        !bases.is_empty() && bases.iter().all(|basis| *basis == LegalBasis::Decree85.name())
    }

    fn sample(&self, lang: Lang) -> Option<String> {
        self.imprint.sample.then(|| imprint::sample(lang).to_owned())
    }
}

#[cfg(test)]
mod tests;
