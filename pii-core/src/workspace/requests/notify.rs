use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::audit::Action;
use crate::error::Error;
use crate::request;
use crate::request::{Concerned, Deed, Notice, Plan, Sought, State};
use crate::vocab::RecipientId;
use crate::workspace::Workspace;

impl Workspace {
    /// Makes the notices of a plan, while it is still known who is concerned: one a recipient, kept beside the plan.
    pub(super) fn make_notices(&self, plan: &Plan, digest: &str, sought: &Sought) -> Result<(), Error> {
        let mut concerned: BTreeMap<String, Vec<Concerned>> = BTreeMap::new();
        for disclosure in self.catalog.disclosures(None)? {
            if !plan.recipients.contains(&disclosure.recipient) {
                continue;
            }
            for trace in self.traces(&disclosure, sought)? {
                let column = Concerned {
                    dataset: disclosure.dataset.clone(),
                    column: trace.column,
                    key: trace.key,
                    values: trace.values.iter().map(str::to_owned).collect(),
                };
                concerned.entry(disclosure.recipient.clone()).or_default().push(column);
            }
        }
        for recipient in &plan.recipients {
            // A run that was killed has made it, when it was still known who is concerned.
            if self.notice_file(digest, recipient).exists() {
                continue;
            }
            let mut concerned = concerned.remove(recipient).unwrap_or_default();
            concerned.sort();
            concerned.dedup();
            let notice = Notice {
                v: 1,
                controller: self.policy.controller().name().to_owned(),
                contact: self.policy.controller().contact().map(str::to_owned),
                recipient: recipient.clone(),
                right: plan.right,
                requests: plan.requests.clone(),
                made: self.caller.clock.now(),
                concerned,
            };
            self.keep(&self.notice_file(digest, recipient), &json(&notice)?)?;
        }
        Ok(self.requests.owe_notices(&plan.requests, &plan.recipients)?)
    }

    /// Writes the notices of the last plans of requests into a folder, a file a plan and recipient, and gives their names;
    /// on record, as pseudonyms leave.
    ///
    /// # Errors
    /// [`Error::Request`], [`Error::Io`].
    pub fn write_notices(&self, ids: &[Uuid], folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
        let mut owed: BTreeMap<(String, String), Vec<Uuid>> = BTreeMap::new();
        let mut told = self.requests.notices_of(ids)?.into_iter();
        self.requests.each_of::<Error>(ids, |request| {
            let digest = request.plan().map(|(digest, _)| digest);
            for (digest, told) in told.next().into_iter().flatten().filter_map(|told| Some((digest?, told))) {
                owed.entry((digest.to_owned(), told.recipient)).or_default().push(request.id);
            }
            Ok(())
        })?;
        fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        let mut written = Vec::new();
        for ((digest, name), ids) in owed {
            let path = self.notice_file(&digest, &name);
            let notice = fs::read(&path).map_err(|source| Error::Io { path, source })?;
            let recipient = RecipientId::parse(&name)?;
            let event = self.event(Action::Notify).with_recipient(recipient);
            let _receipts = self.log.append_all(ids.iter().map(|id| event.clone().with_request(id.to_string())))?;
            // Of many requests, the plan names the file.
            let about = match ids.as_slice() {
                [id] => id.to_string(),
                _ => digest.get(..12).unwrap_or(&digest).to_owned(),
            };
            let file = folder.join(format!("{about}.{name}.json"));
            self.keep(&file, &notice)?;
            written.push((name, file));
        }
        Ok(written)
    }

    /// Records that a recipient was told, or said that it is done. Once all were told, so are the requests.
    ///
    /// # Errors
    /// [`request::Error::NotTold`].
    pub fn record_notice(&self, ids: &[Uuid], recipient: &RecipientId, acknowledged: bool) -> Result<(), Error> {
        let event = self.event(Action::Notify).with_recipient(recipient.clone());
        let _receipts = self.log.append_all(ids.iter().map(|id| event.clone().with_request(id.to_string())))?;
        self.requests.noticed(ids, recipient.as_str(), acknowledged, self.caller.clock.now())?;
        self.tell(ids)
    }

    /// Fulfilled requests of which every recipient was told are told.
    pub(super) fn tell(&self, ids: &[Uuid]) -> Result<(), Error> {
        let heads = self.requests.heads(ids)?;
        let fulfilled: Vec<_> =
            heads.iter().filter(|head| head.state == State::Fulfilled).map(|head| head.id).collect();
        let mut done: BTreeMap<u64, Vec<Uuid>> = BTreeMap::new();
        for (id, told) in fulfilled.iter().zip(self.requests.notices_of(&fulfilled)?) {
            if told.iter().all(|told| told.sent.is_some()) {
                done.entry(told.len() as u64).or_default().push(*id);
            }
        }
        for (recipients, ids) in done {
            self.step_requests(&ids, &Deed::Tell { recipients })?;
        }
        Ok(())
    }

    /// The person has their answer. Of an erasure, the letter goes: nothing names them any more.
    ///
    /// # Errors
    /// [`Error::Request`], [`Error::Vault`].
    pub fn close_requests(&self, ids: &[Uuid]) -> Result<(), Error> {
        let receipts = self.step_requests(ids, &Deed::Close)?;
        let letters = request::Letters::new(self.vault(), &self.keys);
        let heads = self.requests.heads(ids)?.into_iter();
        let erasures: Vec<_> =
            heads.filter(|head| head.claim.right() == request::Right::Erasure).map(|head| head.id).collect();
        let gone = letters.of(&erasures)?;
        if let (Some(receipt), false) = (receipts.last(), gone.is_empty()) {
            self.vault().shred(&gone, self.caller.clock.now(), receipt)?;
            self.vault().compact()?;
        }
        Ok(())
    }

    fn notice_file(&self, digest: &str, recipient: &str) -> PathBuf {
        self.plan_file(digest, &format!("{recipient}.notice.json"))
    }
}

fn json(notice: &Notice) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec_pretty(notice);
    Ok(json.map_err(|error| request::Error::NotAPlan(error.to_string()))?)
}
