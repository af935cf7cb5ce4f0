//! What every report says of itself: as of when, by what, and on how much data.

use report::verdict::State;
use report::{Lang, Timestamp};
use serde::{Deserialize, Serialize};

use crate::live::Live;
use crate::policy::calendar::Calendar;
use crate::policy::posture::Tally;
use crate::policy::words;
use crate::register::UnitIndex;
use crate::when::AsKnown;

/// The moment, the judge and the data of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imprint {
    /// The moment it is about.
    pub at: Timestamp,
    /// How a past moment is told; `None`: it was the present when the report was made.
    pub known: Option<AsKnown>,
    /// The time zone of the office, in which people read its moments.
    pub zone: String,
    /// The hash of the policy set that everyone was judged by.
    pub policies: String,
    /// The version of the judge.
    pub judge: String,
    /// Whether the register is marked as a sample or a simulation.
    pub sample: bool,
    /// How many machines of those it is about are answered for and could be heard.
    pub members: u64,
    /// How many of them were judged by data that still speaks for the moment.
    pub reporting: u64,
    /// How the logs of the collector that made it ended then, signed; `None`: it was made of a store
    /// at rest, where nobody can sign.
    pub head: Option<String>,
}

/// Whether the judge had data of a machine in this state: of all others nothing counts.
#[must_use]
pub fn is_reporting(state: State) -> bool {
    match state {
        State::Revoked | State::Clone | State::Pending | State::NeverEnrolled | State::Silent => {
            false
        }
        State::Unprotected | State::Unknown | State::Waived | State::Protected => true,
    }
}

impl Imprint {
    /// That of whatever is made of these: of a unit with every unit below it, or of everyone.
    #[must_use]
    pub fn of(live: &Live, unit: Option<UnitIndex>) -> Self {
        let (roll, places) = (live.roll(), places(live, unit));
        let in_state =
            |state| places.iter().map(|place| roll.counts().in_unit(*place, state)).sum();
        let states = || State::ALL.iter().map(|state| (*state, in_state(*state)));
        let reporting = states().filter(|(state, _)| is_reporting(*state));
        Self {
            at: roll.clock().now,
            known: live.known(),
            zone: roll.set().targets.calendar.zone().to_owned(),
            policies: roll.set().hash.to_string(),
            judge: env!("CARGO_PKG_VERSION").to_owned(),
            sample: roll.set().register.is_sample(),
            members: states().map(|(_, count): (_, u64)| count).sum(),
            reporting: reporting.map(|(_, count)| count).sum(),
            head: None,
        }
    }

    /// The calendar of the office, for moments that are shown.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        Calendar::in_zone(&self.zone)
    }

    /// On how much data it rests.
    #[must_use]
    pub fn coverage(&self) -> Tally {
        Tally { members: self.members, met: self.reporting }
    }

    /// It in sentences, each a line at the foot of a report about machines.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        self.lines_on(self.rests_on(lang), lang)
    }

    /// The same of a report that rests on other data than the machines', with a sentence on that.
    #[must_use]
    pub fn lines_on(&self, data: String, lang: Lang) -> Vec<String> {
        let mut lines = vec![self.as_of(lang), data, self.judged_by(lang)];
        lines.push(self.vouched_for(lang));
        lines.extend(self.sample.then(|| sample(lang).to_owned()));
        lines
    }

    /// As of when, with the distance from UTC, because it may be read elsewhere.
    #[must_use]
    pub fn as_of(&self, lang: Lang) -> String {
        let (at, known) = (words::moment(self.at, &self.calendar(), lang), self.known_as(lang));
        match lang {
            Lang::Vi => format!("Số liệu tính đến {at} ({}){known}", self.zone),
            Lang::En => format!("As of {at} ({}){known}", self.zone),
        }
    }

    /// An earlier moment that it is compared with. Unless the report is told by what is known now,
    /// that one is told by what was known then.
    #[must_use]
    pub fn told(&self, earlier: Timestamp, lang: Lang) -> String {
        let known = match self.known {
            Some(AsKnown::Now) => self.known_as(lang),
            Some(AsKnown::Then) | None => "",
        };
        format!("{}{known}", words::moment(earlier, &self.calendar(), lang))
    }

    fn known_as(&self, lang: Lang) -> &'static str {
        match (self.known, lang) {
            (None, _) => "",
            (Some(AsKnown::Then), Lang::Vi) => ", theo số liệu và chính sách tại thời điểm đó",
            (Some(AsKnown::Then), Lang::En) => ", by what was known and in force then",
            (Some(AsKnown::Now), Lang::Vi) => {
                ", theo số liệu nhận được đến nay và chính sách hiện hành"
            }
            (Some(AsKnown::Now), Lang::En) => {
                ", by all that is known now and the policies in force now"
            }
        }
    }

    fn vouched_for(&self, lang: Lang) -> String {
        match (&self.head, lang) {
            (Some(head), Lang::Vi) => format!("Đầu nhật ký có chữ ký: {head}"),
            (Some(head), Lang::En) => format!("Signed end of the logs: {head}"),
            (None, Lang::Vi) => {
                "Lập từ kho dữ liệu khi hệ thống thu nhận không chạy: không có chữ ký nhật ký"
                    .to_owned()
            }
            (None, Lang::En) => {
                "Made of a store without a running collector: no signed end of the logs".to_owned()
            }
        }
    }

    fn rests_on(&self, lang: Lang) -> String {
        let Self { members, reporting, .. } = *self;
        let [members, reporting] = [members, reporting].map(|count| words::number(count, lang));
        let share = self.coverage().share(lang).unwrap_or_else(|| "–".to_owned());
        match lang {
            Lang::Vi => format!(
                "Báo cáo còn hiệu lực: {reporting}/{members} máy tính ({share}); máy không có dữ liệu không được tính là đạt"
            ),
            Lang::En => format!(
                "Reports that still count: {reporting} of {members} machines ({share}); a machine without data never counts as met"
            ),
        }
    }

    fn judged_by(&self, lang: Lang) -> String {
        let Self { policies, judge, .. } = self;
        match lang {
            Lang::Vi => format!("Mã bộ chính sách {policies}; bộ đánh giá phiên bản {judge}"),
            Lang::En => format!("Policy set {policies}; judge version {judge}"),
        }
    }
}

/// Whatever is made of a sample says so.
#[must_use]
pub fn sample(lang: Lang) -> &'static str {
    words::pick(
        [
            "Sổ đăng ký là MẪU hoặc MÔ PHỎNG: không dùng để báo cáo.",
            "The register is a SAMPLE or a SIMULATION: not for any report.",
        ],
        lang,
    )
}

/// Where a unit and those below it are counted; the last place of all stands for "no unit is known".
fn places(live: &Live, unit: Option<UnitIndex>) -> Vec<usize> {
    let (units, day) = (&live.roll().set().register.units, live.roll().day());
    match unit {
        None => (0..=units.iter().count()).collect(),
        Some(unit) => {
            let own = units.indices().filter(|one| day.line(*one).contains(&unit));
            own.map(UnitIndex::number).collect()
        }
    }
}
