//! What lies below a volume, as the kernel tells.

use super::volumes::Volume;
use crate::host::Files;
use crate::host::files::Read;

const BLOCKS: &str = "sys/class/block";
const NUMBERS: &str = "sys/dev/block";
const BTRFS: &str = "sys/fs/btrfs";
const MOST: usize = 4 * 1024;

/// How many layers there may be below a volume, and what the mapper calls those that encrypt.
const DEEPEST: usize = 10;
const ENCRYPTING: [&str; 6] =
    ["CRYPT-LUKS", "CRYPT-PLAIN", "CRYPT-TCRYPT", "CRYPT-BITLK", "CRYPT-FVAULT", "CRYPT-LOOPAES"];

/// The block devices of a machine.
pub(super) struct Devices<'a> {
    pub(super) files: &'a Files,
}

impl Devices<'_> {
    /// Whether everything a volume lies on is encrypted; none where the kernel does not tell.
    pub(super) fn is_encrypted(&self, volume: &Volume) -> Read<Option<bool>> {
        let Some(name) = self.name(volume)? else {
            return Ok(None);
        };
        let mut whole = true;
        for member in self.members(&name)? {
            match self.is_device_encrypted(&member, DEEPEST)? {
                Some(is_encrypted) => whole &= is_encrypted,
                None => return Ok(None),
            }
        }
        // A file system that can encrypt by itself is not seen to.
        Ok((whole || volume.kind != "bcachefs").then_some(whole))
    }

    /// The kernel's name of the device of a volume, `dm-0`.
    pub(super) fn name(&self, volume: &Volume) -> Read<Option<String>> {
        let source = volume.source.split(':').next().unwrap_or_default();
        let Some(named) = source.strip_prefix("/dev/") else {
            return Ok(None);
        };
        if let Some(mapped) = named.strip_prefix("mapper/") {
            return self.mapped(mapped);
        }
        if self.files.exists(&format!("{BLOCKS}/{named}"))? {
            return Ok(Some(named.to_owned()));
        }
        // `/dev/root` and `/dev/disk/by-uuid/…` are no names of the kernel's: the number says it.
        self.numbered(&volume.device)
    }

    fn mapped(&self, name: &str) -> Read<Option<String>> {
        for device in self.files.list(BLOCKS)? {
            if device.starts_with("dm-")
                && self.text(&format!("{BLOCKS}/{device}/dm/name"))?.trim() == name
            {
                return Ok(Some(device));
            }
        }
        Ok(None)
    }

    fn numbered(&self, number: &str) -> Read<Option<String>> {
        let lines = self.text(&format!("{NUMBERS}/{number}/uevent"))?;
        Ok(lines.lines().find_map(|line| line.strip_prefix("DEVNAME=")).map(str::to_owned))
    }

    /// All devices of a file system that spreads over several; of others the one.
    fn members(&self, name: &str) -> Read<Vec<String>> {
        for system in self.listed(BTRFS)? {
            let members = self.listed(&format!("{BTRFS}/{system}/devices"))?;
            if members.iter().any(|member| member == name) {
                return Ok(members);
            }
        }
        Ok(vec![name.to_owned()])
    }

    fn is_device_encrypted(&self, name: &str, deepest: usize) -> Read<Option<bool>> {
        let uuid = self.text(&format!("{BLOCKS}/{name}/dm/uuid"))?;
        if ENCRYPTING.into_iter().any(|kind| uuid.starts_with(kind)) {
            return Ok(Some(true));
        }
        let below = self.listed(&format!("{BLOCKS}/{name}/slaves"))?;
        if deepest == 0 || !self.files.exists(&format!("{BLOCKS}/{name}"))? {
            return Ok(None);
        }
        let mut whole = !below.is_empty();
        for device in below {
            match self.is_device_encrypted(&device, deepest - 1)? {
                Some(is_encrypted) => whole &= is_encrypted,
                None => return Ok(None),
            }
        }
        Ok(Some(whole))
    }

    /// Whether a device stays where it is: none that is made to be taken out, and none on a cord.
    pub(super) fn is_fixed(&self, name: &str) -> Read<bool> {
        let disk = match self.files.exists(&format!("{BLOCKS}/{name}/partition"))? {
            true => whole_disk(name),
            false => name,
        };
        let link = self.files.read_link(&format!("{BLOCKS}/{disk}")).unwrap_or_default();
        let is_removable = self.text(&format!("{BLOCKS}/{disk}/removable"))?.trim() == "1";
        Ok(!is_removable && !link.contains("/usb"))
    }

    /// A small file that need not be there.
    fn text(&self, path: &str) -> Read<String> {
        match self.files.read_text(path, MOST) {
            Err(error) if error.is_not_found() => Ok(String::new()),
            read => read,
        }
    }

    fn listed(&self, folder: &str) -> Read<Vec<String>> {
        match self.files.list(folder) {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            listed => listed,
        }
    }
}

/// `sda` of `sda1`, and `nvme0n1` of `nvme0n1p1`.
fn whole_disk(partition: &str) -> &str {
    let disk = partition.trim_end_matches(|it: char| it.is_ascii_digit());
    match disk.strip_suffix('p') {
        Some(numbered) if numbered.ends_with(|it: char| it.is_ascii_digit()) => numbered,
        _ => disk,
    }
}
