//! Microsoft Defender, Windows' own antivirus: what it says of itself, and where it does not answer
//! what its service, its driver and the registry tell.

mod registry;
mod status;

use report::fact::Ignorance;
use report::{Fact, Reason, Timestamp};

use super::merge::{Candidate, Rank};
use super::security_center::DEFENDER;
use crate::host::Host;
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::services::{Service, ServiceState};
use crate::host::wmi::{Query, Row};
use crate::probes::findings::{choice, yes_or_no};
use crate::probes::machine::windows::Identity;
use status::Status;

pub(super) const QUERY: Query<'_> = Query {
    namespace: r"root\Microsoft\Windows\Defender",
    class: "MSFT_MpComputerStatus",
    properties: &[
        "AMProductVersion",
        "AMRunningMode",
        "AMServiceEnabled",
        "AntivirusEnabled",
        "AntivirusSignatureAge",
        "AntivirusSignatureLastUpdated",
        "AntivirusSignatureVersion",
        "DefenderSignaturesOutOfDate",
        "OnAccessProtectionEnabled",
        "ProductStatus",
        "RealTimeProtectionEnabled",
    ],
};
const WMI: &str = r"root\Microsoft\Windows\Defender:MSFT_MpComputerStatus";

const SERVICE: &str = "WinDefend";
/// The driver that files pass through on their way.
const DRIVER: &str = "WdFilter";
/// The sensor of Defender for Endpoint, and what says that the machine was given to it.
const SENSOR: &str = "Sense";
const ENDPOINT: &str = "microsoft-defender-endpoint";

/// What there is of Defender, and why there may be more.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) candidates: Vec<Candidate>,
    pub(super) unanswered: Option<Ignorance>,
}

/// From this build on Defender is an antivirus: before Windows 8 the service of that name was none.
const FIRST_BUILD: u64 = 9200;

/// Looks for Defender.
pub(super) fn look(host: &Host, now: Timestamp) -> Looked {
    if Identity::of(host.registry()).build().is_ok_and(|build| build < FIRST_BUILD) {
        return Looked::default();
    }
    let status = host.wmi().query(&QUERY).and_then(only);
    let service = host.services().find(SERVICE);
    match (&status, &service) {
        (Ok(_), _) | (Err(_), Ok(Some(_))) => {
            Looked { candidates: candidates(host, &status, &service, now), unanswered: None }
        }
        (Err(_), Ok(None)) => Looked::default(),
        (Err(_), Err(error)) => {
            let why = error.ignorance(Reason::NotSupported);
            Looked { candidates: Vec::new(), unanswered: Some(why) }
        }
    }
}

/// The class has one instance; a provider that is broken answers with none.
fn only(rows: Vec<Row>) -> Read<Row> {
    let none = ReadErrorKind::Damaged("no instance".to_owned());
    rows.into_iter().next().ok_or_else(|| ReadError::new(WMI, none))
}

fn candidates(
    host: &Host,
    status: &Read<Row>,
    service: &Read<Option<Service>>,
    now: Timestamp,
) -> Vec<Candidate> {
    let mut said = Candidate::new(DEFENDER, "Microsoft", Rank::Defender);
    said.add("present", yes_or_no(true), SERVICE);
    // It comes with the system: there is nothing to buy, unless it says that it was.
    said.add("licence_status", choice("builtin"), "");
    said.add("licence_until", Fact::Absent, "");
    said.add("licence_evidence", choice("vendor"), "");
    match status {
        Ok(row) => Status { row, now }.write(&mut said),
        Err(error) => {
            let why = error.ignorance(Reason::NotSupported);
            for field in status::FIELDS {
                said.add(field, Fact::Unknown(why.clone()), WMI);
            }
        }
    }
    let mut concluded = Candidate::new(DEFENDER, "Microsoft", Rank::Trace);
    by_service(host, service, &mut concluded);
    registry::write(host.registry(), now, &mut concluded);
    let endpoint = endpoint(host, &said);
    [said, concluded].into_iter().chain(endpoint).collect()
}

/// A service that runs may be on in any way; one that does not, or a driver that does not, is a
/// clear answer.
fn by_service(host: &Host, service: &Read<Option<Service>>, concluded: &mut Candidate) {
    let is_driver_stopped = matches!(
        host.services().find(DRIVER),
        Ok(Some(Service { state: ServiceState::Stopped, .. }))
    );
    match service.as_ref().ok().and_then(Option::as_ref).map(|service| service.state) {
        Some(ServiceState::Running) => {
            concluded.add("state", choice("on"), SERVICE);
            if is_driver_stopped {
                concluded.add("realtime", yes_or_no(false), DRIVER);
            }
        }
        Some(ServiceState::Stopped) => {
            concluded.add("state", choice("off"), SERVICE);
            concluded.add("realtime", yes_or_no(false), SERVICE);
        }
        None => {}
    }
}

/// Defender for Endpoint protects with the same engine. That it was bought shows in the machine
/// having been given to an organisation, and until when shows nowhere on the machine.
fn endpoint(host: &Host, said: &Candidate) -> Option<Candidate> {
    let is_given = registry::is_onboarded(host.registry());
    let sensor = host.services().find(SENSOR).ok().flatten().filter(|_| is_given)?;
    let mut endpoint = Candidate::new(ENDPOINT, "Microsoft", Rank::Vendor);
    for (field, reading) in &said.record.0 {
        if !field.starts_with("licence_") && !["product", "vendor"].contains(field) {
            endpoint.record.0.insert(field, reading.clone());
        }
    }
    match sensor.state {
        ServiceState::Running => {}
        ServiceState::Stopped => endpoint.add("state", choice("off"), SENSOR),
    }
    for field in ["licence_status", "licence_until", "licence_evidence"] {
        endpoint.add(field, Fact::unknown(Reason::ProductOpaque), "");
    }
    Some(endpoint)
}
