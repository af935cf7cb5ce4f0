//! The table itself, as the System Management BIOS specification (DSP0134) lays it out: structures
//! one after the other, each with its formatted part and the strings that part counts.

/// What stands before the structures in Windows' copy: the calling method, the version of the
/// specification, a revision, and how many bytes follow.
const HEADER: usize = 8;

/// Type, length and handle of a structure.
const STRUCTURE_HEADER: usize = 4;

const SYSTEM: u8 = 1;
const BOARD: u8 = 2;
const CHASSIS: u8 = 3;
const END: u8 = 127;

/// From this version of the specification on the first three groups of a UUID are little-endian.
const LITTLE_ENDIAN_UUID: (u8, u8) = (2, 6);

/// What is read of the table, as it is written there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) board_serial: Option<String>,
    pub(super) asset_tag: Option<String>,
    pub(super) chassis_type: Option<u8>,
}

/// The table in Windows' copy; none where it has no system in it, which the specification demands.
pub(super) fn parse(raw: &[u8]) -> Option<Table> {
    let (header, structures) = raw.split_at_checked(HEADER)?;
    let version = (header[1], header[2]);
    let structures: Vec<_> = Structures(structures).collect();
    let first = |kind| structures.iter().find(|structure| structure.kind == kind);
    let system = first(SYSTEM)?;
    let board = first(BOARD);
    let chassis = first(CHASSIS);
    Some(Table {
        manufacturer: system.string(0x04),
        model: system.string(0x05),
        serial: system.string(0x07),
        uuid: system.bytes(0x08).map(|bytes| uuid(bytes, version)),
        board_serial: board.and_then(|board| board.string(0x07)),
        asset_tag: chassis.and_then(|chassis| chassis.string(0x08)),
        // The highest bit says that the chassis can be locked.
        chassis_type: chassis.and_then(|it| it.formatted.get(0x05)).map(|byte| byte & 0x7f),
    })
}

struct Structure<'a> {
    kind: u8,
    /// From its header on, so that offsets are those of the specification.
    formatted: &'a [u8],
    strings: &'a [u8],
}

impl<'a> Structure<'a> {
    fn bytes<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.formatted.get(offset..)?.first_chunk().copied()
    }

    /// The string whose number stands at an offset; number 0 is none.
    fn string(&self, offset: usize) -> Option<String> {
        let number = usize::from(*self.formatted.get(offset)?).checked_sub(1)?;
        let string = self.strings.split(|byte| *byte == 0).nth(number)?;
        Some(String::from_utf8_lossy(string).into_owned())
    }
}

/// The structures as far as they are whole.
struct Structures<'a>(&'a [u8]);

impl<'a> Iterator for Structures<'a> {
    type Item = Structure<'a>;

    fn next(&mut self) -> Option<Structure<'a>> {
        let (kind, length) = (*self.0.first()?, usize::from(*self.0.get(1)?));
        if kind == END || length < STRUCTURE_HEADER {
            return None;
        }
        let (formatted, rest) = self.0.split_at_checked(length)?;
        // Two zero bytes end the strings, also where there is none.
        let end = rest.windows(2).position(|pair| pair == [0, 0])?;
        self.0 = &rest[end + 2..];
        Some(Structure { kind, formatted, strings: &rest[..end] })
    }
}

fn uuid(bytes: [u8; 16], version: (u8, u8)) -> String {
    let mut bytes = bytes;
    if version >= LITTLE_ENDIAN_UUID {
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
    }
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}
