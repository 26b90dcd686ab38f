//! What each command says in each situation: one file of `tests/cmd/<noun>/` a situation, named for it.
//!
//! `TRYCMD=overwrite cargo test --package pii-cli --test cmd` writes down what it says now; read the difference.

#[test]
fn commands_say_what_is_written_down() {
    trycmd::TestCases::new()
        .register_bin("pii", trycmd::cargo::cargo_bin!("pii"))
        .default_bin_name("pii")
        .env("NO_COLOR", "1")
        .case("tests/cmd/*/*.toml")
        .case("tests/cmd/*/*.trycmd");
}
