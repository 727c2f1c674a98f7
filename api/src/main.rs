//! The binary `shequn`; everything is in the library.

fn main() -> std::process::ExitCode {
    shequn::cli::main()
}
