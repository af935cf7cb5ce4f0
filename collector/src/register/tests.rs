//! The register as a whole.

use jiff::civil::date;

use crate::policy::Folder;
use crate::policy::fixtures::set;

/// Every file has something that begins or ends on a day of its own: the month tells which file.
#[test]
fn the_register_turns_on_every_day_on_which_anything_of_it_changes_and_on_no_other() {
    let units = "[[unit]]\nid = \"so\"\nname = { vi = \"a\", en = \"a\" }\nfrom = 2026-01-01\n\
                 [[unit]]\nid = \"to\"\nname = { vi = \"a\", en = \"a\" }\n\
                 placed = [{ under = \"so\", from = 2026-01-02, until = 2026-01-03 }]\n";
    let systems = "[[system]]\nid = \"lan\"\nname = { vi = \"a\", en = \"a\" }\nowner = \"o\"\n\
                   operator = \"o\"\nunit = \"so\"\nlegal_basis = \"ND331_2026\"\nlevel = 2\n\
                   status = \"approved\"\ndecision = { number = \"1\", date = 2026-02-01 }\n\
                   plan = { number = \"1\", date = 2026-02-02 }\ndeployment = \"full\"\n\
                   regulation = { number = \"1\", date = 2026-01-30 }\n\
                   until = 2026-02-04\n";
    let rows = "m-1,so,workstation,,,,,2026-03-01,\nm-2,so,server,,,,,2026-03-01,2026-03-31\n";
    let licences = "[[licence]]\nid = \"l\"\ncontract = { number = \"1\", date = 2026-01-10 }\n\
                    supplier = \"x\"\nproducts = [\"drweb\"]\nseats = 1\n\
                    from = 2026-04-02\nuntil = 2026-05-02\n";
    let training = "[[staff]]\nunit = \"so\"\nheads = 2\nfrom = 2026-06-01\n\
                    trained = [{ on = 2026-06-02, heads = 1 }]\n";
    let waivers = "[[waiver]]\nid = \"w\"\nrule = \"os-supported\"\nmachines = [\"m-1\"]\n\
                   decision = { number = \"1\", date = 2026-06-30 }\napprover = \"x\"\n\
                   reason = \"x\"\nfrom = 2026-07-02\nuntil = 2026-08-02\n";
    let declared = "[[declared]]\nunit = \"so\"\nkind = \"server\"\nheads = 1\nfrom = 2026-09-01\n\
                    [[declared.attestation]]\nby = \"x\"\non = 2026-09-02\nmet = {}\n";
    let set = set(
        rows,
        &[
            ("register/units.toml", units),
            ("register/systems.toml", systems),
            ("register/licences.toml", licences),
            ("register/training.toml", training),
            ("register/waivers.toml", waivers),
            ("register/declared.toml", declared),
        ],
    );
    let expected = [
        (2026, 1, 1),
        (2026, 1, 2),
        (2026, 1, 4),
        (2026, 2, 1),
        (2026, 2, 2),
        (2026, 2, 5),
        (2026, 3, 1),
        (2026, 4, 1),
        (2026, 4, 2),
        (2026, 5, 3),
        (2026, 6, 1),
        (2026, 6, 2),
        (2026, 7, 2),
        (2026, 8, 3),
        (2026, 9, 1),
        (2026, 9, 2),
        (2027, 3, 2),
        (2027, 6, 2),
    ];
    let expected = expected.map(|(year, month, day)| date(year, month, day));
    assert_eq!(set.register.turns(), expected);
}

#[test]
fn the_sample_register_shows_every_kind_of_entry_at_work() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let folder = Folder::read(&root).unwrap_or_else(|problems| panic!("{problems}"));
    let set = crate::policy::load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    let (register, on) = (&set.register, date(2026, 11, 22));
    let waived = register.waivers.on(on, &register.machines);
    let excused = register.machines.iter().filter(|row| !waived.of_row(row.index).is_empty());
    let excused: Vec<_> = excused.map(|row| row.id).collect();
    assert_eq!(excused, ["mau-may-chu-01", "mau-tgpl-01", "mau-tgpl-02"]);
    assert_eq!(register.licences.in_force(on).count(), 2);
    let trained = register.training.tally(on);
    let (members, met) = trained
        .values()
        .fold((0, 0), |(members, met), heads| (members + heads.members, met + heads.met));
    assert_eq!((members, met), (32, 24));
    assert_eq!(register.declared.heads(on).values().sum::<u64>(), 3);
    let attested = register.declared.attested("antivirus-licensed", on);
    assert_eq!(attested.values().sum::<u64>(), 2);
}

/// What `init` writes tells how to fill it in, and means nothing yet.
#[test]
fn the_examples_in_the_empty_register_are_what_the_readers_take() {
    let starter = crate::policy::starter::starter_files();
    let uncommented: Vec<_> = starter
        .iter()
        .map(|(path, text)| match path.strip_prefix("register/") {
            Some(file) if file.ends_with(".toml") => (*path, example_of(text)),
            Some(_) | None => (*path, (*text).to_owned()),
        })
        .chain([("register/units.toml", units_of_the_examples())])
        .chain([("register/machines.csv", MACHINES_OF_THE_EXAMPLES.to_owned())])
        .collect();
    let set = crate::policy::load(&Folder::from_files(uncommented))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let register = &set.register;
    let counts = [
        register.systems.iter().count(),
        register.waivers.iter().count(),
        register.licences.iter().count(),
        register.training.iter().count(),
        register.declared.iter().count(),
    ];
    assert_eq!(counts, [1; 5]);
}

const MACHINES_OF_THE_EXAMPLES: &str =
    "id,unit,kind,from\nstp-pc-001,van-phong,workstation,2025-07-01\n";

fn units_of_the_examples() -> String {
    let unit = |id| format!("[[unit]]\nid = \"{id}\"\nname = {{ vi = \"a\", en = \"a\" }}\n");
    ["so-tu-phap", "van-phong"].map(unit).concat()
}

/// The lines from the first table on, each without its comment mark.
fn example_of(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with("# [["));
    let written = |line: &str| line.strip_prefix("# ").unwrap_or_default().to_owned() + "\n";
    lines.map(written).collect()
}
