//! Whether a gateway that has died is started again.

use std::time::Duration;

/// OpenClaw's "my configuration or state is unusable": starting again changes nothing.
const EXIT_CONFIG: i32 = 78;
const UNUSABLE_MAX: u32 = 3;
/// Deaths in a row within [`SETTLED_AFTER`] of the start.
const EARLY_DEATHS_MAX: u32 = 8;
const SETTLED_AFTER: Duration = Duration::from_secs(60);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(crate) struct Restarts {
    unusable: u32,
    early: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    RestartAfter(Duration),
    /// Why not, for people.
    GiveUp(&'static str),
}

impl Restarts {
    pub(crate) fn after(&mut self, exit_code: Option<i32>, ran_for: Duration) -> Decision {
        self.early = if ran_for < SETTLED_AFTER { self.early + 1 } else { 0 };
        self.unusable = if exit_code == Some(EXIT_CONFIG) { self.unusable + 1 } else { 0 };
        if self.unusable >= UNUSABLE_MAX {
            return Decision::GiveUp("its configuration was refused");
        }
        if self.early >= EARLY_DEATHS_MAX {
            return Decision::GiveUp("its program stops right after it starts");
        }
        let doublings = self.early.saturating_sub(1);
        Decision::RestartAfter((FIRST_DELAY * 2u32.pow(doublings)).min(MAX_DELAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: Duration = Duration::from_secs(1);

    #[test]
    fn a_refused_configuration_is_tried_three_times() {
        let mut restarts = Restarts::default();
        assert!(matches!(restarts.after(Some(78), EARLY), Decision::RestartAfter(_)));
        assert!(matches!(restarts.after(Some(78), EARLY), Decision::RestartAfter(_)));
        assert!(matches!(restarts.after(Some(78), EARLY), Decision::GiveUp(_)));
    }

    #[test]
    fn a_gateway_that_ran_for_a_while_is_restarted_at_once_however_often_it_dies() {
        let mut restarts = Restarts::default();
        for _ in 0..100 {
            let decision = restarts.after(None, SETTLED_AFTER);
            assert_eq!(decision, Decision::RestartAfter(FIRST_DELAY));
        }
    }

    #[test]
    fn early_deaths_wait_longer_and_end() {
        let mut restarts = Restarts::default();
        let decisions: Vec<_> = (0..8).map(|_| restarts.after(Some(1), EARLY)).collect();
        assert_eq!(decisions[2], Decision::RestartAfter(FIRST_DELAY * 4));
        assert_eq!(decisions[6], Decision::RestartAfter(MAX_DELAY));
        assert!(matches!(decisions[7], Decision::GiveUp(_)));
    }
}
