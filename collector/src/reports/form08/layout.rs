//! Form 08 on paper: the official headings, in the words of the law by which the levels were
//! determined.

use jiff::civil::Date;
use report::Lang;

use super::{Form08, Line, Paperwork};
use crate::policy::words::{self, pick};
use crate::register::systems::LegalBasis;
use crate::reports::paper::{Cell, Column, Paper, Row, Screen};

pub(super) fn paper(form: &Form08, lang: Lang) -> Paper {
    Paper {
        lang,
        at: form.imprint.at,
        title: title(form, lang),
        preface: preface(form, lang),
        sheets: vec![pick(["Mẫu số 08", "Form 08"], lang).to_owned()],
        columns: columns(form, lang),
        numbered: true,
        rows: form.systems.iter().map(|line| Row::plain(cells(line, lang))).collect(),
        notes: notes(form, lang),
        signatures: [["NGƯỜI LẬP BIỂU", "PREPARED BY"], ["THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF UNIT"]]
            .map(|signer| pick(signer, lang).to_owned())
            .into(),
    }
}

/// What is secured: the term of the former decree, or that of 2026.
fn security(form: &Form08, lang: Lang) -> &'static str {
    match form.is_former() {
        true => pick(["an toàn thông tin", "information security"], lang),
        false => pick(["an ninh mạng", "cybersecurity"], lang),
    }
}

fn title(form: &Form08, lang: Lang) -> String {
    let security = security(form, lang);
    match lang {
        Lang::Vi => format!(
            "DANH SÁCH HỆ THỐNG THÔNG TIN THEO CẤP ĐỘ VÀ TÌNH HÌNH BẢO ĐẢM {}",
            security.to_uppercase()
        ),
        Lang::En => format!("INFORMATION SYSTEMS BY LEVEL AND THEIR {}", security.to_uppercase()),
    }
}

/// The head section of the form.
fn preface(form: &Form08, lang: Lang) -> Vec<String> {
    let totals = &form.totals;
    let [managed, approved, deployed, inspected] =
        [totals.managed, totals.approved, totals.deployed, totals.inspected]
            .map(|count| words::number(count, lang));
    let date = |date: &Option<String>| match parsed(date.as_deref()) {
        Some(date) => words::date(date, lang),
        None => "–".to_owned(),
    };
    let [approval, deployment] = [&totals.expected_approval, &totals.expected_deployment].map(date);
    let unit = form.unit.as_ref().map(|unit| match lang {
        Lang::Vi => format!("Đơn vị: {} (gồm các đơn vị trực thuộc)", unit.name.vi),
        Lang::En => format!("Unit: {} (with every unit below it)", unit.name.en),
    });
    let totals = match lang {
        Lang::Vi => [
            format!(
                "Tổng số hệ thống thông tin quản lý: {managed}; đã được phê duyệt cấp độ: {approved}; đã triển khai đầy đủ phương án: {deployed}; được kiểm tra, đánh giá định kỳ: {inspected}"
            ),
            format!(
                "Dự kiến hoàn thành phê duyệt: {approval}; dự kiến hoàn thành triển khai đầy đủ: {deployment}"
            ),
        ],
        Lang::En => [
            format!(
                "Systems managed: {managed}; level approved: {approved}; plan fully deployed: {deployed}; inspected periodically: {inspected}"
            ),
            format!(
                "Approvals expected to be complete: {approval}; deployment expected to be complete: {deployment}"
            ),
        ],
    };
    let as_of = form.imprint.as_of(lang);
    let contacts = contacts(lang);
    form.sample(lang).into_iter().chain(unit).chain(contacts).chain(totals).chain([as_of]).collect()
}

/// The register names no persons: who hands the form in fills these in.
fn contacts(lang: Lang) -> [String; 2] {
    const BLANK: &str = "................................................................";
    let lines = match lang {
        Lang::Vi => [
            "Đầu mối của chủ quản hệ thống thông tin (họ tên, chức vụ, điện thoại, email)",
            "Đầu mối của đơn vị chuyên trách (họ tên, chức vụ, điện thoại, email)",
        ],
        Lang::En => [
            "Contact of the owner of the systems (name, position, phone, email)",
            "Contact of the specialised unit (name, position, phone, email)",
        ],
    };
    lines.map(|line| format!("{line}: {BLANK}"))
}

/// The twelve columns, numbered as the form numbers them.
fn columns(form: &Form08, lang: Lang) -> Vec<Column> {
    let security = security(form, lang);
    let regulation = match lang {
        Lang::Vi => format!("Quy chế bảo đảm {security} (số, ngày, cơ quan ban hành)"),
        Lang::En => format!("Regulation on {security} (number, date, authority)"),
    };
    let plan = match lang {
        Lang::Vi => format!("Tình hình triển khai phương án bảo đảm {security}"),
        Lang::En => format!("Deployment of the {security} plan"),
    };
    let column = |heading: [&str; 2], width| Column::new(pick(heading, lang), width);
    vec![
        column(["STT", "No."], 5.0),
        column(["Tên hệ thống thông tin", "Information system"], 28.0),
        column(["Chủ quản hệ thống thông tin", "Owner"], 20.0).screen(Screen::Yields(6)),
        column(["Đơn vị vận hành", "Operator"], 20.0).screen(Screen::Yields(5)),
        column(["Cấp độ đề xuất", "Proposed level"], 8.0),
        column(["Tình trạng phê duyệt", "Approval"], 14.0),
        column(
            [
                "Quyết định phê duyệt (số, ngày, cơ quan ban hành)",
                "Approving decision (number, date, authority)",
            ],
            20.0,
        )
        .screen(Screen::Yields(4)),
        Column::new(regulation, 20.0).screen(Screen::Yields(3)),
        column(["Dự kiến thời điểm phê duyệt", "Approval expected"], 12.0)
            .screen(Screen::Yields(9)),
        Column::new(plan, 16.0).screen(Screen::Yields(8)),
        column(["Dự kiến thời điểm triển khai đầy đủ", "Full deployment expected"], 12.0)
            .screen(Screen::Yields(7)),
        column(["Đã kiểm tra, đánh giá", "Inspected"], 16.0).screen(Screen::Yields(2)),
    ]
}

fn cells(line: &Line, lang: Lang) -> Vec<Cell> {
    let inspected: Vec<_> = line.inspected.iter().map(|word| inspection(word, lang)).collect();
    vec![
        Cell::Count(line.number),
        Cell::text(line.name.get(lang)),
        Cell::text(&line.owner),
        Cell::text(&line.operator),
        line.level.map_or(Cell::Blank, |level| Cell::Count(level.into())),
        Cell::text(status(&line.status, lang)),
        Cell::maybe(line.decision.as_ref().map(|paper| paperwork(paper, lang))),
        Cell::maybe(line.regulation.as_ref().map(|paper| paperwork(paper, lang))),
        Cell::day(parsed(line.expected_approval.as_deref())),
        Cell::text(deployment(&line.deployment, lang)),
        Cell::day(parsed(line.expected_deployment.as_deref())),
        Cell::text(inspected.join("; ")),
    ]
}

fn notes(form: &Form08, lang: Lang) -> Vec<String> {
    let mut notes = vec![match (form.findings.len(), lang) {
        (0, Lang::Vi) => "Tự kiểm tra biểu mẫu: không phát hiện sai sót".to_owned(),
        (0, Lang::En) => "The form's own checks: nothing found".to_owned(),
        (_, Lang::Vi) => "Tự kiểm tra biểu mẫu: cần bổ sung, chỉnh sửa".to_owned(),
        (_, Lang::En) => "The form's own checks: to be completed or corrected".to_owned(),
    }];
    notes.extend(form.findings.iter().map(|finding| {
        let what = finding.what.get(lang);
        match lang {
            Lang::Vi => format!("- STT {} ({}): {what}", finding.number, finding.system),
            Lang::En => format!("- No. {} ({}): {what}", finding.number, finding.system),
        }
    }));
    notes.extend(former_lines(form, lang));
    notes.push(
        pick(
            [
                "Nguồn: sổ đăng ký hệ thống thông tin (systems.toml) do cán bộ phụ trách cập nhật",
                "Source: the register of information systems (systems.toml), kept by the officer",
            ],
            lang,
        )
        .to_owned(),
    );
    notes.extend(form.imprint.lines_on(rests_on(form, lang), lang));
    notes
}

/// The form is about systems: how many machines report says nothing about it.
fn rests_on(form: &Form08, lang: Lang) -> String {
    let systems = words::number(form.systems.len() as u64, lang);
    match lang {
        Lang::Vi => {
            format!("Phạm vi số liệu: {systems} hệ thống thông tin đang quản lý trong sổ đăng ký")
        }
        Lang::En => format!("Data: {systems} information systems in force in the register"),
    }
}

/// The lines whose level still goes by the former decree, where not all do.
fn former_lines(form: &Form08, lang: Lang) -> Option<String> {
    let former = form.systems.iter().filter(|line| line.legal_basis == LegalBasis::Decree85.name());
    let numbers: Vec<_> = former.map(|line| line.number.to_string()).collect();
    if numbers.is_empty() {
        return None;
    }
    if form.is_former() {
        let words = [
            "Căn cứ pháp lý: mọi cấp độ được xác định theo Nghị định 85/2016/NĐ-CP, đang chuyển tiếp sang Nghị định 331/2026/NĐ-CP",
            "Legal basis: every level was determined by Decree 85/2016/NĐ-CP, in transition to Decree 331/2026/NĐ-CP",
        ];
        return Some(pick(words, lang).to_owned());
    }
    let numbers = numbers.join(", ");
    Some(match lang {
        Lang::Vi => format!(
            "Căn cứ pháp lý: STT {numbers} xác định cấp độ theo Nghị định 85/2016/NĐ-CP (phương án bảo đảm an toàn thông tin theo cấp độ, chuyển tiếp); các hệ thống còn lại theo Nghị định 331/2026/NĐ-CP"
        ),
        Lang::En => format!(
            "Legal basis: the levels of No. {numbers} were determined by Decree 85/2016/NĐ-CP, in transition; the others by Decree 331/2026/NĐ-CP"
        ),
    })
}

fn parsed(date: Option<&str>) -> Option<Date> {
    date.and_then(|date| date.parse().ok())
}

/// `45/QĐ-BTP, 16/01/2023, Bộ Tư pháp`.
fn paperwork(paper: &Paperwork, lang: Lang) -> String {
    let date = parsed(Some(&paper.date)).map(|date| words::date(date, lang));
    let parts = [Some(paper.number.clone()), date, paper.authority.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn status(word: &str, lang: Lang) -> &str {
    match word {
        "draft" => pick(["Đang dự thảo", "Being drafted"], lang),
        "submitted" => pick(["Đã gửi thẩm định", "Sent for appraisal"], lang),
        "appraised" => pick(["Đã thẩm định", "Appraised"], lang),
        "approved" => pick(["Đã được phê duyệt", "Approved"], lang),
        other => other,
    }
}

fn deployment(word: &str, lang: Lang) -> &str {
    match word {
        "none" => pick(["Chưa triển khai", "Not deployed"], lang),
        "partial" => pick(["Đã triển khai một số hạng mục", "Partly deployed"], lang),
        "full" => pick(["Đã triển khai đầy đủ", "Fully deployed"], lang),
        other => other,
    }
}

fn inspection(word: &str, lang: Lang) -> &str {
    match word {
        "before_use" => pick(["Trước khi đưa vào sử dụng", "Before use"], lang),
        "periodic" => pick(["Định kỳ", "Periodically"], lang),
        other => other,
    }
}
