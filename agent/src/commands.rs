//! What each command does: the edge where values meet the world.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use report::wire::topics_json;
use report::{JoinToken, Lang, Sequence};
use tokio::runtime::{Builder, Runtime};
use tracing::Level;

use crate::cli::{Cli, Command, TokenSource, help};
use crate::clock;
use crate::config::{Config, ConfigPath};
use crate::cycle::{Contact, Cycle, Kept, Subject};
use crate::doctor;
use crate::durable;
use crate::enrol::{Applicant, enrol};
use crate::export::export;
use crate::fingerprint::{claims, fingerprint};
use crate::host::{Host, ffi, provider};
use crate::install;
use crate::log;
use crate::places;
use crate::probes::watched;
use crate::record::record;
use crate::rounds::{Rounds, Settings};
use crate::screen;
use crate::service::{self, Stop, ready, stopping};
use crate::spool::Spool;
use crate::state::StateDir;
use crate::status::Status;
use crate::survey::{self, Surveyor, this_program};
use crate::watch::{self, STILLNESS, Watch};

/// Everything a program might ask for went well.
const FINE: u8 = 0;
/// The command was not carried out.
const ERROR: u8 = 1;
/// The command was carried out, and somebody should look.
const FINDING: u8 = 2;

const MAX_TOKEN_BYTES: u64 = 16 * 1024;

/// Resolving names blocks; looking has threads of its own.
const MAX_THREADS: usize = 4;

/// How long a thread without work is kept: the next work comes in minutes.
const IDLE_THREAD: Duration = Duration::from_secs(1);

/// Carries out a command line.
#[must_use]
pub fn main(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
    locale: impl Fn(&str) -> Option<String>,
) -> ExitCode {
    ffi::before_all_else();
    let done = Cli::parse(arguments).map_err(anyhow::Error::new).and_then(|cli| {
        let lang = cli.lang.unwrap_or_else(|| Lang::from_environment(locale));
        execute(cli, lang)
    });
    let code = done.unwrap_or_else(|error| {
        // Where standard error is gone, the exit code still says it.
        let _ = writeln!(io::stderr(), "lachan-agent: failed to {error}");
        ERROR
    });
    ExitCode::from(code)
}

fn execute(cli: Cli, lang: Lang) -> anyhow::Result<u8> {
    match cli.command {
        Command::Help => print(&places::in_words(help(lang))),
        #[cfg(feature = "foreign")]
        Command::Docs => print(&crate::docs::page(lang)),
        Command::Version => print(concat!("lachan-agent ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Survey { json } => show_survey(World::new(&cli)?, json, lang),
        Command::Record { ref folder } => record_machine(World::new(&cli)?, folder, lang),
        Command::Look => look(cli.root.as_ref()),
        Command::Provider => ask_provider(),
        Command::Status { json } => show_status(&World::new(&cli)?, json, lang),
        Command::Doctor { json } => show_examination(cli, json, lang),
        Command::Seal => seal(&World::new(&cli)?, lang),
        Command::Install => put_there(cli, lang),
        Command::Uninstall { purge } => take_away(&cli, purge, lang),
        Command::Run { once: true } => run_once(World::new(&cli)?),
        Command::Run { once: false } => service::serve(move || run(World::new(&cli)?, cli)),
        Command::Enrol { ref token, replace, .. } => join(&World::new(&cli)?, token, replace),
        Command::Export { ref file } => write_report(World::new(&cli)?, file, lang),
    }
}

/// What the command line and the configuration together name.
struct World {
    config: Config,
    state: StateDir,
    host: Host,
}

impl World {
    fn new(cli: &Cli) -> anyhow::Result<Self> {
        let config = Config::load(&cli.config)?;
        log::start(if cli.verbose { Level::DEBUG } else { config.log });
        let state = cli.state.as_ref().unwrap_or(&config.state_dir);
        Ok(Self { state: StateDir::new(state.clone()), host: host(cli.root.as_ref()), config })
    }

    fn cycle(self) -> anyhow::Result<Cycle> {
        let subject = Subject { host: self.host, claims: self.config.claims };
        let surveyor = in_child()?;
        let cycle = Cycle::open(self.state, self.config.collectors, subject)?;
        Ok(cycle.with_surveyor(surveyor).through(self.config.proxy))
    }
}

fn in_child() -> anyhow::Result<Surveyor> {
    let program = this_program().map_err(doing("look through a child of this program"))?;
    Ok(Surveyor::in_child(&program))
}

fn host(root: Option<&PathBuf>) -> Host {
    match root {
        Some(root) => Host::at(root.clone()),
        None => Host::live(),
    }
}

fn show_survey(world: World, json: bool, lang: Lang) -> anyhow::Result<u8> {
    let subject = Arc::new(Subject { host: world.host, claims: world.config.claims });
    let observations =
        runtime()?.block_on(Surveyor::here(subject.host.platform()).survey(&subject, clock::now()));
    match json {
        true => print_json(&topics_json(&observations)),
        false => print(&screen::survey::survey(&observations, lang)),
    }
}

fn record_machine(world: World, folder: &Path, lang: Lang) -> anyhow::Result<u8> {
    let subject = Subject { host: world.host, claims: world.config.claims };
    let runtime = runtime()?;
    let recorded = runtime.block_on(record(subject, folder, clock::now()));
    runtime.shutdown_background();
    print(&screen::record::recorded(&recorded?, folder, lang))
}

fn look(root: Option<&PathBuf>) -> anyhow::Result<u8> {
    runtime()?.block_on(survey::answer(|| host(root)))?;
    Ok(FINE)
}

fn ask_provider() -> anyhow::Result<u8> {
    provider::answer()?;
    Ok(FINE)
}

fn show_status(world: &World, json: bool, lang: Lang) -> anyhow::Result<u8> {
    let status = Status::read(&world.state, &world.config.collectors)?;
    match json {
        true => print_json(&status)?,
        false => print(&screen::status::status(&status, lang))?,
    };
    Ok(if status.is_a_finding(clock::now()) { FINDING } else { FINE })
}

/// Also where the configuration is faulty: that is then what is found.
fn show_examination(cli: Cli, json: bool, lang: Lang) -> anyhow::Result<u8> {
    log::start(if cli.verbose { Level::DEBUG } else { Level::ERROR });
    let subject = doctor::Subject {
        config: Config::load(&cli.config),
        path: cli.config,
        state: cli.state.map(StateDir::new),
        host: host(cli.root.as_ref()),
    };
    let runtime = runtime()?;
    let examination = runtime.block_on(doctor::examine(&subject, doctor::PATIENCE));
    // A resolver that still waits holds nothing up.
    runtime.shutdown_background();
    match json {
        true => print_json(&examination)?,
        false => print(&screen::doctor::doctor(&examination, lang))?,
    };
    Ok(if examination.is_a_finding() { FINDING } else { FINE })
}

fn join(world: &World, token: &TokenSource, replace: bool) -> anyhow::Result<u8> {
    let token = read_token(token)?;
    let fingerprint = fingerprint(&world.host).map_err(doing("enrol"))?;
    let applicant = Applicant { fingerprint, claims: claims(&world.host) };
    let proxy = world.config.proxy.clone();
    let runtime = runtime()?;
    let identity = runtime.block_on(enrol(&world.state, &token, applicant, replace, proxy))?;
    print(&format!("{}\n", identity.machine))
}

fn seal(world: &World, lang: Lang) -> anyhow::Result<u8> {
    let sealed = crate::seal::seal(&world.state).map_err(doing("seal this disk"))?;
    print(&screen::seal::sealed(&sealed, lang))
}

/// Settings that cannot be read shall be known before the service is there.
fn put_there(cli: Cli, lang: Lang) -> anyhow::Result<u8> {
    let world = World::new(&cli)?;
    let config = match cli.config {
        ConfigPath::Given(path) => Some(whole(path)?),
        ConfigPath::Default => None,
    };
    let options = install::Options { config, state: cli.state.map(whole).transpose()? };
    let installed =
        install::install(&options, &world.state).map_err(doing("install the service"))?;
    print(&screen::install::installed(&installed, lang))
}

/// A service begins in another folder.
fn whole(path: PathBuf) -> anyhow::Result<PathBuf> {
    std::path::absolute(&path).map_err(doing(path.display()))
}

/// Settings that cannot be read shall not keep the service.
fn take_away(cli: &Cli, purge: bool, lang: Lang) -> anyhow::Result<u8> {
    let state = if purge { Some(World::new(cli)?.state) } else { None };
    let uninstalled = install::uninstall(state.as_ref()).map_err(doing("uninstall the service"))?;
    print(&screen::install::uninstalled(&uninstalled, lang))
}

fn write_report(world: World, file: &Path, lang: Lang) -> anyhow::Result<u8> {
    let World { config, state, host } = world;
    let subject = Subject { host, claims: config.claims };
    let surveyor = in_child()?;
    let runtime = runtime()?;
    let exported = runtime.block_on(export(&state, subject, &surveyor, file));
    runtime.shutdown_background();
    print(&screen::export::exported(&exported?, file, clock::now(), lang))
}

fn read_token(source: &TokenSource) -> anyhow::Result<JoinToken> {
    let text = match source {
        TokenSource::Given(token) => return Ok(token.clone()),
        TokenSource::Stdin => durable::read_text(io::stdin(), MAX_TOKEN_BYTES)
            .map_err(doing("read the join token from standard input"))?,
        TokenSource::File(path) => read_token_file(path)
            .map_err(doing(format!("read the join token from {}", path.display())))?,
    };
    text.parse().map_err(doing("use the join token"))
}

fn read_token_file(path: &Path) -> io::Result<String> {
    durable::read_text(File::open(path)?, MAX_TOKEN_BYTES)
}

fn run_once(world: World) -> anyhow::Result<u8> {
    let runtime = runtime()?;
    let state = world.state.clone();
    let mut cycle = world.cycle()?;
    let contact = runtime.block_on(cycle.contact(Kept::Never));
    runtime.shutdown_background();
    match contact? {
        Contact::Accepted(reply) => {
            print(&format!("{}\n", reply.verdict.state.name()))?;
            Ok(FINE)
        }
        Contact::Refused(refusal) => Err(anyhow!("report: {refusal}")),
        Contact::ShutOut(refusal) => Err(anyhow!(
            "report: {refusal}: {}; lachan-agent status says what helps",
            fate(&state, &cycle)?
        )),
        Contact::Later { why, .. } => Err(anyhow!("report: {why}: {}", fate(&state, &cycle)?)),
    }
}

/// What becomes of a report that nobody took when this process ends.
fn fate(state: &StateDir, cycle: &Cycle) -> anyhow::Result<&'static str> {
    let is_kept = newest(&Spool::look(state)?) == newest(cycle.spool());
    Ok(if is_kept { "the report is kept" } else { "the report is lost" })
}

fn newest(spool: &Spool) -> Option<Sequence> {
    spool.waiting().last().map(|draft| draft.sequence)
}

fn run(world: World, cli: Cli) -> anyhow::Result<u8> {
    let runtime = runtime()?;
    let rounds = rounds(&world, cli);
    let mut cycle = world.cycle()?;
    let ran = runtime.block_on(async {
        let stop = Stop::listen().map_err(doing("listen for signals"))?;
        ready();
        let ran = rounds.go(&mut cycle, stop.requested()).await;
        stopping();
        ran.map_err(anyhow::Error::new)
    });
    // Neither a survey nor a resolver under way holds up the end: what counts is on disk already.
    runtime.shutdown_background();
    ran.map(|()| FINE)
}

fn rounds(World { config, host, .. }: &World, cli: Cli) -> Rounds {
    let settings = Settings::new(cli.config, config.clone());
    let mut watched = watch::below(host.files().root(), watched(host.platform()));
    watched.push(settings.path());
    Rounds {
        interval: config.interval,
        spread: config.first_contact_spread,
        watch: Watch::over(watched, STILLNESS),
        settings,
    }
}

fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_THREADS)
        .thread_keep_alive(IDLE_THREAD)
        .build()
        .map_err(doing("start"))
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<u8> {
    let text = serde_json::to_string_pretty(value).map_err(doing("write JSON"))?;
    print(&format!("{text}\n"))
}

/// What was being done when it went wrong, in one line with the cause.
fn doing<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> anyhow::Error {
    move |error| anyhow!("{what}: {error}")
}

/// A reader that has seen enough closes the pipe: that is fine.
fn print(text: &str) -> anyhow::Result<u8> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(doing("write the answer")(error))
        }
        Ok(()) | Err(_) => Ok(FINE),
    }
}
