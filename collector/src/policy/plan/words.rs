//! A plan in words, one line for each thing that would change.

use report::verdict::{Ruling, Severity};
use report::{Bilingual, Lang};

use super::{
    Affected, Change, Crowd, Flip, Names, Place, Plan, Reason, RegisterList, RuleChange,
    TargetStanding,
};
use crate::policy::posture::Tally;
use crate::policy::words::{both, number, percent, pick, whole_percent};

/// Enough of a hash to tell two sets apart.
const SHORT: usize = 12;
/// Parts per million in a tenth of a percent.
const TENTH: u32 = 1000;
/// How many units are told of each crowd where nobody asks for all.
const MOST: usize = 3;

impl Plan {
    /// What would change, from the most to the least weighty.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        self.lines_naming(Names::First, lang)
    }

    /// The same with these names of those the plan tells.
    #[must_use]
    pub fn lines_naming(&self, names: Names, lang: Lang) -> Vec<String> {
        let mut lines = vec![self.sets(lang), self.members(lang), self.protected(lang)];
        lines.extend(self.lost_line(lang));
        let gain = ["mới được bảo vệ", "newly protected"];
        lines.extend(affected_lines(gain, &self.newly_protected, names, lang));
        let loss = ["không còn được bảo vệ", "no longer protected"];
        lines.extend(affected_lines(loss, &self.no_longer_protected, names, lang));
        for (list, members) in &self.rows_dropped {
            lines.push(format!("{}: {}", pick(list.dropped(), lang), members.words(lang)));
        }
        let left = ["không còn được tính", "no longer counted"];
        lines.extend(affected_lines(left, &self.left, names, lang));
        let joined = ["mới được tính", "newly counted"];
        lines.extend(affected_lines(joined, &self.joined, names, lang));
        lines.extend(self.rules.iter().map(|change| change.line(lang)));
        lines.extend(self.flips.iter().flat_map(|flip| flip.lines(names, lang)));
        for target in self.targets.iter().filter(|target| target.standing.is_real()) {
            lines.push(target_line(&target.target, &target.standing, lang));
        }
        lines.extend(self.guard_line(lang));
        lines
    }

    fn sets(&self, lang: Lang) -> String {
        let Change { before, after } = &self.policies;
        let [before, after] = [before, after].map(|hash| hash.get(..SHORT).unwrap_or(hash));
        match lang {
            Lang::Vi => format!("bộ chính sách: {before} → {after}"),
            Lang::En => format!("policy set: {before} → {after}"),
        }
    }

    fn members(&self, lang: Lang) -> String {
        let change = numbers(self.members, lang);
        match lang {
            Lang::Vi => format!("máy tính được tính: {change}"),
            Lang::En => format!("machines counted: {change}"),
        }
    }

    fn protected(&self, lang: Lang) -> String {
        let change = numbers(self.protected, lang);
        match lang {
            Lang::Vi => format!("máy tính được bảo vệ: {change}"),
            Lang::En => format!("machines protected: {change}"),
        }
    }

    /// The sentence nobody may overlook.
    fn lost_line(&self, lang: Lang) -> Option<String> {
        let lost = super::some(self.targets_lost())?.join(", ");
        Some(match lang {
            Lang::Vi => format!("chỉ tiêu ĐANG ĐẠT sẽ KHÔNG CÒN ĐẠT: {lost}"),
            Lang::En => format!("targets that are MET would be met NO LONGER: {lost}"),
        })
    }

    fn guard_line(&self, lang: Lang) -> Option<String> {
        let change = shares(self.guard, lang);
        if !self.guard.is_real() {
            return None;
        }
        Some(match (self.loosens_the_guard(), lang) {
            (true, Lang::Vi) => {
                format!("ngưỡng guard bị NỚI: {change}; từ lần sửa sau sẽ dễ qua hơn")
            }
            (true, Lang::En) => {
                format!("the guard is LOOSENED: {change}; edits after this one pass more easily")
            }
            (false, Lang::Vi) => format!("ngưỡng guard được siết: {change}"),
            (false, Lang::En) => format!("the guard is tightened: {change}"),
        })
    }

    /// Both numbers that matter to whoever reads the audit log, and the sets.
    #[must_use]
    pub fn for_audit(&self) -> String {
        let rows: u64 = self.rows_dropped.values().map(|crowd| crowd.count).sum();
        let mut text = format!(
            "from={} to={} newly_protected={} no_longer_protected={} rows_dropped={rows} \
             mandatory_rules_dropped={}",
            self.policies.before,
            self.policies.after,
            self.newly_protected.all.count,
            self.no_longer_protected.all.count,
            self.mandatory_rules_dropped().len(),
        );
        if self.guard.is_real() {
            text += &format!(" guard_ppm={}..{}", self.guard.before, self.guard.after);
        }
        text
    }
}

impl Reason {
    /// Why somebody has to say yes.
    #[must_use]
    pub fn words(&self) -> Bilingual {
        both(|lang| self.text(lang))
    }

    fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::GuardExceeded { newly_protected, members, guard }, Lang::Vi) => format!(
                "{} trên {} máy tính mới chuyển sang được bảo vệ, nhiều hơn mức {} cho phép",
                number(*newly_protected, lang),
                number(*members, lang),
                share(*guard, lang)
            ),
            (Self::GuardExceeded { newly_protected, members, guard }, Lang::En) => format!(
                "{} of {} machines would newly be protected, more than the {} that pass unseen",
                number(*newly_protected, lang),
                number(*members, lang),
                share(*guard, lang)
            ),
            (Self::MembersLeft { left, members, guard }, Lang::Vi) => format!(
                "{} trên {} máy tính không còn được tính, nhiều hơn mức {} cho phép",
                number(*left, lang),
                number(*members, lang),
                share(*guard, lang)
            ),
            (Self::MembersLeft { left, members, guard }, Lang::En) => format!(
                "{} of {} machines would no longer be counted, more than the {} that pass unseen",
                number(*left, lang),
                number(*members, lang),
                share(*guard, lang)
            ),
            (Self::RowsDropped { rows }, Lang::Vi) => {
                let rows = number(*rows, lang);
                format!(
                    "{rows} dòng bị xóa khỏi sổ đăng ký; dòng đã hết hạn phải giữ lại với until"
                )
            }
            (Self::RowsDropped { rows }, Lang::En) => {
                let rows = number(*rows, lang);
                format!("{rows} register rows are missing; a row that ends stays, with its until")
            }
            (Self::MandatoryRulesDropped { rules }, Lang::Vi) => {
                format!("quy tắc bắt buộc bị bỏ: {}", rules.join(", "))
            }
            (Self::MandatoryRulesDropped { rules }, Lang::En) => {
                format!("mandatory rules are dropped: {}", rules.join(", "))
            }
            (Self::GuardLoosened { guard }, Lang::Vi) => {
                format!("ngưỡng guard bị nới: {}", shares(*guard, lang))
            }
            (Self::GuardLoosened { guard }, Lang::En) => {
                format!("the guard is loosened: {}", shares(*guard, lang))
            }
            (Self::TargetsDropped { targets }, Lang::Vi) => {
                format!("chỉ tiêu bị bỏ: {}", targets.join(", "))
            }
            (Self::TargetsDropped { targets }, Lang::En) => {
                format!("targets are dropped: {}", targets.join(", "))
            }
            (Self::GoalsLowered { targets }, Lang::Vi) => {
                format!("mục tiêu bị hạ: {}", targets.join(", "))
            }
            (Self::GoalsLowered { targets }, Lang::En) => {
                format!("goals are lowered: {}", targets.join(", "))
            }
            (Self::AttestedCounted, Lang::Vi) => {
                "số liệu tự xác nhận sẽ được tính vào chỉ tiêu (accept_attested)".to_owned()
            }
            (Self::AttestedCounted, Lang::En) => {
                "what is only attested would count towards the goals (accept_attested)".to_owned()
            }
            (Self::HeldBefore, Lang::Vi) => {
                "bộ này đã phải chờ duyệt và chưa được duyệt".to_owned()
            }
            (Self::HeldBefore, Lang::En) => {
                "it was held before, and nobody has accepted it since".to_owned()
            }
        }
    }
}

impl RegisterList {
    fn dropped(self) -> [&'static str; 2] {
        match self {
            Self::Machines => {
                ["bị xóa khỏi register/machines.csv", "missing from register/machines.csv"]
            }
            Self::Systems => {
                ["bị xóa khỏi register/systems.toml", "missing from register/systems.toml"]
            }
            Self::Units => ["bị xóa khỏi register/units.toml", "missing from register/units.toml"],
            Self::Declared => {
                ["bị xóa khỏi register/declared.toml", "missing from register/declared.toml"]
            }
            Self::Training => {
                ["bị xóa khỏi register/training.toml", "missing from register/training.toml"]
            }
        }
    }
}

impl RuleChange {
    fn line(&self, lang: Lang) -> String {
        let rule = &self.rule;
        let label = |severity: Severity| severity.label(lang);
        match (self.severity.before, self.severity.after, lang) {
            (Some(before), Some(after), Lang::Vi) => {
                format!("quy tắc {rule}: {} → {}", label(before), label(after))
            }
            (Some(before), Some(after), Lang::En) => {
                format!("rule {rule}: {} → {}", label(before), label(after))
            }
            (Some(before), None, Lang::Vi) => format!("bỏ quy tắc {rule} ({})", label(before)),
            (Some(before), None, Lang::En) => format!("rule {rule} ({}) goes", label(before)),
            (None, Some(after), Lang::Vi) => format!("thêm quy tắc {rule} ({})", label(after)),
            (None, Some(after), Lang::En) => format!("rule {rule} ({}) comes", label(after)),
            (None, None, Lang::Vi | Lang::En) => rule.clone(),
        }
    }
}

impl Flip {
    fn lines(&self, names: Names, lang: Lang) -> Vec<String> {
        let label = |ruling: Option<Ruling>| ruling.map_or("–", |ruling| ruling.label(lang));
        let (before, after) = (label(self.ruling.before), label(self.ruling.after));
        let head = format!("{}: {before} → {after}", self.rule);
        affected_lines([&head, &head], &self.members, names, lang)
    }
}

fn target_line(target: &str, standing: &Change<Option<TargetStanding>>, lang: Lang) -> String {
    let word = match lang {
        Lang::Vi => "chỉ tiêu",
        Lang::En => "target",
    };
    let text = |standing: Option<TargetStanding>| {
        standing.map_or_else(|| "–".to_owned(), |standing| standing.text(lang))
    };
    format!("{word} {target}: {} → {}", text(standing.before), text(standing.after))
}

impl TargetStanding {
    fn text(self, lang: Lang) -> String {
        let Self { members, met, goal, attested, counts_attested } = self;
        let share = Tally { members, met }.share(lang).unwrap_or_else(|| "–".to_owned());
        let (met, members) = (number(met, lang), number(members, lang));
        let goal = match lang {
            Lang::Vi => format!("mục tiêu {}", whole_percent(goal, lang)),
            Lang::En => format!("goal {}", whole_percent(goal, lang)),
        };
        let attested = match (attested, counts_attested, lang) {
            (0, ..) => String::new(),
            (some, true, Lang::Vi) => format!(", tính thêm {} tự xác nhận", number(some, lang)),
            (some, true, Lang::En) => format!(", and {} attested count", number(some, lang)),
            (some, false, Lang::Vi) => {
                format!(", không tính {} tự xác nhận", number(some, lang))
            }
            (some, false, Lang::En) => format!(", {} attested do not count", number(some, lang)),
        };
        format!("{met}/{members} = {share} ({goal}{attested})")
    }
}

fn numbers(change: Change<u64>, lang: Lang) -> String {
    format!("{} → {}", number(change.before, lang), number(change.after, lang))
}

fn share(parts_per_million: u32, lang: Lang) -> String {
    percent(u64::from(parts_per_million / TENTH), lang)
}

fn shares(change: Change<u32>, lang: Lang) -> String {
    format!("{} → {}", share(change.before, lang), share(change.after, lang))
}

/// Nothing is said of nobody.
fn affected_lines(label: [&str; 2], affected: &Affected, names: Names, lang: Lang) -> Vec<String> {
    if affected.all.count == 0 {
        return Vec::new();
    }
    let label = pick(label, lang);
    match names {
        Names::First => {
            let head = format!("{label}: {}", affected.all.words(lang));
            std::iter::once(head).chain(spread(affected, lang)).collect()
        }
        Names::All => {
            let head = format!("{label}: {}", number(affected.all.count, lang));
            let places = affected.places.iter().map(|place| place.line(lang));
            std::iter::once(head).chain(places).collect()
        }
    }
}

impl Place {
    fn line(&self, lang: Lang) -> String {
        let (unit, level) = (unit_name(self.unit.as_deref(), lang), level_name(self.level, lang));
        format!("  {unit}, {level}: {}", self.members.words(lang))
    }
}

/// Where they are: the units with most of them, and every level.
fn spread(affected: &Affected, lang: Lang) -> Option<String> {
    if affected.places.len() < 2 {
        return None;
    }
    let units = affected.by_unit();
    let others = units.len().saturating_sub(MOST);
    let most = units
        .iter()
        .take(MOST)
        .map(|(unit, count)| format!("{}: {}", unit_name(*unit, lang), number(*count, lang)));
    let rest = (others > 0).then(|| match lang {
        Lang::Vi => format!("{others} đơn vị khác"),
        Lang::En => format!("{others} other units"),
    });
    let levels = affected
        .by_level()
        .into_iter()
        .map(|(level, count)| format!("{}: {}", level_name(level, lang), number(count, lang)));
    let (units, levels): (Vec<_>, Vec<_>) = (most.chain(rest).collect(), levels.collect());
    Some(format!("  {}; {}", units.join(", "), levels.join(", ")))
}

fn unit_name(unit: Option<&str>, lang: Lang) -> &str {
    unit.unwrap_or(pick(["không rõ đơn vị", "unit not known"], lang))
}

fn level_name(level: Option<u8>, lang: Lang) -> String {
    match (level, lang) {
        (Some(level), Lang::Vi) => format!("cấp độ {level}"),
        (Some(level), Lang::En) => format!("level {level}"),
        (None, Lang::Vi) => "chưa xác định cấp độ".to_owned(),
        (None, Lang::En) => "level not determined".to_owned(),
    }
}

impl Crowd {
    /// `12 (pc-01, pc-02, …)`; `12` where nobody is named.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let count = number(self.count, lang);
        if self.names.is_empty() {
            return count;
        }
        let more = u64::try_from(self.names.len()).is_ok_and(|named| named < self.count);
        let rest = if more { ", …" } else { "" };
        format!("{count} ({}{rest})", self.names.join(", "))
    }
}
