//! The posture of everyone, for people.

use comfy_table::ColumnConstraint;
use report::{Lang, State};

use super::{dash, local, out, out_json, sample_note, side, table, table_of, width};
use crate::admin::views::unit::UnitPosture;
use crate::admin::views::{PostureView, TargetView};
use crate::policy::posture::Tally;
use crate::policy::words;

/// Where what is attested stands.
const DECLARED_COLUMN: usize = 4;

pub(in crate::cli) fn posture(posture: &PostureView, json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(posture);
    }
    out(&sheet(posture, lang));
    Ok(())
}

pub(in crate::cli) fn unit_posture(
    posture: &UnitPosture,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(posture);
    }
    let name = posture.unit.name.get(lang);
    let whose = match lang {
        Lang::Vi => format!("{name} (gồm các đơn vị trực thuộc)"),
        Lang::En => format!("{name} (with every unit below it)"),
    };
    out(&format!("{whose}\n{}{}", sheet(&posture.posture, lang), trend(posture, lang)));
    Ok(())
}

/// The share of each target at the last cut-offs; nothing where nothing is known of them.
fn trend(posture: &UnitPosture, lang: Lang) -> String {
    if posture.trend.is_empty() {
        return String::new();
    }
    let room = usize::from(width());
    let dates: Vec<_> = posture.trend.iter().map(|point| local(point.at, lang)).collect();
    let days = dates.iter().map(|date| date.split(' ').next().unwrap_or_default());
    let mut table = table_of([side(["Chỉ tiêu", "Target"], lang)].into_iter().chain(days), room);
    for target in &posture.posture.targets {
        let then = posture.trend.iter().map(|point| {
            let come = point.targets.get(&target.target);
            let tally = come.map(|come| Tally { members: come.members, met: come.met });
            tally.and_then(|tally| tally.share(lang)).unwrap_or_else(dash)
        });
        table.add_row([target.title.get(lang).to_owned()].into_iter().chain(then));
    }
    let heading = side(["Tại các kỳ chốt số liệu trước", "At the last cut-offs"], lang);
    format!("\n{heading}\n{table}\n")
}

fn sheet(posture: &PostureView, lang: Lang) -> String {
    let (targets, states) = (targets(posture, lang), states(posture, lang));
    let (folder, sample) = (folder_notes(posture, lang), sample_note(posture.sample, lang));
    format!("{folder}{targets}\n{states}{sample}")
}

/// What keeps the folder from being what everyone is judged by. It stands first: the numbers are
/// not those of the files that the officer looks at.
fn folder_notes(posture: &PostureView, lang: Lang) -> String {
    let held = match (&posture.held, lang) {
        (None, _) => String::new(),
        (Some(hash), Lang::Vi) => format!(
            "CẢNH BÁO: bộ chính sách {hash} ĐANG CHỜ DUYỆT, số liệu theo bộ cũ; xem: \
             lachan-collector policy plan\n"
        ),
        (Some(hash), Lang::En) => format!(
            "WARNING: the policy set {hash} is HELD, the numbers are by the one before; see: \
             lachan-collector policy plan\n"
        ),
    };
    let faulty = match (posture.faulty, lang) {
        (false, _) => "",
        (true, Lang::Vi) => {
            "CẢNH BÁO: thư mục chính sách CÓ LỖI hoặc chưa áp dụng được, số liệu theo bộ hợp lệ \
             gần nhất; xem: lachan-collector policy check THƯ_MỤC\n"
        }
        (true, Lang::En) => {
            "WARNING: the policies folder is FAULTY or could not take effect, the numbers are by \
             the last good set; see: lachan-collector policy check FOLDER\n"
        }
    };
    format!("{held}{faulty}")
}

/// What is attested has a column where there is any of it.
fn targets(posture: &PostureView, lang: Lang) -> String {
    let mut targets = table(match lang {
        Lang::Vi => ["Chỉ tiêu", "Đạt", "Tổng số", "Tỷ lệ", "Theo kê khai", "Mục tiêu", "Kết luận"],
        Lang::En => ["Target", "Met", "Members", "Share", "Declared", "Goal", "Conclusion"],
    });
    for target in &posture.targets {
        targets.add_row(target_row(target, lang));
    }
    if posture.targets.iter().all(|target| target.attested == 0)
        && let Some(declared) = targets.column_mut(DECLARED_COLUMN)
    {
        declared.set_constraint(ColumnConstraint::Hidden);
    }
    let counted = posture.targets.iter().any(|target| target.counts_attested);
    format!("{targets}\n{}", if counted { attested_note(lang) } else { "" })
}

fn attested_note(lang: Lang) -> &'static str {
    let words = [
        "Kết luận tính cả số liệu theo kê khai; cột Đạt và Tỷ lệ thì không.\n",
        "The conclusion counts what is attested (declared) too; met and share do not.\n",
    ];
    side(words, lang)
}

fn target_row(target: &TargetView, lang: Lang) -> [String; 7] {
    let conclusion = match target.met_goal {
        true => side(["Đạt", "met"], lang),
        false => side(["Chưa đạt", "not met"], lang),
    };
    let attested = Some(target.attested).filter(|attested| *attested > 0);
    [
        target.title.get(lang).to_owned(),
        words::number(target.met, lang),
        words::number(target.members, lang),
        Tally { members: target.members, met: target.met }.share(lang).unwrap_or_else(dash),
        attested.map_or_else(dash, |attested| words::number(attested, lang)),
        words::whole_percent(target.goal, lang),
        conclusion.to_owned(),
    ]
}

/// Declared machines are in no state: they stand below the table.
fn states(posture: &PostureView, lang: Lang) -> String {
    let mut states =
        table([side(["Trạng thái", "State"], lang), side(["Số máy tính", "Machines"], lang)]);
    for state in State::ALL {
        if let Some(count) = posture.states.get(state.name()) {
            states.add_row([state.label(lang).to_owned(), words::number(*count, lang)]);
        }
    }
    let heads = words::number(posture.declared, lang);
    let declared = match (posture.declared, lang) {
        (0, _) => String::new(),
        (_, Lang::Vi) => format!(
            "Máy kê khai, không cài tác tử: {heads} (có trong tổng số của chỉ tiêu về máy tính)\n"
        ),
        (_, Lang::En) => format!(
            "Declared machines, which carry no agent: {heads} (members of the targets about \
             machines)\n"
        ),
    };
    format!("{states}\n{declared}")
}

#[cfg(test)]
mod tests;
