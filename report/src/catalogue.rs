//! The table of every fact: its key, its kind, who supplies it and what it means.
//!
//! This one table types the wire, the policies and the officers' commands. A fact that is not in
//! it is kept and counted by the collector but never judged.

use crate::moment::DAY;
use crate::text::Lang;

/// How long an agent's fact speaks for the present, in seconds, unless the table says otherwise.
pub const DEFAULT_STALE_AFTER: i64 = 2 * DAY;

/// The kind of a fact, which fixes the [`Value`](crate::fact::Value) it may have and the
/// constraints a policy may put on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Free text.
    Text,
    /// A version as its maker writes it: text, which policies compare run by run.
    Version,
    /// One word of a closed list.
    OneOf(&'static [&'static str]),
    /// Yes or no.
    Bool,
    /// A number of things.
    Count,
    /// A moment that happened or an end that will come.
    Moment(Tense),
    /// Several records with these fields.
    Records(&'static [Field]),
}

impl Kind {
    /// What to call this kind in a message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Version => "a version",
            Self::OneOf(_) => "one of a list of words",
            Self::Bool => "yes or no (true, false)",
            Self::Count => "a whole number",
            Self::Moment(Tense::Happened) => "a moment that happened",
            Self::Moment(Tense::End) => "an end",
            Self::Records(_) => "a list of records",
        }
    }
}

/// Whether a moment lies behind or ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    /// It happened: its age can be judged.
    Happened,
    /// It is the end of something: what is left until it can be judged.
    End,
}

/// One field of a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// Its kind; records do not nest.
    pub kind: Kind,
    meaning: [&'static str; 2],
}

impl Field {
    const fn new(name: &'static str, kind: Kind, meaning: [&'static str; 2]) -> Self {
        Self { name, kind, meaning }
    }

    /// One line of meaning.
    #[must_use]
    pub fn meaning(&self, lang: Lang) -> &'static str {
        side(self.meaning, lang)
    }
}

fn side([vi, en]: [&'static str; 2], lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

/// Who supplies a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The agent observes it under this topic.
    Agent(Topic),
    /// The collector derives it from observations, catalogues and the register.
    Derived,
}

/// What one probe looks at, observed or failed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Hardware, operating system, name.
    Machine,
    /// What the machine's administrator says of unit, system and level: a claim.
    Assignment,
    /// Antivirus products.
    Antivirus,
    /// Updates of the operating system.
    Patches,
    /// The packet filter of the operating system.
    Firewall,
    /// Whether what is on the disks can be read without the machine.
    DiskEncryption,
    /// Whether an unattended screen locks itself.
    ScreenLock,
    /// Whether the firmware starts signed systems only.
    SecureBoot,
    /// Local accounts with rights over the machine, counted.
    Accounts,
    /// Ways in from the network: remote desktop, SSH.
    RemoteAccess,
    /// The first version of the file sharing protocol.
    Smb1,
    /// What happens when a medium is plugged in.
    RemovableMedia,
    /// Whether the machine logs somebody in by itself.
    AutoLogin,
}

impl Topic {
    /// Every topic, in the order of a survey.
    pub const ALL: [Self; 13] = [
        Self::Machine,
        Self::Assignment,
        Self::Antivirus,
        Self::Patches,
        Self::Firewall,
        Self::DiskEncryption,
        Self::ScreenLock,
        Self::SecureBoot,
        Self::Accounts,
        Self::RemoteAccess,
        Self::Smb1,
        Self::RemovableMedia,
        Self::AutoLogin,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Assignment => "assignment",
            Self::Antivirus => "antivirus",
            Self::Patches => "patches",
            Self::Firewall => "firewall",
            Self::DiskEncryption => "disk_encryption",
            Self::ScreenLock => "screen_lock",
            Self::SecureBoot => "secure_boot",
            Self::Accounts => "accounts",
            Self::RemoteAccess => "remote_access",
            Self::Smb1 => "smb1",
            Self::RemovableMedia => "removable_media",
            Self::AutoLogin => "auto_login",
        }
    }

    /// The topic of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// An operating system family an agent runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Any Linux distribution.
    Linux,
    /// Windows 7 SP1 and later.
    Windows,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 2] = [Self::Linux, Self::Windows];

    /// The name in `machine.os_family` and in policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }

    /// The platform of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }
}

/// The kinds of machine an office has.
pub const MACHINE_KINDS: &[&str] = &["workstation", "server"];

/// Every word a licence can be in.
pub const LICENCE_STATUSES: &[&str] =
    &["licensed", "expired", "trial", "free", "builtin", "none", "unknown"];

/// Where the knowledge of a licence comes from.
pub const LICENCE_EVIDENCE: &[&str] = &["vendor", "security_center", "register"];

/// What a product says of itself.
pub const PRODUCT_STATES: &[&str] = &["on", "off", "snoozed", "expired"];

/// What happens to updates without anybody asking: they are installed, fetched only, or neither.
pub const AUTOMATIC_UPDATES: [&str; 3] = ["on", "download_only", "off"];

/// How the volume that the system starts from is protected: `suspended` is encrypted with the key
/// lying open beside it.
pub const ENCRYPTION_STATES: &[&str] = &["on", "off", "suspended", "encrypting"];

/// Whether root logs in over SSH: with anything, with a key only, or not at all.
pub const SSH_ROOT: &[&str] = &["yes", "keys_only", "no"];

/// Who asks for the restart that Windows waits for: the servicing of its components, or its updates.
pub const REBOOT_REASONS: &[&str] = &["servicing", "windows_update"];

/// The fields of one antivirus product.
#[rustfmt::skip]
pub const ANTIVIRUS_PRODUCT: &[Field] = &[
    Field::new("product", Kind::Text, ["Mã phần mềm", "Product id"]),
    Field::new("vendor", Kind::Text, ["Hãng", "Vendor"]),
    Field::new("version", Kind::Version, ["Phiên bản", "Version"]),
    Field::new("state", Kind::OneOf(PRODUCT_STATES), ["Trạng thái", "State"]),
    Field::new("realtime", Kind::Bool, ["Bảo vệ thời gian thực", "Real-time protection"]),
    Field::new("passive", Kind::Bool, ["Chạy thụ động, nhường phần mềm khác", "Passive, leaving the work to another product"]),
    Field::new("definitions_version", Kind::Version, ["Phiên bản mẫu nhận dạng mã độc", "Version of the malware definitions"]),
    Field::new("definitions_at", HAPPENED, ["Ngày của mẫu nhận dạng mã độc", "Date of the malware definitions"]),
    Field::new("licence_status", Kind::OneOf(LICENCE_STATUSES), ["Tình trạng bản quyền", "Licence status"]),
    Field::new("licence_until", END, ["Hết hạn bản quyền", "Licence ends"]),
    Field::new("licence_evidence", Kind::OneOf(LICENCE_EVIDENCE), ["Căn cứ về bản quyền", "Evidence of the licence"]),
    Field::new("registered", Kind::Bool, ["Đã đăng ký với hệ điều hành", "Registered with the operating system"]),
    Field::new("present", Kind::Bool, ["Tệp chương trình có trên máy", "Its program is on the machine"]),
    Field::new("definitions_current", Kind::Bool, ["Phần mềm tự nhận mẫu nhận dạng mã độc còn mới", "Claims that its malware definitions are current"]),
    Field::new("supported_until", END, ["Hãng hỗ trợ phiên bản này đến", "This version is supported by its vendor until"]),
    Field::new("duplicates", Kind::Count, ["Số lần đăng ký thừa với hệ điều hành", "Further registrations with the operating system"]),
    Field::new("disputed", Kind::Text, ["Mục mà các nguồn nói khác nhau", "What its sources disagree about"]),
];

/// The place of the field of this name, for constants: one that is not there ends the build.
#[must_use]
#[expect(clippy::panic, reason = "constants are computed when the program is built")]
pub const fn place(fields: &[Field], name: &str) -> usize {
    let mut place = 0;
    while place < fields.len() {
        if is_same(fields[place].name, name) {
            return place;
        }
        place += 1;
    }
    panic!("the record has no such field")
}

/// One row of the table.
#[derive(Debug)]
pub struct FactSpec {
    /// The key, as policies and the wire spell it.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Who supplies it.
    pub origin: Origin,
    /// Where it exists; elsewhere a rule about it does not apply.
    pub platforms: &'static [Platform],
    /// Changes between surveys without anything having happened: not part of the digest.
    pub volatile: bool,
    /// For how long it speaks for the present, in seconds.
    pub stale_after: i64,
    /// For a list: the fact that says whether every source of it answered. Unless that is known to
    /// be true, what the list does not hold may be there all the same.
    pub whole: Option<&'static str>,
    meaning: [&'static str; 2],
}

impl FactSpec {
    /// One line of meaning.
    #[must_use]
    pub fn meaning(&self, lang: Lang) -> &'static str {
        side(self.meaning, lang)
    }
}

/// A key of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey(u16);

impl FactKey {
    /// The key of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FACTS
            .iter()
            .position(|spec| spec.name == name)
            .and_then(|slot| u16::try_from(slot).ok())
            .map(Self)
    }

    /// The key of this name, for constants: one that is not in the table ends the build.
    #[must_use]
    #[expect(clippy::panic, reason = "constants are computed when the program is built")]
    pub const fn of(name: &str) -> Self {
        let mut slot = 0;
        while slot < FACTS.len() {
            if is_same(FACTS[slot].name, name) {
                return Self(slot as u16);
            }
            slot += 1;
        }
        panic!("the catalogue of facts has no such name")
    }

    /// Every key, in the table's order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..FACTS.len()).map(|slot| Self(slot as u16))
    }

    /// Its row.
    #[must_use]
    pub fn spec(self) -> &'static FactSpec {
        // Only positions of the table become keys.
        &FACTS[usize::from(self.0)]
    }

    /// Its place in the table, for arrays indexed by fact.
    #[must_use]
    pub fn slot(self) -> usize {
        usize::from(self.0)
    }

    /// The key at this [place](Self::slot) of the table.
    #[must_use]
    pub fn at(slot: usize) -> Option<Self> {
        (slot < FACTS.len()).then_some(Self(slot as u16))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.spec().name
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

impl std::fmt::Debug for FactKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

const fn agent(
    topic: Topic,
    name: &'static str,
    kind: Kind,
    meaning: [&'static str; 2],
) -> FactSpec {
    FactSpec {
        name,
        kind,
        origin: Origin::Agent(topic),
        platforms: &Platform::ALL,
        volatile: false,
        stale_after: DEFAULT_STALE_AFTER,
        whole: None,
        meaning,
    }
}

const fn derived(name: &'static str, kind: Kind, meaning: [&'static str; 2]) -> FactSpec {
    FactSpec {
        name,
        kind,
        origin: Origin::Derived,
        platforms: &Platform::ALL,
        volatile: false,
        stale_after: DEFAULT_STALE_AFTER,
        whole: None,
        meaning,
    }
}

const fn volatile(spec: FactSpec) -> FactSpec {
    FactSpec { volatile: true, ..spec }
}

const fn only_on(platforms: &'static [Platform], spec: FactSpec) -> FactSpec {
    FactSpec { platforms, ..spec }
}

const fn whole_by(whole: &'static str, spec: FactSpec) -> FactSpec {
    FactSpec { whole: Some(whole), ..spec }
}

/// How Windows was installed: with a desktop for people, or as a server with one or without.
pub const INSTALLATIONS: &[&str] = &["client", "server", "server_core"];

/// The words a chassis can be.
const CHASSIS: &[&str] = &["desktop", "laptop", "server", "virtual", "other"];

const HAPPENED: Kind = Kind::Moment(Tense::Happened);
const END: Kind = Kind::Moment(Tense::End);

/// The table.
#[rustfmt::skip]
static FACTS: &[FactSpec] = &[
    agent(Topic::Machine, "machine.host_name", Kind::Text, ["Tên máy tính", "Host name"]),
    agent(Topic::Machine, "machine.os_family", Kind::OneOf(&["linux", "windows"]), ["Họ hệ điều hành", "Operating system family"]),
    agent(Topic::Machine, "machine.os_id", Kind::Text, ["Mã hệ điều hành", "Operating system identifier"]),
    agent(Topic::Machine, "machine.os_version", Kind::Version, ["Phiên bản hệ điều hành", "Operating system version"]),
    agent(Topic::Machine, "machine.os_name", Kind::Text, ["Tên hệ điều hành", "Operating system name"]),
    only_on(&[Platform::Windows], agent(Topic::Machine, "machine.os_edition", Kind::Text, ["Ấn bản Windows (EditionID)", "Windows edition (EditionID)"])),
    only_on(&[Platform::Windows], agent(Topic::Machine, "machine.os_installation", Kind::OneOf(INSTALLATIONS), ["Kiểu cài đặt Windows", "Windows installation type"])),
    agent(Topic::Machine, "machine.kernel", Kind::Version, ["Phiên bản nhân đang chạy", "Running kernel"]),
    agent(Topic::Machine, "machine.architecture", Kind::Text, ["Kiến trúc bộ xử lý", "Processor architecture"]),
    agent(Topic::Machine, "machine.container", Kind::Bool, ["Chạy trong container", "Runs inside a container"]),
    agent(Topic::Machine, "machine.chassis", Kind::OneOf(CHASSIS), ["Kiểu vỏ máy", "Chassis type"]),
    agent(Topic::Machine, "machine.manufacturer", Kind::Text, ["Hãng sản xuất", "Manufacturer"]),
    agent(Topic::Machine, "machine.model", Kind::Text, ["Kiểu máy", "Model"]),
    agent(Topic::Machine, "machine.serial", Kind::Text, ["Số sê-ri", "Serial number"]),
    agent(Topic::Machine, "machine.asset_tag", Kind::Text, ["Mã tài sản", "Asset tag"]),
    agent(Topic::Machine, "machine.hardware_uuid", Kind::Text, ["UUID phần cứng", "Hardware UUID"]),
    agent(Topic::Machine, "machine.memory_mib", Kind::Count, ["Bộ nhớ (MiB)", "Memory in MiB"]),
    volatile(agent(Topic::Machine, "machine.booted_at", HAPPENED, ["Thời điểm khởi động", "Time of boot"])),

    agent(Topic::Assignment, "assignment.unit", Kind::Text, ["Đơn vị do máy tự khai", "Unit the machine claims"]),
    agent(Topic::Assignment, "assignment.system", Kind::Text, ["Hệ thống thông tin do máy tự khai", "Information system the machine claims"]),
    agent(Topic::Assignment, "assignment.level", Kind::Count, ["Cấp độ do máy tự khai", "Level the machine claims"]),

    whole_by("antivirus.complete", agent(Topic::Antivirus, "antivirus.products", Kind::Records(ANTIVIRUS_PRODUCT), ["Các phần mềm diệt virus", "Antivirus products"])),
    agent(Topic::Antivirus, "antivirus.complete", Kind::Bool, ["Mọi nguồn đều đã trả lời", "Every source answered"]),

    agent(Topic::Patches, "patches.manager", Kind::Text, ["Trình quản lý gói", "Package manager"]),
    agent(Topic::Patches, "patches.pending", Kind::Count, ["Số bản cập nhật chờ cài", "Updates pending"]),
    agent(Topic::Patches, "patches.security_pending", Kind::Count, ["Số bản vá an ninh chờ cài", "Security updates pending"]),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.security_names", Kind::Text, ["Gói chờ bản vá an ninh", "Packages awaiting security updates"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.security_masked", Kind::Count, ["Số bản vá an ninh nằm trong bản cập nhật khác", "Security updates masked by other updates"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.security_masked_names", Kind::Text, ["Gói có bản vá an ninh nằm trong bản cập nhật khác", "Packages with masked security updates"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.security_held", Kind::Count, ["Số bản vá an ninh bị giữ lại, không tự cài", "Security updates kept from being installed"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.security_held_names", Kind::Text, ["Gói có bản vá an ninh bị giữ lại", "Packages kept from security updates"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.held", Kind::Count, ["Số gói bị giữ nguyên phiên bản", "Packages held at their version"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.phased", Kind::Count, ["Số bản cập nhật chưa đến lượt máy này", "Updates not yet phased in for this machine"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.pins_unread", Kind::Count, ["Số quy tắc ghim phiên bản không đọc được", "Pins that cannot be evaluated"])),
    agent(Topic::Patches, "patches.installed_at", HAPPENED, ["Lần cài đặt, cập nhật gói gần nhất", "Last installation or upgrade"]),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.broken", Kind::Bool, ["Việc cài gói bị dở dang", "Package installation left unfinished"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.security_sources", Kind::Count, ["Số nguồn cung cấp bản vá an ninh", "Sources that serve security updates"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.sources_behind", Kind::Count, ["Số nguồn không còn được cập nhật", "Sources no longer refreshed"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.lists_at", HAPPENED, ["Ngày của danh mục bản vá", "Date of the update lists"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.lists_valid_until", END, ["Danh mục bản vá có giá trị đến", "Update lists valid until"])),
    volatile(agent(Topic::Patches, "patches.refreshed_at", HAPPENED, ["Lần kiểm tra bản vá gần nhất", "Last check for updates"])),
    agent(Topic::Patches, "patches.extended_support", Kind::Bool, ["Đã đăng ký hỗ trợ kéo dài", "Attached to extended support"]),
    agent(Topic::Patches, "patches.reboot_pending", Kind::Bool, ["Cần khởi động lại để hoàn tất bản vá", "Restart needed to finish updates"]),
    agent(Topic::Patches, "patches.automatic", Kind::OneOf(&AUTOMATIC_UPDATES), ["Tự động cập nhật đang có hiệu lực", "Automatic updates in effect"]),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.restart_services", Kind::Count, ["Số dịch vụ cần khởi động lại để dùng bản vá", "Services to restart for updates to take effect"])),
    only_on(&[Platform::Linux], agent(Topic::Patches, "patches.entitled", Kind::Bool, ["Hệ điều hành đã đăng ký nhận bản cập nhật", "Operating system registered for its updates"])),
    only_on(&[Platform::Windows], agent(Topic::Patches, "patches.reboot_reason", Kind::OneOf(REBOOT_REASONS), ["Bên yêu cầu khởi động lại", "What asks for the restart"])),
    only_on(&[Platform::Windows], agent(Topic::Patches, "patches.update_service", Kind::Bool, ["Dịch vụ Windows Update không bị vô hiệu hóa", "The Windows Update services are not disabled"])),
    only_on(&[Platform::Windows], agent(Topic::Patches, "patches.paused_until", END, ["Việc cập nhật bị tạm dừng đến", "Updates paused until"])),
    only_on(&[Platform::Windows], agent(Topic::Patches, "patches.managed", Kind::Bool, ["Bản vá do máy chủ cập nhật của đơn vị (WSUS) duyệt", "Updates are approved by a server of the office (WSUS)"])),
    only_on(&[Platform::Windows], agent(Topic::Patches, "patches.target_release", Kind::Text, ["Phiên bản Windows bị ghim", "Windows release that updates are pinned to"])),
    only_on(&[Platform::Windows], agent(Topic::Patches, "patches.activated", Kind::Bool, ["Windows đã kích hoạt bản quyền", "Windows is activated"])),

    agent(Topic::Firewall, "firewall.on", Kind::Bool, ["Tường lửa đang lọc kết nối đến máy", "A firewall filters incoming connections"]),
    agent(Topic::Firewall, "firewall.product", Kind::Text, ["Tường lửa đang dùng", "Firewall in use"]),
    agent(Topic::DiskEncryption, "disk_encryption.system", Kind::OneOf(ENCRYPTION_STATES), ["Mã hóa ổ đĩa hệ thống", "Encryption of the system volume"]),
    agent(Topic::DiskEncryption, "disk_encryption.others_off", Kind::Count, ["Số ổ đĩa cố định khác chưa mã hóa", "Other fixed volumes without encryption"]),
    agent(Topic::ScreenLock, "screen_lock.on", Kind::Bool, ["Màn hình tự khóa khi không dùng", "The screen locks itself when unattended"]),
    agent(Topic::ScreenLock, "screen_lock.after_seconds", Kind::Count, ["Khóa màn hình sau (giây)", "The screen locks after, in seconds"]),
    agent(Topic::SecureBoot, "secure_boot.supported", Kind::Bool, ["Phần sụn hỗ trợ khởi động an toàn", "The firmware supports secure boot"]),
    agent(Topic::SecureBoot, "secure_boot.on", Kind::Bool, ["Khởi động an toàn đang bật", "Secure boot is on"]),
    agent(Topic::Accounts, "accounts.administrators", Kind::Count, ["Số tài khoản có quyền quản trị máy", "Accounts that administer the machine"]),
    agent(Topic::Accounts, "accounts.guest_enabled", Kind::Bool, ["Tài khoản khách đang bật", "The guest account is enabled"]),
    agent(Topic::RemoteAccess, "remote_access.desktop", Kind::Bool, ["Cho phép điều khiển màn hình từ xa", "Remote desktop is allowed"]),
    only_on(&[Platform::Windows], agent(Topic::RemoteAccess, "remote_access.desktop_nla", Kind::Bool, ["Điều khiển từ xa bắt buộc xác thực trước (NLA)", "Remote desktop authenticates first (NLA)"])),
    agent(Topic::RemoteAccess, "remote_access.ssh", Kind::Bool, ["Cho phép đăng nhập SSH", "SSH log-in is offered"]),
    agent(Topic::RemoteAccess, "remote_access.ssh_root", Kind::OneOf(SSH_ROOT), ["Quản trị (root) đăng nhập qua SSH", "Root logs in over SSH"]),
    agent(Topic::RemoteAccess, "remote_access.ssh_passwords", Kind::Bool, ["SSH chấp nhận mật khẩu", "SSH accepts passwords"]),
    agent(Topic::Smb1, "smb1.server", Kind::Bool, ["Máy chia sẻ tệp bằng SMBv1", "Shares files over SMBv1"]),
    agent(Topic::Smb1, "smb1.client", Kind::Bool, ["Máy truy cập tệp bằng SMBv1", "Reaches files over SMBv1"]),
    agent(Topic::RemovableMedia, "removable_media.autorun", Kind::Bool, ["Tự chạy chương trình khi cắm thiết bị nhớ", "Programs of removable media start by themselves"]),
    agent(Topic::AutoLogin, "auto_login.on", Kind::Bool, ["Máy tự đăng nhập không hỏi mật khẩu", "Somebody is logged in without a password"]),

    derived("antivirus.primary.product", Kind::Text, ["Phần mềm diệt virus chính", "Primary antivirus"]),
    derived("antivirus.primary.vendor", Kind::Text, ["Hãng của phần mềm diệt virus chính", "Vendor of the primary antivirus"]),
    derived("antivirus.primary.version", Kind::Version, ["Phiên bản phần mềm diệt virus chính", "Version of the primary antivirus"]),
    derived("antivirus.primary.state", Kind::OneOf(PRODUCT_STATES), ["Trạng thái phần mềm diệt virus chính", "State of the primary antivirus"]),
    derived("antivirus.primary.realtime", Kind::Bool, ["Bảo vệ thời gian thực", "Real-time protection"]),
    derived("antivirus.primary.definitions_at", HAPPENED, ["Ngày của mẫu nhận dạng mã độc", "Date of the malware definitions"]),
    derived("antivirus.primary.definitions_version", Kind::Version, ["Phiên bản mẫu nhận dạng mã độc", "Version of the malware definitions"]),
    derived("antivirus.licence.status", Kind::OneOf(LICENCE_STATUSES), ["Tình trạng bản quyền phần mềm diệt virus", "Antivirus licence status"]),
    derived("antivirus.licence.accepted", Kind::Bool, ["Bản quyền được đơn vị công nhận", "Licence counts as licensed here"]),
    derived("antivirus.licence.until", END, ["Hết hạn bản quyền", "Licence ends"]),
    derived("antivirus.licence.evidence", Kind::OneOf(LICENCE_EVIDENCE), ["Căn cứ về bản quyền", "Evidence of the licence"]),
    derived("patches.security_pending_days", Kind::Count, ["Số ngày liên tục có bản vá an ninh chờ cài", "Days security updates have been pending without a break"]),
    // Everything published for this system until then is installed: neither the day of the last
    // installation, which advances with anything, nor the day of the last check.
    derived("patches.content_date", HAPPENED, ["Đã cài mọi bản vá phát hành đến", "Everything published until then is installed"]),
    derived("os.supported_until", END, ["Hệ điều hành được hỗ trợ đến", "Operating system supported until"]),
    derived("machine.level", Kind::Count, ["Cấp độ của hệ thống thông tin", "Level of the information system"]),
    derived("machine.kind", Kind::OneOf(MACHINE_KINDS), ["Loại máy tính", "Kind of machine"]),
    derived("machine.unit", Kind::Text, ["Đơn vị", "Unit"]),
    derived("machine.level_mismatch", Kind::Bool, ["Cấp độ tự khai khác sổ đăng ký", "Claimed level differs from the register"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: BTreeSet<_> = FACTS.iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), FACTS.len());
        for key in FactKey::all() {
            assert_eq!(FactKey::named(key.name()), Some(key));
            assert_eq!(FactKey::at(key.slot()), Some(key));
        }
        assert_eq!(FactKey::at(FACTS.len()), None);
        assert_eq!(FactKey::named("antivirus.unheard_of"), None);
    }

    #[test]
    fn a_constant_is_the_key_of_its_whole_name() {
        const KIND: FactKey = FactKey::of("machine.kind");
        assert_eq!(Some(KIND), FactKey::named("machine.kind"));
        for (one, other) in [("a", "ab"), ("ab", "a"), ("ab", "ac"), ("", "a")] {
            assert!(!is_same(one, other) && is_same(one, one), "{one} {other}");
        }
    }

    #[test]
    fn an_agent_fact_lies_under_its_topic() {
        for spec in FACTS {
            if let Origin::Agent(topic) = spec.origin {
                assert_eq!(spec.name.split('.').next(), Some(topic.name()), "{}", spec.name);
            }
        }
    }

    #[test]
    fn every_fact_has_a_meaning_in_both_languages() {
        for spec in FACTS {
            assert!(!spec.meaning(Lang::Vi).is_empty() && !spec.meaning(Lang::En).is_empty());
        }
    }

    #[test]
    fn every_list_names_the_fact_that_says_whether_it_is_whole() {
        for spec in FACTS {
            let is_list = matches!(spec.kind, Kind::Records(_));
            let whole = spec.whole.map(|name| FactKey::named(name).unwrap().spec());
            assert_eq!(whole.is_some(), is_list, "{}", spec.name);
            if let Some(whole) = whole {
                assert_eq!((whole.kind, whole.origin), (Kind::Bool, spec.origin), "{}", spec.name);
            }
        }
    }

    #[test]
    fn every_field_has_a_meaning_in_both_languages() {
        for field in ANTIVIRUS_PRODUCT {
            assert!(!field.meaning(Lang::Vi).is_empty() && !field.meaning(Lang::En).is_empty());
        }
    }

    #[test]
    fn records_do_not_nest() {
        for spec in FACTS {
            if let Kind::Records(fields) = spec.kind {
                assert!(fields.iter().all(|field| !matches!(field.kind, Kind::Records(_))));
            }
        }
    }
}
