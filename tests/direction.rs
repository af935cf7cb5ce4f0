//! direction
