//! `targets.toml`.

use serde_json::{Value as Json, json};

use super::shapes::{
    Key, bilingual, boolean, date, either, id, list, may, need, number, period, table, text, word,
};
use crate::policy::targets::{MEASURES, WEEKDAYS};
use crate::register::Status;

pub(super) fn keys() -> Vec<Key> {
    let share = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    vec![
        need("timezone", ["múi giờ của đơn vị", "the office's time zone"], text()),
        may(
            "holidays",
            [
                "ngày nghỉ, không tính vào thời gian mất liên lạc",
                "holidays, which do not count towards silence",
            ],
            list(holiday()),
        ),
        may(
            "rest_days",
            [
                "ngày nghỉ hằng tuần: cùng với ngày nghỉ lễ, không làm cho kết quả khảo sát cũ đi",
                "the weekly rest: like holidays, it does not make what was seen grow stale",
            ],
            list(word(&WEEKDAYS)),
        ),
        need("silent_after", ["im lặng lâu hơn thế này là mất liên lạc", "silent after"], silent()),
        need(
            "unregistered_after",
            [
                "máy ngoài sổ đăng ký còn được tính đến khi im lặng lâu hơn thế này",
                "how long a machine outside the register counts",
            ],
            period(),
        ),
        need(
            "guard",
            [
                "tỷ lệ máy mới chuyển sang được bảo vệ mà vượt quá thì phải chờ duyệt",
                "a set that newly protects more than this share is held",
            ],
            share,
        ),
        need(
            "accept_attested",
            ["có tính số liệu tự kê khai vào chỉ tiêu hay không", "whether attestations count"],
            boolean(),
        ),
        may(
            "cut_offs",
            [
                "ngày chốt số liệu: hết các ngày này hằng năm, số liệu được lưu lại (mặc định 14/6, 14/12)",
                "at the end of these days of each year the figures are kept (14/6 and 14/12 by default)",
            ],
            list(text()),
        ),
        need("target", ["các chỉ tiêu", "the goals"], list(target())),
    ]
}

fn holiday() -> Json {
    let span = table(vec![
        need("from", ["ngày đầu", "the first day"], date()),
        need("until", ["ngày cuối", "the last day"], date()),
    ]);
    either(vec![date(), span])
}

fn silent() -> Json {
    table(vec![
        need("workstation", ["máy trạm", "workstations"], period()),
        need("server", ["máy chủ", "servers"], period()),
        need("file", ["máy báo cáo bằng tệp", "machines that report by file"], period()),
    ])
}

fn target() -> Json {
    table(vec![
        need("id", ["mã chỉ tiêu", "the goal's id"], id()),
        need("title", ["tên chỉ tiêu", "its name"], bilingual()),
        need("goal", ["tỷ lệ phần trăm phải đạt", "the percentage to reach"], number(1, Some(100))),
        may("source", ["căn cứ", "where it comes from"], list(text())),
        need("measure", ["đếm gì", "what is counted"], word(&MEASURES)),
        may(
            "rules",
            ["measure = \"rules\": mọi quy tắc này phải đạt", "every one of these rules must pass"],
            list(text()),
        ),
        may(
            "counts",
            ["measure = \"classified\": các trạng thái được tính", "the statuses that count"],
            list(word(Status::WORDS)),
        ),
    ])
}
