//! Which version of the task runs: one for everybody, and perhaps a candidate for some launches,
//! which becomes everybody's when it has come up often enough, and is withdrawn when it does not
//! come up.

use crate::Owner;

/// A candidate that has come up so often is everybody's.
pub const PROMOTED_AFTER: u32 = 10;
/// A candidate is withdrawn after so many failed starts: one may be bad luck,
pub const WITHDRAWN_AFTER: u32 = 2;
/// and if more than one of so many fails.
const ONE_FAILURE_IN: u32 = 10;

/// One revision of a task definition, by its ARN: the image, and everything around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskDefinition(pub String);

/// The share of launches that try a candidate, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u8);

impl Share {
    pub fn new(percent: u64) -> Option<Self> {
        u8::try_from(percent).ok().filter(|percent| (1..=100).contains(percent)).map(Self)
    }

    pub fn percent(self) -> u8 {
        self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub definition: TaskDefinition,
    pub share: Share,
    /// Tasks of it that came up,
    pub ready: u32,
    /// and that did not.
    pub failed: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Counts changes: who changes it says which state he saw.
    pub revision: u64,
    /// `None`: nobody has said; ECS then takes the newest revision of the family.
    pub current: Option<TaskDefinition>,
    /// What a rollback goes back to.
    pub previous: Option<TaskDefinition>,
    pub candidate: Option<Candidate>,
    /// The last one that was taken back.
    pub withdrawn: Option<TaskDefinition>,
}

impl Release {
    /// What a launch runs. Whose launch has just failed gets what is known to work.
    pub fn choose(&self, owner: &Owner, failed_launches: u32) -> Option<&TaskDefinition> {
        match &self.candidate {
            Some(candidate) if failed_launches == 0 && place(owner) < candidate.share.0 => {
                Some(&candidate.definition)
            }
            _ => self.current.as_ref(),
        }
    }

    /// The first one is everybody's at once: there is nothing to go back to.
    #[must_use]
    pub fn begin(&self, definition: TaskDefinition, share: Share) -> Self {
        match &self.current {
            Some(current) if *current != definition => {
                let candidate = Candidate { definition, share, ready: 0, failed: 0 };
                self.changed(|next| next.candidate = Some(candidate))
            }
            _ => self.changed(|next| {
                next.current = Some(definition);
                next.candidate = None;
            }),
        }
    }

    /// `None`: there is no candidate.
    #[must_use]
    pub fn promote(&self) -> Option<Self> {
        let candidate = self.candidate.clone()?;
        Some(self.changed(|next| {
            next.previous = next.current.replace(candidate.definition);
            next.candidate = None;
        }))
    }

    /// A candidate is withdrawn; without one, everybody is back at the version before. `None`:
    /// there is none.
    #[must_use]
    pub fn roll_back(&self) -> Option<Self> {
        if let Some(candidate) = self.candidate.clone() {
            return Some(self.changed(|next| {
                next.withdrawn = Some(candidate.definition);
                next.candidate = None;
            }));
        }
        let previous = self.previous.clone()?;
        Some(self.changed(|next| {
            next.withdrawn = next.current.replace(previous);
            next.previous = None;
        }))
    }

    /// A task of this version came up. `None`: that changes nothing.
    #[must_use]
    pub fn came_up(&self, definition: &TaskDefinition) -> Option<Self> {
        let counted = self.counted(definition, |candidate| candidate.ready += 1)?;
        let done = counted.candidate.as_ref().is_some_and(|one| one.ready >= PROMOTED_AFTER);
        Some(if done { self.promote()? } else { counted })
    }

    /// A task of this version did not. `None`: that changes nothing.
    #[must_use]
    pub fn failed(&self, definition: &TaskDefinition) -> Option<Self> {
        let counted = self.counted(definition, |candidate| candidate.failed += 1)?;
        let bad = counted.candidate.as_ref().is_some_and(|one| {
            let often = one.failed.saturating_mul(ONE_FAILURE_IN) > one.ready;
            one.failed >= WITHDRAWN_AFTER && often
        });
        Some(if bad { self.roll_back()? } else { counted })
    }

    fn counted(
        &self,
        definition: &TaskDefinition,
        count: impl FnOnce(&mut Candidate),
    ) -> Option<Self> {
        let mut candidate = self.candidate.clone()?;
        (candidate.definition == *definition).then_some(())?;
        count(&mut candidate);
        Some(self.changed(|next| next.candidate = Some(candidate)))
    }

    fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = Self { revision: self.revision + 1, ..self.clone() };
        change(&mut next);
        next
    }
}

/// From 0 to 99, another one for each launch: FNV-1a.
fn place(owner: &Owner) -> u8 {
    let name = match owner {
        Owner::User(user, generation) => format!("{user}|{generation}"),
        Owner::Spare(id) => format!("spare#{id}"),
    };
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The upper half is the better mixed one.
    u8::try_from((hash >> 32) % 100).expect("less than 100")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Generation, UserId};

    fn version(n: u32) -> TaskDefinition {
        TaskDefinition(format!("arn:aws:ecs:us-east-1:1:task-definition/openclaw:{n}"))
    }

    fn share(percent: u64) -> Share {
        Share::new(percent).expect("valid")
    }

    fn launch(n: u64) -> Owner {
        Owner::User(UserId::new("ana").expect("valid"), Generation(n))
    }

    /// Version 1 for all, 2 for so many.
    fn canary(percent: u64) -> Release {
        Release::default().begin(version(1), share(100)).begin(version(2), share(percent))
    }

    #[test]
    fn without_a_word_ecs_chooses_and_the_first_version_is_everybodys() {
        assert_eq!(Release::default().choose(&launch(1), 0), None);
        let first = Release::default().begin(version(1), share(1));
        assert_eq!((first.choose(&launch(1), 0), first.revision), (Some(&version(1)), 1));
        assert_eq!(first.roll_back(), None, "there is nothing to go back to");
        assert_eq!(first.promote(), None);
    }

    #[test]
    fn a_share_of_the_launches_tries_the_candidate() {
        for percent in [1, 25, 100] {
            let release = canary(percent);
            let tries = (0..10_000)
                .filter(|n| release.choose(&launch(*n), 0) == Some(&version(2)))
                .count() as u64;
            let expected = percent * 100;
            assert!(tries.abs_diff(expected) <= 150, "{tries} of 10000 for {percent} %");
        }
        assert!(Share::new(0).is_none() && Share::new(101).is_none());
    }

    #[test]
    fn whose_launch_has_failed_gets_what_is_known_to_work() {
        assert_eq!(canary(100).choose(&launch(1), 1), Some(&version(1)));
    }

    #[test]
    fn a_candidate_that_comes_up_is_everybodys_and_one_word_goes_back() {
        let mut release = canary(25);
        for n in 1..PROMOTED_AFTER {
            release = release.came_up(&version(2)).expect("counts");
            assert_eq!(release.candidate.as_ref().map(|one| one.ready), Some(n));
        }
        release = release.came_up(&version(2)).expect("counts");
        assert_eq!((release.current.clone(), release.candidate.clone()), (Some(version(2)), None));
        assert_eq!(release.came_up(&version(2)), None, "it is counted no longer");
        let back = release.roll_back().expect("there is one before");
        assert_eq!((back.current, back.withdrawn), (Some(version(1)), Some(version(2))));
    }

    #[test]
    fn a_candidate_that_does_not_come_up_is_withdrawn() {
        let once = canary(25).failed(&version(2)).expect("counts");
        assert_eq!(once.candidate.as_ref().map(|one| one.failed), Some(1), "it may be bad luck");
        let twice = once.failed(&version(2)).expect("counts");
        assert_eq!((twice.current.clone(), twice.candidate.clone()), (Some(version(1)), None));
        assert_eq!(twice.withdrawn, Some(version(2)));
        assert_eq!(twice.failed(&version(2)), None, "the second watchdog changes nothing");
    }

    #[test]
    fn a_failure_now_and_then_is_no_reason() {
        let mut release = canary(100);
        // As if it took far more to be everybody's.
        release.candidate.as_mut().expect("one").ready = 25;
        let release = release.failed(&version(2)).and_then(|next| next.failed(&version(2)));
        assert_eq!(release.and_then(|next| next.candidate).map(|one| one.failed), Some(2));
    }

    #[test]
    fn what_runs_beside_the_candidate_says_nothing_of_it() {
        assert_eq!(canary(25).failed(&version(1)), None);
        assert_eq!(canary(25).came_up(&version(1)), None);
    }

    #[test]
    fn a_rollback_takes_a_candidate_first() {
        let release = canary(25).roll_back().expect("a candidate");
        assert_eq!((release.current, release.candidate), (Some(version(1)), None));
        assert_eq!(release.withdrawn, Some(version(2)));
    }
}
