//! Finds the passages that answer a question: by words, and by meaning where an embedding model is named.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use domain::{CallSource, CollectionId, Failure};
use store::table;
use store::table::passages::Passage;

use crate::embedding;
use crate::engine::Engine;
use crate::ranking::fused;

/// Looked at by words, and by meaning, before both are put together.
const CANDIDATES: u32 = 50;

/// The passages that fit, the best first.
///
/// # Errors
/// Storage failures.
pub(crate) async fn find(
    engine: &Engine,
    collections: Vec<CollectionId>,
    text: &str,
    most: usize,
    source: &CallSource,
) -> Result<Vec<Passage>, Failure> {
    if collections.is_empty() {
        return Ok(Vec::new());
    }
    let question = embedding::of_question(engine, text, source).await;
    let text = text.to_owned();
    engine
        .store()
        .read(move |conn| {
            let words = table::passages::by_words(conn, &collections, &text, CANDIDATES)?;
            let mut nearest = Nearest::default();
            if let Some((model, vector)) = &question {
                table::passages::vectors(conn, &collections, model, |seq, stored| {
                    if let Some(likeness) = embedding::likeness(vector, stored) {
                        nearest.add(seq, likeness);
                    }
                })?;
            }
            let mut order = fused(&[words, nearest.in_order()]);
            order.truncate(most);
            table::passages::get(conn, &order)
        })
        .await
}

/// The likest of many, without holding the others.
#[derive(Default)]
struct Nearest {
    held: BinaryHeap<Reverse<(i32, i64)>>,
}

impl Nearest {
    fn add(&mut self, seq: i64, likeness: f32) {
        // bits of floats of one sign are in the order of the floats; what is unlike is not near
        if likeness.is_nan() || likeness <= 0.0 {
            return;
        }
        let bits = i32::try_from(likeness.to_bits()).unwrap_or(i32::MAX);
        self.held.push(Reverse((bits, seq)));
        if self.held.len() > usize::try_from(CANDIDATES).unwrap_or(usize::MAX) {
            self.held.pop();
        }
    }

    fn in_order(self) -> Vec<i64> {
        let sorted = self.held.into_sorted_vec();
        sorted.into_iter().map(|Reverse((_, seq))| seq).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_many_come_first() {
        let mut nearest = Nearest::default();
        for (seq, likeness) in [(1, 0.5), (2, 0.9), (3, -1.0), (4, f32::NAN), (5, 0.7)] {
            nearest.add(seq, likeness);
        }
        assert_eq!(nearest.in_order(), [2, 5, 1]);
        let mut nearest = Nearest::default();
        (0..1_000_u16).for_each(|n| nearest.add(i64::from(n), f32::from(n) / 1_000.0));
        let order = nearest.in_order();
        assert_eq!((order.len(), order.first()), (50, Some(&999)));
    }
}
