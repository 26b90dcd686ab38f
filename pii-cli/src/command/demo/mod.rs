//! The whole story on made-up people. Everything it prints is made from what happened.

mod fixtures;
mod join;
mod tamper;

use std::path::{Path, PathBuf};
use std::time::Instant;

use pii_core::audit::{self, Trust};
use pii_core::keyring::{KeyFile, RootKey};
use pii_core::policy::Policy;
use pii_core::store::{Destination, Location, ReadOptions, Source, WriteOptions};
use pii_core::tag::PROPOSE;
use pii_core::vocab::{DatasetId, Identifier, PurposeId, RecipientId, Tag};
use pii_core::workspace::{Settings, Site, Workspace, scan};
use serde_json::json;

use self::fixtures::{DATASETS, POLICY};
use crate::command::audit::query::fields;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{DIM, ERROR, GOOD, HEAD, Ui, count, paint};

/// The whole story on made-up people, in under a minute
///
/// Makes a workspace, looks at the data of a course marketplace, refuses what nobody has decided, takes the
/// people in, writes pseudonymised tables for two recipients, looks one person up, and catches a forged log.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where; otherwise a new temporary folder, which stays for you to look at
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let started = Instant::now();
    let root = folder(args.dir.as_deref())?;
    let demo = Demo { ui, root: root.clone() };
    let key = demo.make(global)?;
    demo.look()?;
    let open = || -> Result<Workspace, Error> { Ok(Site::find(&root)?.unlock(&key, global.caller())?) };
    demo.refuse(&open()?)?;
    demo.decide()?;
    let workspace = open()?;
    demo.take_in(&workspace)?;
    demo.protect(&workspace)?;
    demo.look_up(&workspace)?;
    workspace.seal()?;
    demo.verify(workspace.site(), &key)?;
    demo.next(started);
    Ok(Exit::Done)
}

struct Demo {
    ui: Ui,
    root: PathBuf,
}

impl Demo {
    fn make(&self, global: &Global) -> Result<RootKey, Error> {
        self.step(
            "A workspace",
            "with fixtures of a course marketplace: Korean, German, French, Polish and English people, all made up",
        );
        let key = RootKey::generate()?;
        let mut settings = Settings::new("Course Marketplace Ltd");
        settings.key.file = Some(".pii-root.key".into());
        KeyFile(self.root.join(".pii-root.key")).create(&key)?;
        let site = Site::create(&self.root, settings, &key, global.caller())?;
        fixtures::write(&self.root)?;
        // The marketplace has a policy of its own; the starter would say things twice.
        std::fs::remove_file(site.policies().join("policy.toml")).map_err(|e| self.io(&site.policies(), e))?;
        self.record("workspace", &json!({ "root": self.root, "key": key.id().to_string() }));
        self.ui.line(format!("  {}   root key {}", self.root.display(), key.id()));
        Ok(key)
    }

    fn look(&self) -> Result<(), Error> {
        self.step("Where are personal data?", "names, values and check digits speak; the controller decides");
        for (_, file) in DATASETS {
            let scanned = scan(self.source(file)?, None, &mut self.ui.watch("scanning"))?;
            let personal: Vec<_> = scanned
                .columns
                .iter()
                .filter_map(|c| Some((c, c.proposals.first().filter(|best| best.confidence >= PROPOSE)?)))
                .collect();
            self.ui.line(format!(
                "  {}  {}, {} of {} look personal",
                paint(file, HEAD),
                count(scanned.rows, "row"),
                personal.len(),
                count(scanned.columns.len() as u64, "column")
            ));
            for (column, best) in personal {
                self.record(
                    "column",
                    &json!({ "file": file, "column": column.column, "category": best.category.name(),
                    "detector": best.detector, "confidence": best.confidence, "evidence": best.evidence.to_string() }),
                );
                let why = paint(&best.evidence.to_string(), DIM);
                self.ui.line(format!("    {:18} {:32} {why}", column.column, best.category));
            }
        }
        Ok(())
    }

    fn refuse(&self, workspace: &Workspace) -> Result<(), Error> {
        self.step(
            "What is not decided does not pass",
            "the sign-up form began to ask for something new, and told nobody",
        );
        let dataset = DatasetId::parse("shop.students")?;
        match workspace.ingest(self.source("students.csv")?, &dataset, None, &mut self.ui.watch("ingesting")) {
            Ok(_) => Err(Error::failed("demo", "the undecided column passed")),
            Err(error) => {
                self.record("refused", &json!({ "dataset": dataset.as_str(), "message": error.to_string() }));
                self.ui.line(format!("  {} {error}", paint("refused:", ERROR)));
                Ok(())
            }
        }
    }

    /// Somebody in charge adds the missing line.
    fn decide(&self) -> Result<(), Error> {
        let path = self.root.join(POLICY);
        let text = std::fs::read_to_string(&path).map_err(|e| self.io(&path, e))?;
        let decided = text.replacen(fixtures::BEFORE, &format!("{}{}\n", fixtures::BEFORE, fixtures::DECISION), 1);
        std::fs::write(&path, decided).map_err(|e| self.io(&path, e))?;
        self.ui.line(format!("  so `{POLICY}` gets the line  {}", paint(fixtures::DECISION, GOOD)));
        let policy = Policy::load(&self.root.join("policies"))?;
        let tag =
            policy.dataset(&DatasetId::parse("shop.students")?).and_then(|d| d.column("kakao_id")).map(|c| c.tag());
        match tag {
            Some(Tag::Personal(_)) => Ok(()),
            _ => Err(Error::failed("demo", "the decision did not arrive")),
        }
    }

    fn take_in(&self, workspace: &Workspace) -> Result<(), Error> {
        self.step("In", "every column decided, people to the vault, each under a key of their own");
        for (dataset, file) in DATASETS {
            let dataset = DatasetId::parse(dataset)?;
            let done = workspace.ingest(self.source(file)?, &dataset, None, &mut self.ui.watch("ingesting"))?;
            self.record(
                "ingested",
                &json!({ "dataset": dataset.as_str(), "rows": done.rows,
                "new_subjects": done.deposited.new_subjects, "new_values": done.deposited.new_values }),
            );
            self.ui.line(format!(
                "  {:18} {:>6} rows   {:>4} new people   {:>6} new values",
                dataset.as_str(),
                done.rows,
                done.deposited.new_subjects,
                done.deposited.new_values
            ));
        }
        let vault = workspace.vault()?.status()?;
        self.ui.line(format!("  the vault holds {} people and {} sealed values", vault.subjects, vault.values));
        Ok(())
    }

    fn protect(&self, workspace: &Workspace) -> Result<(), Error> {
        self.step("Out", "keyed one-way hashes, a key of its own for each recipient");
        for (dataset, file, recipient, output) in [
            ("shop.students", "students.csv", "warehouse", "warehouse/students.parquet"),
            ("shop.enrolments", "enrolments.jsonl", "warehouse", "warehouse/enrolments.parquet"),
            ("shop.payments", "payments.parquet", "warehouse", "warehouse/payments.parquet"),
            ("shop.clicks", "clicks.parquet", "warehouse", "warehouse/clicks.parquet"),
            ("shop.students", "students.csv", "ad-partner", "ad-partner/students.csv"),
        ] {
            let path = self.root.join("out").join(output);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|e| self.io(folder, e))?;
            }
            let (dataset, recipient) = (DatasetId::parse(dataset)?, RecipientId::parse(recipient)?);
            let destination = Destination::Path(path);
            let done = workspace.protect(
                self.source(file)?,
                &dataset,
                &recipient,
                &destination,
                &WriteOptions::default(),
                &mut self.ui.watch("protecting"),
            )?;
            self.record("disclosure", &done);
            let became: Vec<_> = done
                .columns
                .iter()
                .map(|c| match c.method.as_str() {
                    "keep" => c.path.clone(),
                    method => format!("{} ({method})", c.path),
                })
                .collect();
            self.ui.line(format!(
                "  {:28} {:>5} rows  {}",
                format!("out/{output}"),
                done.rows,
                paint(&became.join(", "), DIM)
            ));
        }
        let instructors = DatasetId::parse("shop.instructors")?;
        let refused =
            workspace.protection(&self.source("instructors.csv")?, &instructors, &RecipientId::parse("warehouse")?);
        if let Err(error) = refused {
            self.ui.line(format!("  {} {error}", paint("refused:", ERROR)));
        }
        self.join()
    }

    fn join(&self) -> Result<(), Error> {
        let out = self.root.join("out");
        let joined = |a: (&str, &str), b: (&str, &str)| join::count(&out.join(a.0), a.1, &out.join(b.0), b.1);
        let within =
            joined(("warehouse/enrolments.parquet", "student_id"), ("warehouse/students.parquet", "student_id"))?;
        let across = joined(("ad-partner/students.csv", "email"), ("warehouse/students.parquet", "email"))?;
        self.record(
            "join",
            &json!({ "within": within.matched, "of": within.rows, "across": across.matched, "across_of": across.rows }),
        );
        self.ui.line(format!(
            "  within the warehouse, {} of {} enrolments find their student by pseudonym",
            within.matched, within.rows
        ));
        self.ui.line(format!(
            "  between the two recipients, {} of {} e-mail pseudonyms match: {}",
            paint(&across.matched.to_string(), GOOD),
            across.rows,
            paint("they cannot be joined", GOOD)
        ));
        Ok(())
    }

    fn look_up(&self, workspace: &Workspace) -> Result<(), Error> {
        self.step("Who is behind a pseudonym?", "only the vault knows, for a purpose, and not in secret");
        let pseudonym = join::first(&self.root.join("out/warehouse/students.parquet"), "student_id")?;
        self.ui.line(format!(
            "  the warehouse asks about {}; purpose `{}`",
            paint(&pseudonym, HEAD),
            fixtures::PURPOSE
        ));
        let identifier =
            Identifier::parse(&format!("pseudonym={pseudonym}")).map_err(|e| Error::failed("demo", e.to_string()))?;
        let question = pii_core::workspace::Question {
            identifiers: &[identifier],
            recipient: Some(&RecipientId::parse("warehouse")?),
            purpose: &PurposeId::parse(fixtures::PURPOSE)?,
            ticket: Some("DEMO-1"),
            despite_restriction: None,
            note: None,
        };
        let looked = workspace.look_up(&question)?;
        for person in &looked {
            for value in person.values.iter().filter(|v| v.dataset == "shop.students") {
                self.ui.line(format!("    {:12} {:32} {}", value.column, value.category, value.value.expose()));
            }
        }
        let entries: Vec<u64> = looked.iter().map(|l| l.audit_entry).collect();
        for found in audit::read(&workspace.site().audit())? {
            let (index, entry) = found?;
            if entries.contains(&index) {
                let entry = fields(index, &entry);
                self.record("entry", &entry);
                self.ui.line(format!("  audit entry {index}: {}", paint(&entry.to_string(), DIM)));
            }
        }
        Ok(())
    }

    fn verify(&self, site: &Site, key: &RootKey) -> Result<(), Error> {
        let own = site.log_key(key)?;
        self.step("Can the log be trusted?", "check it; then forge one byte of a copy, and check that");
        let copy = self.root.join("forged-copy-of-the-log");
        let flipped = tamper::copy_and_flip(&site.audit(), &copy)?;
        for (name, dir) in [("the log", site.audit()), ("the copy", copy)] {
            let report = audit::verify(&dir, &Trust { keys: vec![own.clone()], ..Trust::default() })?;
            let good = report.verdict == audit::Verdict::Verified;
            self.record(
                "verified",
                &json!({ "log": name, "verdict": report.verdict.to_string(), "entries": report.entries }),
            );
            self.ui.line(format!("  {name:9} {}", paint(&report.verdict.to_string(), if good { GOOD } else { ERROR })));
        }
        self.ui.line(paint(&format!("  (byte {} of `{}` was flipped)", flipped.offset, flipped.file), DIM));
        Ok(())
    }

    fn next(&self, started: Instant) {
        self.record("done", &json!({ "seconds": started.elapsed().as_secs_f64(), "root": self.root }));
        self.ui.line("");
        self.ui.line(format!("{} {:.1} s. To go on:", paint("done in", HEAD), started.elapsed().as_secs_f64()));
        self.ui.line(format!("  cd {}", self.root.display()));
        for (command, why) in [
            ("pii audit query", "who did what, when, why"),
            ("pii catalog show shop.students", "its columns, the evidence, where it went"),
            ("pii policy explain shop.students.email", "what becomes of a column, and why"),
            ("pii scan data/instructors.csv --propose", "a policy to paste"),
            ("pii init ../mine --controller 'My Company'", "your own"),
        ] {
            self.ui.line(format!("  {command:44} {}", paint(why, DIM)));
        }
    }

    fn source(&self, file: &str) -> Result<Source, Error> {
        let location = Location::from(self.root.join("data").join(file));
        Ok(Source::open(&[location], &ReadOptions::default())?)
    }

    fn step(&self, title: &str, why: &str) {
        self.ui.line("");
        self.ui.line(format!("{}  {}", paint(title, HEAD), paint(why, DIM)));
    }

    fn record(&self, kind: &str, value: &impl serde::Serialize) {
        self.ui.record(kind, value);
    }

    fn io(&self, path: &Path, source: std::io::Error) -> Error {
        pii_core::error::Error::Io { path: path.to_owned(), source }.into()
    }
}

/// An empty folder: the one named, or a temporary one that stays.
fn folder(dir: Option<&Path>) -> Result<PathBuf, Error> {
    let io = |path: &Path, source| Error::from(pii_core::error::Error::Io { path: path.to_owned(), source });
    let Some(dir) = dir else {
        let folder =
            tempfile::Builder::new().prefix("pii-demo-").tempdir().map_err(|e| io(&std::env::temp_dir(), e))?;
        return Ok(folder.keep());
    };
    std::fs::create_dir_all(dir).map_err(|e| io(dir, e))?;
    if std::fs::read_dir(dir).map_err(|e| io(dir, e))?.next().is_some() {
        return Err(Error::usage(format!("`{}` is not empty", dir.display()), "name a new folder, or none"));
    }
    std::path::absolute(dir).map_err(|e| io(dir, e))
}
