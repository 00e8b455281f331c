//! One token after another: what the model would say next, held to a grammar where there is one.

use candle_core::Tensor;
use domain::Failure;

use crate::engine::fault;
use crate::generation::Generation;
use crate::grammar::Grammar;
use crate::sampling::Sampler;
use crate::tokens::Tokens;

/// A model in the middle of its answer.
pub(crate) struct Pen<'a> {
    tokens: &'a Tokens,
    generation: Generation,
    sampler: Sampler,
    cancelled: &'a dyn Fn() -> bool,
    /// What may follow what the model has read.
    scores: Tensor,
    /// What was written last, as long as the model has not read it.
    unread: Option<u32>,
    written: u64,
    limit: u64,
}

/// Why nothing more is written.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// It is whole.
    Whole,
    /// As many tokens as allowed are written.
    Limit,
    /// It is no longer wanted.
    Cancelled,
}

impl<'a> Pen<'a> {
    /// A pen that has read its prompt, after which `scores` tell what may follow, and writes `limit` tokens at most.
    pub(crate) fn new(
        tokens: &'a Tokens,
        (generation, scores): (Generation, Tensor),
        sampler: Sampler,
        limit: u64,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            tokens,
            generation,
            sampler,
            cancelled,
            scores,
            unread: None,
            written: 0,
            limit,
        }
    }

    /// How many tokens are written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// What the model has read and written, for the conversation's next turn.
    pub(crate) fn into_generation(self) -> Generation {
        self.generation
    }

    /// Writes until the model or the grammar is at its end, or `take`, which is given each token's bytes, says that
    /// it is enough.
    ///
    /// # Errors
    /// [`domain::FailureKind::Internal`].
    pub(crate) fn write(
        &mut self,
        mut grammar: Option<&mut Grammar>,
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<End, Failure> {
        loop {
            let held = match &mut grammar {
                Some(grammar) => match grammar.hold(&self.scores)? {
                    Some(held) => Some(held),
                    None => return Ok(End::Whole),
                },
                None => None,
            };
            let next = self.sampler.next(held.as_ref().unwrap_or(&self.scores));
            let token = next.map_err(|error| fault(&error))?;
            // a mark of the chat format ends the answer and is no part of it
            let Some(piece) = self.tokens.bytes(token) else {
                return Ok(End::Whole);
            };
            self.written += 1;
            self.unread = Some(token);
            let enough = take(piece);
            let last = match &mut grammar {
                Some(grammar) => grammar.take(token)?,
                None => false,
            };
            if enough || last {
                return Ok(End::Whole);
            }
            if self.written >= self.limit {
                return Ok(End::Limit);
            }
            if (self.cancelled)() {
                return Ok(End::Cancelled);
            }
            self.catch_up(Vec::new())?;
        }
    }

    /// Lets the model read something that it did not write.
    ///
    /// # Errors
    /// [`domain::FailureKind::Internal`].
    pub(crate) fn read(&mut self, text: &str) -> Result<(), Failure> {
        let more = self.tokens.encode(text)?;
        self.catch_up(more)
    }

    fn catch_up(&mut self, more: Vec<u32>) -> Result<(), Failure> {
        let mut tokens = Vec::from_iter(self.unread.take());
        tokens.extend(more);
        if !tokens.is_empty() {
            self.scores = self.generation.step(&tokens)?;
        }
        Ok(())
    }
}
