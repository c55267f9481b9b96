//! A spare's whole life without a process, a socket or a second of real time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bridge::{
    Agent, DialError, Gateway, GatewayHost, GatewayState, Halt, Life, Line, Policy, Reason, Socket,
    SpareLife, Workspace, spare,
};
use domain::{
    Choices, Generation, IdlePolicy, InboxState, Spare, SpareId, SpareStatus, TaskStatus, TimeZone,
};
use platform::{Claim, ClaimSpareError, Clock, Spares};
use platform_sim::{Disk, World};
use protocol::Nudge;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Scripted, open_tab, ports, put, until, user};

const UP_AFTER: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(60);

/// What runs on the machine: one gateway at a time, whosever it is.
#[derive(Default)]
struct Machine {
    runs: AtomicUsize,
    started: Mutex<Vec<&'static str>>,
    broken: AtomicBool,
    hangs: AtomicBool,
}

struct Host {
    machine: Arc<Machine>,
    whose: &'static str,
}

#[async_trait]
impl GatewayHost for Host {
    async fn start(&self, _: &Choices) -> anyhow::Result<Box<dyn Gateway>> {
        assert_eq!(self.machine.runs.fetch_add(1, Ordering::SeqCst), 0, "two gateways at once");
        self.machine.started.lock().expect("no panics").push(self.whose);
        let broken = self.machine.broken.load(Ordering::SeqCst);
        let state = match broken {
            true => GatewayState::GivenUp("its program is not there".into()),
            false => GatewayState::Started { times: 1 },
        };
        let (agent, state) = (Arc::new(Scripted::echo()), watch::channel(state).0);
        Ok(Box::new(Up { machine: self.machine.clone(), agent, state }))
    }
}

struct Up {
    machine: Arc<Machine>,
    agent: Arc<Scripted>,
    state: watch::Sender<GatewayState>,
}

#[async_trait]
impl Gateway for Up {
    fn agent(&self) -> Arc<dyn Agent> {
        self.agent.clone()
    }

    fn state(&self) -> watch::Receiver<GatewayState> {
        self.state.subscribe()
    }

    async fn listening(&self) {
        let never = [&self.machine.hangs, &self.machine.broken];
        match never.iter().any(|never| never.load(Ordering::SeqCst)) {
            true => std::future::pending().await,
            false => sleep(UP_AFTER).await,
        }
    }

    async fn stop(&self) {
        sleep(Duration::from_millis(500)).await;
        self.machine.runs.fetch_sub(1, Ordering::SeqCst);
        self.state.send_replace(GatewayState::Stopped);
    }
}

/// Where calls arrive; each is a socket that nudges can be sent to.
#[derive(Clone, Default)]
struct Exchange {
    refuses: Arc<AtomicBool>,
    sockets: Arc<Mutex<Vec<mpsc::UnboundedSender<String>>>>,
}

impl Exchange {
    fn nudge(&self) {
        let text = serde_json::to_string(&Nudge::Claimed).expect("JSON");
        let sockets = self.sockets.lock().expect("no panics");
        sockets.last().expect("a call came").send(text).expect("the socket is up");
    }

    fn lose_all(&self) {
        self.sockets.lock().expect("no panics").clear();
    }

    fn calls(&self) -> usize {
        self.sockets.lock().expect("no panics").len()
    }
}

#[async_trait]
impl Line for Exchange {
    async fn dial(&self) -> Result<Box<dyn Socket>, DialError> {
        sleep(Duration::from_millis(50)).await;
        if self.refuses.load(Ordering::SeqCst) {
            return Err(DialError::Refused);
        }
        let (tell, texts) = mpsc::unbounded_channel();
        self.sockets.lock().expect("no panics").push(tell);
        Ok(Box::new(End(texts)))
    }
}

struct End(mpsc::UnboundedReceiver<String>);

#[async_trait]
impl Socket for End {
    async fn next(&mut self) -> Option<String> {
        self.0.recv().await
    }

    async fn ping(&mut self) -> bool {
        true
    }

    async fn close(&mut self) {
        self.0.close();
    }
}

struct Played {
    world: World,
    machine: Arc<Machine>,
    exchange: Exchange,
    halt: Halt,
    spare: SpareId,
    life: JoinHandle<anyhow::Result<()>>,
}

impl Played {
    async fn begin() -> Self {
        Self::on(Machine::default(), Duration::from_secs(3_600)).await
    }

    /// A spare that is good for so long.
    async fn on(machine: Machine, good_for: Duration) -> Self {
        let world = World::default();
        let now = world.clock().now();
        let spare = Spare {
            id: SpareId::new("s-1").expect("valid"),
            status: SpareStatus::Starting,
            launch_token_sha256: "hash".into(),
            task_arn: None,
            connection: None,
            launched_at: now,
            expires_at: now + good_for,
        };
        world.add(&spare).await.expect("no faults");
        let (machine, exchange, halt) = (Arc::new(machine), Exchange::default(), Halt::default());
        let life = tokio::spawn(live_as(spare.clone(), &world, &machine, &exchange, &halt));
        Self { world, machine, exchange, halt, spare: spare.id, life }
    }

    async fn ready() -> Self {
        let played = Self::begin().await;
        played.until_ready().await;
        played
    }

    async fn until_ready(&self) {
        until(|| self.row().is_some_and(|row| row.status == SpareStatus::Ready)).await;
    }

    fn row(&self) -> Option<Spare> {
        self.world.spares_now().into_iter().next()
    }

    /// By a first message of a user with a page.
    async fn claim(&self) -> Result<Generation, ClaimSpareError> {
        open_tab(&self.world, "tab1").await;
        put(&self.world, "m1", "default").await;
        let now = self.world.clock().now();
        let claim = Claim {
            seen_status: TaskStatus::Idle,
            seen_generation: Generation(0),
            launch_token_sha256: "hash".into(),
            now,
            due_at: now + Duration::from_secs(300),
        };
        let spare = Spare { id: self.spare.clone(), ..a_row(&self.world) };
        Spares::claim(&self.world, &spare, &user(), &claim).await
    }

    async fn until_answered(&self) {
        let answered = || self.world.inbox_of(&user()).iter().all(|m| m.state == InboxState::Done);
        until(answered).await;
    }

    fn started(&self) -> Vec<&'static str> {
        self.machine.started.lock().expect("no panics").clone()
    }

    /// How it ended, and when.
    async fn end(self) -> (World, anyhow::Result<()>, Duration) {
        let began = Instant::now();
        let ended = timeout(Duration::from_secs(1_000_000), self.life).await;
        let outcome = ended.expect("it ends").expect("no panic");
        assert_eq!(self.machine.runs.load(Ordering::SeqCst), 0, "a gateway was left behind");
        (self.world, outcome, began.elapsed())
    }
}

/// Whatever it says: a claim goes by the id.
fn a_row(world: &World) -> Spare {
    let now = world.clock().now();
    Spare {
        id: SpareId::new("any").expect("valid"),
        status: SpareStatus::Ready,
        launch_token_sha256: "hash".into(),
        task_arn: None,
        connection: None,
        launched_at: now,
        expires_at: now,
    }
}

fn live_as(
    row: Spare,
    world: &World,
    machine: &Arc<Machine>,
    exchange: &Exchange,
    halt: &Halt,
) -> impl Future<Output = anyhow::Result<()>> + use<> {
    let ports = ports(world, world.push());
    let host = |whose| Arc::new(Host { machine: machine.clone(), whose });
    let waiting = SpareLife {
        id: row.id,
        expires_at: row.expires_at,
        spares: world.spares(),
        ports: ports.clone(),
        host: host("nobody's"),
        line: Arc::new(exchange.clone()),
        halt: halt.clone(),
    };
    let (host, halt) = (host("the user's"), halt.clone());
    let world = world.clone();
    let life_of = move |user, generation| Life {
        memory: world.memory(&user, &Disk::default()),
        user,
        generation,
        ports,
        host,
        line: Arc::new(Exchange::default()),
        policy: Policy { idle: IdlePolicy { shortest: IDLE, longest: IDLE }, ..Policy::default() },
        workspace: Workspace::default(),
        time_zone: TimeZone::utc(),
        release: None,
        halt,
    };
    spare(waiting, life_of, |_| {})
}

#[tokio::test(start_paused = true)]
async fn a_claimed_spare_answers_and_ends_like_any_task() {
    let played = Played::ready().await;
    assert_eq!(played.exchange.calls(), 1, "it listens before it can be claimed");
    assert_eq!(played.machine.runs.load(Ordering::SeqCst), 0, "it is warm, and nothing runs");
    played.claim().await.expect("is ready");
    let claimed_at = Instant::now();
    played.exchange.nudge();
    played.until_answered().await;
    assert!(claimed_at.elapsed() < UP_AFTER + Duration::from_secs(1), "{:?}", claimed_at.elapsed());
    assert_eq!(played.started(), ["nobody's", "the user's"]);
    let (world, outcome, took) = played.end().await;
    outcome.expect("an idle end is a good end");
    assert!((IDLE..IDLE + Duration::from_secs(20)).contains(&took), "{took:?}");
    let task = world.task(&user());
    assert_eq!((task.status, task.released), (TaskStatus::Idle, Generation(1)));
    // The row says whose task this was until ECS has told of its end.
    let claimed = SpareStatus::Claimed(user(), Generation(1));
    assert_eq!(world.spares_now()[0].status, claimed);
}

#[tokio::test(start_paused = true)]
async fn a_lost_nudge_costs_seconds() {
    let played = Played::ready().await;
    for _ in 0..3 {
        sleep(Duration::from_secs(7)).await;
    }
    played.claim().await.expect("is ready");
    let claimed_at = Instant::now();
    played.until_answered().await;
    let took = claimed_at.elapsed();
    assert!(took < Duration::from_secs(10) + UP_AFTER + Duration::from_secs(1), "{took:?}");
}

/// The door is shut to a spare that was claimed: whoever is refused looks why.
#[tokio::test(start_paused = true)]
async fn a_refused_line_makes_it_look() {
    let played = Played::ready().await;
    played.claim().await.expect("is ready");
    let claimed_at = Instant::now();
    played.exchange.refuses.store(true, Ordering::SeqCst);
    played.exchange.lose_all();
    until(|| played.started().len() == 2).await;
    assert!(claimed_at.elapsed() < Duration::from_secs(1), "{:?}", claimed_at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lost_line_is_opened_again() {
    let played = Played::ready().await;
    played.exchange.lose_all();
    until(|| played.exchange.calls() == 1).await;
    played.claim().await.expect("is ready");
    let claimed_at = Instant::now();
    played.exchange.nudge();
    until(|| played.started().len() == 2).await;
    assert!(claimed_at.elapsed() < Duration::from_secs(1), "{:?}", claimed_at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_line_it_is_still_claimed() {
    let played = Played::begin().await;
    played.exchange.refuses.store(true, Ordering::SeqCst);
    played.until_ready().await;
    played.claim().await.expect("is ready");
    played.until_answered().await;
}

#[tokio::test(start_paused = true)]
async fn unclaimed_in_its_time_it_leaves_the_pool_and_ends() {
    let played = Played::on(Machine::default(), Duration::from_secs(3_600)).await;
    played.until_ready().await;
    let (world, outcome, took) = played.end().await;
    outcome.expect("a good end");
    assert!((3_590..3_610).contains(&took.as_secs()), "{took:?}");
    assert_eq!(world.spares_now(), []);
    assert_eq!(world.task(&user()).generation, Generation(0));
}

#[tokio::test(start_paused = true)]
async fn claimed_in_the_moment_its_time_ends_it_serves() {
    let played = Played::on(Machine::default(), Duration::from_secs(25)).await;
    played.until_ready().await;
    // After its last look: it learns it from being no longer in the pool.
    sleep(Duration::from_secs(24)).await;
    played.claim().await.expect("is ready");
    played.until_answered().await;
    assert_eq!(played.started(), ["nobody's", "the user's"]);
}

#[tokio::test(start_paused = true)]
async fn asked_to_stop_while_it_waits_it_leaves_the_pool_first() {
    // Before its gateway is up, while it stops, while it dials, and when it is ready.
    for after in [0, 1_000, 3_200, 3_520, 60_000] {
        let played = Played::begin().await;
        sleep(Duration::from_millis(after)).await;
        played.halt.request(Reason::Signal);
        let (world, outcome, took) = played.end().await;
        outcome.expect("a stop is a good end");
        assert!(took < Duration::from_secs(1), "{took:?}, asked after {after} ms");
        assert_eq!(world.spares_now(), [], "asked after {after} ms");
    }
}

/// As any user's task that stops: its generation is over, and the next one may begin.
#[tokio::test(start_paused = true)]
async fn claimed_when_it_is_asked_to_stop_it_releases_its_user() {
    let played = Played::ready().await;
    played.claim().await.expect("is ready");
    played.halt.request(Reason::Signal);
    let (world, outcome, took) = played.end().await;
    outcome.expect("a stop is a good end");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let task = world.task(&user());
    assert_eq!((task.status, task.released), (TaskStatus::Idle, Generation(1)));
    assert_eq!(world.inbox_of(&user())[0].state, InboxState::Pending);
    // By it the watchdog knows for whom to launch.
    let claimed = SpareStatus::Claimed(user(), Generation(1));
    assert_eq!(world.spares_now()[0].status, claimed);
}

/// Whichever comes first, nobody has claimed what is gone, and who claimed has a task or is
/// released.
#[tokio::test(start_paused = true)]
async fn a_claim_and_a_stop_at_once_leave_nobody_behind() {
    let (mut claimed, mut gone) = (0, 0);
    for luck in 0..60 {
        let played = Played::ready().await;
        let stop = async {
            for _ in 0..luck % 10 {
                tokio::task::yield_now().await;
            }
            played.halt.request(Reason::Signal);
        };
        let claim = async {
            for _ in 0..luck / 10 {
                tokio::task::yield_now().await;
            }
            played.claim().await
        };
        let (won, ()) = tokio::join!(claim, stop);
        let (world, outcome, _) = played.end().await;
        outcome.expect("a stop is a good end");
        assert_eq!(world.spares_now().len(), usize::from(won.is_ok()), "{luck}");
        let task = world.task(&user());
        assert_eq!(task.released, task.generation, "{luck}");
        assert_eq!(task.generation, Generation(u64::from(won.is_ok())), "{luck}");
        claimed += u32::from(won.is_ok());
        gone += u32::from(won.is_err());
    }
    assert!(claimed > 0 && gone > 0, "{claimed} claimed, {gone} gone");
}

#[tokio::test(start_paused = true)]
async fn a_spare_that_is_in_no_pool_ends() {
    let played = Played::ready().await;
    assert!(played.world.retire(&played.spare).await.expect("no faults"));
    let (_, outcome, took) = played.end().await;
    outcome.expect("nobody wants it");
    assert!(took <= Duration::from_secs(10), "{took:?}");
    let never_added = Played::begin().await;
    never_added.world.remove(&never_added.spare).await.expect("no faults");
    never_added.end().await.1.expect("nobody wants it");
}

#[tokio::test(start_paused = true)]
async fn a_world_that_does_not_answer_for_a_while_costs_time() {
    let played = Played::begin().await;
    played.world.fail_next("spares.get", 4);
    played.world.fail_next("spares.set_ready", 2);
    played.until_ready().await;
    played.world.fail_next("spares.get", 4);
    played.claim().await.expect("is ready");
    played.until_answered().await;
}

/// ECS tells of its end, and then nobody claims it.
#[tokio::test(start_paused = true)]
async fn a_world_that_never_answers_again_does_not_keep_it() {
    let played = Played::ready().await;
    played.world.fail_next("spares.retire", u32::MAX);
    played.halt.request(Reason::Signal);
    let (_, outcome, took) = played.end().await;
    outcome.expect("a stop is a good end");
    assert!(took <= Duration::from_secs(10), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_does_not_come_up_is_said_and_nobody_claims_it() {
    let broken = Machine { broken: true.into(), ..Machine::default() };
    let hangs = Machine { hangs: true.into(), ..Machine::default() };
    for machine in [broken, hangs] {
        let played = Played::on(machine, Duration::from_secs(3_600)).await;
        let (world, outcome, took) = played.end().await;
        outcome.expect_err("an operator must see it");
        assert!(took < Duration::from_secs(250), "{took:?}");
        assert_eq!(world.spares_now(), []);
    }
}
