//! One record for each product, from everything that was said of it.

use std::collections::{BTreeMap, BTreeSet};

use report::catalogue::ANTIVIRUS_PRODUCT;
use report::fact::Ignorance;
use report::{Fact, Reading, Reason, Record, Value};

use super::Found;
use super::interpret::agree;
use crate::probes::findings::{count, text, yes_or_no};

/// What one source says of one product. It says nothing of the fields its record does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) rank: Rank,
    product: String,
    pub(super) record: Record,
    /// Fields of which the source itself keeps two versions.
    disputed: BTreeSet<&'static str>,
}

/// Who says it, the most trusted first: a product knows itself best, then what the system asks it,
/// and the least is what can be concluded from what lies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The product: its own files, registry values, programs.
    Vendor,
    /// Windows' own antivirus, through its own interface.
    Defender,
    /// A row of the Security Center's interface.
    SecurityCenter,
    /// A row of the Security Center in WMI.
    SecurityCenterWmi,
    /// A service that runs, an entry among the installed programs.
    Trace,
}

impl Candidate {
    pub(super) fn new(product: &str, vendor: &str, rank: Rank) -> Self {
        let mut candidate = Self {
            rank,
            product: product.to_owned(),
            record: Record::default(),
            disputed: BTreeSet::new(),
        };
        candidate.add("product", text(product), "");
        candidate.add("vendor", text(vendor), "");
        candidate
    }

    /// A product that says everything there is to say of it.
    pub(super) fn whole(product: &str, record: Record) -> Self {
        let disputed = BTreeSet::new();
        Self { rank: Rank::Vendor, product: product.to_owned(), record, disputed }
    }

    /// Notes a fact and where it was read.
    pub(super) fn add(&mut self, field: &'static str, fact: Fact, source: &str) {
        debug_assert!(
            ANTIVIRUS_PRODUCT.iter().any(|known| known.name == field),
            "{field} is not in the catalogue"
        );
        self.record.0.insert(field, Reading::new(fact, source));
    }

    /// Notes that sources disagree about a field.
    pub(super) fn dispute(&mut self, field: &'static str) {
        if DISPUTABLE.contains(&field) {
            self.disputed.insert(field);
        }
    }

    /// Whether its program is here, if that is known.
    fn presence(&self) -> Option<bool> {
        match self.record.fact("present").known() {
            Some(Value::Bool(present)) => Some(*present),
            Some(_) | None => None,
        }
    }
}

/// The fields whose contradictions are worth telling: the rest are spelled differently everywhere.
const DISPUTABLE: [&str; 7] = [
    "state",
    "realtime",
    "passive",
    "definitions_at",
    "definitions_current",
    "licence_status",
    "licence_until",
];

/// Everything that was said, as one record for each product in the order of their ids. `registered`
/// is what is known of the registration of products that no registration is of.
pub(super) fn merge(
    candidates: Vec<Candidate>,
    registered: &Fact,
    unanswered: Vec<Ignorance>,
) -> Found {
    let mut products: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        products.entry(candidate.product.clone()).or_default().push(candidate);
    }
    let products = products.into_values().map(|said| one(said, registered)).collect();
    Found { products, unanswered: distinct(unanswered) }
}

/// The same obstacle met twice is one.
fn distinct(obstacles: Vec<Ignorance>) -> Vec<Ignorance> {
    let mut distinct = Vec::new();
    for obstacle in obstacles {
        if !distinct.contains(&obstacle) {
            distinct.push(obstacle);
        }
    }
    distinct
}

fn one(mut said: Vec<Candidate>, registered: &Fact) -> Record {
    said.sort_by_key(|candidate| candidate.rank);
    let registrations = registrations(&said);
    // What a registration says of a program that is gone says nothing of one that is here.
    if said.iter().any(|candidate| candidate.presence() == Some(true)) {
        said.retain(|candidate| candidate.presence() != Some(false));
    }
    let mut record = Record::default();
    for field in ANTIVIRUS_PRODUCT {
        record.0.insert(field.name, reading(&said, field.name));
    }
    let registered = match registrations {
        0 => registered.clone(),
        _ => yes_or_no(true),
    };
    record.0.entry("registered").and_modify(|reading| {
        if reading.fact.known().is_none() {
            *reading = Reading::new(registered, "");
        }
    });
    let further = registrations.checked_sub(1).map_or(Fact::Absent, count);
    record.0.insert("duplicates", Reading::new(further, ""));
    record.0.insert("disputed", Reading::new(disputed(&said), ""));
    record
}

/// How often a product is registered. The Security Center has two windows to the same list.
fn registrations(said: &[Candidate]) -> u64 {
    let through = |rank: Rank| said.iter().filter(|it| it.rank == rank).count() as u64;
    through(Rank::SecurityCenter).max(through(Rank::SecurityCenterWmi))
}

/// What the most trusted source that knows says; where none knows, why the first does not.
fn reading(said: &[Candidate], field: &str) -> Reading {
    let told = || said.iter().filter_map(|candidate| candidate.record.0.get(field));
    let known = told().find(|reading| reading.fact.known().is_some());
    let first = known.or_else(|| told().next()).cloned();
    first.unwrap_or_else(|| Fact::unknown(Reason::ProductOpaque).into())
}

/// The fields about which sources disagree, in the order of the catalogue.
fn disputed(said: &[Candidate]) -> Fact {
    // A conclusion contradicts nobody: it is there for where nobody says anything.
    let witnesses = || said.iter().filter(|candidate| candidate.rank != Rank::Trace);
    let is_disputed = |field: &str| {
        let mut known = witnesses().filter_map(|it| it.record.0.get(field)?.fact.known());
        let first = known.next();
        witnesses().any(|it| it.disputed.contains(field))
            || first.is_some_and(|first| known.any(|other| !agree(first, other)))
    };
    let fields: Vec<_> = DISPUTABLE.into_iter().filter(|field| is_disputed(field)).collect();
    text(&fields.join(", "))
}

#[cfg(test)]
mod tests;
