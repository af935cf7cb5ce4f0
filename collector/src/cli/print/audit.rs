//! The logs in words.

use report::Lang;

use super::snapshot::lost_snapshot;
use super::{local, out, out_json, side, table, visible};
use crate::admin::audit::AuditPage;
use crate::audit::Action;
use crate::audit::head::Head;
use crate::audit::verification::{Finding, HeadCheck, HeadFinding, LogCheck, Verification};
use crate::policy::words;
use crate::store::{Log, LoggedEntry};

pub(in crate::cli) fn audit_head(head: &Head, json: bool) -> anyhow::Result<()> {
    if json {
        return out_json(head);
    }
    out(&format!("{head}\n"));
    Ok(())
}

pub(in crate::cli) fn audit_entries(
    page: &AuditPage,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(page);
    }
    out(&list(page, lang));
    Ok(())
}

fn list(page: &AuditPage, lang: Lang) -> String {
    let mut table = table(match lang {
        Lang::Vi => ["Số", "Thời điểm", "Người thực hiện", "Việc", "Đối tượng", "Chi tiết"],
        Lang::En => ["No.", "When", "Who", "What", "To what", "Detail"],
    });
    for entry in &page.entries {
        let LoggedEntry { number, at, actor, action, subject, detail } = entry;
        table.add_row([
            number.to_string(),
            local(*at, lang),
            visible(actor),
            deed(action, lang),
            visible(subject),
            visible(detail),
        ]);
    }
    let older = words::number(page.left_out, lang);
    let note = match (page.left_out, lang) {
        (0, _) => String::new(),
        (_, Lang::Vi) => format!("Còn {older} mục cũ hơn không hiển thị: hãy lọc hẹp hơn.\n"),
        (_, Lang::En) => format!("{older} older entries are left out: ask for fewer.\n"),
    };
    format!("{table}\n{note}")
}

fn deed(name: &str, lang: Lang) -> String {
    match Action::ALL.iter().find(|action| action.name() == name) {
        Some(action) => side(label(*action), lang).to_owned(),
        None => visible(name),
    }
}

fn label(action: Action) -> [&'static str; 2] {
    match action {
        Action::Started => ["bắt đầu chạy", "started"],
        Action::TokenCreated => ["tạo mã ghi danh", "token created"],
        Action::TokensCreated => ["tạo nhiều mã ghi danh", "tokens created"],
        Action::TokenRevoked => ["thu hồi mã ghi danh", "token revoked"],
        Action::Enrolled => ["máy tính ghi danh", "machine enrolled"],
        Action::EnrolledPending => ["máy tính ghi danh, chờ duyệt", "machine enrolled, pending"],
        Action::Approved => ["duyệt máy tính chờ", "pending machine approved"],
        Action::Rejected => ["không duyệt máy tính chờ", "pending machine rejected"],
        Action::Renewed => ["gia hạn chứng thư", "certificate renewed"],
        Action::Revoked => ["thu hồi danh tính", "identity revoked"],
        Action::Superseded => ["thay thế danh tính", "identity superseded"],
        Action::Restored => {
            ["máy tính được khôi phục từ bản sao lưu", "machine restored from a backup"]
        }
        Action::CloneSeen => ["nghi bị nhân bản", "clone seen"],
        Action::Refused => ["từ chối", "refused"],
        Action::Imported => ["nhập báo cáo từ tệp", "report imported from a file"],
        Action::PoliciesInForce => ["bộ chính sách có hiệu lực", "policies in force"],
        Action::PoliciesRefused => ["bộ chính sách có lỗi, không dùng", "faulty policies not used"],
        Action::PoliciesHeld => ["bộ chính sách chờ xác nhận", "policies held"],
        Action::PoliciesAccepted => ["xác nhận bộ chính sách", "policies accepted"],
        Action::PoliciesWithdrawn => ["rút bộ chính sách đang chờ", "held policies withdrawn"],
        Action::SnapshotMade => ["chốt số liệu", "snapshot made"],
        Action::Simulated => ["dữ liệu mô phỏng", "simulated"],
        Action::AuditKeyMade => ["tạo khóa ký nhật ký", "audit key made"],
        Action::AuthorityMade => ["tạo cơ quan cấp chứng thư", "authority made"],
        Action::AuthorityRetired => ["thôi dùng cơ quan cấp chứng thư", "authority retired"],
    }
}

pub(in crate::cli) fn audit_verification(
    found: &Verification,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(found);
    }
    out(&verification(found, lang));
    Ok(())
}

fn verification(found: &Verification, lang: Lang) -> String {
    let logs = found.logs.iter().map(|check| log(check, lang));
    let logs: String = logs.collect();
    let lost = found.lost_snapshots.iter();
    let lost: String = lost.map(|entry| format!("  - {}\n", lost_snapshot(entry, lang))).collect();
    logs + &heads(&found.heads, lang) + &lost + conclusion(found, lang)
}

fn conclusion(found: &Verification, lang: Lang) -> &'static str {
    if found.proves_nothing() {
        let words = [
            "KHÔNG KẾT LUẬN được: chuỗi mã băm liền mạch, nhưng mốc đối chiếu không có chữ ký hợp lệ; \
             xem lại có chép nhầm không.\n",
            "NO conclusion: the chain is unbroken, but the head has no valid signature; look whether \
             it was copied right.\n",
        ];
        return side(words, lang);
    }
    let words = match (found.is_good(), found.heads.iter().any(|head| !head.kept)) {
        (false, _) => ["KHÔNG khớp: không còn như khi ghi.\n", "NOT intact.\n"],
        (true, true) => ["Khớp: nhật ký còn nguyên như khi ký.\n", "Intact.\n"],
        (true, false) => [
            "Khớp, nhưng chưa đối chiếu với mốc ký nào giữ ngoài máy này: ai sửa được kho dữ liệu \
             cũng bỏ được các mốc ký bên cạnh nó. Dùng --against.\n",
            "Intact, but held against no head that was kept elsewhere: whoever can change the store \
             can take out the heads beside it. Use --against.\n",
        ],
    };
    side(words, lang)
}

fn name(log: Log, lang: Lang) -> &'static str {
    side(
        match log {
            Log::Audit => ["Nhật ký kiểm toán", "Audit log"],
            Log::Verdicts => ["Nhật ký kết quả đánh giá", "Log of verdicts"],
        },
        lang,
    )
}

fn log(check: &LogCheck, lang: Lang) -> String {
    let (name, rows) = (name(check.log, lang), words::number(check.rows, lang));
    let mut text = match (check.findings.is_empty(), lang) {
        (true, Lang::Vi) => format!("{name}: {rows} dòng, chuỗi mã băm liền mạch\n"),
        (true, Lang::En) => format!("{name}: {rows} rows, the chain is unbroken\n"),
        (false, Lang::Vi) => format!("{name}: {rows} dòng, chuỗi mã băm BỊ ĐỨT\n"),
        (false, Lang::En) => format!("{name}: {rows} rows, the chain is BROKEN\n"),
    };
    for finding in &check.findings {
        text += &format!("  - {}\n", side_of(finding, lang));
    }
    let more = words::number(check.more, lang);
    text += &match (check.more, lang) {
        (0, _) => String::new(),
        (_, Lang::Vi) => format!("  - và {more} chỗ khác\n"),
        (_, Lang::En) => format!("  - and {more} more\n"),
    };
    text
}

fn side_of(finding: &Finding, lang: Lang) -> String {
    match (finding, lang) {
        (Finding::Changed { from, to }, Lang::Vi) => {
            let rows = span(*from, *to);
            format!("dòng {rows}, hoặc dòng ngay trước đó, không còn như khi ghi")
        }
        (Finding::Changed { from, to }, Lang::En) => {
            let rows = span(*from, *to);
            format!("row {rows}: it, or the one right before it, is not what was written")
        }
        (Finding::Missing { from, to }, Lang::Vi) => format!("mất dòng {}", span(*from, *to)),
        (Finding::Missing { from, to }, Lang::En) => format!("row {}: missing", span(*from, *to)),
        (Finding::Moved { number, was }, Lang::Vi) => {
            format!("dòng {number} mang nội dung đã ghi ở dòng {was}: bị đảo thứ tự")
        }
        (Finding::Moved { number, was }, Lang::En) => {
            format!("row {number}: out of order, it was written as row {was}")
        }
        (Finding::Stray { number }, Lang::Vi) => {
            format!("dòng {number} đứng trước dòng đầu tiên: bị chèn vào")
        }
        (Finding::Stray { number }, Lang::En) => {
            format!("row {number}: put in before the first one")
        }
        (Finding::Newest, Lang::Vi) => {
            "bảng dòng mới nhất của từng máy tính không khớp nhật ký: cuối nhật ký bị cắt, hoặc \
             bảng này bị sửa"
                .to_owned()
        }
        (Finding::Newest, Lang::En) => {
            "which row about each member is the newest does not fit the log: its end was cut off, \
             or that table was changed"
                .to_owned()
        }
    }
}

fn span(from: i64, to: i64) -> String {
    if from == to { from.to_string() } else { format!("{from}–{to}") }
}

fn heads(checks: &[HeadCheck], lang: Lang) -> String {
    let good = checks.iter().filter(|check| check.findings.is_empty()).count();
    let (good, all) = (words::number(good as u64, lang), words::number(checks.len() as u64, lang));
    let mut text = match lang {
        Lang::Vi => format!("Mốc ký: {good}/{all} khớp với nhật ký\n"),
        Lang::En => format!("Heads: {good} of {all} agree with the logs\n"),
    };
    for check in checks {
        for finding in &check.findings {
            text += &format!("  - {}: {}\n", origin(check, lang), contradiction(finding, lang));
        }
    }
    text
}

fn origin(check: &HeadCheck, lang: Lang) -> String {
    let at = local(check.head.at, lang);
    match (check.kept, lang) {
        (true, Lang::Vi) => format!("mốc ký {at} cạnh kho dữ liệu"),
        (true, Lang::En) => format!("the head of {at} beside the store"),
        (false, Lang::Vi) => format!("mốc ký {at} được đưa ra đối chiếu"),
        (false, Lang::En) => format!("the head of {at} that was brought"),
    }
}

fn contradiction(finding: &HeadFinding, lang: Lang) -> String {
    let lower = |log| match log {
        Log::Audit => side(["nhật ký kiểm toán", "the audit log"], lang),
        Log::Verdicts => side(["nhật ký kết quả đánh giá", "the log of verdicts"], lang),
    };
    match (finding, lang) {
        (HeadFinding::Unsigned, Lang::Vi) => "chữ ký không đúng: không chứng minh gì".to_owned(),
        (HeadFinding::Unsigned, Lang::En) => "its signature is wrong: it proves nothing".to_owned(),
        (HeadFinding::AnotherKey(key), Lang::Vi) => {
            format!("ký bằng khóa khác ({key}), không phải khóa của máy chủ thu thập này")
        }
        (HeadFinding::AnotherKey(key), Lang::En) => {
            format!("signed with another key ({key}) than this collector's")
        }
        (HeadFinding::BegunAnew, Lang::Vi) => {
            "nhật ký bắt đầu khác: đã lập lại từ đầu, hoặc là của kho dữ liệu khác".to_owned()
        }
        (HeadFinding::BegunAnew, Lang::En) => {
            "the logs begin otherwise: they were begun anew, or are those of another store"
                .to_owned()
        }
        (HeadFinding::Truncated { log, last, was }, Lang::Vi) => {
            format!("{} bị cắt: lúc ký có đến dòng {was}, nay chỉ đến dòng {last}", lower(*log))
        }
        (HeadFinding::Truncated { log, last, was }, Lang::En) => {
            format!("{} was cut off: it went to row {was} and ends with row {last}", lower(*log))
        }
        (HeadFinding::Missing { log, number }, Lang::Vi) => {
            format!("{}: mất dòng {number}", lower(*log))
        }
        (HeadFinding::Missing { log, number }, Lang::En) => {
            format!("{}: row {number} is missing", lower(*log))
        }
        (HeadFinding::WrittenOver { log, number }, Lang::Vi) => {
            format!(
                "{} bị cắt trước dòng {number} rồi ghi tiếp: dòng này mới hơn mốc ký",
                lower(*log)
            )
        }
        (HeadFinding::WrittenOver { log, number }, Lang::En) => {
            format!(
                "{} was cut off before row {number} and written on: that row is younger than the head",
                lower(*log)
            )
        }
        (HeadFinding::Rewritten { log, number }, Lang::Vi) => {
            format!(
                "{} bị viết lại: dòng {number} hoặc dòng trước đó bị sửa, xóa hay chèn, và các mã \
                 băm sau đó được tính lại",
                lower(*log)
            )
        }
        (HeadFinding::Rewritten { log, number }, Lang::En) => {
            format!(
                "{} was rewritten: row {number} or one before it was changed, taken out or put in, \
                 and the hashes after that were made anew",
                lower(*log)
            )
        }
    }
}
