//! A small office for the tests of this module: one machine in nearly every state.

use report::MachineId;

use crate::fleet::Fleet;
use crate::live::Live;
use crate::machine::{Contact, Machine, Standing};
use crate::policy::PolicySet;
use crate::policy::fixtures::{
    DAY, NOW, good_machine, good_product, observe_antivirus, set, silent_body, source_moment,
};

/// m-1 is protected, m-2 lacks an antivirus, m-3 never enrolled, m-4 is silent, m-5 has reported
/// nothing; one machine of the unit `so` is not in the register.
pub(super) const ROWS: &str = "m-1,so,workstation,lan,SN-1,TS-1,may-1,2025-01-01,\n\
                               m-2,phong,workstation,ho-tich,,,=cmd,2025-01-01,\n\
                               m-3,phong,server,moi,,,,2025-01-01,\n\
                               m-4,phong,workstation,lan,,,,2025-01-01,\n\
                               m-10,so,workstation,lan,,,,2025-01-01,\n";

const DECLARED: &str = r#"
[[declared]]
unit = "so"
kind = "workstation"
heads = 4
from = 2025-01-01
[[declared.attestation]]
by = "Chánh Văn phòng"
on = 2026-09-30
met = { "antivirus-licensed" = 3 }
"#;

const TRAINING: &str = r#"
[[staff]]
unit = "phong"
heads = 10
from = 2025-01-01
trained = [{ on = 2026-03-01, heads = 7 }]
"#;

/// Its policy set.
pub(super) fn policies() -> PolicySet {
    let files = [("register/declared.toml", DECLARED), ("register/training.toml", TRAINING)];
    set(ROWS, &files)
}

/// Its machines that ever enrolled.
pub(super) fn machines() -> Vec<Machine> {
    let mut bare = good_machine(2, Some("m-2"));
    observe_antivirus(&mut bare, Vec::new(), true);
    let mut silent = good_machine(4, Some("m-4"));
    silent.last_contact = Contact { at: NOW - 40 * DAY, skew: 0 };
    let outside = good_machine(7, None);
    vec![good_machine(1, Some("m-1")), bare, silent, silent_body(5, Some("m-10")), outside]
}

/// Everyone as judged now.
pub(super) fn office() -> Live {
    live(policies(), machines())
}

/// These machines as judged now by a set.
pub(super) fn live(set: PolicySet, machines: Vec<Machine>) -> Live {
    Live::new(set.into(), Fleet::new(machines), NOW)
}

/// The identity of the machine that is not in the register.
pub(super) fn outsider() -> String {
    MachineId::from_bytes([7; 16]).to_string()
}

/// A good machine whose licence ends in so many days.
pub(super) fn licensed_for(days: i64, number: u8, row: &str) -> Machine {
    let mut machine = good_machine(number, Some(row));
    let mut product = good_product("eset");
    for (name, reading) in &mut product.0 {
        if *name == "licence_until" {
            *reading = report::Fact::Known(source_moment(NOW + days * DAY)).into();
        }
    }
    observe_antivirus(&mut machine, vec![product], true);
    machine
}

/// A good machine that waits for approval.
pub(super) fn pending(number: u8, row: &str) -> Machine {
    Machine { standing: Standing::Pending, ..good_machine(number, Some(row)) }
}
