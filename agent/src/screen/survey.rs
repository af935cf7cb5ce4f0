//! A survey for people: what would be sent, in their words.

use report::fact::Ignorance;
use report::moment::Clock;
use report::{Fact, Lang, Observation, Outcome, Reading, Reason, Record, Topic, Value};

use super::table::{Table, harmless};
use crate::words::{Words, moment, words};

const ABSENT: Words = words("không có", "absent");
const UNKNOWN: Words = words("chưa xác định", "unknown");
const NOT_APPLICABLE: Words = words("không áp dụng", "not applicable");
const NONE: Words = words("không có mục nào", "none");
const YES: Words = words("có", "yes");
const NO: Words = words("không", "no");
const BY_VENDOR: Words = words("theo nhà cung cấp", "by the vendor's clock");
const BY_MACHINE: Words = words("theo đồng hồ máy", "by the machine's clock");

/// The text of a survey.
#[must_use]
pub fn survey(observations: &[Observation], lang: Lang) -> String {
    let topics = observations.iter().map(|one| topic(one, lang));
    topics.collect::<Vec<_>>().join("\n")
}

fn topic(observation: &Observation, lang: Lang) -> String {
    let title = title(observation.topic).get(lang);
    let name = observation.topic.name();
    let at = moment(observation.observed_at, lang);
    let body = match &observation.outcome {
        Outcome::Observed(facts) => {
            let mut table = Table::indented("  ");
            for (key, reading) in facts {
                add(&mut table, key.spec().meaning(lang), reading, lang);
            }
            table.render()
        }
        Outcome::NotApplicable(why) => {
            let why = harmless(why.as_str());
            format!("  {}: {why}\n", NOT_APPLICABLE.get(lang))
        }
        Outcome::Failed(why) => format!("  {}\n", unknown(why, lang)),
    };
    format!("{title} ({name}), {at}\n{body}")
}

fn add(table: &mut Table<3>, label: &str, reading: &Reading, lang: Lang) {
    let source = reading.source.as_ref().map_or("", |text| text.as_str());
    let records = match &reading.fact {
        Fact::Known(Value::Records(records)) => records,
        fact => {
            let widths = [usize::MAX, WIDTH, usize::MAX];
            return table.folded_row([label, &shown(fact, lang), source], widths);
        }
    };
    let count = match records.len() {
        0 => NONE.get(lang).to_owned(),
        count => count.to_string(),
    };
    table.row([label, &count, source]);
    for (number, record) in records.iter().enumerate() {
        add_record(table, number + 1, record, lang);
    }
}

/// How wide a value may be before it goes on below.
const WIDTH: usize = 60;

fn add_record(table: &mut Table<3>, number: usize, record: &Record, lang: Lang) {
    for (field, reading) in &record.0 {
        add(table, &format!("  {number}. {field}"), reading, lang);
    }
}

fn shown(fact: &Fact, lang: Lang) -> String {
    match fact {
        Fact::Known(value) => value_shown(value, lang),
        Fact::Absent => ABSENT.get(lang).to_owned(),
        Fact::Unknown(why) => unknown(why, lang),
    }
}

fn value_shown(value: &Value, lang: Lang) -> String {
    match value {
        Value::Text(text) => text.as_str().to_owned(),
        Value::Choice(word) => (*word).to_owned(),
        Value::Bool(true) => YES.get(lang).to_owned(),
        Value::Bool(false) => NO.get(lang).to_owned(),
        Value::Count(count) => count.to_string(),
        Value::Moment(when) => {
            let clock = match when.clock {
                Clock::Source => BY_VENDOR,
                Clock::Machine => BY_MACHINE,
            };
            format!("{} ({})", moment(when.at, lang), clock.get(lang))
        }
        Value::Records(records) => records.len().to_string(),
    }
}

fn unknown(why: &Ignorance, lang: Lang) -> String {
    let (unknown, reason) = (UNKNOWN.get(lang), reason(why.reason).get(lang));
    match &why.detail {
        Some(detail) => format!("{unknown}: {reason} ({})", harmless(detail.as_str())),
        None => format!("{unknown}: {reason}"),
    }
}

pub(crate) fn title(topic: Topic) -> Words {
    match topic {
        Topic::Machine => words("Máy tính", "Machine"),
        Topic::Assignment => words("Máy tự khai", "Assignment claimed"),
        Topic::Antivirus => words("Phần mềm diệt virus", "Antivirus"),
        Topic::Patches => words("Bản vá", "Patches"),
        Topic::Firewall => words("Tường lửa", "Firewall"),
        Topic::DiskEncryption => words("Mã hóa ổ đĩa", "Disk encryption"),
        Topic::ScreenLock => words("Khóa màn hình", "Screen lock"),
        Topic::SecureBoot => words("Khởi động an toàn", "Secure boot"),
        Topic::Accounts => words("Tài khoản", "Accounts"),
        Topic::RemoteAccess => words("Truy cập từ xa", "Remote access"),
        Topic::Smb1 => words("Giao thức SMBv1", "SMBv1"),
        Topic::RemovableMedia => words("Thiết bị nhớ di động", "Removable media"),
        Topic::AutoLogin => words("Tự đăng nhập", "Automatic log-in"),
    }
}

pub(crate) fn reason(reason: Reason) -> Words {
    match reason {
        Reason::NotSupported => words("máy không có nguồn này", "no such source here"),
        Reason::AccessDenied => words("không có quyền đọc", "access denied"),
        Reason::Timeout => words("nguồn không trả lời kịp", "timed out"),
        Reason::ProviderError => words("nguồn báo lỗi", "the source reports an error"),
        Reason::ParseError => words("không hiểu được nội dung", "makes no sense"),
        Reason::TooLarge => words("quá lớn", "too large"),
        Reason::SourceStale => words("nguồn thiếu hoặc quá cũ", "the source is missing or too old"),
        Reason::ProductOpaque => {
            words("phần mềm không cho đọc", "the product does not let it be read")
        }
    }
}

#[cfg(test)]
mod tests {
    use report::observation::Facts;
    use report::{FactKey, Moment, Text, Timestamp};

    use super::super::table::folded;
    use super::*;

    fn at() -> Timestamp {
        Timestamp::from_civil((2026, 11, 22), (3, 9, 14)).unwrap()
    }

    fn antivirus() -> Observation {
        let product = Record(
            [
                (
                    "product",
                    Reading::new(
                        Fact::Known(Value::Text(Text::new("clamav").unwrap())),
                        "var/lib/dpkg/status",
                    ),
                ),
                ("licence_until", Fact::Absent.into()),
                ("definitions_at", Fact::Known(Value::Moment(Moment::source(at()))).into()),
                ("realtime", Fact::Unknown(Ignorance::new(Reason::AccessDenied, "/proc")).into()),
            ]
            .into(),
        );
        let facts = Facts::from([
            (FactKey::named("antivirus.complete").unwrap(), Fact::Known(Value::Bool(false)).into()),
            (
                FactKey::named("antivirus.products").unwrap(),
                Fact::Known(Value::Records(vec![product])).into(),
            ),
        ]);
        Observation {
            topic: Topic::Antivirus,
            observed_at: at(),
            outcome: Outcome::Observed(facts),
        }
    }

    fn patches() -> Observation {
        Observation {
            topic: Topic::Patches,
            observed_at: at(),
            outcome: Outcome::Failed(Ignorance::new(Reason::SourceStale, "no lists")),
        }
    }

    #[test]
    fn every_fact_is_shown_in_the_readers_words_with_its_source() {
        assert_eq!(
            survey(&[antivirus(), patches()], Lang::Vi),
            "\
Phần mềm diệt virus (antivirus), 22/11/2026 03:09 UTC
  Các phần mềm diệt virus   1
    1. definitions_at       22/11/2026 03:09 UTC (theo nhà cung cấp)
    1. licence_until        không có
    1. product              clamav                                     var/lib/dpkg/status
    1. realtime             chưa xác định: không có quyền đọc (/proc)
  Mọi nguồn đều đã trả lời  không

Bản vá (patches), 22/11/2026 03:09 UTC
  chưa xác định: nguồn thiếu hoặc quá cũ (no lists)
"
        );
    }

    #[test]
    fn absent_unknown_and_none_are_three_words() {
        let text = survey(&[antivirus(), patches()], Lang::En);
        assert!(text.contains("1. licence_until     absent\n"), "{text}");
        assert!(text.contains("unknown: access denied (/proc)"), "{text}");
        let none = Fact::Known(Value::Records(Vec::new()));
        let mut table = Table::indented("");
        add(&mut table, "Products", &none.into(), Lang::En);
        assert_eq!(table.render(), "Products  none\n");
    }

    #[test]
    fn a_long_list_of_names_goes_on_below() {
        let names = "libcurl4 ".repeat(9) + "+3";
        let mut table = Table::indented("");
        let fact = Fact::Known(Value::Text(Text::new(&names).unwrap()));
        add(&mut table, "Packages", &Reading::new(fact, "lists"), Lang::En);
        let line = "libcurl4 libcurl4 libcurl4 libcurl4 libcurl4 libcurl4";
        assert_eq!(
            table.render(),
            format!("Packages  {line}  lists\n          libcurl4 libcurl4 libcurl4 +3\n")
        );
        assert_eq!(folded("", WIDTH), [""]);
    }
}
