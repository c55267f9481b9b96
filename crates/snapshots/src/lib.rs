//! Memory that survives: one encrypted, deduplicated repository per user, in restic's format,
//! in a bucket.

mod backend;
mod browse;
mod check;
pub mod dir_store;
mod error;
pub mod keys;
pub mod lease;
mod list;
mod marked;
mod parallel;
mod repository;
mod restore;
mod retention;
mod s3_store;
mod save;
pub mod source;
pub mod store;
mod tidy;
mod user_snapshots;

pub use backend::Usage;
pub use browse::{Child, ChildKind, Looked};
pub use check::CheckReport;
pub use error::{Error, Permit, Refused, SaveError};
pub use list::{Listed, Listing, Unreadable};
pub use repository::Repository;
pub use restore::{Owner, Part, Progress, Restored};
pub use retention::{Keeps, Retention};
pub use s3_store::{Patience, S3Store};
pub use save::{Honest, SaveLabel, Saved};
pub use tidy::{Pruned, Tidied};
pub use user_snapshots::{Pieces, UserSnapshots};
