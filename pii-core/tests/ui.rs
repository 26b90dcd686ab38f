//! What the types promise. Each file in `ui/` breaks one promise, and must not compile.
//!
//! The wording of the compiler stands beside it, so that a typing error cannot pass for a proof. After a change of
//! the compiler: `TRYBUILD=overwrite cargo test -p pii-core --test ui`, then read what changed.

#[test]
fn promises_are_kept_by_the_compiler() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
