//! What the machine is, and what its administrator says of it.

use report::Platform::{Linux, Windows};

use super::Place::{Configuration, Container, File, Kernel, Registry, Trace};
use super::Reads;
use super::Right::{Administrator, Everyone, Nobody};

pub(super) const READS: &[Reads] = &[
    Reads { platform: Linux, facts: &["machine.os_family"], right: Nobody, places: &[] },
    Reads {
        platform: Linux,
        facts: &["machine.host_name"],
        right: Everyone,
        places: &[File("etc/hostname"), File("proc/sys/kernel/hostname")],
    },
    Reads {
        platform: Linux,
        facts: &["machine.os_id", "machine.os_version", "machine.os_name"],
        right: Everyone,
        places: &[File("etc/os-release"), File("usr/lib/os-release")],
    },
    Reads {
        platform: Linux,
        facts: &[
            "machine.kernel",
            "machine.architecture",
            "machine.memory_mib",
            "machine.booted_at",
        ],
        right: Everyone,
        places: &[Kernel],
    },
    Reads { platform: Linux, facts: &["machine.container"], right: Everyone, places: &[Container] },
    Reads {
        platform: Linux,
        facts: &["machine.chassis", "machine.manufacturer", "machine.model", "machine.asset_tag"],
        right: Everyone,
        places: &[
            File("proc/cpuinfo"),
            Trace("sys/class/dmi/id"),
            File("sys/class/dmi/id/sys_vendor"),
            File("sys/class/dmi/id/product_name"),
            File("sys/class/dmi/id/chassis_type"),
            File("sys/class/dmi/id/chassis_asset_tag"),
        ],
    },
    Reads {
        platform: Linux,
        facts: &["machine.serial", "machine.hardware_uuid"],
        right: Administrator,
        places: &[
            File("sys/class/dmi/id/product_serial"),
            File("sys/class/dmi/id/product_uuid"),
            File("sys/class/dmi/id/board_serial"),
        ],
    },
    Reads { platform: Linux, facts: ASSIGNMENT, right: Everyone, places: &[Configuration] },
    Reads {
        platform: Windows,
        facts: &["machine.os_family", "machine.os_id"],
        right: Nobody,
        places: &[],
    },
    Reads {
        platform: Windows,
        facts: &["machine.host_name"],
        right: Everyone,
        places: &[
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", &["Hostname"]),
            Registry(
                r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName",
                &["ComputerName"],
            ),
        ],
    },
    Reads {
        platform: Windows,
        facts: &[
            "machine.os_version",
            "machine.os_name",
            "machine.os_edition",
            "machine.os_installation",
        ],
        right: Everyone,
        places: &[
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion",
                &[
                    "CurrentBuild",
                    "CurrentBuildNumber",
                    "CurrentMajorVersionNumber",
                    "CurrentMinorVersionNumber",
                    "CurrentVersion",
                    "DisplayVersion",
                    "EditionID",
                    "InstallationType",
                    "ProductName",
                    "UBR",
                ],
            ),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", &["ProductType"]),
        ],
    },
    Reads {
        platform: Windows,
        facts: &[
            "machine.kernel",
            "machine.architecture",
            "machine.memory_mib",
            "machine.booted_at",
        ],
        right: Everyone,
        places: &[Kernel],
    },
    Reads {
        platform: Windows,
        facts: &["machine.container"],
        right: Everyone,
        places: &[Registry(r"HKLM\SYSTEM\CurrentControlSet\Control", &["ContainerType"])],
    },
    Reads {
        platform: Windows,
        facts: &[
            "machine.chassis",
            "machine.manufacturer",
            "machine.model",
            "machine.serial",
            "machine.asset_tag",
            "machine.hardware_uuid",
        ],
        right: Everyone,
        places: &[Registry(
            r"HKLM\SYSTEM\CurrentControlSet\Services\mssmbios\Data",
            &["SMBiosData"],
        )],
    },
    Reads { platform: Windows, facts: ASSIGNMENT, right: Everyone, places: &[Configuration] },
];

const ASSIGNMENT: &[&str] = &["assignment.unit", "assignment.system", "assignment.level"];
