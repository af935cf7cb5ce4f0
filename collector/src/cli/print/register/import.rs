//! What an import would change, or changed.

use std::path::Path;

use report::{Bilingual, Lang};

use super::{MOST_LINES, list, more, out, out_json, sample_note, side, visible};
use crate::policy::words;
use crate::register::import::{Ambiguous, Candidate, Changed, Import};

pub(in crate::cli) fn import(
    import: &Import,
    policies: &Path,
    write: bool,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(import);
    }
    out(&read_words(import, lang));
    out(&lists(import, lang));
    out(&totals(import, lang));
    out(&outcome(import, policies, write, lang));
    out(sample_note(import.sample, lang));
    Ok(())
}

/// Behind a row that was passed over and has a mark.
const MAY_BE_ONE: [&str; 2] = [" — CÓ THỂ LÀ MÁY: xem lại", " — MAY BE A MACHINE: look at it"];

/// What was read of the sheet, so that a misread column is seen.
fn read_words(import: &Import, lang: Lang) -> String {
    let columns = import.columns.iter().map(|column| {
        format!("{} “{}” → {}", column.letter, visible(&column.heading), column.column)
    });
    let columns = columns.collect::<Vec<_>>().join("; ");
    let (sheet, header) = (visible(&import.sheet), import.header_row);
    let mut text = match lang {
        Lang::Vi => format!("Bảng “{sheet}”, tiêu đề cột ở dòng {header}: {columns}\n"),
        Lang::En => format!("Sheet “{sheet}”, headings in row {header}: {columns}\n"),
    };
    if !import.unread.is_empty() {
        let unread: Vec<_> = import.unread.iter().map(|heading| visible(heading)).collect();
        let unread = unread.join(", ");
        text += &side_of(["Không đọc các cột", "Columns not read"], &unread, lang);
    }
    for row in import.passed_over.iter().take(MOST_LINES) {
        let (number, why) = (row.row, row.why.get(lang));
        let label = side(["Bỏ qua dòng", "Row passed over:"], lang);
        let doubt = if row.has_mark { side(MAY_BE_ONE, lang) } else { "" };
        text += &format!("{label} {number} ({why}): {}{doubt}\n", visible(&row.text));
    }
    text + &more(import.passed_over.len(), lang) + "\n"
}

fn side_of(label: [&'static str; 2], text: &str, lang: Lang) -> String {
    format!("{}: {text}\n", side(label, lang))
}

fn lists(import: &Import, lang: Lang) -> String {
    let place = |row: u32, column: Option<&str>| format!("{}{row}", column.unwrap_or_default());
    let said = |message: &Bilingual| visible(message.get(lang));
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
        format!("{}: {} → {}", field.field, visible(before), visible(&field.after))
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

fn outcome(import: &Import, policies: &Path, write: bool, lang: Lang) -> String {
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
        (false, Lang::Vi) if !write => {
            "Mới chỉ xem trước, CHƯA ghi gì: chạy lại với --write để ghi.\n".to_owned()
        }
        (false, Lang::En) if !write => {
            "Only shown, nothing written: run this again with --write.\n".to_owned()
        }
        (false, Lang::Vi) => "Sổ đã đúng như bảng: không ghi gì.\n".to_owned(),
        (false, Lang::En) => "The register says it already: nothing written.\n".to_owned(),
    }
}

#[cfg(test)]
mod tests;
