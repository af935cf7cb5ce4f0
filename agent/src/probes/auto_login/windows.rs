//! Whether the machine logs somebody in by itself, on Windows.
//!
//! Beside the switch lies the name of whom, and may lie the password; nothing but the switch is
//! asked for. A password may as well be kept where nobody reads it: that changes nothing here.

use report::Outcome;

use crate::host::Host;
use crate::probes::Context;
use crate::probes::findings::Findings;
use crate::probes::settings::{Setting, as_fact};

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let switch = Setting::of(host.registry(), &[WINLOGON], "AutoAdminLogon");
    // As it is documented, where nobody set it nobody is logged in.
    let (fact, source) = as_fact(switch.switch(Some(false)));
    let mut findings = Findings::default();
    findings.add("auto_login.on", fact, &source);
    findings.observed()
}

#[cfg(test)]
mod tests {
    use report::{Fact, Reason, Timestamp};

    use super::*;
    use crate::host::Tap;
    use crate::host::recorded::{Machine, fact, facts, reason};
    use crate::probes::assignment::AssignmentClaims;
    use crate::probes::findings::yes_or_no;

    const SECRET: &str = "\"DefaultPassword\"=\"bimat\"\n\"DefaultUserName\"=\"hotich\"";

    fn look(host: &Host) -> Fact {
        let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
        fact(&facts(probe(host, &context)), "auto_login.on")
    }

    fn winlogon(values: &str) -> Machine {
        Machine::windows().with_registry(&format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon]\n{values}"
        ))
    }

    #[test]
    fn the_switch_alone_decides() {
        for (values, on) in [
            ("\"AutoAdminLogon\"=\"1\"", true),
            ("\"AutoAdminLogon\"=\"0\"", false),
            ("\"AutoAdminLogon\"=dword:1", true),
            (SECRET, false),
            ("", false),
        ] {
            assert_eq!(look(&winlogon(values).host()), yes_or_no(on), "{values}");
        }
        let odd = look(&winlogon("\"AutoAdminLogon\"=\"yes\"").host());
        assert_eq!(reason(&odd), Some(Reason::ParseError));
    }

    #[test]
    fn the_password_is_never_asked_for() {
        let tap = Tap::open();
        let machine = winlogon(&format!("\"AutoAdminLogon\"=\"1\"\n{SECRET}"));
        assert_eq!(look(&machine.host().tapped(&tap)), yes_or_no(true));
        let asked: Vec<_> =
            tap.seen().registry.into_values().flat_map(|key| key.values.into_keys()).collect();
        assert_eq!(asked, ["AutoAdminLogon"]);
    }

    #[test]
    fn a_key_that_may_not_be_read_is_unknown() {
        let key = "registry.reg/hklm/software/microsoft/windows nt/currentversion/winlogon";
        let denied = winlogon("\"AutoAdminLogon\"=\"0\"").denied(key);
        assert_eq!(reason(&look(&denied.host())), Some(Reason::AccessDenied));
    }
}
