//! Values of the registry that may be set, or not.

use report::{Fact, Reason};

use crate::host::Registry;
use crate::host::files::Read;
use crate::host::registry::{Value, View};
use crate::probes::findings::unknown;

/// A number; absent where it is not set.
pub(super) fn number(registry: &Registry, key: &str, name: &str) -> Fact<u64> {
    wanted(registry.value(View::Native, key, name), key, name, |value| match value {
        Value::Number(number) => Some(number),
        Value::Text(_) | Value::List(_) | Value::Binary(_) => None,
    })
}

/// Words; absent where they are not set, or there are none.
pub(super) fn words(registry: &Registry, key: &str, name: &str) -> Fact<String> {
    let words = wanted(registry.value(View::Native, key, name), key, name, |value| match value {
        Value::Text(words) => Some(words.trim().to_owned()),
        Value::Number(_) | Value::List(_) | Value::Binary(_) => None,
    });
    match words {
        Fact::Known(words) if words.is_empty() => Fact::Absent,
        other => other,
    }
}

fn wanted<T>(
    read: Read<Value>,
    key: &str,
    name: &str,
    convert: impl FnOnce(Value) -> Option<T>,
) -> Fact<T> {
    match read {
        Ok(value) => match convert(value) {
            Some(value) => Fact::Known(value),
            None => unknown(
                Reason::ParseError,
                &format!(r"{key}\{name}: of another kind than expected"),
            ),
        },
        Err(error) => error.fact(Fact::Absent),
    }
}
