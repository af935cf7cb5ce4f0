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

const WINDOWS: &[File] = files![];

pub(super) fn of(platform: Platform) -> &'static [File] {
    match platform {
        Platform::Linux if super::LINUX => LINUX,
        Platform::Windows if super::WINDOWS => WINDOWS,
        Platform::Linux | Platform::Windows => &[],
    }
}
