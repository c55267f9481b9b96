//! Many calls, a bounded number of them at once.

use std::future::Future;

use futures_util::{StreamExt, stream};

/// In the order in which they end. The futures are made before the first of them is polled: a
/// closure that makes them on the way is one that the compiler cannot prove `Send`.
pub(crate) async fn side_by_side<F: Future>(calls: Vec<F>, at_once: usize) -> Vec<F::Output> {
    stream::iter(calls).buffer_unordered(at_once).collect().await
}
