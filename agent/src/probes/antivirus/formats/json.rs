//! JSON documents: a value by its path.

use serde_json::Value;

use crate::probes::antivirus::interpret::Raw;

/// The first of the paths that leads to a text, a number or yes or no. The steps of a path are
/// names with dots between them; `table[id=2]` is the entry of a list whose `id` is 2.
pub(in crate::probes::antivirus) fn scalar(text: &str, paths: &[String]) -> Option<Raw> {
    let document: Value = serde_json::from_str(text.trim()).ok()?;
    paths.iter().find_map(|path| raw(path.split('.').try_fold(&document, step)?))
}

/// Where one step of a path leads.
pub(in crate::probes::antivirus) fn step<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    let Some((name, condition)) = step.strip_suffix(']').and_then(|step| step.split_once('['))
    else {
        return value.get(step);
    };
    let (key, wanted) = condition.split_once('=')?;
    let is_meant = |entry: &&Value| match entry.get(key) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Number(number)) => number.to_string() == wanted,
        Some(_) | None => false,
    };
    value.get(name)?.as_array()?.iter().find(is_meant)
}

fn raw(value: &Value) -> Option<Raw> {
    match value {
        Value::String(text) => Some(Raw::Text(text.clone())),
        Value::Number(number) => Some(match number.as_i64() {
            Some(number) => Raw::Number(number),
            None => Raw::Text(number.to_string()),
        }),
        Value::Bool(answer) => Some(Raw::Bool(*answer)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"a": {"value": false, "$type": "x"}, "b": 7, "n": null,
        "table": [{"id": 1, "end": 10}, {"id": 2, "end": 20}]}"#;

    fn at(paths: &[&str]) -> Option<Raw> {
        scalar(TEXT, &paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_path_leads_to_a_scalar_or_nowhere() {
        assert_eq!(at(&["a.value"]), Some(Raw::Bool(false)));
        assert_eq!(at(&["a.$type"]), Some(Raw::Text("x".to_owned())));
        assert_eq!(at(&["table[id=2].end"]), Some(Raw::Number(20)));
        for path in ["a", "n", "a.value.more", "table", "table[id=3].end", "b[id=1]", ""] {
            assert_eq!(at(&[path]), None, "{path}");
        }
    }

    #[test]
    fn the_first_path_that_leads_somewhere_counts() {
        assert_eq!(at(&["a", "b"]), Some(Raw::Number(7)));
    }

    #[test]
    fn half_a_document_has_nothing() {
        assert_eq!(scalar(&TEXT[..30], &["b".to_owned()]), None);
    }
}
