//! clamav
