//! What an edit would change, for people.

use std::path::Path;

use report::Lang;

use super::{list, local, out, out_json, side};
use crate::admin::policies::PlanView;
use crate::cli::{ReadArgs, SETTINGS};
use crate::policy::Plan;
use crate::policy::plan::Names;

pub(in crate::cli) fn plan(
    planned: Option<&PlanView>,
    names: Names,
    read: &ReadArgs,
    lang: Lang,
) -> anyhow::Result<()> {
    if read.json {
        return out_json(&planned);
    }
    let Some(planned) = planned else {
        out(side(["Không có bộ chính sách nào chờ duyệt.\n", "No policy set is held.\n"], lang));
        return Ok(());
    };
    out(&told(planned, names, &read.config.config, lang));
    Ok(())
}

pub(in crate::cli) fn accepted(plan: &Plan, lang: Lang) {
    let heading = side(["Đã duyệt, bộ chính sách có hiệu lực.", "Accepted and in force."], lang);
    out(&format!("{heading}\n\n{}", list(&plan.lines(lang))));
}

fn told(planned: &PlanView, names: Names, settings: &Path, lang: Lang) -> String {
    let at = local(planned.plan.at, lang);
    let heading = match lang {
        Lang::Vi => format!("Tính đến {at}:"),
        Lang::En => format!("As of {at}:"),
    };
    format!(
        "{heading}\n{}\n{}",
        list(&planned.plan.lines_naming(names, lang)),
        conclusion(planned, settings, lang)
    )
}

fn conclusion(planned: &PlanView, settings: &Path, lang: Lang) -> String {
    if !planned.plan.policies.is_real() {
        return format!("{}\n", side(["Không có gì thay đổi.", "Nothing changes."], lang));
    }
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
    let config = config(settings);
    let reasons = list(&reasons);
    format!("{heading}\n{reasons}{accept}: lachan-collector policy accept {hash}{config}\n")
}

/// What says the same settings on the next command line, as a shell reads it.
fn config(settings: &Path) -> String {
    if settings == Path::new(SETTINGS) {
        return String::new();
    }
    let settings = settings.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    match settings.chars().all(is_plain) {
        true => format!(" --config {settings}"),
        false => format!(" --config '{}'", settings.replace('\'', r"'\''")),
    }
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
            let told = told(&held, Names::First, Path::new(SETTINGS), lang);
            assert!(told.lines().next().is_some_and(|line| line.contains(&first)), "{told}");
            assert!(told.contains(&last), "{told}");
        }
    }

    #[test]
    fn the_command_to_accept_with_names_the_settings_that_were_given() {
        let plan = plan(set("", &[("README.md", "x")]));
        let hash = plan.policies.after.clone();
        let held = PlanView { plan, reasons: vec![Reason::HeldBefore], held_since: Some(NOW) };
        for (settings, config) in [
            (SETTINGS, ""),
            ("/srv/a.toml", " --config /srv/a.toml"),
            ("/srv/it's a.toml", r" --config '/srv/it'\''s a.toml'"),
        ] {
            let told = told(&held, Names::First, Path::new(settings), Lang::En);
            let end = format!("lachan-collector policy accept {hash}{config}\n");
            assert!(told.ends_with(&end), "{told}");
        }
    }

    #[test]
    fn a_set_that_is_in_force_already_changes_nothing() {
        let same = PlanView { plan: plan(set("", &[])), reasons: Vec::new(), held_since: None };
        for (lang, words) in
            [(Lang::Vi, "Không có gì thay đổi.\n"), (Lang::En, "Nothing changes.\n")]
        {
            let told = told(&same, Names::First, Path::new(SETTINGS), lang);
            assert!(told.ends_with(words), "{told}");
        }
    }
}
