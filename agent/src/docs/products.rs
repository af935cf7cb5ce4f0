//! What is read of each antivirus product.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use report::{Lang, Platform};

use super::places::{CLASS, CONTENT, PROGRAM, SERVICE, TRACE, VALUES, code, path};
use super::system;
use crate::probes::antivirus::listed::{Product, Spot, products};
use crate::words::{Words, words};

const INTRODUCTION: [&str; 2] = [
    "Phần mềm được nhận ra qua các dấu vết dưới đây; chỉ khi có dấu vết mới đọc tiếp. Chương trình của \
     hãng chỉ được chạy khi không ai ngoài hệ thống ghi được lên nó, tối đa vài chục giây, và không bao \
     giờ để cập nhật, quét hay thay đổi gì. Đơn vị có thể thêm định nghĩa trong `/etc/lachan/antivirus.d` \
     hoặc `C:\\ProgramData\\Lachan\\antivirus.d`, nơi chỉ quản trị viên ghi được.",
    "A product is recognised by any of these traces, and only where there is one is more read. A \
     vendor's program is run only where nobody but the system can have written it, for some seconds at \
     most, and never to update, scan or change anything. An office may add definitions in \
     `/etc/lachan/antivirus.d` or `C:\\ProgramData\\Lachan\\antivirus.d`, where only its administrator \
     writes.",
];

pub(super) fn list(page: &mut String, lang: Lang) {
    let title = words("Từng phần mềm diệt virus", "Each antivirus product");
    let _ = writeln!(page, "\n## {}\n\n{}", title.get(lang), super::side(INTRODUCTION, lang));
    for platform in Platform::ALL {
        let _ = writeln!(page, "\n### {}", system(platform));
        for product in products(platform) {
            one(page, &product, platform, lang);
        }
    }
}

fn one(page: &mut String, product: &Product, platform: Platform, lang: Lang) {
    let _ = writeln!(page, "\n`{}` ({})\n", product.product, product.vendor);
    let recognised = words("nhận ra bởi", "recognised by");
    let marks: Vec<_> = product.marks.iter().map(|mark| marked(mark, platform, lang)).collect();
    let _ = writeln!(page, "- {}: {}", recognised.get(lang), marks.join("; "));
    let mut seen = BTreeSet::new();
    for (_field, spot) in &product.readings {
        let shown = described(spot, platform, lang);
        if seen.insert(shown.clone()) {
            let fields = fields(product, spot).join(", ");
            let _ = writeln!(page, "- {shown} → {fields}");
        }
    }
}

/// Everything that is read for, at one place.
fn fields(product: &Product, spot: &Spot) -> Vec<String> {
    let of_spot = product.readings.iter().filter(|(_, other)| other == spot);
    let mut fields: Vec<_> = of_spot.map(|(field, _)| code(field)).collect();
    fields.dedup();
    let mut known = BTreeSet::new();
    fields.retain(|field| known.insert(field.clone()));
    fields
}

fn marked(mark: &Spot, platform: Platform, lang: Lang) -> String {
    match mark {
        Spot::Path(trace) => path(trace, platform),
        Spot::Registry { key, .. } => code(key),
        Spot::Uninstall(name) => {
            let what = words("chương trình đã cài có tên bắt đầu bằng", "installed program called");
            format!("{} {}", what.get(lang), code(name))
        }
        Spot::SecurityCenter(name) => {
            let what = words("Security Center: tên bắt đầu bằng", "Security Center:");
            format!("{} {}", what.get(lang), code(name))
        }
        Spot::Altitude(altitude) => {
            let what = words("trình điều khiển lọc tệp ở độ cao", "file filter driver at altitude");
            format!("{} {}", what.get(lang), code(altitude))
        }
        Spot::Process(names) => named(words("tiến trình", "process"), names, lang),
        Spot::Service(names) => named(words("dịch vụ", "service"), names, lang),
        Spot::Package(names) => named(words("gói", "package"), names, lang),
        Spot::File { .. } | Spot::Wmi { .. } | Spot::Program(_) => described(mark, platform, lang),
    }
}

fn described(spot: &Spot, platform: Platform, lang: Lang) -> String {
    let said = |what: Words, name: String| format!("{}: {name}", what.get(lang));
    match spot {
        Spot::Path(trace) => said(TRACE, path(trace, platform)),
        Spot::File { path: file, below: None } => said(CONTENT, path(file, platform)),
        Spot::File { path: file, below: Some((key, value)) } => {
            let folder = format!("{key}\\{value}");
            let below = words("trong thư mục do", "in the folder of");
            said(CONTENT, format!("{} {} {}", code(file), below.get(lang), code(&folder)))
        }
        Spot::Registry { key, value } => {
            let value = value.as_deref().unwrap_or_default();
            said(VALUES, code(&format!("{key}\\{value}")))
        }
        Spot::Wmi { namespace, class, property } => {
            said(CLASS, code(&format!("{namespace}:{class}.{property}")))
        }
        Spot::Program(lines) => {
            said(PROGRAM, lines.iter().map(|line| code(line)).collect::<Vec<_>>().join(" / "))
        }
        Spot::Service(names) => said(SERVICE, codes(names)),
        Spot::Process(names) => {
            said(words("tiến trình có chạy không", "whether a process runs"), codes(names))
        }
        Spot::Package(names) => {
            said(words("phiên bản của gói", "version of the package"), codes(names))
        }
        Spot::Uninstall(value) => said(
            words(
                "giá trị của mục chương trình đã cài",
                "value of its entry among installed programs",
            ),
            code(value),
        ),
        Spot::SecurityCenter(_) | Spot::Altitude(_) => marked(spot, platform, lang),
    }
}

fn named(what: Words, names: &[String], lang: Lang) -> String {
    format!("{} {}", what.get(lang), codes(names))
}

fn codes(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}
