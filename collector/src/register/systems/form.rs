//! The self-checks of Form 08: a row that the ministry would send back is refused here first.

use jiff::civil::Date;

use super::{Decision, Deployment, Status};
use crate::policy::document::Section;
use crate::register::Term;

/// What could be read of a system, as far as the checks go by it.
pub(super) struct Said<'s> {
    pub(super) level: Option<u8>,
    pub(super) status: Option<Status>,
    pub(super) decision: Option<&'s Decision>,
    pub(super) regulation: Option<&'s Decision>,
    pub(super) plan: Option<&'s Decision>,
    pub(super) redetermined: Option<Date>,
    pub(super) deployment: Option<Deployment>,
    pub(super) term: Term,
}

/// Notes what the form would not take. A key that is there with a mistake is not missed as well.
pub(super) fn check(section: &Section<'_>, said: &Said<'_>) {
    match said.status {
        Some(Status::Approved) => approved(section, said),
        Some(Status::Draft | Status::Submitted | Status::Appraised) => expects(
            section,
            "expected_approval",
            "status",
            "a level that is not approved yet needs the date on which it is expected (column 9)",
        ),
        None => {}
    }
    match said.deployment {
        Some(Deployment::None | Deployment::Partial) => expects(
            section,
            "expected_deployment",
            "deployment",
            "a plan that is not fully deployed needs the date on which it will be (column 11)",
        ),
        Some(Deployment::Full) | None => {}
    }
    if let Some(end) = said.term.until {
        nothing_after(section, said, end);
    }
}

/// Columns 5, 7 and 8: a level, its decision, and a regulation that is not younger than it.
fn approved(section: &Section<'_>, said: &Said<'_>) {
    if section.get("decision").is_none() {
        section.wrong("an approved level needs its decision (column 7): number and date");
    }
    if section.get("regulation").is_none() {
        section
            .wrong("an approved level needs its security regulation (column 8): number and date");
    }
    if said.level.is_none() && section.get("level").is_none() {
        section.wrong("an approved level is a number from 1 to 5 (column 5)");
    }
    if let (Some(decision), Some(regulation), Some(item)) =
        (said.decision, said.regulation, section.get("regulation"))
        && regulation.date > decision.date
    {
        item.wrong_with_help(
            format!(
                "the regulation of {} is younger than the decision of {} that rests on it",
                regulation.date, decision.date
            ),
            Some("name the regulation that was in force when the level was approved".to_owned()),
        );
    }
}

/// Shows what is missing where it is asked for.
fn expects(section: &Section<'_>, key: &'static str, because: &'static str, message: &str) {
    if section.get(key).is_none()
        && let Some(item) = section.get(because)
    {
        item.wrong_with_help(message, Some(format!("add {key} = 2027-06-30, with your own date")));
    }
}

/// What was decided on a system was decided while it existed.
fn nothing_after(section: &Section<'_>, said: &Said<'_>, end: Date) {
    let date = |decision: Option<&Decision>| decision.map(|decision| decision.date);
    let dated = [
        ("decision", date(said.decision)),
        ("plan", date(said.plan)),
        ("redetermined", said.redetermined),
    ];
    for (key, _) in dated.iter().filter(|(_, date)| date.is_some_and(|date| date > end)) {
        if let Some(item) = section.get(key) {
            item.wrong(format!("lies after {end}, the last day of the system"));
        }
    }
}
