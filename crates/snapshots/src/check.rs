//! Is everything there that the snapshots need?

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rustic_core::CheckOptions;

use crate::error::Error;
use crate::repository::Repository;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    pub snapshots: usize,
    /// Something a snapshot needs is gone or altered.
    pub problems: Vec<String>,
    /// Nothing is lost by these: for example packs of a snapshot that was broken off.
    pub remarks: Vec<String>,
}

impl Repository {
    /// `read_data`: every byte, not only that the packs are there.
    pub fn check(&mut self, read_data: bool) -> Result<CheckReport, Error> {
        let listing = self.list()?;
        let trees: Vec<_> = listing.snapshots.iter().map(|listed| listed.tree.into()).collect();
        let mut report =
            CheckReport { snapshots: listing.snapshots.len(), ..CheckReport::default() };
        for unreadable in listing.unreadable {
            report.problems.push(format!("snapshot {}: {}", unreadable.id, unreadable.why));
        }
        self.begin();
        self.distrust_memory();
        match self.fetch_index() {
            Err(Error::Damaged(why)) => {
                report.problems.push(why);
                return Ok(report);
            }
            fetched => fetched?,
        }
        let options = CheckOptions::default().trust_cache(true).read_data(read_data);
        let plain = self.plain()?;
        let checked = until_let_go(|| plain.check_with_trees(options, trees.clone()));
        self.backend.forget_ahead();
        let results = match (checked, self.backend.take_failed()) {
            (_, Some(crate::backend::Failed::Store(error))) => return Err(error.into()),
            (checked, Some(crate::backend::Failed::Damaged(why))) => {
                report.problems.push(why);
                checked.map_or_else(|_| Vec::new(), |results| results.0)
            }
            (Ok(results), _) => results.0,
            (Err(error), _) => {
                report.problems.push(error.display_log());
                Vec::new()
            }
        };
        for (level, finding) in results {
            // rustic does not give the type of its levels a name.
            let list = match format!("{level:?}").as_str() {
                "Warn" => &mut report.remarks,
                _ => &mut report.problems,
            };
            list.push(finding.to_string());
        }
        Ok(report)
    }
}

/// Before it reads the data, rustic_core takes its index apart, and panics if threads of its own
/// have not let go of it within 100 ms (0.13, `GlobalIndex::into_index`): a busy machine needs
/// longer. A check only reads, so it is simply done again.
fn until_let_go<T>(check: impl Fn() -> T) -> T {
    const TRIES: u32 = 10;
    const HELD: &str = "index still in use";
    for _ in 1..TRIES {
        match catch_unwind(AssertUnwindSafe(&check)) {
            Ok(checked) => return checked,
            Err(panic)
                if panic.downcast_ref::<String>().is_some_and(|why| why.starts_with(HELD)) => {}
            Err(panic) => resume_unwind(panic),
        }
    }
    check()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn an_index_that_is_still_held_is_no_reason_to_give_up() {
        let tries = Cell::new(0);
        let checked = until_let_go(|| {
            tries.set(tries.get() + 1);
            assert!(tries.get() > 2, "index still in use: {}", tries.get());
            "checked"
        });
        assert_eq!((checked, tries.get()), ("checked", 3));
    }

    #[test]
    fn any_other_panic_is_one() {
        let tries = Cell::new(0);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            until_let_go(|| {
                tries.set(tries.get() + 1);
                panic!("try {}", tries.get());
            })
        }));
        let why = panic.expect_err("it goes on").downcast::<String>().expect("a text");
        assert_eq!((why.as_str(), tries.get()), ("try 1", 1));
    }
}
