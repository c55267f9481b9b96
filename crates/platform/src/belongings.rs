//! Everything that is kept of one user, by place and not by meaning: for who takes it with him,
//! and for who leaves. What a new kind of row is called does not matter here, so neither can
//! forget one.

use async_trait::async_trait;
use domain::{Place, Timestamp, UserId};
use serde_json::{Map, Value};

use crate::{OpenError, Result, Upload};

/// One row as it is kept. Numbers and lists are JSON's; what a row keeps as JSON text is text.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its name among the user's, such as `SETTING#language`; of one, whatever it is.
    pub name: String,
    pub fields: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordPage {
    /// By name.
    pub records: Vec<Record>,
    /// Give this as `after` for the next page.
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Below the user's folder of its kind.
    pub name: String,
    pub size: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePage {
    /// By name.
    pub files: Vec<StoredFile>,
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub count: u64,
    /// There is more, or may be.
    pub more: bool,
}

#[async_trait]
pub trait Belongings: Send + Sync {
    /// Rows of a place that has rows, strongly consistent but for connections; none that has
    /// expired at `now`.
    async fn records(
        &self,
        user: &UserId,
        place: Place,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<RecordPage>;

    /// Objects of a place that has objects.
    async fn files(&self, user: &UserId, place: Place, after: Option<&str>) -> Result<FilePage>;

    /// One object, by the name that [`files`](Self::files) gives.
    async fn open(
        &self,
        user: &UserId,
        place: Place,
        name: &str,
    ) -> std::result::Result<Upload, OpenError>;

    /// Deletes a page of what is there, expired rows and older versions of objects included.
    /// Repeated until nothing is left it leaves nothing.
    async fn remove_some(&self, user: &UserId, place: Place) -> Result<Removed>;
}
