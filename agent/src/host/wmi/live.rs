//! WMI of the machine this runs on, asked in this process.

use wmi::{IWbemClassWrapper, WMIConnection, WMIError};

use super::{Query, Row, Variant};
use crate::host::ffi::windows::com;
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::hresult;

/// The most instances of a class; none that is asked for has as many.
const MAX_ROWS: usize = 4096;

/// Classes of which only some instances are asked for, and of these only what is named here: there are
/// hundreds of licences, which take a minute, and a part of the key of those that have one stays
/// with the provider. All of this is as old as Windows 7.
const NARROWED: [(&str, &str); 1] = [(
    "SoftwareLicensingProduct",
    "SELECT ID, Name, LicenseStatus, LicenseIsAddon FROM SoftwareLicensingProduct \
     WHERE ApplicationID = '55c92734-d682-4d71-983e-d6ec3f16059f' \
     AND PartialProductKey IS NOT NULL",
)];

/// Asks for whole instances, but of few classes: a query that names a property which this Windows does
/// not know yet would be refused.
fn statement(class: &str) -> String {
    let narrowed = NARROWED.iter().find(|(name, _)| *name == class);
    narrowed.map_or_else(|| format!("SELECT * FROM {class}"), |(_, said)| (*said).to_owned())
}

pub(super) fn query(query: &Query<'_>) -> Read<Vec<Row>> {
    let source = query.source();
    let failed = |error| ReadError::new(&source, kind(&error));
    com::ready().map_err(|code| ReadError::new(&source, hresult::of_provider(code)))?;
    let connection = WMIConnection::with_namespace_path(query.namespace).map_err(failed)?;
    let answers = connection.exec_query(statement(query.class)).map_err(failed)?;
    let mut rows = Vec::new();
    for answer in answers {
        if rows.len() == MAX_ROWS {
            return Err(ReadError::new(&source, ReadErrorKind::TooLarge));
        }
        rows.push(answer.and_then(|answer| row(&connection, query, &answer)).map_err(failed)?);
    }
    Ok(rows)
}

fn row(
    connection: &WMIConnection,
    query: &Query<'_>,
    instance: &IWbemClassWrapper,
) -> Result<Row, WMIError> {
    let names = match query.properties {
        [] => instance.list_properties()?,
        names => names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let mut said: Vec<(String, Option<IWbemClassWrapper>)> = Vec::new();
    let mut row = Row::new();
    for name in names {
        let value = match name.split_once('.') {
            None => value(instance, &name),
            Some((method, parameter)) => {
                if !said.iter().any(|(asked, _)| asked == method) {
                    let answer = call(connection, query.class, instance, method);
                    said.push((method.to_owned(), answer));
                }
                let said = said.iter().find(|(asked, _)| asked == method);
                said.and_then(|(_, said)| value(said.as_ref()?, parameter))
            }
        };
        row.extend(value.map(|value| (name, value)));
    }
    Ok(row)
}

/// A property that the class does not have, or whose value makes no sense, is left out.
fn value(of: &IWbemClassWrapper, name: &str) -> Option<Variant> {
    of.get_property(name).ok().and_then(variant)
}

/// What a method says of an instance; nothing if it says that it could not tell.
fn call(
    connection: &WMIConnection,
    class: &str,
    instance: &IWbemClassWrapper,
    method: &str,
) -> Option<IWbemClassWrapper> {
    // Methods that tell something are called so; any other may do something.
    if !method.starts_with("Get") {
        return None;
    }
    // What may be told to it is none of it told; but it is asked as everybody asks it.
    let input = connection.get_object(class).ok()?.get_method(method).ok()?;
    let input = input.map(|input| input.spawn_instance()).transpose().ok()?;
    let said = connection.exec_method(instance.path().ok()?, method, input.as_ref()).ok()??;
    (value(&said, "ReturnValue") == Some(Variant::Number(0))).then_some(said)
}

/// The library has put right what arrived with another sign than its class declares.
fn variant(value: wmi::Variant) -> Option<Variant> {
    use wmi::Variant as Wire;
    match value {
        Wire::Empty | Wire::Null => Some(Variant::Null),
        Wire::Bool(answer) => Some(Variant::Bool(answer)),
        Wire::String(text) => Some(Variant::Text(text)),
        Wire::I1(number) => Some(Variant::Number(number.into())),
        Wire::I2(number) => Some(Variant::Number(number.into())),
        Wire::I4(number) => Some(Variant::Number(number.into())),
        Wire::I8(number) => Some(Variant::Number(number)),
        Wire::UI1(number) => Some(Variant::Number(number.into())),
        Wire::UI2(number) => Some(Variant::Number(number.into())),
        Wire::UI4(number) => Some(Variant::Number(number.into())),
        Wire::UI8(number) => Some(match i64::try_from(number) {
            Ok(number) => Variant::Number(number),
            Err(_) => Variant::Text(number.to_string()),
        }),
        Wire::R4(number) => Some(Variant::Text(number.to_string())),
        Wire::R8(number) => Some(Variant::Text(number.to_string())),
        Wire::Array(items) => {
            items.into_iter().map(variant).collect::<Option<_>>().map(Variant::List)
        }
        Wire::Unknown(_) | Wire::Object(_) => None,
    }
}

fn kind(error: &WMIError) -> ReadErrorKind {
    match error {
        WMIError::HResultError { hres } => hresult::of_provider(hres.cast_unsigned()),
        // A closed list of another crate that may grow: all of it is an answer that makes no sense.
        other => ReadErrorKind::Damaged(other.to_string()),
    }
}
