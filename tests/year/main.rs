//! An officer's year, from 15/12 to 14/12: machines come in from a spreadsheet, agents are rolled
//! out in waves, a contract ends, units merge, Tết comes, a waiver ends, reports arrive late. Every
//! number that is published on the way is held against a truth told without the collector, and
//! every past date is asked again when the year is over.
//!
//! Time is a value here: the collector's own parts do what its listeners would, at each moment.

mod books;
mod calendar;
mod facts;
mod office;
mod papers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use collector::config::Config;
use collector::past::Past;
use collector::policy::Posture;
use collector::policy::posture::Tally;
use collector::reload::{self, Source};
use collector::store::Archive;
use harness::is_long;
use harness::program::{built, printed, run};
use report::{MachineId, State, Timestamp};
use serde_json::{Value as Json, json};

use books::{Books, identity};
use calendar::{Day, HOUR, day, day_of, end_of, moment};
use office::{Known, Office, Pc, Seats, first_day, last_day, merger, purchase, waiver};

/// The moments at which the numbers are published.
fn published() -> [Timestamp; 10] {
    [
        moment(day(2025, 1, 22), 10 * HOUR),
        // In the middle of Tết.
        moment(day(2025, 1, 29), 9 * HOUR),
        moment(day(2025, 2, 5), 17 * HOUR),
        // A Sunday.
        moment(day(2025, 3, 16), 20 * HOUR),
        moment(day(2025, 5, 13), 12 * HOUR),
        cut_off(),
        // After the merger.
        moment(merger() + 2, 11 * HOUR),
        // After the end of the waiver.
        moment(waiver().1 + 1, 12 * HOUR),
        // Between two contracts.
        moment(day(2025, 10, 8), 9 * HOUR),
        end_of(last_day()),
    ]
}

/// The end of the half-year.
fn cut_off() -> Timestamp {
    end_of(day(2025, 6, 14))
}

/// What happens at one moment.
enum Event {
    Edit(Edit),
    Enrols(Pc, MachineId, String),
    Reports { pc: Pc, machine: MachineId, seen_at: Timestamp },
    Beats(Pc, MachineId),
    IsRevoked(MachineId),
}

#[derive(Clone, Copy)]
enum Edit {
    Waiver,
    Merger,
    Purchase,
    Renewal,
}

fn edits() -> [(Timestamp, Edit); 4] {
    [
        (moment(day(2025, 3, 1), 9 * HOUR), Edit::Waiver),
        (moment(merger() - 4, 9 * HOUR), Edit::Merger),
        (moment(purchase() - 6, 9 * HOUR), Edit::Purchase),
        (moment(day(2025, 10, 17), 15 * HOUR), Edit::Renewal),
    ]
}

fn make(edit: Edit, policies: &Path, office: Office) {
    match edit {
        Edit::Waiver => papers::waivers(policies),
        Edit::Merger => {
            papers::units(policies, Some(merger()));
            papers::machines(policies, office, true, false);
        }
        Edit::Purchase => papers::machines(policies, office, true, true),
        Edit::Renewal => papers::licences(policies, office, 2),
    }
}

/// Everything that happens on a day, in order.
fn events(office: Office, on: Day) -> Vec<(Timestamp, Event)> {
    let mut events: Vec<_> = office.pcs().flat_map(|pc| doings(pc, on)).collect();
    let edits = edits().into_iter().filter(|(at, _)| day_of(*at) == on);
    events.extend(edits.map(|(at, edit)| (at, Event::Edit(edit))));
    events.sort_by_key(|(at, _)| *at);
    events
}

/// What one machine does on a day.
fn doings(pc: Pc, on: Day) -> Vec<(Timestamp, Event)> {
    let mut doings = Vec::new();
    let Some((enrolled, row)) = pc.enrolment().filter(|(at, _)| day_of(*at) <= on) else {
        return doings;
    };
    let machine = identity(pc);
    if day_of(enrolled) == on {
        doings.push((enrolled, Event::Enrols(pc, machine, row)));
    }
    let revoked = pc.revoked();
    doings.extend(revoked.filter(|at| day_of(*at) == on).map(|at| (at, Event::IsRevoked(machine))));
    let Some([morning, evening]) = pc.hours(on) else {
        return doings;
    };
    let returns = pc.journey().is_some_and(|(_, until)| until + 1 == on);
    if let Some(seen_at) = pc.seen_on_journey().filter(|seen| returns && enrolled < *seen) {
        doings.push((morning - 60, Event::Reports { pc, machine, seen_at }));
    }
    doings.push((morning, Event::Reports { pc, machine, seen_at: morning }));
    doings.push((evening, Event::Beats(pc, machine)));
    doings.retain(|(at, event)| {
        revoked.is_none_or(|end| *at < end) || matches!(event, Event::IsRevoked(_))
    });
    doings
}

/// What is published of machines, by unit.
#[derive(Debug, Default, PartialEq, Eq)]
struct Numbers {
    states: BTreeMap<(String, State), u64>,
    licensed: Tallies,
    protected: Tallies,
}

/// Of how many for how many it holds, by unit.
type Tallies = BTreeMap<String, (u64, u64)>;

fn sum(of: &Tallies) -> (u64, u64) {
    of.values().fold((0, 0), |(members, met), unit| (members + unit.0, met + unit.1))
}

impl Numbers {
    fn true_at(office: Office, at: Timestamp, known: Known) -> Self {
        let seats = Seats::on(&office, at);
        let mut numbers = Self::default();
        for truth in office.pcs().filter_map(|pc| pc.truth(at, &seats, known)) {
            let unit = truth.unit.to_owned();
            *numbers.states.entry((unit.clone(), truth.state)).or_default() += 1;
            let count = |of: &mut Tallies, met: bool| {
                let (members, all_met) = of.entry(unit.clone()).or_default();
                *members += 1;
                *all_met += u64::from(met);
            };
            count(&mut numbers.licensed, truth.licensed);
            count(&mut numbers.protected, truth.state == State::Protected);
        }
        numbers
    }

    fn of(posture: &Posture) -> Self {
        let unit = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "?".to_owned());
        let states = posture.machines.iter();
        let target = |id: &str| {
            let units = &posture.target(id).expect("a target").units;
            let tally = |(id, Tally { members, met }): (&Option<String>, &Tally)| {
                (unit(id), (*members, *met))
            };
            units.iter().map(tally).collect()
        };
        Self {
            states: states.map(|((id, state), count)| ((unit(id), *state), *count)).collect(),
            licensed: target("antivirus-licensed"),
            protected: target("machines-protected"),
        }
    }
}

/// A folder made ready by the program itself, and its register by what the offices sent in.
fn begin(folder: &Path, office: Office) -> PathBuf {
    let dir = folder.join("c");
    let path = dir.to_str().expect("a path in UTF-8");
    let collector = built("lachan-collector");
    let _ = printed(&run(&collector, &["init", "--dir", path]));
    let policies = dir.join("policies");
    papers::begin(&policies, office);
    let sheet = folder.join("sheet.csv");
    std::fs::write(&sheet, papers::sheet(office)).expect("a sheet");
    let book = as_workbook(folder, &sheet);
    let into = policies.to_str().expect("a path in UTF-8");
    let imported = run(&collector, &["register", "import", &book, "--into", into, "--write"]);
    let _ = printed(&imported);
    let (_, set) = reload::read(&policies, false).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(set.register.machines.len(), papers::rows(office, false, false).len());
    dir.join("collector.toml")
}

/// The sheet as LibreOffice saves it for Excel, with its days as days.
fn as_workbook(folder: &Path, sheet: &Path) -> String {
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let columns = "1/2/2/2/3/2/4/2/5/2/6/2/7/2/8/4";
    let reading = format!("--infilter=CSV:44,34,76,1,{columns}");
    let to = folder.to_str().expect("a path in UTF-8");
    let from = sheet.to_str().expect("a path in UTF-8");
    let arguments =
        [profile.as_str(), "--headless", "--convert-to", "xlsx", &reading, "--outdir", to, from];
    let _ = printed(&run(Path::new("/usr/bin/soffice"), &arguments));
    folder.join("sheet.xlsx").to_str().expect("a path in UTF-8").to_owned()
}

/// Lives through the year, and publishes on the way.
async fn live_through(books: &mut Books, office: Office) -> Vec<(Timestamp, Posture)> {
    let mut published = published().into_iter().peekable();
    let mut said = Vec::new();
    for on in first_day()..=last_day() {
        for (at, event) in events(office, on) {
            while let Some(due) = published.next_if(|due| *due < at) {
                said.push((due, publish(books, office, due).await));
            }
            happen(books, office, at, event).await;
        }
        books.settle().await;
        if on == day_of(cut_off()) + 1 {
            books.keep_for_good(cut_off(), end_of(on)).await;
        }
        while let Some(due) = published.next_if(|due| *due <= end_of(on)) {
            said.push((due, publish(books, office, due).await));
        }
    }
    said
}

async fn happen(books: &mut Books, office: Office, at: Timestamp, event: Event) {
    match event {
        Event::Edit(edit) => {
            make(edit, &books.policies(), office);
            books.edit(at).await;
        }
        Event::Enrols(pc, machine, row) => books.enrol(pc, machine, &row, at).await,
        Event::Reports { pc, machine, seen_at } => books.report(pc, machine, seen_at, at),
        Event::Beats(pc, machine) => books.heartbeat(pc, machine, at),
        Event::IsRevoked(machine) => books.revoke(machine, at).await,
    }
}

async fn publish(books: &mut Books, office: Office, at: Timestamp) -> Posture {
    let posture = books.posture(at).await;
    let truth = Numbers::true_at(office, at, Known::Then);
    assert_eq!(Numbers::of(&posture), truth, "published at {at}");
    posture
}

async fn a_year_of(machines: i64) {
    let office = Office { machines };
    let folder = tempfile::tempdir().expect("a folder");
    let settings = begin(folder.path(), office);
    let mut books = Books::open(&settings, moment(first_day(), 8 * HOUR)).await;
    let said = live_through(&mut books, office).await;
    assert_eq!(said.len(), 10);
    everything_happened(&said);
    books.close();
    for (at, posture) in &said {
        assert_eq!(past(&settings, *at, Known::Then), without_ages(posture.clone()), "as of {at}");
    }
    reported_as_it_was(&settings, office);
    let corrected = Numbers::of(&past(&settings, cut_off(), Known::Now));
    let truth = Numbers::true_at(office, cut_off(), Known::Now);
    assert_eq!(corrected, truth, "with what arrived later");
    assert_ne!(corrected, Numbers::true_at(office, cut_off(), Known::Then));
}

/// A year in which nothing goes wrong would prove nothing.
fn everything_happened(said: &[(Timestamp, Posture)]) {
    let states = said.iter().flat_map(|(_, posture)| posture.machines.keys().map(|key| key.1));
    let seen: BTreeSet<_> = states.collect();
    for state in State::ALL {
        let expected = !matches!(state, State::Clone | State::Pending);
        assert_eq!(seen.contains(state), expected, "{state:?}");
    }
}

/// What the officer signs: the figures of the cut-off, which no late report has changed, and the
/// report of the year.
fn reported_as_it_was(settings: &Path, office: Office) {
    let settings = settings.to_str().expect("a path in UTF-8");
    let asked = |arguments: &[&str]| {
        let all = [arguments, &["--config", settings, "--lang", "vi"]].concat();
        printed(&run(&built("lachan-collector"), &all))
    };
    let json = |arguments: &[&str]| -> Json {
        let said = asked(&[arguments, &["--json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    let _ = asked(&["snapshot", "verify", "1"]);
    let kept = json(&["snapshot", "show", "1"]);
    let truth = Numbers::true_at(office, cut_off(), Known::Then);
    let states = truth.states.iter().map(|((_, state), count)| (state.name(), *count));
    let mut all = BTreeMap::new();
    states.for_each(|(state, count)| *all.entry(state).or_insert(0) += count);
    assert_eq!(kept["outcomes"]["states"], json!(all));
    for (place, truth) in [&truth.licensed, &truth.protected].into_iter().enumerate() {
        let (members, met) = sum(truth);
        let target = &kept["outcomes"]["targets"][place];
        assert_eq!((&target["members"], &target["met"]), (&json!(members), &json!(met)));
    }

    let report = json(&["report", "--form", "units", "--at", "14/12/2025"]);
    let truth = Numbers::true_at(office, end_of(last_day()), Known::Then);
    let tally = |line: &Json, target: &str| {
        let progress = &line["numbers"]["targets"][target];
        let number = |key: &str| progress[key].as_u64().expect("a number");
        (number("members"), number("met"))
    };
    for line in report["lines"].as_array().expect("lines") {
        let (licensed, protected) = match (line["scope"].as_str(), line["unit"]["id"].as_str()) {
            (Some("total"), _) => (sum(&truth.licensed), sum(&truth.protected)),
            (Some("own"), Some(unit)) => {
                let own = |of: &Tallies| of.get(unit).copied().unwrap_or_default();
                (own(&truth.licensed), own(&truth.protected))
            }
            _ => continue,
        };
        assert_eq!(tally(line, "antivirus-licensed"), licensed, "{line}");
        assert_eq!(tally(line, "machines-protected"), protected, "{line}");
    }
}

/// What the store says of a moment when the year is over.
fn past(settings: &Path, at: Timestamp, known: Known) -> Posture {
    let config = Config::load(settings).expect("the settings");
    let (_, set) = reload::read(&config.policies, false).unwrap_or_else(|fault| panic!("{fault}"));
    let past = Past { archive: Archive::new(config.store()), source: Source::of(&config) };
    let set = (known == Known::Now).then(|| Arc::new(set));
    let live =
        past.judged(at, end_of(last_day()) + 1, set).unwrap_or_else(|error| panic!("{error}"));
    without_ages(Posture::of(live.roll()))
}

/// Within a span of contacts the store does not know when the last one was.
fn without_ages(posture: Posture) -> Posture {
    Posture { report_age: BTreeMap::new(), ..posture }
}

#[tokio::test]
async fn an_officers_year_is_told_as_it_was() {
    a_year_of(140).await;
}

#[tokio::test]
async fn long_an_officers_year_with_two_thousand_machines_is_told_as_it_was() {
    if is_long("long_an_officers_year_with_two_thousand_machines_is_told_as_it_was") {
        a_year_of(2000).await;
    }
}
