//! A user who leaves: where there is something of his, in which order it goes, and when nobody
//! of before can write any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Generation, TaskArn, Timestamp, UserId};

/// A request that began before the user was marked is over by then: API Gateway ends it after
/// 30 s, and our functions with it.
pub const REQUESTS_OVER_WITHIN: Duration = Duration::from_secs(30);

/// As long as a task that was told to stop may take to die, and a little.
pub const TASK_GONE_WITHIN: Duration = Duration::from_secs(150);

/// The fence stays so long: by then ECS has been asked many times for tasks that nobody wants.
pub const FENCE_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Where something of a user may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// What opens his snapshots: without it they are noise.
    SnapshotKeys,
    Inbox,
    Conversations,
    Connections,
    /// Settings, links, schedules, usage, the lists of snapshots and skills.
    Settings,
    Snapshots,
    Uploads,
    Texts,
    Skills,
    Incoming,
    Downloads,
    Exports,
}

impl Place {
    /// In the order in which they are emptied. The keys first: whatever stops us afterwards,
    /// nobody reads his memory again.
    pub const ALL: [Place; 12] = [
        Place::SnapshotKeys,
        Place::Connections,
        Place::Inbox,
        Place::Conversations,
        Place::Settings,
        Place::Snapshots,
        Place::Uploads,
        Place::Texts,
        Place::Skills,
        Place::Incoming,
        Place::Downloads,
        Place::Exports,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Place::SnapshotKeys => "snapshotKeys",
            Place::Inbox => "inbox",
            Place::Conversations => "conversations",
            Place::Connections => "connections",
            Place::Settings => "settings",
            Place::Snapshots => "snapshots",
            Place::Uploads => "uploads",
            Place::Texts => "texts",
            Place::Skills => "skills",
            Place::Incoming => "incoming",
            Place::Downloads => "downloads",
            Place::Exports => "exports",
        }
    }

    /// Of objects in the bucket: how their keys begin; of the one that opens snapshots, the key.
    pub fn prefix(self, user: &UserId) -> Option<String> {
        match self {
            Place::Inbox | Place::Conversations | Place::Connections | Place::Settings => None,
            Place::SnapshotKeys => Some(format!("snapshot-keys/{user}.json")),
            kind => Some(format!("{}/{user}/", kind.name())),
        }
    }
}

/// One user's deletion, from the mark until the fence is taken down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    pub user: UserId,
    /// By which user and operator speak of it; random.
    pub id: String,
    /// The last one that was launched: it and all before it are fenced.
    pub generation: Generation,
    pub began_at: Timestamp,
    /// Nobody of before writes any more.
    pub quiet_at: Timestamp,
    /// Stopped first. `None`: there was none, or nobody knew its name.
    pub task_arn: Option<TaskArn>,
    /// What was found and deleted so far.
    pub deleted: BTreeMap<Place, u64>,
    /// Users of linked accounts, whose own deletions came with this one.
    pub also: BTreeSet<UserId>,
    /// Everything is gone, and the user may begin anew.
    pub done_at: Option<Timestamp>,
}

impl Deletion {
    pub fn is_done(&self) -> bool {
        self.done_at.is_some()
    }

    pub fn note(&mut self, place: Place, count: u64) {
        if count > 0 {
            *self.deleted.entry(place).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_place_is_emptied_and_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Place::ALL.iter().map(|place| place.name()).collect();
        assert_eq!(names.len(), Place::ALL.len());
        for place in Place::ALL {
            let word = serde_json::to_value(place).expect("serializes");
            assert_eq!(word, place.name());
        }
        assert_eq!(Place::ALL[0], Place::SnapshotKeys);
    }

    #[test]
    fn no_users_prefix_begins_anothers() {
        // `ana.json` may be somebody's name: that key is compared whole.
        let user = |id: &str| UserId::new(id).expect("valid");
        for place in Place::ALL {
            let (Some(ana), Some(anabel)) =
                (place.prefix(&user("ana")), place.prefix(&user("anabel")))
            else {
                continue;
            };
            assert!(!anabel.starts_with(&ana), "{ana} begins {anabel}");
        }
    }
}
