//! Where an agent's directory lies on its machine, and what of ours lies beside it.

use std::path::PathBuf;

use domain::{Owner, SpareId};

/// The agent's own; what is in it and outlives the machine is in snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir(pub PathBuf);

impl StateDir {
    /// A gateway that warms a machine up never runs where a user's will.
    pub fn of(&self, owner: &Owner) -> PathBuf {
        match owner {
            Owner::User(..) => self.0.clone(),
            Owner::Spare(spare) => self.of_spare(spare),
        }
    }

    fn of_spare(&self, spare: &SpareId) -> PathBuf {
        self.beside(&format!("spare-{spare}"))
    }

    /// On the same disk, and not the agent's.
    pub fn beside(&self, name: &str) -> PathBuf {
        let own = self.0.file_name().unwrap_or_default().to_string_lossy();
        self.0.with_file_name(format!("{own}-{name}"))
    }
}

#[cfg(test)]
mod tests {
    use domain::{Generation, UserId};

    use super::*;

    #[test]
    fn a_spare_has_a_directory_of_its_own_until_it_is_somebodys() {
        let user = Owner::User(UserId::new("ana").expect("valid"), Generation(1));
        let spare = Owner::Spare(SpareId::new("s-1").expect("valid"));
        for named in ["/var/lib/openclaw", "/var/lib/openclaw/"] {
            let dir = StateDir(named.into());
            assert_eq!(dir.of(&user), PathBuf::from(named));
            assert_eq!(dir.of(&spare), PathBuf::from("/var/lib/openclaw-spare-s-1"));
        }
    }
}
