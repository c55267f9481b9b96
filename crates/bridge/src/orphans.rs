//! Processes that the gateway's tools leave behind. Their parents are gone, so they are ours: as
//! the first process of a container, or as whoever takes that place on a laptop.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

use crate::chain::chain;

/// To end by themselves, and then to be gone.
const TERMINATED_WITHIN: Duration = Duration::from_millis(300);
const KILLED_WITHIN: Duration = Duration::from_millis(300);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The default takes in nobody: for a process that has other children than ours.
#[derive(Clone, Default)]
pub struct Orphans {
    /// Children that somebody waits for, who needs their exit status. `None`: nobody is taken in.
    awaited: Option<Arc<Mutex<BTreeSet<Pid>>>>,
}

/// This child is waited for as long as this lives.
pub(crate) struct Awaited<'a>(&'a Orphans, Pid);

impl Orphans {
    /// From now on every orphan below this process is its child. To be called before any process
    /// is started, and once.
    pub fn take_in() -> nix::Result<Self> {
        nix::sys::prctl::set_child_subreaper(true)?;
        Ok(Self { awaited: Some(Arc::default()) })
    }

    /// Buries whoever dies, for ever. Nobody else would, and each takes a place in the table of
    /// processes.
    pub async fn bury(self) {
        let mut deaths = match signal(SignalKind::child()) {
            Ok(deaths) => deaths,
            Err(error) => return warn!(error = %chain(&error), "cannot see orphans die"),
        };
        loop {
            self.living();
            if deaths.recv().await.is_none() {
                return;
            }
        }
    }

    pub(crate) fn awaits(&self, child: Pid) -> Awaited<'_> {
        if let Some(mut awaited) = self.awaited() {
            awaited.insert(child);
        }
        Awaited(self, child)
    }

    /// Ends what a gateway that is gone has left: its group, and whoever became our child. A tool
    /// that goes on beside the next gateway is under nobody's eyes.
    pub(crate) async fn end(&self, group: Pid) {
        for (name, within) in
            [(Signal::SIGTERM, TERMINATED_WITHIN), (Signal::SIGKILL, KILLED_WITHIN)]
        {
            if timeout(within, self.signal_until_gone(group, name)).await.is_ok() {
                return;
            }
        }
        warn!("some of what the gateway started could not be ended");
    }

    async fn signal_until_gone(&self, group: Pid, name: Signal) {
        let mut told = BTreeSet::new();
        let mut group_lives = killpg(group, name).is_ok();
        loop {
            bury_group(group);
            let living = self.living();
            group_lives = group_lives && killpg(group, None).is_ok();
            if !group_lives && living.is_empty() {
                return;
            }
            // The children of one that ends become ours, too.
            for orphan in living.into_iter().filter(|orphan| told.insert(*orphan)) {
                info!(pid = orphan.as_raw(), signal = %name, "ending an orphan");
                let _ = kill(orphan, name);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Orphans that live, after burying those that do not.
    fn living(&self) -> Vec<Pid> {
        let Some(awaited) = self.awaited() else {
            return Vec::new();
        };
        let mut orphans = children();
        orphans.retain(|child| !awaited.contains(child));
        orphans.retain(|orphan| match waitpid(*orphan, Some(WaitPidFlag::WNOHANG)) {
            Ok(status) if status.pid().is_some() => {
                debug!(?status, "buried an orphan");
                false
            }
            outcome => outcome.is_ok(),
        });
        orphans
    }

    fn awaited(&self) -> Option<MutexGuard<'_, BTreeSet<Pid>>> {
        let awaited = self.awaited.as_ref()?;
        Some(awaited.lock().expect("no holder panics"))
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        if let Some(mut awaited) = self.0.awaited() {
            awaited.remove(&self.1);
        }
    }
}

/// Those of the group that became our children, its leader being waited for by another.
fn bury_group(group: Pid) {
    let of_group = Pid::from_raw(-group.as_raw());
    while waitpid(of_group, Some(WaitPidFlag::WNOHANG)).is_ok_and(|s| s.pid().is_some()) {}
}

fn children() -> Vec<Pid> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let lists = threads
        .flatten()
        .flat_map(|thread| std::fs::read_to_string(thread.path().join("children")));
    let pids = lists.flat_map(|list| {
        list.split_whitespace().flat_map(str::parse).map(Pid::from_raw).collect::<Vec<_>>()
    });
    pids.collect()
}

#[cfg(test)]
mod tests {
    use nix::sys::wait::{Id, waitid};

    use super::*;

    #[test]
    fn who_is_waited_for_is_left_to_whoever_waits() {
        let orphans = Orphans { awaited: Some(Arc::default()) };
        let mut child = std::process::Command::new("false").spawn().expect("it is everywhere");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        let awaited = orphans.awaits(pid);
        // Dead, and not yet buried.
        waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).expect("our child");
        assert!(orphans.living().is_empty());
        assert_eq!(child.wait().expect("its status is still there").code(), Some(1));
        drop(awaited);
    }
}
