//! Units beside each other on paper: no rank stands without its coverage.

use report::Lang;

use super::{Group, Place, Ranking, Size};
use crate::policy::words::pick;
use crate::reports::imprint;
use crate::reports::paper::{Cell, Column, Paper, Row, Screen};

pub(super) fn paper(ranking: &Ranking, lang: Lang) -> Paper {
    let side = |words| pick(words, lang);
    let column = |heading: [&str; 2], width| Column::new(pick(heading, lang), width);
    let lines = |group: &Group| {
        group.places.iter().map(|place| Row::plain(cells(group, place, lang))).collect::<Vec<_>>()
    };
    let sample = ranking.imprint.sample.then(|| imprint::sample(lang).to_owned());
    let goal = match lang {
        Lang::Vi => format!("Tiêu chí: {}", ranking.goal.title.vi),
        Lang::En => format!("Compared by: {}", ranking.goal.title.en),
    };
    Paper {
        lang,
        at: ranking.imprint.at,
        title: side(["BẢNG XẾP HẠNG ĐƠN VỊ PHỤC VỤ THI ĐUA", "UNITS RANKED FOR EMULATION"])
            .to_owned(),
        preface: sample.into_iter().chain([goal, ranking.imprint.as_of(lang)]).collect(),
        sheets: vec![side(["Xếp hạng", "Ranking"]).to_owned()],
        columns: vec![
            column(["Nhóm", "Group"], 22.0),
            column(["Hạng", "Rank"], 17.0),
            column(["Đơn vị", "Unit"], 32.0),
            column(["Số máy tính", "Machines"], 10.0),
            column(["Kê khai", "Declared"], 10.0).screen(Screen::Yields(1)),
            column(["Độ phủ dữ liệu", "Coverage"], 10.0),
            column(["Số đạt", "Met"], 10.0).screen(Screen::Yields(2)),
            column(["Tỷ lệ", "Share"], 10.0),
            column(["Tăng, giảm (điểm %)", "Change (points)"], 12.0).screen(Screen::Yields(3)),
        ],
        numbered: false,
        rows: ranking.groups.iter().flat_map(lines).collect(),
        notes: notes(ranking, lang),
        signatures: Vec::new(),
    }
}

fn cells(group: &Group, place: &Place, lang: Lang) -> Vec<Cell> {
    let unranked = || Cell::text(pick(["chưa đủ dữ liệu", "too little data"], lang));
    vec![
        Cell::text(group_name(group, lang)),
        place.rank.map_or_else(unranked, Cell::Count),
        Cell::text(place.unit.name.get(lang)),
        Cell::Count(place.members),
        Cell::Count(place.declared),
        Cell::Share(place.coverage()),
        Cell::Count(place.met),
        Cell::Share(place.share()),
        place.change.map_or(Cell::Blank, Cell::Change),
    ]
}

/// `Bậc 2, 21–100 máy`: the top of the tree is the first.
fn group_name(group: &Group, lang: Lang) -> String {
    let machines = match group.size {
        Size::Small => "≤ 20",
        Size::Medium => "21–100",
        Size::Large => "> 100",
    };
    let depth = u16::from(group.depth) + 1;
    match lang {
        Lang::Vi => format!("Bậc {depth}, {machines} máy"),
        Lang::En => format!("Tier {depth}, {machines} machines"),
    }
}

fn notes(ranking: &Ranking, lang: Lang) -> Vec<String> {
    let floor = ranking.floor;
    let alike = match lang {
        Lang::Vi => format!(
            "Mỗi đơn vị được tính cùng các đơn vị trực thuộc và chỉ so với đơn vị cùng bậc, cùng quy mô; bằng tỷ lệ thì đồng hạng. Độ phủ dữ liệu dưới {floor} % thì chưa xếp hạng."
        ),
        Lang::En => format!(
            "A unit is counted with the units below it and compared with units of its tier and size alone; the same share has the same rank. Below a data coverage of {floor}% there is no rank."
        ),
    };
    let at = ranking.compared_with.map(|at| ranking.imprint.told(at, lang));
    let compared = at.map(|at| match lang {
        Lang::Vi => format!("Tăng, giảm so với số liệu tính đến {at}"),
        Lang::En => format!("Change: compared with the numbers as of {at}"),
    });
    [alike].into_iter().chain(compared).chain(ranking.imprint.lines(lang)).collect()
}
