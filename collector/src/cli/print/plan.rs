//! What an edit would change, for people.

use report::Lang;

use super::{out, out_json, side};
use crate::admin::policies::PlanView;
use crate::policy::Plan;

pub(in crate::cli) fn plan(
    planned: Option<&PlanView>,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(&planned);
    }
    let Some(planned) = planned else {
        out(side(["Không có bộ chính sách nào chờ duyệt.\n", "No policy set is held.\n"], lang));
        return Ok(());
    };
    out(&format!("{}\n{}", list(&planned.plan.lines(lang)), conclusion(planned, lang)));
    Ok(())
}

pub(in crate::cli) fn accepted(plan: &Plan, lang: Lang) {
    let heading = side(["Đã duyệt, bộ chính sách có hiệu lực.", "Accepted and in force."], lang);
    out(&format!("{heading}\n\n{}", list(&plan.lines(lang))));
}

fn conclusion(planned: &PlanView, lang: Lang) -> String {
    if planned.reasons.is_empty() {
        let words = ["Bộ này có hiệu lực ngay khi lưu.", "It would take effect as it is."];
        return format!("{}\n", side(words, lang));
    }
    let reasons: Vec<_> =
        planned.reasons.iter().map(|reason| reason.words().get(lang).to_owned()).collect();
    let heading = match (planned.held_since, lang) {
        (Some(_), Lang::Vi) => "ĐANG CHỜ DUYỆT, bộ cũ vẫn có hiệu lực:",
        (Some(_), Lang::En) => "HELD, the set before stays in force:",
        (None, Lang::Vi) => "Nếu lưu, bộ này sẽ PHẢI CHỜ DUYỆT:",
        (None, Lang::En) => "It would be HELD:",
    };
    let hash = &planned.plan.policies.after;
    let accept = side(["Để duyệt", "To accept it"], lang);
    format!("{heading}\n{}{accept}: lachan-collector policy accept {hash}\n", list(&reasons))
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}
