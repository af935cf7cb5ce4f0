//! What the agent of a machine of the year would see.

use report::{
    Fact, FactKey, Moment, Observation, Outcome, Reading, Reason, Record, Text, Timestamp, Topic,
    Value, moment::DAY,
};

use crate::calendar::{Day, HOUR, day_of, moment};
use crate::office::{Antivirus, Pc};

pub(crate) fn observations(pc: Pc, seen_at: Timestamp) -> Vec<Observation> {
    let day = day_of(seen_at);
    let machine = vec![
        ("machine.host_name", text(&format!("may-{:05}", pc.number))),
        ("machine.os_family", Fact::Known(Value::Choice("windows"))),
        ("machine.serial", text(&pc.serial())),
    ];
    let antivirus = vec![
        ("antivirus.products", Fact::Known(Value::Records(products(pc, day)))),
        ("antivirus.complete", Fact::Known(Value::Bool(true))),
    ];
    let observation = |topic, facts: Vec<(&str, Fact)>| {
        let reading =
            |(name, fact)| (FactKey::named(name).expect(name), Reading::new(fact, "year"));
        let facts = facts.into_iter().map(reading).collect();
        Observation { topic, observed_at: seen_at, outcome: Outcome::Observed(facts) }
    };
    vec![observation(Topic::Machine, machine), observation(Topic::Antivirus, antivirus)]
}

fn products(pc: Pc, day: Day) -> Vec<Record> {
    let (product, status, until) = match pc.antivirus() {
        Antivirus::None => return Vec::new(),
        Antivirus::Contract => ("bkav-endpoint", opaque(), opaque()),
        Antivirus::Told => {
            let until = moment(pc.paid_until(day), DAY - 1);
            let status = if pc.paid_until(day) < day { "expired" } else { "licensed" };
            let end = Fact::Known(Value::Moment(Moment::source(until)));
            ("eset-endpoint-antivirus", Fact::Known(Value::Choice(status)), end)
        }
        Antivirus::BuiltIn => {
            ("microsoft-defender-antivirus", Fact::Known(Value::Choice("builtin")), Fact::Absent)
        }
    };
    let definitions = Moment::source(moment(pc.definitions(day), 20 * HOUR));
    let evidence = match pc.antivirus() {
        Antivirus::Contract | Antivirus::None => opaque(),
        Antivirus::Told | Antivirus::BuiltIn => Fact::Known(Value::Choice("vendor")),
    };
    let fields = [
        ("product", text(product)),
        ("state", Fact::Known(Value::Choice("on"))),
        ("realtime", Fact::Known(Value::Bool(pc.realtime()))),
        ("passive", Fact::Known(Value::Bool(false))),
        ("definitions_at", Fact::Known(Value::Moment(definitions))),
        ("licence_status", status),
        ("licence_until", until),
        ("licence_evidence", evidence),
        ("registered", Fact::Known(Value::Bool(true))),
        ("present", Fact::Known(Value::Bool(true))),
    ];
    let fields = fields.into_iter().map(|(name, fact)| (name, Reading::new(fact, "year")));
    vec![Record(fields.collect())]
}

fn opaque() -> Fact {
    Fact::unknown(Reason::ProductOpaque)
}

fn text(words: &str) -> Fact {
    Fact::Known(Value::Text(Text::new(words).expect("a text")))
}
