//! The life of a spare: warms its machine up, waits for a claim, and then is one user's bridge
//! for good.
//!
//! Nothing that happens while it waits is the last word on whose it is: its row is. A claim that
//! nobody told it of is found there within seconds; a spare whose row is gone is nobody's, and
//! ends. Whoever wants it gone first takes it out of the pool, and if that fails because it was
//! claimed in that moment, it is its user's.

use std::sync::Arc;
use std::time::Duration;

use domain::{Choices, Generation, SpareId, SpareStatus, Timestamp, UserId};
use platform::{Spares, Unavailable, WriteError};
use tokio::sync::Notify;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tracing::{info, warn};

use crate::backoff::Backoff;
use crate::boot::CONNECTED_WITHIN;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::gateway_process::GatewayState;
use crate::halt::{Halt, Reason};
use crate::host::{Gateway, GatewayHost};
use crate::live::{GATEWAY_STOPPED_WITHIN, Life, live};
use crate::nudges::{DIAL_WITHIN, DialError, Line, PING_EVERY, PING_WITHIN, Socket, dial};
use crate::ports::Ports;

/// How late a claim is found that nobody told of.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Whoever cannot take itself out of the pool by then leaves: ECS's word on its end does.
const LEFT_WITHIN: Duration = Duration::from_secs(10);

pub struct SpareLife {
    pub id: SpareId,
    /// Unclaimed until then, it ends.
    pub expires_at: Timestamp,
    pub spares: Arc<dyn Spares>,
    pub ports: Ports,
    /// Starts gateways on nobody's data, and leaves nothing of them behind.
    pub host: Arc<dyn GatewayHost>,
    /// Opened by the spare's own token.
    pub line: Arc<dyn Line>,
    /// Whoever holds it may ask for the end, before the claim and after.
    pub halt: Halt,
}

/// Whose it is now.
type Claim = (UserId, Generation);

/// `Ok` when it ended as it should: claimed and then as [`live`], or never claimed. `life_of` is
/// asked for the life that follows a claim.
pub async fn spare(
    spare: SpareLife,
    life_of: impl FnOnce(UserId, Generation) -> Life,
    on_turn: impl FnOnce(&Arc<Bridge>),
) -> anyhow::Result<()> {
    let claim = match spare.warm_up().await {
        Ok(()) => spare.wait().await,
        Err(reason) => {
            spare.halt.request(Reason::Broken(reason));
            spare.leave().await
        }
    };
    match (claim, spare.halt.reason()) {
        (None, Some(Reason::Broken(reason))) => anyhow::bail!("the gateway is broken: {reason}"),
        (None, _) => Ok(()),
        (Some(claim), Some(_)) => {
            spare.give_up(&claim).await;
            Ok(())
        }
        (Some((user, generation)), None) => {
            info!(user.id = %user, %generation, spare.id = %spare.id, "claimed");
            live(life_of(user, generation), on_turn).await
        }
    }
}

impl SpareLife {
    /// A gateway comes up once and goes: what it read and compiled lies in the machine's caches,
    /// and the user's own, which has to begin with his state, need not wait for this one's end.
    async fn warm_up(&self) -> Result<(), String> {
        let nobodys = Choices::default();
        let started = self.halt.closing.run_until_cancelled(self.host.start(&nobodys)).await;
        let gateway = match started {
            Some(Ok(gateway)) => gateway,
            Some(Err(error)) => return Err(chain(&*error).to_string()),
            None => return Ok(()),
        };
        let up = timeout(CONNECTED_WITHIN, came_up(&*gateway));
        let up = self.halt.closing.run_until_cancelled(up).await;
        if timeout(GATEWAY_STOPPED_WITHIN, gateway.stop()).await.is_err() {
            warn!("the gateway was not seen to stop, going on anyway");
        }
        up.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err("it did not start in time".into()))
    }

    /// Until it is claimed, or nobody's any more.
    async fn wait(&self) -> Option<Claim> {
        let (look, up) = (Notify::new(), Notify::new());
        let time_left = self.expires_at.since(self.ports.clock.now());
        tokio::select! {
            biased;
            () = self.halt.closing.cancelled() => self.leave().await,
            claim = self.watch_row(&look, &up) => claim,
            () = self.listen(&look, &up) => unreachable!("it listens for ever"),
            () = sleep(time_left) => {
                info!(spare.id = %self.id, "nobody wanted this spare in its time");
                self.leave().await
            }
        }
    }

    async fn watch_row(&self, look: &Notify, up: &Notify) -> Option<Claim> {
        // Claimed before it listens, it would be told of nothing.
        let _ = timeout(DIAL_WITHIN, up.notified()).await;
        loop {
            match self.look_at_row().await {
                Ok(Row::Waits) => {}
                Ok(Row::Claimed(claim)) => return Some(claim),
                Ok(Row::Gone) => {
                    info!(spare.id = %self.id, "this spare is not wanted any more");
                    return None;
                }
                Err(error) => warn!(error = %chain(&error), "cannot look for a claim"),
            }
            let _ = timeout(LOOK_EVERY, look.notified()).await;
        }
    }

    async fn look_at_row(&self) -> Result<Row, Unavailable> {
        match self.spares.get(&self.id).await?.map(|row| row.status) {
            Some(SpareStatus::Claimed(user, generation)) => Ok(Row::Claimed((user, generation))),
            Some(SpareStatus::Ready) => Ok(Row::Waits),
            None => Ok(Row::Gone),
            Some(SpareStatus::Starting) => match self.spares.set_ready(&self.id).await {
                Ok(()) => {
                    info!(spare.id = %self.id, "ready for whoever comes");
                    Ok(Row::Waits)
                }
                // It has just been retired.
                Err(WriteError::Fenced | WriteError::Conflict) => Ok(Row::Gone),
                Err(WriteError::Unavailable(error)) => Err(error),
            },
        }
    }

    /// A lost line costs time, never a claim.
    async fn listen(&self, look: &Notify, up: &Notify) {
        let mut backoff = self.backoff("dial", 10_000);
        loop {
            match dial(&*self.line).await {
                Ok(socket) => {
                    backoff.reset();
                    up.notify_one();
                    // What came while nobody listened.
                    look.notify_one();
                    hear(socket, look).await;
                }
                // Claimed or gone: the row says which.
                Err(DialError::Refused) => look.notify_one(),
                Err(DialError::Failed(error)) if backoff.failures() == 0 => {
                    warn!(error, "cannot open the line for a claim");
                }
                Err(DialError::Failed(_)) => {}
            }
            backoff.wait().await;
        }
    }

    /// Out of the pool, so that nobody claims what is about to end. Who was quicker has it.
    async fn leave(&self) -> Option<Claim> {
        let mut backoff = self.backoff("leave", 2_000);
        let left = async {
            loop {
                match self.retire().await {
                    Ok(claim) => return claim,
                    Err(error) => warn!(error = %chain(&error), "cannot leave the pool yet"),
                }
                backoff.wait().await;
            }
        };
        timeout(LEFT_WITHIN, left).await.unwrap_or_else(|_| {
            warn!(spare.id = %self.id, "leaving without a word");
            None
        })
    }

    async fn retire(&self) -> Result<Option<Claim>, Unavailable> {
        if self.spares.retire(&self.id).await? {
            return Ok(None);
        }
        let row = self.spares.get(&self.id).await?;
        Ok(row.and_then(|row| match row.status {
            SpareStatus::Claimed(user, generation) => Some((user, generation)),
            SpareStatus::Starting | SpareStatus::Ready => None,
        }))
    }

    /// Claimed while it was asked to stop. Released, its user need not wait for a machine that
    /// goes away: the next one is launched when ECS tells of this one's end.
    async fn give_up(&self, (user, generation): &Claim) {
        let mut backoff = self.backoff("release", 2_000);
        let released = async {
            loop {
                let now = self.ports.clock.now();
                match self.ports.tasks.release(user, *generation, now).await {
                    Ok(_) => return info!(user.id = %user, %generation, "released unserved"),
                    Err(error) => warn!(error = %chain(&error), "cannot release yet"),
                }
                backoff.wait().await;
            }
        };
        if timeout(LEFT_WITHIN, released).await.is_err() {
            warn!(user.id = %user, %generation, "nobody took note that we are gone");
        }
    }

    fn backoff(&self, what: &str, max_ms: u64) -> Backoff {
        let (first, max) = (Duration::from_millis(250), Duration::from_millis(max_ms));
        Backoff::new((&self.id, what), first, max)
    }
}

enum Row {
    Waits,
    Claimed(Claim),
    Gone,
}

/// Whatever is said: the row says what of it is true.
async fn hear(mut socket: Box<dyn Socket>, look: &Notify) {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        tokio::select! {
            biased;
            text = socket.next() => match text {
                Some(_) => look.notify_one(),
                None => return,
            },
            _ = pings.tick() => {
                if !timeout(PING_WITHIN, socket.ping()).await.unwrap_or(false) {
                    return;
                }
            }
        }
    }
}

async fn came_up(gateway: &dyn Gateway) -> Result<(), String> {
    let mut state = gateway.state();
    let connected = async {
        gateway.listening().await;
        gateway.agent().connected().await
    };
    let given_up = async {
        let over = state.wait_for(|state| matches!(state, GatewayState::GivenUp(_))).await;
        match over.as_deref() {
            Ok(GatewayState::GivenUp(reason)) => Err(reason.clone()),
            _ => Err("it is not kept running".into()),
        }
    };
    tokio::select! {
        biased;
        up = connected => up,
        down = given_up => down,
    }
}
