//! The entries of an archive, one after the other.

use std::io::{self, Read as _};

use report::Timestamp;

use crate::host::files::{Read, ReadError, ReadErrorKind};

/// Headers and contents fill whole blocks.
const BLOCK: usize = 512;

/// The most bytes of one archive.
const MOST: u64 = 1 << 30;

/// An archive as it is read.
pub(super) struct Archive<R> {
    source: io::Take<R>,
    path: String,
    /// What is left of the content of the present entry, and what fills its last block.
    content: u64,
    filling: u64,
}

/// What stands before a content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) modified: Timestamp,
}

impl<R: io::Read> Archive<R> {
    /// An archive that is called `path` in errors.
    pub(super) fn of(source: R, path: &str) -> Self {
        Self { source: source.take(MOST), path: path.to_owned(), content: 0, filling: 0 }
    }

    /// The next entry. Archives may follow one another, so what fills the end of one is passed over.
    ///
    /// # Errors
    /// When it is cut off, cannot be read or is no archive.
    pub(super) fn next(&mut self) -> Read<Option<Entry>> {
        let rest = self.content + self.filling;
        let skipped = io::copy(&mut self.source.by_ref().take(rest), &mut io::sink());
        if skipped.map_err(|error| self.unreadable(&error))? < rest {
            return Err(self.damaged("it was cut off"));
        }
        (self.content, self.filling) = (0, 0);
        loop {
            let mut header = [0; BLOCK];
            match self.fill(&mut header)? {
                0 => return Ok(None),
                BLOCK if header.iter().all(|byte| *byte == 0) => {}
                BLOCK => return self.entry(&header).map(Some),
                _ => return Err(self.damaged("it was cut off")),
            }
        }
    }

    fn fill(&mut self, block: &mut [u8]) -> Read<usize> {
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(&error)),
            }
        }
        Ok(filled)
    }

    fn entry(&mut self, header: &[u8; BLOCK]) -> Read<Entry> {
        let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        let own: u64 = field(148, 156).iter().map(|byte| u64::from(*byte)).sum();
        let stated = octal(field(148, 156));
        let size = octal(field(124, 136));
        let (Some(size), true) = (size, stated == Some(sum - own + 8 * u64::from(b' '))) else {
            return Err(self.damaged("it is no archive"));
        };
        let block = BLOCK as u64;
        self.content = size;
        self.filling = (block - size % block) % block;
        let modified = octal(field(136, 148)).and_then(|at| i64::try_from(at).ok());
        Ok(Entry { name: text(field(0, 100)), modified: Timestamp(modified.unwrap_or_default()) })
    }

    fn damaged(&self, why: &str) -> ReadError {
        ReadError::new(&self.path, ReadErrorKind::Damaged(why.to_owned()))
    }

    /// What unpacks to nonsense is damaged.
    fn unreadable(&self, error: &io::Error) -> ReadError {
        match ReadError::from_io(&self.path, error).kind {
            ReadErrorKind::Other(why) => self.damaged(&why),
            kind => ReadError::new(&self.path, kind),
        }
    }
}

/// Reads the content of the present entry.
impl<R: io::Read> io::Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.by_ref().take(self.content).read(buffer)?;
        if read == 0 && self.content > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.content -= u64::try_from(read).unwrap_or(self.content);
        Ok(read)
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or(field)).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = text(field);
    u64::from_str_radix(text.trim(), 8).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An archive of these files, made on 2026-11-20.
    pub(in super::super) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, content) in files {
            let mut header = [0_u8; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[136..147].copy_from_slice(format!("{:011o}", 1_795_132_800).as_bytes());
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            bytes.extend(header);
            bytes.extend(content.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        }
        bytes
    }

    fn all(bytes: &[u8]) -> Read<Vec<(String, String)>> {
        let mut archive = Archive::of(bytes, "x.tar");
        let mut found = Vec::new();
        while let Some(entry) = archive.next()? {
            let mut content = String::new();
            let read = archive.read_to_string(&mut content);
            read.map_err(|error| archive.unreadable(&error))?;
            found.push((entry.name, content));
        }
        Ok(found)
    }

    #[test]
    fn entries_are_read_in_their_order_and_passed_over_unread() {
        let two = archive(&[("a/desc", "x"), ("b", &"y".repeat(600))]);
        let ended = [two.clone(), vec![0; 2 * BLOCK], archive(&[("c", "")])].concat();
        let found = all(&ended).unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a/desc", "b", "c"]);
        assert_eq!(found[1].1.len(), 600);
        let mut passed = Archive::of(&two[..], "x.tar");
        assert_eq!(passed.next().unwrap().unwrap().modified, Timestamp(1_795_132_800));
        assert_eq!(passed.next().unwrap().unwrap().name, "b");
        assert_eq!(passed.next().unwrap(), None);
    }

    #[test]
    fn an_archive_that_was_cut_off_or_changed_is_damaged() {
        let whole = archive(&[("a", "content")]);
        for end in [1, BLOCK - 1, BLOCK, BLOCK + 3] {
            let error = all(&whole[..end]).unwrap_err();
            assert!(!error.is_not_found(), "{end}: {error}");
        }
        let mut changed = whole;
        changed[0] ^= 1;
        assert!(matches!(all(&changed).unwrap_err().kind, ReadErrorKind::Damaged(_)));
    }

    proptest! {
        #[test]
        fn nothing_ends_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..1200)) {
            let _ = all(&bytes);
        }
    }
}
