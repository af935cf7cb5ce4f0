//! `rules/*.toml`.

use report::catalogue::Platform;
use report::verdict::Severity;
use serde_json::{Value as Json, json};

use super::facts;
use super::shapes::{
    Key, bilingual, boolean, defined, distinct, id, level, list, may, moment, need, table, text,
    word,
};
use crate::policy::document::names;
use crate::policy::rule::example::VERDICTS;
use crate::register::MachineKind;
use report::verdict::Ruling;

pub(super) fn keys() -> Vec<Key> {
    let severities = names(Severity::ALL, Severity::name);
    vec![
        need("id", ["mã quy tắc", "the rule's id"], id()),
        need(
            "severity",
            [
                "critical, major: bắt buộc; minor: khuyến nghị",
                "critical, major: mandatory; minor: advice",
            ],
            word(&severities),
        ),
        need("title", ["tên quy tắc", "its name"], bilingual()),
        need("remedy", ["cách khắc phục", "what to do where it is not met"], bilingual()),
        need("source", ["căn cứ", "where it comes from"], list(text())),
        may(
            "waivable",
            ["có được chấp thuận ngoại lệ không", "whether a decision may excuse a machine"],
            boolean(),
        ),
        may(
            "applies",
            [
                "áp dụng cho máy nào; không ghi là mọi máy",
                "which machines it concerns; all if left out",
            ],
            applies(),
        ),
        may("require", ["mọi dòng phải đạt", "all of it must hold"], defined("require")),
        may(
            "level",
            ["yêu cầu riêng của từng cấp độ, viết đủ", "what a level asks, in full"],
            levels(),
        ),
        may(
            "example",
            ["ví dụ, được chạy mỗi lần nạp", "examples, run at every load"],
            list(example()),
        ),
    ]
}

fn applies() -> Json {
    table(vec![
        may("os", ["hệ điều hành", "operating systems"], distinct(word(&platforms()))),
        may("kinds", ["loại máy", "kinds of machine"], distinct(word(&kinds()))),
        may("levels", ["cấp độ", "levels"], distinct(level())),
        may(
            "units",
            ["đơn vị, kể cả đơn vị trực thuộc", "units, with every unit below them"],
            distinct(text()),
        ),
        may("systems", ["hệ thống thông tin", "information systems"], distinct(text())),
    ])
}

fn platforms() -> Vec<&'static str> {
    names(&Platform::ALL, Platform::name)
}

fn kinds() -> Vec<&'static str> {
    names(&MachineKind::ALL, MachineKind::name)
}

fn levels() -> Json {
    let require = need("require", ["mọi dòng phải đạt", "all of it must hold"], defined("require"));
    json!({
        "type": "object",
        "additionalProperties": false,
        "patternProperties": { "^[1-5]$": table(vec![require]) },
    })
}

fn example() -> Json {
    let verdicts = names(&VERDICTS, Ruling::name);
    table(vec![
        need("name", ["ví dụ về điều gì", "what it shows"], text()),
        need("now", ["đồng hồ của máy chủ thu nhận", "the collector's clock"], moment()),
        need(
            "verdict",
            ["quy tắc phải cho kết quả này", "what the rule must say"],
            word(&verdicts),
        ),
        may("os", ["hệ điều hành", "the operating system"], word(&platforms())),
        may("kind", ["loại máy", "the kind of machine"], word(&kinds())),
        may("level", ["cấp độ", "the level"], level()),
        may("unit", ["đơn vị", "the unit"], text()),
        may("systems", ["hệ thống thông tin", "the information systems"], list(text())),
        may(
            "facts",
            [
                "thông tin đã biết; không ghi là chưa biết",
                "what is known; what is not named is unknown",
            ],
            facts::examples(),
        ),
    ])
}
