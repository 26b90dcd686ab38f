//! Times on the command line.

use jiff::Timestamp;

use crate::error::Error;

/// A day, from its beginning in UTC, or a moment.
pub(super) fn read(text: &str) -> Result<Timestamp, Error> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    whole
        .parse()
        .map_err(|_| Error::usage(format!("`{text}` is not a time"), "write 2026-05-17 or 2026-05-17T12:00:00Z"))
}
