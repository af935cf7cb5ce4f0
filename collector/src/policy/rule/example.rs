//! Examples: what a rule's author says it does, run through the judge at every load.

use std::ops::Range;

use report::catalogue::{Kind, Platform};
use report::verdict::Ruling;
use report::{Fact, FactKey, Moment, Reason, Text, Timestamp, Value};

use crate::machine::view::Seen;
use crate::policy::calendar::Calendar;
use crate::policy::derive::in_our_time;
use crate::policy::document::{Item, Section, Shape};
use crate::policy::facts::Facts;
use crate::policy::judge::Setting;
use crate::policy::problem::did_you_mean;
use crate::policy::why::Why;
use crate::register::MachineKind;
use crate::register::systems::read_level;

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

const VERDICTS: [Ruling; 4] = [Ruling::Pass, Ruling::Fail, Ruling::Unknown, Ruling::NotApplicable];

pub(super) fn read(item: &Item<'_>, calendar: &Calendar) -> Option<Example> {
    let section = item.section()?;
    let name = section.need("name").and_then(|item| item.string());
    let now = section.need("now").and_then(|item| item.moment(calendar));
    let verdict_item = section.need("verdict");
    let verdict = verdict_item
        .as_ref()
        .and_then(|item| Ruling::from_name(item.word(&VERDICTS.map(Ruling::name))?));
    let setting = read_setting(&section);
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

fn read_setting(section: &Section<'_>) -> Setting<'static> {
    let os = section
        .get("os")
        .and_then(|item| Platform::from_name(item.word(&Platform::ALL.map(Platform::name))?));
    let kind = section.get("kind").and_then(|item| {
        MachineKind::from_name(item.word(&MachineKind::ALL.map(MachineKind::name))?)
    });
    let level = section.get("level").and_then(|item| read_level(&item));
    let units = section.get("unit").and_then(|item| item.string()).map(|unit| vec![unit.into()]);
    let systems = section.get("systems").map(|item| item.each(|one| one.string().map(Into::into)));
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
            Some((key, read_finding(key, &item, calendar)?))
        })
        .collect()
}

fn read_finding(key: FactKey, item: &Item<'_>, calendar: &Calendar) -> Option<Fact> {
    if item.shape() == Shape::Table {
        return read_gap(item);
    }
    let value = match key.spec().kind {
        Kind::Text | Kind::Version => Value::Text(read_text(item)?),
        Kind::OneOf(words) => Value::Choice(item.word(words)?),
        Kind::Bool => Value::Bool(item.bool()?),
        Kind::Count => Value::Count(item.count()?),
        Kind::Moment(_) => Value::Moment(Moment::source(item.moment(calendar)?)),
        Kind::Records(_) => {
            item.wrong("lists of records are not supported in examples by this version");
            return None;
        }
    };
    Some(Fact::Known(value))
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
