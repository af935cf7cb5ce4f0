//! Numbers in as few bytes as they need: seven bits in each, or six in ASCII, the lowest first.

use report::Timestamp;

/// Bytes to read. They come from a [`Scribe`]; past their end everything is zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'m>(pub(super) &'m [u8]);

impl<'m> Bytes<'m> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// The next four bytes; `None`: there are not as many.
    pub(super) fn four(&mut self) -> Option<[u8; 4]> {
        let (four, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*four)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.digits(7)
    }

    /// What [`Scribe::size`] wrote.
    pub(super) fn size(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or(usize::MAX)
    }

    /// What [`Scribe::ascii`] wrote.
    pub(super) fn ascii(&mut self) -> usize {
        usize::try_from(self.digits(6)).unwrap_or(usize::MAX)
    }

    pub(super) fn skip_number(&mut self) {
        while self.byte() & 0x80 != 0 {}
    }

    fn digits(&mut self, bits: u32) -> u64 {
        let more = 1 << bits;
        let first = self.byte();
        if first & more == 0 { first.into() } else { self.more_digits(first, bits) }
    }

    /// Most numbers have one digit: those that have more are read apart.
    fn more_digits(&mut self, first: u8, bits: u32) -> u64 {
        let more = 1 << bits;
        let mut number = u64::from(first & (more - 1));
        let mut shift = bits;
        while shift < u64::BITS {
            let byte = self.byte();
            number |= u64::from(byte & (more - 1)) << shift;
            if byte & more == 0 {
                break;
            }
            shift += bits;
        }
        number
    }

    /// A moment that was written relative to `base`.
    pub(super) fn moment(&mut self, base: Timestamp) -> Timestamp {
        Timestamp(base.0.wrapping_add(self.signed()))
    }

    pub(super) fn signed(&mut self) -> i64 {
        let folded = self.number();
        (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
    }

    /// What [`Scribe::nested`] wrote.
    pub(super) fn nested(&mut self) -> Self {
        let size = self.size();
        self.take(size)
    }

    /// What [`Scribe::nested_ascii`] wrote.
    pub(super) fn nested_ascii(&mut self) -> Self {
        let size = self.ascii();
        self.take(size)
    }

    fn take(&mut self, size: usize) -> Self {
        let (taken, rest) = self.0.split_at(size.min(self.0.len()));
        self.0 = rest;
        Self(taken)
    }
}

/// Bytes being written.
#[derive(Debug, Default)]
pub(super) struct Scribe(pub(super) Vec<u8>);

impl Scribe {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, number: u64) {
        self.digits(number, 7);
    }

    pub(super) fn size(&mut self, size: usize) {
        self.number(size as u64);
    }

    /// A number in ASCII, as a part of a text.
    pub(super) fn ascii(&mut self, number: usize) {
        self.digits(number as u64, 6);
    }

    fn digits(&mut self, mut number: u64, bits: u32) {
        let more = 1_u8 << bits;
        while number >= u64::from(more) {
            self.byte(number as u8 & (more - 1) | more);
            number >>= bits;
        }
        self.byte(number as u8);
    }

    /// A moment relative to `base`: near it, it is short.
    pub(super) fn moment(&mut self, at: Timestamp, base: Timestamp) {
        self.signed(at.0.wrapping_sub(base.0));
    }

    /// Numbers near zero are short on both of its sides.
    pub(super) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// Bytes with their length before them.
    pub(super) fn nested(&mut self, bytes: &[u8]) {
        self.size(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// ASCII with its length before it, in ASCII.
    pub(super) fn nested_ascii(&mut self, bytes: &[u8]) {
        self.ascii(bytes.len());
        self.0.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_number_takes_one_byte_on_both_sides_of_zero() {
        let mut scribe = Scribe::default();
        scribe.number(127);
        scribe.signed(63);
        scribe.signed(-64);
        assert_eq!(scribe.0, [127, 126, 127]);
    }

    #[test]
    fn past_the_end_everything_is_zero() {
        let mut bytes = Bytes(&[]);
        assert_eq!((bytes.byte(), bytes.number(), bytes.signed()), (0, 0, 0));
        assert!(Bytes(&[200, 1, 7]).nested().0 == [7]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn what_is_written_is_read(number: u64, signed: i64, at: i64, base: i64, text: Vec<u8>) {
            let (at, base) = (Timestamp(at), Timestamp(base));
            let mut scribe = Scribe::default();
            scribe.number(number);
            scribe.signed(signed);
            scribe.moment(at, base);
            scribe.nested(&text);
            let mut bytes = Bytes(&scribe.0);
            prop_assert_eq!(bytes.number(), number);
            prop_assert_eq!(bytes.signed(), signed);
            prop_assert_eq!(bytes.moment(base), at);
            prop_assert_eq!(bytes.nested().0, text);
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn what_is_written_in_ascii_is_ascii_and_is_read(number: usize, text in "[ -~]{0,200}") {
            let mut scribe = Scribe::default();
            scribe.ascii(number);
            scribe.nested_ascii(text.as_bytes());
            prop_assert!(scribe.0.is_ascii());
            let mut bytes = Bytes(&scribe.0);
            prop_assert_eq!(bytes.ascii(), number);
            prop_assert_eq!(bytes.nested_ascii().0, text.as_bytes());
            prop_assert!(bytes.is_empty());
        }
    }
}
