# The house, from the outside. `just` lists what there is.

_default:
    @just --list --unsorted

# Everything that must hold before a change is shown
check: fmt clippy test deny

# The shape of the code
fmt:
    cargo fmt --all --check

# What the compiler's friend has to say
clippy:
    cargo clippy --workspace --all-targets -- --deny warnings

# Exactly what CI runs, Python peers included
test:
    cargo xtask test

# Licences, advisories, and what we do not link
deny:
    cargo deny --all-features check

# The whole story on the fixtures
demo folder="/tmp/pii-demo":
    cargo run --quiet --package pii-cli -- demo {{ folder }}

# `pii` beside DuckDB and Polars, or the audit log beside SQLite and PostgreSQL: just bench audit
bench *options:
    cargo xtask bench {{ options }}

# Write the fixtures anew, after a change of their generator
fixtures:
    cargo xtask fixtures
