//! An explanation as people read it: what follows stands first, and what it follows from below it.

use std::collections::BTreeSet;

use report::verdict::Ruling;
use report::{Bilingual, Lang, Timestamp};

use super::since::{SINCE, since_words};
use super::{or_dash, out, out_json, sample_note, side, width};
use crate::admin::views::{MachineExplanation, MachineRow};
use crate::policy::calendar::Calendar;
use crate::policy::explanation::{
    AlternativeReason, Basis, ClauseReason, Condition, DemandReason, Explanation, FieldSighting,
    RuleReason, Sighting, StateReason, Turns, WaiverReason,
};
use crate::policy::words;
use crate::store::{MemberSince, Since};

pub(in crate::cli) fn explanation(
    told: &MachineExplanation,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        return out_json(told);
    }
    out(&sheet(told, lang));
    Ok(())
}

pub(super) fn sheet(told: &MachineExplanation, lang: Lang) -> String {
    let sheet = Sheet::new(told, lang, usize::from(width()));
    format!("{}{}", sheet.filled(&told.machine), sample_note(told.machine.sample, lang))
}

/// However deep a line stands, it has so many columns.
const NARROWEST: usize = 24;

/// Lines that are indented by how far they stand from what they explain.
struct Sheet<'e> {
    explanation: &'e Explanation,
    since: Option<&'e MemberSince>,
    lang: Lang,
    calendar: Calendar,
    width: usize,
    /// The facts that stand above already.
    told: BTreeSet<&'e str>,
    text: String,
}

impl<'e> Sheet<'e> {
    fn new(told: &'e MachineExplanation, lang: Lang, width: usize) -> Self {
        let MachineExplanation { explanation, since, machine: _ } = told;
        let (calendar, since) = (Calendar::in_zone(&explanation.zone), since.as_ref());
        Self {
            explanation,
            since,
            lang,
            calendar,
            width,
            told: BTreeSet::new(),
            text: String::new(),
        }
    }

    fn filled(mut self, machine: &MachineRow) -> String {
        self.head(machine);
        for rule in &self.explanation.rules {
            self.text.push('\n');
            self.rule(rule);
        }
        self.text
    }

    fn head(&mut self, machine: &MachineRow) {
        let Explanation { at, policies, state, turns, .. } = self.explanation;
        let host = or_dash(machine.host_name.as_deref());
        let identity = machine.id.map_or_else(super::dash, |id| id.to_string());
        self.labelled(0, ["Máy tính", "Machine"], &machine.name());
        self.labelled(0, ["Tên máy", "Host name"], &host);
        self.labelled(0, ["Danh tính", "Identity"], &identity);
        self.labelled(0, ["Tính đến", "As of"], &self.time(*at));
        self.labelled(0, ["Bộ chính sách", "Policies"], policies);
        self.state(state);
        self.turns(*turns);
    }

    fn state(&mut self, state: &'e StateReason) {
        let label = state.state.label(self.lang);
        let why = state.why.get(self.lang);
        self.labelled(0, ["Trạng thái", "State"], &format!("{label} – {why}"));
        self.since(self.since.and_then(|since| since.state));
        if !state.passed_over.is_empty() {
            let lead = [
                "Đã loại trừ các trạng thái xét trước:",
                "The states that come first are ruled out:",
            ];
            self.line(1, "", side(lead, self.lang));
        }
        for passed in &state.passed_over {
            self.line(2, "· ", passed.get(self.lang));
        }
    }

    /// Since when what was just told has been so.
    fn since(&mut self, since: Option<Since>) {
        if let Some(since) = since {
            let at = self.time(since.at);
            self.labelled(1, SINCE, &since_words(&at, since.at_latest, self.lang));
        }
    }

    fn turns(&mut self, turns: Turns) {
        let midnight = self.time(turns.midnight);
        let words = match (turns.at.map(|at| self.time(at)), self.lang) {
            (Some(at), Lang::Vi) => {
                format!(
                    "{at} nếu không có báo cáo mới; theo ngày ghi trong sổ đăng ký thì sớm nhất là nửa đêm {midnight}"
                )
            }
            (Some(at), Lang::En) => {
                format!(
                    "{at} if nothing new is told; by dates in the register at midnight, {midnight}"
                )
            }
            (None, Lang::Vi) => {
                format!("sớm nhất là nửa đêm {midnight}, theo ngày ghi trong sổ đăng ký")
            }
            (None, Lang::En) => format!("at midnight, {midnight}, by dates in the register"),
        };
        self.labelled(0, ["Có thể đổi", "May turn"], &words);
    }

    fn rule(&mut self, rule: &'e RuleReason) {
        let (lang, severity) = (self.lang, rule.severity.label(self.lang));
        let (title, outcome) = (rule.title.get(lang), rule.outcome.label(lang));
        self.line(0, "", &format!("{}: {outcome} – {title} ({severity})", rule.rule));
        self.since(self.since.and_then(|since| since.rules.get(&rule.rule).copied()));
        if let Some(why) = &rule.why {
            self.labelled(1, ["Vì", "Why"], why.get(lang));
        }
        self.conditions(&rule.conditions);
        if rule.demands.is_empty() {
            self.labelled(1, ["Yêu cầu", "Required"], rule.required.get(lang));
        }
        self.labelled(1, ["Bảng yêu cầu", "Table of demands"], rule.table.get(lang));
        for demand in &rule.demands {
            self.demand(demand);
        }
        if let Some(waiver) = &rule.waiver {
            self.waiver(waiver, rule.outcome);
        }
        if !rule.remedy.get(lang).is_empty() {
            self.labelled(1, ["Cách khắc phục", "Remedy"], rule.remedy.get(lang));
        }
    }

    fn conditions(&mut self, conditions: &'e [Condition]) {
        let label = ["Áp dụng", "Applies"];
        if conditions.is_empty() {
            let all = side(["cho mọi máy tính", "to every machine"], self.lang);
            self.labelled(1, label, all);
        }
        for condition in conditions {
            let answer = match condition.holds {
                Some(true) => ["đúng", "yes"],
                Some(false) => ["không đúng", "no"],
                None => ["chưa biết", "not known"],
            };
            let (what, answer) = (condition.what.get(self.lang), side(answer, self.lang));
            let words = format!("{}: {what} → {answer}", side(label, self.lang));
            match &condition.fact {
                Some(fact) => self.told_line(1, "", &words, fact),
                None => self.line(1, "", &words),
            }
        }
    }

    fn demand(&mut self, demand: &'e DemandReason) {
        let [only] = &demand.alternatives[..] else {
            let lead = side(["Một trong các cách sau", "One of these"], self.lang);
            let outcome = demand.outcome.label(self.lang);
            self.line(1, "", &format!("{lead}: {outcome}"));
            for (number, alternative) in (1..).zip(&demand.alternatives) {
                self.alternative(number, alternative);
            }
            return;
        };
        only.clauses.iter().for_each(|clause| self.clause(clause, 1));
    }

    fn alternative(&mut self, number: usize, alternative: &'e AlternativeReason) {
        let lead = side(["Cách", "Way"], self.lang);
        let outcome = alternative.outcome.label(self.lang);
        self.line(2, "", &format!("{lead} {number}: {outcome}"));
        alternative.clauses.iter().for_each(|clause| self.clause(clause, 3));
    }

    fn clause(&mut self, clause: &'e ClauseReason, depth: usize) {
        let (lang, outcome) = (self.lang, clause.outcome.label(self.lang));
        let meaning = self.meaning(&clause.fact);
        let (required, observed) = (clause.required.get(lang), clause.observed.get(lang));
        let words = match lang {
            Lang::Vi => format!("{meaning}: cần: {required}; thấy: {observed} → {outcome}"),
            Lang::En => format!("{meaning}: wanted: {required}; found: {observed} → {outcome}"),
        };
        self.told_line(depth, "• ", &words, &clause.fact);
    }

    fn meaning(&self, fact: &str) -> String {
        let meaning = self.explanation.facts.get(fact).map(|fact| fact.meaning.get(self.lang));
        format!("{} [{fact}]", meaning.unwrap_or_default())
    }

    fn waiver(&mut self, waiver: &WaiverReason, outcome: Ruling) {
        let lang = self.lang;
        let WaiverReason { decision, approver, reason, .. } = waiver;
        let (reason, date) = (reason.get(lang), words::date(waiver.date, lang));
        let (from, until) = (words::date(waiver.from, lang), words::date(waiver.until, lang));
        let words = match lang {
            Lang::Vi => format!(
                "{decision} ngày {date}, người duyệt: {approver}, từ {from} đến hết {until}, lý do: {reason}"
            ),
            Lang::En => {
                format!("{decision} of {date}, approved by {approver}, {from} to {until}: {reason}")
            }
        };
        let used = match outcome {
            Ruling::Waived => "",
            Ruling::Pass | Ruling::Fail | Ruling::Unknown | Ruling::NotApplicable => {
                side([" (không dùng đến)", " (not needed)"], lang)
            }
        };
        self.labelled(1, ["Ngoại lệ", "Waiver"], &format!("{words}{used}"));
    }

    /// A fact that another one was derived from, and what it came from itself.
    fn fact(&mut self, name: &'e str, depth: usize) {
        let Some(fact) = self.explanation.facts.get(name) else {
            return;
        };
        let words = format!("{}: {}", self.meaning(name), fact.found.get(self.lang));
        self.told_line(depth, "← ", &words, name);
    }

    /// A line about a fact, and below it what the fact came from; to say that once is enough.
    fn told_line(&mut self, depth: usize, lead: &str, words: &str, fact: &'e str) {
        if self.told.insert(fact) {
            self.line(depth, lead, words);
            return self.because(fact, depth + 1);
        }
        let above = side(["(căn cứ đã nêu ở trên)", "(see above)"], self.lang);
        self.line(depth, lead, &format!("{words} {above}"));
    }

    fn because(&mut self, name: &'e str, depth: usize) {
        let Some(fact) = self.explanation.facts.get(name) else {
            return;
        };
        match &fact.from {
            Basis::Derived { steps, facts } => {
                for step in steps {
                    self.line(depth, "· ", step.get(self.lang));
                }
                facts.iter().for_each(|input| self.fact(input, depth));
            }
            Basis::Seen(sighting) => self.sighting(sighting, &fact.found, depth),
            Basis::Unreported => {
                let none = ["không có trong báo cáo nào", "no report holds it"];
                self.line(depth, "· ", side(none, self.lang));
            }
        }
    }

    fn sighting(&mut self, sighting: &Sighting, found: &Bilingual, depth: usize) {
        if sighting.said != *found {
            let said = sighting.said.get(self.lang);
            self.labelled(depth, ["Báo cáo ghi", "The report says"], said);
        }
        for (number, record) in (1..).zip(&sighting.records) {
            self.record(number, record, depth);
        }
        if let Some(source) = &sighting.source {
            self.labelled(depth, ["Đọc từ", "Read from"], source);
        }
        let when = self.when(sighting);
        self.line(depth, "· ", &when);
        if let Some(skew) = sighting.corrected_by {
            let words = self.correction(skew);
            self.line(depth, "· ", &words);
        }
    }

    fn when(&self, sighting: &Sighting) -> String {
        let (lang, topic) = (self.lang, &sighting.topic);
        let confirmed = sighting.confirmed_at.map(|at| self.time(at));
        let confirmed = match (confirmed, lang) {
            (Some(at), Lang::Vi) => format!(", xác nhận lại lúc {at}"),
            (Some(at), Lang::En) => format!(", confirmed {at}"),
            (None, _) => String::new(),
        };
        let (seen, stale) = (self.time(sighting.seen_at), self.time(sighting.stale_after));
        let received = self.time(sighting.received_at);
        match lang {
            Lang::Vi => format!(
                "tác tử đọc lúc {seen}{confirmed}, dùng được đến {stale}; thuộc mục {topic} của báo cáo nhận lúc {received}"
            ),
            Lang::En => format!(
                "seen {seen}{confirmed}, good until {stale}; reported under {topic}, received {received}"
            ),
        }
    }

    /// The fields of a record, those of one source together.
    fn record(&mut self, number: usize, record: &[FieldSighting], depth: usize) {
        let mut groups: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        for field in record {
            let source = field.source.as_deref();
            let words = format!("{}: {}", field.meaning.get(self.lang), field.said.get(self.lang));
            match groups.iter_mut().find(|(other, _)| *other == source) {
                Some((_, fields)) => fields.push(words),
                None => groups.push((source, vec![words])),
            }
        }
        for (place, (source, fields)) in groups.into_iter().enumerate() {
            let lead = if place == 0 { format!("{number}. ") } else { "   ".to_owned() };
            let from = side(["đọc từ", "read from"], self.lang);
            let source = source.map(|source| format!(" ({from} {source})")).unwrap_or_default();
            self.line(depth, &lead, &format!("{}{source}", fields.join("; ")));
        }
    }

    fn correction(&self, skew: i64) -> String {
        match self.lang {
            Lang::Vi if skew > 0 => {
                format!("đồng hồ máy nhanh {skew} giây, ngày giờ đã được chỉnh lại")
            }
            Lang::Vi => format!(
                "đồng hồ máy chậm {} giây, ngày giờ đã được chỉnh lại",
                skew.saturating_neg()
            ),
            Lang::En if skew > 0 => {
                format!("the machine's clock is {skew} s fast, which was corrected")
            }
            Lang::En => format!(
                "the machine's clock is {} s slow, which was corrected",
                skew.saturating_neg()
            ),
        }
    }

    fn time(&self, at: Timestamp) -> String {
        words::time(self.calendar.time_of(at), self.lang)
    }

    fn labelled(&mut self, depth: usize, label: [&'static str; 2], value: &str) {
        let label = side(label, self.lang);
        self.line(depth, "", &format!("{label}: {value}"));
    }

    /// A line under its lead; what does not fit goes on below, behind the lead.
    fn line(&mut self, depth: usize, lead: &str, words: &str) {
        let indent = " ".repeat(2 * depth);
        let hang = " ".repeat(lead.chars().count().max(2));
        let width = self.width.saturating_sub(indent.len() + hang.len()).max(NARROWEST);
        let mut lines = wrapped(words, width).into_iter();
        let first = lines.next().unwrap_or_default();
        self.text += &format!("{indent}{lead}{first}\n");
        for line in lines {
            self.text += &format!("{indent}{hang}{line}\n");
        }
    }
}

/// Breaks words into lines of at most so many characters; a longer word has a line of its own. All
/// texts are composed, so a character takes one column.
pub(super) fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_a_long_word_stands_alone() {
        assert_eq!(wrapped("Sở Tư pháp tỉnh", 8), ["Sở Tư", "pháp", "tỉnh"]);
        assert_eq!(wrapped("a C:\\very\\long b", 6), ["a", "C:\\very\\long", "b"]);
        assert!(wrapped("  ", 6).is_empty());
    }
}
