//! The officers' commands.

mod audit;
mod ca;
mod desk;
mod forecast;
mod import;
mod machine;
mod names;
mod policy;
mod posture;
mod print;
mod register;
mod report;
mod simulate;
mod snapshot;
mod token;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use ::report::Lang;
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::init::{self, Wishes};
use crate::serve;
use audit::AuditCommand;
use ca::CaCommand;
use machine::MachineCommand;
use policy::PolicyCommand;
use register::RegisterCommand;
use snapshot::SnapshotCommand;
use token::TokenCommand;

/// Everything is fine.
const FINE: u8 = 0;
/// It could not be done.
const ERROR: u8 = 1;
/// It was done and found something.
const FINDING: u8 = 2;

/// Lá Chắn: what share of our machines and systems is protected, which are not, and why.
#[derive(Debug, Parser)]
#[command(name = "lachan-collector", version, about, max_term_width = 100)]
struct Cli {
    /// The language of what is printed (vi, en); the locale's by default
    #[arg(long, global = true)]
    lang: Option<Lang>,
    /// Say more in the log
    #[arg(long, short, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a folder ready: settings, policies, an empty register, keys
    Init(InitArgs),
    /// Run the collector
    Serve(ConfigArg),
    /// Make up an office that does not exist, to try things out: register, reports, and the truth
    Simulate(simulate::SimulateArgs),
    /// Join tokens: one string that brings a machine in
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// The machines of the register and of the network
    Machine {
        #[command(subcommand)]
        command: MachineCommand,
    },
    /// Bring in reports that machines without a network wrote into files (`lachan-agent export`), as
    /// if they had sent them; a list of machines from a spreadsheet: `register import`
    Import(import::ImportArgs),
    /// What an office hands in: systems by level, units in numbers, machines by name
    Report(report::ReportArgs),
    /// The targets and how far they are met
    Posture(posture::PostureArgs),
    /// The officer's register: checked, matched with the machines, filled from a spreadsheet
    Register {
        #[command(subcommand)]
        command: RegisterCommand,
    },
    /// Who did what, and whether anybody has changed what was logged
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// The authorities that issue certificates, and replacing them
    Ca {
        #[command(subcommand)]
        command: CaCommand,
    },
    /// What only time takes away from the targets: licences, contracts, support, waivers,
    /// attestations and trainings that end; 2: a target falls below its goal
    Forecast(forecast::ForecastArgs),
    /// What was said of everyone as of a cut-off, kept for good
    Snapshot {
        #[command(subcommand)]
        command: SnapshotCommand,
    },
    /// The rules, the targets and the register
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
}

/// Where the collector's settings lie unless one says otherwise.
const SETTINGS: &str = "/etc/lachan/collector.toml";

#[derive(Debug, Args)]
struct ConfigArg {
    /// The collector's settings
    #[arg(long, default_value = SETTINGS)]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct ReadArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The moment that is asked about.
#[derive(Debug, Args)]
struct WhenArgs {
    /// As of a past moment: 14/6/2026 or 2026-06-14 for the end of that day, 2026-06-14T17:00 for a
    /// time in the office; judged by what was known and in force then
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
    /// With --at: count what was told since of that moment, by the policies in force now
    #[arg(long, requires = "at")]
    as_known_now: bool,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// The folder to make ready
    #[arg(long)]
    dir: PathBuf,
    /// Where agents report
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where Prometheus scrapes
    #[arg(long)]
    metrics: Option<SocketAddr>,
    /// A name or address by which agents reach the collector; may be given several times
    #[arg(long)]
    public: Vec<String>,
    /// Where to put the key of the root, which only `ca rotate` needs: a medium that can be locked
    /// away; beside the other keys by default
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,
}

/// Runs one command.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { ERROR } else { FINE });
        }
    };
    let lang = cli.lang.unwrap_or_else(|| Lang::from_environment(|name| std::env::var(name).ok()));
    log(&cli.command, cli.verbose);
    match run(cli.command, lang).and_then(|code| print::completed().map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            print::error(&error);
            ExitCode::from(ERROR)
        }
    }
}

/// A service's log has times; a command's has only what it must add to its answer.
fn log(command: &Command, verbose: bool) {
    let level = if verbose { tracing::Level::DEBUG } else { tracing::Level::INFO };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match command {
        Command::Serve(_) => log.init(),
        Command::Init(_)
        | Command::Token { .. }
        | Command::Machine { .. }
        | Command::Import(_)
        | Command::Report(_)
        | Command::Posture(_)
        | Command::Audit { .. }
        | Command::Ca { .. }
        | Command::Forecast(_)
        | Command::Snapshot { .. }
        | Command::Policy { .. }
        | Command::Register { .. }
        | Command::Simulate(_) => log.without_time().init(),
    }
}

fn run(command: Command, lang: Lang) -> anyhow::Result<u8> {
    match command {
        Command::Init(args) => run_init(args, lang),
        Command::Serve(args) => {
            let config = Config::load(&args.config)?;
            multi_threaded()?.block_on(serve::serve(config))?;
            Ok(FINE)
        }
        Command::Simulate(args) => multi_threaded()?.block_on(simulate::run(args, lang)),
        Command::Register { command } => single_threaded()?.block_on(register::run(command, lang)),
        Command::Policy { command } => single_threaded()?.block_on(policy(command, lang)),
        Command::Audit { command } => single_threaded()?.block_on(audit::run(command, lang)),
        Command::Ca { command } => ca::run(command, lang),
        Command::Token { command } => single_threaded()?.block_on(token::token(command, lang)),
        Command::Snapshot { command } => single_threaded()?.block_on(snapshot::run(command, lang)),
        Command::Machine { command } => {
            single_threaded()?.block_on(machine::machine(command, lang))
        }
        Command::Import(args) => single_threaded()?.block_on(import::import(args, lang)),
        Command::Report(args) => single_threaded()?.block_on(report::report(args, lang)),
        Command::Posture(args) => single_threaded()?.block_on(posture::posture(args, lang)),
        Command::Forecast(args) => single_threaded()?.block_on(forecast::forecast(args, lang)),
    }
}

fn multi_threaded() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")
}

fn single_threaded() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")
}

fn run_init(args: InitArgs, lang: Lang) -> anyhow::Result<u8> {
    let InitArgs { dir, listen, metrics, public, root_key } = args;
    let allow_sample = false;
    let settings = init::init(&Wishes { dir, listen, metrics, public, allow_sample, root_key })?;
    print::initialised(&settings, lang);
    Ok(FINE)
}

async fn policy(command: PolicyCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        PolicyCommand::Check { folder } => Ok(policy::check(&folder, lang)),
        PolicyCommand::Schema { folder } => policy::schema(&folder, lang),
        PolicyCommand::Explain(args) => policy::explain(args, lang).await,
        PolicyCommand::Plan { folder, names, read } => {
            policy::plan(folder, names, read, lang).await
        }
        PolicyCommand::Accept(args) => policy::accept(args, lang).await,
    }
}
