use std::path::Path;

use pii_core::store::{Destination, ObjectLocation};
use pii_core::workspace::AnchorTo;
use serde_json::json;

use crate::config::{Global, objects};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Give the newest checkpoint to be kept elsewhere
///
/// No log can show that its own end was cut; a checkpoint that somebody else keeps can. A file gets the new one added, after the log was compared with those in it. Under `s3://bucket/folder/` each becomes a new object; `s3://bucket/key` is replaced. It is worth something where whoever keeps the log cannot change it: on another machine, in a bucket with object lock, in an auditor's mailbox.
///
/// S3 is reached as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL say. Exit code 3 if the log does not go on from the anchors that are there.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file, `-` for standard output, s3://bucket/folder/ or s3://bucket/key
    #[arg(long, value_name = "PLACE")]
    to: String,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let place = Place::parse(&args.to)?;
    let workspace = global.open()?;
    let objects = place.object().map(|_| objects(workspace.site().wire().clone())).transpose()?;
    let mut printed = Vec::new();
    let to = match (&place, &objects) {
        (Place::Object(location), Some(objects)) => AnchorTo::Object(objects, location),
        (Place::Local(Destination::Path(path)), _) => AnchorTo::File(path),
        _ => AnchorTo::Writer(&mut printed),
    };
    let anchored = workspace.anchor(to);
    workspace.seal()?;
    let anchored = anchored?;
    let checkpoint = &anchored.checkpoint;
    let kept = anchored.object.map_or_else(|| args.to.clone(), |object| object.to_string());
    ui.record(
        "anchor",
        &json!({
            "to": kept, "origin": checkpoint.origin(), "size": checkpoint.size(),
            "root": checkpoint.root().to_string(), "note": checkpoint.to_string(),
        }),
    );
    let entries = count(checkpoint.size(), "entry").replace("entrys", "entries");
    if let Place::Local(Destination::Stdout) = place {
        ui.line(String::from_utf8_lossy(&printed).trim_end());
        ui.note(format!("{entries} anchored; whoever keeps this can tell if they are changed or cut"));
    } else {
        ui.line(format!("{entries} anchored in `{kept}`"));
        ui.note(format!("check with `pii audit verify --anchor {kept}`"));
    }
    Ok(Exit::Done)
}

enum Place {
    Local(Destination),
    Object(ObjectLocation),
}

impl Place {
    fn parse(text: &str) -> Result<Self, Error> {
        if ObjectLocation::is_meant(text) {
            return Ok(Self::Object(ObjectLocation::parse(text)?));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            let message = format!("an anchor cannot be kept at `{scheme}://`");
            return Err(Error::usage(message, "name a file, `-`, or `s3://bucket/folder/`"));
        }
        if text != "-" && (text.is_empty() || Path::new(text).is_dir()) {
            return Err(Error::usage(format!("`{text}` is not a file"), "name the file to keep anchors in"));
        }
        Ok(Self::Local(Destination::parse(text)?))
    }

    fn object(&self) -> Option<&ObjectLocation> {
        match self {
            Self::Object(location) => Some(location),
            Self::Local(_) => None,
        }
    }
}
