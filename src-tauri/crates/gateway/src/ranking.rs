//! One order out of several: what words find and what meaning finds are measured in units that cannot be compared, so only
//! the places count (reciprocal rank fusion, Cormack et al. 2009).

use std::collections::HashMap;
use std::hash::Hash;

/// How little a first place counts above a second; 60 as in the paper.
const FLAT: f64 = 60.0;

/// Puts rankings together, each the best first: what stands in several of them, and high, comes first.
pub(crate) fn fused<K: Clone + Eq + Hash>(rankings: &[Vec<K>]) -> Vec<K> {
    let mut scores: HashMap<K, f64> = HashMap::new();
    let mut order: Vec<K> = Vec::new();
    for ranking in rankings {
        let mut place = FLAT;
        for one in ranking {
            place += 1.0;
            if !scores.contains_key(one) {
                order.push(one.clone());
            }
            *scores.entry(one.clone()).or_default() += 1.0 / place;
        }
    }
    let score = |one: &K| scores.get(one).copied().unwrap_or_default();
    // stable: among equals the first ranking's order holds
    order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_find_comes_first() {
        assert_eq!(
            fused(&[vec!['a', 'b', 'c'], vec!['c', 'd']]),
            ['c', 'a', 'b', 'd']
        );
        assert_eq!(fused(&[vec!['a', 'b'], vec![]]), ['a', 'b']);
        assert!(fused::<char>(&[]).is_empty());
    }
}
