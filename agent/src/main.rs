//! `lachan-agent`.

fn main() {}
