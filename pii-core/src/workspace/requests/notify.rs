use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::rectify::Rights;
use crate::audit::Action;
use crate::error::Error;
use crate::request;
use crate::request::{Concerned, Deed, Head, Notice, Plan, Right, RightThere, Sought, State};
use crate::vocab::RecipientId;
use crate::workspace::Workspace;

impl Workspace {
    /// Makes the notices of a plan, while it is still known who is concerned: one a recipient, kept beside the plan.
    pub(super) fn make_notices(
        &self,
        plan: &Plan,
        digest: &str,
        sought: &Sought,
        rights: Option<&Rights>,
    ) -> Result<(), Error> {
        let mut concerned: BTreeMap<String, Vec<Concerned>> = BTreeMap::new();
        let mut rectified: BTreeMap<String, BTreeSet<RightThere>> = BTreeMap::new();
        for disclosure in self.catalog.disclosures(None)? {
            if !plan.recipients.contains(&disclosure.recipient) {
                continue;
            }
            if let Some(rights) = rights {
                if !rights.is_in(&disclosure) {
                    continue;
                }
                let there = self.right_there(&disclosure, rights)?;
                rectified.entry(disclosure.recipient.clone()).or_default().extend(there);
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
                rectified: rectified.remove(recipient).unwrap_or_default().into_iter().collect(),
            };
            self.keep(&self.notice_file(digest, recipient), &json(&notice)?)?;
        }
        Ok(self.requests.owe_notices(&plan.requests, &plan.recipients)?)
    }

    /// Writes notices, of the last plan of each request and for each recipient, into a folder, a file a plan and recipient,
    /// and gives their names; on record, as pseudonyms leave. To be told again is to get the same notice again.
    ///
    /// # Errors
    /// [`Error::Request`], [`Error::Io`].
    pub fn write_notices(&self, notices: &[(Uuid, String)], folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
        let mut owed: BTreeMap<(String, String), Vec<Uuid>> = BTreeMap::new();
        let ids: Vec<Uuid> = notices.iter().map(|(id, _)| *id).collect();
        let mut recipients = notices.iter().map(|(_, recipient)| recipient);
        self.requests.each_of::<Error>(&ids, |request| {
            if let (Some((digest, _)), Some(recipient)) = (request.plan(), recipients.next()) {
                owed.entry((digest.to_owned(), recipient.clone())).or_default().push(request.id);
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

    /// The person has their answer. What a ground keeps is held still. Of an erasure that is done, the letter goes: nothing
    /// names them any more. Of a rectification, too: what is right now stands where it belongs.
    ///
    /// # Errors
    /// [`request::Error::Untold`] of what is held, if a recipient is to be told; [`Error::Request`], [`Error::Vault`].
    pub fn close_requests(&self, ids: &[Uuid]) -> Result<(), Error> {
        let vault = self.vault()?;
        let letters = request::Letters::new(vault, &self.keys);
        let heads = self.requests.heads(ids)?;
        let (held, done): (Vec<_>, Vec<_>) = heads.into_iter().partition(|head| head.state == State::Held);
        let (held, closed) = (numbers(&held), numbers(&done));
        for (id, told) in held.iter().zip(self.requests.notices_of(&held)?) {
            if let Some(told) = told.into_iter().find(|told| told.sent.is_none()) {
                return Err(request::Error::Untold { id: *id, recipient: told.recipient }.into());
            }
        }
        let receipts = self.step_requests(&closed, &Deed::Close)?;
        self.step_requests(&held, &Deed::Answer)?;
        let nameless = |head: &Head| matches!(head.claim.right(), Right::Erasure | Right::Rectification);
        let gone = letters.of(&numbers(&done.into_iter().filter(nameless).collect::<Vec<_>>()))?;
        if let (Some(receipt), false) = (receipts.last(), gone.is_empty()) {
            vault.shred(&gone, self.caller.clock.now(), receipt)?;
            vault.compact()?;
        }
        Ok(())
    }

    fn notice_file(&self, digest: &str, recipient: &str) -> PathBuf {
        self.plan_file(digest, &format!("{recipient}.notice.json"))
    }
}

fn numbers(heads: &[Head]) -> Vec<Uuid> {
    heads.iter().map(|head| head.id).collect()
}

fn json(notice: &Notice) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec_pretty(notice);
    Ok(json.map_err(|error| request::Error::NotAPlan(error.to_string()))?)
}
