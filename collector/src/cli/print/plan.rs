//! What an edit would change, for people.

use report::Lang;

use super::{local, out, out_json, side};
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
    out(&told(planned, lang));
    Ok(())
}

pub(in crate::cli) fn accepted(plan: &Plan, lang: Lang) {
    let heading = side(["Đã duyệt, bộ chính sách có hiệu lực.", "Accepted and in force."], lang);
    out(&format!("{heading}\n\n{}", list(&plan.lines(lang))));
}

fn told(planned: &PlanView, lang: Lang) -> String {
    let at = local(planned.plan.at, lang);
    let heading = match lang {
        Lang::Vi => format!("Tính đến {at}:"),
        Lang::En => format!("As of {at}:"),
    };
    format!("{heading}\n{}\n{}", list(&planned.plan.lines(lang)), conclusion(planned, lang))
}

fn conclusion(planned: &PlanView, lang: Lang) -> String {
    if planned.reasons.is_empty() {
        let words = ["Bộ này có hiệu lực ngay khi lưu.", "It would take effect as it is."];
        return format!("{}\n", side(words, lang));
    }
    let reasons: Vec<_> =
        planned.reasons.iter().map(|reason| reason.words().get(lang).to_owned()).collect();
    let heading = match (planned.held_since, lang) {
        (Some(since), Lang::Vi) => {
            format!("ĐANG CHỜ DUYỆT từ {}, bộ cũ vẫn có hiệu lực:", local(since, lang))
        }
        (Some(since), Lang::En) => {
            format!("HELD since {}, the set before stays in force:", local(since, lang))
        }
        (None, Lang::Vi) => "Nếu lưu, bộ này sẽ PHẢI CHỜ DUYỆT:".to_owned(),
        (None, Lang::En) => "It would be HELD:".to_owned(),
    };
    let hash = &planned.plan.policies.after;
    let accept = side(["Để duyệt", "To accept it"], lang);
    format!("{heading}\n{}{accept}: lachan-collector policy accept {hash}\n", list(&reasons))
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fleet::Fleet;
    use crate::policy::fixtures::{NOW, set};
    use crate::policy::plan::Reason;
    use crate::policy::{JudgeClock, PolicySet, Roll};

    fn plan(new: PolicySet) -> Plan {
        let fleet = Fleet::default();
        let before = Roll::call(Arc::new(set("", &[])), &fleet, JudgeClock::at(NOW));
        Plan::from(&before, Arc::new(new), &fleet)
    }

    #[test]
    fn a_plan_says_as_of_when_it_is_and_since_when_the_set_waits() {
        let plan = plan(set("", &[("README.md", "x")]));
        let since = NOW - 86_400;
        let held = PlanView { plan, reasons: vec![Reason::HeldBefore], held_since: Some(since) };
        for lang in [Lang::Vi, Lang::En] {
            let (first, last) = (local(NOW, lang), local(since, lang));
            let told = told(&held, lang);
            assert!(told.lines().next().is_some_and(|line| line.contains(&first)), "{told}");
            assert!(told.contains(&last), "{told}");
        }
    }
}
