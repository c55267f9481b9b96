//! What was counted for the operator.

use platform::{Metric, Metrics};

use crate::world::World;

impl World {
    pub fn counted(&self, metric: Metric) -> u64 {
        self.lock().counted.get(&metric).copied().unwrap_or_default()
    }
}

impl Metrics for World {
    fn count(&self, metric: Metric, times: u64) {
        *self.lock().counted.entry(metric).or_default() += times;
    }
}
