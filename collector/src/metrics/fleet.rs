//! The book of the fleet: judged when it is asked for, so that a machine that falls silent shows
//! without anybody reporting it.
//!
//! Series are bounded by units and rules, never by machines. A number that is known to be zero is
//! written as zero; what is not known is left out.

use jiff::civil::Date;
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntGauge, IntGaugeVec, Opts, Registry};
use report::State;

use crate::live::Live;
use crate::policy::posture::ReportAge;
use crate::policy::{PolicySet, Posture, Roll};

type Result<T> = std::result::Result<T, prometheus::Error>;

/// The label of a level or a unit that is not determined.
const UNDETERMINED: &str = "undetermined";

/// The fleet's families at one moment.
///
/// # Errors
/// When two families have one name.
pub fn families(live: &Live) -> Result<Vec<MetricFamily>> {
    let set = live.roll().set();
    let posture = Posture::of(live.roll());
    let book = Book(Registry::new());
    book.machines(set, &posture)?;
    book.rules(set, &posture)?;
    book.targets(set, &posture)?;
    book.systems(&posture)?;
    book.contracts(live.roll())?;
    book.waivers(live.roll())?;
    book.contacts(&posture)?;
    book.names(set, set.targets.calendar.date_of(posture.clock.now))?;
    book.catalogues(set)?;
    Ok(book.0.gather())
}

struct Book(Registry);

impl Book {
    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec> {
        let family = IntGaugeVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(family.clone()))?;
        Ok(family)
    }

    fn machines(&self, set: &PolicySet, posture: &Posture) -> Result<()> {
        let by_unit = self.gauges(
            "lachan_machines",
            "Machines answered for, by unit and state.",
            &["unit", "state"],
        )?;
        for unit in set.register.units.iter() {
            for state in State::ALL {
                by_unit.with_label_values(&[unit.id.as_str(), state.name()]).set(0);
            }
        }
        for ((unit, state), count) in &posture.machines {
            by_unit
                .with_label_values(&[or_undetermined(unit.as_deref()), state.name()])
                .set(int(*count));
        }

        let by_kind = self.gauges(
            "lachan_machines_by_kind",
            "Machines answered for, by kind and state.",
            &["kind", "state"],
        )?;
        for ((kind, state), count) in &posture.by_kind {
            let kind = or_undetermined(kind.map(|kind| kind.name()));
            by_kind.with_label_values(&[kind, state.name()]).set(int(*count));
        }

        let by_level = self.gauges(
            "lachan_machines_by_level",
            "Machines answered for, by the level of their information system and state.",
            &["level", "state"],
        )?;
        for ((at, state), count) in &posture.by_level {
            by_level.with_label_values(&[level(*at).as_str(), state.name()]).set(int(*count));
        }

        let unregistered = self.gauges(
            "lachan_unregistered_machines",
            "Live machines that are not in the register, by unit.",
            &["unit"],
        )?;
        for unit in set.register.units.iter() {
            unregistered.with_label_values(&[unit.id.as_str()]).set(0);
        }
        for (unit, count) in &posture.unregistered {
            unregistered.with_label_values(&[or_undetermined(unit.as_deref())]).set(int(*count));
        }

        let declared = self.gauges(
            "lachan_declared_machines",
            "Machines that may carry no agent and are declared by heads, by unit.",
            &["unit"],
        )?;
        for (unit, heads) in &posture.declared {
            declared.with_label_values(&[unit]).set(int(*heads));
        }
        Ok(())
    }

    fn rules(&self, set: &PolicySet, posture: &Posture) -> Result<()> {
        let machines = self.gauges(
            "lachan_rule_machines",
            "Machines by rule, level and what the rule says of them.",
            &["rule", "level", "verdict"],
        )?;
        for ((rule, at, ruling), count) in &posture.rule_machines {
            machines
                .with_label_values(&[rule.as_str(), level(*at).as_str(), ruling.name()])
                .set(int(*count));
        }
        let failing = self.gauges(
            "lachan_rule_failing_machines",
            "Machines on which a rule fails, by unit.",
            &["rule", "unit"],
        )?;
        let info = self.gauges(
            "lachan_rule_info",
            "The rules in force.",
            &["rule", "severity", "title_vi", "title_en"],
        )?;
        for rule in &set.rules {
            for unit in set.register.units.iter() {
                failing.with_label_values(&[rule.id.as_str(), unit.id.as_str()]).set(0);
            }
            let labels = [rule.id.as_str(), rule.severity.name(), &rule.title.vi, &rule.title.en];
            info.with_label_values(&labels).set(1);
        }
        for ((rule, unit), count) in &posture.rule_failing {
            let unit = or_undetermined(unit.as_deref());
            failing.with_label_values(&[rule.as_str(), unit]).set(int(*count));
        }
        Ok(())
    }

    fn targets(&self, set: &PolicySet, posture: &Posture) -> Result<()> {
        let members = self.gauges(
            "lachan_target_members",
            "How many a target counts, by unit.",
            &["target", "unit"],
        )?;
        let met = self.gauges(
            "lachan_target_met",
            "For how many of them it holds, by unit and by what shows it.",
            &["target", "unit", "evidence"],
        )?;
        let goals = GaugeVec::new(
            Opts::new("lachan_target_goal_ratio", "The share that a target asks for."),
            &["target"],
        )?;
        self.0.register(Box::new(goals.clone()))?;
        for target in &posture.targets {
            goals.with_label_values(&[target.id.as_str()]).set(f64::from(target.goal) / 100.0);
            let id = target.id.as_str();
            for unit in set.register.units.iter() {
                members.with_label_values(&[id, unit.id.as_str()]).set(0);
                met.with_label_values(&[id, unit.id.as_str(), "observed"]).set(0);
            }
            for (unit, tally) in &target.units {
                let unit = or_undetermined(unit.as_deref());
                members.with_label_values(&[id, unit]).set(int(tally.members));
                met.with_label_values(&[id, unit, "observed"]).set(int(tally.met));
            }
            for (unit, attested) in &target.attested {
                met.with_label_values(&[id, unit, "attested"]).set(int(*attested));
            }
        }
        Ok(())
    }

    fn systems(&self, posture: &Posture) -> Result<()> {
        let systems = self.gauges(
            "lachan_systems",
            "Information systems by level, status of the dossier and of the plan.",
            &["level", "classification", "plan"],
        )?;
        for ((at, status, plan), count) in &posture.systems {
            let plan = if *plan { "approved" } else { "not_approved" };
            systems.with_label_values(&[level(*at).as_str(), status.name(), plan]).set(int(*count));
        }
        Ok(())
    }

    fn contracts(&self, roll: &Roll) -> Result<()> {
        const LABELS: &[&str] = &["contract", "product"];
        let seats = self.gauges("lachan_licence_seats", "Seats of a contract in force.", LABELS)?;
        let used = self.gauges(
            "lachan_licence_seats_used",
            "Machines that use a seat of a contract in force.",
            LABELS,
        )?;
        let end = self.gauges(
            "lachan_licence_end_timestamp_seconds",
            "The last second of a contract in force.",
            LABELS,
        )?;
        let (set, today) = (roll.set(), roll.day().date());
        for (number, licence) in set.register.licences.iter().enumerate() {
            if licence.holds(today) {
                let labels = [licence.id.as_str(), &licence.products.join(" ")];
                seats.with_label_values(&labels).set(licence.seats.into());
                used.with_label_values(&labels).set(roll.seats_used(number).into());
                end.with_label_values(&labels).set(set.targets.calendar.end_of(licence.until).0);
            }
        }
        Ok(())
    }

    fn waivers(&self, roll: &Roll) -> Result<()> {
        let waivers = self.gauges("lachan_waivers", "Waivers in force, by rule.", &["rule"])?;
        for rule in &roll.set().rules {
            waivers.with_label_values(&[&rule.id]).set(0);
        }
        for waiver in roll.set().register.waivers.in_force(roll.day().date()) {
            waivers.with_label_values(&[&waiver.rule]).inc();
        }
        Ok(())
    }

    fn contacts(&self, posture: &Posture) -> Result<()> {
        let ages = self.gauges(
            "lachan_machines_by_report_age",
            "Machines by how long ago they were last heard of.",
            &["age"],
        )?;
        for age in ReportAge::ALL {
            let count = posture.report_age.get(&age).copied().unwrap_or_default();
            ages.with_label_values(&[age.name()]).set(int(count));
        }
        if let Some(skew) = posture.skew_median {
            let gauge = IntGauge::new(
                "lachan_clock_skew_median_seconds",
                "The median of the machines' clocks minus the collector's.",
            )?;
            gauge.set(skew);
            self.0.register(Box::new(gauge))?;
        }
        Ok(())
    }

    /// Names live in series of their own, so that a unit that is renamed keeps its history.
    fn names(&self, set: &PolicySet, today: Date) -> Result<()> {
        let info = self.gauges(
            "lachan_unit_info",
            "The units: the one above, and the line from the top (a1) down.",
            &["unit", "parent", "a1", "a2", "a3", "name_vi", "name_en"],
        )?;
        for unit in set.register.units.iter() {
            let mut line = set.register.units.line(&unit.id, today);
            let parent = line.get(1).copied().unwrap_or_default();
            line.reverse();
            let above = |depth: usize| line.get(depth).copied().unwrap_or_default();
            let labels =
                [&unit.id, parent, above(0), above(1), above(2), &unit.name.vi, &unit.name.en];
            info.with_label_values(&labels).set(1);
        }
        let sample = IntGauge::new(
            "lachan_register_sample",
            "1 when the register is marked as a sample: nothing here is for a report.",
        )?;
        sample.set(i64::from(set.register.is_sample()));
        self.0.register(Box::new(sample))
    }

    fn catalogues(&self, set: &PolicySet) -> Result<()> {
        let dates = self.gauges(
            "lachan_catalogue_date_timestamp_seconds",
            "The date of a catalogue's data.",
            &["catalogue"],
        )?;
        for (name, date) in set.catalogues.dates() {
            dates.with_label_values(&[name]).set(set.targets.calendar.start_of(date).0);
        }
        Ok(())
    }
}

fn or_undetermined(label: Option<&str>) -> &str {
    label.unwrap_or(UNDETERMINED)
}

fn level(level: Option<u8>) -> String {
    level.map_or_else(|| UNDETERMINED.to_owned(), |level| level.to_string())
}

fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
