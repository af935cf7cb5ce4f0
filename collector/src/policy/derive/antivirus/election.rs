//! Which of a machine's products speaks for it, and why it stands before the others.

use std::cmp::Reverse;

use report::Timestamp;

use super::{Product, truth};
use crate::policy::facts::Finding;
use crate::policy::why::Why;

/// How a machine's antivirus products stand to each other.
#[derive(Debug)]
pub(crate) struct Election<'m> {
    /// The product that speaks for the machine; `None`: it carries none that does.
    pub(crate) elected: Option<Elected<'m>>,
    /// Every other product with what the elected one has before it.
    pub(crate) others: Vec<(Option<&'m str>, Lead)>,
    /// Whether every source of products answered.
    pub(crate) complete: bool,
}

/// The product that speaks for a machine.
#[derive(Debug)]
pub(crate) struct Elected<'m> {
    /// Its id.
    pub(crate) id: Option<&'m str>,
    /// Whether it runs.
    pub(crate) running: Option<bool>,
    /// Whether it only watches, whatever it says of protecting.
    pub(crate) passive: Option<bool>,
    /// The word it says of its licence.
    pub(crate) said_status: Finding<'m>,
    /// The end it says its licence has.
    pub(crate) said_until: Finding<'m>,
}

/// What one product has before another: the first step of the election in which they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// It runs, and the other is not known to.
    Runs,
    /// It may run and protect; the other runs and is not known to protect in real time.
    MayProtect,
    /// It may run; the other is known not to.
    MayRun,
    /// It is registered with the operating system.
    Registered,
    /// It protects in real time.
    Realtime,
    /// It does not leave the work to another.
    Active,
    /// Its licence is stronger.
    Licence,
    /// Its definitions are newer.
    Definitions,
    /// Nothing but its id, which comes first.
    Id,
}

/// The order among products that run: the first field in which two differ decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RunningRank<'m> {
    realtime: u8,
    active: u8,
    licence: (u8, u8),
    definitions_at: Option<Timestamp>,
    id: Reverse<Option<&'m str>>,
}

/// The order among products of which none is known to run: one that may run before one that does
/// not, then a registered one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct IdleRank<'m> {
    may_run: u8,
    registered: u8,
    otherwise: RunningRank<'m>,
}

impl<'m> RunningRank<'m> {
    fn of(product: &Product<'m>) -> Self {
        Self {
            realtime: truth(product.realtime.bool()),
            active: truth(product.passive.map(|passive| !passive)),
            licence: product.licence.strength(),
            definitions_at: product.definitions_at,
            id: Reverse(product.id),
        }
    }

    fn lead(self, other: Self) -> Lead {
        [
            (self.realtime != other.realtime, Lead::Realtime),
            (self.active != other.active, Lead::Active),
            (self.licence != other.licence, Lead::Licence),
            (self.definitions_at != other.definitions_at, Lead::Definitions),
        ]
        .into_iter()
        .find_map(|(differs, lead)| differs.then_some(lead))
        .unwrap_or(Lead::Id)
    }
}

impl<'m> IdleRank<'m> {
    fn of(product: &Product<'m>) -> Self {
        Self {
            may_run: truth(product.running),
            registered: truth(product.registered),
            otherwise: RunningRank::of(product),
        }
    }

    fn lead(self, other: Self) -> Lead {
        match (self.may_run != other.may_run, self.registered != other.registered) {
            (true, _) => Lead::MayRun,
            (false, true) => Lead::Registered,
            (false, false) => self.otherwise.lead(other.otherwise),
        }
    }
}

/// Chooses the product that speaks for the machine, by its place. Where none is known to run and a
/// source did not answer, the one that runs may be in that source.
pub(super) fn elect<'m>(products: &[Product<'m>], complete: bool) -> Result<usize, Finding<'m>> {
    let places = || products.iter().enumerate();
    let best_idle = |may_be: fn(&Product<'m>) -> bool| {
        places()
            .filter(|(_, product)| may_be(product))
            .max_by_key(|(_, product)| IdleRank::of(product))
            .map(|(place, _)| place)
    };
    match best_running(products) {
        Some(place) if products[place].realtime.bool() == Some(true) => Ok(place),
        // One that runs without protecting says nothing about another that may protect.
        Some(place) => Ok(best_idle(|other| other.running.is_none()).unwrap_or(place)),
        None if complete => best_idle(|other| other.running != Some(true)).ok_or(Finding::Absent),
        None => Err(Finding::Unknown(Why::IncompleteList)),
    }
}

/// The product that runs and speaks for the machine if the elected one, which may run, does not.
pub(super) fn stand_in<'p, 'm>(
    products: &'p [Product<'m>],
    elected: usize,
) -> Option<&'p Product<'m>> {
    let place = best_running(products).filter(|place| *place != elected)?;
    products[elected].running.is_none().then(|| &products[place])
}

fn best_running(products: &[Product<'_>]) -> Option<usize> {
    let places = products.iter().enumerate();
    places
        .filter(|(_, product)| product.running == Some(true))
        .max_by_key(|(_, product)| RunningRank::of(product))
        .map(|(place, _)| place)
}

impl<'m> Election<'m> {
    pub(super) fn of(products: &[Product<'m>], complete: bool) -> Self {
        let Ok(place) = elect(products, complete) else {
            return Self { elected: None, others: Vec::new(), complete };
        };
        let first = &products[place];
        let others = products.iter().enumerate().filter(|(other, _)| *other != place);
        let others = others.map(|(_, other)| (other.id, lead(first, other))).collect();
        Self { elected: Some(first.elected()), others, complete }
    }
}

/// What the elected product has before another one.
fn lead(elected: &Product<'_>, other: &Product<'_>) -> Lead {
    match (elected.running, other.running) {
        (Some(true), Some(true)) => RunningRank::of(elected).lead(RunningRank::of(other)),
        (Some(true), Some(false) | None) => Lead::Runs,
        (Some(false) | None, Some(true)) => Lead::MayProtect,
        (Some(false) | None, Some(false) | None) => IdleRank::of(elected).lead(IdleRank::of(other)),
    }
}
