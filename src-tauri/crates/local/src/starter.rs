//! The door of this crate: a path to weights, from which answers come.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_transformers::models::quantized_llama::ModelWeights;
use domain::{Event, Extra, Failure, FailureKind, RawJson, Request, Usage};

use crate::answer::Form;
use crate::generation::Generation;
use crate::grammar::Grammars;
use crate::pen::Pen;
use crate::queue::Queue;
use crate::sampling::{self, Sampler};
use crate::tokens::Tokens;
use crate::{CONTEXT, MODEL_ID, demand, engine, prompt, weights};

/// The starter model. It loads itself when it is first needed.
pub struct Starter {
    path: PathBuf,
    queue: Queue,
    held: Mutex<Held>,
}

/// What lies in memory between calls.
#[derive(Default)]
struct Held {
    tokens: Option<Arc<Tokens>>,
    grammars: Option<Arc<Grammars>>,
    model: Option<Arc<ModelWeights>>,
    /// The last conversation, so that its next turn need not read it all again. Up to 190 MB for a full context.
    last: Option<Generation>,
}

impl Starter {
    /// A starter whose weights lie, or will lie, at `path`. Loads nothing.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            queue: Queue::default(),
            held: Mutex::default(),
        }
    }

    /// Whether weights of the right size are there. [`crate::verify`] proves that they are the right ones.
    pub fn is_present(&self) -> bool {
        weights::looks_present(&self.path)
    }

    /// Answers a request; blocks until the answer is complete. Calls wait for each other in order.
    ///
    /// Emits `Started`, text or a tool call, `Finished` and `Usage`, in this order. When `cancelled` becomes true it ends within a
    /// step of the model, a fraction of a second; tokens used until then are still emitted as `Usage`.
    /// A tool is called when the request demands it, and only then (`demand.rs` says why); JSON is held to its schema.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`], [`FailureKind::ContextTooLong`] and [`FailureKind::WeightsMissing`], all
    /// before anything was emitted; [`FailureKind::ClientGone`] when it was cancelled.
    pub fn generate(
        &self,
        request: &Request,
        cancelled: &dyn Fn() -> bool,
        emit: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        let checked = sampling::check(&request.params)?;
        let demand = demand::of(request)?;
        let tokens = self.tokens()?;
        let prompt = prompt::encode(&tokens, request, &demand)?;
        let form = Form::of(&demand, || self.grammars(&tokens))?;
        let _turn = self.queue.wait(cancelled).ok_or_else(gone)?;
        let model = self.model()?;
        if cancelled() {
            return Err(gone());
        }

        let last = self.held().last.take();
        let mut generation = last
            .filter(|last| last.knows(&prompt) > 0)
            .unwrap_or_else(|| Generation::new(ModelWeights::clone(&model)));
        let mut usage = Usage {
            input: prompt.len() as u64,
            cached_input: generation.knows(&prompt) as u64,
            ..Usage::default()
        };
        emit(Event::Started {
            id: None,
            model: Some(MODEL_ID.into()),
            extra: Extra::new(),
        });

        let scores = generation.read(&prompt, cancelled)?;
        // all of it, unless it was cancelled on the way
        usage.input = generation.len() as u64;
        let (reason, generation) = match scores {
            None => (None, generation),
            Some(scores) => {
                let limit = checked.max_output.min(CONTEXT - prompt.len()) as u64;
                let read = (generation, scores);
                let mut pen = Pen::new(&tokens, read, Sampler::new(&checked), limit, cancelled);
                let reason = form.write(&mut pen, &request.params.stop, emit)?;
                usage.output = pen.written();
                (reason, pen.into_generation())
            }
        };

        if let Some(reason) = reason {
            emit(Event::Finished { choice: 0, reason });
        }
        emit(Event::Usage {
            usage,
            raw: raw(usage),
        });
        self.keep(generation, &model);
        reason.map(|_| ()).ok_or_else(gone)
    }

    /// Frees the memory; a running generation finishes first with what it has. The next call loads again.
    pub fn unload(&self) {
        *self.held() = Held::default();
    }

    /// How many tokens a text has, by itself.
    ///
    /// # Errors
    /// [`FailureKind::WeightsMissing`], since the tokenizer is in the weights.
    pub fn count_tokens(&self, text: &str) -> Result<usize, Failure> {
        Ok(self.tokens()?.encode(text)?.len())
    }

    /// How many tokens the model would read for a request: its messages in the chat format.
    ///
    /// # Errors
    /// As [`Starter::generate`] has them for messages.
    pub fn count_request(&self, request: &Request) -> Result<usize, Failure> {
        Ok(prompt::encode(&*self.tokens()?, request, &demand::of(request)?)?.len())
    }

    /// They are as many as the tokens, so they are made once, and only for who needs one.
    fn grammars(&self, tokens: &Tokens) -> Result<Arc<Grammars>, Failure> {
        if let Some(grammars) = &self.held().grammars {
            return Ok(Arc::clone(grammars));
        }
        let grammars = Arc::new(Grammars::new(tokens)?);
        Ok(Arc::clone(self.held().grammars.get_or_insert(grammars)))
    }

    fn tokens(&self) -> Result<Arc<Tokens>, Failure> {
        if let Some(tokens) = &self.held().tokens {
            return Ok(Arc::clone(tokens));
        }
        // outside the lock: two at once do the work twice, nobody waits on a disk
        weights::verify(&self.path)?;
        let tokens = Arc::new(Tokens::read(&self.path)?);
        Ok(Arc::clone(self.held().tokens.get_or_insert(tokens)))
    }

    /// Only called by who has the turn.
    fn model(&self) -> Result<Arc<ModelWeights>, Failure> {
        if let Some(model) = &self.held().model {
            return Ok(Arc::clone(model));
        }
        weights::verify(&self.path)?;
        let model = Arc::new(engine::load(&self.path)?);
        self.held().model = Some(Arc::clone(&model));
        Ok(model)
    }

    /// Keeps a conversation for its next turn, unless the memory was asked back meanwhile.
    fn keep(&self, generation: Generation, model: &Arc<ModelWeights>) {
        let mut held = self.held();
        if held.model.as_ref().is_some_and(|now| Arc::ptr_eq(now, model)) {
            held.last = Some(generation);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // nothing in it can be half changed
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> Failure {
    Failure::new(FailureKind::ClientGone, "The answer was no longer wanted.")
}

/// In the shape of OpenAI's usage, which people who read raw usage know.
fn raw(usage: Usage) -> RawJson {
    RawJson::new(format!(
        r#"{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}}}}"#,
        usage.input,
        usage.output,
        usage.total(),
        usage.cached_input
    ))
}
