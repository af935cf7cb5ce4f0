//! What the WMI door promises.

use super::*;
use crate::host::files::ReadErrorKind;
use crate::host::recorded::Machine;

const PRODUCTS: Query<'_> = Query {
    namespace: r"root\SecurityCenter2",
    class: "AntiVirusProduct",
    properties: &["displayName", "productState", "timestamp"],
};

fn ask(json: &str) -> Read<Vec<Row>> {
    let machine = Machine::windows().with_wmi(PRODUCTS.namespace, PRODUCTS.class, json);
    machine.host().wmi().query(&PRODUCTS)
}

#[test]
fn what_was_asked_for_is_answered_under_its_name() {
    let rows = ask(r#"[{"DisplayName": "ESET", "productState": 266240, "instanceGuid": "{X}"}]"#);
    let expected = [
        ("displayName".to_owned(), Variant::Text("ESET".to_owned())),
        ("productState".to_owned(), Variant::Number(266_240)),
    ];
    assert_eq!(rows, Ok(vec![Row::from(expected)]));
}

#[test]
fn an_absent_namespace_is_told_from_a_class_without_instances() {
    let absent = Machine::windows().host().wmi().query(&PRODUCTS).unwrap_err();
    assert_eq!(absent.kind, ReadErrorKind::NotSupported);
    assert_eq!(absent.path, r"root\SecurityCenter2:AntiVirusProduct");
    assert_eq!(ask(r#"{"error": "0x8004100E"}"#).unwrap_err().kind, ReadErrorKind::NotSupported);
    assert_eq!(ask("[]"), Ok(vec![]));
}

#[test]
fn a_provider_that_fails_or_is_late_has_no_rows() {
    let kind = |json| ask(json).unwrap_err().kind;
    assert_eq!(kind(r#"{"error": "0x800706BA"}"#), ReadErrorKind::Provider(0x8007_06BA));
    assert_eq!(kind(r#"{"error": "0x80041003"}"#), ReadErrorKind::AccessDenied);
    assert_eq!(kind(r#"{"error": "timeout"}"#), ReadErrorKind::Timeout);
}

#[test]
fn an_answer_that_is_cut_short_is_damage() {
    for json in ["[{", "[7]", r#"[{"productState": {}}]"#, "\u{fffd}"] {
        let kind = ask(json).unwrap_err().kind;
        assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{json}: {kind:?}");
    }
}

#[test]
fn a_query_without_names_asks_for_everything() {
    let machine =
        Machine::windows().with_wmi("root/CIMV2", "X", r#"[{"A": [1, null], "B": true}]"#);
    let query = Query { namespace: r"ROOT\cimv2", class: "x", properties: &[] };
    let rows = machine.host().wmi().query(&query).unwrap();
    assert_eq!(rows[0]["A"], Variant::List(vec![Variant::Number(1), Variant::Null]));
    assert_eq!(rows[0]["B"], Variant::Bool(true));
}

#[test]
fn rows_are_read_back_as_they_were_written() {
    let everything = [
        ("a", Variant::Null),
        ("b", Variant::Bool(true)),
        ("c", Variant::Number(4_294_967_295)),
        ("d", Variant::Text("20260311015218.000000+000".to_owned())),
        ("e", Variant::List(vec![Variant::Number(-1), Variant::Text("ồ".to_owned())])),
    ];
    let rows = vec![everything.map(|(name, value)| (name.to_owned(), value)).into(), Row::new()];
    let query = Query { properties: &[], ..PRODUCTS };
    let written = serde_json::to_vec(&rows).unwrap();
    assert_eq!(recorded::rows(&query, &written), Ok(rows));
}

#[test]
fn what_a_method_answers_is_not_the_property_of_that_name() {
    const VOLUMES: Query<'_> = Query {
        namespace: r"root\CIMV2",
        class: "Volume",
        properties: &["Letter", "GetStatus.Status"],
    };
    let machine = Machine::windows().with_wmi(
        VOLUMES.namespace,
        VOLUMES.class,
        r#"[{"Letter": "C:", "Status": 1, "GetStatus.Status": 0}, {"Letter": "D:", "Status": 1}]"#,
    );
    let rows = machine.host().wmi().query(&VOLUMES).unwrap();
    assert_eq!(rows[0].get("GetStatus.Status"), Some(&Variant::Number(0)));
    assert_eq!(rows[1].keys().collect::<Vec<_>>(), ["Letter"]);
}
