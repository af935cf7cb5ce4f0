//! What one rule asks and says of everyone, for people.

use report::Lang;

use super::{dash, list, local, out, out_json, sample_note, side, table};
use crate::policy::explanation::{Asked, RuleExplanation, Said};
use crate::policy::words::number;

/// How many units are told.
const MOST: usize = 15;

pub(in crate::cli) fn rule(told: &RuleExplanation, json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(told);
    }
    out(&sheet(told, lang));
    Ok(())
}

fn sheet(told: &RuleExplanation, lang: Lang) -> String {
    let parts = [
        head(told, lang),
        asked(told, lang),
        rulings(told, lang),
        members(told, lang),
        remedy(told, lang),
        sample_note(told.sample, lang).to_owned(),
    ];
    parts.concat()
}

fn head(told: &RuleExplanation, lang: Lang) -> String {
    let (title, severity) = (told.title.get(lang), told.severity.label(lang));
    let applies: Vec<_> = told.applies.iter().map(|one| one.get(lang)).collect();
    let applies = match applies.is_empty() {
        true => side(["mọi máy tính", "every machine"], lang).to_owned(),
        false => applies.join("; "),
    };
    let waivable = match told.waivable {
        true => side(["được phép có ngoại lệ", "may be waived"], lang),
        false => side(["không cho phép ngoại lệ", "may not be waived"], lang),
    };
    let mut lines = vec![
        format!("{}: {title} ({severity}, {waivable})", told.rule),
        labelled(["Căn cứ", "Source"], &told.source.join("; "), lang),
        labelled(["Áp dụng cho", "Applies to"], &applies, lang),
        labelled(["Tệp", "File"], &told.file, lang),
    ];
    lines.extend(told.in_force.map(|in_force| {
        let [since, unchanged] =
            [in_force.since, in_force.unchanged_since].map(|at| local(at, lang));
        match lang {
            Lang::Vi => format!("Có hiệu lực từ: {since}; nội dung hiện tại từ: {unchanged}"),
            Lang::En => format!("In force since: {since}; as it stands now since: {unchanged}"),
        }
    }));
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

fn labelled(label: [&'static str; 2], text: &str, lang: Lang) -> String {
    format!("{}: {text}", side(label, lang))
}

fn asked(told: &RuleExplanation, lang: Lang) -> String {
    let line = |asked: &Asked| {
        let levels: Vec<_> = asked.levels.iter().map(|level| level_name(*level, lang)).collect();
        let levels = match told.asked.len() {
            1 => side(["mọi cấp độ", "every level"], lang).to_owned(),
            _ => levels.join(", "),
        };
        format!("{levels}: {}", asked.required.get(lang))
    };
    let lines: Vec<_> = told.asked.iter().map(line).collect();
    format!(
        "\n{}:\n{}",
        side(["Yêu cầu theo cấp độ", "Required at each level"], lang),
        list(&lines)
    )
}

fn level_name(level: Option<u8>, lang: Lang) -> String {
    match level {
        Some(level) => level.to_string(),
        None => side(["chưa xác định", "not determined"], lang).to_owned(),
    }
}

/// Those units first in which it fails or says nothing of most.
fn rulings(told: &RuleExplanation, lang: Lang) -> String {
    let heading = match lang {
        Lang::Vi => ["", "Đạt", "Chưa đạt", "Chưa rõ", "Ngoại lệ", "Không áp dụng"],
        Lang::En => ["", "Pass", "Fail", "Unknown", "Waived", "Not applicable"],
    };
    let mut sheet = table(heading);
    sheet.add_row(row(side(["Tất cả", "Everyone"], lang).to_owned(), told.everyone, lang));
    for one in &told.levels {
        let level = level_name(one.level, lang);
        let name = format!("{} {level}", side(["cấp độ", "level"], lang));
        sheet.add_row(row(name, one.said, lang));
    }
    let mut units: Vec<_> = told.units.iter().collect();
    units.sort_by_key(|one| std::cmp::Reverse(one.said.fail + one.said.unknown));
    for one in units.iter().take(MOST) {
        let name = one.unit.clone().unwrap_or_else(dash);
        sheet.add_row(row(name, one.said, lang));
    }
    let rest = match (units.len().saturating_sub(MOST), lang) {
        (0, _) => String::new(),
        (others, Lang::Vi) => format!("và {others} đơn vị khác (xem --json)\n"),
        (others, Lang::En) => format!("and {others} other units (see --json)\n"),
    };
    format!("\n{sheet}\n{rest}")
}

fn row(name: String, said: Said, lang: Lang) -> [String; 6] {
    let [pass, fail, unknown, waived, not_applicable] =
        [said.pass, said.fail, said.unknown, said.waived, said.not_applicable]
            .map(|count| number(count, lang));
    [name, pass, fail, unknown, waived, not_applicable]
}

fn members(told: &RuleExplanation, lang: Lang) -> String {
    let mut lines = Vec::new();
    if told.failing.count > 0 {
        lines.push(labelled(["Chưa đạt", "Fails on"], &told.failing.words(lang), lang));
    }
    if told.waived.count > 0 {
        lines.push(labelled(["Được ngoại lệ", "Waived"], &told.waived.words(lang), lang));
    }
    for unsaid in &told.unknown {
        let (why, members) = (unsaid.why.get(lang), unsaid.members.words(lang));
        lines.push(format!("{} – {why}: {members}", side(["Chưa rõ", "Unknown"], lang)));
        lines.push(format!("  → {}", unsaid.remedy.get(lang)));
    }
    if lines.is_empty() { String::new() } else { format!("\n{}", list(&lines)) }
}

fn remedy(told: &RuleExplanation, lang: Lang) -> String {
    format!("\n{}\n", labelled(["Cách khắc phục", "Remedy"], told.remedy.get(lang), lang))
}
