//! `simulate`: an office that does not exist, with a register, real reports, and the truth about it.
//!
//! Everything follows from a seed: what is wrong with a machine is decided first, and from that its
//! reports and, in another way, the truth are made. So what a collector says of the folder can be
//! held against a count that no judge took part in. Machines are made one after the other and never
//! stand in memory together.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use report::wire::WireError;
use report::{Text, Timestamp};

use crate::audit::{Action, Entry};
use crate::files::write_atomically;
use crate::init::{self, InitError, Wishes};
use crate::policy::Folder;
use crate::policy::starter::starter_files;
use crate::store::{BeginSimulation, Import, PoliciesInForce, SimulatedMachine, Store, StoreError};
use days::{Day, Days};
use papers::Papers;
use place::Place;
use situation::Release;
use systems::Systems;
use truth::Truth;
use units::Units;

mod days;
mod dice;
mod life;
mod observed;
mod papers;
mod place;
mod posture;
mod register;
mod shipped;
mod situation;
mod systems;
mod truth;
mod units;

pub use truth::Count;

/// The most machines one office has.
pub const MOST_MACHINES: u64 = 1_000_000;
/// The longest history, in days.
pub const MOST_DAYS: u32 = 1000;

/// How many machines one transaction takes.
const BATCH: u64 = 1000;

/// The first line of every generated file.
const MARK: &str = "# MÔ PHỎNG: mọi đơn vị, hệ thống và máy tính dưới đây đều không có thật. \
                    / SIMULATION: nothing below exists.\n";

/// What `simulate` is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder to make.
    pub dir: PathBuf,
    /// What chance begins with: the same seed makes the same office.
    pub seed: u64,
    /// How many places its register has, at most [`MOST_MACHINES`].
    pub machines: u64,
    /// How many days of history there are, at most [`MOST_DAYS`].
    pub days: u32,
    /// The moment the history ends at.
    pub until: Timestamp,
    /// Where agents would report.
    pub listen: Option<SocketAddr>,
    /// Where Prometheus scrapes.
    pub metrics: Option<SocketAddr>,
    /// Names and addresses by which agents would reach the collector.
    pub public: Vec<String>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The settings to serve it with.
    pub settings: PathBuf,
    /// The truth, counted without the judge.
    pub truth: PathBuf,
    /// How many machines are in each state.
    pub states: BTreeMap<&'static str, u64>,
    /// How far each target is met.
    pub targets: BTreeMap<&'static str, Count>,
}

/// Why no office was made.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Something is there already.
    #[error("{0} is not empty: a simulation is made in a folder of its own")]
    Occupied(PathBuf),
    /// A file cannot be written.
    #[error("write {path}: {cause}; remove the folder and try again")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The folder cannot be made ready.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was made is not what this program reads: a mistake in it.
    #[error("the simulation made something that is none: {0}")]
    Mistake(String),
}

impl From<WireError> for SimulateError {
    fn from(error: WireError) -> Self {
        Self::Mistake(error.to_string())
    }
}

/// An office that does not exist.
struct Office {
    seed: u64,
    machines: u64,
    /// How many days of history it has.
    length: Day,
    days: Days,
    units: Units,
    systems: Systems,
    papers: Papers,
    /// The shipped rules, and whether each is mandatory.
    severities: BTreeMap<String, bool>,
    /// The shipped targets.
    targets: Vec<String>,
    /// How old the catalogues of operating systems and of the builds of Windows are at the end, in
    /// days; `None`: too old to say anything.
    ages: [Option<Day>; 2],
    /// The newest revision of each build of Windows and kind of installation.
    revisions: BTreeMap<(String, String), i64>,
    /// What the agents say they are.
    agent: Text,
}

impl Office {
    fn of(plan: &Plan) -> Option<Self> {
        let files: BTreeMap<_, _> = starter_files().iter().copied().collect();
        let targets = files.get("targets.toml")?;
        let days = Days::read(plan.until, targets)?;
        let length = Day::from(plan.days.clamp(1, MOST_DAYS));
        let machines = plan.machines.clamp(1, MOST_MACHINES);
        let units = Units::of(machines, days.last() - (length / 2).clamp(10, 25));
        let rules = files.iter().filter(|(path, _)| path.starts_with("rules/"));
        let severities = rules.map(|(_, text)| shipped::severity(text)).collect::<Option<_>>()?;
        Some(Self {
            seed: plan.seed,
            machines,
            length,
            systems: Systems::of(plan.seed, &units),
            papers: Papers::of(plan.seed, &units, &days, machines),
            units,
            ages: [
                shipped::age(files.get("catalogue/os-lifecycle.toml")?, days.last())?,
                shipped::age(files.get("catalogue/windows-builds.toml")?, days.last())?,
            ],
            revisions: shipped::revisions(files.get("catalogue/windows-builds.toml")?)?,
            days,
            severities,
            targets: shipped::target_ids(targets)?,
            agent: Text::new("simulation").ok()?,
        })
    }

    /// The first day of its history.
    fn first_day(&self) -> Day {
        self.days.last() - self.length + 1
    }

    /// The version a machine reports.
    fn version_of(&self, release: &Release) -> String {
        let [_, installation] = release.edition;
        let newest = self.revisions.get(&(release.version.to_owned(), installation.to_owned()));
        match newest {
            Some(revision) => format!("{}.{revision}", release.version),
            None => release.version.to_owned(),
        }
    }

    fn rules(&self) -> impl Iterator<Item = &str> {
        self.severities.keys().map(String::as_str)
    }

    fn is_mandatory(&self, rule: &str) -> bool {
        self.severities.get(rule).copied().unwrap_or(false)
    }
}

/// Makes a folder that can be served at once, and writes the truth about it beside it.
///
/// `progress` is told now and then how many places are done. The settings go last: a folder
/// without them was cut short.
///
/// # Errors
/// When the folder is not empty or something cannot be written.
pub async fn simulate(
    plan: &Plan,
    mut progress: impl FnMut(u64),
) -> Result<Summary, SimulateError> {
    check_empty(&plan.dir)?;
    let office = Office::of(plan)
        .ok_or_else(|| SimulateError::Mistake("the shipped policies".to_owned()))?;
    let policies = plan.dir.join("policies");
    let data = plan.dir.join("data");
    for folder in [policies.join("register"), data.clone()] {
        fs::create_dir_all(&folder)
            .map_err(|cause| SimulateError::Write { path: folder, cause })?;
    }
    for (path, text) in papers(&office) {
        write(&policies.join(path), &text)?;
    }
    let mut desk = Desk::open(plan, &policies)?;
    let truth = populate(&office, &data.join("store.sqlite"), &mut desk, &mut progress).await?;
    desk.close(&truth, &office)?;
    let settings = init::init(&Wishes {
        dir: plan.dir.clone(),
        listen: plan.listen,
        metrics: plan.metrics,
        public: plan.public.clone(),
        allow_sample: true,
        root_key: None,
    })?;
    put_in_force(&office, &policies, &data.join("store.sqlite")).await?;
    let Truth { states, targets, .. } = truth;
    Ok(Summary { settings, truth: plan.dir.join("truth.json"), states, targets })
}

/// Every file of the register but the one of the machines.
fn papers(office: &Office) -> [(&'static str, String); 6] {
    let Office { units, systems, papers, .. } = office;
    [
        ("register/declared.toml", papers.declared_text(units, MARK)),
        ("register/licences.toml", papers.licences(MARK)),
        ("register/systems.toml", systems::text(systems, units, MARK)),
        ("register/training.toml", papers.training(units, MARK)),
        ("register/units.toml", units::text(units, MARK)),
        ("register/waivers.toml", papers.waivers(units, MARK)),
    ]
}

fn check_empty(dir: &Path) -> Result<(), SimulateError> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(false) | Err(_) => Err(SimulateError::Occupied(dir.to_owned())),
    }
}

/// The two files that are written machine by machine.
struct Desk {
    rows: Growing,
    truth: Growing,
}

struct Growing {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Growing {
    fn begin(path: PathBuf, head: &str) -> Result<Self, SimulateError> {
        let open = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path);
        let mut growing = match open {
            Ok(file) => Self { path, file: BufWriter::new(file) },
            Err(cause) => return Err(SimulateError::Write { path, cause }),
        };
        growing.add(|file| file.write_all(head.as_bytes()))?;
        Ok(growing)
    }

    fn add(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), SimulateError> {
        write(&mut self.file)
            .map_err(|cause| SimulateError::Write { path: self.path.clone(), cause })
    }

    fn end(mut self) -> Result<(), SimulateError> {
        self.add(|file| file.flush().and_then(|()| file.get_ref().sync_all()))
    }
}

impl Desk {
    fn open(plan: &Plan, policies: &Path) -> Result<Self, SimulateError> {
        let rows = policies.join("register/machines.csv");
        Ok(Self {
            rows: Growing::begin(rows, &register::header(MARK))?,
            truth: Growing::begin(plan.dir.join("truth.json"), "{\n  \"members\": {")?,
        })
    }

    fn close(mut self, truth: &Truth, office: &Office) -> Result<(), SimulateError> {
        let counts = truth.counts(office);
        self.truth.add(|file| {
            write!(file, "\n  }}")?;
            for (key, value) in counts.as_object().into_iter().flatten() {
                write!(file, ",\n  {key:?}: {value}")?;
            }
            file.write_all(b"\n}\n")
        })?;
        self.truth.end()?;
        self.rows.end()
    }
}

/// Makes every place: its rows, its truth, and what the store has of its machines. While one batch
/// is written, the next is made.
async fn populate(
    office: &Office,
    file: &Path,
    desk: &mut Desk,
    progress: &mut impl FnMut(u64),
) -> Result<Truth, SimulateError> {
    let (store, writer) = open_store(office, file).await?;
    let mut truth = Truth::of_the_register(office);
    let mut written = None;
    let mut place = 0;
    while place < office.machines {
        let until = (place + BATCH).min(office.machines);
        let batch = make(office, place..until, desk, &mut truth)?;
        await_written(written).await?;
        let store = store.clone();
        written = Some(tokio::spawn(async move { store.submit(Import(batch)).await }));
        place = until;
        progress(place);
    }
    await_written(written).await?;
    close(store, writer).await?;
    Ok(truth)
}

type Written = Option<tokio::task::JoinHandle<Result<bool, StoreError>>>;

async fn await_written(written: Written) -> Result<(), SimulateError> {
    let Some(written) = written else {
        return Ok(());
    };
    match written.await.map_err(|error| SimulateError::Mistake(error.to_string()))?? {
        true => Ok(()),
        false => Err(SimulateError::Mistake("the store bears no mark".to_owned())),
    }
}

async fn open_store(
    office: &Office,
    file: &Path,
) -> Result<(Store, crate::store::Writer), SimulateError> {
    let (store, writer, _) = Store::open(file, unseen_commits()?)?;
    let entry = Entry {
        at: office.days.end,
        actor: "simulate".to_owned(),
        action: Action::Simulated,
        subject: "store".to_owned(),
        detail: format!("seed={} machines={} days={}", office.seed, office.machines, office.length),
    };
    match store.submit(BeginSimulation(entry)).await? {
        true => Ok((store, writer)),
        false => Err(SimulateError::Occupied(file.to_owned())),
    }
}

/// Lets the policies have been in force since the history begins: so its past can be told.
async fn put_in_force(office: &Office, policies: &Path, file: &Path) -> Result<(), SimulateError> {
    let folder =
        Folder::read(policies).map_err(|fault| SimulateError::Mistake(fault.to_string()))?;
    let (at, hash) = (days::moment(office.first_day(), 0), folder.hash().to_string());
    let entry = Entry {
        at: office.days.end,
        actor: "simulate".to_owned(),
        action: Action::PoliciesInForce,
        subject: "policies".to_owned(),
        detail: format!("to={hash} since={at}"),
    };
    let files = folder.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    let (store, writer, _) = Store::open(file, unseen_commits()?)?;
    store.submit(PoliciesInForce { hash, files, at, entry }).await?;
    close(store, writer).await
}

async fn close(store: Store, writer: crate::store::Writer) -> Result<(), SimulateError> {
    drop(store);
    let joined = tokio::task::spawn_blocking(|| writer.join()).await;
    joined.map_err(|error| SimulateError::Mistake(error.to_string()))
}

fn unseen_commits() -> Result<prometheus::Histogram, SimulateError> {
    let unseen = prometheus::HistogramOpts::new("commits", "Commits.");
    prometheus::Histogram::with_opts(unseen)
        .map_err(|error| SimulateError::Mistake(error.to_string()))
}

fn make(
    office: &Office,
    places: std::ops::Range<u64>,
    desk: &mut Desk,
    truth: &mut Truth,
) -> Result<Vec<SimulatedMachine>, SimulateError> {
    let mut machines = Vec::new();
    for number in places {
        let place = Place::at(office, number);
        desk.rows.add(|file| register::write(office, &place, file))?;
        desk.truth.add(|file| truth.count(office, &place, file))?;
        for identity in &place.identities {
            machines.push(life::lived(office, &place, identity)?);
        }
    }
    Ok(machines)
}

fn write(path: &Path, text: &str) -> Result<(), SimulateError> {
    write_atomically(path, text.as_bytes(), 0o644)
        .map_err(|cause| SimulateError::Write { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests;
