//! What is in the register, and what deserves a look.

use report::Lang;

use super::{MOST_LINES, more, out, out_json, sample_note, side, table};
use crate::policy::words;
use crate::register::check::{Examination, Finding, Subject, UnitRows};

pub(in crate::cli) fn examination(
    examination: &Examination,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(examination);
    }
    out(&units(examination, lang));
    for finding in &examination.findings {
        out(&finding_words(finding, lang));
    }
    out(sample_note(examination.sample, lang));
    Ok(())
}

/// The machines of each unit, and their sums.
fn units(examination: &Examination, lang: Lang) -> String {
    let mut rows = table(match lang {
        Lang::Vi => ["Đơn vị", "Tên", "Máy trạm", "Máy chủ", "Kê khai"],
        Lang::En => ["Unit", "Name", "Workstations", "Servers", "Declared"],
    });
    let number = |count: u64| words::number(count, lang);
    for unit in &examination.units {
        rows.add_row([
            unit.unit.clone(),
            unit.name.get(lang).to_owned(),
            number(unit.workstations),
            number(unit.servers),
            number(unit.declared),
        ]);
    }
    let sum = |count: fn(&UnitRows) -> u64| number(examination.units.iter().map(count).sum());
    rows.add_row([
        side(["Tổng cộng", "Total"], lang).to_owned(),
        String::new(),
        sum(|unit| unit.workstations),
        sum(|unit| unit.servers),
        sum(|unit| unit.declared),
    ]);
    let (day, systems) = (words::date(examination.on, lang), number(examination.systems));
    match lang {
        Lang::Vi => format!("{rows}\nNgày {day} · {systems} hệ thống thông tin\n"),
        Lang::En => format!("{rows}\nOn {day} · {systems} information systems\n"),
    }
}

fn finding_words(finding: &Finding, lang: Lang) -> String {
    let [what, remedy] = finding.what.words();
    let count = words::number(finding.subjects.len().try_into().unwrap_or(u64::MAX), lang);
    let each = |subject: &Subject| match &subject.detail {
        Some(detail) => format!("  {} ({})\n", subject.id, detail.get(lang)),
        None => format!("  {}\n", subject.id),
    };
    let subjects: String = finding.subjects.iter().take(MOST_LINES).map(each).collect();
    let rest = more(finding.subjects.len(), lang);
    format!("\n{count} {}\n→ {}\n{subjects}{rest}", what.get(lang), remedy.get(lang))
}
