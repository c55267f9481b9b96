//! The wake-ups of one agent, as its user may see them.

use std::time::Duration;

use crate::{Capacity, TaskState, Timestamp};

/// Of one user. An agent that wakes every hour is shown most of a day.
const KEPT: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// When somebody asked for it.
    pub at: Timestamp,
    /// From then on until it answered.
    pub ready_after: Duration,
    pub on: Option<WokeOn>,
}

/// What kind of machine it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WokeOn {
    Spot,
    OnDemand,
    /// One that was up before it was asked for.
    Spare,
}

/// The last ones, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WakeHistory(Vec<Wake>);

impl WokeOn {
    /// As far as anybody has said. A spare's task is known from its claim, its kind is not; of any
    /// other task both are told at once.
    pub fn of(task: &TaskState) -> Option<Self> {
        match (task.capacity, &task.task_arn) {
            (Some(Capacity::Spot), _) => Some(Self::Spot),
            (Some(Capacity::OnDemand), _) => Some(Self::OnDemand),
            (None, Some(_)) => Some(Self::Spare),
            (None, None) => None,
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Spot => 1,
            Self::OnDemand => 2,
            Self::Spare => 3,
        }
    }

    fn of_number(number: u64) -> Option<Self> {
        [Self::Spot, Self::OnDemand, Self::Spare].into_iter().find(|on| on.number() == number)
    }
}

impl WakeHistory {
    /// The task of `task` is up. Said twice it is one wake-up.
    pub fn note(&mut self, task: &TaskState, ready_after: Duration) {
        let Some(at) = task.launched_at else { return };
        self.0.retain(|wake| wake.at != at);
        self.0.push(Wake { at, ready_after, on: WokeOn::of(task) });
        self.0.drain(..self.0.len().saturating_sub(KEPT));
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &Wake> {
        self.0.iter().rev()
    }

    /// Three of each: when, how long it took in milliseconds, and on what, or 0. The row is written
    /// with every message, so it is to be small.
    pub fn to_numbers(&self) -> Vec<u64> {
        let numbers = self.0.iter().flat_map(|wake| {
            let took = u64::try_from(wake.ready_after.as_millis()).unwrap_or(u64::MAX);
            [wake.at.millis(), took, wake.on.map_or(0, WokeOn::number)]
        });
        numbers.collect()
    }

    /// `None`: they are not ours.
    pub fn from_numbers(numbers: &[u64]) -> Option<Self> {
        let (wakes, rest) = numbers.as_chunks::<3>();
        let read = |[at, took, on]: &[u64; 3]| Wake {
            at: Timestamp(*at),
            ready_after: Duration::from_millis(*took),
            on: WokeOn::of_number(*on),
        };
        rest.is_empty().then(|| Self(wakes.iter().map(read).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TaskArn, UserId};

    fn launched(at: u64, capacity: Option<Capacity>, arn: Option<&str>) -> TaskState {
        TaskState {
            launched_at: Some(Timestamp(at)),
            capacity,
            task_arn: arn.map(|arn| TaskArn(arn.into())),
            ..TaskState::idle(UserId::new("ana").expect("valid"))
        }
    }

    #[test]
    fn a_history_reads_back_as_it_was_written() {
        let mut wakes = WakeHistory::default();
        assert_eq!(WakeHistory::from_numbers(&[]), Some(wakes.clone()));
        for (at, capacity, arn) in [
            (1, Some(Capacity::Spot), Some("a")),
            (2, Some(Capacity::OnDemand), Some("b")),
            (3, None, Some("spare")),
            (4, None, None),
        ] {
            wakes.note(&launched(at, capacity, arn), Duration::from_millis(at * 1_000));
        }
        let on: Vec<_> = wakes.newest_first().map(|wake| wake.on).collect();
        assert_eq!(on, [None, Some(WokeOn::Spare), Some(WokeOn::OnDemand), Some(WokeOn::Spot)]);
        assert_eq!(WakeHistory::from_numbers(&wakes.to_numbers()), Some(wakes));
        assert_eq!(WakeHistory::from_numbers(&[1, 2]), None);
        let of_a_later_version = WakeHistory::from_numbers(&[1, 2, 9]).expect("reads");
        assert_eq!(of_a_later_version.newest_first().next().and_then(|wake| wake.on), None);
    }

    #[test]
    fn a_wake_up_that_is_told_twice_is_one_and_the_last_twenty_are_kept() {
        let mut wakes = WakeHistory::default();
        for at in 1..=25 {
            for _ in 0..2 {
                wakes.note(&launched(at, None, None), Duration::from_secs(1));
            }
        }
        let kept: Vec<u64> = wakes.newest_first().map(|wake| wake.at.millis()).collect();
        assert_eq!(kept, (6..=25).rev().collect::<Vec<_>>());
        wakes.note(&TaskState { launched_at: None, ..launched(0, None, None) }, Duration::ZERO);
        assert_eq!(wakes.newest_first().count(), 20, "nobody knows when it began");
    }
}
