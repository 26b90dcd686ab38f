use std::path::PathBuf;

use arrow::array::RecordBatch;

use super::{Step, Watch, Workspace, go_on};
use crate::audit::{Action, Hash};
use crate::batch::{self, Batch};
use crate::catalog;
use crate::error::Error;
use crate::store::{Content, Destination, Source, TableWriter, WriteOptions, refuse_overwrite};
use crate::tag::{ColumnFinding, PROPOSE, Survey};
use crate::vault::{Deposited, People};
use crate::vocab::{DatasetId, Tag};

/// What came in.
#[derive(Debug)]
pub struct Ingested {
    /// Rows.
    pub rows: u64,
    /// The decision on each column.
    pub tags: Vec<(String, Tag)>,
    /// What the vault took.
    pub deposited: Deposited,
    /// Columns whose values speak against the controller's decision.
    pub doubts: Vec<Doubt>,
    /// The tagged copy, if one was asked for.
    pub written: Option<Content>,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

/// A column that was decided to hold no personal data, and looks as if it did.
#[derive(Debug)]
pub struct Doubt {
    /// Dotted path.
    pub column: String,
    /// The decision.
    pub decided: Tag,
    /// What the values look like.
    pub finding: crate::tag::Finding,
}

impl Workspace {
    /// Takes rows in: every column must be decided, or nothing passes. People go to the vault, what was seen
    /// to the catalog, and a copy that carries its tags to `out`.
    ///
    /// # Errors
    /// [`batch::Error::Undecided`] names every column on which the policy is silent; the refusal is recorded.
    pub fn ingest(
        &self,
        source: Source,
        dataset: &DatasetId,
        out: Option<(&Destination, &WriteOptions)>,
        watch: Watch<'_>,
    ) -> Result<Ingested, Error> {
        let schema = source.schema();
        let tags = match Batch::raw(dataset.clone(), RecordBatch::new_empty(schema.clone())).tag(&self.policy) {
            Ok(empty) => empty.tags().to_vec(),
            Err(error) => {
                return self.refuse(&self.event(Action::Tag).with_dataset(dataset.clone()), error.into());
            }
        };
        let categories: Vec<_> = tags.iter().filter_map(|(_, tag)| tag.category()).collect();
        let location = located(source.files());
        let mut writer = match out {
            Some((destination, options)) => {
                refuse_overwrite(source.files(), destination)?;
                let personal = tags.iter().filter(|(_, tag)| tag.category().is_some()).map(|(path, _)| path.as_str());
                Some(self.table(dataset, destination, &batch::annotated(&schema, &tags), options, personal)?)
            }
            None => None,
        };
        let vault = self.vault()?;
        let receipt = self
            .log
            .append(&self.event(Action::Tag).with_dataset(dataset.clone()).with_categories(categories.clone()))?;

        let mut survey = Survey::new(&schema);
        let (mut deposited, mut met) = (Deposited::default(), People::default());
        let mut step = Step { of_rows: source.rows_hint(), of_bytes: source.bytes(), ..Step::default() };
        for rows in source.batches() {
            let rows = rows?;
            survey.observe(&rows)?;
            let tagged = Batch::raw(dataset.clone(), rows).tag(&self.policy)?;
            let now = self.caller.clock.now();
            deposited += tagged.deposit(&self.policy, vault, &self.keys, now, &mut met, &receipt)?;
            if let Some(writer) = &mut writer {
                writer.write(&tagged.annotated()?)?;
            }
            step.rows += tagged.num_rows() as u64;
            go_on(watch, step)?;
        }
        let findings = survey.finish();
        let staged = writer.map(TableWriter::finish).transpose()?;
        let mut event = self
            .event(Action::VaultDeposit)
            .with_dataset(dataset.clone())
            .with_categories(categories)
            .with_rows(step.rows);
        if met.count() > 0 {
            let (root, count) = self.list(&met)?;
            event = event.with_subjects_root(root, count);
        }
        let receipt = self.log.append(&event)?;
        let written = staged.map(crate::store::Staged::publish).transpose()?;
        self.remember(dataset, &location, step.rows, deposited, &tags, &findings)?;
        Ok(Ingested {
            rows: step.rows,
            doubts: doubts(&tags, &findings),
            tags,
            deposited,
            written,
            audit_entry: receipt.index(),
        })
    }

    /// Keeps the list of these people beside the log, for the entry that will stand for all of them.
    fn list(&self, people: &People) -> Result<(Hash, u64), Error> {
        let mut subjects = self.sidecar.subjects()?;
        for alias in self.vault()?.aliases(people) {
            subjects.push(alias?)?;
        }
        Ok(subjects.finish()?)
    }

    fn remember(
        &self,
        dataset: &DatasetId,
        location: &str,
        rows: u64,
        deposited: Deposited,
        tags: &[(String, Tag)],
        findings: &[ColumnFinding],
    ) -> Result<(), Error> {
        let now = self.caller.clock.now();
        let columns = tags.iter().map(|(path, tag)| {
            let seen = findings.iter().find(|f| f.column == *path);
            let best = seen.and_then(|f| f.proposals.first());
            catalog::Column {
                path: path.clone(),
                data_type: seen.map(|f| f.data_type.to_string()).unwrap_or_default(),
                tag: tag.to_string(),
                detector: best.map(|b| b.detector.to_owned()),
                proposed: best.map(|b| b.category.to_string()),
                confidence: best.map(|b| b.confidence),
                evidence: best.map(|b| b.evidence.to_string()),
                seen: now,
            }
        });
        let dataset = catalog::Dataset {
            id: dataset.to_string(),
            location: location.to_owned(),
            first_seen: now,
            last_seen: now,
            rows,
            new_subjects: deposited.new_subjects,
        };
        Ok(self.catalog.record_ingest(&catalog::Ingest { dataset, columns: columns.collect() })?)
    }
}

/// Where rows came from, for the catalog: a file, or how many files of which folder.
pub fn located(files: &[PathBuf]) -> String {
    match files {
        [] => "-".to_owned(),
        [file] => file.display().to_string(),
        [first, ..] => {
            let folder = first.parent().map(|f| f.display().to_string()).unwrap_or_default();
            format!("{folder} ({} files)", files.len())
        }
    }
}

fn doubts(tags: &[(String, Tag)], findings: &[ColumnFinding]) -> Vec<Doubt> {
    let undecided = tags.iter().filter(|(_, tag)| *tag == Tag::NotPersonal);
    undecided
        .filter_map(|(path, tag)| {
            let finding = findings.iter().find(|f| f.column == *path)?.proposals.first()?;
            (finding.confidence >= PROPOSE).then(|| Doubt {
                column: path.clone(),
                decided: *tag,
                finding: finding.clone(),
            })
        })
        .collect()
}
