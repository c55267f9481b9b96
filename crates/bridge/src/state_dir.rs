//! Where an agent's state lies.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use domain::{Owner, SpareId, UserId};
use sha2::{Digest, Sha256};

/// `{user}` in it stands for a folder name of the user's own, where several share one disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir(pub String);

const USER: &str = "{user}";

impl StateDir {
    pub fn of(&self, owner: &Owner) -> PathBuf {
        match owner {
            Owner::User(user, _) => self.of_user(user),
            Owner::Spare(spare) => self.of_spare(spare),
        }
    }

    /// Hashed, so that no name leads anywhere else.
    pub fn of_user(&self, user: &UserId) -> PathBuf {
        let hash = Sha256::digest(user.as_str().as_bytes());
        self.0.replace(USER, &HEXLOWER.encode(&hash[..16])).into()
    }

    /// Never that of a user, for a while.
    fn of_spare(&self, spare: &SpareId) -> PathBuf {
        let name = format!("spare-{spare}");
        if self.0.contains(USER) {
            return self.0.replace(USER, &name).into();
        }
        format!("{}-{name}", self.0.trim_end_matches('/')).into()
    }
}

#[cfg(test)]
mod tests {
    use domain::Generation;

    use super::*;

    fn dirs(template: &str, user: &str) -> [String; 2] {
        let user = Owner::User(UserId::new(user).expect("valid"), Generation(1));
        let spare = Owner::Spare(SpareId::new("s-1").expect("valid"));
        let dir = StateDir(template.into());
        [user, spare].map(|owner| dir.of(&owner).display().to_string())
    }

    /// As folders have been named since there are any: they hold people's agents.
    #[test]
    fn a_user_keeps_his_folder() {
        let [ana, spare] = dirs("/data/agents/{user}", "ana");
        assert_eq!(ana, "/data/agents/24d4b96f58da6d4a8512313bbd02a28e");
        assert_eq!(spare, "/data/agents/spare-s-1");
        assert!(dirs("/a/{user}", "..")[0].strip_prefix("/a/").is_some_and(|n| n.len() == 32));
    }

    #[test]
    fn on_a_disk_of_ones_own_the_user_has_the_named_folder() {
        let expect = ["/var/lib/openclaw", "/var/lib/openclaw-spare-s-1"];
        assert_eq!(dirs("/var/lib/openclaw", "ana"), expect);
        assert_eq!(dirs("/var/lib/openclaw/", "ana")[1], expect[1]);
    }
}
