use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Address, Error};

/// The steps of a run, beside its plan: a line for each file, on disk before the new file takes its name. Which of the two
/// a file is, the old one or the new one, its digest tells, or the mark of an object: a run that was killed is taken up where it stood.
pub(super) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    made: HashMap<Address, String>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    plan: String,
    file: Address,
    made: String,
}

impl Journal {
    /// Opens, or begins, that of the plan with this digest.
    pub(super) fn open(path: &Path, plan: &str) -> Result<Self, Error> {
        let name = || path.display().to_string();
        let read = |source| Error::Read { file: name(), source };
        let write = |source| Error::Write { file: name(), source };
        let file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path);
        let mut file = file.map_err(write)?;
        if file.try_lock().is_err() {
            return Err(Error::Busy { file: name() });
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(read)?;
        let mut made = HashMap::new();
        let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
        for line in &lines {
            // What was being written when the power failed is no step, wherever a later run went on.
            let Ok(step) = serde_json::from_slice::<Step>(line) else { continue };
            if step.plan != plan {
                return Err(Error::Plan { file: name(), why: "it is the journal of another plan".to_owned() });
            }
            made.insert(step.file, step.made);
        }
        if lines.last().is_some_and(|line| !line.ends_with(b"\n")) {
            file.write_all(b"\n").map_err(write)?;
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), made })
    }

    /// By what the new file is known that a run before this one made, if it came so far.
    pub(super) fn made(&self, file: &Address) -> Option<&str> {
        self.made.get(file).map(String::as_str)
    }

    /// A new file is about to take its name.
    pub(super) fn step(&self, plan: &str, file: &Address, made: &str) -> Result<(), Error> {
        let step = Step { plan: plan.to_owned(), file: file.clone(), made: made.to_owned() };
        let failed = |source| Error::Write { file: self.path.display().to_string(), source };
        let mut line = serde_json::to_vec(&step).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let mut journal = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        journal.write_all(&line).and_then(|()| journal.sync_data()).map_err(failed)
    }
}
