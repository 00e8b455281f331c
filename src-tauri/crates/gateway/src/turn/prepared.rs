//! A request on its way out of the neutral form: written out for one target, and not sent.
//!
//! What would be sent and what is sent are made here and nowhere else, so that a rehearsal cannot differ from
//! the call it stands for.

use std::borrow::Cow;
use std::sync::Arc;

use domain::{Applied, CacheMarks, Failure, FailureKind, Provider, Request, Target, Transport, Wire};

use super::bare;
use super::cache_marks;
use super::deliver::Delivery;
use super::pictures;
use super::reasoning::{self, Maker, Thread};
use super::remote::{self, Remote};
use super::unfold;
use super::view::View;
use crate::upstream::{self, Compiled};

/// A request that is written out for a target.
pub(super) struct Prepared {
    pub provider: Arc<Provider>,
    pub maker: Maker,
    /// As it is told to the provider, whose own reasoning may be back in it.
    pub request: Arc<Request>,
    pub compiled: Compiled,
    /// Whether it could leave as a conversation instead.
    pub could_chat: bool,
    pub applied: Vec<Applied>,
}

impl Prepared {
    /// Writes a call's request out for a target.
    ///
    /// # Errors
    /// When there is no such provider, or it cannot be asked this.
    pub async fn of(
        delivery: &Delivery<'_>,
        target: &Target,
        view: &View,
        remote: Remote,
    ) -> Result<Self, Failure> {
        let engine = delivery.engine;
        let provider = provider(delivery, target)?;
        choices(provider, delivery.request)?;
        let maker = Maker::of(provider, &target.model);
        let thread = Thread {
            scope: view.scope,
            ..*delivery.thread
        };
        let (mut told, mut applied) =
            reasoning::prepare(engine, &thread, (provider, &maker), &view.request).await;
        view.dress(&mut told);
        let cache = delivery.resolved.agent.as_ref().map(|agent| agent.draft.cache);
        if cache == Some(CacheMarks::Automatic) && provider.wire == Wire::AnthropicMessages {
            cache_marks::set(told.to_mut());
        }
        applied.extend(remote::inline(engine, provider, &mut told, remote).await?);
        applied.extend(pictures::fit(engine, (provider, target), &mut told).await);
        unfold::unfold(&mut told);
        let request = match told {
            Cow::Borrowed(_) => Arc::clone(&view.request),
            Cow::Owned(told) => Arc::new(told),
        };
        let bare::Outgoing {
            mut compiled,
            could_chat,
        } = bare::compile(
            delivery.bare,
            delivery.resolved,
            provider,
            &target.model,
            &request,
        )?;
        applied.append(&mut compiled.applied);
        Ok(Self {
            provider: Arc::clone(provider),
            maker,
            request,
            compiled,
            could_chat,
            applied,
        })
    }

    /// Writes out something that is asked beside the conversation.
    ///
    /// # Errors
    /// When there is no such provider, or it cannot be asked this.
    pub fn aside(delivery: &Delivery<'_>, target: &Target, request: Request) -> Result<Self, Failure> {
        let provider = provider(delivery, target)?;
        let compiled = upstream::compile(provider, &target.model, &request)?;
        Ok(Self {
            provider: Arc::clone(provider),
            maker: Maker::of(provider, &target.model),
            request: Arc::new(request),
            compiled,
            could_chat: false,
            // what had to be dropped of it is no matter of the caller's
            applied: Vec::new(),
        })
    }
}

fn provider<'d>(delivery: &'d Delivery<'_>, target: &Target) -> Result<&'d Arc<Provider>, Failure> {
    delivery.roster.providers.get(&target.provider).ok_or_else(|| {
        Failure::new(
            FailureKind::ModelNotFound,
            format!("There is no provider {}.", target.provider),
        )
        .with_hint("Add it, or give the agent another model.")
    })
}

/// Several answers are given or refused, never quietly one (W-35).
fn choices(provider: &Provider, request: &Request) -> Result<(), Failure> {
    let several = request.params.n.is_some_and(|n| n > 1);
    let gives = match &provider.transport {
        Transport::Http { .. } => wire::provider::gives_choices(provider.wire, &provider.quirks),
        Transport::InProcess => false,
    };
    if several && !gives {
        return Err(
            Failure::invalid("n", format!("{} gives one answer to a request.", provider.id))
                .with_code("unsupported_value")
                .with_hint("Ask several times instead."),
        );
    }
    Ok(())
}
