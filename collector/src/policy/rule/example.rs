//! Examples: what a rule's author says it does, run through the judge at every load.

use std::ops::Range;

use report::catalogue::{Field, Kind, Platform};
use report::fact::Record;
use report::verdict::Ruling;
use report::{Fact, FactKey, Moment, Reason, Text, Timestamp, Value};

use crate::machine::view::Seen;
use crate::policy::calendar::Calendar;
use crate::policy::constraint::find_field;
use crate::policy::derive::in_our_time;
use crate::policy::document::{Item, Section, Shape, all, names};
use crate::policy::facts::Facts;
use crate::policy::judge::Setting;
use crate::policy::problem::did_you_mean;
use crate::policy::rule::{read_system, read_unit};
use crate::policy::why::Why;
use crate::register::systems::read_level;
use crate::register::{MachineKind, Register};

/// One example.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// What it shows.
    pub(crate) name: String,
    /// The collector's clock.
    pub(crate) now: Timestamp,
    /// What the rule must say.
    pub(crate) verdict: Ruling,
    /// Where that is written.
    pub(crate) verdict_span: Range<usize>,
    /// What the rule's applicability hangs on.
    pub(crate) setting: Setting<'static>,
    facts: Vec<(FactKey, Fact)>,
}

impl Example {
    /// The facts it names; every other one is unknown.
    pub(crate) fn facts(&self) -> Facts<'_> {
        let mut facts = Facts::unknown(Why::FactMissing);
        for (key, fact) in &self.facts {
            facts.set(*key, in_our_time(Seen::of(fact), 0));
        }
        facts
    }
}

pub(crate) const VERDICTS: [Ruling; 4] =
    [Ruling::Pass, Ruling::Fail, Ruling::Unknown, Ruling::NotApplicable];

pub(super) fn read(item: &Item<'_>, calendar: &Calendar, register: &Register) -> Option<Example> {
    let section = item.section()?;
    let name = section.need("name").and_then(|item| item.string());
    let now = section.need("now").and_then(|item| item.moment(calendar));
    let verdict_item = section.need("verdict");
    let verdict = verdict_item
        .as_ref()
        .and_then(|item| Ruling::from_name(item.word(&names(&VERDICTS, Ruling::name))?));
    let setting = read_setting(&section, now, calendar, register);
    let facts = section.get("facts").map(|item| read_facts(&item, calendar)).unwrap_or_default();
    section.finish();
    Some(Example {
        name: name?,
        now: now?,
        verdict: verdict?,
        verdict_span: verdict_item?.span(),
        setting,
        facts,
    })
}

/// The unit stands with every unit above it, as it does where a machine is judged.
fn read_setting(
    section: &Section<'_>,
    now: Option<Timestamp>,
    calendar: &Calendar,
    register: &Register,
) -> Setting<'static> {
    let os = section
        .get("os")
        .and_then(|item| Platform::from_name(item.word(&Platform::ALL.map(Platform::name))?));
    let kind = section.get("kind").and_then(|item| {
        MachineKind::from_name(item.word(&MachineKind::ALL.map(MachineKind::name))?)
    });
    let level = section.get("level").and_then(|item| read_level(&item));
    let unit = section.get("unit").and_then(|item| read_unit(&item, register));
    let units = unit.zip(now).and_then(|(unit, now)| {
        let tree = register.units.on(calendar.date_of(now));
        Some(tree.line(register.units.index(&unit)?).to_owned().into())
    });
    let systems =
        section.get("systems").map(|item| item.each(|one| read_system(one, register)).into());
    Setting { os, kind, level, units, systems }
}

fn read_facts(item: &Item<'_>, calendar: &Calendar) -> Vec<(FactKey, Fact)> {
    let Some(section) = item.section() else {
        return Vec::new();
    };
    section
        .items()
        .filter_map(|(name, item)| {
            let Some(key) = FactKey::named(name) else {
                let help = did_you_mean(name, FactKey::all().map(FactKey::name));
                item.wrong_key(format!("unknown fact `{name}`"), help);
                return None;
            };
            Some((key, read_fact(name, key.spec().kind, &item, calendar)?))
        })
        .collect()
}

/// What is known of a fact, or of a field of a record.
fn read_fact(name: &str, kind: Kind, item: &Item<'_>, calendar: &Calendar) -> Option<Fact> {
    if item.shape() == Shape::Table {
        return read_gap(item);
    }
    let value = match kind {
        Kind::Text | Kind::Version => Value::Text(read_text(item)?),
        Kind::OneOf(words) => Value::Choice(item.word(words)?),
        Kind::Bool => Value::Bool(item.bool()?),
        Kind::Count => Value::Count(item.count()?),
        Kind::Moment(_) => Value::Moment(Moment::source(item.moment(calendar)?)),
        Kind::Records(fields) => {
            let records = item.list()?.into_iter();
            Value::Records(all(records.map(|record| read_record(name, fields, &record, calendar)))?)
        }
    };
    Some(Fact::Known(value))
}

/// A field that is not named is unknown.
fn read_record(
    list: &str,
    fields: &'static [Field],
    item: &Item<'_>,
    calendar: &Calendar,
) -> Option<Record> {
    let section = item.section()?;
    let read = all(section.items().map(|(name, item)| {
        let field = find_field(list, fields, name, &item)?;
        Some((field.name, read_fact(name, field.kind, &item, calendar)?.into()))
    }))?;
    Some(Record(read.into_iter().collect()))
}

fn read_text(item: &Item<'_>) -> Option<Text> {
    let text = Text::new(item.text()?);
    if let Err(error) = &text {
        item.wrong(error.to_string());
    }
    text.ok()
}

/// `{ absent = true }` or `{ unknown = "access_denied" }`.
fn read_gap(item: &Item<'_>) -> Option<Fact> {
    let section = item.section()?;
    let absent = section.get("absent").map(|item| item.bool());
    let unknown = section
        .get("unknown")
        .map(|item| Reason::from_name(item.word(&Reason::ALL.map(Reason::name))?));
    section.finish();
    match (absent, unknown) {
        (Some(Some(true)), None) => Some(Fact::Absent),
        (None, Some(reason)) => Some(Fact::unknown(reason?)),
        _ => {
            item.wrong("write a value, { absent = true } or { unknown = \"access_denied\" }");
            None
        }
    }
}
