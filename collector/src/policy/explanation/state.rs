//! The state that holds, and those that would have come first.

use report::verdict::{Ruling, State};
use report::{Bilingual, Timestamp};

use super::{StateReason, Teller};
use crate::machine::MachineView;
use crate::policy::judge::Judgement;
use crate::policy::why::Why;
use crate::policy::words;
use crate::register::ReportsBy;

impl Teller<'_, '_, '_> {
    pub(super) fn state(&self, judgement: &Judgement<'_>) -> StateReason {
        let state = judgement.state;
        let rules = self.deciding_rules(judgement);
        let earlier = State::ALL.iter().take_while(|other| **other != state);
        StateReason {
            state,
            why: self.why_state(state, judgement.why, &rules),
            passed_over: earlier.filter_map(|other| self.why_not(*other, judgement)).collect(),
            rules,
        }
    }

    /// The mandatory rules whose outcome gives the state its name.
    fn deciding_rules(&self, judgement: &Judgement<'_>) -> Vec<String> {
        let wanted = match judgement.state {
            State::Unprotected => Ruling::Fail,
            State::Unknown => Ruling::Unknown,
            State::Waived => Ruling::Waived,
            State::Protected => Ruling::Pass,
            State::Revoked
            | State::Clone
            | State::Pending
            | State::NeverEnrolled
            | State::Silent => return Vec::new(),
        };
        self.mandatory(judgement, wanted).map(str::to_owned).collect()
    }

    /// The mandatory rules of this outcome.
    fn mandatory<'s>(
        &'s self,
        judgement: &'s Judgement<'_>,
        wanted: Ruling,
    ) -> impl Iterator<Item = &'s str> {
        let rules = self.bench.set.rules.iter().zip(&judgement.rules);
        let of_it = rules
            .filter(move |(rule, ruling)| rule.severity.is_mandatory() && ruling.ruling == wanted);
        of_it.map(|(rule, _)| rule.id.as_str())
    }

    fn why_state(&self, state: State, why: Option<Why<'_>>, rules: &[String]) -> Bilingual {
        let original = self.subject.machine.and_then(MachineView::clone_of);
        if let (State::Clone, Some(original)) = (state, original) {
            return Bilingual::new(
                format!("máy này dùng danh tính của máy {original} trên phần cứng khác"),
                format!("this machine uses the identity of {original} on other hardware"),
            );
        }
        let ids = rules.join(", ");
        let (vi, en) = match state {
            State::Unprotected => ("quy tắc bắt buộc chưa đạt", "mandatory rules fail"),
            State::Unknown if !rules.is_empty() => {
                ("quy tắc bắt buộc chưa xác định được", "mandatory rules cannot be judged")
            }
            State::Waived => (
                "quy tắc bắt buộc chưa đạt nhưng được chấp thuận ngoại lệ",
                "mandatory rules fail and a decision excuses that",
            ),
            State::Protected => (
                "mọi quy tắc bắt buộc áp dụng cho máy này đều đạt",
                "every mandatory rule that applies passes",
            ),
            // The state's own name says that no agent was ever installed.
            State::NeverEnrolled => {
                return Bilingual::new(
                    "chưa tác tử nào ghi danh cho dòng này trong sổ đăng ký",
                    "no agent has enrolled for this row of the register",
                );
            }
            State::Revoked | State::Clone | State::Pending | State::Silent | State::Unknown => {
                return why.map(|why| self.why(why)).unwrap_or_default();
            }
        };
        Bilingual::new(format!("{vi}: {ids}"), format!("{en}: {ids}"))
    }

    /// Why a state does not hold that would have come first. Of one that never enrolled there is
    /// no identity that could be in one.
    fn why_not(&self, state: State, judgement: &Judgement<'_>) -> Option<Bilingual> {
        let machine = self.subject.machine?;
        Some(match state {
            State::Revoked => {
                Bilingual::new("danh tính chưa bị thu hồi", "the identity was not revoked")
            }
            State::Clone => Bilingual::new(
                "không thấy máy khác dùng chung danh tính",
                "no other machine was seen to use the identity",
            ),
            State::Pending => {
                Bilingual::new("không phải chờ duyệt", "it waits for nobody's approval")
            }
            State::NeverEnrolled => {
                self.timed(["tác tử đã ghi danh lúc", "the agent enrolled at"], machine.enrolled_at)
            }
            State::Silent => self.last_heard(machine.last_contact.at),
            State::Unprotected if self.mandatory(judgement, Ruling::Waived).next().is_some() => {
                Bilingual::new(
                    "mọi quy tắc bắt buộc chưa đạt đều có ngoại lệ",
                    "every mandatory rule that fails is waived",
                )
            }
            State::Unprotected => {
                Bilingual::new("không quy tắc bắt buộc nào chưa đạt", "no mandatory rule fails")
            }
            State::Unknown => Bilingual::new(
                "mọi quy tắc bắt buộc đều xác định được",
                "every mandatory rule can be judged",
            ),
            State::Waived => Bilingual::new("không cần đến ngoại lệ nào", "no waiver is needed"),
            State::Protected => return None,
        })
    }

    fn last_heard(&self, at: Timestamp) -> Bilingual {
        let bench = self.bench;
        let reports = ReportsBy::of(bench.row);
        let silence = bench.set.targets.silence_begins(bench.setting.kind, reports, at);
        let last = self.timed(["liên lạc lần cuối lúc", "last heard of at"], at);
        let until = self.timed(["chỉ coi là mất liên lạc sau", "silent only after"], silence);
        words::joined(&[last, until], ", ")
    }

    /// A moment after some words, by the office's clock.
    pub(super) fn timed(&self, [vi, en]: [&str; 2], at: Timestamp) -> Bilingual {
        let at = self.bench.set.targets.calendar.time_of(at);
        words::both(|lang| format!("{} {}", words::pick([vi, en], lang), words::time(at, lang)))
    }

    pub(super) fn why(&self, why: Why<'_>) -> Bilingual {
        why.words(&self.bench.set.targets.calendar)
    }
}
