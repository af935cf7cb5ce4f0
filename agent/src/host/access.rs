//! Who may read and change something on Windows, from its owner and access list as text (SDDL).
//!
//! What is allowed counts, whatever else is denied: a stranger is then named once too often and
//! never once too little. So does a right or a kind of entry that is not known here.

/// Windows, and whom it lets do everything anyway: it belongs to them, and so does this agent.
const TRUSTED: [&str; 6] = ["SY", "S-1-5-18", "BA", "S-1-5-32-544", TRUSTED_INSTALLER, WINES_USER];
const TRUSTED_INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// The one user of Wine, who is its system and its administrator. Windows draws the three numbers
/// for each machine, and draws no zeros.
const WINES_USER: &str = "S-1-5-21-0-0-0-1000";

/// Stand-ins for the owner, who is looked at anyway.
const OWNER: [&str; 4] = ["CO", "S-1-3-0", "OW", "S-1-3-4"];

/// What lets itself be read: the content, or everything.
const READS: u32 = 0x1 | GENERIC_READ | GENERIC_ALL | TAKES;
/// What lets itself be changed: the content, what a folder holds, its being there.
const WRITES: u32 = 0x2 | 0x4 | 0x40 | 0x1_0000 | GENERIC_WRITE | GENERIC_ALL | TAKES;
/// What lets a folder's files be put elsewhere, whoever made them.
const MOVES: u32 = 0x40 | GENERIC_ALL | TAKES;
/// Who may change list or owner may do everything in a moment.
const TAKES: u32 = 0x4_0000 | 0x8_0000;
const GENERIC_ALL: u32 = 0x1000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_READ: u32 = 0x8000_0000;

/// The names of rights that are no numbers, each as two letters.
const RIGHTS: [(&str, u32); 22] = [
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
    ("SD", 0x1_0000),
    ("RC", 0x2_0000),
    ("WD", 0x4_0000),
    ("WO", 0x8_0000),
    ("FA", 0x1F_01FF),
    ("FR", 0x12_0089),
    ("FW", 0x12_0116),
    ("FX", 0x12_00A0),
    ("GA", GENERIC_ALL),
    ("GR", GENERIC_READ),
    ("GW", GENERIC_WRITE),
    ("GX", 0x2000_0000),
    ("MA", GENERIC_ALL),
];

/// What names of groups mean to people.
const NAMES: [(&str, &str); 8] = [
    ("WD", "Everyone"),
    ("S-1-1-0", "Everyone"),
    ("BU", "Users"),
    ("S-1-5-32-545", "Users"),
    ("AU", "Authenticated Users"),
    ("S-1-5-11", "Authenticated Users"),
    ("IU", "INTERACTIVE"),
    ("BG", "Guests"),
];

/// An owner and an access list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    owner: String,
    /// None where there is no list: then everybody may do everything.
    entries: Option<Vec<Entry>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    rights: u32,
    whose: String,
}

impl Access {
    /// Understands `O:…G:…D:…(…)(…)`; none where that is no such text.
    #[must_use]
    pub fn parse(sddl: &str) -> Option<Self> {
        let sddl = sddl.trim();
        let owner = sddl.strip_prefix("O:")?;
        let end = owner.find(':').and_then(|colon| colon.checked_sub(1));
        let owner = end.map_or(Some(owner), |end| owner.get(..end))?;
        let entries = match sddl.find("D:") {
            None => None,
            Some(at) => entries(sddl.get(at + 2..)?)?,
        };
        (!owner.is_empty()).then(|| Self { owner: owner.to_owned(), entries })
    }

    /// Who may change it besides the system, its administrators and the user `own` (a SID).
    #[must_use]
    pub fn writers(&self, own: &str) -> Vec<String> {
        self.strangers(WRITES, own)
    }

    /// Who may read it besides the system, its administrators and the user `own` (a SID).
    #[must_use]
    pub fn readers(&self, own: &str) -> Vec<String> {
        self.strangers(READS, own)
    }

    /// Who may put away what lies in this folder, besides the system, its administrators and the
    /// user `own` (a SID).
    #[must_use]
    pub fn movers(&self, own: &str) -> Vec<String> {
        self.strangers(MOVES, own)
    }

    fn strangers(&self, rights: u32, own: &str) -> Vec<String> {
        let Some(entries) = &self.entries else {
            return vec![named("WD")];
        };
        let may = entries.iter().filter(|entry| entry.rights & rights != 0);
        let whose = may.map(|entry| entry.whose.as_str()).chain([self.owner.as_str()]);
        let mut strangers: Vec<_> =
            whose.filter(|whose| !is_trusted(whose, own)).map(named).collect();
        strangers.sort_unstable();
        strangers.dedup();
        strangers
    }
}

/// The entries of a list that is there.
fn entries(list: &str) -> Option<Option<Vec<Entry>>> {
    if list.starts_with("NO_ACCESS_CONTROL") {
        return Some(None);
    }
    let (flags, mut rest) = list.split_at(list.find('(').unwrap_or(list.len()));
    if flags.contains("NO_ACCESS_CONTROL") {
        return Some(None);
    }
    let mut entries = Vec::new();
    while let Some(inner) = rest.strip_prefix('(') {
        let end = end_of(inner)?;
        entries.extend(entry(inner.get(..end)?)?);
        rest = inner.get(end + 1..)?;
    }
    Some(Some(entries))
}

/// Where the bracket closes that is open at the beginning: an entry may bear a condition in
/// brackets of its own.
fn end_of(inner: &str) -> Option<usize> {
    let mut depth = 1_u32;
    inner.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// As in `A;OICI;FA;;;SY`. One that denies, or only what is to be made below, allows nothing here.
fn entry(text: &str) -> Option<Option<Entry>> {
    let mut fields = text.split(';');
    let (kind, flags, rights) = (fields.next()?, fields.next()?, fields.next()?);
    let whose = fields.nth(2)?;
    let denies = matches!(kind, "D" | "OD" | "XD");
    let below_only = pairs(flags).any(|flag| flag == "IO");
    let entry = Entry { rights: mask(rights), whose: whose.to_owned() };
    Some((!denies && !below_only).then_some(entry))
}

fn mask(rights: &str) -> u32 {
    let number = match rights.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => rights.parse().ok(),
    };
    number.unwrap_or_else(|| pairs(rights).map(right).fold(0, |all, right| all | right))
}

fn right(name: &str) -> u32 {
    RIGHTS.iter().find(|(known, _)| *known == name).map_or(u32::MAX, |(_, mask)| *mask)
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).unwrap_or_default())
}

/// The account that every Windows has, whatever its name, is written as `LA` where it is meant.
fn is_trusted(whose: &str, own: &str) -> bool {
    let is_own = whose == own || (whose == "LA" && own.ends_with("-500"));
    is_own || TRUSTED.contains(&whose) || OWNER.contains(&whose)
}

fn named(whose: &str) -> String {
    let known = NAMES.iter().find(|(short, _)| *short == whose);
    known.map_or(whose, |(_, name)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALICE: &str = "S-1-5-21-1111111111-2222222222-3333333333-1001";

    fn writers(sddl: &str) -> Vec<String> {
        Access::parse(sddl).unwrap().writers(ALICE)
    }

    #[test]
    fn what_is_the_systems_and_the_administrators_alone_has_no_strangers() {
        for sddl in [
            "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
            "O:SYG:SYD:PAI(A;;FA;;;SY)(A;;0x1f01ff;;;BA)",
            "O:S-1-5-32-544D:P(A;;FA;;;S-1-5-18)",
            "O:BAD:P",
            &format!("O:{TRUSTED_INSTALLER}D:P(A;;FA;;;{TRUSTED_INSTALLER})(A;;FRFX;;;SY)"),
            &format!("O:{ALICE}D:P(A;;FA;;;{ALICE})(A;;FA;;;OW)"),
        ] {
            let access = Access::parse(sddl).unwrap();
            assert!(access.writers(ALICE).is_empty(), "{sddl}");
            assert!(access.readers(ALICE).is_empty(), "{sddl}");
        }
    }

    #[test]
    fn a_folder_under_program_data_is_open_to_every_user_who_makes_files() {
        let inherited = "O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)\
                         (A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)";
        assert_eq!(writers(inherited), ["Users"]);
    }

    #[test]
    fn who_may_make_files_in_a_folder_does_not_put_those_of_others_away() {
        let program_data = "O:SYD:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)\
                            (A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)";
        let access = Access::parse(program_data).unwrap();
        assert!(access.movers(ALICE).is_empty());
        assert_eq!(access.writers(ALICE), ["Users"]);
        let loose = Access::parse("O:BAD:(A;;DT;;;AU)").unwrap();
        assert_eq!(loose.movers(ALICE), ["Authenticated Users"]);
    }

    #[test]
    fn who_only_reads_is_no_writer_and_is_a_reader() {
        let access = Access::parse("O:BAD:P(A;;FA;;;SY)(A;;0x1200a9;;;BU)(A;;FR;;;AU)").unwrap();
        assert!(access.writers(ALICE).is_empty());
        assert_eq!(access.readers(ALICE), ["Authenticated Users", "Users"]);
    }

    #[test]
    fn under_wine_what_is_its_one_users_is_the_systems() {
        let sddl = |user: u32| format!("O:S-1-5-21-0-0-0-{user}D:(A;;FA;;;SY)(A;;0x1200a9;;;WD)");
        assert!(writers(&sddl(1000)).is_empty());
        assert_eq!(writers(&sddl(1001)), ["S-1-5-21-0-0-0-1001"]);
    }

    #[test]
    fn an_owner_who_is_a_stranger_may_do_everything_whatever_the_list_says() {
        assert_eq!(writers("O:S-1-5-21-9-9-9-1002D:P(A;;FA;;;SY)"), ["S-1-5-21-9-9-9-1002"]);
        assert_eq!(writers("O:BUD:P"), ["Users"]);
    }

    #[test]
    fn where_there_is_no_list_everybody_may_do_everything() {
        for sddl in ["O:BA", "O:BAG:SY", "O:BAD:NO_ACCESS_CONTROL", "O:BAD:PNO_ACCESS_CONTROL"] {
            assert_eq!(writers(sddl), ["Everyone"], "{sddl}");
        }
    }

    #[test]
    fn a_right_that_is_not_known_is_taken_for_every_right() {
        assert_eq!(writers("O:BAD:(A;;ZZ;;;WD)"), ["Everyone"]);
        assert_eq!(writers("O:BAD:(ZZ;;FW;;;WD)"), ["Everyone"]);
        assert_eq!(writers("O:BAD:(XA;;FA;;;WD;((@User.a == 1) && (b)))"), ["Everyone"]);
    }

    #[test]
    fn what_is_denied_or_is_for_what_comes_below_allows_nothing() {
        assert!(writers("O:BAD:(D;;FA;;;WD)(A;OICIIO;FA;;;BU)").is_empty());
        assert_eq!(writers("O:BAD:(A;OICI;WD;;;BU)"), ["Users"], "who may change the list");
    }

    #[test]
    fn the_administrators_own_account_is_known_by_its_number() {
        let access = Access::parse("O:LAD:P(A;;FA;;;LA)").unwrap();
        assert!(access.writers("S-1-5-21-1-2-3-500").is_empty());
        assert_eq!(access.writers(ALICE), ["LA"]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_stumble(text in "(O:)?[A-Z0-9:();x-]{0,60}") {
            let _ = Access::parse(&text).map(|access| access.writers(ALICE));
            let _ = Access::parse(&format!("O:BAD:{text}"));
        }
    }
}
