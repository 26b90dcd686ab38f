//! What to measure, and how often.

use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Options {
    /// One of them, or protecting and scanning.
    pub(super) what: Option<What>,
    pub(super) rows: usize,
    pub(super) runs: usize,
    /// Of the lake to erase in.
    pub(super) files: usize,
    /// Percent of 524,288 rows in each of them.
    pub(super) scale: usize,
    /// Leave the lake for the next time.
    pub(super) keep: bool,
    /// Leave `pii` out.
    pub(super) peers_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    Protect,
    Scan,
    Audit,
    Seal,
    Vault,
    Erase,
    Objections,
    Requests,
}

impl Options {
    pub(super) fn read(args: &[&str]) -> Result<Self> {
        let mut options =
            Self { what: None, rows: 5_000_000, runs: 5, files: 24, scale: 100, keep: false, peers_only: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut number = || match args.next().map(|text| text.replace('_', "").parse()) {
                Some(Ok(number)) if number > 0 => Ok(number),
                _ => Err(format!("`{arg}` needs a number above 0")),
            };
            match *arg {
                "protect" => options.what = Some(What::Protect),
                "scan" => options.what = Some(What::Scan),
                "audit" => options.what = Some(What::Audit),
                "seal" => options.what = Some(What::Seal),
                "vault" => options.what = Some(What::Vault),
                "erase" => options.what = Some(What::Erase),
                "--files" => options.files = number()?,
                "--scale" => options.scale = number()?,
                "--keep" => options.keep = true,
                "objections" => options.what = Some(What::Objections),
                "requests" => options.what = Some(What::Requests),
                "--rows" => options.rows = number()?,
                "--runs" => options.runs = number()?,
                "--peers-only" => options.peers_only = true,
                _ => return Err(format!("`{arg}` is not known: {USAGE}").into()),
            }
        }
        Ok(options)
    }
}

const USAGE: &str = "cargo xtask bench [protect|scan|audit|seal|vault|erase|objections|requests] [--rows N] [--runs N] \
                     [--peers-only] [--files N] [--scale PERCENT] [--keep]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order() {
        let read = Options::read(&["--rows", "500_000", "scan", "--runs", "3"]).unwrap();
        let (files, scale, keep) = (24, 100, false);
        let wanted = Options { what: Some(What::Scan), rows: 500_000, runs: 3, files, scale, keep, peers_only: false };
        assert_eq!(read, wanted);
        assert_eq!(Options::read(&["--rows"]).unwrap_err().to_string(), "`--rows` needs a number above 0");
    }
}
