//! Whether the services that updates take can start. They stand still most of the time, and something
//! starts them when there is work: stopped is as it should be, disabled is not.

use report::{Fact, Reason};

use crate::host::Services;
use crate::host::services::ServiceStart;
use crate::probes::findings::{unknown, yes_or_no};
use crate::probes::machine::windows::Identity;

pub(super) const SOURCE: &str = "services: wuauserv, UsoSvc";

/// The first build that updates by its orchestrator.
const WINDOWS_10: u64 = 10_240;

/// Whether none of them is disabled, or was removed.
pub(super) fn update_service(services: &Services, identity: &Identity<'_>) -> Fact {
    let agent = can_start(services, "wuauserv", || Fact::Known(true));
    let orchestrator = can_start(services, "UsoSvc", || match identity.build() {
        Ok(build) => Fact::Known(build >= WINDOWS_10),
        Err(why) => Fact::Unknown(why),
    });
    match (agent, orchestrator) {
        (Fact::Known(false), _) | (_, Fact::Known(false)) => yes_or_no(false),
        (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => Fact::Unknown(why),
        (Fact::Known(true) | Fact::Absent, Fact::Known(true) | Fact::Absent) => yes_or_no(true),
    }
}

/// Whether a service can start. One that is not there cannot, if this Windows has it.
fn can_start(services: &Services, name: &str, has_it: impl FnOnce() -> Fact<bool>) -> Fact<bool> {
    match services.find(name) {
        Ok(Some(service)) => match service.start {
            ServiceStart::Disabled => Fact::Known(false),
            ServiceStart::Boot | ServiceStart::Automatic | ServiceStart::Manual => {
                Fact::Known(true)
            }
            ServiceStart::Other => {
                unknown(Reason::ParseError, &format!("{name}: no known way to start"))
            }
        },
        Ok(None) => has_it().map(|has_it| !has_it),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}
