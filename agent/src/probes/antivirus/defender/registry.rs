//! What the registry says of Defender where its provider does not answer. These values are
//! remembered, not documented: whatever is not exactly as expected says nothing.

use report::{Moment, Timestamp};

use crate::host::Registry;
use crate::host::registry::{Value, View};
use crate::probes::antivirus::merge::Candidate;
use crate::probes::dates;
use crate::probes::findings::{moment, text, yes_or_no};

const SETTINGS: &str = r"HKLM\SOFTWARE\Microsoft\Windows Defender";
const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates";
const ONBOARDING: &str = r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";

/// Where real-time protection is turned off, by policy and by whoever sits at the machine.
const SWITCHES: [&str; 2] = [
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection",
    r"HKLM\SOFTWARE\Microsoft\Windows Defender\Real-Time Protection",
];

const UNVERIFIED: &str = "[unverified]";

pub(super) fn write(registry: &Registry, now: Timestamp, concluded: &mut Candidate) {
    definitions(registry, now, concluded);
    match number(registry, SETTINGS, "PassiveMode") {
        Some(0) => concluded.add("passive", yes_or_no(false), &shown(SETTINGS, "PassiveMode")),
        Some(1 | 2) => {
            concluded.add("passive", yes_or_no(true), &shown(SETTINGS, "PassiveMode"));
            concluded.add("realtime", yes_or_no(false), &shown(SETTINGS, "PassiveMode"));
        }
        Some(_) | None => {}
    }
    for key in SWITCHES {
        if number(registry, key, "DisableRealtimeMonitoring") == Some(1) {
            let source = shown(key, "DisableRealtimeMonitoring");
            concluded.add("realtime", yes_or_no(false), &source);
        }
    }
}

/// The version is documented by those who read it; the moments are file times.
fn definitions(registry: &Registry, now: Timestamp, concluded: &mut Candidate) {
    if let Ok(Value::Text(version)) = registry.value(View::Native, UPDATES, "AVSignatureVersion") {
        let source = format!(r"{UPDATES}\AVSignatureVersion");
        concluded.add("definitions_version", text(&version), &source);
    }
    for name in ["SignaturesLastUpdated", "AVSignatureApplied"] {
        let Ok(Value::Binary(bytes)) = registry.value(View::Native, UPDATES, name) else {
            continue;
        };
        let at = dates::happened(dates::filetime_bytes(&bytes), now);
        if let Some(at) = at.known() {
            let source = shown(UPDATES, name);
            concluded.add("definitions_at", moment(Moment::source(*at)), &source);
            return;
        }
    }
}

/// Whether the machine was given to an organisation's Defender for Endpoint.
pub(super) fn is_onboarded(registry: &Registry) -> bool {
    number(registry, ONBOARDING, "OnboardingState") == Some(1)
}

fn number(registry: &Registry, key: &str, name: &str) -> Option<u64> {
    match registry.value(View::Native, key, name) {
        Ok(Value::Number(number)) => Some(number),
        Ok(Value::Text(_) | Value::List(_) | Value::Binary(_)) | Err(_) => None,
    }
}

fn shown(key: &str, name: &str) -> String {
    format!(r"{key}\{name} {UNVERIFIED}")
}
