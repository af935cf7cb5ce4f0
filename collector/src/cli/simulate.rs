//! `simulate` on the command line.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use report::{Lang, Timestamp};

use super::{FINE, print};
use crate::simulate::{self, MOST_DAYS, MOST_MACHINES, Plan};

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The folder to make; it must be empty or not be there
    #[arg(long)]
    dir: PathBuf,
    /// What chance begins with: the same seed makes the same office
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many places the register has
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=MOST_MACHINES))]
    machines: u64,
    /// How many days of history there are; a million machines want one
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    days: u32,
    /// When the history ends: now, or noon of a day such as 2026-11-22
    #[arg(long, default_value = "now")]
    until: String,
    /// Where agents would report
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where Prometheus scrapes
    #[arg(long)]
    metrics: Option<SocketAddr>,
    /// A name or address by which agents would reach the collector; may be given several times
    #[arg(long)]
    public: Vec<String>,
}

/// Noon in Vietnam, in hours of UTC.
const NOON: u32 = 5;

pub(super) async fn run(args: SimulateArgs, lang: Lang) -> anyhow::Result<u8> {
    let SimulateArgs { dir, seed, machines, days, until, listen, metrics, public } = args;
    let until = moment(&until)?;
    let plan = Plan { dir, seed, machines, days, until, listen, metrics, public };
    let mut stderr = std::io::stderr();
    let is_watched = stderr.is_terminal();
    let progress = |done| {
        if is_watched {
            // Nobody is left to tell when standard error is closed.
            let _ = write!(stderr, "\r{done}/{machines}");
        }
    };
    let summary = simulate::simulate(&plan, progress).await?;
    if is_watched {
        let _ = writeln!(std::io::stderr());
    }
    print::simulated(&summary, lang);
    Ok(FINE)
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    if text == "now" {
        return Ok(crate::clock::now());
    }
    let date: Option<Date> = text.parse().ok();
    let noon = date.and_then(|date| {
        let day = (
            date.year().into(),
            date.month().cast_unsigned().into(),
            date.day().cast_unsigned().into(),
        );
        Timestamp::from_civil(day, (NOON, 0, 0))
    });
    noon.ok_or_else(|| anyhow::anyhow!("--until {text}: expected now or a day such as 2026-11-22"))
}
