//! Texts that many machines share, each kept once.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// The number of a text in the [`Lexicon`] it was taken from. Whoever takes one owes it a
/// [release](Lexicon::release).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(pub(super) u32);

impl Word {
    fn place(self) -> usize {
        self.0 as usize
    }
}

/// Every shared text with the number of its users. A text is forgotten with its last user and its
/// number given to the next one, so that a PC with a new text in each report takes one place.
///
/// The texts come from PCs: the index is keyed, so that no PC can choose texts that collide.
#[derive(Debug, Default)]
pub struct Lexicon {
    entries: Vec<Entry>,
    free: Vec<Word>,
    index: HashTable<Word>,
    keys: RandomState,
}

#[derive(Debug)]
struct Entry {
    text: Box<str>,
    users: u64,
}

impl Lexicon {
    /// The number of this text, which has one user more.
    pub fn take(&mut self, text: &str) -> Word {
        let hash = self.keys.hash_one(text);
        let found = self.index.find(hash, |word| self.text(*word) == text).copied();
        let word = found.unwrap_or_else(|| self.add(text, hash));
        if let Some(entry) = self.entries.get_mut(word.place()) {
            entry.users += 1;
        }
        word
    }

    /// The text of this number has one user less.
    pub fn release(&mut self, word: Word) {
        let Some(entry) = self.entries.get_mut(word.place()) else { return };
        entry.users = entry.users.saturating_sub(1);
        if entry.users == 0 {
            self.forget(word);
        }
    }

    /// The text of a number that was taken and not yet released.
    #[must_use]
    pub fn text(&self, word: Word) -> &str {
        self.entries.get(word.place()).map_or("", |entry| &entry.text)
    }

    /// How many texts are in use.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no text is in use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    fn add(&mut self, text: &str, hash: u64) -> Word {
        let entry = Entry { text: text.into(), users: 0 };
        let word = match self.free.pop() {
            Some(word) => {
                self.entries[word.place()] = entry;
                word
            }
            None => self.append(entry),
        };
        let Self { entries, index, keys, .. } = self;
        index.insert_unique(hash, word, |word| keys.hash_one(&*entries[word.place()].text));
        word
    }

    fn append(&mut self, entry: Entry) -> Word {
        // A million machines of 256 facts, each with a text and a source of its own, are an
        // eighth of what fits.
        let word = Word(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.push(entry);
        word
    }

    /// Does nothing for a number that is free already.
    fn forget(&mut self, word: Word) {
        let hash = self.keys.hash_one(self.text(word));
        if let Ok(indexed) = self.index.find_entry(hash, |other| *other == word) {
            indexed.remove();
            self.entries[word.place()].text = Box::default();
            self.free.push(word);
        }
    }
}

#[cfg(test)]
mod tests;
