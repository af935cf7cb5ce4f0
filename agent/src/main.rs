//! `lachan-agent`.

use std::process::ExitCode;

use agent::host::locale;

fn main() -> ExitCode {
    agent::commands::main(std::env::args_os().skip(1), locale::variable)
}
