//! What a Windows program asks of the system it runs on: its import table.

use std::collections::BTreeSet;

/// The symbols that a program needs before it starts, each as `dll!symbol` with the library in
/// lower case; a symbol without a name as `dll!#7`.
///
/// # Panics
/// When that is no program for Windows of 64 bits.
#[must_use]
pub fn imports(program: &[u8]) -> BTreeSet<String> {
    let image = Image::of(program);
    let mut symbols = BTreeSet::new();
    for library in (0..).map(|index| image.imports + index * DESCRIPTOR) {
        let [lookup, name] = [0, 12].map(|field| image.word(library + field));
        if name == 0 {
            break;
        }
        let name = image.text(name).to_lowercase();
        let entries = (0..).map(|index| image.long(lookup + index * 8));
        for entry in entries.take_while(|entry| *entry != 0) {
            let symbol = match entry >> 63 {
                0 => image.text(u32::try_from(entry).expect("an address") + 2),
                _ => format!("#{}", entry & 0xFFFF),
            };
            symbols.insert(format!("{name}!{symbol}"));
        }
    }
    symbols
}

/// The size of a library's row in the import directory.
const DESCRIPTOR: u32 = 20;

/// A program as it lies in its file.
struct Image<'a> {
    bytes: &'a [u8],
    /// Where each section will lie in memory, how long it is, and where it lies in the file.
    sections: Vec<(u32, u32, u32)>,
    /// Where the import directory will lie in memory.
    imports: u32,
}

impl<'a> Image<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let at = |offset: usize| word(bytes, offset);
        let header = usize::try_from(at(0x3C)).expect("an offset");
        assert_eq!(&bytes[header..header + 4], b"PE\0\0", "a program for Windows");
        let optional = header + 24;
        assert_eq!(at(optional) & 0xFFFF, 0x20B, "a program of 64 bits");
        let (sections, length) = (at(header + 6) & 0xFFFF, at(header + 20) & 0xFFFF);
        let table = optional + usize::try_from(length).expect("a length");
        let section = |index: u32| {
            let row = table + usize::try_from(index).expect("an index") * 40;
            (at(row + 12), at(row + 16), at(row + 20))
        };
        let sections = (0..sections).map(section).collect();
        Self { bytes, sections, imports: at(optional + 112 + 8) }
    }

    fn offset(&self, address: u32) -> usize {
        let holds =
            |(start, length, _): &&(u32, u32, u32)| (*start..*start + *length).contains(&address);
        let (start, _, offset) = self.sections.iter().find(holds).expect("in a section");
        usize::try_from(address - start + offset).expect("an offset")
    }

    fn word(&self, address: u32) -> u32 {
        word(self.bytes, self.offset(address))
    }

    fn long(&self, address: u32) -> u64 {
        u64::from(self.word(address)) | u64::from(self.word(address + 4)) << 32
    }

    fn text(&self, address: u32) -> String {
        let bytes = self.bytes[self.offset(address)..].iter().take_while(|byte| **byte != 0);
        String::from_utf8(bytes.copied().collect()).expect("a name")
    }
}

fn word(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
}
