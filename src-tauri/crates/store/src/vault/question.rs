//! What is asked of the OS store, on its thread, and what it said.

use secrecy::{ExposeSecret, SecretString};

use super::os_store::{OsEntry, OsFailure, OsStore, Prompt};
use super::sealing::SealingKey;

/// What the OS store said.
pub(super) enum Answer {
    Key(SealingKey),
    Nothing,
    Failed(OsFailure),
}

/// What is asked of the OS store.
pub(super) struct Question {
    pub entry: Option<OsEntry>,
    pub prompt: Prompt,
    /// The key to keep when there is none; only ever without sealed rows.
    pub new_key: Option<SealingKey>,
    /// "No such entry" is believed of a store that keeps this, gives it back and forgets it.
    pub canary: Option<(OsEntry, SecretString)>,
}

impl Question {
    /// Runs on the OS thread.
    pub(super) fn put_to(self, os: &dyn OsStore) -> Answer {
        self.try_put_to(os).unwrap_or_else(Answer::Failed)
    }

    fn try_put_to(self, os: &dyn OsStore) -> Result<Answer, OsFailure> {
        let kept = match &self.entry {
            Some(entry) => os.get(entry, self.prompt)?,
            None => None,
        };
        // an entry that is no key was not written by us, and opens nothing
        if let Some(key) = kept.as_ref().and_then(SealingKey::from_text) {
            return Ok(Answer::Key(key));
        }
        if let (Some(entry), Some(key)) = (&self.entry, self.new_key) {
            let text = key.to_text().map_err(|_| OsFailure::Refused)?;
            keep(os, entry, &text, self.prompt)?;
            return Ok(Answer::Key(key));
        }
        if let Some((entry, text)) = &self.canary {
            keep(os, entry, text, self.prompt)?;
            os.delete(entry, self.prompt)?;
        }
        Ok(Answer::Nothing)
    }
}

/// Believes in a write when it can be read.
pub(super) fn keep(
    os: &dyn OsStore,
    entry: &OsEntry,
    text: &SecretString,
    prompt: Prompt,
) -> Result<(), OsFailure> {
    os.set(entry, text, prompt)?;
    let back = os.get(entry, prompt)?;
    let same = back.is_some_and(|back| back.expose_secret() == text.expose_secret());
    same.then_some(()).ok_or(OsFailure::Refused)
}
