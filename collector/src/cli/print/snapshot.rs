//! Snapshots, for people.

use report::Lang;

use super::{dash, local, out, out_json, sample_note, side, table, visible};
use crate::admin::snapshots::SnapshotView;
use crate::policy::posture::Tally;
use crate::policy::words;
use crate::snapshot::outcomes::TargetFigures;
use crate::snapshot::{Entry, Outcomes, Verification};
use crate::store::LoggedEntry;
use report::State;

pub(in crate::cli) fn snapshot_made(entry: &Entry, lang: Lang) {
    let (id, at) = (entry.id, local(entry.cover.at, lang));
    out(&match lang {
        Lang::Vi => {
            format!("Đã chốt số liệu đến {at}, bản chốt số {id}, mã băm {}\n", entry.digest)
        }
        Lang::En => format!("Kept snapshot {id} of {at}, digest {}\n", entry.digest),
    });
}

pub(in crate::cli) fn snapshots(entries: &[Entry], json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(entries);
    }
    let mut table = table(match lang {
        Lang::Vi => ["Số", "Số liệu đến", "Kỳ chốt", "Lập lúc", "Người lập", "Phiên bản"],
        Lang::En => ["No.", "As of", "Cut-off", "Made at", "By", "Version"],
    });
    for Entry { id, cover, .. } in entries {
        table.add_row([
            id.to_string(),
            local(cover.at, lang),
            cut_off(cover.cut_off.as_deref(), lang),
            local(cover.made_at, lang),
            visible(&cover.actor),
            format!("{}/{}", cover.version, cover.judge),
        ]);
    }
    out(&format!("{table}\n"));
    Ok(())
}

/// Beside the list, so that a program reads the list alone.
pub(in crate::cli) fn lost_snapshots(lost: &[LoggedEntry], lang: Lang) {
    for entry in lost {
        tracing::error!("{}", lost_snapshot(entry, lang));
    }
}

pub(super) fn lost_snapshot(entry: &LoggedEntry, lang: Lang) -> String {
    let LoggedEntry { number, at, subject, .. } = entry;
    let (subject, at) = (visible(subject), local(*at, lang));
    match lang {
        Lang::Vi => format!(
            "bản chốt {subject} lập lúc {at} (mục {number} của nhật ký kiểm toán) không còn trong kho \
             dữ liệu: đã bị lấy đi hoặc bị sửa"
        ),
        Lang::En => format!(
            "the snapshot of {subject}, made at {at} (entry {number} of the audit log), is no longer \
             in the store: it was taken out or changed"
        ),
    }
}

fn cut_off(date: Option<&str>, lang: Lang) -> String {
    match date.map(|date| (date, date.parse().ok())) {
        None => dash(),
        Some((_, Some(date))) => words::date(date, lang),
        Some((text, None)) => visible(text),
    }
}

pub(in crate::cli) fn snapshot(
    snapshot: &SnapshotView,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(snapshot);
    }
    let SnapshotView { entry, outcomes } = snapshot;
    out(&format!("{}\n{}", head(entry, lang), figures(outcomes, lang)));
    Ok(())
}

fn head(entry: &Entry, lang: Lang) -> String {
    let Entry { id, cover, digest, .. } = entry;
    let facts = [
        (["Bản chốt số", "Snapshot"], id.to_string()),
        (["Số liệu đến", "As of"], local(cover.at, lang)),
        (["Kỳ chốt", "Cut-off"], cut_off(cover.cut_off.as_deref(), lang)),
        (["Lập lúc", "Made at"], format!("{} ({})", local(cover.made_at, lang), cover.actor)),
        (["Bộ chính sách", "Policies"], cover.policies.clone()),
        (["Phiên bản", "Version"], format!("{}/{}", cover.version, cover.judge)),
        (["Mã băm", "Digest"], digest.clone()),
        (["Đầu nhật ký", "Head"], cover.head.clone()),
    ];
    let width = facts.iter().map(|(label, _)| side(*label, lang).chars().count()).max();
    let width = width.unwrap_or_default();
    let line = |(label, value): ([_; 2], String)| {
        format!("{:width$}  {}\n", side(label, lang), visible(&value))
    };
    facts.map(line).concat()
}

fn figures(outcomes: &Outcomes, lang: Lang) -> String {
    let mut targets = table(match lang {
        Lang::Vi => ["Chỉ tiêu", "Đạt", "Tổng số", "Tỷ lệ", "Theo kê khai", "Mục tiêu", "Kết luận"],
        Lang::En => ["Target", "Met", "Members", "Share", "Declared", "Goal", "Conclusion"],
    });
    for target in &outcomes.targets {
        targets.add_row(target_row(target, lang));
    }
    let mut states =
        table([side(["Trạng thái", "State"], lang), side(["Số máy tính", "Machines"], lang)]);
    for state in State::ALL {
        if let Some(count) = outcomes.states.get(state.name()) {
            states.add_row([state.label(lang).to_owned(), words::number(*count, lang)]);
        }
    }
    format!("{targets}\n{states}\n{}", sample_note(outcomes.sample, lang))
}

fn target_row(target: &TargetFigures, lang: Lang) -> [String; 7] {
    let conclusion = match target.met_goal {
        true => side(["Đạt", "met"], lang),
        false => side(["Chưa đạt", "not met"], lang),
    };
    let tally = Tally { members: target.members, met: target.met };
    [
        target.title.get(lang).to_owned(),
        words::number(target.met, lang),
        words::number(target.members, lang),
        tally.share(lang).unwrap_or_else(dash),
        words::number(target.attested, lang),
        words::whole_percent(target.goal, lang),
        conclusion.to_owned(),
    ]
}

pub(in crate::cli) fn verification(
    verification: &Verification,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(verification);
    }
    out(&verified(verification, lang));
    Ok(())
}

fn verified(verification: &Verification, lang: Lang) -> String {
    let Verification { entry, findings, other_judge } = verification;
    let mut text = head(entry, lang);
    if let Some((version, judge)) = other_judge {
        text += &match lang {
            Lang::Vi => format!("Bản này do phiên bản khác lập; kiểm tra bằng {version}/{judge}\n"),
            Lang::En => format!("Another version made it; verified by {version}/{judge}\n"),
        };
    }
    let conclusion = match findings.is_empty() {
        true => [
            "KHỚP: tính lại từ dữ liệu đã lưu ra đúng các số liệu này, không có gì bị sửa",
            "GOOD: judged again, what is kept gives these figures, and nothing was changed",
        ],
        false => ["KHÔNG KHỚP:", "NOT GOOD:"],
    };
    text += &format!("\n{}\n", side(conclusion, lang));
    for finding in findings {
        text += &format!("- {}\n", finding.words(lang));
    }
    text
}
