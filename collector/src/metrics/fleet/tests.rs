//! What the book says of later days, and when it says nothing.

use std::sync::Arc;

use super::*;
use crate::fleet::Fleet;
use crate::live::Foreseen;
use crate::policy::fixtures::{NOW, set};
use crate::policy::{FolderHash, PolicySet};

fn ahead(live: &Live) -> Vec<(String, f64)> {
    let families = families(live);
    let family = families.iter().find(|family| family.name() == "lachan_target_forecast_met");
    let metrics = family.map(|family| family.get_metric()).unwrap_or_default();
    let labels = |metric: &prometheus::proto::Metric| {
        let labels = metric.get_label().iter();
        labels.map(|label| label.value()).collect::<Vec<_>>().join(" ")
    };
    metrics.iter().map(|metric| (labels(metric), metric.get_gauge().get_value())).collect()
}

#[test]
fn the_forecast_is_absent_until_it_is_known_and_under_another_set() {
    let policies = set("", &[]);
    let other = Arc::new(PolicySet { hash: FolderHash([0; 32]), ..policies.clone() });
    let hash = policies.hash;
    let mut live = Live::new(Arc::new(policies), Fleet::default(), NOW);
    assert_eq!(ahead(&live), []);
    live.note(Foreseen { policies: hash, met: vec![(30, vec![7, 6]), (60, vec![5, 4])] });
    let expected = [
        ("30 antivirus-licensed", 7.0),
        ("30 machines-protected", 6.0),
        ("60 antivirus-licensed", 5.0),
        ("60 machines-protected", 4.0),
    ];
    assert_eq!(ahead(&live), expected.map(|(labels, met)| (labels.to_owned(), met)));
    live.advance(&other, NOW + 1);
    assert_eq!(ahead(&live), []);
}
