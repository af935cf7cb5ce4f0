//! What only time takes away, for people.

use report::Lang;

use super::{dash, local, out, out_json, sample_note, side, table};
use crate::policy::Forecast;
use crate::policy::forecast::{Ending, Horizon, TargetForecast, UnitForecast};
use crate::policy::plan::{Crowd, TargetStanding};
use crate::policy::posture::Tally;
use crate::policy::words::{date, number, whole_percent};

/// How many units are told of each target.
const MOST: usize = 10;
/// How many names are told of those who have the same reason.
const NAMED: usize = 10;

pub(in crate::cli) fn forecast(forecast: &Forecast, json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(forecast);
    }
    out(&sheet(forecast, lang));
    Ok(())
}

fn sheet(forecast: &Forecast, lang: Lang) -> String {
    let parts = [
        heading(forecast, lang),
        targets(forecast, lang),
        endings(forecast, lang),
        causes(forecast, lang),
        units(forecast, lang),
        sample_note(forecast.sample, lang).to_owned(),
    ];
    parts.concat()
}

fn heading(forecast: &Forecast, lang: Lang) -> String {
    let at = local(forecast.at, lang);
    let unit = forecast.unit.as_deref();
    let (vi, en) =
        (unit.map(|unit| format!(" của {unit}")), unit.map(|unit| format!(" of {unit}")));
    match lang {
        Lang::Vi => format!(
            "Dự báo{} tính từ {at}: chỉ tính những gì hết hạn, không tính việc sẽ làm thêm.\n",
            vi.unwrap_or_default()
        ),
        Lang::En => format!(
            "Forecast{} from {at}: only what ends is counted, nothing that is still to be done.\n",
            en.unwrap_or_default()
        ),
    }
}

fn targets(forecast: &Forecast, lang: Lang) -> String {
    let ahead = forecast.targets.first().map(|target| &target.horizons[..]).unwrap_or_default();
    let fixed = match lang {
        Lang::Vi => ["Chỉ tiêu", "Mục tiêu", "Hiện nay"],
        Lang::En => ["Target", "Goal", "Now"],
    };
    let mut sheet = table(fixed);
    let header = fixed.map(str::to_owned).into_iter();
    sheet.set_header(header.chain(ahead.iter().map(|one| horizon(one, lang))));
    for target in &forecast.targets {
        let fixed = [
            target.title.get(lang).to_owned(),
            whole_percent(target.now.goal, lang),
            standing(target.now, target.met_goal, lang),
        ];
        let ahead = target.horizons.iter().map(|one| ahead_cell(target, one, lang));
        sheet.add_row(fixed.into_iter().chain(ahead));
    }
    format!("{sheet}\n")
}

fn horizon(ahead: &Horizon, lang: Lang) -> String {
    let (days, day) = (ahead.days, date(ahead.last, lang));
    match lang {
        Lang::Vi => format!("{days} ngày nữa\n{day}"),
        Lang::En => format!("in {days} days\n{day}"),
    }
}

/// What does not change needs no second look.
fn ahead_cell(target: &TargetForecast, ahead: &Horizon, lang: Lang) -> String {
    if ahead.standing == target.now {
        return side(["không đổi", "no change"], lang).to_owned();
    }
    let lost = match ahead.lost {
        0 => String::new(),
        lost => format!("\n−{}", number(lost, lang)),
    };
    format!("{}{lost}", standing(ahead.standing, ahead.met_goal, lang))
}

fn standing(standing: TargetStanding, met_goal: bool, lang: Lang) -> String {
    let TargetStanding { members, met, attested, .. } = standing;
    let share = Tally { members, met }.share(lang).unwrap_or_else(dash);
    let attested = match (attested, lang) {
        (0, _) => String::new(),
        (some, Lang::Vi) => format!("\n+ {} theo kê khai", number(some, lang)),
        (some, Lang::En) => format!("\n+ {} declared", number(some, lang)),
    };
    let conclusion = match met_goal {
        true => side(["Đạt", "met"], lang),
        false => side(["Chưa đạt", "not met"], lang),
    };
    let (met, members) = (number(met, lang), number(members, lang));
    format!("{met}/{members} = {share}{attested}\n{conclusion}")
}

fn endings(forecast: &Forecast, lang: Lang) -> String {
    if forecast.endings.is_empty() {
        let words = [
            "Không có gì hết hạn làm thay đổi kết quả trong thời gian này.\n",
            "Nothing that ends within these days changes anything.\n",
        ];
        return side(words, lang).to_owned();
    }
    let heading = ["\nNhững gì hết hạn, theo ngày:\n", "\nWhat ends, by day:\n"];
    let mut sheet = table(match lang {
        Lang::Vi => ["Đến hết ngày", "Nội dung", "Số lượng", "Cần làm"],
        Lang::En => ["Until", "What", "Concerns", "What to do"],
    });
    for group in groups(forecast) {
        sheet.add_row(group.row(lang));
    }
    format!("{}{sheet}\n", side(heading, lang))
}

/// The same thing that ends on several days until one horizon, such as the licences of a product.
struct Group<'f> {
    endings: Vec<&'f Ending>,
    /// The horizon by which all of them are over.
    horizon: usize,
}

fn groups(forecast: &Forecast) -> Vec<Group<'_>> {
    let horizons = forecast.targets.first().map(|target| &target.horizons[..]).unwrap_or_default();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for ending in &forecast.endings {
        let over = |one: &&Horizon| ending.end.ends.is_some_and(|ends| one.last <= ends);
        let horizon = horizons.iter().take_while(over).count();
        let same = |one: &&mut Group<'_>| {
            one.horizon == horizon && one.first().end.matter == ending.end.matter
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.endings.push(ending),
            None => groups.push(Group { endings: vec![ending], horizon }),
        }
    }
    groups
}

impl<'f> Group<'f> {
    fn first(&self) -> &'f Ending {
        self.endings[0]
    }

    fn row(&self, lang: Lang) -> [String; 4] {
        let ending = self.first();
        let members = self.members();
        let remedy = ending.end.matter.remedy(&ending.what, members.count, ending.end.ends);
        [self.days(lang), what(ending, lang), members.words(lang), remedy.get(lang).to_owned()]
    }

    fn days(&self, lang: Lang) -> String {
        let day = |ending: Option<&&Ending>| ending.and_then(|one| one.end.ends);
        let text = |ends: Option<_>| ends.map_or_else(dash, |ends| date(ends, lang));
        match (day(self.endings.first()), day(self.endings.last())) {
            (first, last) if first == last => text(first),
            (first, last) => format!("{} – {}", text(first), text(last)),
        }
    }

    fn members(&self) -> Crowd {
        let count = self.endings.iter().map(|ending| ending.members.count).sum();
        let names = self.endings.iter().flat_map(|ending| &ending.members.names);
        Crowd { count, names: names.take(NAMED).cloned().collect() }
    }
}

fn what(ending: &Ending, lang: Lang) -> String {
    let what = ending.what.get(lang);
    match ending.rules.is_empty() {
        true => what.to_owned(),
        false => format!("{what}\n{}", ending.rules.join(", ")),
    }
}

/// Each drop with the ends it comes from.
fn causes(forecast: &Forecast, lang: Lang) -> String {
    let dropping =
        |target: &&TargetForecast| target.horizons.iter().any(|one| !one.causes.is_empty());
    let lines: String = forecast
        .targets
        .iter()
        .filter(dropping)
        .map(|target| {
            let ahead = target.horizons.iter().filter(|one| !one.causes.is_empty());
            let lines: String = ahead.map(|one| cause_line(forecast, one, lang)).collect();
            format!("{}\n{lines}", target.title.get(lang))
        })
        .collect();
    let heading = [
        "\nChỉ tiêu giảm vì đâu (một máy có thể vướng nhiều lý do: số giảm chung chỉ tính một lần, \
         từng lý do tính riêng):\n",
        "\nWhere each drop comes from (a machine may have several reasons: it counts once in the \
         drop, and under each reason):\n",
    ];
    if lines.is_empty() { lines } else { format!("{}{lines}", side(heading, lang)) }
}

fn cause_line(forecast: &Forecast, ahead: &Horizon, lang: Lang) -> String {
    let mut costs: Vec<(&str, u64)> = Vec::new();
    for cost in &ahead.causes {
        let ending = forecast.endings.iter().find(|ending| ending.id == cost.ending);
        let what = ending.map_or(cost.ending.as_str(), |ending| ending.what.get(lang));
        match costs.iter_mut().find(|(known, _)| *known == what) {
            Some((_, members)) => *members += cost.members,
            None => costs.push((what, cost.members)),
        }
    }
    costs.sort_by_key(|(_, members)| std::cmp::Reverse(*members));
    let costs =
        costs.into_iter().map(|(what, members)| format!("{what}: {}", number(members, lang)));
    let (days, lost, costs) =
        (ahead.days, number(ahead.lost, lang), costs.collect::<Vec<_>>().join("; "));
    match lang {
        Lang::Vi => format!("  {days} ngày nữa: giảm {lost}, do {costs}\n"),
        Lang::En => format!("  in {days} days: {lost} fewer, by {costs}\n"),
    }
}

/// The units in which a target drops most.
fn units(forecast: &Forecast, lang: Lang) -> String {
    let tables = forecast.targets.iter().filter_map(|target| unit_table(target, lang));
    tables.collect()
}

fn unit_table(target: &TargetForecast, lang: Lang) -> Option<String> {
    let drop =
        |unit: &UnitForecast| unit.met - unit.ahead.iter().min().copied().unwrap_or(unit.met);
    let mut falling: Vec<_> = target.units.iter().filter(|unit| drop(unit) > 0).collect();
    falling.sort_by_key(|unit| std::cmp::Reverse(drop(unit)));
    if falling.is_empty() {
        return None;
    }
    let fixed = match lang {
        Lang::Vi => ["Đơn vị", "Tổng số", "Hiện nay"],
        Lang::En => ["Unit", "Members", "Now"],
    };
    let mut sheet = table(fixed);
    let ahead = target.horizons.iter().map(|one| horizon(one, lang));
    sheet.set_header(fixed.map(str::to_owned).into_iter().chain(ahead));
    for unit in falling.iter().take(MOST) {
        let name = unit.unit.clone().unwrap_or_else(dash);
        let counts = [unit.members, unit.met].into_iter().chain(unit.ahead.iter().copied());
        sheet.add_row(std::iter::once(name).chain(counts.map(|count| number(count, lang))));
    }
    let rest = match (falling.len().saturating_sub(MOST), lang) {
        (0, _) => String::new(),
        (others, Lang::Vi) => format!("và {others} đơn vị khác (xem --json)\n"),
        (others, Lang::En) => format!("and {others} other units (see --json)\n"),
    };
    Some(format!("\n{}\n{sheet}\n{rest}", target.title.get(lang)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fleet::Fleet;
    use crate::policy::fixtures::{NOW, set};
    use crate::policy::{JudgeClock, Roll};

    #[test]
    fn a_goal_is_written_as_each_language_writes_a_percentage() {
        let fleet = Fleet::new(Vec::new());
        let roll = Roll::call(Arc::new(set("", &[])), &fleet, JudgeClock::at(NOW));
        let forecast = Forecast::of(&roll, &fleet, &[30], None);
        let [vi, en] = [Lang::Vi, Lang::En].map(|lang| sheet(&forecast, lang));
        assert!(vi.contains("100 %"), "{vi}");
        assert!(en.contains("100%") && !en.contains(" %"), "{en}");
    }
}
