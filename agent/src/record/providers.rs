//! Answers of providers and programs in the form in which they are recorded.

use serde_json::{Map, Value, json};

use super::posture;
use super::redaction::Redaction;
use crate::host::answer::refusal;
use crate::host::files::{Read, ReadErrorKind};
use crate::host::programs::{Said, recorded_failure};
use crate::host::recorder::Seen;
use crate::host::services::{Service, ServiceStart, ServiceState};
use crate::host::wmi::{Row, Variant};
use crate::host::wua::{self, Updates};
use crate::probes::antivirus::kept::Kept;

/// An answer and the file it is recorded in; what the machine does not have has none.
pub(super) fn answers(seen: &Seen, redaction: &Redaction) -> Vec<(String, Value)> {
    let mut answers = Vec::new();
    for ((namespace, class), rows) in &seen.wmi {
        let path = format!("wmi/{}/{class}.json", namespace.replace(['\\', '/'], "."));
        let all = |rows: &Vec<Row>| rows.iter().map(row).collect();
        answers.extend(answer(rows, all).map(|answer| (path, answer)));
    }
    if let Some(products) = &seen.security_center {
        let answer = answer(products, |products| json!(products));
        answers.extend(answer.map(|answer| ("security-center.json".to_owned(), answer)));
    }
    if let Some(accounts) = &seen.accounts {
        let answer = answer(
            accounts,
            |it| json!({ "administrators": it.administrators, "guest_enabled": it.guest_enabled }),
        );
        answers.extend(answer.map(|answer| ("accounts.json".to_owned(), answer)));
    }
    answers.extend(services(seen).map(|services| ("services.json".to_owned(), services)));
    let mut answers: Vec<_> =
        answers.into_iter().map(|(path, answer)| (path, redaction.json("", answer))).collect();
    if let Some(updates) = &seen.updates {
        let answer = answer(updates, |updates| without_own(updates, redaction).written());
        answers.extend(answer.map(|answer| (wua::RECORDED.to_owned(), answer)));
    }
    answers
}

/// Identifiers of categories and services look like a machine's own, and are the same everywhere; only
/// in a title could something be that is not Windows' own.
fn without_own(updates: &Updates, redaction: &Redaction) -> Updates {
    let mut updates = updates.clone();
    for entry in updates.history.iter_mut().flatten() {
        entry.title = redaction.text(&entry.title);
    }
    updates
}

fn answer<T>(read: &Read<T>, written: impl Fn(&T) -> Value) -> Option<Value> {
    match read {
        Ok(answer) => Some(written(answer)),
        Err(error) if error.kind == ReadErrorKind::NotSupported => None,
        Err(error) => Some(refusal(&error.kind)),
    }
}

fn row(row: &Row) -> Value {
    let properties = row.iter().map(|(name, value)| (name.clone(), variant(value)));
    Value::Object(properties.collect())
}

fn variant(value: &Variant) -> Value {
    match value {
        Variant::Null => Value::Null,
        Variant::Bool(answer) => json!(answer),
        Variant::Number(number) => json!(number),
        Variant::Text(text) => json!(text),
        Variant::List(items) => items.iter().map(variant).collect(),
    }
}

/// The services that are there; none where nobody could be asked.
fn services(seen: &Seen) -> Option<Value> {
    let mut services = Map::new();
    let mut answered = false;
    for (name, service) in &seen.services {
        match service {
            Ok(Some(service)) => drop(services.insert(name.clone(), written(service))),
            Ok(None) => {}
            Err(error) if error.kind == ReadErrorKind::NotSupported => continue,
            Err(error) => return Some(refusal(&error.kind)),
        }
        answered = true;
    }
    answered.then_some(Value::Object(services))
}

fn written(service: &Service) -> Value {
    let state = match service.state {
        ServiceState::Running => "running",
        ServiceState::Stopped => "stopped",
    };
    let start = match service.start {
        ServiceStart::Boot => "boot",
        ServiceStart::Automatic => "automatic",
        ServiceStart::Manual => "manual",
        ServiceStart::Disabled => "disabled",
        ServiceStart::Other => "other",
    };
    json!({ "state": state, "start": start, "image": service.image })
}

/// What the programs said, one after the other; nothing if none was there.
pub(super) fn programs(seen: &Seen, kept: &Kept, redaction: &Redaction) -> String {
    let entry = |(line, said): (&String, &Read<Said>)| {
        let end = match said {
            Ok(said) => match said.code {
                Some(code) => {
                    format!("exit {code}\n\n{}", words(line, &said.output, kept, redaction))
                }
                None => format!("exit signal\n\n{}", words(line, &said.output, kept, redaction)),
            },
            Err(error) if error.is_not_found() => return None,
            Err(error) => format!("error {}\n", recorded_failure(&error.kind)),
        };
        Some(format!("$ {}\n{end}", redaction.text(line)))
    };
    seen.programs.iter().filter_map(entry).collect()
}

/// What is kept of a program's words, as lines that begin no other command.
fn words(line: &str, output: &[u8], kept: &Kept, redaction: &Redaction) -> String {
    let output = kept.of_program(line, output).unwrap_or_else(|| output.to_owned());
    let text = String::from_utf8_lossy(&output).into_owned();
    let text = posture::of_program(line, &text).unwrap_or(text);
    let clean = match serde_json::from_str::<Value>(&text) {
        Ok(document @ Value::Object(_)) => format!("{:#}", redaction.json("", document)),
        Ok(_) | Err(_) => redaction.text(&text),
    };
    let lines = clean.lines().map(|line| match line.starts_with("$ ") {
        true => format!(" {line}\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}
