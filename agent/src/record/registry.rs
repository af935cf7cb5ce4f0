//! The registry as `reg export` writes it, with the values that were asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::redaction::{Redaction, masked};
use crate::host::recorder::Key;
use crate::host::registry::Value;

/// Longer ones hold more than a moment or an id, and nobody sees what.
const MAX_BINARY: usize = 16;

/// Values that are the machine's own or a person's, whatever stands in them.
const OWN: [&str; 12] = [
    "computername",
    "activecomputername",
    "hostname",
    "nv hostname",
    "machineguid",
    "productid",
    "registeredowner",
    "registeredorganization",
    "systemserialnumber",
    "baseboardserialnumber",
    "systemsku",
    "assettag",
];

/// Whether a value of this name is one of a machine's or a person's own.
pub(super) fn is_own(name: &str) -> bool {
    OWN.contains(&name.to_lowercase().as_str())
}

/// The text of the export, the keys that may not be looked at, and the values that are not in it.
pub(super) fn export(
    keys: &BTreeMap<String, Key>,
    redaction: &Redaction,
) -> (String, Vec<String>, Vec<String>) {
    let mut text = "Windows Registry Editor Version 5.00\r\n".to_owned();
    let (mut denied, mut left_out) = (Vec::new(), Vec::new());
    for (place, key) in keys {
        let name = redaction.name(place);
        let kept = left_out.len();
        if key.is_there {
            let _ = write!(text, "\r\n[{name}]\r\n");
        }
        for (value, content) in &key.values {
            match written(value, content.as_ref(), redaction) {
                Some(line) => text += &format!("{}={line}\r\n", quoted_name(value)),
                None => left_out.push(format!(r"{name}\{value}")),
            }
        }
        for below in &key.below {
            let _ = write!(text, "\r\n[{name}\\{}]\r\n", redaction.name(below));
        }
        // A value that is not here must not look as if the machine had none.
        if key.is_denied || left_out.len() > kept {
            denied.push(name);
        }
    }
    (text, denied, left_out)
}

fn quoted_name(name: &str) -> String {
    if name.is_empty() { "@".to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

fn written(name: &str, value: Option<&Value>, redaction: &Redaction) -> Option<String> {
    let clean = |text: &str| if is_own(name) { masked(text) } else { redaction.value(name, text) };
    match value {
        // Only its name was asked for.
        None => Some("hex(0):".to_owned()),
        Some(Value::Text(text)) => Some(quoted(&clean(text))),
        Some(Value::Number(number)) => Some(match u32::try_from(*number) {
            Ok(number) => format!("dword:{number:08x}"),
            Err(_) => format!("hex(b):{}", hex(&number.to_le_bytes())),
        }),
        Some(Value::List(texts)) => {
            let all: String = texts.iter().map(|text| clean(text) + "\0").collect();
            let bytes: Vec<u8> = (all + "\0").encode_utf16().flat_map(u16::to_le_bytes).collect();
            Some(format!("hex(7):{}", hex(&bytes)))
        }
        Some(Value::Binary(bytes)) if bytes.len() <= MAX_BINARY => {
            Some(format!("hex:{}", hex(bytes)))
        }
        Some(Value::Binary(_)) => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(",")
}
