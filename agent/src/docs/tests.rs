use std::path::{Path, PathBuf};

use super::*;
use crate::durable;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/docs");

fn committed(lang: Lang) -> PathBuf {
    Path::new(FOLDER).join(match lang {
        Lang::Vi => "agent.vi.md",
        Lang::En => "agent.en.md",
    })
}

#[test]
fn the_pages_in_packaging_are_what_the_agent_says() {
    for lang in [Lang::Vi, Lang::En] {
        let file = committed(lang);
        let kept = durable::read(&file, 1 << 20).unwrap().unwrap_or_default();
        assert!(
            String::from_utf8(kept).unwrap() == page(lang),
            "{} is not what the agent says: for each LANG of vi and en run\n\
             cargo run -p agent -- docs --lang LANG > packaging/docs/agent.LANG.md",
            file.display()
        );
    }
}

#[test]
fn every_fact_and_every_product_is_on_both_pages() {
    for lang in [Lang::Vi, Lang::En] {
        let page = page(lang);
        for spec in FactKey::all().map(FactKey::spec) {
            let is_ours = matches!(spec.origin, Origin::Agent(_));
            assert_eq!(page.contains(&format!("| `{}` |", spec.name)), is_ours, "{}", spec.name);
        }
        for platform in Platform::ALL {
            for product in crate::probes::antivirus::listed::products(platform) {
                assert!(page.contains(&format!("\n`{}` (", product.product)), "{product:?}");
            }
        }
    }
}

#[test]
fn every_program_that_is_run_is_named_with_its_arguments() {
    let page = page(Lang::En);
    for line in [
        "/usr/bin/mdatp health --output json",
        "/opt/kaspersky/kesl/bin/kesl-control --app-info",
        r"/usr/bin/rpm -qa --qf %{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\n",
    ] {
        assert!(page.contains(&format!("`{line}`")), "{line}");
    }
}
