//! What is known of one machine when it is judged: one finding for each fact of the catalogue.

use std::borrow::Cow;

use jiff::civil::Date;
use report::{Bilingual, FactKey, Lang, Text, Value};

use super::why::Why;
use super::words;

/// What is known of one fact, in the collector's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding<'m> {
    /// Seen; moments are by the collector's clock.
    Known(Cow<'m, Value>),
    /// Every source was read and it is not there.
    Absent,
    /// It cannot be said.
    Unknown(Why),
}

impl Finding<'_> {
    /// A known value.
    #[must_use]
    pub fn known(value: Value) -> Self {
        Self::Known(Cow::Owned(value))
    }

    /// The value, if it is known.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// The word, if it is a known one.
    #[must_use]
    pub fn word(&self) -> Option<&'static str> {
        match self.value()? {
            Value::Choice(word) => Some(word),
            Value::Text(_)
            | Value::Bool(_)
            | Value::Count(_)
            | Value::Moment(_)
            | Value::Records(_) => None,
        }
    }

    /// The text, if it is a known one.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match self.value()? {
            Value::Text(text) => Some(text),
            Value::Choice(_)
            | Value::Bool(_)
            | Value::Count(_)
            | Value::Moment(_)
            | Value::Records(_) => None,
        }
    }

    /// The number, if it is a known one.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match self.value()? {
            Value::Count(count) => Some(*count),
            Value::Text(_)
            | Value::Choice(_)
            | Value::Bool(_)
            | Value::Moment(_)
            | Value::Records(_) => None,
        }
    }

    /// Yes or no, if it is known.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.value()? {
            Value::Bool(yes) => Some(*yes),
            Value::Text(_)
            | Value::Choice(_)
            | Value::Count(_)
            | Value::Moment(_)
            | Value::Records(_) => None,
        }
    }
}

/// What a derived fact was derived from; shown beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// This antivirus product, as people call it.
    Product(Bilingual),
    /// The licence of this product, and the status it is in.
    Licence {
        /// The product, as people call it.
        product: Bilingual,
        /// The word of its status.
        status: String,
    },
    /// This release in the lifecycle table of this date.
    Lifecycle {
        /// The release.
        release: String,
        /// The date of the table.
        data_date: Date,
    },
    /// This row of the register.
    Row(String),
    /// These information systems.
    Systems(Vec<String>),
    /// The chassis the firmware names.
    Chassis,
    /// The join token.
    Token,
    /// The machine's own claim beside the register.
    Claim,
    /// Security updates wait since this date.
    PendingSince(Date),
}

impl Evidence {
    /// In words.
    #[must_use]
    pub fn words(&self) -> Bilingual {
        match self {
            Self::Product(name) => name.clone(),
            Self::Licence { product, status } => words::both(|lang| {
                format!("{}: {}", product.get(lang), words::choice(status, lang))
            }),
            Self::Lifecycle { release, data_date } => Bilingual::new(
                format!("{release}, danh mục ngày {}", words::date(*data_date, Lang::Vi)),
                format!("{release}, table of {}", words::date(*data_date, Lang::En)),
            ),
            Self::Row(id) => Bilingual::new(format!("sổ đăng ký: {id}"), format!("register: {id}")),
            Self::Systems(ids) => {
                let ids = ids.join(", ");
                Bilingual::new(format!("hệ thống: {ids}"), format!("systems: {ids}"))
            }
            Self::Chassis => Bilingual::new("kiểu vỏ máy", "chassis"),
            Self::Token => Bilingual::new("mã ghi danh", "join token"),
            Self::Claim => Bilingual::new("máy tự khai", "the machine's claim"),
            Self::PendingSince(date) => Bilingual::new(
                format!("chờ cài từ ngày {}", words::date(*date, Lang::Vi)),
                format!("pending since {}", words::date(*date, Lang::En)),
            ),
        }
    }
}

/// One finding for each fact of the catalogue.
#[derive(Clone, Debug)]
pub struct Facts<'m>(Vec<(Finding<'m>, Option<Evidence>)>);

impl<'m> Facts<'m> {
    /// Nothing is known.
    #[must_use]
    pub fn blank() -> Self {
        Self(FactKey::all().map(|_| (Finding::Unknown(Why::FactMissing), None)).collect())
    }

    /// What is known of a fact.
    #[must_use]
    pub fn get(&self, key: FactKey) -> &Finding<'m> {
        &self.0[key.slot()].0
    }

    /// What a derived fact was derived from.
    #[must_use]
    pub fn evidence(&self, key: FactKey) -> Option<&Evidence> {
        self.0[key.slot()].1.as_ref()
    }

    /// What is known of the fact of this name; a name outside the catalogue is never known.
    pub(crate) fn named(&self, name: &str) -> &Finding<'m> {
        const MISSING: &Finding<'static> = &Finding::Unknown(Why::FactMissing);
        FactKey::named(name).map_or(MISSING, |key| self.get(key))
    }

    pub(crate) fn set(&mut self, key: FactKey, finding: Finding<'m>) {
        self.0[key.slot()].0 = finding;
    }

    /// Sets a derived fact with what it was derived from.
    pub(crate) fn derive(&mut self, name: &str, finding: Finding<'m>, evidence: Option<Evidence>) {
        if let Some(key) = FactKey::named(name) {
            self.0[key.slot()] = (finding, evidence);
        }
    }
}
