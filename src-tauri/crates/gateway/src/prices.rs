//! What models cost: the user's own table first, then the published one, dated.
//!
//! A price that nobody knows is unknown, never zero. Models that run on this machine are known to be free.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{Money, Price, Provider, Target, Usage};
use store::{Store, table};

use crate::published;

/// Prices that were looked up before.
#[derive(Default)]
pub(crate) struct Prices {
    known: Mutex<HashMap<Target, Option<Price>>>,
}

impl Prices {
    /// The price of a target, and whether anybody knows it. The first look-up of a target reads the
    /// user's table and decodes the published one, which takes tens of milliseconds once.
    pub async fn of(&self, store: &Store, provider: &Provider, target: &Target) -> Option<Price> {
        if let Some(price) = self.lock().get(target) {
            return price.clone();
        }
        let wanted = target.clone();
        let own = store.read(move |conn| table::prices::get(conn, &wanted)).await;
        let price = match own {
            Ok(Some(price)) => Some(price),
            Ok(None) => published(provider, &target.model).await,
            Err(_) => return None,
        };
        self.lock().insert(target.clone(), price.clone());
        price
    }

    /// Forgets everything, after prices or providers changed.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Target, Option<Price>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn published(provider: &Provider, model: &str) -> Option<Price> {
    if published::is_local(provider) {
        return Some(published::free());
    }
    let name = published::name(provider)?;
    let model = model.to_owned();
    tokio::task::spawn_blocking(move || published::price(name, &model))
        .await
        .ok()
        .flatten()
}

/// The cost of these tokens at this price.
pub(crate) fn cost(price: Option<&Price>, usage: Option<Usage>) -> Option<Money> {
    Some(price?.cost(usage?))
}
