use serde::Deserialize;

use super::ask::Ask;
use crate::store::Error;
use crate::wire::Answer;

/// What a store says when it does not do what it was asked.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    said: Said,
    /// The region that the bucket is in, if it is not the one that was asked.
    region: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Said {
    code: String,
    message: String,
}

impl Refusal {
    /// Whether an answer is one. Some stand in an answer of status 200, which was begun before the work was done.
    pub(super) fn of(answer: Answer, ask: &Ask<'_>) -> Result<Answer, Self> {
        let is_error = |body: &[u8]| {
            let head = body.get(..body.len().min(512)).unwrap_or_default();
            String::from_utf8_lossy(head).contains("<Error>")
        };
        let late = matches!(ask.method, "POST" | "PUT") && is_error(&answer.body);
        if (200..300).contains(&answer.status) && !late {
            return Ok(answer);
        }
        let said = quick_xml::de::from_str(&String::from_utf8_lossy(&answer.body)).unwrap_or_default();
        let region = answer.header("x-amz-bucket-region").map(str::to_owned);
        Err(Self { status: answer.status, said, region })
    }

    /// Whether it is worth asking again.
    pub(super) fn passes(&self) -> bool {
        let code = self.said.code.as_str();
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
            || matches!(
                code,
                "InternalError" | "SlowDown" | "ServiceUnavailable" | "RequestTimeout" | "ConditionalRequestConflict"
            )
    }
}

/// What a refusal means here.
pub(super) fn refused(ask: &Ask<'_>, region: &str, refusal: Refusal) -> Error {
    let Refusal { status, said, region: found } = refusal;
    let location = ask.location.to_string();
    let why = match (said.code.as_str(), said.message.as_str()) {
        _ if found.as_deref().is_some_and(|found| found != region) && status != 404 => {
            format!("its bucket is in the region {}, and {region} was asked", found.unwrap_or_default())
        }
        ("", _) => format!("status {status}"),
        (code, "") => code.to_owned(),
        (_, message) => message.lines().next().unwrap_or_default().chars().take(300).collect(),
    };
    match (status, said.code.as_str()) {
        (_, "NoSuchBucket") => Error::NoBucket { bucket: ask.location.bucket().to_owned() },
        (_, "InvalidObjectState") => Error::ObjectArchived { location },
        (404, _) => Error::NoObject { location },
        (412, _) | (_, "PreconditionFailed" | "ConditionalRequestConflict") => Error::ObjectChanged { location },
        (401 | 403, _) => Error::ObjectDenied { location, why },
        _ => Error::ObjectStore { place: location, why },
    }
}
