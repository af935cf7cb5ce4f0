//! The register beside the machines.

use report::Lang;

use super::{MOST_LINES, list, more, or_dash, out, out_json, sample_note, side, visible};
use crate::admin::register::{Differing, Matching, Outsider, Said};
use crate::policy::words;
use crate::register::import::{By, Candidate};

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
    let first: String = lines.iter().take(MOST_LINES).map(|line| visible(line) + "\n").collect();
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
            format!("\n{label}: {}", visible(&junk.join(", ")))
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
    let parts = parts.into_iter().filter_map(|(by, text)| {
        Some(format!("{}: {}", by.label(lang), visible(text.as_deref()?)))
    });
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
        visible(&one.machine) + &elsewhere.unwrap_or_default(),
    ]
}
