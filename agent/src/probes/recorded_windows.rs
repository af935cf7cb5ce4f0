//! What the recorded Windows machines say of themselves beside antivirus and updates.

use report::{Fact, Outcome, Platform, Timestamp, Topic, Value, wire};

use super::*;
use crate::host::recorded::Machine;

const TOPICS: [Topic; 9] = [
    Topic::Firewall,
    Topic::DiskEncryption,
    Topic::ScreenLock,
    Topic::SecureBoot,
    Topic::Accounts,
    Topic::RemoteAccess,
    Topic::Smb1,
    Topic::RemovableMedia,
    Topic::AutoLogin,
];

const ROOTS: [&str; 5] = [
    "windows11-eset",
    "windows11-defender",
    "windows10-kaspersky",
    "windows10-bkav",
    "windows-server-2022",
];

/// A fact of each of these machines, in short: `-` is absent and `?` unknown.
#[rustfmt::skip]
const SAID: [(&str, [&str; 5]); 19] = [
    ("firewall.on",                  ["true", "true", "true", "false", "true"]),
    ("firewall.product",             ["ESET Firewall", "Windows Defender Firewall", "Kaspersky Endpoint Security for Windows", "-", "Windows Defender Firewall"]),
    ("disk_encryption.system",       ["on", "suspended", "encrypting", "?", "off"]),
    ("disk_encryption.others_off",   ["0", "0", "1", "?", "0"]),
    ("screen_lock.on",               ["true", "true", "false", "?", "true"]),
    ("screen_lock.after_seconds",    ["900", "600", "-", "?", "600"]),
    ("secure_boot.supported",        ["true", "true", "true", "false", "?"]),
    ("secure_boot.on",               ["true", "true", "false", "false", "?"]),
    ("accounts.administrators",      ["2", "1", "3", "4", "3"]),
    ("accounts.guest_enabled",       ["false", "false", "false", "true", "false"]),
    ("remote_access.desktop",        ["false", "false", "true", "true", "true"]),
    ("remote_access.desktop_nla",    ["-", "-", "true", "false", "true"]),
    ("remote_access.ssh",            ["false", "false", "true", "false", "false"]),
    ("remote_access.ssh_root",       ["-", "-", "keys_only", "-", "yes"]),
    ("remote_access.ssh_passwords",  ["-", "-", "false", "-", "true"]),
    ("smb1.server",                  ["false", "false", "false", "true", "false"]),
    ("smb1.client",                  ["false", "false", "true", "true", "false"]),
    ("removable_media.autorun",      ["false", "false", "false", "true", "false"]),
    ("auto_login.on",                ["false", "false", "false", "true", "false"]),
];

fn short(fact: &Fact) -> String {
    match fact {
        Fact::Absent => "-".to_owned(),
        Fact::Unknown(_) => "?".to_owned(),
        Fact::Known(Value::Bool(answer)) => answer.to_string(),
        Fact::Known(Value::Count(number)) => number.to_string(),
        Fact::Known(Value::Choice(word)) => (*word).to_owned(),
        Fact::Known(Value::Text(text)) => text.as_str().to_owned(),
        Fact::Known(other) => format!("{other:?}"),
    }
}

/// What was said of the nine topics, and all of it as it would be sent.
fn look(root: &str) -> (Vec<(&'static str, String)>, String) {
    let machine = Machine::recorded(root);
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(1_795_316_400) };
    let (mut said, mut sent) = (Vec::new(), String::new());
    for (topic, probe) in probes(Platform::Windows) {
        if !TOPICS.contains(topic) {
            continue;
        }
        let outcome = probe(&machine.host(), &context);
        if let Outcome::Observed(facts) = &outcome {
            said.extend(facts.iter().map(|(key, reading)| (key.name(), short(&reading.fact))));
            let sources = facts.values().filter(|reading| reading.source.is_some()).count();
            assert_eq!(sources, facts.len(), "{root}: {topic:?} has a source for each fact");
        }
        let observed_at = Timestamp(1_795_316_400);
        let observation = report::Observation { topic: *topic, observed_at, outcome };
        sent += &wire::topic_json(&observation).to_string();
    }
    (said, sent)
}

#[test]
fn each_recorded_machine_answers_every_question_in_its_own_way() {
    for (place, root) in ROOTS.into_iter().enumerate() {
        let mut said = look(root).0;
        said.sort_unstable();
        let mut expected: Vec<_> =
            SAID.iter().map(|(name, all)| (*name, all[place].to_owned())).collect();
        expected.sort_unstable();
        assert_eq!(said, expected, "{root}");
    }
}

#[test]
fn nobody_who_works_on_a_machine_is_named() {
    for root in ROOTS {
        let sent = look(root).1.to_lowercase();
        for own in ["s-1-5-21-", "s-1-12-1-", "bimat", "b1a7", "winlogon\\\\default"] {
            assert!(!sent.contains(own), "{root}: {own} in {sent}");
        }
    }
}
