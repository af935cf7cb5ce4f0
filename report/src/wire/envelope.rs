//! Objects on the wire: no key twice, no key unknown, not too deep.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{MAX_DEPTH, WIRE, WireError};

/// An object whose every field must be asked for by name.
pub(super) struct Envelope(BTreeMap<String, Box<RawValue>>);

impl Envelope {
    pub(super) fn read(body: &[u8]) -> Result<Self, WireError> {
        let map: UniqueMap<Box<RawValue>> =
            serde_json::from_slice(body).map_err(|error| malformed(&error))?;
        Ok(Self(map.0))
    }

    pub(super) fn version(&mut self) -> Result<(), WireError> {
        match self.take::<u64>("wire")? {
            version if version == u64::from(WIRE) => Ok(()),
            version => Err(WireError::Version(version)),
        }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    pub(super) fn take<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<T, WireError> {
        let body = self.0.remove(field).ok_or(WireError::MissingField(field))?;
        serde_json::from_str(body.get()).map_err(|error| match malformed(&error) {
            WireError::Malformed(why) => WireError::Malformed(format!("{field}: {why}")),
            other => other,
        })
    }

    pub(super) fn finish(self) -> Result<(), WireError> {
        match self.0.into_keys().next() {
            Some(field) => Err(WireError::UnknownField(field)),
            None => Ok(()),
        }
    }
}

const DUPLICATE: &str = "duplicate field ";

fn malformed(error: &serde_json::Error) -> WireError {
    let message = error.to_string();
    match message.strip_prefix(DUPLICATE).and_then(|rest| rest.split('`').nth(1)) {
        Some(field) => WireError::DuplicateField(field.to_owned()),
        None => WireError::Malformed(message),
    }
}

/// A JSON object in which no key stands twice. JSON itself allows that, and two readers that
/// resolve it differently can be played against each other.
pub(super) struct UniqueMap<T>(pub(super) BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for UniqueVisitor<T> {
            type Value = UniqueMap<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, value)) = access.next_entry::<String, T>()? {
                    if map.contains_key(&key) {
                        return Err(serde::de::Error::custom(format!("{DUPLICATE}`{key}`")));
                    }
                    map.insert(key, value);
                }
                Ok(UniqueMap(map))
            }
        }

        deserializer.deserialize_map(UniqueVisitor(std::marker::PhantomData))
    }
}

/// Counts brackets outside strings before anything is built from them.
pub(super) fn check_depth(body: &[u8]) -> Result<(), WireError> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(WireError::TooDeep);
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}
