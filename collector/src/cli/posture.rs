//! `posture`: how far the targets are met, by everyone, by one unit, or by units beside each other.

use clap::Args;
use report::Lang;

use super::desk::Desk;
use super::{FINDING, FINE, ReadArgs, WhenArgs, print};
use crate::admin::reports::Of;
use crate::admin::views::PostureView;
use crate::reports::ranking::rank;

#[derive(Debug, Args)]
pub(super) struct PostureArgs {
    /// Only this unit and every unit below it
    #[arg(long)]
    unit: Option<String>,
    /// Units beside each other, like compared with like: all of them, for none is first by itself
    #[arg(long, conflicts_with = "unit")]
    rank: bool,
    /// With --rank: the goal they are compared by; the first one about machines by default
    #[arg(long, requires = "rank")]
    target: Option<String>,
    /// With --rank: the past moment to compare with, written as for --at
    #[arg(long, requires = "rank", value_name = "MOMENT")]
    compared_with: Option<String>,
    /// With --rank: print CSV, as a spreadsheet opens it
    #[arg(long, requires = "rank", conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    when: WhenArgs,
}

/// A target that is not met is a finding.
pub(super) async fn posture(args: PostureArgs, lang: Lang) -> anyhow::Result<u8> {
    let desk = Desk::open(&args.read.config.config).await?;
    if args.rank {
        return ranking(desk, &args, lang).await;
    }
    let (when, json) = (desk.when(&args.when).await?, args.read.json);
    let posture = match &args.unit {
        None => {
            let posture = desk.posture(when).await?;
            print::as_of(when, json, lang);
            print::posture(&posture, json, lang)?;
            posture
        }
        Some(unit) => {
            let of = Of { unit: Some(unit.clone()), compared_with: None };
            let posture = desk.unit_posture(&of, when).await?;
            print::as_of(when, json, lang);
            print::unit_posture(&posture, json, lang)?;
            posture.posture
        }
    };
    Ok(conclusion(&posture))
}

fn conclusion(posture: &PostureView) -> u8 {
    let all_met = posture.targets.iter().all(|target| target.met_goal);
    if all_met { FINE } else { FINDING }
}

/// A rank is no finding.
async fn ranking(desk: Desk, args: &PostureArgs, lang: Lang) -> anyhow::Result<u8> {
    let when = desk.when(&args.when).await?;
    let compared_with = match &args.compared_with {
        None => None,
        Some(text) => Some(desk.moment(text).await?),
    };
    let of = Of { unit: None, compared_with };
    let report = desk.units(&of, when).await?;
    let ranking = rank(&report, args.target.as_deref()).map_err(anyhow::Error::msg)?;
    match (args.read.json, args.csv) {
        (true, _) => print::json(&ranking)?,
        (false, true) => print::csv(&ranking.paper(lang))?,
        (false, false) => print::bytes(print::on_screen(&ranking.paper(lang)).as_bytes()),
    }
    Ok(FINE)
}
