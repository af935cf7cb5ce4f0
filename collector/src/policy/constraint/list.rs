//! What a rule asks of a list of records.
//!
//! What holds of one record decides where one record can; where none does, a record that cannot be
//! judged or a source that did not answer leaves it open.

use report::FactKey;
use report::catalogue::{Field, Origin};

use super::{ClauseRuling, Constraint};
use crate::machine::view::{Datum, RecordView, Records};
use crate::policy::derive::in_our_time;
use crate::policy::facts::{Facts, Finding};
use crate::policy::hourglass::Hourglass;
use crate::policy::why::Why;

/// One thing asked of a list.
#[derive(Clone, Debug)]
pub(super) enum ListTest {
    /// At least one record, or none.
    Present(bool),
    /// At least one record is so.
    Some(RecordTest),
    /// Each record is so; an empty list holds none that is not.
    Every(RecordTest),
    /// No record is so.
    None(RecordTest),
}

/// What is asked of one record: all of it.
#[derive(Clone, Debug)]
pub(super) struct RecordTest(pub(super) Vec<(&'static Field, Constraint)>);

/// What is known of a list.
#[derive(Clone, Copy)]
pub(super) struct List<'m> {
    pub(super) finding: Finding<'m>,
    /// Every source of it answered.
    whole: bool,
    skew: i64,
}

impl<'m> List<'m> {
    pub(super) fn of(key: FactKey, whole: Option<FactKey>, facts: &Facts<'m>) -> Self {
        let whole = whole.and_then(|whole| facts.get(whole).bool()) == Some(true);
        let skew = match key.spec().origin {
            Origin::Agent(topic) => facts.skew(topic),
            Origin::Derived => 0,
        };
        Self { finding: facts.get(key), whole, skew }
    }

    pub(super) fn judge(self, tests: &[ListTest], clock: &Hourglass) -> ClauseRuling<'m> {
        match self.finding {
            Finding::Unknown(why) => ClauseRuling::Unknown(why),
            Finding::Absent if matches!(tests, [ListTest::Present(false)]) => ClauseRuling::Pass,
            Finding::Absent => ClauseRuling::Fail,
            Finding::Known(Datum::Records(records)) => {
                ClauseRuling::all(tests.iter().map(|test| self.hold(records, test, clock)))
            }
            Finding::Known(
                Datum::Text(_)
                | Datum::Choice(_)
                | Datum::Bool(_)
                | Datum::Count(_)
                | Datum::Moment(_),
            ) => ClauseRuling::Fail,
        }
    }

    fn hold(self, records: Records<'m>, test: &ListTest, clock: &Hourglass) -> ClauseRuling<'m> {
        let judge = |record, RecordTest(fields): &RecordTest| {
            let each = fields.iter();
            ClauseRuling::all(
                each.map(|(field, asked)| asked.judge(self.field(record, field), clock)),
            )
        };
        let each = |test| records.iter().map(move |record| judge(record, test));
        // What the list lacks may be one more record, of which nothing is known.
        let lacking = (!self.whole).then_some(ClauseRuling::Unknown(Why::IncompleteList));
        match test {
            ListTest::Some(test) => ClauseRuling::any(each(test).chain(lacking)),
            ListTest::Every(test) => ClauseRuling::all(each(test).chain(lacking)),
            ListTest::None(test) => ClauseRuling::any(each(test).chain(lacking)).reversed(),
            ListTest::Present(wanted) => {
                let there = records.iter().map(|_| ClauseRuling::Pass);
                let there = ClauseRuling::any(there.chain(lacking));
                if *wanted { there } else { there.reversed() }
            }
        }
    }

    /// What is known of a field of one of its records.
    pub(super) fn field(self, record: RecordView<'m>, field: &Field) -> Finding<'m> {
        in_our_time(record.field(field.name), self.skew)
    }
}
