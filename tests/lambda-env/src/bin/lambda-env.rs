//! The program `lambda-env`; what it does is in the library's `cli`.

fn main() -> std::process::ExitCode {
    lambda_env::cli::main()
}
