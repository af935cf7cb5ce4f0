//! Local accounts with rights over the machine, counted, on Windows.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::Host;
use crate::host::registry::{Registry, Value, View};
use crate::probes::Context;
use crate::probes::findings::{Findings, count, unknown, yes_or_no};
use crate::probes::settings::told;

const PRODUCT_OPTIONS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions";
/// By its identifier, since its name is another one in each language.
const GROUP: &str = "S-1-5-32-544";
const GUEST: &str = "RID 501";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let (administrators, guest) = match has_own(host.registry()) {
        Ok(true) => counted(host),
        // A domain controller's accounts are those of the domain.
        Ok(false) => (Fact::Absent, Fact::Absent),
        Err(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why)),
    };
    findings.add("accounts.administrators", administrators, GROUP);
    findings.add("accounts.guest_enabled", guest, GUEST);
    findings.observed()
}

fn counted(host: &Host) -> (Fact, Fact) {
    match host.accounts().count() {
        Ok(counted) => {
            let guest = counted.guest_enabled.map_or_else(
                || unknown(Reason::ProviderError, "the guest is not listed"),
                yes_or_no,
            );
            (count(counted.administrators), guest)
        }
        Err(error) => (Fact::Unknown(told(&error)), Fact::Unknown(told(&error))),
    }
}

/// Whether the machine has accounts of its own.
fn has_own(registry: &Registry) -> Result<bool, Ignorance> {
    match registry.value(View::Native, PRODUCT_OPTIONS, "ProductType") {
        Ok(Value::Text(kind)) => Ok(!kind.eq_ignore_ascii_case("LanmanNT")),
        Ok(Value::Number(_) | Value::List(_) | Value::Binary(_)) => {
            Err(Ignorance::new(Reason::ParseError, "a product type that is none"))
        }
        Err(error) => Err(told(&error)),
    }
}

#[cfg(test)]
mod tests {
    use report::Timestamp;

    use super::*;
    use crate::host::recorded::{Machine, fact, facts, reason};
    use crate::probes::assignment::AssignmentClaims;

    fn look(machine: &Machine) -> (Fact, Fact) {
        let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
        let facts = facts(probe(&machine.host(), &context));
        (fact(&facts, "accounts.administrators"), fact(&facts, "accounts.guest_enabled"))
    }

    fn windows(product: &str) -> Machine {
        Machine::windows().with_registry(&format!(
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions]\n\
             \"ProductType\"=\"{product}\""
        ))
    }

    const TWO: &str = r#"{"administrators": 2, "guest_enabled": true}"#;

    #[test]
    fn administrators_are_counted_and_the_guest_is_told() {
        let machine = windows("WinNT").with("accounts.json", TWO);
        assert_eq!(look(&machine), (count(2), yes_or_no(true)));
    }

    #[test]
    fn a_domain_controller_has_no_accounts_of_its_own() {
        let machine = windows("LanmanNT").with("accounts.json", TWO);
        assert_eq!(look(&machine), (Fact::Absent, Fact::Absent));
    }

    #[test]
    fn accounts_that_were_not_counted_are_not_none() {
        let refused = windows("ServerNT").with("accounts.json", r#"{"error": "0x80070005"}"#);
        assert_eq!(reason(&look(&refused).0), Some(Reason::AccessDenied));
        let (administrators, guest) = look(&windows("WinNT"));
        assert_eq!(reason(&administrators), Some(Reason::NotSupported));
        assert_eq!(reason(&guest), Some(Reason::NotSupported));
        // Nothing says that it is no domain controller.
        let nameless = Machine::windows().with("accounts.json", TWO);
        assert_eq!(reason(&look(&nameless).0), Some(Reason::NotSupported));
        let guestless = windows("WinNT").with("accounts.json", r#"{"administrators": 1}"#);
        assert_eq!(reason(&look(&guestless).1), Some(Reason::ProviderError));
    }
}
