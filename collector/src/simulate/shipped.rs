//! What the simulation takes from the shipped policies, read by hand: `None` is what is not of
//! their form.

use std::collections::BTreeMap;

use super::days::{Day, day_of_toml};

/// The id of a rule, and whether it is mandatory.
pub(super) fn severity(rule: &str) -> Option<(String, bool)> {
    let rule: toml::Table = rule.parse().ok()?;
    let is_mandatory = matches!(rule.get("severity")?.as_str()?, "critical" | "major");
    Some((rule.get("id")?.as_str()?.to_owned(), is_mandatory))
}

/// How old a catalogue is, unless it is older than it says it is good for.
pub(super) fn age(catalogue: &str, today: Day) -> Option<Option<Day>> {
    let catalogue: toml::Table = catalogue.parse().ok()?;
    let of = day_of_toml(catalogue.get("data_date")?)?;
    let good: Day = catalogue.get("stale_after")?.as_str()?.strip_suffix('d')?.parse().ok()?;
    Some(Some(today - of).filter(|age| *age <= good))
}

/// The newest revision of each build of Windows and kind of installation.
pub(super) fn revisions(builds: &str) -> Option<BTreeMap<(String, String), i64>> {
    let table: toml::Table = builds.parse().ok()?;
    let mut newest = BTreeMap::new();
    for series in table.get("series")?.as_array()? {
        let texts = |key: &str| series.get(key).and_then(toml::Value::as_array);
        let updates = texts("updates")?.iter();
        let last = updates.filter_map(|update| update.get("revision")?.as_integer()).max()?;
        for build in texts("builds")? {
            for installation in texts("installations").into_iter().flatten() {
                let key = (build.as_str()?.to_owned(), installation.as_str()?.to_owned());
                newest.insert(key, last);
            }
        }
    }
    Some(newest)
}

/// The ids of the targets.
pub(super) fn target_ids(targets: &str) -> Option<Vec<String>> {
    let targets: toml::Table = targets.parse().ok()?;
    let ids = targets.get("target")?.as_array()?.iter();
    ids.map(|target| Some(target.get("id")?.as_str()?.to_owned())).collect()
}
