//! Join tokens: shown once, listed without their secrets.

use std::path::Path;

use report::Lang;

use super::{dash, local, or_dash, out, out_json, table, visible};
use crate::admin::tokens::CreatedToken;
use crate::enrol::token::TokenRecord;
use crate::policy::words::{self, pick};
use crate::reports::csv::harmless;

pub(in crate::cli) fn revoked(what: &str, lang: Lang) {
    let what = visible(what);
    out(&match lang {
        Lang::Vi => format!("Đã thu hồi {what}\n"),
        Lang::En => format!("Revoked {what}\n"),
    });
}

pub(in crate::cli) fn created(
    created: &CreatedToken,
    quiet: bool,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(created);
    }
    let CreatedToken { token, record } = created;
    if quiet {
        out(&format!("{token}\n"));
        return Ok(());
    }
    let (id, end) = (&record.id, local(record.expires_at, lang));
    let from = match record.from.is_empty() {
        true => String::new(),
        false => format!(", {} {}", pick(["từ mạng", "from"], lang), sources(record)),
    };
    out(&match lang {
        Lang::Vi => format!(
            "{token}\n\nMã {id}, dùng {} lần, đến {end}{from}. Chỉ hiển thị một lần.\n",
            record.uses
        ),
        Lang::En => format!(
            "{token}\n\nToken {id}, {} use(s), until {end}{from}. Shown only now.\n",
            record.uses
        ),
    });
    Ok(())
}

/// One line for each row, for whoever hands tokens out to many machines at once.
///
/// # Errors
/// When it cannot be written down.
pub(in crate::cli) fn created_for_rows(
    created: &[CreatedToken],
    json: bool,
) -> anyhow::Result<Vec<u8>> {
    if json {
        return Ok((serde_json::to_string_pretty(created)? + "\n").into_bytes());
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["row", "token"])?;
    for CreatedToken { token, record } in created {
        let row = record.row.as_deref().unwrap_or_default();
        writer.write_record([&harmless(row), token])?;
    }
    Ok(writer.into_inner()?)
}

pub(in crate::cli) fn created_into(file: &Path, count: usize, lang: Lang) {
    let (count, file) = (words::number(count as u64, lang), visible(&file.display().to_string()));
    out(&match lang {
        Lang::Vi => format!(
            "Đã ghi {count} mã ghi danh vào {file}, chỉ chủ tệp đọc được. Mỗi mã dùng một lần; phát \
             xong hãy xóa tệp.\n"
        ),
        Lang::En => format!(
            "Wrote {count} join token(s) into {file}, which only its owner may read. Each works \
             once; delete the file when they are handed out.\n"
        ),
    });
}

pub(in crate::cli) fn tokens(tokens: &[TokenRecord], json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(tokens);
    }
    let mut table = table(match lang {
        Lang::Vi => ["Mã", "Máy tính", "Đơn vị", "Từ mạng", "Đã dùng", "Hết hạn", "Thu hồi"],
        Lang::En => ["Token", "Machine", "Unit", "From", "Used", "Expires", "Revoked"],
    });
    for token in tokens {
        table.add_row([
            token.id.clone(),
            or_dash(token.row.as_deref()),
            or_dash(token.unit.as_deref()),
            sources(token),
            format!("{}/{}", token.used, token.uses),
            local(token.expires_at, lang),
            token.revoked_at.map_or_else(dash, |at| local(at, lang)),
        ]);
    }
    out(&format!("{table}\n"));
    Ok(())
}

fn sources(token: &TokenRecord) -> String {
    match token.from.as_slice() {
        [] => dash(),
        from => from.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
