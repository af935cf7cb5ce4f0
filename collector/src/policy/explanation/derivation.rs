//! How the collector came to a derived fact, step by step.

use report::{Bilingual, FactKey, Lang};

use super::Teller;
use crate::policy::derive::antivirus::{self, Elected, Election, Lead};
use crate::policy::facts::{Evidence, Finding};
use crate::policy::subject::Seat;
use crate::policy::why::Why;
use crate::policy::words;
use crate::register::{Licence, MachineRow};

const PRODUCT: FactKey = FactKey::of("antivirus.primary.product");
const REALTIME: FactKey = FactKey::of("antivirus.primary.realtime");
const STATUS: FactKey = FactKey::of("antivirus.licence.status");
const ACCEPTED: FactKey = FactKey::of("antivirus.licence.accepted");

impl<'m> Teller<'_, '_, 'm> {
    pub(super) fn steps(&self, key: FactKey) -> Vec<Bilingual> {
        let evidence = self.bench.facts.evidence(key);
        match (key, evidence) {
            (PRODUCT, _) => self.election().map(|one| self.ballot(&one)).unwrap_or_default(),
            (REALTIME, _) => self.election().and_then(|one| realtime(&one)).into_iter().collect(),
            (STATUS, _) => self.licence(),
            (ACCEPTED, _) => self.acceptance(),
            (_, Some(Evidence::Contract(contract))) => vec![self.contract(contract)],
            (_, Some(Evidence::Systems(_))) => {
                self.subject.row.map_or_else(Vec::new, |row| self.levels(row))
            }
            (_, Some(Evidence::Product(product))) => vec![self.entry(product)],
            (_, Some(waiting @ Evidence::PendingSince(_))) => {
                let since = waiting.words(self.bench.set);
                vec![Bilingual::new(
                    format!("bản vá an ninh {}", since.vi),
                    format!("security updates {}", since.en),
                )]
            }
            (_, Some(evidence)) => vec![evidence.words(self.bench.set)],
            (_, None) => self.unevidenced(key),
        }
    }

    fn election(&self) -> Option<Election<'m>> {
        let bench = self.bench;
        antivirus::election(bench.set, self.subject, bench.clock, &bench.facts)
    }

    fn ballot(&self, election: &Election<'_>) -> Vec<Bilingual> {
        let Some(elected) = &election.elected else {
            return vec![nobody(election.complete)];
        };
        let name = self.product(elected.id);
        let others = election.others.iter().map(|(id, lead)| {
            let (other, reason) = (self.product(*id), lead_words(*lead));
            Bilingual::new(
                format!("{} đứng trước {}: {}", name.vi, other.vi, reason.vi),
                format!("{} stands before {}: {}", name.en, other.en, reason.en),
            )
        });
        std::iter::once(chosen(&name, elected, election.others.is_empty())).chain(others).collect()
    }

    fn entry(&self, product: &str) -> Bilingual {
        let name = self.product(Some(product));
        Bilingual::new(
            format!("theo mục của {} trong danh sách phần mềm diệt virus", name.vi),
            format!("by the entry of {} among the antivirus products", name.en),
        )
    }

    fn product(&self, id: Option<&str>) -> Bilingual {
        match id {
            Some(id) => self.bench.set.catalogues.antivirus.name(id),
            None => Bilingual::new("phần mềm không rõ tên", "a product without a name"),
        }
    }

    /// The product's word, and the contract where the product does not tell.
    fn licence(&self) -> Vec<Bilingual> {
        let election = self.election();
        let Some(elected) = election.as_ref().and_then(|one| one.elected.as_ref()) else {
            return Vec::new();
        };
        let status = self.bench.facts.get(STATUS);
        let own = [said(self, elected)];
        let ended = (status.word() == Some("expired")
            && elected.said_status.word() != Some("expired"))
        .then(|| {
            Bilingual::new(
                "đã qua ngày hết hạn nên tính là hết hạn, dù phần mềm báo thế nào",
                "its end is past, so it counts as expired, whatever the word",
            )
        });
        own.into_iter().chain(self.seat(status)).chain(ended).collect()
    }

    fn seat(&self, status: Finding<'_>) -> Option<Bilingual> {
        let by_contract = self.bench.facts.evidence(STATUS);
        match (self.subject.seat, status) {
            (Seat::Taken(contract), _) if matches!(by_contract, Some(Evidence::Contract(_))) => {
                Some(self.contract(contract))
            }
            (Seat::Taken(contract), _) => Some(words::joined(
                &[
                    self.contract(contract),
                    Bilingual::new(
                        "không cần đến, vì phần mềm tự cho biết hoặc hợp đồng dành cho phần mềm khác",
                        "not needed: the product tells by itself, or the contract is for another one",
                    ),
                ],
                "; ",
            )),
            (Seat::Missed(contract), Finding::Unknown(Why::NoSeatLeft(_))) => Some(words::joined(
                &[
                    self.contract(contract),
                    Bilingual::new(
                        "các máy ghi danh trước đã dùng hết",
                        "machines that enrolled earlier use them all",
                    ),
                ],
                "; ",
            )),
            (Seat::NoContract, Finding::Unknown(_) | Finding::Absent) => Some(Bilingual::new(
                "không có hợp đồng nào trong licences.toml dành cho máy này",
                "no contract in licences.toml is for this machine",
            )),
            (Seat::NoContract, Finding::Known(_))
            | (Seat::Missed(_), Finding::Known(_) | Finding::Absent | Finding::Unknown(_)) => None,
        }
    }

    /// `hợp đồng 05/2026/HĐ ngày 02/01/2026, bên cung cấp …, đã dùng 37 trên 50 bản quyền, …`.
    fn contract(&self, contract: &Licence) -> Bilingual {
        let licences = &self.bench.set.register.licences;
        let number = licences.number(contract).map(usize::from);
        let used = u64::from(number.map_or(0, self.seats_used));
        let paper = Evidence::Contract(contract).words(self.bench.set);
        words::both(|lang| {
            let (used, seats) =
                (words::number(used, lang), words::number(contract.seats.into(), lang));
            let (paper, until) = (paper.get(lang), words::date(contract.until, lang));
            let supplier = &contract.supplier;
            match lang {
                Lang::Vi => format!(
                    "{paper}, bên cung cấp {supplier}, đã dùng {used} trên {seats} bản quyền, \
                     đến hết ngày {until}"
                ),
                Lang::En => {
                    format!("{paper}, {supplier}, {used} of {seats} seats used, until {until}")
                }
            }
        })
    }

    /// Which licences count here.
    fn acceptance(&self) -> Vec<Bilingual> {
        let antivirus = &self.bench.set.catalogues.antivirus;
        let by_key = |key: &str, counts: bool, [vi, en]: [&str; 2]| {
            let (counts_vi, counts_en) = if counts {
                ("được tính", "counts")
            } else {
                ("không được tính", "does not count")
            };
            Bilingual::new(
                format!(
                    "{vi} {counts_vi} là có bản quyền ({key} = {counts} trong catalogue/antivirus.toml)"
                ),
                format!(
                    "{en} {counts_en} as licensed ({key} = {counts} in catalogue/antivirus.toml)"
                ),
            )
        };
        match self.bench.facts.get(STATUS).word() {
            Some("free") => {
                let what = ["phần mềm miễn phí", "a free product"];
                vec![by_key("count_free", antivirus.count_free, what)]
            }
            Some("builtin") => {
                let what = ["phần mềm đi kèm hệ điều hành", "a product that is built in"];
                vec![by_key("count_builtin", antivirus.count_builtin, what)]
            }
            Some(_) => vec![Bilingual::new(
                "chỉ tình trạng “có bản quyền” được công nhận",
                "only the status \"licensed\" counts",
            )],
            None => Vec::new(),
        }
    }

    /// The systems of a row, each with its level, and which of them decides.
    fn levels(&self, row: MachineRow<'_>) -> Vec<Bilingual> {
        let systems = &self.bench.set.register.systems;
        let today = self.bench.day.date();
        let mut steps = vec![in_register(row.id)];
        let level = |id: &String| {
            let system = systems.get(id);
            let (vi, en) = match system.map(|system| (system.term.holds(today), system.level)) {
                Some((true, Some(level))) => (format!("cấp độ {level}"), format!("level {level}")),
                Some((true, None)) | None => {
                    ("chưa xác định cấp độ".to_owned(), "level not determined".to_owned())
                }
                Some((false, _)) => {
                    ("nay không còn, không tính".to_owned(), "not in force, not counted".to_owned())
                }
            };
            let name = self.system_name(id);
            Bilingual::new(
                format!("hệ thống {}: {vi}", name.vi),
                format!("system {}: {en}", name.en),
            )
        };
        steps.extend(row.systems.iter().map(level));
        if row.systems.len() > 1 {
            steps.push(Bilingual::new(
                "hệ thống có cấp độ cao nhất quyết định; một hệ thống chưa xác định thì chưa xác định",
                "the highest decides; one that is not determined leaves it undetermined",
            ));
        }
        steps
    }

    /// Where nothing speaks for a fact, what is missing does.
    fn unevidenced(&self, key: FactKey) -> Vec<Bilingual> {
        let is_level = key == crate::policy::derive::LEVEL;
        match self.subject.row {
            Some(row) if is_level => self.levels(row),
            None if is_level => vec![Bilingual::new(
                "máy chưa có trong sổ đăng ký, nên không biết thuộc hệ thống nào",
                "the machine is not in the register, so its systems are not known",
            )],
            Some(_) | None => Vec::new(),
        }
    }
}

fn in_register(row: &str) -> Bilingual {
    Bilingual::new(format!("sổ đăng ký: {row}"), format!("register: {row}"))
}

fn nobody(complete: bool) -> Bilingual {
    match complete {
        true => Bilingual::new(
            "mọi nguồn đều đã trả lời và không có phần mềm diệt virus nào",
            "every source answered and there is no antivirus",
        ),
        false => Bilingual::new(
            "không thấy phần mềm nào đang chạy, mà có nguồn chưa trả lời: phần mềm đang chạy có thể nằm ở đó",
            "none is seen to run, and a source did not answer: the one that runs may be there",
        ),
    }
}

fn chosen(name: &Bilingual, elected: &Elected<'_>, alone: bool) -> Bilingual {
    let (runs_vi, runs_en) = match elected.running {
        Some(true) => ("đang chạy", "it runs"),
        Some(false) => ("không chạy, như mọi phần mềm khác", "it does not run, and no other does"),
        None => ("không rõ có chạy hay không", "whether it runs is not known"),
    };
    let (vi, en) = match (alone, elected.running) {
        (true, Some(false)) => ("phần mềm duy nhất, không chạy", "the only one; it does not run"),
        (true, _) => {
            return Bilingual::new(
                format!("chọn {}: phần mềm duy nhất, {runs_vi}", name.vi),
                format!("{} is chosen: the only one, {runs_en}", name.en),
            );
        }
        (false, _) => (runs_vi, runs_en),
    };
    Bilingual::new(format!("chọn {}: {vi}", name.vi), format!("{} is chosen: {en}", name.en))
}

fn lead_words(lead: Lead) -> Bilingual {
    let (vi, en) = match lead {
        Lead::Runs => ("đang chạy và bảo vệ", "it runs and protects"),
        Lead::MayProtect => (
            "có thể đang bảo vệ mà không đọc được, còn phần mềm kia chạy nhưng không xác nhận được là có bảo vệ thời gian thực",
            "it may protect unseen, and the other runs but is not known to protect in real time",
        ),
        Lead::MayRun => (
            "có thể đang chạy, còn phần mềm kia chắc chắn không chạy",
            "it may run, and the other certainly does not",
        ),
        Lead::Registered => {
            ("đã đăng ký với hệ điều hành", "it is registered with the operating system")
        }
        Lead::Realtime => ("bảo vệ thời gian thực", "it protects in real time"),
        Lead::Active => ("không chạy thụ động", "it is not passive"),
        Lead::Licence => ("bản quyền có giá trị hơn", "its licence is stronger"),
        Lead::Definitions => ("mẫu nhận dạng mã độc mới hơn", "its definitions are newer"),
        Lead::Id => ("ngang nhau, xếp theo mã", "they are equal, and its id comes first"),
    };
    Bilingual::new(vi, en)
}

/// Where the setting of the product is not what counts.
fn realtime(election: &Election<'_>) -> Option<Bilingual> {
    let elected = election.elected.as_ref()?;
    if elected.running == Some(false) {
        return Some(Bilingual::new(
            "phần mềm không chạy nên không bảo vệ, dù thiết lập ghi thế nào",
            "it does not run, so it protects nothing, whatever its setting says",
        ));
    }
    (elected.passive == Some(true)).then(|| {
        Bilingual::new(
            "phần mềm chạy thụ động nên không bảo vệ, dù thiết lập ghi thế nào",
            "it is passive, so it protects nothing, whatever its setting says",
        )
    })
}

fn said(teller: &Teller<'_, '_, '_>, elected: &Elected<'_>) -> Bilingual {
    let kind = STATUS.spec().kind;
    let status = teller.words(elected.said_status, kind);
    let until =
        teller.words(elected.said_until, FactKey::of("antivirus.licence.until").spec().kind);
    Bilingual::new(
        format!("phần mềm cho biết: {}; ngày hết hạn: {}", status.vi, until.vi),
        format!("the product says: {}; its end: {}", status.en, until.en),
    )
}
