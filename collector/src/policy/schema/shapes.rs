//! The shapes that values of a policies folder have, one for each way the reader reads them.

use serde_json::{Map, Value as Json, json};

/// One key of a table.
pub(super) struct Key {
    name: &'static str,
    needed: bool,
    schema: Json,
}

/// A key that must be there.
pub(super) fn need(name: &'static str, meaning: [&str; 2], schema: Json) -> Key {
    Key { name, needed: true, schema: described(meaning, schema) }
}

/// A key that may be left out.
pub(super) fn may(name: &'static str, meaning: [&str; 2], schema: Json) -> Key {
    Key { name, needed: false, schema: described(meaning, schema) }
}

/// A table with these keys and no others.
pub(super) fn table(keys: Vec<Key>) -> Json {
    let needed: Vec<_> = keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
    let properties: Map<_, _> =
        keys.into_iter().map(|key| (key.name.to_owned(), key.schema)).collect();
    let mut table = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !needed.is_empty() {
        table["required"] = json!(needed);
    }
    table
}

/// The same shape with what it means, as an editor shows it.
pub(super) fn described([vi, en]: [&str; 2], schema: Json) -> Json {
    let mut schema = match schema.get("$ref") {
        // What stands beside a reference is not read.
        Some(_) => json!({ "allOf": [schema] }),
        None => schema,
    };
    schema["description"] = json!(format!("{vi} / {en}"));
    schema
}

/// Text that is not empty.
pub(super) fn text() -> Json {
    json!({ "type": "string", "pattern": r"\S" })
}

/// An id.
pub(super) fn id() -> Json {
    json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$" })
}

/// One of a closed list of words.
pub(super) fn word(words: &[&'static str]) -> Json {
    json!({ "enum": words })
}

/// `true` or `false`.
pub(super) fn boolean() -> Json {
    json!({ "type": "boolean" })
}

/// A whole number in a range.
pub(super) fn number(from: u64, to: Option<u64>) -> Json {
    let mut number = json!({ "type": "integer", "minimum": from });
    if let Some(to) = to {
        number["maximum"] = json!(to);
    }
    number
}

/// A level.
pub(super) fn level() -> Json {
    number(1, Some(5))
}

/// A span of time.
pub(super) fn period() -> Json {
    json!({ "type": "string", "pattern": "^[0-9]+[dhm]$" })
}

/// A date without a time.
pub(super) fn date() -> Json {
    json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
}

/// A date, or a date and time with its offset.
pub(super) fn moment() -> Json {
    let time = "[Tt ][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})";
    json!({ "type": "string", "pattern": format!("^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({time})?$") })
}

/// A phrase in both languages.
pub(super) fn bilingual() -> Json {
    table(vec![
        need("vi", ["tiếng Việt", "in Vietnamese"], text()),
        need("en", ["tiếng Anh", "in English"], text()),
    ])
}

/// A list.
pub(super) fn list(of: Json) -> Json {
    json!({ "type": "array", "items": of })
}

/// A list that holds something, and nothing twice.
pub(super) fn distinct(of: Json) -> Json {
    json!({ "type": "array", "items": of, "minItems": 1, "uniqueItems": true })
}

/// One of several shapes.
pub(super) fn either(shapes: Vec<Json>) -> Json {
    json!({ "anyOf": shapes })
}

/// A shape that several places speak of by name.
pub(super) fn defined(name: &str) -> Json {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// A table whose keys are names, of which one at least must be there.
pub(super) fn names(properties: Map<String, Json>) -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": properties,
    })
}
