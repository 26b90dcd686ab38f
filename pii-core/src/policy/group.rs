use super::names::{Names, name};
use super::table::Table;
use super::violation::{At, Found};
use crate::vocab::{Domain, RecipientId};

/// Recipients that share a pseudonymisation domain, so that they may join what they got.
pub(super) struct Group {
    pub(super) id: At<Domain>,
    pub(super) recipients: Vec<At<RecipientId>>,
}

impl Group {
    pub(super) fn read(mut table: Table<'_>, names: &mut Names, found: &mut Found) -> Option<Self> {
        let id = table.need_text("id", "\"measurement\"", found);
        let id = id.and_then(|id| id.read("malformed-name", found, |n| name(n, Domain::parse)));
        if let Some(id) = &id {
            names.groups.claim("group", id, found);
        }
        let members = table.need("recipients", "[\"…\", \"…\"]", found);
        let members = members.map(|m| m.texts(found)).unwrap_or_default();
        table.finish(found);
        let recipient = |text: At<String>| text.read("malformed-name", found, |n| name(n, RecipientId::parse));
        let recipients = members.into_iter().filter_map(recipient).collect();
        Some(Self { id: id?, recipients })
    }
}
