//! The definitions that are built into the agent: those of its own system, and with the feature
//! `foreign` of the other one too.

use report::Platform;

type File = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal),* $(,)?) => { &[$(($path, include_str!($path))),*] };
}

const LINUX: &[File] = files![
    "linux/avast-antivirus.toml",
    "linux/avg-antivirus.toml",
    "linux/bitdefender-endpoint-security-tools.toml",
    "linux/cortex-xdr.toml",
    "linux/crowdstrike-falcon.toml",
    "linux/drweb.toml",
    "linux/eset-endpoint-antivirus.toml",
    "linux/eset-server-security.toml",
    "linux/kaspersky-endpoint-security.toml",
    "linux/kaspersky-file-server.toml",
    "linux/microsoft-defender-endpoint.toml",
    "linux/sentinelone.toml",
    "linux/sophos-antivirus.toml",
    "linux/sophos-protection-linux.toml",
    "linux/symantec-endpoint-protection.toml",
    "linux/trellix-endpoint-security.toml",
    "linux/trend-micro-deep-security.toml",
    "linux/withsecure-linux-security.toml",
];

const WINDOWS: &[File] = files![
    "windows/avast-antivirus.toml",
    "windows/avg-antivirus.toml",
    "windows/avira-antivirus.toml",
    "windows/bitdefender-antivirus.toml",
    "windows/bitdefender-endpoint-security-tools.toml",
    "windows/bkav-endpoint.toml",
    "windows/bkav-home.toml",
    "windows/bkav-pro.toml",
    "windows/cmc-antivirus.toml",
    "windows/cmc-free.toml",
    "windows/cortex-xdr.toml",
    "windows/crowdstrike-falcon.toml",
    "windows/drweb.toml",
    "windows/eset-endpoint-antivirus.toml",
    "windows/eset-nod32-antivirus.toml",
    "windows/eset-server-security.toml",
    "windows/f-secure.toml",
    "windows/fpt-edr.toml",
    "windows/kaspersky-endpoint-security.toml",
    "windows/kaspersky-home.toml",
    "windows/kaspersky-windows-server.toml",
    "windows/mcafee-antivirus.toml",
    "windows/microsoft-security-essentials.toml",
    "windows/norton-antivirus.toml",
    "windows/sentinelone.toml",
    "windows/sophos-endpoint.toml",
    "windows/symantec-endpoint-protection.toml",
    "windows/trellix-endpoint-security.toml",
    "windows/trend-micro-apex-one.toml",
    "windows/trend-micro-deep-security.toml",
    "windows/viettel-endpoint-security.toml",
    "windows/vnpt-edr.toml",
    "windows/withsecure-elements.toml",
];

pub(super) fn of(platform: Platform) -> &'static [File] {
    match platform {
        Platform::Linux if super::LINUX => LINUX,
        Platform::Windows if super::WINDOWS => WINDOWS,
        Platform::Linux | Platform::Windows => &[],
    }
}
