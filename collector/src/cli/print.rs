//! What the commands print for people, and the same as JSON for programs.

mod audit;
mod ca;
mod decisions;
mod explanation;
mod forecast;
mod import;
mod machines;
mod paper;
mod past;
mod plan;
mod posture;
mod register;
mod rule;
mod since;
mod snapshot;
mod token;

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use comfy_table::{ContentArrangement, Table, presets};
use jiff::tz::TimeZone;
use report::text::composed;
use report::{Lang, State, Timestamp};
use serde::Serialize;

use crate::admin::views::MachineDetail;
use crate::policy::folder::Folder;
use crate::policy::{PolicySet, words};
use crate::reload::FolderError;
use crate::simulate::Summary;

pub(super) use audit::{audit_entries, audit_head, audit_verification};
pub(super) use ca::{authorities, not_finished, rotated, rotation_finished};
pub(super) use decisions::decided;
pub(super) use explanation::explanation;
pub(super) use forecast::forecast;
pub(super) use import::brought;
pub(super) use machines::machines;
pub(super) use paper::{csv, on_screen, written};
pub(super) use past::as_of;
pub(super) use plan::{accepted, plan};
pub(super) use posture::{posture, unit_posture};
pub(super) use register::{examination, import, matching};
pub(super) use rule::rule;
pub(super) use snapshot::{lost_snapshots, snapshot, snapshot_made, snapshots, verification};
pub(super) use token::{created, created_for_rows, created_into, revoked, tokens};

/// How wide a table is where nobody says.
const WIDTH: u16 = 120;

pub(super) fn error(error: &anyhow::Error) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "lachan-collector: {}", error_words(error));
}

/// An error may repeat what a file or a program says of itself; its lines are its own.
fn error_words(error: &anyhow::Error) -> String {
    format!("{error:#}").split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Text from a spreadsheet, a computer or the store on a terminal: nothing in it steers it.
fn visible(text: &str) -> String {
    let marked = text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    composed(&marked.collect::<String>())
}

pub(super) fn initialised(settings: &Path, lang: Lang) {
    let path = settings.display();
    out(&match lang {
        Lang::Vi => format!(
            "Đã tạo {path}.\nTiếp theo: điền sổ đăng ký trong policies/register/, đặt public trong \
             collector.toml, rồi chạy\n  lachan-collector serve --config {path}\n"
        ),
        Lang::En => format!(
            "Made {path}.\nNext: fill in policies/register/, set public in collector.toml, then \
             run\n  lachan-collector serve --config {path}\n"
        ),
    });
}

pub(super) fn simulated(made: &Summary, lang: Lang) {
    let (settings, truth) = (made.settings.display(), made.truth.display());
    let mut states = table(match lang {
        Lang::Vi => ["Trạng thái (mô phỏng)", "Số máy tính"],
        Lang::En => ["State (simulation)", "Machines"],
    });
    for state in State::ALL {
        if let Some(count) = made.states.get(state.name()) {
            states.add_row([state.label(lang).to_owned(), words::number(*count, lang)]);
        }
    }
    let mut targets = table(match lang {
        Lang::Vi => ["Chỉ tiêu (mô phỏng)", "Đạt", "Tổng số"],
        Lang::En => ["Target (simulation)", "Met", "Members"],
    });
    for (target, count) in &made.targets {
        let (met, members) = (words::number(count.met, lang), words::number(count.members, lang));
        targets.add_row([(*target).to_owned(), met, members]);
    }
    out(&format!("{targets}\n\n{states}\n\n"));
    out(&match lang {
        Lang::Vi => format!(
            "MÔ PHỎNG: không đơn vị, máy tính nào ở đây có thật; không dùng để báo cáo.\n\
             Số liệu đối chiếu, tính độc lập với bộ đánh giá: {truth}\nChạy thử:\n  lachan-collector serve --config {settings}\n"
        ),
        Lang::En => format!(
            "A SIMULATION: no unit and no machine here exists; not for any report.\n\
             The truth, counted without the judge: {truth}\nServe it:\n  lachan-collector serve --config \
             {settings}\n"
        ),
    });
}

pub(super) fn policies_good(folder: &Folder, set: &PolicySet, lang: Lang) {
    let (rules, machines) = (set.rules.len(), set.register.machines.len());
    let hash = folder.hash();
    out(&match lang {
        Lang::Vi => format!("Hợp lệ: {rules} quy tắc, {machines} máy tính trong sổ, mã {hash}\n"),
        Lang::En => {
            format!("Good: {rules} rules, {machines} machines in the register, hash {hash}\n")
        }
    });
    out(sample_note(set.register.is_sample(), lang));
}

/// Whatever is made of a sample says so.
fn sample_note(is_sample: bool, lang: Lang) -> &'static str {
    match (is_sample, lang) {
        (false, _) => "",
        (true, Lang::Vi) => "\nSổ đăng ký là MẪU hoặc MÔ PHỎNG: không dùng để báo cáo.\n",
        (true, Lang::En) => "\nThe register is a SAMPLE or a SIMULATION: not for any report.\n",
    }
}

pub(super) fn schemas_written(folder: &Path, lang: Lang) {
    let folder = folder.display();
    out(&match lang {
        Lang::Vi => format!("Đã ghi {folder}/.schema và {folder}/.taplo.toml\n"),
        Lang::En => format!("Wrote {folder}/.schema and {folder}/.taplo.toml\n"),
    });
}

/// The mistakes are what was asked for: they go to standard output.
pub(super) fn policies_faulty(fault: &FolderError) {
    out(&format!("{fault}\n"));
}

pub(super) fn machine(detail: &MachineDetail, json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        return out_json(detail);
    }
    out(&machine_card(detail, lang));
    Ok(())
}

fn machine_card(detail: &MachineDetail, lang: Lang) -> String {
    let machine = &detail.machine;
    let mut facts = vec![
        (["Máy tính", "Machine"], machine.name()),
        (["Tên máy", "Host name"], or_dash(machine.host_name.as_deref())),
        (["Đơn vị", "Unit"], or_dash(machine.unit.as_deref())),
        (["Cấp độ", "Level"], machine.level.map_or_else(dash, |level| level.to_string())),
        (
            ["Liên lạc cuối", "Last contact"],
            machine.last_contact.map_or_else(dash, |at| local(at, lang)),
        ),
        (
            ["Lệch giờ", "Clock off"],
            machine.clock_skew.map_or_else(dash, |seconds| words::clock_off(seconds, lang)),
        ),
        (["Trạng thái", "State"], machine.state.label(lang).to_owned()),
    ];
    if let Some(since) = detail.since.as_ref().and_then(|since| since.state) {
        let words = since::since_words(&local(since.at, lang), since.at_latest, lang);
        facts.push((since::SINCE, words));
    }
    if let Some(row) = &machine.claims {
        facts.insert(1, (["Chờ dòng", "Waits for"], row.clone()));
    }
    if let Some(id) = machine.id {
        facts.insert(1, (["Danh tính", "Identity"], id.to_string()));
    }
    if let Some(original) = machine.clone_of {
        facts.insert(2, (["Dùng danh tính của", "Uses identity of"], original.to_string()));
    }
    let width = facts.iter().map(|(label, _)| side(*label, lang).chars().count()).max();
    let mut text = String::new();
    for (label, value) in facts {
        let label = side(label, lang);
        text += &format!("{label:width$}  {value}\n", width = width.unwrap_or_default());
    }
    let mut table = table(match lang {
        Lang::Vi => ["Quy tắc", "Kết quả", "Quan sát được", "Yêu cầu", "Cách khắc phục"],
        Lang::En => ["Rule", "Outcome", "Observed", "Required", "Remedy"],
    });
    for rule in &detail.verdict.rules {
        table.add_row([
            rule.title.get(lang),
            rule.outcome.label(lang),
            rule.observed.get(lang),
            rule.required.get(lang),
            rule.remedy.get(lang),
        ]);
    }
    format!("{text}\n{table}\n{}", sample_note(machine.sample, lang))
}

/// The zone of the office whose collector was asked. A command speaks of one office.
static ZONE: OnceLock<TimeZone> = OnceLock::new();

/// From now on moments are told in the office's zone of this name.
pub(super) fn in_zone(name: &str) {
    if let Ok(zone) = TimeZone::get(name) {
        ZONE.get_or_init(|| zone);
    }
}

/// A moment by the office's clock; by this machine's where no office was asked. It may be read
/// elsewhere, so the offset is said.
fn local(moment: Timestamp, lang: Lang) -> String {
    let Ok(at) = jiff::Timestamp::from_second(moment.0) else {
        return dash();
    };
    let form = match lang {
        Lang::Vi => "%d/%m/%Y %H:%M %:z",
        Lang::En => "%Y-%m-%d %H:%M %:z",
    };
    let zone = ZONE.get().cloned().unwrap_or_else(TimeZone::system);
    at.to_zoned(zone).strftime(form).to_string()
}

fn side([vi, en]: [&'static str; 2], lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

fn dash() -> String {
    "–".to_owned()
}

fn or_dash(text: Option<&str>) -> String {
    text.map_or_else(dash, str::to_owned)
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    table_of(header.into_iter(), usize::from(width()))
}

/// A table in so many columns of characters.
fn table_of<'h>(header: impl Iterator<Item = &'h str>, room: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(room).unwrap_or(u16::MAX));
    table.set_header(header);
    table
}

/// How many columns there are. A terminal that does not know its width says nothing, or 0.
fn width() -> u16 {
    Table::new().width().filter(|width| *width > 0).unwrap_or(WIDTH)
}

/// The same as JSON for programs.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> anyhow::Result<()> {
    out_json(value)
}

fn out_json(value: &(impl Serialize + ?Sized)) -> anyhow::Result<()> {
    out(&format!("{}\n", serde_json::to_string_pretty(value)?));
    Ok(())
}

/// The first thing that could not be printed. Standard output is one for the whole process, and
/// nobody who prints can do anything about it but the end of the command.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints.
fn out(text: &str) {
    bytes(text.as_bytes());
}

/// Prints what need not be text, unless the reader has gone away.
pub(super) fn bytes(bytes: &[u8]) {
    let mut output = std::io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            LOST.get_or_init(|| error.to_string());
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether everything was printed: half an answer must not look like a whole one.
///
/// # Errors
/// When something was not, for another reason than that the reader has gone away.
pub(super) fn completed() -> anyhow::Result<()> {
    match LOST.get() {
        None => Ok(()),
        Some(error) => Err(anyhow::anyhow!("print the answer: {error}; it is not complete")),
    }
}

#[cfg(test)]
mod tests;
