//! What officers are shown leaves nothing out that the posture knows.

use super::*;
use crate::policy::fixtures::{NOW, set};

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

const DECLARED: &str = r#"
[[declared]]
unit = "so"
kind = "workstation"
heads = 3
from = 2025-01-01
[[declared.attestation]]
by = "Chánh Văn phòng"
on = 2026-09-30
met = { "antivirus-licensed" = 2 }
"#;

fn live(set: PolicySet) -> Live {
    Live::new(set.into(), Fleet::default(), NOW)
}

#[test]
fn the_posture_shows_what_is_declared_and_attested_beside_what_is_observed() {
    for counts in [false, true] {
        let mut set = set(ROW, &[("register/declared.toml", DECLARED)]);
        set.targets.accept_attested = counts;
        let posture = posture(&live(set));
        assert_eq!(posture.declared, 3);
        let target = |id| posture.targets.iter().find(|target| target.target == id).unwrap();
        let licensed = target("antivirus-licensed");
        assert_eq!((licensed.members, licensed.met, licensed.attested), (4, 0, 2));
        assert_eq!(licensed.counts_attested, counts);
        assert_eq!(target("machines-protected").attested, 0);
        assert_eq!(posture.states.values().sum::<u64>(), 1);
    }
}
