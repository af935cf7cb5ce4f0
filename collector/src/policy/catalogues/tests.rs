//! Catalogues: what the shipped ones say, and what no catalogue may.

use jiff::civil::Date;

use super::antivirus::{Class, Shows};
use super::*;
use crate::policy::fixtures::{folder, set};
use crate::policy::{PolicySet, load};

pub(super) fn shipped() -> PolicySet {
    set("", &[])
}

pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// What loading says of one catalogue, without its name.
pub(super) fn problems(file: &str, text: &str) -> String {
    let said = load(&folder("", &[(file, text)])).unwrap_err().compact();
    said.replace(&format!("{file}:"), "")
}

#[test]
fn every_product_an_agent_can_name_is_listed() {
    let set = shipped();
    let antivirus = &set.catalogues.antivirus;
    for (id, class, licence) in [
        ("bitdefender-endpoint-security-tools", Class::Antivirus, Shows::None),
        ("clamav", Class::Antivirus, Shows::Free),
        ("cortex-xdr", Class::Edr, Shows::None),
        ("crowdstrike-falcon", Class::Edr, Shows::None),
        ("drweb", Class::Antivirus, Shows::Vendor),
        ("eset-endpoint-antivirus", Class::Antivirus, Shows::Vendor),
        ("eset-server-security", Class::Antivirus, Shows::Vendor),
        ("kaspersky-endpoint-security", Class::Antivirus, Shows::Vendor),
        ("kaspersky-file-server", Class::Antivirus, Shows::Vendor),
        ("microsoft-defender-antivirus", Class::Antivirus, Shows::Builtin),
        ("microsoft-defender-endpoint", Class::Edr, Shows::Vendor),
        ("sentinelone", Class::Edr, Shows::None),
        ("sophos-antivirus", Class::Antivirus, Shows::None),
        ("sophos-protection-linux", Class::Antivirus, Shows::None),
        ("symantec-endpoint-protection", Class::Antivirus, Shows::None),
        ("trellix-endpoint-security", Class::Antivirus, Shows::None),
        ("trend-micro-deep-security", Class::Antivirus, Shows::None),
        ("withsecure-linux-security", Class::Antivirus, Shows::None),
    ] {
        let product = antivirus.product(id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!((product.class, product.licence), (class, licence), "{id}");
    }
    for vendor in ["Bkav", "CMC", "Viettel", "VNPT", "FPT"] {
        let is_its = |id| antivirus.product(id).unwrap().vendor == vendor;
        assert!(antivirus.products().any(is_its), "{vendor}");
    }
    assert_eq!(antivirus.name("drweb").vi, "Dr.Web");
    assert_eq!(antivirus.name("unheard-of").vi, "unheard-of");
}

#[test]
fn the_readme_names_products_by_the_ids_that_agents_send() {
    let set = shipped();
    let readme = include_str!("../../../../policies/README.md");
    let values = ["product = ", "products = "].map(|key| readme.split(key).skip(1));
    let ids: Vec<_> = values
        .into_iter()
        .flatten()
        .flat_map(|rest| match rest.strip_prefix('[') {
            Some(list) => list.split(']').next().unwrap().split('"').skip(1).step_by(2).collect(),
            None => rest.split('"').skip(1).take(1).collect::<Vec<_>>(),
        })
        .collect();
    assert!(ids.len() >= 8, "{ids:?}");
    for id in ids {
        assert!(set.catalogues.antivirus.product(id).is_some(), "{id}");
    }
}

#[test]
fn a_name_belongs_to_one_product() {
    let head = "data_date = 2026-11-22\nstale_after = \"1d\"\ncount_free = false\ncount_builtin = false\n[products]\n";
    let product = |id: &str, names: &str| {
        format!("{id} = {{ {names}, vendor = \"v\", class = \"edr\", licence = \"none\" }}\n")
    };
    let text = [head, &product("a", "name = \"A\", also = [\"B\"]"), &product("b", "name = \"B\"")]
        .concat();
    let said = problems("catalogue/antivirus.toml", &text);
    assert!(said.contains("`B` is a name of `a` already"), "{said}");
    let said = problems("catalogue/antivirus.toml", &format!("{head}a = \"A\"\n"));
    assert!(said.contains("expected a table, found text in quotes"), "{said}");
}

#[test]
fn junk_is_listed_once_and_found_in_any_case() {
    let set = shipped();
    let serials = &set.catalogues.serials;
    for junk in [
        "",
        "  ",
        "0",
        "00000000",
        "FFFFFFFF-FFFF",
        "....",
        "To be filled by O.E.M.",
        "TO BE FILLED BY O.E.M",
        "default string",
        "Null",
        "Tag 12345",
        "12345678",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "03000200-0400-0500-0006-000700080009",
    ] {
        assert!(serials.is_junk(junk), "{junk:?}");
    }
    for mark in ["PF3A", "CZC1234567", "STP-0117", "4c4c4544-0042-4b10-8056-b7c04f4d3533"] {
        assert!(!serials.is_junk(mark), "{mark:?}");
    }
    let twice = "data_date = 2026-11-22\nstale_after = \"1d\"\njunk = [\"None\", \"NONE\"]\n";
    let said = problems("catalogue/serials.toml", twice);
    assert!(said.contains("`NONE` stands here twice; case does not matter"), "{said}");
}

#[test]
fn a_version_fits_whole_or_up_to_a_dot() {
    assert!(begins_with_version("12", "12"));
    assert!(begins_with_version("9.4", "9"));
    assert!(!begins_with_version("24.04", "24.0"));
    assert!(!begins_with_version("120", "12"));
}

#[test]
fn every_catalogue_says_how_old_it_is_and_when_it_is_too_old() {
    let set = shipped();
    let vintages: Vec<_> = set.catalogues.vintages().collect();
    let names: Vec<_> = vintages.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["os-lifecycle", "windows-builds", "antivirus", "serials"]);
    for (name, vintage) in vintages {
        assert!(vintage.date >= date("2026-08-22"), "{name}");
        assert!(vintage.until > vintage.at, "{name}");
    }
    let without = "data_date = 2026-11-22\njunk = []\n";
    let said = problems("catalogue/serials.toml", without);
    assert_eq!(said, "1:1: the key `stale_after` is missing\n");
}
