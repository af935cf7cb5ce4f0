//! What shows antivirus products besides what their definitions name, which the page lists by product.

use report::Platform::{Linux, Windows};

use super::Place::{
    File, Folder, Interface, Processes, ProductProgram, Registry, Services, Trace, Wmi,
};
use super::Right::{Administrator, Everyone};
use super::{Place, Reads};

const FACTS: &[&str] = &["antivirus.products", "antivirus.complete"];

pub(super) const READS: &[Reads] = &[
    Reads {
        platform: Linux,
        facts: FACTS,
        right: Everyone,
        places: &[
            Processes,
            File("proc/mounts"),
            File("var/lib/dpkg/status"),
            File("var/lib/dpkg/arch"),
            Folder("etc/lachan/antivirus.d"),
            File("etc/lachan/antivirus.d/*.toml"),
            // ClamAV, which no definition describes. Its settings may lie where its command line
            // says; of its databases the first 512 bytes are read.
            Trace("usr/sbin/clamd"),
            Trace("usr/bin/clamscan"),
            Trace("usr/local/sbin/clamd"),
            Trace("usr/local/bin/clamscan"),
            File("etc/clamav/clamd.conf"),
            File("etc/clamd.d/scan.conf"),
            File("etc/clamav/freshclam.conf"),
            File("etc/freshclam.conf"),
            File("var/lib/clamav/daily.cvd"),
            File("var/lib/clamav/daily.cld"),
        ],
    },
    Reads {
        platform: Linux,
        facts: &["antivirus.products"],
        right: Administrator,
        places: &[CLAMAV_COMMAND_LINE],
    },
    Reads {
        platform: Windows,
        facts: FACTS,
        right: Everyone,
        places: &[
            Wmi(r"root\SecurityCenter2", "AntiVirusProduct"),
            Interface("Windows Security Center (wscapi.dll)"),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion",
                &["CurrentBuild", "CurrentBuildNumber", "InstallationType"],
            ),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", &["ProductType"]),
            Registry(r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall", &[]),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*",
                &["DisplayName", "DisplayVersion"],
            ),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Services", &[]),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Services\*\Instances", &[]),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Services\*\Instances\*", &["Altitude"]),
            Folder("ProgramData/Lachan/antivirus.d"),
            File("ProgramData/Lachan/antivirus.d/*.toml"),
            ProductProgram,
        ],
    },
    Reads {
        platform: Windows,
        facts: FACTS,
        right: Administrator,
        places: &[
            Wmi(r"root\Microsoft\Windows\Defender", "MSFT_MpComputerStatus"),
            Services(&["WinDefend", "WdFilter", "Sense"]),
            Registry(r"HKLM\SOFTWARE\Microsoft\Windows Defender", &["PassiveMode"]),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates",
                &["AVSignatureVersion", "SignaturesLastUpdated", "AVSignatureApplied"],
            ),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows Defender\Real-Time Protection",
                &["DisableRealtimeMonitoring"],
            ),
            Registry(
                r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection",
                &["DisableRealtimeMonitoring"],
            ),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status",
                &["OnboardingState"],
            ),
        ],
    },
];

/// Only of ClamAV's own processes, to find the settings that they run with.
const CLAMAV_COMMAND_LINE: Place = File("proc/*/cmdline");
