//! What is registered with Windows Security Center: one list with two windows to it, WMI and an
//! interface of its own.
//!
//! An entry outlives its product, comes twice after some updates, and says of the definitions what
//! the vendor chooses to say. So each is a witness and none is a product.

mod standing;

use report::fact::Ignorance;
use report::{Fact, Reason, Value};

use super::definitions::Definition;
use super::merge::{Candidate, Rank};
use crate::host::files::{self, Read, ReadError, ReadErrorKind};
use crate::host::security_center::Registered;
use crate::host::wmi::{Query, Row, Variant};
use crate::host::{Files, Host};
use crate::probes::findings::{choice, unknown, yes_or_no};
use standing::{InterfaceSignatures, InterfaceState, ProductState, Standing, plausible_days};

const QUERY: Query<'_> = Query {
    namespace: r"root\SecurityCenter2",
    class: "AntiVirusProduct",
    properties: &[
        "displayName",
        "instanceGuid",
        "pathToSignedProductExe",
        "pathToSignedReportingExe",
        "productState",
    ],
};
const WMI: &str = r"root\SecurityCenter2:AntiVirusProduct";
const INTERFACE: &str = "wscapi.dll";
/// Firewalls of others are registered in the same way, beside antivirus products.
pub(crate) const FIREWALLS: &str = r"root\SecurityCenter2:FirewallProduct";

/// Windows' own antivirus, wherever and in whatever language it is registered.
pub(super) const DEFENDER: &str = "microsoft-defender-antivirus";
const DEFENDER_GUID: &str = "{D68DDC3A-831F-4fae-9E44-DA132C1ACF46}";
const DEFENDER_PROGRAM: &str = "windowsdefender:";

/// The list, as far as it was answered.
#[derive(Debug)]
pub(super) struct Registrations {
    by_wmi: Result<Vec<Entry>, ReadError>,
    by_interface: Result<Vec<Registered>, ReadError>,
    /// Entries that name no product.
    nameless: Option<Ignorance>,
}

/// A row of WMI.
#[derive(Debug)]
struct Entry {
    name: String,
    is_defender: bool,
    state: Result<ProductState, Ignorance>,
    /// The program that people open.
    program: Option<String>,
    /// Whether the program that reports to the Security Center is still there.
    present: Fact<bool>,
}

impl Registrations {
    pub(super) fn of(host: &Host) -> Self {
        let mut nameless = None;
        let by_wmi = host.wmi().query(&QUERY).map(|rows| {
            let entries = rows.iter().filter_map(|row| {
                let entry = Entry::of(row, host.files());
                if entry.is_none() {
                    nameless = Some(no_name(WMI));
                }
                entry
            });
            entries.collect()
        });
        let by_interface = host.security_center().products();
        if by_interface.iter().flatten().any(|product| product.name.trim().is_empty()) {
            nameless = Some(no_name(INTERFACE));
        }
        Self { by_wmi, by_interface, nameless }
    }

    /// Why products may be registered that are not known of. It is one list: either window shows
    /// all of it. A server has no Security Center to ask.
    pub(super) fn unanswered(&self, is_server: bool) -> Option<Ignorance> {
        if self.nameless.is_some() {
            return self.nameless.clone();
        }
        match (&self.by_wmi, &self.by_interface) {
            (Ok(_), _) | (_, Ok(_)) => None,
            (Err(error), Err(_)) if is_server && error.kind == ReadErrorKind::NotSupported => None,
            (Err(error), Err(_)) => Some(error.ignorance(Reason::NotSupported)),
        }
    }

    /// Whether a product is registered that no entry is of.
    pub(super) fn otherwise(&self) -> Fact {
        match (&self.by_wmi, &self.by_interface) {
            (Ok(_), _) | (_, Ok(_)) => yes_or_no(false),
            (Err(error), Err(_)) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
        }
    }

    /// What each entry says, the best first where one product has several. `meant` finds the
    /// definition of the product that is registered under a name.
    pub(super) fn candidates<'d>(
        &self,
        host: &Host,
        meant: impl Fn(&str) -> Option<&'d Definition>,
    ) -> Vec<Candidate> {
        let by_wmi = self.by_wmi.iter().flatten();
        let by_wmi = by_wmi.map(|entry| (entry.standing(), entry.candidate(&meant)));
        let by_interface = self.by_interface.iter().flatten();
        let by_interface = by_interface.filter(|product| !product.name.trim().is_empty());
        let by_interface = by_interface.map(|product| {
            let candidate = self.interface_candidate(product, host.files(), &meant);
            (interface_standing(product).known().copied(), candidate)
        });
        let mut all: Vec<_> = by_wmi.chain(by_interface).collect();
        all.sort_by_key(|(standing, _)| std::cmp::Reverse(*standing));
        all.into_iter().map(|(_, candidate)| candidate).chain(self.idle_defender()).collect()
    }

    /// Defender is registered as off as soon as another product is on, also where it goes on
    /// watching: for where nothing tells whether it does, it is off.
    fn idle_defender(&self) -> Option<Candidate> {
        let by_wmi = self.by_wmi.iter().flatten();
        let by_wmi = by_wmi.filter(|entry| entry.is_defender).filter_map(Entry::standing);
        let by_interface = self.by_interface.iter().flatten();
        let by_interface = by_interface
            .filter(|product| is_defender(product.remediation.as_deref()))
            .filter_map(|product| interface_standing(product).known().copied());
        let best = by_wmi.chain(by_interface).max()?;
        (best == Standing::Off).then(|| {
            let mut idle = Candidate::new(DEFENDER, "Microsoft", Rank::Trace);
            idle.add("state", choice("off"), WMI);
            idle
        })
    }

    fn interface_candidate<'d>(
        &self,
        product: &Registered,
        files: &Files,
        meant: &impl Fn(&str) -> Option<&'d Definition>,
    ) -> Candidate {
        let is_defender = is_defender(product.remediation.as_deref());
        let name = product.name.trim();
        let mut candidate = candidate(name, is_defender, Rank::SecurityCenter, meant);
        let standing = interface_standing(product);
        stands(&mut candidate, &standing, is_defender, INTERFACE);
        let current = product.signatures.map_or_else(
            || unknown(Reason::ProductOpaque, "no signature status"),
            |status| InterfaceSignatures(status).is_current(),
        );
        candidate.add("definitions_current", current.map(Value::Bool), INTERFACE);
        if standing == Fact::Known(Standing::Expired)
            && plausible_days(product.days_until_expired).is_some_and(|days| days > 0)
        {
            candidate.dispute("licence_status");
        }
        if !is_defender {
            let present = self.presence(product, files);
            candidate.add("present", present.map(Value::Bool), INTERFACE);
        }
        candidate
    }

    /// The interface does not tell which program reports: WMI does, of the entry with the same
    /// program to open.
    fn presence(&self, product: &Registered, files: &Files) -> Fact<bool> {
        let entries = self.by_wmi.iter().flatten();
        let mut twins = entries.filter(|entry| {
            entry.name.eq_ignore_ascii_case(product.name.trim())
                && entry.program.as_deref() == product.remediation.as_deref()
        });
        match twins.next() {
            None => presence(product.remediation.as_deref(), files),
            Some(first) => twins
                .map(|twin| &twin.present)
                .find(|present| **present == Fact::Known(true))
                .unwrap_or(&first.present)
                .clone(),
        }
    }
}

impl Entry {
    /// None where the row does not say of what product it is.
    fn of(row: &Row, files: &Files) -> Option<Self> {
        let text = |name: &str| match row.get(name) {
            Some(Variant::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(_) | None => None,
        };
        let program = text("pathToSignedProductExe");
        let guid = text("instanceGuid");
        Some(Self {
            name: text("displayName")?,
            is_defender: is_defender(program.as_deref())
                || guid.is_some_and(|guid| guid.eq_ignore_ascii_case(DEFENDER_GUID)),
            state: ProductState::of(row.get("productState")),
            present: presence(text("pathToSignedReportingExe").as_deref(), files),
            program,
        })
    }

    fn standing(&self) -> Option<Standing> {
        self.state.as_ref().ok()?.standing().known().copied()
    }

    fn candidate<'d>(&self, meant: &impl Fn(&str) -> Option<&'d Definition>) -> Candidate {
        let mut candidate = candidate(&self.name, self.is_defender, Rank::SecurityCenterWmi, meant);
        let (standing, current) = match &self.state {
            Ok(state) => (state.standing(), state.is_current()),
            Err(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why.clone())),
        };
        stands(&mut candidate, &standing, self.is_defender, WMI);
        candidate.add("definitions_current", current.map(Value::Bool), WMI);
        // Where Windows keeps its own antivirus changes with every version of it.
        if !self.is_defender {
            candidate.add("present", self.present.clone().map(Value::Bool), WMI);
        }
        candidate
    }
}

/// The firewalls that are registered, and whether each of them is on. One whose program is not there
/// any more is not, whatever is written of it.
pub(crate) fn firewalls(host: &Host) -> Read<Vec<(String, Fact<bool>)>> {
    let rows = host.wmi().query(&Query { class: "FirewallProduct", ..QUERY })?;
    let firewall = |row: &Row| match Entry::of(row, host.files()) {
        None => (String::new(), Fact::Unknown(no_name(FIREWALLS))),
        Some(entry) if entry.present == Fact::Known(false) => (entry.name, Fact::Known(false)),
        Some(entry) => {
            let standing = entry.state.map_or_else(Fact::Unknown, ProductState::standing);
            (entry.name, standing.map(Standing::protects))
        }
    };
    Ok(rows.iter().map(firewall).collect())
}

/// An entry as a witness of its product; one that this agent does not know goes by its name.
fn candidate<'d>(
    name: &str,
    is_defender: bool,
    rank: Rank,
    meant: &impl Fn(&str) -> Option<&'d Definition>,
) -> Candidate {
    let mut candidate = match (is_defender, meant(name)) {
        (true, _) => Candidate::new(DEFENDER, "Microsoft", rank),
        (false, Some(known)) => Candidate::new(&known.product, &known.vendor, rank),
        (false, None) => {
            let mut stranger = Candidate::new(name, "", rank);
            stranger.add("vendor", Fact::unknown(Reason::ProductOpaque), "");
            stranger
        }
    };
    candidate.add("registered", yes_or_no(true), "");
    candidate
}

fn stands(candidate: &mut Candidate, standing: &Fact<Standing>, is_defender: bool, source: &str) {
    if !is_defender || *standing != Fact::Known(Standing::Off) {
        let state = standing.clone().map(|standing| Value::Choice(standing.word()));
        candidate.add("state", state, source);
    }
    let protects = standing.clone().map(|standing| Value::Bool(standing.protects()));
    candidate.add("realtime", protects, source);
    if *standing == Fact::Known(Standing::Expired) {
        candidate.add("licence_status", choice("expired"), source);
        candidate.add("licence_evidence", choice("security_center"), source);
    }
}

fn interface_standing(product: &Registered) -> Fact<Standing> {
    product.state.map_or_else(
        || unknown(Reason::ParseError, "no product state"),
        |state| InterfaceState(state).standing(),
    )
}

fn is_defender(program: Option<&str>) -> bool {
    let scheme = program.and_then(|program| program.get(..DEFENDER_PROGRAM.len()));
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(DEFENDER_PROGRAM))
}

fn presence(program: Option<&str>, files: &Files) -> Fact<bool> {
    let Some(place) = program.and_then(files::written::path) else {
        return unknown(Reason::ProductOpaque, "no path of a program");
    };
    match files.exists(&place) {
        Ok(there) => Fact::Known(there),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

fn no_name(source: &str) -> Ignorance {
    Ignorance::new(Reason::ParseError, &format!("{source}: an entry without a name"))
}
