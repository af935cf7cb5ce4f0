//! Drivers that files pass through on their way: an antivirus that protects has one, whether or not
//! anybody has ever written down how to recognise it.

use report::{Fact, Reason};

use crate::host::Host;
use crate::host::services::ServiceState;
use crate::probes::antivirus::merge::{Candidate, Rank};
use crate::probes::antivirus::recognise::Filter;
use crate::probes::findings::yes_or_no;

/// The altitudes that Microsoft gives to antivirus products.
const ANTIVIRUS: std::ops::RangeInclusive<u32> = 320_000..=329_999;

/// Whose a driver is, by how its name begins. A vendor whose product was recognised needs no second
/// one for its driver.
#[rustfmt::skip]
const VENDORS: &[(&str, &str)] = &[
    ("WdFilter", "Microsoft"), ("MpFilter", "Microsoft"), ("MsSecFlt", "Microsoft"),
    ("klif", "Kaspersky"), ("klbackupflt", "Kaspersky"), ("klam", "Kaspersky"), ("klboot", "Kaspersky"), ("kavfs", "Kaspersky"),
    ("eamonm", "ESET"), ("ehdrv", "ESET"), ("edevmon", "ESET"),
    ("Bkav", "Bkav"), ("CMC", "CMC"),
    ("SRTSP", "Broadcom"), ("SymEFA", "Broadcom"), ("SysPlant", "Broadcom"), ("eeCtrl", "Broadcom"),
    ("mfehidk", "Trellix"), ("mfeavfk", "Trellix"), ("mfencbdc", "Trellix"),
    ("tmpreflt", "Trend Micro"), ("TmFilter", "Trend Micro"), ("TmPreFilter", "Trend Micro"), ("tmevtmgr", "Trend Micro"), ("tbimdsa", "Trend Micro"),
    ("SAVOnAccess", "Sophos"), ("Sophos", "Sophos"), ("hmpalert", "Sophos"),
    ("trufos", "Bitdefender"), ("gzflt", "Bitdefender"), ("bddevflt", "Bitdefender"), ("avc3", "Bitdefender"), ("atc", "Bitdefender"), ("vlflt", "Bitdefender"),
    ("asw", "Gen Digital"), ("avg", "Gen Digital"), ("nlls", "Gen Digital"), ("avgntflt", "Gen Digital"), ("avipbb", "Gen Digital"),
    ("fsgk", "WithSecure"), ("F-Secure", "WithSecure"), ("fsulgk", "WithSecure"), ("fsatp", "WithSecure"),
    ("SPIDER", "Doctor Web"), ("dwprot", "Doctor Web"), ("DrWeb", "Doctor Web"),
    ("csagent", "CrowdStrike"), ("Sentinel", "SentinelOne"), ("cyvr", "Palo Alto Networks"), ("tedrdrv", "Palo Alto Networks"),
    ("MBAM", "Malwarebytes"),
];

/// The drivers of an antivirus that nothing else has shown. One that is known not to run protects
/// nothing: it is what an uninstalled product left.
pub(super) fn strangers(host: &Host, filters: &[Filter], known: &[Candidate]) -> Vec<Candidate> {
    let mut strangers: Vec<Candidate> = Vec::new();
    let mut told = Vec::new();
    for filter in filters.iter().filter(|filter| is_antivirus(&filter.altitude)) {
        let vendor = vendor(&filter.service);
        let is_known = vendor.is_some_and(|vendor| known.iter().any(|it| is_of(it, vendor)));
        if is_known || told.contains(&&filter.service) || is_stopped(host, &filter.service) {
            continue;
        }
        told.push(&filter.service);
        strangers.push(stranger(filter, vendor));
    }
    strangers
}

/// Written with a fraction where the vendor has several.
fn is_antivirus(altitude: &str) -> bool {
    let whole = altitude.split('.').next().unwrap_or_default();
    whole.trim().parse().is_ok_and(|altitude: u32| ANTIVIRUS.contains(&altitude))
}

fn vendor(driver: &str) -> Option<&'static str> {
    let begins = |start: &str| {
        driver.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    };
    let named = VENDORS.iter().filter(|(start, _)| begins(start));
    named.max_by_key(|(start, _)| start.len()).map(|(_, vendor)| *vendor)
}

/// Makers have changed their names, and some are sold under several.
fn is_of(candidate: &Candidate, vendor: &str) -> bool {
    let same: &[&str] = match vendor {
        "WithSecure" => &["WithSecure", "F-Secure"],
        "Trellix" => &["Trellix", "McAfee"],
        "Gen Digital" => &["Gen Digital", "Broadcom"],
        "Broadcom" => &["Broadcom", "Gen Digital"],
        _ => &[],
    };
    let fact = candidate.record.fact("vendor");
    let Fact::Known(report::Value::Text(text)) = fact else {
        return false;
    };
    text.as_str() == vendor || same.contains(&text.as_str())
}

fn is_stopped(host: &Host, driver: &str) -> bool {
    matches!(
        host.services().find(driver),
        Ok(Some(service)) if service.state == ServiceState::Stopped
    )
}

fn stranger(filter: &Filter, vendor: Option<&str>) -> Candidate {
    let source = format!("altitude {}", filter.altitude);
    let mut stranger = Candidate::new(&filter.service, vendor.unwrap_or_default(), Rank::Trace);
    if vendor.is_none() {
        stranger.add("vendor", Fact::unknown(Reason::ProductOpaque), "");
    }
    stranger.add("present", yes_or_no(true), &source);
    stranger
}
