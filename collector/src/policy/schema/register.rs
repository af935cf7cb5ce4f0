//! The officer's register.

use serde_json::{Value as Json, json};

use super::shapes::{
    Key, bilingual, boolean, date, distinct, either, id, level, list, may, need, number, table,
    text, word,
};
use crate::policy::document::names;
use crate::register::systems::{Deployment, Inspection, LegalBasis, SystemType};
use crate::register::{MachineKind, Status};

pub(super) fn units() -> Vec<Key> {
    let mut placement = vec![need("under", ["đơn vị cấp trên", "the unit above"], id())];
    placement.extend(term());
    let mut unit = vec![
        need("id", ["mã đơn vị, không bao giờ đổi", "the unit's id, which never changes"], id()),
        need("name", ["tên đơn vị", "its name"], bilingual()),
        may(
            "placed",
            ["trực thuộc đơn vị nào, từ ngày nào", "under which unit, and when"],
            list(table(placement)),
        ),
    ];
    unit.extend(term());
    entries("unit", ["các đơn vị", "the units"], unit)
}

pub(super) fn systems() -> Vec<Key> {
    let mut system = vec![
        need(
            "id",
            ["mã hệ thống, không bao giờ đổi", "the system's id, which never changes"],
            id(),
        ),
        need("name", ["tên hệ thống thông tin", "its name"], bilingual()),
        need("owner", ["chủ quản hệ thống thông tin", "the owner"], text()),
        need("operator", ["đơn vị vận hành", "the operator"], text()),
        need("unit", ["đơn vị chịu trách nhiệm", "the unit that answers for it"], text()),
        need(
            "legal_basis",
            ["căn cứ pháp lý", "under which law its level is determined"],
            word(LegalBasis::WORDS),
        ),
        may("type", ["loại hệ thống", "what kind of system it is"], word(SystemType::WORDS)),
        may("level", ["cấp độ", "its level"], level()),
        need(
            "status",
            ["tình trạng phê duyệt cấp độ", "how far the approval has come"],
            word(Status::WORDS),
        ),
        may(
            "decision",
            ["quyết định phê duyệt cấp độ", "the decision that approves the level"],
            decision(),
        ),
        may("regulation", ["quy chế bảo đảm an ninh mạng", "the security regulation"], decision()),
        may("expected_approval", ["dự kiến phê duyệt", "when approval is expected"], date()),
        need(
            "deployment",
            ["triển khai phương án", "how far the plan is deployed"],
            word(Deployment::WORDS),
        ),
        may(
            "expected_deployment",
            ["dự kiến triển khai đầy đủ", "when full deployment is expected"],
            date(),
        ),
        may(
            "inspected",
            ["đã kiểm tra, đánh giá", "when it was inspected"],
            list(word(Inspection::WORDS)),
        ),
        may(
            "plan",
            ["quyết định phê duyệt phương án", "the decision that approves the plan"],
            decision(),
        ),
        may(
            "redetermined",
            [
                "ngày rà soát, xác định lại cấp độ gần nhất",
                "when its level was last looked at again",
            ],
            date(),
        ),
        may("note", ["ghi chú", "a note for people"], text()),
    ];
    system.extend(term());
    entries("system", ["các hệ thống thông tin", "the information systems"], system)
}

pub(super) fn waivers() -> Vec<Key> {
    let reason = either(vec![text(), bilingual()]);
    let until = ["đến hết ngày, có hiệu lực không quá 180 ngày", "the last day, the 180th at most"];
    let waiver = vec![
        need("id", ["mã ngoại lệ", "the waiver's id"], id()),
        need("rule", ["quy tắc được miễn", "the rule that is excused"], text()),
        may("machines", ["các máy được miễn", "the machines that are excused"], distinct(text())),
        may(
            "unit",
            ["hoặc đơn vị có các máy được miễn", "or the unit whose machines are excused"],
            text(),
        ),
        need("decision", ["quyết định", "the decision"], decision()),
        need("approver", ["người duyệt", "who approved it"], text()),
        need("reason", ["lý do", "why"], reason),
        need("from", ["từ ngày", "the first day"], date()),
        need("until", until, date()),
    ];
    entries("waiver", ["các ngoại lệ", "the waivers"], waiver)
}

pub(super) fn licences() -> Vec<Key> {
    let contract = table(vec![
        need("number", ["số hợp đồng", "its number"], text()),
        need("date", ["ngày ký", "its date"], date()),
    ]);
    let units =
        ["chỉ cho các đơn vị này và đơn vị trực thuộc", "only for these units and those below"];
    let licence = vec![
        need("id", ["mã hợp đồng trong sổ", "the contract's id in the register"], id()),
        need("contract", ["hợp đồng", "the contract"], contract),
        need("supplier", ["nhà cung cấp", "the supplier"], text()),
        need("products", ["các phần mềm diệt virus", "the antivirus products"], distinct(id())),
        need("seats", ["số máy được dùng", "how many machines may use it"], number(1, None)),
        may("units", units, distinct(text())),
        need("from", ["từ ngày", "the first day"], date()),
        need("until", ["đến hết ngày", "the last day"], date()),
    ];
    entries("licence", ["các hợp đồng bản quyền", "the contracts"], licence)
}

pub(super) fn training() -> Vec<Key> {
    let session = table(vec![
        need("on", ["ngày", "the day"], date()),
        need("heads", ["số người dự", "how many came"], number(1, None)),
        may("again", ["trong đó đã dự đợt trước", "of them, who had come before"], number(0, None)),
        may("document", ["văn bản", "the document"], decision()),
    ]);
    let staff = vec![
        need("unit", ["đơn vị", "the unit"], text()),
        need("heads", ["số cán bộ, công chức", "how many people"], number(1, None)),
        need("from", ["từ ngày", "the first day"], date()),
        may("until", ["đến hết ngày", "the last day"], date()),
        may("trained", ["các đợt phổ biến, tập huấn", "the trainings"], list(session)),
    ];
    entries("staff", ["cán bộ, công chức của từng đơn vị", "the people of each unit"], staff)
}

pub(super) fn declared() -> Vec<Key> {
    let until = ["có giá trị đến hết ngày, không quá 6 tháng", "good until, at most 6 months on"];
    let met = json!({ "type": "object", "additionalProperties": number(0, None) });
    let attestation = table(vec![
        need("by", ["người xác nhận", "who attests"], text()),
        need("on", ["ngày xác nhận", "when"], date()),
        may("until", until, date()),
        need(
            "met",
            ["theo từng chỉ tiêu: số máy đạt", "by target: how many machines meet it"],
            met,
        ),
    ]);
    let kinds = names(&MachineKind::ALL, MachineKind::name);
    let group = vec![
        need("unit", ["đơn vị", "the unit"], text()),
        need("kind", ["loại máy", "the kind of machine"], word(&kinds)),
        need("heads", ["số máy", "how many machines"], number(1, None)),
        need("from", ["từ ngày", "the first day"], date()),
        may("until", ["đến hết ngày", "the last day"], date()),
        may("attestation", ["các bản xác nhận", "the attestations"], list(attestation)),
    ];
    entries(
        "declared",
        ["các máy không được cài tác tử", "machines that may carry no agent"],
        group,
    )
}

/// A file of entries of one kind.
fn entries(name: &'static str, meaning: [&str; 2], entry: Vec<Key>) -> Vec<Key> {
    vec![sample(), may(name, meaning, list(table(entry)))]
}

fn sample() -> Key {
    may("sample", ["dữ liệu mẫu", "marks samples"], boolean())
}

fn term() -> Vec<Key> {
    vec![
        may("from", ["từ ngày", "the first day"], date()),
        may("until", ["đến hết ngày", "the last day"], date()),
    ]
}

fn decision() -> Json {
    table(vec![
        need("number", ["số văn bản", "its number"], text()),
        need("date", ["ngày", "its date"], date()),
        may("authority", ["cơ quan ban hành", "who issued it"], text()),
    ])
}
