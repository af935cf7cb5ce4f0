//! `docs`: one page that says what the agent reads, where, with which right, and what it sends.
//!
//! It is made of the catalogue of facts, of the [places](crate::probes::reads) that probes read, and
//! of the definitions of antivirus products, so it says what this build does. Only a developer's
//! build makes it: the pages lie in `packaging/docs`.

mod places;
mod products;

use std::fmt::Write as _;

use report::catalogue::{Field, Kind, Origin, Tense};
use report::moment::DAY;
use report::{FactKey, Lang, Platform, Topic};

use crate::probes::reads;
use crate::screen::survey::title;
use crate::words::{Words, words};

/// What stands before and behind what is generated.
const BEGINNING: [&str; 2] =
    [include_str!("docs/beginning.vi.md"), include_str!("docs/beginning.en.md")];
const END: [&str; 2] = [include_str!("docs/end.vi.md"), include_str!("docs/end.en.md")];

/// The page in one language, as Markdown.
#[must_use]
pub fn page(lang: Lang) -> String {
    let mut page = side(BEGINNING, lang).to_owned();
    for topic in Topic::ALL {
        section(&mut page, topic, lang);
    }
    products::list(&mut page, lang);
    page + "\n" + side(END, lang)
}

fn side([vi, en]: [&'static str; 2], lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

/// One topic: its facts, and where they are read.
fn section(page: &mut String, topic: Topic, lang: Lang) {
    let _ = writeln!(page, "\n### {} (`{}`)\n", title(topic).get(lang), topic.name());
    let heads = [
        words("Mục", "Fact"),
        words("Ý nghĩa", "Meaning"),
        words("Dạng", "Form"),
        words("Có giá trị trong", "Speaks for"),
        words("Có trên", "Exists on"),
    ];
    row(page, &heads.map(|head| head.get(lang).to_owned()));
    let _ = writeln!(page, "|---|---|---|---|---|");
    for spec in FactKey::all().map(FactKey::spec) {
        if spec.origin != Origin::Agent(topic) {
            continue;
        }
        row(
            page,
            &[
                format!("`{}`", spec.name),
                spec.meaning(lang).to_owned(),
                form(spec.kind, lang),
                format!("{} {}", spec.stale_after / DAY, DAYS.get(lang)),
                systems(spec.platforms),
            ],
        );
    }
    for spec in FactKey::all().map(FactKey::spec) {
        if let (Kind::Records(all), true) = (spec.kind, spec.origin == Origin::Agent(topic)) {
            fields(page, all, lang);
        }
    }
    for platform in Platform::ALL {
        places::of_topic(page, topic, platform, lang);
    }
}

const DAYS: Words = words("ngày", "days");

fn row(page: &mut String, cells: &[String]) {
    let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(page, "| {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn systems(platforms: &[Platform]) -> String {
    platforms.iter().map(|platform| system(*platform)).collect::<Vec<_>>().join(", ")
}

fn system(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "Linux",
        Platform::Windows => "Windows",
    }
}

fn form(kind: Kind, lang: Lang) -> String {
    let name = match kind {
        Kind::Text => words("chữ", "text"),
        Kind::Version => words("phiên bản", "version"),
        Kind::OneOf(choices) => {
            return choices.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        }
        Kind::Bool => words("có / không", "yes / no"),
        Kind::Count => words("số đếm", "number"),
        Kind::Moment(Tense::Happened) => words("thời điểm đã qua", "moment that happened"),
        Kind::Moment(Tense::End) => words("thời hạn", "end"),
        Kind::Records(_) => words("danh sách", "list"),
    };
    name.get(lang).to_owned()
}

/// The fields of the records of a list.
fn fields(page: &mut String, all: &[Field], lang: Lang) {
    let heads = words("Mỗi phần mềm gồm:", "Of each product:");
    let _ = writeln!(page, "\n{}\n", heads.get(lang));
    for field in all {
        let form = form(field.kind, lang);
        let _ = writeln!(page, "- `{}`: {} ({form})", field.name, field.meaning(lang));
    }
}

#[cfg(test)]
mod tests;
