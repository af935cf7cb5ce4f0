//! The units in numbers on paper: results on the first sheet, rules and what is declared on the
//! second. Each column knows its heading and its cell, so that neither can slip.

use report::Lang;

use super::{Goal, Line, Numbers, RuleName, Scope, UnitsReport};
use crate::policy::posture::Tally;
use crate::policy::words::pick;
use crate::reports::imprint;
use crate::reports::paper::{Cell, Column, On, Paper, Row, Screen, Weight};

/// A column with what stands in it.
struct Field<'r> {
    column: Column,
    cell: Box<dyn Fn(&Numbers) -> Cell + 'r>,
}

pub(super) fn paper(report: &UnitsReport, lang: Lang) -> Paper {
    let fields = fields(report, lang);
    let side = |words| pick(words, lang);
    let lead = [
        Column::new(side(["STT", "No."]), 5.0).on(On::Every).screen(Screen::Never),
        Column::new(side(["Đơn vị", "Unit"]), 30.0).on(On::Every),
    ];
    let mut numbers = 1..;
    let rows = report.lines.iter().map(|line| row(line, &mut numbers, &fields, lang)).collect();
    Paper {
        lang,
        at: report.imprint.at,
        title: side([
            "TÌNH HÌNH MÁY TÍNH VÀ TẬP HUẤN THEO ĐƠN VỊ",
            "COMPUTERS AND TRAINING BY UNIT",
        ])
        .to_owned(),
        preface: preface(report, lang),
        sheets: [["Kết quả", "Results"], ["Quy tắc và kê khai", "Rules and declared"]]
            .map(|name| side(name).to_owned())
            .into(),
        columns: lead.into_iter().chain(fields.into_iter().map(|field| field.column)).collect(),
        numbered: true,
        rows,
        notes: notes(report, lang),
        signatures: [["NGƯỜI LẬP BIỂU", "PREPARED BY"], ["THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF UNIT"]]
            .map(|signer| side(signer).to_owned())
            .into(),
    }
}

fn row(
    line: &Line,
    numbers: &mut impl Iterator<Item = u64>,
    fields: &[Field<'_>],
    lang: Lang,
) -> Row {
    let number = match line.scope {
        Scope::Own => numbers.next().map_or(Cell::Blank, Cell::Count),
        Scope::WithBelow | Scope::Total => Cell::Blank,
    };
    let cells = fields.iter().map(|field| (field.cell)(&line.numbers));
    Row {
        weight: match line.scope {
            Scope::Own => Weight::Plain,
            Scope::WithBelow => Weight::Subtotal,
            Scope::Total => Weight::Total,
        },
        depth: line.depth,
        cells: [number, Cell::text(name(line, lang))].into_iter().chain(cells).collect(),
    }
}

fn name(line: &Line, lang: Lang) -> String {
    let unit = line.unit.as_ref().map(|unit| unit.name.get(lang));
    match (line.scope, unit, lang) {
        (Scope::Total, _, Lang::Vi) => "TỔNG CỘNG".to_owned(),
        (Scope::Total, _, Lang::En) => "TOTAL".to_owned(),
        (Scope::WithBelow, Some(unit), Lang::Vi) => {
            format!("Cộng {unit} và các đơn vị trực thuộc")
        }
        (Scope::WithBelow, Some(unit), Lang::En) => format!("Sum of {unit} and the units below"),
        (Scope::Own, Some(unit), _) => unit.to_owned(),
        (Scope::Own | Scope::WithBelow, None, Lang::Vi) => "Chưa rõ đơn vị".to_owned(),
        (Scope::Own | Scope::WithBelow, None, Lang::En) => "Unit not known".to_owned(),
    }
}

fn fields<'r>(report: &'r UnitsReport, lang: Lang) -> Vec<Field<'r>> {
    let mut fields = counted(lang);
    fields.extend(report.goals.iter().flat_map(|goal| of_goal(goal, report, lang)));
    fields.extend(report.rules.iter().flat_map(|rule| of_rule(rule, lang)));
    fields.extend(report.goals.iter().map(|goal| attested(goal, lang)));
    fields.extend(staff(lang));
    fields
}

impl Field<'_> {
    fn short(self, heading: String) -> Self {
        Self { column: self.column.short(heading), ..self }
    }
}

fn field<'r>(
    heading: impl Into<String>,
    screen: Screen,
    cell: impl Fn(&Numbers) -> Cell + 'r,
) -> Field<'r> {
    Field { column: Column::new(heading, 9.5).screen(screen), cell: Box::new(cell) }
}

fn counted<'r>(lang: Lang) -> Vec<Field<'r>> {
    let count = |heading: [&str; 2], screen, number: fn(&Numbers) -> u64| {
        field(pick(heading, lang), screen, move |own| Cell::Count(number(own)))
    };
    vec![
        count(["Tổng số máy tính", "Machines"], Screen::Always, |own| {
            own.registered + own.outside + own.declared
        }),
        count(["Trong sổ đăng ký", "In the register"], Screen::Yields(2), |own| {
            own.registered
        }),
        count(["Ngoài sổ đăng ký", "Outside the register"], Screen::Never, |own| own.outside),
        count(["Máy độc lập (kê khai)", "Stand-alone (declared)"], Screen::Never, |own| {
            own.declared
        }),
        count(["Có báo cáo", "Reporting"], Screen::Yields(3), |own| own.reporting),
        field(pick(["Độ phủ dữ liệu", "Data coverage"], lang), Screen::Yields(8), |own| {
            Cell::Share(own.coverage())
        }),
        count(
            ["Đã cài phần mềm diệt virus", "Antivirus installed"],
            Screen::Never,
            |own| own.antivirus_installed,
        ),
        count(["Bản quyền còn thời hạn", "Licensed and valid"], Screen::Yields(7), |own| {
            own.antivirus_licensed
        }),
        count(["Hết hạn trong 30 ngày", "Ends within 30 days"], Screen::Yields(5), |own| {
            own.expiring_30
        }),
        count(["Hết hạn trong 60 ngày", "Ends within 60 days"], Screen::Never, |own| {
            own.expiring_60
        }),
        count(["Được chấp thuận ngoại lệ", "Waived"], Screen::Yields(1), |own| {
            own.waived
        }),
    ]
}

/// How far a goal has come: the number, the share, the conclusion, and the change.
fn of_goal<'r>(goal: &'r Goal, report: &UnitsReport, lang: Lang) -> Vec<Field<'r>> {
    let title = goal.title.get(lang);
    let progress = |own: &Numbers| own.targets.get(&goal.target).copied().unwrap_or_default();
    let (met, share, conclusion, change) = match lang {
        Lang::Vi => (
            format!("{title}: số đạt"),
            format!("{title}: tỷ lệ (mục tiêu {} %)", goal.goal),
            format!("{title}: kết luận"),
            format!("{title}: tăng, giảm so với kỳ trước (điểm %)"),
        ),
        Lang::En => (
            format!("{title}: met"),
            format!("{title}: share (goal {}%)", goal.goal),
            format!("{title}: conclusion"),
            format!("{title}: change since the last period (points)"),
        ),
    };
    let short = |[vi, en]: [&str; 2]| format!("{}: {}", goal.target, pick([vi, en], lang));
    let (share_short, conclusion_short) =
        (short(["tỷ lệ", "share"]), short(["kết luận", "conclusion"]));
    let of_paper = |heading, screen, cell: Box<dyn Fn(&Numbers) -> Cell + 'r>| Field {
        column: Column::new(heading, 11.0).screen(screen),
        cell,
    };
    let mut fields = vec![
        of_paper(met, Screen::Never, Box::new(move |own| Cell::Count(progress(own).met))),
        of_paper(share, Screen::Yields(9), Box::new(move |own| Cell::Share(progress(own).tally())))
            .short(share_short),
        of_paper(
            conclusion,
            Screen::Yields(6),
            Box::new(move |own| {
                Cell::maybe(progress(own).met_goal.map(|met| conclusion_words(met, lang)))
            }),
        )
        .short(conclusion_short),
    ];
    if report.compared_with.is_some() {
        fields.push(of_paper(
            change,
            Screen::Never,
            Box::new(move |own| progress(own).change.map_or(Cell::Blank, Cell::Change)),
        ));
    }
    fields
}

/// Whether a goal is reached.
fn conclusion_words(met: bool, lang: Lang) -> &'static str {
    match met {
        true => pick(["Đạt", "met"], lang),
        false => pick(["Chưa đạt", "not met"], lang),
    }
}

fn of_rule<'r>(rule: &'r RuleName, lang: Lang) -> [Field<'r>; 2] {
    let title = rule.title.get(lang);
    let [passes, concerns] = match lang {
        Lang::Vi => [format!("{title}: đạt"), format!("{title}: máy áp dụng")],
        Lang::En => [format!("{title}: pass"), format!("{title}: concerned")],
    };
    let outcomes = |own: &Numbers| own.rules.get(&rule.id).copied().unwrap_or_default();
    [
        second(passes, move |own| Cell::Count(outcomes(own).pass)),
        second(concerns, move |own| Cell::Count(outcomes(own).concerned())),
    ]
}

/// What somebody attests has columns of its own.
fn attested<'r>(goal: &'r Goal, lang: Lang) -> Field<'r> {
    let title = goal.title.get(lang);
    let heading = match lang {
        Lang::Vi => format!("Theo kê khai: {title}"),
        Lang::En => format!("Declared: {title}"),
    };
    let progress = |own: &Numbers| own.targets.get(&goal.target).copied().unwrap_or_default();
    second(heading, move |own| Cell::Count(progress(own).attested))
}

fn staff<'r>(lang: Lang) -> [Field<'r>; 3] {
    let side = |words| pick(words, lang);
    [
        second(side(["Số cán bộ đã tập huấn", "Staff trained"]), |own| {
            Cell::Count(own.trained)
        }),
        second(side(["Tổng số cán bộ", "Staff"]), |own| Cell::Count(own.staff)),
        second(side(["Tỷ lệ tập huấn", "Share trained"]), |own| {
            Cell::Share(Tally { members: own.staff, met: own.trained })
        }),
    ]
}

/// A column of the second sheet.
fn second<'r>(heading: impl Into<String>, cell: impl Fn(&Numbers) -> Cell + 'r) -> Field<'r> {
    let Field { column, cell } = field(heading, Screen::Never, cell);
    Field { column: column.on(On::Sheet(1)), cell }
}

fn preface(report: &UnitsReport, lang: Lang) -> Vec<String> {
    let sample = report.imprint.sample.then(|| imprint::sample(lang).to_owned());
    let unit = report.unit.as_ref().map(|unit| match lang {
        Lang::Vi => format!("Đơn vị: {} (gồm các đơn vị trực thuộc)", unit.name.vi),
        Lang::En => format!("Unit: {} (with every unit below it)", unit.name.en),
    });
    sample.into_iter().chain(unit).chain([report.imprint.as_of(lang)]).collect()
}

fn notes(report: &UnitsReport, lang: Lang) -> Vec<String> {
    let side = |words: [&str; 2]| pick(words, lang).to_owned();
    let mut notes = vec![
        side([
            "Dòng của mỗi đơn vị không gồm đơn vị trực thuộc; dòng “Cộng” gồm cả hai và không cộng thêm lần nữa vào tổng cộng.",
            "The line of a unit is without the units below it; a line \"Sum of\" has both and is not counted again in the total.",
        ]),
        side([
            "Nguồn: sổ đăng ký máy tính; báo cáo của tác tử trên máy; hợp đồng bản quyền (licences.toml) nơi phần mềm không tự cho biết; cột “Theo kê khai” do đơn vị tự xác nhận, không nằm trong số đạt.",
            "Sources: the register of machines; the reports of the agents; the contracts (licences.toml) where a product does not tell; the columns \"Declared\" are attested by the units and no part of what is met.",
        ]),
    ];
    if report.goals.iter().any(|goal| goal.counts_attested) {
        notes.push(side([
            "Kết luận tính cả số liệu theo kê khai; số đạt và tỷ lệ thì không.",
            "The conclusion counts what is attested (declared) too; met and share do not.",
        ]));
    }
    notes.push(compared(report, lang));
    notes.extend(report.imprint.lines(lang));
    notes
}

fn compared(report: &UnitsReport, lang: Lang) -> String {
    let at = report.compared_with.map(|at| report.imprint.told(at, lang));
    match (at, lang) {
        (Some(at), Lang::Vi) => format!("Tăng, giảm so với kỳ trước: số liệu tính đến {at}"),
        (Some(at), Lang::En) => format!("Change: compared with the numbers as of {at}"),
        (None, Lang::Vi) => "Chưa có số liệu kỳ trước để so sánh".to_owned(),
        (None, Lang::En) => "There is no earlier period to compare with".to_owned(),
    }
}
