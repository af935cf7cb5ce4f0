//! What is asked for, and what is there, as people read it.

use report::catalogue::Field;
use report::{Bilingual, Lang};

use super::list::{List, ListTest, RecordTest};
use super::{Asked, Clause, ClauseRuling, Constraint, Test};
use crate::policy::facts::Facts;
use crate::policy::words::{self, Instants};

/// More records than this are counted and not shown.
const SHOWN_RECORDS: usize = 3;

impl Clause {
    /// What is asked for, in words.
    #[must_use]
    pub fn required(&self) -> Bilingual {
        words::both(|lang| match &self.asked {
            Asked::Value(constraint) => constraint.words(lang),
            Asked::List { tests, .. } => joined(tests.iter().map(|test| test.words(lang))),
        })
    }

    /// What is there, in words.
    pub(crate) fn observed(
        &self,
        ruling: ClauseRuling<'_>,
        facts: &Facts<'_>,
        instants: Instants<'_>,
    ) -> Bilingual {
        let finding = facts.get(self.key);
        let shown = match &self.asked {
            Asked::List { tests, whole } => {
                List::of(self.key, *whole, facts).words(tests, instants)
            }
            Asked::Value(_) => None,
        };
        match (ruling, shown) {
            (ClauseRuling::Unknown(why), Some(shown)) => {
                words::joined(&[why.words(instants.calendar), shown], ": ")
            }
            (ClauseRuling::Unknown(why), None) => why.words(instants.calendar),
            (ClauseRuling::Pass | ClauseRuling::Fail, Some(shown)) => shown,
            (ClauseRuling::Pass | ClauseRuling::Fail, None) => {
                words::both(|lang| words::finding(finding, self.key.spec().kind, instants, lang))
            }
        }
    }

    /// With the meaning of the fact before it.
    pub(crate) fn named(&self, words: &Bilingual) -> Bilingual {
        let spec = self.key.spec();
        words::both(|lang| format!("{}: {}", spec.meaning(lang), words.get(lang)))
    }
}

impl Constraint {
    fn words(&self, lang: Lang) -> String {
        joined(self.tests.iter().map(|test| test.words(lang)))
    }
}

impl ListTest {
    fn words(&self, lang: Lang) -> String {
        let ([vi, en], test) = match self {
            Self::Present(true) => (["phải có ít nhất một mục", "at least one entry"], None),
            Self::Present(false) => (["không được có mục nào", "no entry"], None),
            Self::Some(test) => (["ít nhất một mục có", "at least one entry with"], Some(test)),
            Self::Every(test) => (["mọi mục đều có", "every entry with"], Some(test)),
            Self::None(test) => (["không mục nào có", "no entry with"], Some(test)),
        };
        let lead = words::pick([vi, en], lang);
        match test {
            Some(test) => format!("{lead} ({})", test.words(lang)),
            None => lead.to_owned(),
        }
    }

    fn record(&self) -> Option<&RecordTest> {
        match self {
            Self::Present(_) => None,
            Self::Some(test) | Self::Every(test) | Self::None(test) => Some(test),
        }
    }
}

impl RecordTest {
    fn words(&self, lang: Lang) -> String {
        joined(
            self.0
                .iter()
                .map(|(field, asked)| format!("{}: {}", field.meaning(lang), asked.words(lang))),
        )
    }
}

impl List<'_> {
    /// Its records by the fields that are asked about; `None` where they are not known.
    fn words(self, tests: &[ListTest], instants: Instants<'_>) -> Option<Bilingual> {
        let records = self.finding.records()?;
        if records.is_empty() {
            return Some(Bilingual::new("không có mục nào", "no entry"));
        }
        let mut fields: Vec<&Field> = Vec::new();
        for (field, _) in tests.iter().filter_map(ListTest::record).flat_map(|test| &test.0) {
            if !fields.contains(field) {
                fields.push(field);
            }
        }
        let record = |record, lang| {
            let said = fields.iter().map(|field| {
                let finding = self.field(record, field);
                let words = words::finding(finding, field.kind, instants, lang);
                format!("{}: {words}", field.meaning(lang))
            });
            format!("({})", joined(said))
        };
        let count = records.iter().count();
        let shown = if fields.is_empty() { 0 } else { SHOWN_RECORDS };
        Some(words::both(|lang| {
            let mut said: Vec<_> =
                records.iter().take(shown).map(|one| record(one, lang)).collect();
            if count > shown {
                let count = words::number(u64::try_from(count).unwrap_or(u64::MAX), lang);
                said.push(words::pick(
                    [format!("tổng {count} mục"), format!("{count} in all")],
                    lang,
                ));
            }
            said.join(" ")
        }))
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

impl Test {
    fn words(&self, lang: Lang) -> String {
        let said = |vi: &str, en: &str, rest: &str| match lang {
            Lang::Vi => format!("{vi} {rest}"),
            Lang::En => format!("{en} {rest}"),
        };
        let alone = |vi: &str, en: &str| said(vi, en, "").trim_end().to_owned();
        let or = |parts: Vec<String>| parts.join(words::pick([" hoặc ", " or "], lang));
        match self {
            Self::Present(true) => alone("phải có", "present"),
            Self::Present(false) => alone("phải không có", "absent"),
            Self::Words(words) => or(words.iter().map(|word| words::choice(word, lang)).collect()),
            Self::Texts(texts) => or(texts.clone()),
            Self::Bool(yes) => words::yes_no(*yes, lang),
            Self::Counts(counts) => {
                or(counts.iter().map(|count| words::number(*count, lang)).collect())
            }
            Self::Min(min) => said("ít nhất", "at least", &words::number(*min, lang)),
            Self::Max(max) => said("không quá", "at most", &words::number(*max, lang)),
            Self::MinVersion(min) => said("từ phiên bản", "at least version", min),
            Self::MaxVersion(max) => said("đến phiên bản", "at most version", max),
            Self::MaxAge(age) => {
                let age = said("không quá", "at most", &words::period(*age, lang));
                if lang == Lang::En { format!("{age} old") } else { age }
            }
            Self::NotBefore(_, date) => {
                said("không trước ngày", "not before", &words::date(*date, lang))
            }
            Self::MinLeft(left) if left.seconds() == 0 => alone("còn thời hạn", "not over yet"),
            Self::MinLeft(left) => {
                let left = said("còn ít nhất", "at least", &words::period(*left, lang));
                if lang == Lang::En { format!("{left} left") } else { left }
            }
            // The anchors are an implementation's matter.
            Self::Matches(regex) => {
                let pattern = regex.as_str();
                let pattern =
                    pattern.strip_prefix(r"\A(?:").and_then(|rest| rest.strip_suffix(r")\z"));
                said("đúng mẫu", "matches", pattern.unwrap_or_default())
            }
        }
    }
}
