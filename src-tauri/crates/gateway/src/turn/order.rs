//! Which uses of a round wait for which.
//!
//! A model that asks for several tools at once gave them an order, and may count on it: it reads a file, replaces it, and
//! reads it again. What only looks or sends runs beside its like; what changes something waits for everything before it,
//! and everything after it waits for that. A person is asked about all of them at once: only the doing is in order.

use tokio::sync::watch;

/// The uses of one round, in the order in which the model asked for them.
#[derive(Debug)]
pub(super) struct Order {
    /// Of each, whether it runs alone.
    alone: Vec<bool>,
    /// Of each, whether nothing more comes of it.
    over: watch::Sender<Vec<bool>>,
}

impl Order {
    /// `alone` says of each use whether it changes something.
    pub fn of(alone: Vec<bool>) -> Self {
        let over = watch::Sender::new(vec![false; alone.len()]);
        Self { alone, over }
    }

    /// The place of the use with this index. Whoever is behind it waits until it is dropped.
    pub fn place(&self, at: usize) -> Place<'_> {
        Place { order: self, at }
    }
}

/// The place of one use.
#[derive(Debug)]
pub(super) struct Place<'a> {
    order: &'a Order,
    at: usize,
}

impl Place<'_> {
    /// Waits until everything is over that this one must not overtake.
    pub async fn turn(&self) {
        let alone = &self.order.alone;
        let runs_alone = |at: usize| alone.get(at).copied().unwrap_or(true);
        let may = |over: &Vec<bool>| {
            let before = over.iter().enumerate().take(self.at);
            before
                .filter(|(at, _)| runs_alone(*at) || runs_alone(self.at))
                .all(|(_, over)| *over)
        };
        let mut over = self.order.over.subscribe();
        // the sender outlives every place, so that this never fails
        drop(over.wait_for(may).await);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.order.over.send_modify(|over| {
            if let Some(over) = over.get_mut(self.at) {
                *over = true;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::Order;

    /// Whether each of the places may begin now.
    fn may(places: &[Option<super::Place<'_>>]) -> Vec<bool> {
        let may = |place: &Option<super::Place<'_>>| {
            place
                .as_ref()
                .is_some_and(|place| place.turn().now_or_never().is_some())
        };
        places.iter().map(may).collect()
    }

    #[test]
    fn what_changes_is_overtaken_by_nothing_and_overtakes_nothing() {
        // look, look, change, look, change
        let order = Order::of(vec![false, false, true, false, true]);
        let mut places: Vec<_> = (0..5).map(|at| Some(order.place(at))).collect();
        assert_eq!(may(&places), [true, true, false, false, false]);
        places[1] = None;
        assert_eq!(may(&places), [true, false, false, false, false]);
        places[0] = None;
        assert_eq!(may(&places), [false, false, true, false, false]);
        places[2] = None;
        assert_eq!(may(&places), [false, false, false, true, false]);
        places[3] = None;
        assert_eq!(may(&places), [false, false, false, false, true]);
    }
}
