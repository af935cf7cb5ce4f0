//! Finding one value in a text: pure, and never wrong about where a value ends.

pub(super) mod ini;
pub(super) mod json;
pub(super) mod lines;
pub(super) mod xml;
