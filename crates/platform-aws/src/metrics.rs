//! Metrics as lines on standard output, in CloudWatch's embedded metric format: whoever keeps
//! the log takes them out of it, and nobody waits for a request.

use std::io::Write;
use std::sync::Arc;

use domain::Timestamp;
use platform::{Clock, Metric, Metrics, SystemClock};
use serde_json::json;

const NAMESPACE: &str = "ServerlessOpenClaw";

pub struct EmfMetrics {
    clock: Arc<dyn Clock>,
}

impl EmfMetrics {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Default for EmfMetrics {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl Metrics for EmfMetrics {
    fn count(&self, metric: Metric, times: u64) {
        let mut line = line(metric, times, self.clock.now());
        line.push('\n');
        // A closed output loses the count, and nothing else.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

/// `[[]]` is one set of dimensions, and there are none in it.
fn line(metric: Metric, times: u64, now: Timestamp) -> String {
    let name = metric.name();
    let directive = json!({
        "Namespace": NAMESPACE,
        "Dimensions": [[]],
        "Metrics": [{ "Name": name, "Unit": metric.unit() }],
    });
    json!({
        "_aws": { "Timestamp": now.millis(), "CloudWatchMetrics": [directive] },
        (name.as_str()): times,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_count_is_one_line_that_cloudwatch_takes() {
        let line = line(Metric::DeadMessages, 3, Timestamp(1_900_000_000_000));
        assert!(!line.contains('\n'));
        let read: Value = serde_json::from_str(&line).expect("JSON");
        let expect = json!({
            "_aws": {
                "Timestamp": 1_900_000_000_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "ServerlessOpenClaw",
                    "Dimensions": [[]],
                    "Metrics": [{ "Name": "DeadMessages", "Unit": "Count" }],
                }],
            },
            "DeadMessages": 3,
        });
        assert_eq!(read, expect);
    }
}
