//! `report`: what an office hands in, on the terminal, as CSV or as a workbook.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use report::Lang;

use super::desk::Desk;
use super::{FINE, ReadArgs, WhenArgs, print};
use crate::admin::reports::Of;
use crate::files::write_atomically;
use crate::reports::wish::MachineWish;
use crate::reports::{Paper, csv, xlsx};

/// What is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The information systems by level: Form 08
    #[value(name = "08")]
    Form08,
    /// Machines and people of every unit in numbers
    Units,
    /// Every machine by name, with what it needs
    Machines,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Which report
    #[arg(long)]
    form: Form,
    /// Only this unit and every unit below it
    #[arg(long)]
    unit: Option<String>,
    /// Write CSV with every column, as a spreadsheet opens it
    #[arg(long, conflicts_with_all = ["xlsx", "json"])]
    csv: bool,
    /// Write a workbook; it goes to --out
    #[arg(long, conflicts_with = "json", requires = "out")]
    xlsx: bool,
    /// Write into this file instead of printing
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compare the units with this past moment, written as for --at
    #[arg(long, value_name = "MOMENT")]
    compared_with: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    when: WhenArgs,
}

pub(super) async fn report(args: ReportArgs, lang: Lang) -> anyhow::Result<u8> {
    let desk = Desk::open(&args.read.config.config).await?;
    let when = desk.when(&args.when).await?;
    let compared_with = match &args.compared_with {
        None => None,
        Some(text) => Some(desk.moment(text).await?),
    };
    let of = Of { unit: args.unit.clone(), compared_with };
    let (paper, json) = match args.form {
        Form::Form08 => {
            let form = desk.form08(&of, when).await?;
            (form.paper(lang), serde_json::to_vec_pretty(&form)?)
        }
        Form::Units => {
            let units = desk.units(&of, when).await?;
            (units.paper(lang), serde_json::to_vec_pretty(&units)?)
        }
        Form::Machines => {
            let list = desk.machines(&MachineWish::of_unit(args.unit.as_deref()), when).await?;
            (list.paper(lang), serde_json::to_vec_pretty(&list)?)
        }
    };
    let bytes = match (args.xlsx, args.csv, args.read.json) {
        (true, _, _) => xlsx::write(&paper)?,
        (_, true, _) => csv::write(&paper)?,
        (_, _, true) => [json, b"\n".to_vec()].concat(),
        (false, false, false) => print::on_screen(&paper).into_bytes(),
    };
    hand_out(&args, &paper, &bytes, lang)?;
    Ok(FINE)
}

fn hand_out(args: &ReportArgs, paper: &Paper, bytes: &[u8], lang: Lang) -> anyhow::Result<()> {
    match &args.out {
        None => print::bytes(bytes),
        Some(file) => {
            write(file, bytes).with_context(|| format!("write {}", file.display()))?;
            print::written(file, paper.rows.len(), lang);
        }
    }
    Ok(())
}

/// The mode of a new file: a list of what every machine lacks is for whoever asked for it.
const PRIVATE: u32 = 0o600;

/// A file is there whole or not at all, for those it was for before; what is no file, like a device,
/// is written to as it is.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match std::fs::metadata(file) {
        Ok(there) if !there.is_file() => std::fs::write(file, bytes),
        Ok(there) => {
            write_atomically(file, bytes, PRIVATE)?;
            std::fs::set_permissions(file, there.permissions())
        }
        Err(_) => write_atomically(file, bytes, PRIVATE),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(file: &Path) -> u32 {
        std::fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_report_is_for_its_writer_alone_unless_the_file_was_opened_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("machines.csv");
        write(&file, b"1").unwrap();
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
        write(&file, b"2").unwrap();
        assert_eq!((mode(&file), std::fs::metadata(&file).unwrap().len()), (0o664, 1));
    }
}
