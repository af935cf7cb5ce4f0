//! The authorities, for people.

use report::Lang;

use super::{list, local, out, out_json, side, table};
use crate::cli::ca::{AuthoritiesView, Left};
use crate::enrol::ca::Role;
use crate::policy::words;

/// So many machines and tokens are named; the rest is counted.
const NAMED: usize = 10;

pub(in crate::cli) fn authorities(
    view: &AuthoritiesView,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(view);
    }
    out(&format!(
        "{}\n{}{}",
        authorities_table(view, lang),
        progress(view, lang),
        root_key(view, lang)
    ));
    Ok(())
}

pub(in crate::cli) fn rotated(view: &AuthoritiesView, lang: Lang) -> anyhow::Result<()> {
    let next = match lang {
        Lang::Vi => {
            "Đã tạo cơ quan cấp chứng thư mới; cơ quan cũ vẫn được chấp nhận.\nTiếp theo: khởi động \
             lại máy chủ thu thập. Mỗi máy tính tự gia hạn ở lần liên lạc kế tiếp; xem bằng `ca show`. \
             Khi không còn máy nào dùng chứng thư cũ: dừng máy chủ và chạy `ca finish`.\n"
        }
        Lang::En => {
            "New authorities are made; the old ones are still accepted.\nNext: start the collector \
             again. Each machine renews at its next contact; `ca show` says how many are left. When \
             none is: stop the collector and run `ca finish`.\n"
        }
    };
    authorities(view, false, lang)?;
    out(next);
    Ok(())
}

pub(in crate::cli) fn rotation_finished(
    view: &AuthoritiesView,
    left: &Left,
    lang: Lang,
) -> anyhow::Result<()> {
    authorities(view, false, lang)?;
    out(match lang {
        Lang::Vi => "Đã thay xong: chỉ còn cơ quan cấp chứng thư mới.\n",
        Lang::En => "Done: only the new authorities are accepted.\n",
    });
    if !left.machines.is_empty() {
        let count = words::number(left.machines.len() as u64, lang);
        let names = list(&named(&left.machines, lang));
        out(&match lang {
            Lang::Vi => {
                format!("{count} máy tính phải ghi danh lại bằng mã ghi danh mới:\n{names}")
            }
            Lang::En => format!("{count} machines have to enrol anew, with new tokens:\n{names}"),
        });
    }
    if !left.tokens.is_empty() {
        let tokens = list(&named(&left.tokens, lang));
        out(&match lang {
            Lang::Vi => format!(
                "Các mã ghi danh sau được tạo cho cơ quan cũ, không dùng được nữa; hãy tạo mã \
                 mới:\n{tokens}"
            ),
            Lang::En => format!(
                "These join tokens name the old authority and are of no use any more; make new \
                 ones:\n{tokens}"
            ),
        });
    }
    Ok(())
}

/// Why a rotation cannot be finished yet.
pub(in crate::cli) fn not_finished(left: &Left, lang: Lang) -> String {
    let count = words::number(left.machines.len() as u64, lang);
    let heard = words::number(left.heard as u64, lang);
    let names = list(&named(&left.machines, lang));
    match lang {
        Lang::Vi => format!(
            "{count} máy tính còn dùng chứng thư cũ và sẽ bị khóa ngoài ({heard} máy đã liên lạc từ \
             khi bắt đầu thay):\n{names}hãy chờ các máy này liên lạc và gia hạn, hoặc dùng --force: \
             khi đó từng máy phải ghi danh lại"
        ),
        Lang::En => format!(
            "{count} of the machines still have an old certificate and would be shut out ({heard} of them \
             were heard since the rotation began):\n{names}wait until they have been heard and have \
             renewed, or use --force: each of them then has to enrol anew"
        ),
    }
}

fn named(names: &[String], lang: Lang) -> Vec<String> {
    let more = names.len().saturating_sub(NAMED);
    let count = words::number(more as u64, lang);
    let rest = match (more, lang) {
        (0, _) => None,
        (_, Lang::Vi) => Some(format!("và {count} mục khác")),
        (_, Lang::En) => Some(format!("and {count} more")),
    };
    names.iter().take(NAMED).cloned().chain(rest).collect()
}

fn authorities_table(view: &AuthoritiesView, lang: Lang) -> comfy_table::Table {
    let mut table = table(match lang {
        Lang::Vi => ["Cơ quan cấp chứng thư", "SHA-256 (16 chữ số đầu)", "Từ", "Đến"],
        Lang::En => ["Authority", "SHA-256 (first 16 digits)", "From", "Until"],
    });
    for authority in &view.authorities {
        let fingerprint: String = authority.sha256.chars().take(16).collect();
        let (from, until) = (local(authority.not_before, lang), local(authority.not_after, lang));
        table.add_row([label(authority.role, lang).to_owned(), fingerprint, from, until]);
    }
    table
}

fn label(role: Role, lang: Lang) -> &'static str {
    side(
        match role {
            Role::Root => ["gốc", "root"],
            Role::MachineCa => ["cấp cho máy tính", "issues to machines"],
            Role::FormerMachineCa => {
                ["cấp cho máy tính, cũ, còn được chấp nhận", "issued to machines, still accepted"]
            }
            Role::CollectorCa => ["cấp cho máy chủ thu thập", "issues to the collector"],
            Role::NextCollectorCa => {
                ["cấp cho máy chủ thu thập, kế tiếp", "issues to the collector next"]
            }
        },
        lang,
    )
}

fn progress(view: &AuthoritiesView, lang: Lang) -> String {
    let count = |machines: u64| words::number(machines, lang);
    let [current, former, retired] =
        [view.machines.current, view.machines.former, view.machines.retired].map(count);
    let mut text = match (view.rotating_since.map(|at| local(at, lang)), lang) {
        (None, Lang::Vi) => format!("{current} máy tính có chứng thư còn được chấp nhận.\n"),
        (None, Lang::En) => format!("{current} machines have a certificate that is accepted.\n"),
        (Some(since), Lang::Vi) => format!(
            "Đang thay từ {since}: {current} máy tính đã có chứng thư mới, {former} máy còn dùng \
             chứng thư cũ.\n"
        ),
        (Some(since), Lang::En) => format!(
            "Being replaced since {since}: {current} machines have come over, {former} still speak \
             by an old certificate.\n"
        ),
    };
    if view.machines.retired > 0 {
        text += &match lang {
            Lang::Vi => format!(
                "{retired} máy tính bị khóa ngoài: chứng thư của cơ quan không còn được chấp nhận; \
                 phải ghi danh lại.\n"
            ),
            Lang::En => format!(
                "{retired} machines are shut out: the authority of their certificate is accepted no \
                 longer; they have to enrol anew.\n"
            ),
        };
    }
    text
}

fn root_key(view: &AuthoritiesView, lang: Lang) -> String {
    let Some(path) = view.root_key.as_ref().map(|path| path.display()) else {
        return String::new();
    };
    match lang {
        Lang::Vi => format!(
            "Khóa gốc còn nằm ở {path}: chỉ `ca rotate` cần đến; nên chuyển sang nơi cất giữ ngoài \
             máy này.\n"
        ),
        Lang::En => format!(
            "The root's key still lies in {path}: only `ca rotate` needs it; better keep it away from \
             this machine.\n"
        ),
    }
}
