//! What ends, and what to do about it, in words.

use jiff::civil::Date;
use report::{Bilingual, FactKey, Lang};

use super::causes::Matter;
use crate::policy::PolicySet;
use crate::policy::words::{both, choice, date, number};

impl Matter {
    /// What ends.
    pub(super) fn words(&self, set: &PolicySet) -> Bilingual {
        match self {
            Self::Contract { number, contract } => Bilingual::new(
                format!("hợp đồng {number} ({contract})"),
                format!("contract {number} ({contract})"),
            ),
            Self::Seats { number, contract } => Bilingual::new(
                format!(
                    "hợp đồng {number} ({contract}) không đủ bản quyền khi hợp đồng khác hết hạn"
                ),
                format!("contract {number} ({contract}) has too few seats once another one ends"),
            ),
            Self::Licence { product } => {
                let name = set.catalogues.antivirus.name(product);
                Bilingual::new(
                    format!("bản quyền {}", name.vi),
                    format!("the licence of {}", name.en),
                )
            }
            Self::Support { system } => Bilingual::new(
                format!("hỗ trợ của nhà sản xuất cho {system}"),
                format!("support for {system}"),
            ),
            Self::Waiver { waiver, decision } => Bilingual::new(
                format!("ngoại lệ theo {decision} ({waiver})"),
                format!("the waiver by {decision} ({waiver})"),
            ),
            Self::Attestation { unit, machines, by } => both(|lang| {
                let (unit, machines) = (unit_name(set, unit, lang), choice(machines, lang));
                match lang {
                    Lang::Vi => format!("kê khai của {by} về {machines} tại {unit}"),
                    Lang::En => format!("what {by} attests of each {machines} of {unit}"),
                }
            }),
            Self::Training { unit, on } => both(|lang| {
                let (unit, on) = (unit_name(set, unit, lang), date(*on, lang));
                match lang {
                    Lang::Vi => format!("đợt tập huấn ngày {on} của {unit}"),
                    Lang::En => format!("the training of {unit} on {on}"),
                }
            }),
            Self::Fact { fact } => match FactKey::named(fact) {
                Some(key) => both(|lang| key.spec().meaning(lang).to_owned()),
                None => Bilingual::same(fact),
            },
        }
    }
}

impl Matter {
    /// What to do about it for so many, and until when; `what`: its words.
    #[must_use]
    pub fn remedy(&self, what: &Bilingual, members: u64, ends: Option<Date>) -> Bilingual {
        both(|lang| {
            let until = ends.map(|day| by(day, lang)).unwrap_or_default();
            let machines = machines(members, lang);
            match lang {
                Lang::Vi => self.todo_vi(&what.vi, &machines, &number(members, lang), &until),
                Lang::En => self.todo_en(&what.en, &machines, &number(members, lang), &until),
            }
        })
    }

    fn todo_vi(&self, what: &str, machines: &str, count: &str, until: &str) -> String {
        match self {
            Self::Contract { .. } => format!("gia hạn {what} cho {machines}{until}"),
            Self::Seats { number, .. } => format!(
                "mua thêm bản quyền theo hợp đồng {number} cho {machines}, hoặc gia hạn các hợp \
                 đồng hết hạn"
            ),
            Self::Licence { .. } => format!("gia hạn {what} trên {machines}{until}"),
            Self::Support { system } => {
                format!("nâng cấp {machines} chạy {system} lên phiên bản còn được hỗ trợ{until}")
            }
            Self::Waiver { .. } => {
                format!("khắc phục {machines}, hoặc có quyết định mới thay {what}{until}")
            }
            Self::Attestation { .. } => format!("lập bản kê khai mới cho {machines}{until}"),
            Self::Training { .. } => format!("tập huấn lại cho {count} người{until}"),
            Self::Fact { .. } => format!("xem lại {what} trên {machines}{until}"),
        }
    }

    fn todo_en(&self, what: &str, machines: &str, count: &str, until: &str) -> String {
        match self {
            Self::Contract { .. } => format!("renew {what} for {machines}{until}"),
            Self::Seats { number, .. } => format!(
                "buy seats of contract {number} for {machines} more, or renew those that end"
            ),
            Self::Licence { .. } => format!("renew {what} on {machines}{until}"),
            Self::Support { system } => {
                format!("bring {machines} from {system} to a supported release{until}")
            }
            Self::Waiver { .. } => {
                format!("mend {machines}, or decide anew in place of {what}{until}")
            }
            Self::Attestation { .. } => format!("attest anew for {machines}{until}"),
            Self::Training { .. } => format!("train {count} of the staff again{until}"),
            Self::Fact { .. } => format!("look after {what} on {machines}{until}"),
        }
    }
}

fn machines(count: u64, lang: Lang) -> String {
    match (lang, count) {
        (Lang::Vi, _) => format!("{} máy", number(count, lang)),
        (Lang::En, 1) => "1 machine".to_owned(),
        (Lang::En, _) => format!("{} machines", number(count, lang)),
    }
}

fn by(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Vi => format!(", chậm nhất ngày {}", date(day, lang)),
        Lang::En => format!(", by {}", date(day, lang)),
    }
}

fn unit_name(set: &PolicySet, unit: &str, lang: Lang) -> String {
    let name = set.register.units.get(unit).map(|unit| unit.name.get(lang).to_owned());
    name.unwrap_or_else(|| unit.to_owned())
}
