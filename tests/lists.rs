//! The lists and reports an officer hands out: the same in both languages, whole or not at all, and
//! read by another program as what they mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::program::{all, built, printed, run};
use report::text::composed;
use serde_json::Value as Json;

/// An office that does not exist, with its collector at rest.
struct Office {
    folder: tempfile::TempDir,
}

/// What can be asked of it, for people and as JSON. `MACHINE` is one of its machines.
const QUESTIONS: [&[&str]; 17] = [
    &["posture"],
    &["posture", "--unit", "mp-s01"],
    &["posture", "--rank"],
    &["machine", "list"],
    &["machine", "list", "--state", "silent,never_enrolled", "--sort", "contact"],
    &["machine", "show", "MACHINE"],
    &["policy", "explain", "MACHINE"],
    &["report", "--form", "08"],
    &["report", "--form", "units"],
    &["report", "--form", "units", "--unit", "mp-c-thads"],
    &["report", "--form", "machines"],
    &["token", "list"],
    &["policy", "explain", "antivirus-licensed"],
    &["forecast"],
    &["register", "match"],
    &["snapshot", "list"],
    &["audit", "list"],
];

/// Those that can be written as CSV.
const TABLES: [&[&str]; 6] = [
    &["machine", "list"],
    &["machine", "list", "--unit", "mp-c-thads", "--sort", "unit"],
    &["posture", "--rank"],
    &["report", "--form", "08"],
    &["report", "--form", "units"],
    &["report", "--form", "machines"],
];

const MACHINE: &str = "mp-0000001";

impl Office {
    fn made_up() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("office");
        let options = ["simulate", "--machines", "120", "--days", "12", "--seed", "1", "--dir"];
        let made = run(&built("lachan-collector"), &[&options[..], &[text(&dir)]].concat());
        let _ = printed(&made);
        Self { folder }
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("office/collector.toml")
    }

    fn command(&self, question: &[&str], more: &[&str]) -> Command {
        let question = question.iter().map(|word| if *word == "MACHINE" { MACHINE } else { word });
        let mut command = Command::new(built("lachan-collector"));
        command.args(question).arg("--config").arg(self.settings()).args(more);
        command.stdin(Stdio::null());
        command
    }

    /// What it answers; that a target is not met is an answer too.
    fn answer(&self, question: &[&str], more: &[&str]) -> String {
        let output = self.command(question, more).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 2)), "{question:?}: {}", all(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, question: &[&str]) -> Json {
        serde_json::from_str(&self.answer(question, &["--json"])).unwrap()
    }

    /// A table by its lines and cells.
    fn table(&self, question: &[&str], lang: &str) -> Vec<Vec<String>> {
        let separator = if lang == "vi" { ';' } else { ',' };
        cells(&self.answer(question, &["--csv", "--lang", lang]), separator)
    }

    fn workbook(&self, form: &str, lang: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{form}-{lang}.xlsx"));
        let more = ["--xlsx", "--out", text(&file), "--lang", lang];
        let _ = self.answer(&["report", "--form", form], &more);
        file
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// CSV, taken apart by hand.
fn cells(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut lines = vec![vec![String::new()]];
    let mut quoted = false;
    for c in text.trim_start_matches('\u{feff}').replace("\r\n", "\n").trim_end().chars() {
        let line = lines.last_mut().unwrap();
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => lines.push(vec![String::new()]),
            _ if c == separator && !quoted => line.push(String::new()),
            _ => line.last_mut().unwrap().push(c),
        }
    }
    lines
}

/// What a JSON value is made of, without its values.
fn shape(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        Json::Array(items) => items.iter().map(shape).collect(),
        Json::Null => Json::Null,
        Json::Bool(_) | Json::Number(_) | Json::String(_) => true.into(),
    }
}

#[test]
fn what_programs_read_does_not_depend_on_the_language() {
    let office = Office::made_up();
    for question in QUESTIONS {
        let [vi, en] = ["vi", "en"].map(|lang| {
            let answer = office.answer(question, &["--json", "--lang", lang]);
            shape(&serde_json::from_str(&answer).unwrap())
        });
        assert!(vi == en, "{question:?}");
    }
}

#[test]
fn what_people_read_is_composed_and_in_their_language() {
    let office = Office::made_up();
    for question in QUESTIONS {
        let [vi, en] = ["vi", "en"].map(|lang| office.answer(question, &["--lang", lang]));
        for answer in [&vi, &en] {
            assert!(answer.lines().all(|line| composed(line) == line), "{question:?}");
        }
        assert_ne!(vi, en, "{question:?}");
    }
}

#[test]
fn tables_have_the_same_lines_and_columns_under_other_headings() {
    let office = Office::made_up();
    for question in TABLES {
        let [vi, en] = ["vi", "en"].map(|lang| office.table(question, lang));
        let sizes = |table: &[Vec<String>]| table.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&vi), sizes(&en), "{question:?}");
        assert!(vi.len() > 1 && vi.iter().all(|line| line.len() == vi[0].len()), "{question:?}");
        assert!(vi[0].iter().zip(&en[0]).all(|(vi, en)| vi != en), "{:?}", vi[0]);
    }
}

#[test]
fn dates_and_shares_are_written_as_the_language_does() {
    let office = Office::made_up();
    let ends_in_percent = |cell: &&String| cell.ends_with('%');
    for (lang, mark) in [("vi", ','), ("en", '.')] {
        let units = office.table(&["report", "--form", "units"], lang);
        let shares: Vec<_> = units.iter().flatten().filter(ends_in_percent).collect();
        assert!(shares.len() > 10 && shares.iter().all(|share| share.contains(mark)), "{shares:?}");
        let machines = office.table(&["machine", "list"], lang);
        let place = 11;
        let contacts =
            machines.iter().skip(1).map(|line| &*line[place]).filter(|at| !at.is_empty());
        let is_dated = |at: &str| match lang {
            "vi" => at.as_bytes()[2] == b'/' && at.as_bytes()[5] == b'/',
            _ => at.as_bytes()[4] == b'-' && at.as_bytes()[7] == b'-',
        };
        assert!(contacts.clone().count() > 50 && { contacts }.all(is_dated), "{machines:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_printed_to_its_end_is_an_error() {
    let office = Office::made_up();
    for question in QUESTIONS {
        for more in [&[][..], &["--json"]] {
            let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let output = office.command(question, more).stdout(full).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{question:?}: {}", all(&output));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("No space left") && said.contains("not complete"), "{said}");
        }
    }
}

#[test]
fn a_list_and_the_posture_agree_about_everyone() {
    let office = Office::made_up();
    let list = office.json(&["machine", "list"]);
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    for machine in list.as_array().unwrap() {
        *states.entry(machine["state"].as_str().unwrap()).or_default() += 1;
        let remedy = machine["remedy"]["vi"].as_str().unwrap();
        assert_eq!(remedy.is_empty(), machine["state"] == "protected", "{machine}");
    }
    assert_eq!(serde_json::json!(states), office.json(&["posture"])["states"]);
}

#[test]
fn a_unit_is_listed_reported_and_shown_with_those_below_it_alike() {
    let office = Office::made_up();
    let listed = office.json(&["machine", "list", "--unit", "mp-c-thads"]);
    let report = office.json(&["report", "--form", "units", "--unit", "mp-c-thads"]);
    let posture = office.json(&["posture", "--unit", "mp-c-thads"]);
    let total = &report["lines"].as_array().unwrap().last().unwrap()["numbers"];
    let heard = total["registered"].as_u64().unwrap() + total["outside"].as_u64().unwrap();
    assert_eq!(listed.as_array().unwrap().len() as u64, heard);
    let states = posture["states"].as_object().unwrap();
    assert_eq!(states.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), heard);
    for target in posture["targets"].as_array().unwrap() {
        if let Some(own) = total["targets"].get(target["target"].as_str().unwrap()) {
            assert_eq!((&own["members"], &own["met"]), (&target["members"], &target["met"]));
        }
    }
}

/// Every sheet of a workbook as LibreOffice shows it, by name.
fn shown_by_libreoffice(workbook: &Path) -> BTreeMap<String, Vec<Vec<String>>> {
    let folder = workbook.with_extension("shown");
    // Separator `;`, quote, UTF-8, cells as shown, every sheet into a file of its own.
    let filter = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,-1";
    convert(workbook, filter, &folder);
    let stem = workbook.file_stem().unwrap().to_str().unwrap();
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let sheets = files.map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let name = name.strip_prefix(&format!("{stem}-")).unwrap().to_owned();
        (name, cells(&std::fs::read_to_string(&file).unwrap(), ';'))
    });
    sheets.collect()
}

/// Each conversion has a profile of its own, or two of them would wait for one another.
fn convert(workbook: &Path, to: &str, folder: &Path) {
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let output = Command::new("soffice")
        .args([&*profile, "--headless", "--convert-to", to, "--outdir"])
        .args([folder, workbook])
        .stdin(Stdio::null())
        .output()
        .expect("LibreOffice (libreoffice-calc-nogui) converts workbooks");
    assert!(output.status.success(), "{}", all(&output));
    std::fs::remove_dir_all(folder.join("profile")).unwrap();
}

fn line<'t>(table: &'t [Vec<String>], place: usize, words: &str) -> &'t [String] {
    let found = table.iter().find(|line| line.get(place).is_some_and(|cell| cell == words));
    found.unwrap_or_else(|| panic!("no line says {words:?}: {table:?}"))
}

#[test]
fn libreoffice_shows_the_units_as_numbers_and_shares() {
    let office = Office::made_up();
    let report = office.json(&["report", "--form", "units"]);
    let sheets = shown_by_libreoffice(&office.workbook("units", "vi"));
    let names: Vec<_> = sheets.keys().map(String::as_str).collect();
    assert_eq!(names, ["Kết quả", "Quy tắc và kê khai"]);
    let results = &sheets["Kết quả"];
    let (total, numbers) = (
        line(results, 1, "TỔNG CỘNG"),
        &report["lines"].as_array().unwrap().last().unwrap()["numbers"],
    );
    assert_eq!(total[3], numbers["registered"].to_string());
    assert_eq!(total[6], numbers["reporting"].to_string());
    assert_eq!(total[8], numbers["antivirus_installed"].to_string());
    let licensed = &numbers["targets"]["antivirus-licensed"];
    assert_eq!(total[13], licensed["met"].to_string());
    let (met, members) = (licensed["met"].as_u64().unwrap(), licensed["members"].as_u64().unwrap());
    let tenths = met * 1000 / members;
    // What is exported is the number as one would type it; as it is shown it is in print.
    let typed = total[14].trim_end_matches([' ', '%']).replace(',', ".");
    assert_eq!((typed.parse::<f64>().unwrap() * 10.0).round() as u64, tenths);
    let heading = line(results, 0, "STT");
    assert_eq!(heading[7], "Độ phủ dữ liệu");
    assert_eq!(line(results, 0, "(1)")[1], "(2)");
}

#[test]
fn libreoffice_shows_form_08_and_the_machines_with_real_dates() {
    let office = Office::made_up();
    let form = office.json(&["report", "--form", "08"]);
    let sheets = shown_by_libreoffice(&office.workbook("08", "vi"));
    let table = &sheets["Mẫu số 08"];
    assert_eq!(line(table, 0, "(1)")[..12].last().unwrap(), "(12)");
    for system in form["systems"].as_array().unwrap() {
        let shown = line(table, 1, system["name"]["vi"].as_str().unwrap());
        let day = system["expected_deployment"].as_str().unwrap();
        let [year, month, day] = day.split('-').collect::<Vec<_>>()[..] else { panic!("{day}") };
        assert_eq!(shown[10], format!("{day}/{month}/{year}"));
        assert_eq!(
            shown[4],
            system["level"].as_u64().map_or_else(String::new, |level| level.to_string())
        );
    }
    let machines = shown_by_libreoffice(&office.workbook("machines", "en"));
    let list = office.json(&["machine", "list"]);
    let shown = &machines["Machines"];
    for machine in list.as_array().unwrap().iter().take(20) {
        let name = machine["row"].as_str().unwrap_or_else(|| machine["id"].as_str().unwrap());
        let remedy = line(shown, 1, name).last().unwrap();
        assert_eq!(remedy, machine["remedy"]["en"].as_str().unwrap());
    }
}

/// The words of a workbook in print.
fn printed_by_libreoffice(workbook: &Path) -> String {
    let folder = workbook.with_extension("printed");
    convert(workbook, "pdf", &folder);
    let name = workbook.with_extension("pdf").file_name().unwrap().to_owned();
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(folder.join(name))
        .arg("-")
        .output()
        .expect("pdftotext (poppler-utils) reads what was printed");
    printed(&output)
}

#[test]
fn print_shows_shares_and_dates_as_the_language_writes_them() {
    let office = Office::made_up();
    let report = office.json(&["report", "--form", "units"]);
    let total = &report["lines"].as_array().unwrap().last().unwrap()["numbers"];
    let licensed = &total["targets"]["antivirus-licensed"];
    let [met, members] = ["met", "members"].map(|key| licensed[key].as_u64().unwrap());
    let tenths = met * 1000 / members;
    for (lang, mark, word) in [("vi", ',', "TỔNG CỘNG"), ("en", '.', "TOTAL")] {
        let text = printed_by_libreoffice(&office.workbook("units", lang));
        let total = text.lines().find(|line| line.contains(word)).unwrap();
        let share = format!("{}{mark}{} %", tenths / 10, tenths % 10);
        assert!(total.contains(&share), "{share}: {total}");
    }
    let text = printed_by_libreoffice(&office.workbook("08", "vi"));
    assert!(text.contains("30/06/2027") && text.contains("Trang 1/"), "{text}");
    let text = printed_by_libreoffice(&office.workbook("machines", "vi"));
    assert!(text.contains(MACHINE) && text.contains("MÔ PHỎNG"), "{text}");
}
