//! What a probe writes down, in the words of the catalogue.

use report::catalogue::ANTIVIRUS_PRODUCT;
use report::fact::Ignorance;
use report::observation::Facts;
use report::{Fact, FactKey, Moment, Outcome, Reading, Reason, Record, Text, Value};

/// The facts of one topic, as they come together.
#[derive(Debug, Default)]
pub(crate) struct Findings(Facts);

impl Findings {
    /// Notes a fact and where it was read.
    pub(crate) fn add(&mut self, name: &'static str, fact: Fact, source: &str) {
        let key = FactKey::named(name);
        debug_assert!(key.is_some(), "{name} is not in the catalogue");
        if let Some(key) = key {
            self.0.insert(key, Reading::new(fact, source));
        }
    }

    pub(crate) fn observed(self) -> Outcome {
        Outcome::Observed(self.0)
    }
}

/// One antivirus product, as its fields come together.
#[derive(Debug, Default)]
pub(crate) struct Product(Record);

impl Product {
    /// Notes a fact and where it was read.
    pub(crate) fn add(&mut self, field: &'static str, fact: Fact, source: &str) {
        debug_assert!(
            ANTIVIRUS_PRODUCT.iter().any(|known| known.name == field),
            "{field} is not in the catalogue"
        );
        self.0.0.insert(field, Reading::new(fact, source));
    }

    /// The product as it is sent. Unless it was noted otherwise, there was no second source: nothing
    /// is registered twice and nobody disagrees.
    pub(crate) fn into_record(mut self) -> Record {
        for field in ["duplicates", "disputed"] {
            self.0.0.entry(field).or_insert_with(|| Reading::new(Fact::Absent, ""));
        }
        self.0
    }
}

/// Text as it stands in a source; nothing but blanks is absent.
pub(crate) fn text(found: &str) -> Fact {
    match Text::cleaned(found) {
        Ok(text) if text.as_str().is_empty() => Fact::Absent,
        Ok(text) => Fact::Known(Value::Text(text)),
        Err(error) => unknown(Reason::ParseError, &error.to_string()),
    }
}

/// A word of the catalogue or of this agent.
pub(crate) fn word(known: &'static str) -> Fact {
    text(known)
}

pub(crate) fn choice(word: &'static str) -> Fact {
    Fact::Known(Value::Choice(word))
}

pub(crate) fn yes_or_no(answer: bool) -> Fact {
    Fact::Known(Value::Bool(answer))
}

pub(crate) fn count(number: u64) -> Fact {
    Fact::Known(Value::Count(number))
}

pub(crate) fn moment(moment: Moment) -> Fact {
    Fact::Known(Value::Moment(moment))
}

/// Not knowing, with what exactly stood in the way.
pub(crate) fn unknown<T>(reason: Reason, detail: &str) -> Fact<T> {
    Fact::Unknown(Ignorance::new(reason, detail))
}
