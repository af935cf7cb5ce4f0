//! Which antivirus product speaks for the machine, and what its licence is worth.

use report::catalogue::ANTIVIRUS_PRODUCT;
use report::{FactKey, Moment, Reason, Timestamp, Topic};

use super::in_our_time;
use crate::machine::view::{Datum, Obstacle, RecordView, Records};
use crate::policy::PolicySet;
use crate::policy::catalogues::Antivirus;
use crate::policy::facts::{Evidence, Facts, Finding};
use crate::policy::hourglass::Hourglass;
use crate::policy::subject::{Seat, Subject};
use crate::policy::why::Why;
use crate::register;
pub(crate) use election::{Elected, Election, Lead};
use election::{elect, stand_in};

mod election;

const PRODUCTS: FactKey = FactKey::of("antivirus.products");
const COMPLETE: FactKey = FactKey::of("antivirus.complete");
const REALTIME: FactKey = FactKey::of("antivirus.primary.realtime");
const STATUS: FactKey = FactKey::of("antivirus.licence.status");
const ACCEPTED: FactKey = FactKey::of("antivirus.licence.accepted");
const UNTIL: FactKey = FactKey::of("antivirus.licence.until");
const EVIDENCE: FactKey = FactKey::of("antivirus.licence.evidence");

/// The derived facts that are a field of the elected product as it stands.
const COPIED: [(FactKey, usize); 6] = [
    (FactKey::of("antivirus.primary.product"), field::PRODUCT),
    (FactKey::of("antivirus.primary.vendor"), field::VENDOR),
    (FactKey::of("antivirus.primary.version"), field::VERSION),
    (FactKey::of("antivirus.primary.state"), field::STATE),
    (FactKey::of("antivirus.primary.definitions_at"), field::DEFINITIONS_AT),
    (FactKey::of("antivirus.primary.definitions_version"), field::DEFINITIONS_VERSION),
];

/// The places of a product's fields in the catalogue.
mod field {
    use report::catalogue::{ANTIVIRUS_PRODUCT, place};

    pub(super) const COUNT: usize = ANTIVIRUS_PRODUCT.len();
    pub(super) const PRODUCT: usize = place(ANTIVIRUS_PRODUCT, "product");
    pub(super) const VENDOR: usize = place(ANTIVIRUS_PRODUCT, "vendor");
    pub(super) const VERSION: usize = place(ANTIVIRUS_PRODUCT, "version");
    pub(super) const PRESENT: usize = place(ANTIVIRUS_PRODUCT, "present");
    pub(super) const STATE: usize = place(ANTIVIRUS_PRODUCT, "state");
    pub(super) const REALTIME: usize = place(ANTIVIRUS_PRODUCT, "realtime");
    pub(super) const PASSIVE: usize = place(ANTIVIRUS_PRODUCT, "passive");
    pub(super) const DEFINITIONS_VERSION: usize = place(ANTIVIRUS_PRODUCT, "definitions_version");
    pub(super) const DEFINITIONS_AT: usize = place(ANTIVIRUS_PRODUCT, "definitions_at");
    pub(super) const LICENCE_STATUS: usize = place(ANTIVIRUS_PRODUCT, "licence_status");
    pub(super) const LICENCE_UNTIL: usize = place(ANTIVIRUS_PRODUCT, "licence_until");
    pub(super) const LICENCE_EVIDENCE: usize = place(ANTIVIRUS_PRODUCT, "licence_evidence");
    pub(super) const REGISTERED: usize = place(ANTIVIRUS_PRODUCT, "registered");
}

pub(super) fn derive<'m>(
    set: &PolicySet,
    subject: &Subject<'m>,
    clock: &Hourglass,
    facts: &mut Facts<'m>,
) {
    let products = match facts.get(PRODUCTS) {
        Finding::Unknown(why) => return write_none(Finding::Unknown(why), facts),
        Finding::Known(_) | Finding::Absent => products(set, subject, clock, facts),
    };
    match elect(&products, is_complete(facts)) {
        Ok(place) => products[place].write(&licence(&products, place), facts),
        Err(finding) => write_none(finding, facts),
    }
}

/// What the licence of the elected product says of the machine. One that may not run at all, like
/// the folder that an uninstalled product leaves, does not license a machine on which another one
/// runs: its licence counts where that one's counts just the same.
fn licence<'m>(products: &[Product<'m>], place: usize) -> Licence<'m> {
    let elected = &products[place];
    match stand_in(products, place) {
        Some(running) if running.licence.accepted != elected.licence.accepted => {
            elected.licence.withheld(Finding::Unknown(unread(elected.fields[field::STATE])))
        }
        Some(_) | None => elected.licence,
    }
}

/// Why a field does not tell.
fn unread(finding: Finding<'_>) -> Why<'_> {
    match finding {
        Finding::Unknown(why) => why,
        Finding::Known(_) | Finding::Absent => {
            Why::Unreadable(Obstacle::new(Reason::ProductOpaque))
        }
    }
}

/// How the election of a machine's primary antivirus went; `None`: its products are not known.
pub(crate) fn election<'m>(
    set: &PolicySet,
    subject: &Subject<'m>,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> Option<Election<'m>> {
    match facts.get(PRODUCTS) {
        Finding::Unknown(_) => None,
        Finding::Known(_) | Finding::Absent => {
            Some(Election::of(&products(set, subject, clock, facts), is_complete(facts)))
        }
    }
}

fn is_complete(facts: &Facts<'_>) -> bool {
    facts.get(COMPLETE).bool() == Some(true)
}

fn products<'m>(
    set: &PolicySet,
    subject: &Subject<'m>,
    clock: &Hourglass,
    facts: &Facts<'m>,
) -> Vec<Product<'m>> {
    let desk = Desk { skew: facts.skew(Topic::Antivirus), seat: subject.seat, set, clock };
    let records = facts.get(PRODUCTS).records().into_iter().flat_map(Records::iter);
    records.filter_map(|record| Product::read(record, &desk)).collect()
}

/// Reads every field of a record once; one that was not reported is unknown.
fn fields(record: RecordView<'_>, skew: i64) -> [Finding<'_>; field::COUNT] {
    let missing = Finding::Unknown(Why::Unreadable(Obstacle::new(Reason::NotSupported)));
    let mut fields = [missing; field::COUNT];
    // Both are in the order of the catalogue, nearly always: each search goes on from the last.
    let mut next = 0;
    for (name, seen) in record.fields() {
        let places = (next..field::COUNT).chain(0..next);
        if let Some(place) = { places }.find(|place| ANTIVIRUS_PRODUCT[*place].name == name) {
            fields[place] = in_our_time(seen, skew);
            next = place + 1;
        }
    }
    fields
}

/// What a product is read by.
struct Desk<'d, 'm> {
    skew: i64,
    seat: Seat<'m>,
    set: &'d PolicySet,
    clock: &'d Hourglass,
}

fn write_none<'m>(finding: Finding<'m>, facts: &mut Facts<'m>) {
    let copied = COPIED.map(|(key, _)| key);
    for key in copied.into_iter().chain([REALTIME, STATUS, ACCEPTED, UNTIL, EVIDENCE]) {
        facts.derive(key, finding, None);
    }
}

/// One product as the election sees it.
struct Product<'m> {
    /// Every field, at its place in the catalogue.
    fields: [Finding<'m>; field::COUNT],
    id: Option<&'m str>,
    running: Option<bool>,
    realtime: Finding<'m>,
    passive: Option<bool>,
    registered: Option<bool>,
    definitions_at: Option<Timestamp>,
    licence: Licence<'m>,
}

impl<'m> Product<'m> {
    /// Reads a record; `None`: its program is gone, and what is left of it, like an entry of the
    /// operating system that still says it is on, is of no product.
    fn read(record: RecordView<'m>, desk: &Desk<'_, 'm>) -> Option<Self> {
        let fields = fields(record, desk.skew);
        if fields[field::PRESENT].bool() == Some(false) {
            return None;
        }
        let running = fields[field::STATE].word().map(|state| state == "on");
        let passive = fields[field::PASSIVE].bool();
        let id = fields[field::PRODUCT].text();
        let said = Said {
            status: fields[field::LICENCE_STATUS],
            until: fields[field::LICENCE_UNTIL],
            evidence: fields[field::LICENCE_EVIDENCE],
        };
        Some(Self {
            id,
            running,
            realtime: realtime(fields[field::REALTIME], running, passive),
            passive,
            registered: fields[field::REGISTERED].bool(),
            definitions_at: definitions_at(fields[field::DEFINITIONS_AT], desk.clock),
            licence: Licence::of(said, id, desk),
            fields,
        })
    }

    fn elected(&self) -> Elected<'m> {
        Elected {
            id: self.id,
            running: self.running,
            passive: self.passive,
            said_status: self.fields[field::LICENCE_STATUS],
            said_until: self.fields[field::LICENCE_UNTIL],
        }
    }

    fn write(&self, licence: &Licence<'m>, facts: &mut Facts<'m>) {
        let word = self.id.zip(licence.status.word());
        let word = word.map(|(product, status)| Evidence::Licence { product, status });
        let evidence = self.id.map(Evidence::Product);
        let contract = licence.contract.map(Evidence::Contract);
        for (key, field) in COPIED {
            facts.derive(key, self.fields[field], evidence);
        }
        facts.derive(REALTIME, self.realtime, evidence);
        for (key, finding) in
            [(STATUS, licence.status), (UNTIL, licence.until), (EVIDENCE, licence.evidence)]
        {
            facts.derive(key, finding, contract.or(evidence));
        }
        facts.derive(ACCEPTED, licence.accepted, contract.or(word).or(evidence));
    }
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
        return Finding::Known(Datum::Bool(false));
    }
    said
}

fn definitions_at(finding: Finding<'_>, clock: &Hourglass) -> Option<Timestamp> {
    finding.moment().map(|moment| moment.at).filter(|at| !clock.is_future(*at))
}

/// What a product says of its licence.
struct Said<'m> {
    status: Finding<'m>,
    until: Finding<'m>,
    evidence: Finding<'m>,
}

impl<'m> Said<'m> {
    /// With this status.
    fn worth(self, status: Finding<'m>, desk: &Desk<'_, 'm>) -> Licence<'m> {
        let Self { until, evidence, .. } = self;
        let accepted = accepted(status, &desk.set.catalogues.antivirus);
        Licence { status, accepted, until, evidence, contract: None }
    }
}

/// What a licence is worth at the horizon.
#[derive(Clone, Copy)]
struct Licence<'m> {
    status: Finding<'m>,
    accepted: Finding<'m>,
    until: Finding<'m>,
    evidence: Finding<'m>,
    /// The contract it rests on, where the product itself does not tell.
    contract: Option<&'m register::Licence>,
}

impl<'m> Licence<'m> {
    /// The product's own word, or the register's where it has none.
    fn of(said: Said<'m>, product: Option<&'m str>, desk: &Desk<'_, 'm>) -> Self {
        let own = status(said.status, said.until, desk.clock);
        let is_for = |licence: &register::Licence| {
            product.is_some_and(|product| licence.products.iter().any(|one| one == product))
        };
        match desk.seat {
            Seat::Taken(licence) if is_silent(said.status, own) && is_for(licence) => {
                Self::by_contract(licence, desk)
            }
            Seat::Missed(licence) if is_silent(said.status, own) && is_for(licence) => {
                said.worth(Finding::Unknown(Why::NoSeatLeft(&licence.contract.number)), desk)
            }
            Seat::NoContract | Seat::Taken(_) | Seat::Missed(_) => said.worth(own, desk),
        }
    }

    fn by_contract(licence: &'m register::Licence, desk: &Desk<'_, 'm>) -> Self {
        let last = desk.set.targets.calendar.end_of(licence.until);
        let until = Finding::Known(Datum::Moment(Moment::source(last)));
        let status = status(Finding::Known(Datum::Choice("licensed")), until, desk.clock);
        Self {
            status,
            accepted: accepted(status, &desk.set.catalogues.antivirus),
            until,
            evidence: Finding::Known(Datum::Choice("register")),
            contract: Some(licence),
        }
    }

    /// With nothing said of it but this.
    fn withheld(self, finding: Finding<'m>) -> Self {
        Self { status: finding, accepted: finding, until: finding, evidence: finding, ..self }
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
        let accepted = match self.accepted {
            Finding::Known(_) => truth(self.accepted.bool()),
            Finding::Unknown(_) => truth(None),
            Finding::Absent => truth(Some(false)),
        };
        (accepted, by_word)
    }
}

/// Whether a product does not tell by itself if it is licensed: a word of its own, also that it is
/// not, is stronger than a contract.
fn is_silent(said: Finding<'_>, status: Finding<'_>) -> bool {
    match (said, status) {
        (Finding::Absent, _) => true,
        (Finding::Known(_) | Finding::Unknown(_), Finding::Unknown(why)) => {
            !matches!(why, Why::LicenceContradiction(_))
        }
        (Finding::Known(_) | Finding::Unknown(_), Finding::Known(_) | Finding::Absent) => false,
    }
}

/// The status at the horizon. Whether a licence is over follows from its end, not from a word:
/// "licensed" past its end is expired, "licensed" without a readable end is not known, and
/// "expired" before its end is a contradiction.
fn status<'m>(said: Finding<'m>, until: Finding<'m>, clock: &Hourglass) -> Finding<'m> {
    let end = until.moment().map(|moment| moment.at);
    let is_over = end.is_some_and(|end| clock.is_over(end));
    let word = |word| Finding::Known(Datum::Choice(word));
    match said {
        Finding::Absent => Finding::Absent,
        Finding::Unknown(_) if is_over => word("expired"),
        Finding::Unknown(why) => Finding::Unknown(why),
        Finding::Known(_) => match (said.word(), end, until) {
            (Some(same @ ("free" | "builtin" | "none")), _, _) => word(same),
            (Some("licensed" | "trial" | "expired" | "unknown"), _, _) if is_over => {
                word("expired")
            }
            (Some("expired"), Some(end), _) => Finding::Unknown(Why::LicenceContradiction(end)),
            (Some("licensed"), None, Finding::Unknown(why)) => Finding::Unknown(why),
            (Some(same @ ("licensed" | "trial" | "expired")), _, _) => word(same),
            (Some(_) | None, _, _) => {
                Finding::Unknown(Why::Unreadable(Obstacle::new(Reason::ProductOpaque)))
            }
        },
    }
}

fn accepted<'m>(status: Finding<'m>, antivirus: &Antivirus) -> Finding<'m> {
    let counts = match status {
        Finding::Absent => return Finding::Absent,
        Finding::Unknown(why) => return Finding::Unknown(why),
        Finding::Known(_) => match status.word() {
            Some("licensed") => true,
            Some("free") => antivirus.count_free,
            Some("builtin") => antivirus.count_builtin,
            Some(_) | None => false,
        },
    };
    Finding::Known(Datum::Bool(counts))
}
