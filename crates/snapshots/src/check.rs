//! Is everything there that the snapshots need?

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
        let trees = listing.snapshots.iter().map(|listed| listed.tree.into()).collect();
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
        let checked = self.plain()?.check_with_trees(options, trees);
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
