//! `lachan-collector`.

fn main() {}
