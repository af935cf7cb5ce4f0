//! The files that the officer keeps, as they stand at each edit of the year.

use std::fmt::Write as _;
use std::path::Path;

use crate::calendar::{Day, HOLIDAYS, day, iso, vietnamese};
use crate::office::{DISSOLVED, Office, Row, UNITS, WAIVED, contracts, first_day, merger, waiver};

/// The rules of the year: those about antivirus whose truth can be told without a judge.
const RULES: [&str; 3] =
    ["antivirus-definitions-fresh", "antivirus-licensed", "antivirus-realtime"];

fn write(policies: &Path, path: &str, text: &str) {
    std::fs::write(policies.join(path), text).expect("a file");
}

/// What `init` made, with the rules and the holidays of the year.
pub(crate) fn begin(policies: &Path, office: Office) {
    for file in std::fs::read_dir(policies.join("rules")).expect("rules") {
        let file = file.expect("a file").path();
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        if !RULES.contains(&name) {
            std::fs::remove_file(&file).expect("removed");
        }
    }
    let targets = std::fs::read_to_string(policies.join("targets.toml")).expect("targets");
    let begin = targets.find("holidays = [").expect("holidays");
    let end = begin + targets[begin..].find("]\n").expect("their end") + 2;
    let holidays: String = HOLIDAYS
        .iter()
        .map(|[from, until]| {
            let [from, until] = [from, until].map(|date| iso(day(date.0, date.1, date.2)));
            format!("    {{ from = {from}, until = {until} }},\n")
        })
        .collect();
    let targets = format!("{}holidays = [\n{holidays}]\n{}", &targets[..begin], &targets[end..]);
    write(policies, "targets.toml", &targets);
    units(policies, None);
    systems(policies);
    licences(policies, office, 1);
}

/// The units, before and after the merger was decided.
pub(crate) fn units(policies: &Path, merged: Option<Day>) {
    let mut text = String::new();
    for (id, name) in UNITS {
        let above = match id {
            "so" | "thads" => None,
            "khu-vuc-1" | "khu-vuc-2" => Some("thads"),
            _ => Some("so"),
        };
        let until =
            merged.filter(|_| id == DISSOLVED).map(|last| format!("until = {}\n", iso(last)));
        let placed = match (above, merged) {
            (Some(above), Some(last)) if id == "khu-vuc-2" => format!(
                "placed = [{{ under = \"{above}\", until = {} }}, {{ under = \"khu-vuc-1\", from = {} }}]\n",
                iso(last),
                iso(last + 1),
            ),
            (Some(above), _) => format!("placed = [{{ under = \"{above}\" }}]\n"),
            (None, _) => String::new(),
        };
        let _ = writeln!(
            text,
            "[[unit]]\nid = \"{id}\"\nname = {{ vi = \"{name}\", en = \"{id}\" }}\n{}{placed}",
            until.unwrap_or_default(),
        );
    }
    write(policies, "register/units.toml", &text);
}

fn systems(policies: &Path) {
    let system = |id: &str, name: &str, level: u8| {
        format!(
            "[[system]]\nid = \"{id}\"\nname = {{ vi = \"{name}\", en = \"{id}\" }}\n\
             owner = \"UBND tỉnh\"\noperator = \"Sở Tư pháp\"\nunit = \"so\"\n\
             legal_basis = \"ND85_2016\"\ntype = \"infrastructure\"\nlevel = {level}\n\
             status = \"approved\"\n\
             decision = {{ number = \"1/QĐ-STP\", date = 2024-09-01, authority = \"Sở Tư pháp\" }}\n\
             regulation = {{ number = \"1/QC-STP\", date = 2024-06-01, authority = \"Sở Tư pháp\" }}\n\
             deployment = \"full\"\n\n"
        )
    };
    let text = system("lan", "Mạng nội bộ và máy trạm", 2) + &system("ho-tich", "Hộ tịch", 3);
    write(policies, "register/systems.toml", &text);
}

/// The contracts that were signed so far.
pub(crate) fn licences(policies: &Path, office: Office, signed: usize) {
    let contract = |(id, from, until, share): (&str, Day, Day, i64)| {
        let (seats, date) = (office.seats(share), iso(from - 3));
        format!(
            "[[licence]]\nid = \"{id}\"\ncontract = {{ number = \"{id}/HĐ\", date = {date} }}\n\
             supplier = \"Nhà cung cấp\"\nproducts = [\"bkav-endpoint\"]\nseats = {seats}\n\
             from = {}\nuntil = {}\n\n",
            iso(from),
            iso(until),
        )
    };
    let text: String = contracts().into_iter().take(signed).map(contract).collect();
    write(policies, "register/licences.toml", &text);
}

/// The waiver of the year.
pub(crate) fn waivers(policies: &Path) {
    let (from, until) = waiver();
    let text = format!(
        "[[waiver]]\nid = \"mien-01\"\nrule = \"antivirus-licensed\"\nunit = \"{WAIVED}\"\n\
         decision = {{ number = \"9/QĐ-STP\", date = {}, authority = \"Sở Tư pháp\" }}\n\
         approver = \"Giám đốc Sở\"\nreason = {{ vi = \"Đang mua sắm\", en = \"being bought\" }}\n\
         from = {}\nuntil = {}\n",
        iso(from - 3),
        iso(from),
        iso(until),
    );
    write(policies, "register/waivers.toml", &text);
}

/// The rows of the register as it stands on a day: who will be moved or bought is not known before
/// that has been decided.
pub(crate) fn rows(office: Office, moved: bool, bought: bool) -> Vec<(Row, crate::office::Pc)> {
    let keep = |row: &Row| (bought || row.from <= merger() + 1) && (moved || row.from <= merger());
    let before = |row: Row| if moved { row } else { Row { until: None, ..row } };
    let of = |pc: crate::office::Pc| {
        pc.rows().into_iter().filter(keep).map(before).map(move |row| (row, pc)).collect::<Vec<_>>()
    };
    office.pcs().flat_map(of).collect()
}

/// `machines.csv` as the product writes it.
pub(crate) fn machines(policies: &Path, office: Office, moved: bool, bought: bool) {
    let mut rows = rows(office, moved, bought);
    rows.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let mut text = "id,unit,kind,systems,serial,asset_tag,host_name,from,until\n".to_owned();
    for (row, pc) in rows {
        let (kind, systems) = kind(pc);
        let until = row.until.map(iso).unwrap_or_default();
        let _ = writeln!(
            text,
            "{},{},{kind},{systems},{},,may-{:05},{},{until}",
            row.id,
            row.unit,
            pc.serial(),
            pc.number,
            iso(row.from),
        );
    }
    write(policies, "register/machines.csv", &text);
}

fn kind(pc: crate::office::Pc) -> (&'static str, &'static str) {
    if pc.is_server() { ("server", "lan ho-tich") } else { ("workstation", "lan") }
}

/// The sheet that the offices sent in, as people type: titles above and signatures below, names
/// with stray blanks and in decomposed letters, days as they are written here.
pub(crate) fn sheet(office: Office) -> String {
    let mut text = String::from(
        "UBND TỈNH,,,,,,,\nSỞ TƯ PHÁP,,,,,,,\n,,,,,,,\n\
         ,DANH SÁCH MÁY TÍNH NĂM 2025,,,,,,\n,,,,,,,\n\
         STT,Mã máy,Tên máy,Đơn vị,Loại máy,Hệ thống thông tin,Số sê-ri,Từ ngày\n\
         (1),(2),(3),(4),(5),(6),(7),(8)\n",
    );
    let from = vietnamese(first_day());
    for (number, (row, pc)) in rows(office, false, false).iter().enumerate() {
        let (_, name) = UNITS.iter().find(|(id, _)| *id == row.unit).expect("a unit");
        let unit = untidy(name, number);
        let (kind, systems) = kind(*pc);
        let kind = if kind == "server" { "Máy chủ" } else { "Máy trạm" };
        let _ = writeln!(
            text,
            "{},{},may-{:05},\"{unit}\",{kind},{systems},{},{from}",
            number + 1,
            row.id,
            pc.number,
            untidy(&pc.serial(), number + 1),
        );
    }
    text += ",Tổng cộng,,,,,,\n,,,,,,,\n,Người lập biểu,,,,Thủ trưởng đơn vị,,\n";
    text
}

fn untidy(text: &str, number: usize) -> String {
    match number % 5 {
        1 => format!(" {text}  "),
        2 => text.replace(' ', "\u{a0}"),
        3 => decomposed(text),
        _ => text.to_owned(),
    }
}

/// Vietnamese letters as some systems store them: the letter, then its marks.
fn decomposed(text: &str) -> String {
    const LETTERS: [(char, &str); 14] = [
        ('ở', "o\u{31b}\u{309}"),
        ('ư', "u\u{31b}"),
        ('á', "a\u{301}"),
        ('ỉ', "i\u{309}"),
        ('ă', "a\u{306}"),
        ('ò', "o\u{300}"),
        ('à', "a\u{300}"),
        ('í', "i\u{301}"),
        ('ổ', "o\u{302}\u{309}"),
        ('ợ', "o\u{31b}\u{323}"),
        ('ú', "u\u{301}"),
        ('ự', "u\u{31b}\u{323}"),
        ('â', "a\u{302}"),
        ('ê', "e\u{302}"),
    ];
    let letter = |letter: char| {
        let found = LETTERS.iter().find(|(composed, _)| *composed == letter);
        found.map_or_else(|| letter.to_string(), |(_, marks)| (*marks).to_owned())
    };
    text.chars().map(letter).collect()
}
