//! Updates on Windows: what was installed, as the servicing and the update agent remember it; what
//! the update agent knows to be waiting; and what stands in the way of updates.
//!
//! How old the system's content is tells its build ([`super::super::machine`]), which the collector
//! dates. Nothing here goes out, and nothing makes Windows search.

mod automatic;
mod cbs;
mod health;
mod history;
mod licences;
mod policy;
mod reboot;
mod search;
mod settings;

use report::{Fact, Outcome, Reason};

use crate::host::Host;
use crate::probes::Context;
use crate::probes::findings::{Findings, moment, unknown, word};
use crate::probes::machine::windows::Identity;
pub(crate) use history::is_installed_patch;
use reboot::Restart;

/// Looks at the updates of this machine.
pub fn probe(host: &Host, context: &Context<'_>) -> Outcome {
    let registry = host.registry();
    let identity = Identity::of(registry);
    let mut findings = Findings::default();
    findings.add("patches.manager", word("windows_update"), "");

    let restart = Restart::of(registry);
    let (pending, source) = restart.pending();
    findings.add("patches.reboot_pending", pending, source);
    let (reason, source) = restart.reason();
    findings.add("patches.reboot_reason", reason, source);

    let service = health::update_service(&host.services(), &identity);
    let (automatic, source) = automatic::automatic(registry, &identity, &service);
    findings.add("patches.automatic", automatic, source);
    findings.add("patches.update_service", service, health::SOURCE);
    policy::look(registry, context.now, &mut findings);
    licences::look(&host.wmi(), &identity, &mut findings);

    let updates = host.update_agent().updates();
    search::look(registry, &updates, context.now, &mut findings);
    let by_history = history::newest(&updates, restart.undone_since(host), context.now);
    let (installed, source) = installed_at(cbs::newest(registry, context.now), by_history);
    findings.add("patches.installed_at", installed, source);
    findings.observed()
}

type At = Fact<report::Timestamp>;

/// The newest that either remembers. What neither remembers may have been installed all the same:
/// the update agent forgets when its store is made anew, and hears of nothing that others install.
fn installed_at(servicing: At, history: At) -> (Fact, &'static str) {
    let told = |at| moment(report::Moment::machine(at));
    match (servicing, history) {
        (Fact::Known(servicing), Fact::Known(history)) if history > servicing => {
            (told(history), history::SOURCE)
        }
        (Fact::Known(servicing), _) => (told(servicing), cbs::KEY),
        (_, Fact::Known(history)) => (told(history), history::SOURCE),
        (Fact::Unknown(why), _) => (Fact::Unknown(why), cbs::KEY),
        (_, Fact::Unknown(why)) => (Fact::Unknown(why), history::SOURCE),
        (Fact::Absent, Fact::Absent) => {
            let why = "neither the servicing nor the history remembers an update of Windows";
            (unknown(Reason::SourceStale, why), cbs::KEY)
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
