//! One row of a sheet as the register would write it.

use jiff::civil::Date;
use report::{Bilingual, Text};

use super::book::{Content, SheetRow, one_line};
use super::names::{Named, Names};
use super::table::{Table, letter};
use super::{Refused, Remark, Wishes};
use crate::policy::PolicySet;
use crate::policy::words::both;
use crate::register::cells::{self, is_legacy, plain_words};
use crate::register::entry::cut;
use crate::register::machines::slug;
use crate::register::{MachineKind, ReportsBy};

/// What a row of a sheet says; `None`: nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) row: u32,
    pub(super) id: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) kind: Option<MachineKind>,
    pub(super) systems: Option<Vec<String>>,
    pub(super) serial: Option<String>,
    pub(super) asset_tag: Option<String>,
    pub(super) host_name: Option<String>,
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) reports: Option<ReportsBy>,
}

/// Reads the rows of a table, and keeps what is wrong with them.
pub(super) struct RowReader<'a> {
    pub(super) set: &'a PolicySet,
    pub(super) names: Names<'a>,
    pub(super) table: &'a Table<'a>,
    pub(super) wishes: &'a Wishes,
    pub(super) refused: Vec<Refused>,
    /// What could be read of the rows that are refused.
    pub(super) spoilt: Vec<Wanted>,
    pub(super) remarks: Vec<Remark>,
}

/// One cell with its place.
struct Place<'s> {
    row: u32,
    column: usize,
    content: &'s Content,
}

impl<'a> RowReader<'a> {
    /// The rows without a mistake; every cell is read before a row is given up.
    pub(super) fn read(&mut self) -> Vec<Wanted> {
        let rows = &self.table.rows;
        rows.iter().filter_map(|row| self.row(row)).collect()
    }

    fn row(&mut self, row: &SheetRow) -> Option<Wanted> {
        let before = self.refused.len();
        let wanted = Wanted {
            row: row.number,
            id: self.id(row),
            unit: self.unit(row),
            kind: self.kind(row),
            systems: self.systems(row),
            serial: self.mark(row, "serial"),
            asset_tag: self.mark(row, "asset_tag"),
            host_name: self.given(row, "host_name"),
            from: self.date(row, "from"),
            until: self.date(row, "until"),
            reports: self.reports(row),
        };
        if self.refused.len() == before {
            return Some(wanted);
        }
        self.spoilt.push(wanted);
        None
    }

    fn place<'s>(&self, row: &'s SheetRow, column: &str) -> Option<Place<'s>> {
        let column = *self.table.places.get(column)?;
        let content = row.cells.get(column).filter(|content| !content.is_empty())?;
        Some(Place { row: row.number, column, content })
    }

    fn refuse(&mut self, place: &Place<'_>, message: Bilingual, remedy: Bilingual) {
        let column = Some(letter(place.column));
        self.refused.push(Refused { row: place.row, column, message, remedy });
    }

    fn remark(&mut self, place: &Place<'_>, message: Bilingual) {
        self.remarks.push(Remark { row: place.row, column: letter(place.column), message });
    }

    /// The text of a cell that can be kept.
    fn text(&mut self, row: &SheetRow, column: &str) -> Option<String> {
        let place = self.place(row, column)?;
        let text = match place.content {
            Content::Empty => return None,
            Content::Text(text) => one_line(text),
            Content::Number(number) => return self.number(&place, *number),
            Content::Date(date) => {
                let message = Bilingual::new(
                    format!("bảng tính đã đổi ô này thành ngày {}", date.strftime("%d/%m/%Y")),
                    format!("the spreadsheet has made the date {date} of this cell"),
                );
                self.refuse(&place, message, as_text());
                return None;
            }
            Content::Fault(text) => {
                self.refuse(
                    &place,
                    unreadable(text),
                    Bilingual::new("sửa ô này", "mend this cell"),
                );
                return None;
            }
        };
        if is_legacy(&text) {
            let message = Bilingual::new(
                format!("“{}” gõ bằng phông chữ cũ", cut(&text)),
                format!("`{}` was typed in a font of before Unicode", cut(&text)),
            );
            self.refuse(&place, message, to_unicode());
            return None;
        }
        match Text::new(&text) {
            Ok(_) if text.len() <= MOST_BYTES => Some(text),
            Ok(_) | Err(_) => {
                let message = Bilingual::new(
                    format!("“{}” dài hơn {MOST_BYTES} byte hoặc có ký tự lạ", cut(&text)),
                    format!("`{}` has over {MOST_BYTES} bytes or odd characters", cut(&text)),
                );
                self.refuse(&place, message, Bilingual::new("gõ lại ô này", "type the cell again"));
                None
            }
        }
    }

    /// A text that does not say that there is none.
    fn given(&mut self, row: &SheetRow, column: &str) -> Option<String> {
        let text = self.text(row, column)?;
        if !says_none(&text) {
            return Some(text);
        }
        let place = self.place(row, column)?;
        self.remark(&place, names_nothing(&text));
        None
    }

    /// A number as it was typed, as far as the spreadsheet has kept it.
    fn number(&mut self, place: &Place<'_>, number: f64) -> Option<String> {
        if number.abs() < MOST_EXACT {
            return Some(number.to_string());
        }
        let message = Bilingual::new(
            format!("bảng tính chỉ giữ 15 chữ số của {number}"),
            format!("the spreadsheet keeps 15 digits of {number} and no more"),
        );
        self.refuse(place, message, as_text());
        None
    }

    /// An id, or what an office's own code becomes as one.
    fn id(&mut self, row: &SheetRow) -> Option<String> {
        let text = self.given(row, "id")?;
        let id = slug(&text);
        if id.is_none() {
            let place = self.place(row, "id")?;
            let message = Bilingual::new(
                format!("“{}” không thành mã máy được", cut(&text)),
                format!("`{}` cannot become an id", cut(&text)),
            );
            let remedy = Bilingual::new(
                "dùng chữ không dấu, số và gạch nối",
                "use plain letters, digits and hyphens",
            );
            self.refuse(&place, message, remedy);
        }
        id
    }

    fn unit(&mut self, row: &SheetRow) -> Option<String> {
        let Some(text) = self.text(row, "unit") else {
            let given = self.place(row, "unit").is_some();
            return self.wishes.unit.clone().filter(|_| !given);
        };
        let named = self.names.unit(&text);
        self.named(row, "unit", &text, named, ["đơn vị", "unit"])
    }

    fn named(
        &mut self,
        row: &SheetRow,
        column: &str,
        text: &str,
        named: Named,
        [vi, en]: [&str; 2],
    ) -> Option<String> {
        let place = self.place(row, column)?;
        match named {
            Named::One(id) => return Some(id),
            Named::Several(ids) => {
                let ids = ids.join(", ");
                let message = Bilingual::new(
                    format!("nhiều {vi} có tên “{}”: {ids}", cut(text)),
                    format!("several {en}s have the name `{}`: {ids}", cut(text)),
                );
                let remedy = Bilingual::new("ghi mã thay cho tên", "write the id instead");
                self.refuse(&place, message, remedy);
            }
            Named::Nobody(near) => {
                let message = Bilingual::new(
                    format!("sổ không có {vi} “{}”", cut(text)),
                    format!("the register has no {en} `{}`", cut(text)),
                );
                self.refuse(&place, message, nearest(near.as_deref()));
            }
        }
        None
    }

    fn kind(&mut self, row: &SheetRow) -> Option<MachineKind> {
        let Some(text) = self.text(row, "kind") else {
            let given = self.place(row, "kind").is_some();
            return self.wishes.kind.filter(|_| !given);
        };
        let kind = cells::kind(&text);
        if kind.is_none() {
            let place = self.place(row, "kind")?;
            let message = Bilingual::new(
                format!("“{}” không phải loại máy", cut(&text)),
                format!("`{}` is no kind of machine", cut(&text)),
            );
            let remedy = Bilingual::new(
                "ghi “máy trạm” hoặc “máy chủ”",
                "write workstation (máy trạm) or server (máy chủ)",
            );
            self.refuse(&place, message, remedy);
        }
        kind
    }

    fn reports(&mut self, row: &SheetRow) -> Option<ReportsBy> {
        let text = self.given(row, "reports")?;
        let reports = cells::reports(&text);
        if reports.is_none() {
            let place = self.place(row, "reports")?;
            let message = Bilingual::new(
                format!("“{}” không phải cách báo cáo", cut(&text)),
                format!("`{}` is no way to report", cut(&text)),
            );
            let remedy =
                Bilingual::new("ghi “mạng” hoặc “tệp”", "write network (mạng) or file (tệp)");
            self.refuse(&place, message, remedy);
        }
        reports
    }

    /// Ids with blanks between them, or names with commas or semicolons between them.
    fn systems(&mut self, row: &SheetRow) -> Option<Vec<String>> {
        let text = self.text(row, "systems")?;
        let ids: Vec<_> = text.split([' ', ',', ';']).filter(|id| !id.is_empty()).collect();
        if ids.iter().all(|id| self.set.register.systems.get(id).is_some()) {
            return Some(ids.into_iter().map(str::to_owned).collect());
        }
        let names = text.split([',', ';']).map(str::trim).filter(|name| !name.is_empty());
        let mut systems = Vec::new();
        for name in names {
            let named = self.names.system(name);
            let what = ["hệ thống thông tin", "system"];
            systems.extend(self.named(row, "systems", name, named, what));
        }
        Some(systems)
    }

    /// A serial number or an asset tag that names a machine.
    fn mark(&mut self, row: &SheetRow, column: &str) -> Option<String> {
        let text = self.text(row, column)?;
        let place = self.place(row, column)?;
        if cells::is_shortened(&text) {
            let message = Bilingual::new(
                format!("bảng tính đã rút gọn một số dài thành {text}"),
                format!("the spreadsheet has shortened a long number to {text}"),
            );
            self.refuse(&place, message, as_text());
            return None;
        }
        if self.set.catalogues.serials.is_junk(&text) || says_none(&text) {
            self.remark(&place, names_nothing(&text));
            return None;
        }
        if let Content::Number(_) = place.content {
            let message = Bilingual::new(
                format!("{text} là ô số: nếu số thật bắt đầu bằng 0 thì đã mất"),
                format!("{text} is a number cell: a 0 at its front would be lost"),
            );
            self.remark(&place, message);
        }
        Some(text)
    }

    fn date(&mut self, row: &SheetRow, column: &str) -> Option<Date> {
        let place = self.place(row, column)?;
        let (date, shown) = match place.content {
            Content::Date(date) => (Some(*date), date.to_string()),
            Content::Number(days) => (of_serial(*days), days.to_string()),
            Content::Text(text) => {
                let text = one_line(text);
                (cells::date(&text), text)
            }
            Content::Fault(text) => (None, text.clone()),
            Content::Empty => return None,
        };
        // What was a number before it got the format of a date lies in the year 1900.
        let date = date.filter(|date| YEARS.contains(&date.year()));
        if date.is_none() {
            let message = Bilingual::new(
                format!("“{}” không phải ngày", cut(&shown)),
                format!("`{}` is no date", cut(&shown)),
            );
            let remedy = Bilingual::new("ghi ngày trước, như 22/11/2026", cells::date_help(&shown));
            self.refuse(&place, message, remedy);
        }
        date
    }
}

/// The longest text of a row.
const MOST_BYTES: usize = 255;

/// The years from which an office has papers on its machines, and plans for them.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// From here a spreadsheet rounds.
const MOST_EXACT: f64 = 1e15;

/// The days that a spreadsheet counts from the end of 1899, as far as an office's papers go.
fn of_serial(days: f64) -> Option<Date> {
    const FIRST: Date = jiff::civil::date(1899, 12, 30);
    let in_reach = (20_000.0..80_000.0).contains(&days);
    // Bounded just above; the time of day does not matter.
    let days = in_reach.then(|| format!("{:.0}", days.floor()))?.parse::<i64>().ok()?;
    FIRST.checked_add(jiff::Span::new().days(days)).ok()
}

/// How an office says that there is none.
fn says_none(text: &str) -> bool {
    ["khong", "khong co", "khong ro", "chua co", "chua cap", "chua ro", "none"]
        .contains(&plain_words(text).as_str())
}

fn names_nothing(text: &str) -> Bilingual {
    Bilingual::new(
        format!("“{}” không chỉ máy nào: coi như để trống", cut(text)),
        format!("`{}` names no machine: read as empty", cut(text)),
    )
}

fn nearest(near: Option<&str>) -> Bilingual {
    match near {
        Some(near) => {
            Bilingual::new(format!("có phải là {near}?"), format!("did you mean {near}?"))
        }
        None => Bilingual::new(
            "ghi mã hoặc tên đúng như trong sổ",
            "write the id or the name as in the register",
        ),
    }
}

fn unreadable(text: &str) -> Bilingual {
    both(|lang| match lang {
        report::Lang::Vi => format!("ô này là {}", cut(text)),
        report::Lang::En => format!("this cell is {}", cut(text)),
    })
}

fn as_text() -> Bilingual {
    Bilingual::new(
        "đặt định dạng Văn bản (Text) cho cột rồi gõ lại theo máy",
        "give the column the format Text and type it again from the machine",
    )
}

fn to_unicode() -> Bilingual {
    Bilingual::new(
        "chuyển bảng tính từ TCVN3, VNI sang Unicode",
        "convert the sheet from TCVN3 or VNI to Unicode",
    )
}
