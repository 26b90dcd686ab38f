use super::table::Table;
use super::violation::Found;

/// The controller (Art. 4(7)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    name: String,
    contact: Option<String>,
}

impl Controller {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to reach it or its data protection officer.
    pub fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    pub(super) fn read(mut table: Table<'_>, found: &mut Found) -> Option<Self> {
        let name = table.need_text("name", "\"Acme GmbH\"", found);
        let contact = table.text("contact", found);
        table.finish(found);
        Some(Self { name: name?.value, contact: contact.map(|c| c.value) })
    }
}
