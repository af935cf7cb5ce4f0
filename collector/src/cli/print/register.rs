//! What the `register` commands print.

use std::path::Path;

use comfy_table::ColumnConstraint;
use report::{Bilingual, Lang};

use super::{or_dash, out, out_json, sample_note, side, table};
use crate::admin::register::{Differing, Matching, Outsider, Said};
use crate::policy::words;
use crate::register::check::{Examination, Finding, Subject, UnitRows};
use crate::register::import::{Ambiguous, By, Candidate, Changed, Import};

/// How many lines of each list are printed; all of them are in the JSON.
const MOST_LINES: usize = 30;

pub(in crate::cli) fn import(
    import: &Import,
    policies: &Path,
    dry_run: bool,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(import);
    }
    out(&read_words(import, lang));
    out(&lists(import, lang));
    out(&totals(import, lang));
    out(&outcome(import, policies, dry_run, lang));
    out(sample_note(import.sample, lang));
    Ok(())
}

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

pub(in crate::cli) fn matching(matching: &Matching, json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(matching);
    }
    let outside = matching.outside.iter().map(|one| outsider(one, lang));
    let unclaimed = matching
        .unclaimed
        .iter()
        .map(|one| [one.id.clone(), one.unit.clone(), said(&one.marks, lang)]);
    let differing = matching.differing.iter().map(|one| differing(one, lang));
    out(&[
        list(
            ["Máy ngoài sổ", "Máy tự khai", "Có thể là", "Việc cần làm"],
            ["Outside the register", "It says", "It may be", "What to do"],
            outside,
            lang,
        ),
        list(
            ["Dòng chưa có máy", "Đơn vị", "Nhận biết bằng"],
            ["Row without a machine", "Unit", "Known by"],
            unclaimed,
            lang,
        ),
        list(
            ["Dòng khác với máy", "Mục", "Trong sổ", "Máy tự khai"],
            ["Row unlike its machine", "What", "Register", "Machine"],
            differing,
            lang,
        ),
        lines_to_add(matching, lang),
        match_totals(matching, lang),
    ]
    .concat());
    out(sample_note(matching.sample, lang));
    Ok(())
}

/// Rows that could be added, to be copied.
fn lines_to_add(matching: &Matching, lang: Lang) -> String {
    let lines: Vec<_> = matching.outside.iter().filter_map(|one| one.line.as_deref()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let label = side(["Dòng để thêm vào machines.csv", "Lines to add to machines.csv"], lang);
    let first: String = lines.iter().take(MOST_LINES).map(|line| shown(line) + "\n").collect();
    format!("{label}:\n{first}{}\n", more(lines.len(), lang))
}

fn match_totals(matching: &Matching, lang: Lang) -> String {
    let count = |list: usize| words::number(list.try_into().unwrap_or(u64::MAX), lang);
    let [outside, unclaimed, differing] =
        [matching.outside.len(), matching.unclaimed.len(), matching.differing.len()].map(count);
    match lang {
        Lang::Vi => format!(
            "máy ngoài sổ: {outside} · dòng chưa có máy: {unclaimed} · khác nhau: {differing}\n"
        ),
        Lang::En => format!(
            "outside: {outside} · rows without a machine: {unclaimed} · differing: {differing}\n"
        ),
    }
}

fn outsider(one: &Outsider, lang: Lang) -> [String; 4] {
    let id = one.id.to_string();
    let former = one.former_row.as_ref().map(|row| match lang {
        Lang::Vi => format!("\n(dòng cũ {row})"),
        Lang::En => format!("\n(formerly {row})"),
    });
    let junk = match one.junk.as_slice() {
        [] => String::new(),
        junk => {
            let label = side(["không chỉ máy nào", "names no machine"], lang);
            format!("\n{label}: {}", shown(&junk.join(", ")))
        }
    };
    let each = |candidate: &Candidate| format!("{} ({})", candidate.id, candidate.by.label(lang));
    let candidates: Vec<_> = one.candidates.iter().map(each).collect();
    [
        id + &former.unwrap_or_default(),
        said(&one.said, lang) + &junk,
        candidates.join("\n"),
        one.remedy.get(lang).to_owned(),
    ]
}

fn said(said: &Said, lang: Lang) -> String {
    let parts = [
        (By::Serial, &said.serial),
        (By::AssetTag, &said.asset_tag),
        (By::HostName, &said.host_name),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(by, text)| Some(format!("{}: {}", by.label(lang), shown(text.as_deref()?))));
    parts.collect::<Vec<_>>().join("\n")
}

fn differing(one: &Differing, lang: Lang) -> [String; 4] {
    let elsewhere = one.elsewhere.as_ref().map(|row| match lang {
        Lang::Vi => format!(" (là của dòng {row})"),
        Lang::En => format!(" (that of {row})"),
    });
    [
        one.id.clone(),
        one.by.label(lang).to_owned(),
        or_dash(one.register.as_deref()),
        shown(&one.machine) + &elsewhere.unwrap_or_default(),
    ]
}

/// What was read of the sheet, so that a misread column is seen.
fn read_words(import: &Import, lang: Lang) -> String {
    let columns = import.columns.iter().map(|column| {
        format!("{} “{}” → {}", column.letter, shown(&column.heading), column.column)
    });
    let columns = columns.collect::<Vec<_>>().join("; ");
    let (sheet, header) = (shown(&import.sheet), import.header_row);
    let mut text = match lang {
        Lang::Vi => format!("Bảng “{sheet}”, tiêu đề cột ở dòng {header}: {columns}\n"),
        Lang::En => format!("Sheet “{sheet}”, headings in row {header}: {columns}\n"),
    };
    if !import.unread.is_empty() {
        let unread: Vec<_> = import.unread.iter().map(|heading| shown(heading)).collect();
        let unread = unread.join(", ");
        text += &side_of(["Không đọc các cột", "Columns not read"], &unread, lang);
    }
    for row in import.passed_over.iter().take(MOST_LINES) {
        let (number, why) = (row.row, row.why.get(lang));
        let label = side(["Bỏ qua dòng", "Row passed over:"], lang);
        text += &format!("{label} {number} ({why}): {}\n", shown(&row.text));
    }
    text + &more(import.passed_over.len(), lang) + "\n"
}

fn side_of(label: [&'static str; 2], text: &str, lang: Lang) -> String {
    format!("{}: {text}\n", side(label, lang))
}

fn lists(import: &Import, lang: Lang) -> String {
    let place = |row: u32, column: Option<&str>| format!("{}{row}", column.unwrap_or_default());
    let said = |message: &Bilingual| shown(message.get(lang));
    let refused = import
        .refused
        .iter()
        .map(|one| [place(one.row, one.column.as_deref()), said(&one.message), said(&one.remedy)]);
    let added = import.added.iter().map(|one| {
        [
            place(one.row, None),
            one.id.clone(),
            format!("{}{}", one.unit, alike(one.like.as_deref(), lang)),
        ]
    });
    let ended = import
        .ended
        .iter()
        .map(|one| [one.id.clone(), one.unit.clone(), words::date(one.until, lang)]);
    let remarks =
        import.remarks.iter().map(|one| [place(one.row, Some(&one.column)), said(&one.message)]);
    [
        list(["Ô", "Bị từ chối", "Cách sửa"], ["Cell", "Refused", "What to do"], refused, lang),
        list(
            ["Dòng", "Chưa rõ là máy nào", "Cách sửa"],
            ["Row", "Not clear which machine", "What to do"],
            import.ambiguous.iter().map(|one| unclear(one, lang)),
            lang,
        ),
        list(["Dòng", "Thêm máy", "Đơn vị"], ["Row", "New machine", "Unit"], added, lang),
        list(
            ["Dòng", "Máy thay đổi", "Thay đổi"],
            ["Row", "Changed machine", "Change"],
            import.changed.iter().map(changed),
            lang,
        ),
        list(
            ["Máy kết thúc", "Đơn vị", "Đến hết ngày"],
            ["Ended machine", "Unit", "Last day"],
            ended,
            lang,
        ),
        list(["Ô", "Nên xem lại"], ["Cell", "Worth a look"], remarks, lang),
    ]
    .concat()
}

fn alike(like: Option<&str>, lang: Lang) -> String {
    let Some(id) = like else { return String::new() };
    match lang {
        Lang::Vi => format!(" (cùng tên máy với {id}, khác số sê-ri hoặc mã tài sản)"),
        Lang::En => format!(" (the host name of {id}, with other marks)"),
    }
}

fn unclear(one: &Ambiguous, lang: Lang) -> [String; 3] {
    let each = |candidate: &Candidate| {
        format!("{} ({}, {})", candidate.id, candidate.unit, candidate.by.label(lang))
    };
    let candidates: Vec<_> = one.candidates.iter().map(each).collect();
    let remedy = match lang {
        Lang::Vi => "ghi mã của máy đúng vào cột “Mã máy”, hoặc sửa sổ",
        Lang::En => "write the id of the right one into a column headed “id”, or mend the register",
    };
    [one.row.to_string(), candidates.join("; "), remedy.to_owned()]
}

fn changed(one: &Changed) -> [String; 3] {
    let fields = one.fields.iter().map(|field| {
        let before = if field.before.is_empty() { "–" } else { &field.before };
        format!("{}: {} → {}", field.field, shown(before), shown(&field.after))
    });
    [one.row.to_string(), one.id.clone(), fields.collect::<Vec<_>>().join("\n")]
}

fn totals(import: &Import, lang: Lang) -> String {
    let count = |list: usize| words::number(list.try_into().unwrap_or(u64::MAX), lang);
    let parts = [
        (["máy trong bảng", "machines in the sheet"], words::number(import.rows, lang)),
        (["thêm", "new"], count(import.added.len())),
        (["thay đổi", "changed"], count(import.changed.len())),
        (["không đổi", "unchanged"], words::number(import.unchanged, lang)),
        (["kết thúc", "ended"], count(import.ended.len())),
        (["chưa rõ", "not clear"], count(import.ambiguous.len())),
        (["bị từ chối", "refused"], count(import.refused.len())),
        (
            ["có trong sổ, không có trong bảng", "in the register and not in the sheet"],
            count(import.missing.len()),
        ),
    ];
    let parts = parts.map(|(label, count)| format!("{}: {count}", side(label, lang)));
    parts.join(" · ") + "\n"
}

fn outcome(import: &Import, policies: &Path, dry_run: bool, lang: Lang) -> String {
    let policies = policies.display();
    let is_blocked =
        !import.refused.is_empty() || (!import.ambiguous.is_empty() && !import.written);
    match (import.written, lang) {
        (true, Lang::Vi) => format!(
            "Đã ghi {policies}/register/machines.csv. Tiếp theo: lachan-collector policy plan \
             {policies}\n"
        ),
        (true, Lang::En) => format!(
            "Wrote {policies}/register/machines.csv. Next: lachan-collector policy plan {policies}\n"
        ),
        (false, Lang::Vi) if is_blocked => "CHƯA GHI GÌ: sửa các dòng trên rồi chạy lại; \
            --skip-ambiguous để bỏ riêng các dòng chưa rõ.\n"
            .to_owned(),
        (false, Lang::En) if is_blocked => "NOTHING WRITTEN: mend the rows above and run this \
            again; --skip-ambiguous leaves out those that are not clear.\n"
            .to_owned(),
        (false, Lang::Vi) if dry_run => "Chạy thử: chưa ghi gì.\n".to_owned(),
        (false, Lang::En) if dry_run => "A dry run: nothing written.\n".to_owned(),
        (false, Lang::Vi) => "Sổ đã đúng như bảng: không ghi gì.\n".to_owned(),
        (false, Lang::En) => "The register says it already: nothing written.\n".to_owned(),
    }
}

/// A list under its own header, the first lines of it; nothing where it is empty.
fn list<const N: usize>(
    vi: [&str; N],
    en: [&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
    lang: Lang,
) -> String {
    let count = rows.len();
    if count == 0 {
        return String::new();
    }
    let mut lines = table(words::pick([vi, en], lang));
    for row in rows.take(MOST_LINES) {
        lines.add_row(row);
    }
    // What is copied into another command or file is not broken over lines.
    if let Some(names) = lines.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    format!("{lines}\n{}\n", more(count, lang))
}

fn more(count: usize, lang: Lang) -> String {
    let Some(rest) = count.checked_sub(MOST_LINES).filter(|rest| *rest > 0) else {
        return String::new();
    };
    let rest = words::number(rest.try_into().unwrap_or(u64::MAX), lang);
    match lang {
        Lang::Vi => format!("… và {rest} dòng nữa (--json có đủ)\n"),
        Lang::En => format!("… and {rest} more (--json has all)\n"),
    }
}

/// A spreadsheet's text on a terminal: nothing in it steers the terminal.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
