//! Calls per AWS operation since start or the last reset: what the fault
//! drills assert on and the cost figures are computed from.

use std::{collections::BTreeMap, sync::Mutex};

use serde::Serialize;

use crate::clock;

#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Counted {
    /// When counting began, in milliseconds since 1970.
    pub since: i64,
    /// `dynamodb:PutItem` and the like. Failed and throttled calls count too,
    /// as they do on a bill.
    pub calls: BTreeMap<String, u64>,
}

#[derive(Debug)]
pub(crate) struct Counters(Mutex<Counted>);

impl Counters {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(fresh()))
    }

    pub(crate) fn count(&self, operation: &str) {
        let mut counted = self.0.lock().expect("counting does not panic");
        match counted.calls.get_mut(operation) {
            Some(calls) => *calls += 1,
            None => {
                counted.calls.insert(operation.to_owned(), 1);
            }
        }
    }

    pub(crate) fn read(&self) -> Counted {
        self.0.lock().expect("counting does not panic").clone()
    }

    /// Starts again from zero and returns what was counted until now, so that
    /// no call falls between a read and a reset.
    pub(crate) fn reset(&self) -> Counted {
        let mut counted = self.0.lock().expect("counting does not panic");
        std::mem::replace(&mut counted, fresh())
    }
}

fn fresh() -> Counted {
    Counted { since: clock::now_ms(), calls: BTreeMap::new() }
}
