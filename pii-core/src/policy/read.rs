use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use toml::de::DeTable;

use super::group::Group;
use super::names::Names;
use super::syntax::report_syntax;
use super::table::Table;
use super::violation::{Found, Source};
use super::{Calendar, Controller, Dataset, Error, Place, Policy, Purpose, Recipient};

impl Policy {
    /// Reads every `*.toml` of a folder, in the order of their names. Folders within it are not read.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::NoPolicy`], or [`Error::Violations`] with everything that cannot stand.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| Error::Read { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(failed(dir))? {
            let path = entry.map_err(failed(dir))?.path();
            if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
                files.push((path, text));
            }
        }
        if files.is_empty() {
            return Err(Error::NoPolicy { path: dir.to_owned() });
        }
        Self::parse(&files)
    }

    /// Reads the texts of policy files that together are one policy.
    ///
    /// # Errors
    /// [`Error::NoPolicy`] for no file, or [`Error::Violations`] with everything that cannot stand.
    pub fn parse(files: &[(PathBuf, String)]) -> Result<Self, Error> {
        let mut sources: Vec<_> =
            files.iter().map(|(file, text)| Arc::new(Source { file: file.clone(), text: text.clone() })).collect();
        sources.sort_by(|a, b| (a.file.file_name(), &a.text).cmp(&(b.file.file_name(), &b.text)));
        let first = sources.first().ok_or_else(|| Error::NoPolicy { path: PathBuf::new() })?;

        let mut found = Found::default();
        let mut draft = Draft::default();
        for source in &sources {
            draft.read(source, &mut found);
        }
        if draft.is_whole {
            draft.join_groups(&mut found);
            draft.refer(&Place::new(first, 0..0), &mut found);
            draft.ask_for_bases(&mut found);
            draft.weigh(&mut found);
        }
        let violations = found.into_violations();
        match draft.controller {
            Some(controller) if violations.is_empty() => Ok(Self {
                controller,
                calendar: draft.calendar.unwrap_or_default(),
                purposes: draft.purposes,
                recipients: draft.recipients,
                datasets: draft.datasets,
                digest: digest(&sources),
            }),
            _ => Err(Error::Violations(violations)),
        }
    }
}

/// What the files say, before anybody has asked whether it can stand.
pub(super) struct Draft {
    controller: Option<Controller>,
    calendar: Option<Calendar>,
    pub(super) purposes: Vec<Purpose>,
    pub(super) recipients: Vec<Recipient>,
    pub(super) groups: Vec<Group>,
    pub(super) datasets: Vec<Dataset>,
    pub(super) names: Names,
    /// Whether every file is TOML. Where one is not, a missing name may stand in the part that could not be read.
    is_whole: bool,
    /// Whether every dataset has told what it may be used for.
    pub(super) knows_uses: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            controller: None,
            calendar: None,
            purposes: Vec::new(),
            recipients: Vec::new(),
            groups: Vec::new(),
            datasets: Vec::new(),
            names: Names::default(),
            is_whole: true,
            knows_uses: true,
        }
    }
}

impl Draft {
    fn read(&mut self, source: &Arc<Source>, found: &mut Found) {
        let (document, errors) = DeTable::parse_recoverable(&source.text);
        if !errors.is_empty() {
            self.is_whole = false;
            for error in errors {
                report_syntax(&error, source, found);
            }
            return;
        }
        let start = Place::new(source, 0..0);
        let mut file = Table::new("a policy", document.get_ref(), start, source);
        let names = &mut self.names;
        if let Some(entry) = file.get("controller") {
            if let Some(first) = &names.controller {
                let message = format!("the controller is named already at {first}");
                found.report("duplicate-controller", &entry.key_at, message, "take one of the two away");
            } else {
                let table = entry.value.table("the controller", found);
                self.controller = table.and_then(|t| Controller::read(t, found));
                names.controller = Some(entry.key_at);
            }
        }
        if let Some(entry) = file.get("requests") {
            if let Some(first) = &names.requests {
                let message = format!("requests have their table already at {first}");
                found.report("duplicate-requests", &entry.key_at, message, "take one of the two away");
            } else {
                let table = entry.value.table("requests", found);
                self.calendar = table.map(|t| Calendar::read(t, found));
                names.requests = Some(entry.key_at);
            }
        }
        let purposes = file.tables("purpose", "a purpose", found);
        self.purposes.extend(purposes.into_iter().filter_map(|t| Purpose::read(t, names, found)));
        let recipients = file.tables("recipient", "a recipient", found);
        self.recipients.extend(recipients.into_iter().filter_map(|t| Recipient::read(t, names, found)));
        let groups = file.tables("group", "a group", found);
        self.groups.extend(groups.into_iter().filter_map(|t| Group::read(t, names, found)));
        for table in file.tables("dataset", "a dataset", found) {
            let dataset = Dataset::read(table, names, found);
            self.knows_uses &= dataset.as_ref().is_some_and(|d| !d.purposes.is_empty());
            self.datasets.extend(dataset);
        }
        file.finish(found);
    }
}

fn digest(sources: &[Arc<Source>]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for source in sources {
        let name = source.file.file_name().unwrap_or_default().as_encoded_bytes();
        for part in [name, source.text.as_bytes()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
