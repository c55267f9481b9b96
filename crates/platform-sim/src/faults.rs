//! What goes wrong next, by operation: `inbox.put`, `tasks.claim_launch`, `push`.

use std::collections::BTreeMap;

#[derive(Debug, thiserror::Error)]
#[error("injected")]
pub(crate) struct Injected;

#[derive(Debug, Default)]
pub(crate) struct Faults {
    failing: BTreeMap<String, u32>,
    losing: BTreeMap<String, u32>,
}

impl Faults {
    pub(crate) fn fail_next(&mut self, operation: &str, times: u32) {
        self.failing.insert(operation.to_owned(), times);
    }

    pub(crate) fn lose_next(&mut self, operation: &str, times: u32) {
        self.losing.insert(operation.to_owned(), times);
    }

    /// The call does not happen.
    pub(crate) fn fails(&mut self, operation: &str) -> bool {
        one_less(&mut self.failing, operation)
    }

    /// The call happens, and its answer never arrives.
    pub(crate) fn loses(&mut self, operation: &str) -> bool {
        one_less(&mut self.losing, operation)
    }
}

fn one_less(left: &mut BTreeMap<String, u32>, operation: &str) -> bool {
    match left.get_mut(operation) {
        Some(times) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    }
}
