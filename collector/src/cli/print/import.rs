//! What came of the files that were brought in.

use report::Lang;

use super::{dash, local, or_dash, out, out_json, table, visible};
use crate::admin::import::ImportOutcome;
use crate::cli::import::BroughtFile;
use crate::policy::words;

/// Prints what came of each file.
pub(in crate::cli) fn brought(files: &[BroughtFile], json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(files);
    }
    let mut table = table(match lang {
        Lang::Vi => ["Tệp", "Máy tính", "Lập lúc", "Kết quả"],
        Lang::En => ["File", "Machine", "Written", "Outcome"],
    });
    for BroughtFile { file, imported } in files {
        let identity = imported.machine.map(|machine| machine.to_string());
        let machine = or_dash(imported.row.as_deref().or(identity.as_deref()));
        let (written, outcome) = match &imported.outcome {
            ImportOutcome::Taken { sent_at, verdict, .. } => {
                (local(*sent_at, lang), verdict.state.label(lang).to_owned())
            }
            ImportOutcome::Refused { reason, message } => (dash(), refused(reason, message, lang)),
        };
        table.add_row([visible(file), machine, written, outcome]);
    }
    out(&format!("{table}\n{}", summary(files, lang)));
    Ok(())
}

fn summary(files: &[BroughtFile], lang: Lang) -> String {
    let is_taken = |file: &&BroughtFile| match file.imported.outcome {
        ImportOutcome::Taken { .. } => true,
        ImportOutcome::Refused { .. } => false,
    };
    let count = |count: usize| words::number(u64::try_from(count).unwrap_or(u64::MAX), lang);
    let (taken, all) = (count(files.iter().filter(is_taken).count()), count(files.len()));
    match lang {
        Lang::Vi => format!("Đã nhận {taken}/{all} tệp.\n"),
        Lang::En => format!("Taken: {taken} of {all} files.\n"),
    }
}

fn refused(reason: &str, message: &str, lang: Lang) -> String {
    let message = visible(message);
    let told = match lang {
        Lang::Vi => format!("TỪ CHỐI: {}", in_vietnamese(reason).unwrap_or(&message)),
        Lang::En => format!("REFUSED: {message}"),
    };
    let hint = match lang {
        Lang::Vi => "Danh sách máy tính từ bảng tính: lachan-collector register import",
        Lang::En => "A list of machines from a spreadsheet: lachan-collector register import",
    };
    if reason == "export_malformed" { format!("{told}. {hint}") } else { told }
}

/// What an officer is told of a refusal that a file can meet. Those that only a program with other
/// intentions meets are told as the collector says them.
fn in_vietnamese(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "export_malformed" => {
            "không phải tệp của `lachan-agent export`, hoặc tệp không còn nguyên vẹn: xuất lại"
        }
        "export_too_large" => "tệp quá lớn, không phải tệp của `lachan-agent export`",
        "export_version" => "tệp do tác tử mới hơn ghi: nâng cấp máy chủ thu nhận",
        "export_signature" => "chữ ký không đúng: tệp đã bị sửa hoặc ký bằng khóa khác",
        "export_not_allowed" => {
            "sổ đăng ký không cho máy này báo cáo bằng tệp: ghi “tệp” vào cột Cách báo cáo (reports)"
        }
        "export_future" => "tệp ghi thời điểm ở tương lai: chỉnh đồng hồ của máy rồi xuất lại",
        "export_old" => {
            "tệp cũ hơn thời hạn silent_after.file: chỉnh đúng đồng hồ của máy rồi xuất lại"
        }
        "export_repeated" => "tệp này đã nhận trước đây",
        "old_sequence" => {
            "đã nhận báo cáo mới hơn của máy này; nếu máy được khôi phục từ bản sao lưu thì ghi \
             danh lại"
        }
        "sequence_conflict" => "máy này đã có báo cáo khác mang cùng số",
        "foreign_report" => "báo cáo trong tệp mang tên máy khác",
        "unknown_certificate" => "chứng thư trong tệp không do máy chủ thu nhận này cấp",
        "issuer_retired" => "nơi cấp chứng thư không còn hiệu lực: máy phải ghi danh lại",
        "not_yet_valid" => "chứng thư chưa đến ngày có hiệu lực: kiểm tra đồng hồ máy chủ thu nhận",
        "expired" => "chứng thư hết hạn đã quá lâu: máy phải ghi danh lại",
        "superseded" => "chứng thư đã được thay: xuất lại trên máy",
        "revoked" => "danh tính của máy đã bị thu hồi",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
