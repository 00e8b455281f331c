//! How providers stand, by what became of the calls that went to them.
//!
//! The ledger knows; nobody is asked. The danger is a verdict on too little: a request that a provider refused
//! for its content says nothing against the provider, and one that nobody asked yet has no state at all.

use std::collections::HashMap;

use domain::Failure;
use domain::{AuthScheme, FailureKind, Outcome, Provider, ProviderId};
use store::table::entries::{self, Recent};

use super::{Caller, LastFailure, Nothing, ProviderHealth, ProviderState, RecentAttempt, Resting};
use crate::Engine;

/// Attempts that are shown of each provider.
const SHOWN: usize = 50;
/// Attempts that are looked at, of all providers together.
const LOOKED_AT: usize = 5_000;

pub(super) async fn health(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ProviderHealth>, Failure> {
    engine.store().flush().await?;
    let recent = engine
        .store()
        .read(|conn| entries::recent(conn, LOOKED_AT))
        .await?;
    let mut by_provider: HashMap<ProviderId, Vec<Recent>> = HashMap::new();
    for attempt in recent {
        let of_provider = by_provider.entry(attempt.target.provider.clone()).or_default();
        if of_provider.len() < SHOWN {
            of_provider.push(attempt);
        }
    }
    let roster = engine.roster().now();
    let mut all: Vec<ProviderHealth> = roster
        .providers
        .values()
        .map(|provider| {
            of(
                engine,
                provider,
                by_provider.remove(&provider.id).unwrap_or_default(),
            )
        })
        .collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(all)
}

/// `recent` is newest first.
fn of(engine: &Engine, provider: &Provider, recent: Vec<Recent>) -> ProviderHealth {
    let resting: Vec<Resting> = engine
        .upstreams()
        .health
        .resting(provider)
        .into_iter()
        .filter(|(_, rest)| !rest.is_zero())
        .map(|(what, rest)| Resting {
            what,
            for_ms: u64::try_from(rest.as_millis()).unwrap_or(u64::MAX),
        })
        .collect();
    let telling = recent.iter().find_map(|attempt| verdict(attempt.outcome));
    let state = if provider.auth != AuthScheme::None && provider.key_hint.is_none() {
        ProviderState::KeyMissing
    } else if !resting.is_empty() {
        ProviderState::Resting
    } else {
        match telling {
            Some(true) => ProviderState::Works,
            Some(false) => ProviderState::Failing,
            None => ProviderState::Untried,
        }
    };
    let failure = recent.iter().find_map(|attempt| match attempt.outcome {
        Outcome::Failed { kind } if verdict(attempt.outcome) == Some(false) => Some(LastFailure {
            kind,
            message: attempt.failure.clone(),
            at: attempt.started_at,
        }),
        Outcome::Failed { .. } | Outcome::Succeeded | Outcome::Cancelled | Outcome::Interrupted => None,
    });
    ProviderHealth {
        id: provider.id.clone(),
        state,
        resting,
        failure,
        attempts: recent.into_iter().rev().map(shown).collect(),
    }
}

fn shown(attempt: Recent) -> RecentAttempt {
    RecentAttempt {
        model: attempt.target.model.into(),
        started_at: attempt.started_at,
        first_token_ms: attempt.first_token_us.map(|us| us / 1000),
        outcome: attempt.outcome,
    }
}

/// Whether an outcome speaks for the provider, against it, or about something else.
fn verdict(outcome: Outcome) -> Option<bool> {
    use FailureKind as K;
    match outcome {
        Outcome::Succeeded => Some(true),
        Outcome::Cancelled | Outcome::Interrupted => None,
        Outcome::Failed { kind } => match kind {
            K::ProviderKeyMissing
            | K::ProviderKeyRejected
            | K::ProviderQuotaExceeded
            | K::UpstreamFailed
            | K::UpstreamDisconnected
            | K::UpstreamUnreachable
            | K::UpstreamOverloaded
            | K::UpstreamTimeout
            | K::WeightsMissing => Some(false),
            // it answered, and did not like what was asked or how often
            K::InvalidRequest
            | K::ContextTooLong
            | K::ContentRefused
            | K::ModelNotFound
            | K::ProviderRateLimited => Some(true),
            K::ClientKeyMissing
            | K::ClientKeyInvalid
            | K::BudgetExceeded
            | K::RunStopped
            | K::HostDenied
            | K::OriginDenied
            | K::ScopeDenied
            | K::RouteNotFound
            | K::MethodNotAllowed
            | K::NotFound
            | K::Conflict
            | K::BodyTooLarge
            | K::UnsupportedMediaType
            | K::RateLimited
            | K::ClientGone
            | K::Overloaded
            | K::EndpointPaused
            | K::VaultLocked
            | K::VaultAbsent
            | K::DataDirectoryInUse
            | K::PortTaken
            | K::NotRunning
            | K::ReadOnly
            | K::StorageFailed
            | K::Internal => None,
        },
    }
}
