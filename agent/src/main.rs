//! `lachan-agent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent::commands::main(std::env::args_os().skip(1), |name| std::env::var(name).ok())
}
