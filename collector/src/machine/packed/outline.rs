//! What the readings of a topic are, without their values: PCs of one sort have the same.
//!
//! An outline is a text of the [`Lexicon`](super::Lexicon): the length of its marks, a
//! [mark](Mark) for each reading, and the sources that the marks name by number.

use report::catalogue::Field;
use report::{FactKey, Kind};

use super::bytes::{Bytes, Scribe};

/// Texts that no other machine has: they are kept where they are used.
const OWN_TEXTS: [FactKey; 4] = [
    FactKey::of("machine.host_name"),
    FactKey::of("machine.serial"),
    FactKey::of("machine.asset_tag"),
    FactKey::of("machine.hardware_uuid"),
];

/// What the slots of readings stand for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Columns {
    /// The facts of the catalogue.
    Facts,
    /// The fields of a record.
    Fields(&'static [Field]),
}

impl Columns {
    /// The kind of the value in a slot.
    pub(super) fn kind(self, slot: usize) -> Option<Kind> {
        match self {
            Self::Facts => FactKey::at(slot).map(|key| key.spec().kind),
            Self::Fields(fields) => fields.get(slot).map(|field| field.kind),
        }
    }

    /// The fields of a record; facts are none.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Facts => &[],
            Self::Fields(fields) => fields,
        }
    }

    /// Whether the text in a slot is the machine's own.
    pub(super) fn is_own_text(self, slot: usize) -> bool {
        match self {
            Self::Facts => OWN_TEXTS.iter().any(|key| key.slot() == slot),
            Self::Fields(_) => false,
        }
    }
}

/// What a reading holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Unknown,
    Absent,
    Word,
    OwnText,
    Choice,
    No,
    Yes,
    Count,
    SourceMoment,
    MachineMoment,
    /// The marks of the records follow.
    Records,
}

impl Shape {
    const ALL: [Self; 11] = [
        Self::Unknown,
        Self::Absent,
        Self::Word,
        Self::OwnText,
        Self::Choice,
        Self::No,
        Self::Yes,
        Self::Count,
        Self::SourceMoment,
        Self::MachineMoment,
        Self::Records,
    ];
}

/// One reading in an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The place of its fact in the catalogue, or of its field in a record.
    pub(super) slot: usize,
    pub(super) shape: Shape,
    /// The number of its source among those of the outline, from one; zero: it names none.
    pub(super) source: usize,
}

impl Mark {
    /// A mark is four characters, each of seven bits: the slot, more of it beside the shape, and
    /// the source in two.
    pub(super) fn read(marks: &mut Bytes<'_>) -> Option<Self> {
        let [slot, shape, source, more] = marks.four()?.map(usize::from);
        Some(Self {
            slot: slot | (shape >> 4) << 7,
            shape: Shape::ALL.get(shape & 15).copied().unwrap_or(Shape::Unknown),
            source: source | more << 7,
        })
    }

    pub(super) fn write(self, marks: &mut Scribe) {
        let Self { slot, shape, source } = self;
        let high = (slot >> 7 << 4) as u8;
        let four = [slot as u8, shape as u8 | high, source as u8, (source >> 7) as u8];
        four.iter().for_each(|byte| marks.byte(byte & 0x7f));
    }
}

/// No text of a report holds this character.
const BETWEEN_SOURCES: char = '\u{1f}';

/// The sources of an outline being written.
#[derive(Debug, Default)]
pub(super) struct Sources<'t>(Vec<&'t str>);

impl<'t> Sources<'t> {
    /// The number of this source.
    pub(super) fn number(&mut self, source: Option<&'t str>) -> usize {
        let Some(source) = source else { return 0 };
        let place = self.0.iter().position(|known| *known == source);
        1 + place.unwrap_or_else(|| {
            self.0.push(source);
            self.0.len() - 1
        })
    }
}

/// The text of an outline.
pub(super) fn write(marks: &Scribe, sources: &Sources<'_>) -> String {
    let mut text = Scribe::default();
    text.ascii(marks.0.len());
    let bytes = text.0.iter().chain(&marks.0);
    let mut text: String = bytes.map(|byte| char::from(*byte)).collect();
    for (place, source) in sources.0.iter().enumerate() {
        if place > 0 {
            text.push(BETWEEN_SOURCES);
        }
        text.push_str(source);
    }
    text
}

/// The marks of an outline.
pub(super) fn marks(outline: &str) -> Bytes<'_> {
    Bytes(outline.as_bytes()).nested_ascii()
}

/// The sources of an outline, in the order of their numbers.
pub(super) fn sources(outline: &str) -> Vec<&str> {
    let mut bytes = Bytes(outline.as_bytes());
    bytes.nested_ascii();
    let start = outline.len() - bytes.0.len();
    outline.get(start..).unwrap_or_default().split(BETWEEN_SOURCES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_comes_back() {
        for shape in Shape::ALL {
            for (slot, source) in [(0, 0), (127, 127), (128, 128), (1_023, 16_383)] {
                let mark = Mark { slot, shape, source };
                let mut marks = Scribe::default();
                mark.write(&mut marks);
                let outline = write(&marks, &Sources::default());
                let mut marks = super::marks(&outline);
                assert_eq!((Mark::read(&mut marks), marks.is_empty()), (Some(mark), true));
            }
        }
    }

    #[test]
    fn a_source_is_written_once_and_the_empty_one_is_one() {
        let mut sources = Sources::default();
        let named = [Some("b"), Some(""), None, Some("Sở"), Some("b")];
        assert_eq!(named.map(|source| sources.number(source)), [1, 2, 0, 3, 1]);
        let outline = write(&Scribe(vec![b'x'; 100]), &sources);
        assert_eq!(super::sources(&outline), ["b", "", "Sở"]);
        assert_eq!(super::marks(&outline).0, [b'x'; 100]);
    }

    #[test]
    fn a_machines_own_texts_are_texts() {
        for key in OWN_TEXTS {
            assert_eq!(key.spec().kind, Kind::Text, "{key:?}");
        }
    }
}
