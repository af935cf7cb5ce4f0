//! The agent's order of versions is that of dpkg, of rpm and of pacman.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use agent::probes::patches::version::{self, Version};
use harness::skip;

const PAIRS: usize = 120_000;

/// So many are compared by dpkg itself, which takes a process for each.
const PAIRS_BY_DPKG: usize = 1_500;

/// Reads pairs and prints -1, 0 or 1 for each, by the library dpkg's own tools are written with.
const PERL: &str = r#"
    use Dpkg::Version qw(version_compare);
    while (<STDIN>) { chomp; my ($left, $right) = split / /; print version_compare($left, $right), "\n" }
"#;

/// The same by rpm's own function, which parts a version from a release at a dash.
const RPM: &str = "%{lua: for line in io.lines('/dev/stdin') do \
    local left, right = line:match('(.*) (.*)') print(rpm.vercmp(left, right) .. string.char(10)) end}";

/// The same by the library of pacman.
const ALPM: &str = r#"
import ctypes, sys
compare = ctypes.CDLL("libalpm.so.13").alpm_pkg_vercmp
for line in sys.stdin:
    left, right = line.rstrip("\n").split(" ")
    print(compare(left.encode(), right.encode()))
"#;

const DPKG: &str = r#"
    while read -r left right; do
        if dpkg --compare-versions "$left" lt "$right"; then echo -1
        elif dpkg --compare-versions "$left" eq "$right"; then echo 0
        else echo 1; fi
    done
"#;

/// Numbers that look random and are the same on every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn text(&mut self, characters: &str, longest: usize) -> String {
        let characters: Vec<_> = characters.chars().collect();
        (0..self.below(longest + 1)).map(|_| characters[self.below(characters.len())]).collect()
    }

    /// A version as policy allows it, of few characters, so that many are almost the same.
    fn version(&mut self) -> String {
        let epoch = ["", "", "0:", "1:", "10:"][self.below(5)];
        let upstream = match self.below(3) {
            0 => self.text("01.~+a", 6),
            1 => self.text("0123456789.~+-abzABZ", 12),
            _ => self.text("09", 24),
        };
        let revision = match self.below(3) {
            0 => String::new(),
            1 => format!("-{}", self.text("01~", 3)),
            _ => format!("-{}", self.text("0129.~+abdeu", 8)),
        };
        // Nothing may stand between the last dash and the end.
        let revision = if revision == "-" { "-0".to_owned() } else { revision };
        let upstream = upstream.trim_end_matches('-');
        format!("{epoch}{}{upstream}{revision}", self.below(3))
    }
}

/// The versions this machine knows of: installed ones and those on offer.
fn real_versions() -> Vec<String> {
    let lists = std::fs::read_dir("/var/lib/apt/lists").into_iter().flatten().flatten();
    let lists = lists.map(|entry| entry.path());
    let lists = lists.filter(|path| path.to_string_lossy().contains("_Packages")).map(|path| {
        let program = "/usr/lib/apt/apt-helper";
        Command::new(program).arg("cat-file").arg(path).output().unwrap().stdout
    });
    let status = std::fs::read("/var/lib/dpkg/status").unwrap();
    let mut versions = BTreeSet::new();
    for text in lists.chain([status]) {
        let lines = text.split(|byte| *byte == b'\n');
        let found = lines.filter_map(|line| line.strip_prefix(b"Version: "));
        versions.extend(found.map(|version| String::from_utf8(version.to_vec()).unwrap()));
    }
    versions.into_iter().collect()
}

fn pairs() -> Vec<(String, String)> {
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let real = real_versions();
    let mut pairs = Vec::with_capacity(PAIRS);
    // Neighbours in the alphabet are often versions of one thing.
    pairs.extend(real.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())));
    while pairs.len() < PAIRS / 2 && !real.is_empty() {
        let mut any = || real[draws.below(real.len())].clone();
        pairs.push((any(), any()));
    }
    while pairs.len() < PAIRS {
        pairs.push((draws.version(), draws.version()));
    }
    pairs
}

/// What another program says of all pairs.
fn judged(program: &str, arguments: &[&str], pairs: &[(String, String)]) -> Vec<Ordering> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let text: String = pairs.iter().map(|(left, right)| format!("{left} {right}\n")).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers = answers.lines().filter(|answer| !answer.is_empty());
    answers.map(|answer| answer.parse::<i32>().unwrap().cmp(&0)).collect()
}

fn by_dpkg(left: &str, right: &str) -> Ordering {
    Version::parse(left).cmp(&Version::parse(right))
}

fn assert_same(
    pairs: &[(String, String)],
    ours: impl Fn(&str, &str) -> Ordering,
    theirs: &[Ordering],
) {
    assert_eq!(pairs.len(), theirs.len());
    for ((left, right), expected) in pairs.iter().zip(theirs) {
        let ours = ours(left, right);
        assert_eq!(ours, *expected, "{left} against {right}");
    }
    for order in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
        assert!(theirs.contains(&order), "no pair is {order:?}");
    }
}

#[test]
fn a_hundred_thousand_pairs_are_ordered_as_dpkgs_library_orders_them() {
    let has_library = Command::new("perl").args(["-MDpkg::Version", "-e", "1"]).output();
    if !has_library.is_ok_and(|output| output.status.success()) {
        return skip("dpkg_in_perl", "libdpkg-perl is not installed");
    }
    let pairs = pairs();
    assert!(pairs.len() >= 100_000);
    assert_same(&pairs, by_dpkg, &judged("perl", &["-e", PERL], &pairs));
}

#[test]
fn dpkg_itself_says_the_same_of_some() {
    assert!(Path::new("/usr/bin/dpkg").exists());
    let pairs = pairs();
    // Some real ones, some made up; and equal ones, which chance may not draw.
    let step = pairs.len() / PAIRS_BY_DPKG;
    let equal = [("1.0", "1.0"), ("1.0", "0:1.0-0"), ("1.0", "1.00")];
    let equal = equal.map(|(left, right)| (left.to_owned(), right.to_owned()));
    let some: Vec<_> = pairs.into_iter().step_by(step).chain(equal).collect();
    assert_same(&some, by_dpkg, &judged("sh", &["-c", DPKG], &some));
}

/// Pairs of parts that are made of few characters, so that many are almost the same.
fn made_up(characters: &str) -> Vec<(String, String)> {
    let mut draws = Draws(0x1234_5678_9abc_def1);
    let mut part = || format!("1{}", draws.text(characters, 7));
    let mut pairs: Vec<_> = (0..20_000).map(|_| (part(), part())).collect();
    pairs.push(("1.0".to_owned(), "1.0".to_owned()));
    pairs
}

#[test]
fn twenty_thousand_pairs_are_ordered_as_rpm_orders_them() {
    if !Path::new("/usr/bin/rpm").exists() {
        return skip("versions_of_rpm", "rpm is not installed");
    }
    for characters in ["01.~^a", "0129abzAZ._~^+"] {
        let pairs = made_up(characters);
        assert_same(&pairs, version::rpm::compare, &judged("rpm", &["--eval", RPM], &pairs));
    }
}

#[test]
fn twenty_thousand_pairs_are_ordered_as_pacman_orders_them() {
    let loads = "import ctypes; ctypes.CDLL('libalpm.so.13')";
    let loaded = Command::new("python3").args(["-c", loads]).output();
    if !loaded.is_ok_and(|output| output.status.success()) {
        return skip("versions_of_pacman", "libalpm or Python is not installed");
    }
    for characters in ["01.:-a", "0129abzAZ._:+-"] {
        let pairs = made_up(characters);
        assert_same(&pairs, version::pacman::compare, &judged("python3", &["-c", ALPM], &pairs));
    }
}
