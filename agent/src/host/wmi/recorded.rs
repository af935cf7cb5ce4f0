//! The rows of a class as they are written down: a list of objects.

use serde_json::Value;

use super::{Query, Row, Variant};
use crate::host::answer;
use crate::host::files::{Files, Read, ReadError, ReadErrorKind};

/// What a recorded machine answers. A class of its own file; a namespace or class without one is not
/// on the machine.
pub(super) fn query(files: &Files, query: &Query<'_>) -> Read<Vec<Row>> {
    let namespace = query.namespace.replace(['\\', '/'], ".");
    let path = format!("wmi/{namespace}/{}.json", query.class);
    match files.read(&path, answer::MAX_BYTES) {
        Ok(bytes) => rows(query, &bytes),
        Err(error) if error.is_not_found() => {
            Err(ReadError::new(&query.source(), ReadErrorKind::NotSupported))
        }
        Err(error) => Err(error),
    }
}

/// The rows of an answer, with the properties that were asked for under the names they were asked by.
pub(super) fn rows(query: &Query<'_>, bytes: &[u8]) -> Read<Vec<Row>> {
    let source = query.source();
    let row = |instance: Value| match instance {
        Value::Object(instance) => row(query, instance),
        _ => None,
    };
    answer::parse_list(&source, bytes)?
        .into_iter()
        .map(|instance| row(instance).ok_or_else(|| answer::damaged(&source, "not a row")))
        .collect()
}

fn row(query: &Query<'_>, instance: serde_json::Map<String, Value>) -> Option<Row> {
    instance
        .into_iter()
        .filter_map(|(name, value)| Some((query.asked(&name)?, value)))
        .map(|(name, value)| Some((name, variant(value)?)))
        .collect()
}

fn variant(value: Value) -> Option<Variant> {
    match value {
        Value::Null => Some(Variant::Null),
        Value::Bool(answer) => Some(Variant::Bool(answer)),
        Value::String(text) => Some(Variant::Text(text)),
        Value::Array(items) => {
            items.into_iter().map(variant).collect::<Option<_>>().map(Variant::List)
        }
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Variant::Number(whole)),
            None => Some(Variant::Text(number.to_string())),
        },
        Value::Object(_) => None,
    }
}
