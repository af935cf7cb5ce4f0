//! `forecast`: what only time takes away, before it does.

use clap::Args;
use report::Lang;

use super::desk::Desk;
use super::{FINDING, FINE, ReadArgs, print};
use crate::admin::forecast::{Days, Outlook};

#[derive(Debug, Args)]
pub(super) struct ForecastArgs {
    /// How far to look ahead, in days
    #[arg(long, default_value_t)]
    days: Days,
    /// Only this unit and those below it
    #[arg(long)]
    unit: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// A target that comes to lie below its goal, or farther below it than today, is a finding.
pub(super) async fn forecast(args: ForecastArgs, lang: Lang) -> anyhow::Result<u8> {
    let ForecastArgs { days, unit, read } = args;
    let desk = Desk::open(&read.config.config).await?;
    let forecast = desk.forecast(&Outlook { days, unit }).await?;
    print::forecast(&forecast, read.json, lang)?;
    Ok(if forecast.falls() { FINDING } else { FINE })
}
