use super::*;
use crate::host::recorded::{Machine, reason};

const MOUNTS: &str = volumes::PLACES[0];

fn line(device: &str, place: &str, kind: &str, source: &str) -> String {
    format!("29 1 {device} / {place} rw,relatime shared:1 - {kind} {source} rw\n")
}

fn mounting(lines: &[String]) -> Machine {
    let text = lines.concat() + &line("0:21", "/proc", "proc", "proc");
    Machine::empty().with_folder("sys/fs/btrfs").with(MOUNTS, text)
}

fn disk(machine: Machine, name: &str) -> Machine {
    machine.with(&format!("sys/class/block/{name}/removable"), "0\n")
}

fn partition(machine: Machine, name: &str) -> Machine {
    machine.with(&format!("sys/class/block/{name}/partition"), "1\n")
}

fn mapped(machine: Machine, device: &str, name: &str, uuid: &str, below: &[&str]) -> Machine {
    let block = format!("sys/class/block/{device}");
    let machine = machine
        .with(&format!("{block}/dm/name"), format!("{name}\n"))
        .with(&format!("{block}/dm/uuid"), format!("{uuid}\n"));
    below.iter().fold(machine, |machine, it| machine.with_folder(&format!("{block}/slaves/{it}")))
}

/// A volume group in one encrypted partition, as installers set it up, with `/boot` beside it.
fn laptop() -> Machine {
    let machine = mounting(&[
        line("254:1", "/", "ext4", "/dev/mapper/vg-root"),
        line("254:2", "/home", "ext4", "/dev/mapper/vg-home"),
        line("259:2", "/boot", "ext4", "/dev/nvme0n1p2"),
        line("259:1", "/boot/efi", "vfat", "/dev/nvme0n1p1"),
    ]);
    let machine = machine.with(
        "proc/swaps",
        "Filename\tType\tSize\tUsed\tPriority\n/dev/dm-3 partition 999420 0 -2\n",
    );
    let machine = partition(partition(machine, "nvme0n1p1"), "nvme0n1p2");
    let machine = partition(disk(machine, "nvme0n1"), "nvme0n1p3");
    let machine = mapped(machine, "dm-0", "crypt", "CRYPT-LUKS2-0a1b-crypt", &["nvme0n1p3"]);
    ["root", "home", "swap"].iter().enumerate().fold(machine, |machine, (at, name)| {
        mapped(machine, &format!("dm-{}", at + 1), &format!("vg-{name}"), "LVM-x", &["dm-0"])
    })
}

fn plain(kind: &str) -> Machine {
    let machine = mounting(&[
        line("8:1", "/", kind, "/dev/sda1"),
        line("8:2", "/srv", kind, "/dev/sda2"),
        line("8:2", "/var/www", kind, "/dev/sda2"),
    ]);
    partition(partition(disk(machine, "sda"), "sda1"), "sda2")
}

fn seen(machine: &Machine) -> (Fact, Fact) {
    let (seen, _) = look(&machine.files());
    (seen.system, seen.others_off)
}

#[test]
fn an_open_boot_partition_beside_an_encrypted_system_is_normal() {
    assert_eq!(seen(&laptop()), (choice("on"), count(0)));
}

#[test]
fn a_header_of_luks_that_nothing_is_mounted_through_does_not_count() {
    let idle = mapped(plain("ext4"), "dm-0", "spare", "CRYPT-LUKS2-0a1b-spare", &["sdb1"]);
    assert_eq!(seen(&idle), (choice("off"), count(1)));
}

#[test]
fn a_volume_is_one_however_often_it_is_mounted_and_memory_is_written_out_to_one() {
    let swap =
        "Filename Type\n/dev/sda3 partition 1 0 -2\n/dev/zram0 partition 1 0 100\n/f file 1\n";
    let machine = partition(plain("ext4").with("proc/swaps", swap), "sda3");
    assert_eq!(seen(&machine), (choice("off"), count(2)));
}

#[test]
fn what_checks_and_what_only_maps_encrypts_nothing() {
    for uuid in ["LVM-x", "CRYPT-VERITY-x", "CRYPT-INTEGRITY-x", "mpath-x", ""] {
        let machine = mounting(&[line("254:0", "/", "ext4", "/dev/mapper/root")]);
        let machine = mapped(partition(machine, "sda1"), "dm-0", "root", uuid, &["sda1"]);
        assert_eq!(seen(&machine).0, choice("off"), "{uuid}");
    }
}

#[test]
fn a_volume_over_two_disks_is_as_open_as_the_more_open_one() {
    let machine = mounting(&[line("254:2", "/", "ext4", "/dev/mapper/vg-root")]);
    let machine = mapped(disk(machine, "sda"), "dm-0", "crypt", "CRYPT-LUKS2-x", &["sda"]);
    let one = mapped(disk(machine, "sdb"), "dm-2", "vg-root", "LVM-x", &["dm-0", "sdb"]);
    assert_eq!(seen(&one).0, choice("off"));
    let machine = mounting(&[line("254:2", "/", "ext4", "/dev/mapper/vg-root")]);
    let machine = mapped(disk(machine, "sda"), "dm-0", "crypt", "CRYPT-LUKS2-x", &["sda"]);
    let one = mapped(disk(machine, "dasda"), "dm-2", "vg-root", "LVM-x", &["dasda", "dm-0"]);
    assert_eq!(seen(&one).0, choice("off"));
    let machine = mounting(&[line("0:30", "/", "btrfs", "/dev/mapper/crypt")]);
    let machine = mapped(disk(machine, "sda"), "dm-0", "crypt", "CRYPT-LUKS2-x", &["sda"]);
    assert_eq!(seen(&machine).0, choice("on"));
    let spread = disk(machine, "sdb")
        .with_folder("sys/fs/btrfs/1234/devices/dm-0")
        .with_folder("sys/fs/btrfs/1234/devices/sdb");
    assert_eq!(seen(&spread).0, choice("off"));
}

#[test]
fn what_is_made_to_be_taken_out_is_no_fixed_volume() {
    let stick = plain("ext4").with_edit(MOUNTS, "/dev/sda2", "/dev/sdb1");
    let stick = partition(stick, "sdb1").with("sys/class/block/sdb/removable", "1\n");
    assert_eq!(seen(&stick), (choice("off"), count(0)));
    let cord = "../../devices/pci0000:00/usb2/2-1/block/sdb";
    let machine = partition(plain("ext4").with_edit(MOUNTS, "/dev/sda2", "/dev/sdb1"), "sdb1");
    assert_eq!(seen(&machine.with_link("sys/class/block/sdb", cord)), (choice("off"), count(0)));
}

#[test]
fn images_memory_and_what_lies_on_other_machines_are_no_volumes() {
    let machine = mounting(&[
        line("8:1", "/", "ext4", "/dev/sda1"),
        line("7:1", "/snap/core", "squashfs", "/dev/loop1"),
        line("0:40", "/mnt", "nfs4", "server:/x"),
        line("0:41", "/tmp", "tmpfs", "tmpfs"),
        line("11:0", "/media/cd", "iso9660", "/dev/sr0"),
    ]);
    assert_eq!(seen(&partition(machine, "sda1")), (choice("off"), count(0)));
}

#[test]
fn the_number_names_a_device_that_has_no_name_of_the_kernels() {
    let machine = mounting(&[line("179:2", "/", "ext4", "/dev/root")]);
    let machine = partition(machine, "mmcblk0p2")
        .with("sys/dev/block/179:2/uevent", "MAJOR=179\nMINOR=2\nDEVNAME=mmcblk0p2\n");
    assert_eq!(seen(&machine).0, choice("off"));
}

#[test]
fn what_the_kernel_does_not_tell_is_unknown() {
    let zfs = mounting(&[line("0:25", "/", "zfs", "rpool/ROOT")]);
    assert_eq!(reason(&seen(&zfs).0), Some(Reason::NotSupported));
    let beside = partition(
        mounting(&[line("8:1", "/", "ext4", "/dev/sda1"), line("0:26", "/tank", "zfs", "tank")]),
        "sda1",
    );
    assert_eq!(seen(&beside).0, choice("off"));
    assert_eq!(reason(&seen(&beside).1), Some(Reason::NotSupported));
    let own = plain("bcachefs");
    assert_eq!(reason(&seen(&own).0), Some(Reason::NotSupported));
    let folders = plain("ext4").with(BY_FOLDER, "{}");
    assert_eq!(reason(&seen(&folders).1), Some(Reason::NotSupported));
    let gone = mounting(&[line("8:1", "/", "ext4", "/dev/sda1")]).with_folder("sys/class/block");
    assert_eq!(reason(&seen(&gone).0), Some(Reason::NotSupported));
}

#[test]
fn an_image_that_is_started_lies_in_the_volume_below_it() {
    let machine = mounting(&[
        line("0:28", "/", "overlay", "composefs"),
        line("8:3", "/sysroot", "ext4", "/dev/sda3"),
    ]);
    assert_eq!(seen(&partition(machine, "sda3")), (choice("off"), count(0)));
    let live = mounting(&[line("0:28", "/", "overlay", "overlay")]);
    assert_eq!(reason(&seen(&live).0), Some(Reason::NotSupported));
}

#[test]
fn a_list_of_mounts_that_is_denied_or_makes_no_sense_is_no_answer() {
    let machine = plain("ext4").with(MOUNTS, "29 1 8:1 / /\n");
    assert_eq!(reason(&seen(&machine).0), Some(Reason::ParseError));
    let denied = laptop().denied("proc");
    assert_eq!(reason(&seen(&denied).1), Some(Reason::AccessDenied));
    let denied = laptop().denied("sys/class/block/dm-0/dm");
    assert_eq!(reason(&seen(&denied).0), Some(Reason::AccessDenied));
}

#[test]
fn a_container_lies_on_the_disks_of_its_host() {
    let contained = laptop().with("run/systemd/container", "lxc\n");
    assert_eq!(reason(&seen(&contained).0), Some(Reason::NotSupported));
}
