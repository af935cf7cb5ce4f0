//! `MSFT_MpComputerStatus`: what Defender says of itself.

use report::{Fact, Moment, Reason, Timestamp, Value};

use super::WMI;
use crate::host::wmi::{Row, Variant};
use crate::probes::antivirus::merge::Candidate;
use crate::probes::dates;
use crate::probes::findings::{choice, text, unknown, yes_or_no};

/// The fields that are answered here.
pub(super) const FIELDS: [&str; 7] = [
    "version",
    "state",
    "realtime",
    "passive",
    "definitions_version",
    "definitions_at",
    "definitions_current",
];

/// Flags of `ProductStatus`: it was lent for a trial, and that is over.
const EVALUATION: i64 = 4096;
const EXPIRED: i64 = 16384;

/// What it writes where there is no version.
const NO_VERSION: &str = "0.0.0.0";

/// The one instance, as it was at a moment.
pub(super) struct Status<'a> {
    pub(super) row: &'a Row,
    pub(super) now: Timestamp,
}

/// How Defender stands to another antivirus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Normal,
    /// Beside another one: it watches and blocks nothing, whatever its switches say.
    Passive,
    NotRunning,
}

impl Status<'_> {
    pub(super) fn write(&self, said: &mut Candidate) {
        let mode = self.mode();
        said.add("version", self.version("AMProductVersion"), WMI);
        said.add("state", self.state(&mode), WMI);
        said.add("realtime", self.realtime(&mode), WMI);
        said.add("passive", mode.clone().map(|mode| Value::Bool(mode == Mode::Passive)), WMI);
        said.add("definitions_version", self.version("AntivirusSignatureVersion"), WMI);
        said.add("definitions_at", self.definitions_at(), WMI);
        let current = self.flag("DefenderSignaturesOutOfDate").map(|old| Value::Bool(!old));
        said.add("definitions_current", current, WMI);
        if let Fact::Known(flags) = self.number("ProductStatus") {
            if flags & EXPIRED != 0 {
                said.add("licence_status", choice("expired"), WMI);
            } else if flags & EVALUATION != 0 {
                said.add("licence_status", choice("trial"), WMI);
            }
        }
    }

    fn mode(&self) -> Fact<Mode> {
        let said = match self.text("AMRunningMode") {
            Fact::Known(said) => said.to_ascii_lowercase(),
            Fact::Absent => return Fact::Absent,
            Fact::Unknown(why) => return Fact::Unknown(why),
        };
        let begins = |word| said.starts_with(word);
        match () {
            () if begins("normal") => Fact::Known(Mode::Normal),
            () if ["passive", "sxs passive", "edr block"].into_iter().any(begins) => {
                Fact::Known(Mode::Passive)
            }
            () if begins("not running") => Fact::Known(Mode::NotRunning),
            () => unknown(Reason::ParseError, "AMRunningMode: a mode this agent does not know"),
        }
    }

    fn state(&self, mode: &Fact<Mode>) -> Fact {
        if *mode == Fact::Known(Mode::NotRunning) {
            return choice("off");
        }
        let enabled = [self.flag("AMServiceEnabled"), self.flag("AntivirusEnabled")];
        match all(enabled) {
            Fact::Known(true) => choice("on"),
            Fact::Known(false) => choice("off"),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(why) => Fact::Unknown(why),
        }
    }

    /// Its switch may stand at on in the passive mode, and where the mode is not known.
    fn realtime(&self, mode: &Fact<Mode>) -> Fact {
        let switch = self.flag("RealTimeProtectionEnabled");
        let on_access = self.flag("OnAccessProtectionEnabled");
        if switch == Fact::Known(false) || on_access == Fact::Known(false) {
            return yes_or_no(false);
        }
        match mode {
            Fact::Known(Mode::Normal) => switch.map(Value::Bool),
            Fact::Known(Mode::Passive | Mode::NotRunning) => yes_or_no(false),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(why) => Fact::Unknown(why.clone()),
        }
    }

    /// When the definitions were put in place. An age of all ones says that they never were.
    fn definitions_at(&self) -> Fact {
        if let Fact::Known(age) = self.number("AntivirusSignatureAge") {
            let age = u64::try_from(age).unwrap_or(u64::from(u32::MAX));
            if let Fact::Unknown(why) = dates::age_in_days(age) {
                return Fact::Unknown(why);
            }
        }
        match self.text("AntivirusSignatureLastUpdated") {
            Fact::Known(written) => dates::happened(dates::wmi_moment(&written), self.now)
                .map(|at| Value::Moment(Moment::source(at))),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(why) => Fact::Unknown(why),
        }
    }

    fn version(&self, property: &str) -> Fact {
        match self.text(property) {
            Fact::Known(version) if version == NO_VERSION => {
                unknown(Reason::SourceStale, &format!("{property}: {NO_VERSION}"))
            }
            Fact::Known(version) => text(&version),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(why) => Fact::Unknown(why),
        }
    }

    fn text(&self, property: &str) -> Fact<String> {
        match self.row.get(property) {
            Some(Variant::Text(text)) if !text.trim().is_empty() => {
                Fact::Known(text.trim().to_owned())
            }
            other => missing(property, other),
        }
    }

    fn flag(&self, property: &str) -> Fact<bool> {
        match self.row.get(property) {
            Some(Variant::Bool(answer)) => Fact::Known(*answer),
            other => missing(property, other),
        }
    }

    fn number(&self, property: &str) -> Fact<i64> {
        match self.row.get(property) {
            Some(Variant::Number(number)) => Fact::Known(*number),
            other => missing(property, other),
        }
    }
}

/// A property that older platforms do not have, or that has no value now.
fn missing<T>(property: &str, found: Option<&Variant>) -> Fact<T> {
    match found {
        None | Some(Variant::Null) => {
            unknown(Reason::NotSupported, &format!("{property}: not supplied"))
        }
        Some(Variant::Text(text)) if text.trim().is_empty() => {
            unknown(Reason::NotSupported, &format!("{property}: empty"))
        }
        Some(Variant::Bool(_) | Variant::Number(_) | Variant::Text(_) | Variant::List(_)) => {
            unknown(Reason::ParseError, &format!("{property}: of another kind than documented"))
        }
    }
}

/// Yes if both say yes, no if either says no.
fn all(answers: [Fact<bool>; 2]) -> Fact<bool> {
    if answers.contains(&Fact::Known(false)) {
        return Fact::Known(false);
    }
    let open = answers.into_iter().find(|answer| answer.known().is_none());
    open.unwrap_or(Fact::Known(true))
}
