//! What offices write above the columns of their lists of machines.

use super::cells::plain_words;

/// The columns of the register, in the order in which they are written.
pub(super) const COLUMNS: [&str; 10] = [
    "id",
    "unit",
    "kind",
    "systems",
    "serial",
    "asset_tag",
    "host_name",
    "from",
    "until",
    "reports",
];

/// The columns of a file that begins anew. Few offices have machines without a network: the last
/// column comes with the first of them.
pub(super) const USUAL: &[&str] = match COLUMNS.split_last() {
    Some((_, usual)) => usual,
    None => &[],
};

/// Each column with its headings. Accents, case and punctuation do not matter.
const HEADINGS: [(&str, &[&str]); 10] = [
    ("id", &["id", "mã máy", "mã máy tính", "mã thiết bị", "machine id"]),
    (
        "unit",
        &[
            "unit",
            "đơn vị",
            "mã đơn vị",
            "tên đơn vị",
            "đơn vị sử dụng",
            "đơn vị quản lý",
            "phòng ban",
            "phòng đơn vị",
            "phòng ban đơn vị",
            "bộ phận",
        ],
    ),
    ("kind", &["kind", "loại", "loại máy", "loại máy tính", "loại thiết bị", "chủng loại", "type"]),
    ("systems", &["systems", "hệ thống thông tin", "các hệ thống thông tin", "httt", "thuộc httt"]),
    (
        "serial",
        &[
            "serial",
            "serial number",
            "serial no",
            "số serial",
            "số seri",
            "số sê ri",
            "sê ri",
            "seri",
            "s n",
            "số máy",
            "số hiệu máy",
        ],
    ),
    (
        "asset_tag",
        &[
            "asset_tag",
            "asset tag",
            "asset number",
            "mã tài sản",
            "số tài sản",
            "mã số tài sản",
            "số thẻ tài sản",
            "mã tscđ",
        ],
    ),
    (
        "host_name",
        &["host_name", "host name", "hostname", "computer name", "tên máy", "tên máy tính"],
    ),
    ("from", &["from", "từ ngày", "ngày đưa vào sử dụng", "ngày sử dụng", "ngày bắt đầu sử dụng"]),
    ("until", &["until", "đến ngày", "đến hết ngày", "ngày thanh lý", "ngày ngừng sử dụng"]),
    (
        "reports",
        &[
            "reports",
            "reports by",
            "báo cáo bằng",
            "cách báo cáo",
            "hình thức báo cáo",
            "phương thức báo cáo",
        ],
    ),
];

/// The column that a heading stands for. What stands in brackets may add to it: `Số sê-ri (S/N)`.
pub(super) fn column(heading: &str) -> Option<&'static str> {
    let whole = plain_words(heading);
    let bare = plain_words(heading.split('(').next().unwrap_or_default());
    let (column, _) = HEADINGS.into_iter().find(|(_, names)| {
        names.iter().map(|name| plain_words(name)).any(|name| name == whole || name == bare)
    })?;
    Some(column)
}

/// The headings that officers see most, for help lines.
pub(super) const EXAMPLES: &str = "Mã máy, Đơn vị, Loại, Hệ thống thông tin, Số sê-ri, Mã tài sản, Tên máy, Từ ngày, Đến ngày, \
     Cách báo cáo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offices_headings_are_known_however_they_are_typed() {
        for (heading, expected) in [
            ("Mã máy", "id"),
            ("ĐƠN VỊ", "unit"),
            ("Don vi su dung", "unit"),
            ("Loa\u{323}i", "kind"),
            ("Số sê-ri", "serial"),
            ("Số serial (S/N)", "serial"),
            ("Mã tài sản *", "asset_tag"),
            ("Tên  máy:", "host_name"),
            ("Từ ngày (dd/mm/yyyy)", "from"),
            ("Đến ngày", "until"),
            ("Hệ thống thông tin", "systems"),
            ("Cách báo cáo (mạng, tệp)", "reports"),
        ] {
            assert_eq!(column(heading), Some(expected), "{heading}");
        }
        assert_eq!(["STT", "Ghi chú", "", "(1)", "Người sử dụng"].map(column), [None; 5]);
    }

    #[test]
    fn no_heading_stands_for_two_columns_and_every_column_has_its_own_name() {
        let all: Vec<_> = HEADINGS.iter().flat_map(|(_, names)| names.iter()).collect();
        let distinct: std::collections::BTreeSet<_> =
            all.iter().map(|name| plain_words(name)).collect();
        // `asset_tag` and `asset tag`, `host_name` and `host name` read alike.
        assert_eq!(distinct.len(), all.len() - 2);
        assert_eq!(COLUMNS.map(column), COLUMNS.map(Some));
        assert_eq!(HEADINGS.map(|(column, _)| column), COLUMNS);
        for heading in EXAMPLES.split(", ") {
            assert!(column(heading).is_some(), "{heading}");
        }
    }
}
