//! What only time takes away, asked for beforehand.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::client::escaped;
use super::reports::understood;
use crate::hub::Hub;
use crate::live::Live;
use crate::policy::Forecast;
use crate::policy::forecast::{FARTHEST, HORIZONS};
use crate::problem::Refusal;
use crate::reports::wish;
use crate::when::When;

/// How far ahead to look, in days, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// The horizons.
    pub days: Days,
    /// The unit, with every unit below it; `None`: everyone.
    pub unit: Option<String>,
}

/// How many horizons are told at once: as many as a year has months.
const MOST: usize = 12;

/// Horizons as people write them: `30,60,90`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days(Vec<u32>);

impl Default for Days {
    fn default() -> Self {
        Self(HORIZONS.to_vec())
    }
}

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.split(',').count() > MOST {
            return Err(format!("each horizon is a judgement of everyone: at most {MOST} at once"));
        }
        let day = |day: &str| day.trim().parse().ok().filter(|days| *days <= FARTHEST);
        let days: Option<Vec<_>> = text.split(',').map(day).collect();
        let help = || format!("expected numbers of days up to {FARTHEST}, as in 30,60,90");
        days.map(Self).ok_or_else(help)
    }
}

impl TryFrom<String> for Days {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl fmt::Display for Days {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<_> = self.0.iter().map(u32::to_string).collect();
        to.write_str(&days.join(","))
    }
}

impl Outlook {
    /// The path under which it is asked for.
    #[must_use]
    pub fn path(&self) -> String {
        let unit = self.unit.as_deref().map(|unit| format!("&unit={}", escaped(unit)));
        format!("/v1/forecast?days={}{}", self.days, unit.unwrap_or_default())
    }

    /// What becomes of everyone it is about.
    ///
    /// # Errors
    /// When the register has no such unit: the message names the nearest.
    pub fn of(&self, live: &Live) -> Result<Forecast, String> {
        let roll = live.roll();
        let unit = self.unit.as_deref().map(|id| wish::unit(id, roll.set())).transpose()?;
        Ok(Forecast::of(roll, live.fleet(), &self.days.0, unit))
    }
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/forecast", get(forecast))
}

async fn forecast(
    State(hub): State<Arc<Hub>>,
    Query(outlook): Query<Outlook>,
) -> Result<Json<Forecast>, Refusal> {
    let told = hub.show_at(When::default(), move |live| outlook.of(live)).await?;
    understood(told).map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Fleet;
    use crate::policy::fixtures::{NOW, set};

    #[test]
    fn horizons_are_numbers_of_days_with_commas_between_them() {
        let days = |text: &str| text.parse::<Days>();
        assert_eq!(days("30,60,90"), Ok(Days::default()));
        assert_eq!(days(" 7 ").unwrap().to_string(), "7");
        for text in ["", "30,", "x", "-1", "3661", "30;60"] {
            assert!(days(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn nobody_asks_for_more_horizons_than_a_year_has_months() {
        let many = |count: usize| vec!["30"; count].join(",").parse::<Days>();
        assert!(many(12).is_ok());
        assert!(many(13).unwrap_err().contains("at most 12"));
    }

    #[test]
    fn a_unit_that_is_not_known_is_answered_as_every_report_answers_it() {
        let live = Live::new(set("", &[]).into(), Fleet::new(Vec::new()), NOW);
        let outlook = Outlook { days: Days::default(), unit: Some("phongg".to_owned()) };
        let told = outlook.of(&live).unwrap_err();
        assert_eq!(told, wish::unit("phongg", live.roll().set()).unwrap_err());
    }

    #[test]
    fn an_outlook_is_asked_for_under_a_path_that_a_name_cannot_change() {
        let outlook = Outlook { days: Days(vec![5]), unit: Some("a&b".to_owned()) };
        assert_eq!(outlook.path(), "/v1/forecast?days=5&unit=a%26b");
    }
}
