//! What dnf and zypper print, taken apart: each prints for people.

/// The packages that `dnf updateinfo list` names, of dnf 4 or 5.
///
/// dnf 4: advisory, kind and package. dnf 5: name, type, severity, package and when issued, the
/// columns being set to the right, below a heading.
pub(super) fn security(text: &str) -> Vec<String> {
    let packages =
        text.lines().filter_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_advisory, kind, package] if kind.ends_with("/Sec.") => Some(package),
            [_advisory, "security", _severity, package, _day, _time] => Some(package),
            _ => None,
        });
    let mut names: Vec<_> = packages.map(|package| name_of(package).to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `tar` of `tar-2:1.35-9.fc44.x86_64`.
fn name_of(nevra: &str) -> &str {
    nevra.rsplitn(3, '-').last().unwrap()
}

/// The packages of `dnf check-update`; those behind the heading of what is replaced are other ones.
pub(super) fn check_update(text: &str) -> Vec<String> {
    let updates = text.lines().take_while(|line| !line.starts_with("Obsoleting Packages"));
    let mut names: Vec<_> = updates
        .filter(|line| line.split_whitespace().count() == 3)
        .filter_map(|line| line.split_once('.').map(|(name, _)| name.to_owned()))
        .collect();
    names.sort_unstable();
    names
}

/// A patch as zypper tells of it.
#[derive(Debug)]
pub(super) struct Patch {
    name: String,
    status: String,
    category: String,
}

impl Patch {
    pub(super) fn is_needed_for_security(&self) -> bool {
        self.status == "needed" && self.category == "security"
    }

    /// The package that a patch of our own is for.
    pub(super) fn package(&self) -> &str {
        self.name.strip_prefix("T-").unwrap()
    }
}

/// What `zypper --xmlout list-patches` says, among messages.
pub(super) fn patches(xml: &str) -> Vec<Patch> {
    let of = |tag: &str| Patch {
        name: attribute(tag, "name"),
        status: attribute(tag, "status"),
        category: attribute(tag, "category"),
    };
    let mut patches: Vec<_> = tags(xml, "patch").map(of).collect();
    patches.sort_by(|one, other| one.name.cmp(&other.name));
    patches
}

/// What `zypper --xmlout list-updates` says.
pub(super) fn updates(xml: &str) -> Vec<String> {
    let mut names: Vec<_> = tags(xml, "package").map(|tag| attribute(tag, "name")).collect();
    names.sort_unstable();
    names
}

fn tags<'a>(xml: &'a str, kind: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!("<update kind=\"{kind}\"");
    xml.match_indices(&begin)
        .map(|(at, _)| xml[at..].split('>').next().unwrap())
        .collect::<Vec<_>>()
        .into_iter()
}

fn attribute(tag: &str, name: &str) -> String {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn the_lines_of_dnf_4() {
    let text = "RLSA-2025:23343 Moderate/Sec.  binutils-2.35.2-67.el9_7.1.x86_64\n\
        RLSA-2025:23343 Moderate/Sec.  binutils-gold-2.35.2-67.el9_7.1.x86_64\n\
        RLSA-2025:0925  Moderate/Sec.  bzip2-libs-1.0.8-10.el9_5.x86_64\n\
        RLBA-2025:1     bugfix         tzdata-2025b-2.el9.noarch\n";
    assert_eq!(security(text), ["binutils", "binutils-gold", "bzip2-libs"]);
    assert!(security("Error: Cache-only enabled but no cache for 'fedora'").is_empty());
}

#[test]
fn the_table_of_dnf_5() {
    let text = "\
Name                   Type     Severity                             Package              Issued
FEDORA-2026-044e56d9ff security Moderate            tar-2:1.35-9.fc44.x86_64 2026-09-09 04:47:08
FEDORA-2026-12f3f3d569 security Important openssl-libs-1:3.5.9-1.fc44.x86_64 2026-10-03 01:09:41
FEDORA-2026-72d10c874d security Important      libevent-2.1.13-1.fc44.x86_64 2026-09-09 04:47:08
";
    assert_eq!(security(text), ["libevent", "openssl-libs", "tar"]);
}

#[test]
fn the_list_of_updates_ends_before_what_is_replaced() {
    let text = "\nalpha.noarch  2-1  base\nObsoleting Packages\nbeta.noarch  2-1  base\n";
    assert_eq!(check_update(text), ["alpha"]);
}

#[test]
fn the_patches_of_leap_16() {
    let xml = "<?xml version='1.0'?>\n<stream><message type=\"info\">x</message>\
        <update-status version=\"0.6\"><update-list>\
        <update kind=\"patch\" name=\"openSUSE-Leap-16.0-1126\" edition=\"1\" arch=\"noarch\" \
        status=\"needed\" category=\"recommended\" severity=\"moderate\" pkgmanager=\"false\"/>\n\
        <update kind=\"patch\" name=\"openSUSE-Leap-16.0-500\" edition=\"1\" arch=\"noarch\" \
        status=\"needed\" category=\"security\" severity=\"important\" pkgmanager=\"false\"/>\n\
        <update kind=\"patch\" name=\"openSUSE-Leap-16.0-499\" edition=\"1\" arch=\"noarch\" \
        status=\"applied\" category=\"security\" severity=\"important\" pkgmanager=\"false\"/>\n\
        </update-list></update-status></stream>";
    let needed: Vec<_> =
        patches(xml).into_iter().filter(Patch::is_needed_for_security).map(|it| it.name).collect();
    assert_eq!(needed, ["openSUSE-Leap-16.0-500"]);
}
