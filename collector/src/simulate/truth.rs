//! The truth about the office, counted from what was intended and from nothing else: no rule is
//! read here and no judge is asked, so that a wrong one is found out.

use std::collections::BTreeMap;
use std::io::{self, Write};

use report::State;
use report::verdict::Ruling;
use serde_json::json;

use super::Office;
use super::days::day_of;
use super::place::{Identity, Place, Presence, Row};
use super::situation::Family;
use crate::machine::Standing;
use crate::register::MachineKind;

mod posture;
mod rules;

pub(super) use rules::untold;
use rules::{Case, ON_LINUX, RULES};

/// One that is counted, and what must be said of it.
struct Member<'m> {
    /// Its row, or the identity where it has none.
    name: String,
    unit: &'m str,
    kind: Option<MachineKind>,
    level: Option<u8>,
    state: State,
    /// What each rule says, in the order of [`RULES`].
    rulings: Vec<Ruling>,
    has_row: bool,
    identity: Option<&'m Identity>,
}

impl Place {
    /// Everyone of this place who is counted at the end.
    fn members<'m>(&'m self, office: &'m Office) -> Vec<Member<'m>> {
        let mut members = Vec::new();
        let row = self.rows.iter().find(|row| row.until.is_none());
        // A revoked identity beside another is history.
        let speaks = |identity: &&Identity| match identity.standing {
            Standing::Current | Standing::Clone => true,
            Standing::Pending => false,
            Standing::Revoked => self.identities.len() == 1,
        };
        if let Some(row) = row {
            let identity = self.identities.iter().find(speaks);
            members.push(self.member(office, Some(row), identity));
        }
        let outside = self.identities.iter().filter(|identity| match identity.standing {
            Standing::Pending => true,
            // Outside the register: one that is live, while those of retired rows are long gone.
            Standing::Current => row.is_none() && identity.presence == Presence::Here,
            Standing::Clone | Standing::Revoked => false,
        });
        for identity in outside {
            members.push(self.member(office, None, Some(identity)));
        }
        members
    }

    /// One member: a row with whoever speaks for it, or an identity without a row.
    fn member<'m>(
        &'m self,
        office: &'m Office,
        row: Option<&'m Row>,
        identity: Option<&'m Identity>,
    ) -> Member<'m> {
        let level = self.level.filter(|_| row.is_some());
        let said = identity.and_then(|identity| identity.situation.as_ref());
        let kind = match row {
            Some(_) => Some(self.kind),
            None => said.and_then(|situation| by_chassis(situation.chassis)),
        };
        let silenced = silenced(identity);
        let heard =
            identity.filter(|identity| silenced.is_none() && identity.presence == Presence::Here);
        let situation = heard.and_then(|identity| Some((identity, identity.situation.as_ref()?)));
        let mut rulings: Vec<_> = match situation {
            Some((identity, situation)) => {
                let (today, ages) = (office.days.last(), office.ages);
                let case = Case { level, kind, situation, identity, today, ages };
                RULES.iter().map(|(_, tell)| tell(&case)).collect()
            }
            // Nobody knows, or what is known is too old; what a row tells stands all the same.
            None => {
                let tell = |rule: &str| match silenced {
                    None if posture::is_exempt(rule, level, kind) => Ruling::Pass,
                    None | Some(_) => Ruling::Unknown,
                };
                RULES.iter().map(|(rule, _)| tell(rule)).collect()
            }
        };
        let is_windows = said.is_some_and(|said| said.release.family == Family::Windows);
        for ((rule, _), ruling) in RULES.iter().zip(&mut rulings) {
            if *rule == ON_LINUX && is_windows {
                *ruling = Ruling::NotApplicable;
            }
            if *ruling == Ruling::Fail && row.is_some_and(|row| office.papers.excuse(rule, row)) {
                *ruling = Ruling::Waived;
            }
        }
        Member {
            name: match (row, identity) {
                (Some(row), _) => row.id.clone(),
                (None, identity) => identity.map(|one| one.id.to_string()).unwrap_or_default(),
            },
            unit: &office.units.list[row.map_or(self.unit, |row| row.unit)].id,
            kind,
            level,
            state: silenced.unwrap_or_else(|| by_rules(office, &rulings)),
            rulings,
            has_row: row.is_some(),
            identity,
        }
    }
}

fn by_chassis(chassis: &str) -> Option<MachineKind> {
    match chassis {
        "desktop" | "laptop" => Some(MachineKind::Workstation),
        "server" => Some(MachineKind::Server),
        _ => None,
    }
}

fn silenced(identity: Option<&Identity>) -> Option<State> {
    let Some(identity) = identity else {
        return Some(State::NeverEnrolled);
    };
    match (identity.standing, identity.presence) {
        (Standing::Revoked, _) => Some(State::Revoked),
        (Standing::Clone, _) => Some(State::Clone),
        (Standing::Pending, _) => Some(State::Pending),
        (Standing::Current, Presence::Silent) => Some(State::Silent),
        (Standing::Current, Presence::Here | Presence::Away) => None,
    }
}

fn by_rules(office: &Office, rulings: &[Ruling]) -> State {
    let mandatory = |wanted| {
        let mut told = RULES.iter().zip(rulings);
        told.any(|((rule, _), ruling)| *ruling == wanted && office.is_mandatory(rule))
    };
    if mandatory(Ruling::Fail) {
        State::Unprotected
    } else if mandatory(Ruling::Unknown) {
        State::Unknown
    } else if mandatory(Ruling::Waived) {
        State::Waived
    } else {
        State::Protected
    }
}

/// How many, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Those who are counted.
    pub members: u64,
    /// Those of them for whom it holds.
    pub met: u64,
}

impl Count {
    fn add(&mut self, met: bool) {
        self.members += 1;
        self.met += u64::from(met);
    }
}

/// The counts over the whole office.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) states: BTreeMap<&'static str, u64>,
    pub(super) targets: BTreeMap<&'static str, Count>,
    units: BTreeMap<String, BTreeMap<&'static str, u64>>,
    kinds: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    levels: BTreeMap<String, BTreeMap<&'static str, u64>>,
    rules: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    ages: BTreeMap<&'static str, u64>,
    unregistered: BTreeMap<String, u64>,
    skews: BTreeMap<i64, u64>,
}

const UNDETERMINED: &str = "undetermined";

impl Truth {
    /// Counts what is no machine that could speak: systems, people, declared machines.
    pub(super) fn of_the_register(office: &Office) -> Self {
        let mut truth = Self::default();
        let [mut classified, mut plans] = [Count::default(); 2];
        for system in &office.systems.list {
            classified.add(system.is_classified());
            if system.is_classified() {
                plans.add(system.has_approved_plan());
            }
        }
        truth.targets.insert("systems-classified", classified);
        truth.targets.insert("plans-approved", plans);
        let (members, met) = office.papers.trained();
        truth.targets.insert("staff-trained", Count { members, met });
        // Machines without an agent are answered for, and nothing is known of them.
        let declared = office.papers.declared(&office.units).into_values().sum();
        for target in ["antivirus-licensed", "machines-protected"] {
            truth.targets.insert(target, Count { members: declared, met: 0 });
        }
        truth
    }

    /// Counts a place, and writes a line for each of its members.
    pub(super) fn count(
        &mut self,
        office: &Office,
        place: &Place,
        to: &mut impl Write,
    ) -> io::Result<()> {
        for member in place.members(office) {
            let first = self.states.is_empty();
            self.count_member(&member, office);
            let failing: Vec<_> = RULES
                .iter()
                .zip(&member.rulings)
                .filter(|(_, ruling)| **ruling == Ruling::Fail)
                .map(|((rule, _), _)| *rule)
                .collect();
            let told = json!({ "state": member.state, "unit": member.unit, "failing": failing });
            let comma = if first { "" } else { "," };
            write!(to, "{comma}\n    {}: {told}", json!(member.name))?;
        }
        Ok(())
    }

    fn count_member(&mut self, member: &Member<'_>, office: &Office) {
        let Member { name: _, unit, kind, level, state, rulings, has_row, identity } = member;
        let state = state.name();
        add(&mut self.states, state);
        add(self.units.entry((*unit).to_owned()).or_default(), state);
        let kind = kind.map_or(UNDETERMINED, MachineKind::name);
        add(self.kinds.entry(kind).or_default(), state);
        let level = level.map_or_else(|| UNDETERMINED.to_owned(), |level| level.to_string());
        add(self.levels.entry(level).or_default(), state);
        for ((rule, _), ruling) in RULES.iter().zip(rulings) {
            add(self.rules.entry(rule).or_default(), ruling.name());
        }
        add(&mut self.ages, age(office, *identity));
        if let Some(identity) = identity {
            let skew = identity.situation.map_or(0, |situation| situation.skew);
            *self.skews.entry(skew).or_default() += 1;
            if !has_row {
                add(&mut self.unregistered, (*unit).to_owned());
            }
        }
        let passes = |wanted: &str| {
            let mut told = RULES.iter().zip(rulings);
            told.any(|((rule, _), ruling)| *rule == wanted && *ruling == Ruling::Pass)
        };
        let protected = member.state == State::Protected;
        self.targets.entry("antivirus-licensed").or_default().add(passes("antivirus-licensed"));
        self.targets.entry("machines-protected").or_default().add(protected);
    }

    /// The targets of the shipped set that the truth knows nothing of.
    pub(super) fn untold<'t>(&self, targets: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
        targets.filter(|target| !self.targets.contains_key(target)).collect()
    }

    /// Everything but the members.
    pub(super) fn counts(&self, office: &Office) -> serde_json::Value {
        let targets: BTreeMap<_, _> = self
            .targets
            .iter()
            .map(|(target, count)| (target, json!({ "members": count.members, "met": count.met })))
            .collect();
        json!({
            "simulation": true,
            "seed": office.seed,
            "machines": office.machines,
            "days": office.length,
            "at": office.days.end,
            "states": self.states,
            "targets": targets,
            "units": self.units,
            "kinds": self.kinds,
            "levels": self.levels,
            "rules": self.rules,
            "report_age": self.ages,
            "unregistered": self.unregistered,
            "clock_skew_median": self.median_skew(),
            "waivers": office.papers.waivers_in_force(),
            "declared": office.papers.declared(&office.units),
            "attested": { "antivirus-licensed": office.papers.attested() },
            "untold_rules": untold(office.rules()),
            "untold_targets": self.untold(office.targets.iter().map(String::as_str)),
        })
    }

    /// The lower one, where the middle lies between two.
    fn median_skew(&self) -> Option<i64> {
        let all: u64 = self.skews.values().sum();
        let mut before = all.checked_sub(1)? / 2;
        for (skew, count) in &self.skews {
            match before.checked_sub(*count) {
                Some(left) => before = left,
                None => return Some(*skew),
            }
        }
        None
    }
}

/// The span of report ages: those here were heard of minutes ago, those away some days, and of
/// the others it is told in days, which never come near the end of a span.
fn age(office: &Office, identity: Option<&Identity>) -> &'static str {
    let Some(identity) = identity else {
        return "never";
    };
    let days = office.days.last() - day_of(identity.last_contact);
    match identity.presence {
        Presence::Here => "1h",
        Presence::Away if days < 7 => "7d",
        Presence::Away => "30d",
        Presence::Silent if days < 30 => "30d",
        Presence::Silent => "older",
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}
