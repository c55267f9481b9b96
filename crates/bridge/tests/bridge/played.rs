//! A whole life without a process, a socket or a second of real time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bridge::{
    Agent, DialError, Gateway, GatewayHost, GatewayState, Halt, Life, Line, Policy, Ports, Reason,
    Socket, Workspace, live,
};
use domain::{
    Choices, ConnectionId, Generation, IdlePolicy, InboxState, Release, Share, TaskDefinition,
    TaskStatus, TimeZone,
};
use platform::{Metric, Push};
use platform_sim::{Chaos, Disk, Fate, Process, Rates, World};
use protocol::Nudge;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{
    Scripted, SlowPush, Step, claim, connection, open_tab, ports, put, say_slowly, user, world_at,
};

const WORD_EVERY: Duration = Duration::from_millis(70);
const IDLE: Duration = Duration::from_secs(300);

/// A machine on which a gateway comes up in 3 s.
struct Machine {
    agent: Arc<Scripted>,
    stops: bool,
    state: watch::Sender<GatewayState>,
}

impl Machine {
    fn with(agent: Scripted) -> Arc<Self> {
        let (state, _) = watch::channel(GatewayState::Started { times: 1 });
        Arc::new(Self { agent: Arc::new(agent), stops: true, state })
    }
}

struct Machines(Arc<Machine>);

#[async_trait]
impl GatewayHost for Machines {
    async fn start(&self, _: &Choices) -> anyhow::Result<Box<dyn Gateway>> {
        Ok(Box::new(Up(self.0.clone())))
    }
}

struct Up(Arc<Machine>);

#[async_trait]
impl Gateway for Up {
    fn agent(&self) -> Arc<dyn Agent> {
        self.0.agent.clone()
    }

    fn state(&self) -> watch::Receiver<GatewayState> {
        self.0.state.subscribe()
    }

    async fn listening(&self) {
        sleep(Duration::from_secs(3)).await;
    }

    async fn stop(&self) {
        if !self.0.stops {
            std::future::pending::<()>().await;
        }
        self.0.state.send_replace(GatewayState::Stopped);
    }
}

/// Where the bridge's calls arrive.
#[derive(Default)]
struct Exchange {
    refuses: AtomicBool,
    sockets: Mutex<Vec<mpsc::UnboundedSender<String>>>,
    pings: AtomicUsize,
}

struct Wire(Arc<Exchange>);

impl Exchange {
    pub(crate) fn nudge(&self, socket: usize, message: &str) {
        let nudge = Nudge::Inbox { message_id: message.into() };
        let text = serde_json::to_string(&nudge).expect("JSON");
        let sockets = self.sockets.lock().expect("no panics");
        sockets[socket].send(text).expect("the socket is up");
    }

    /// Whether each socket is still up, oldest first.
    fn up(&self) -> Vec<bool> {
        let sockets = self.sockets.lock().expect("no panics");
        sockets.iter().map(|socket| !socket.is_closed()).collect()
    }

    async fn until_up(&self, expect: &[bool]) {
        crate::support::until(|| self.up() == expect).await;
    }

    fn lose_all(&self) {
        let sockets = &mut *self.sockets.lock().expect("no panics");
        for socket in sockets {
            *socket = mpsc::unbounded_channel().0;
        }
    }
}

#[async_trait]
impl Line for Wire {
    async fn dial(&self) -> Result<Box<dyn Socket>, DialError> {
        sleep(Duration::from_millis(50)).await;
        if self.0.refuses.load(Ordering::SeqCst) {
            return Err(DialError::Refused);
        }
        let (tell, texts) = mpsc::unbounded_channel();
        self.0.sockets.lock().expect("no panics").push(tell);
        Ok(Box::new(End { exchange: self.0.clone(), texts }))
    }
}

struct End {
    exchange: Arc<Exchange>,
    texts: mpsc::UnboundedReceiver<String>,
}

#[async_trait]
impl Socket for End {
    async fn next(&mut self) -> Option<String> {
        self.texts.recv().await
    }

    async fn ping(&mut self) -> bool {
        self.exchange.pings.fetch_add(1, Ordering::SeqCst);
        true
    }

    async fn close(&mut self) {
        self.texts.close();
    }
}

pub(crate) struct Played {
    pub(crate) world: World,
    exchange: Arc<Exchange>,
    machine: Arc<Machine>,
    pub(crate) halt: Halt,
    pub(crate) disk: Disk,
    life: JoinHandle<anyhow::Result<()>>,
}

impl Played {
    async fn begin(agent: Scripted) -> Self {
        Self::begin_idling(agent, IDLE).await
    }

    /// Generation 1 of a user with one message and two tabs.
    async fn begin_idling(agent: Scripted, idle: Duration) -> Self {
        let push = |world: &World| world.push();
        Self::begin_pushing(agent, idle, push).await
    }

    async fn begin_pushing(
        agent: Scripted,
        idle: Duration,
        push: impl FnOnce(&World) -> Arc<dyn Push>,
    ) -> Self {
        let world = world_at(1).await;
        open_tab(&world, "tab1").await;
        open_tab(&world, "tab2").await;
        put(&world, "m1", "default").await;
        let ports = ports(&world, push(&world));
        Self::on(world, ports, Machine::with(agent), idle)
    }

    fn on(world: World, ports: Ports, machine: Arc<Machine>, idle: Duration) -> Self {
        let idle = IdlePolicy { shortest: idle, longest: idle };
        Self::idling(world, ports, machine, (idle, TimeZone::utc()))
    }

    /// As an operator in this time zone lets it idle by default.
    pub(crate) fn by_default(world: World, agent: Scripted, time_zone: TimeZone) -> Self {
        let ports = ports(&world, world.push());
        Self::idling(world, ports, Machine::with(agent), (IdlePolicy::default(), time_zone))
    }

    fn idling(
        world: World,
        ports: Ports,
        machine: Arc<Machine>,
        (idle, time_zone): (IdlePolicy, TimeZone),
    ) -> Self {
        let policy = Policy { idle, ..Policy::default() };
        Self::with(world, ports, machine, (policy, time_zone))
    }

    fn with(
        world: World,
        ports: Ports,
        machine: Arc<Machine>,
        (policy, time_zone): (Policy, TimeZone),
    ) -> Self {
        let (exchange, halt, disk) = (Arc::<Exchange>::default(), Halt::default(), Disk::default());
        let life = Life {
            user: user(),
            generation: world.task(&user()).generation,
            ports,
            host: Arc::new(Machines(machine.clone())),
            memory: world.memory(&user(), &disk),
            line: Arc::new(Wire(exchange.clone())),
            policy,
            workspace: Workspace::default(),
            time_zone,
            release: Some(candidate()),
            halt: halt.clone(),
        };
        let life = tokio::spawn(live(life, |_| {}));
        Self { world, exchange, machine, halt, disk, life }
    }

    /// The next life of the user, on a machine of its own.
    pub(crate) async fn next(world: &World, policy: Policy) -> Self {
        Self::next_with(world, policy, Scripted::echo()).await
    }

    pub(crate) async fn next_with(world: &World, policy: Policy, agent: Scripted) -> Self {
        claim(world).await;
        let ports = ports(world, world.push());
        let machine = Machine::with(agent);
        Self::with(world.clone(), ports, machine, (policy, TimeZone::utc()))
    }

    fn state_of(&self, message: &str) -> InboxState {
        let rows = self.world.inbox_of(&user());
        rows.into_iter().find(|row| row.id.as_str() == message).expect("it was put").state
    }

    pub(crate) async fn until(&self, message: &str, state: InboxState) {
        crate::support::until(|| self.state_of(message) == state).await;
    }

    /// On the line that was dialled last.
    pub(crate) fn tell(&self, nudge: &Nudge) {
        let text = serde_json::to_string(nudge).expect("JSON");
        let sockets = self.exchange.sockets.lock().expect("no panics");
        sockets.last().expect("it has dialled").send(text).expect("the socket is up");
    }

    pub(crate) fn lose_line(&self) {
        self.exchange.lose_all();
    }

    /// SIGKILL.
    pub(crate) fn kill(self) {
        self.life.abort();
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.life.await.expect("no panic")
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_and_an_idle_life_releases() {
    let played = Played::begin(Scripted::echo()).await;
    let world = played.world.clone();
    let began = Instant::now();
    played.until("m1", InboxState::Done).await;
    put(&world, "m2", "default").await;
    played.exchange.nudge(0, "m2");
    played.until("m2", InboxState::Done).await;
    played.end().await.expect("an idle end is a good end");
    assert!((IDLE..IDLE + Duration::from_secs(20)).contains(&began.elapsed()));
    let task = world.task(&user());
    assert_eq!((task.status, task.released), (TaskStatus::Idle, Generation(1)));
}

/// As what every life here was launched.
fn candidate() -> TaskDefinition {
    TaskDefinition("arn:task-definition/openclaw:2".into())
}

#[tokio::test(start_paused = true)]
async fn a_life_that_comes_up_says_so_of_its_version_and_how_long_everything_took() {
    let world = world_at(1).await;
    let share = Share::new(100).expect("valid");
    let first = Release::default().begin(TaskDefinition("arn:first".into()), share);
    for release in [&first, &first.begin(candidate(), share)] {
        assert!(world.releases().replace(release).await.expect("no faults"));
    }
    put(&world, "m1", "default").await;
    world.clock().advance(Duration::from_secs(7));
    let ports = ports(&world, world.push());
    let played = Played::on(world.clone(), ports, Machine::with(Scripted::echo()), IDLE);
    played.until("m1", InboxState::Done).await;
    played.end().await.expect("an idle end is a good end");
    let release = world.releases().get().await.expect("no faults");
    assert_eq!(release.candidate.map(|one| (one.ready, one.failed)), Some((1, 0)));
    let counted = |metric| world.counted(metric);
    let provisioning = counted(Metric::ProvisioningMillis);
    assert!((7_000..7_100).contains(&provisioning), "{provisioning} ms");
    assert_eq!(counted(Metric::WakeMillis), provisioning + counted(Metric::BootMillis));
    for of_the_message in [Metric::QueueMillis, Metric::FirstTokenMillis, Metric::ReplyMillis] {
        assert!(counted(of_the_message) >= 7_000, "{of_the_message:?}: it waited for the machine");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_line_ends_a_life_that_writes_nothing_more() {
    let played = Played::begin(Scripted::new(|_| vec![Step::Forever])).await;
    let world = played.world.clone();
    played.until("m1", InboxState::Leased).await;
    claim(&world).await;
    played.exchange.refuses.store(true, Ordering::SeqCst);
    played.exchange.lose_all();
    let began = Instant::now();
    played.end().await.expect("to be fenced is a good end");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let task = world.task(&user());
    assert_eq!((task.status, task.generation), (TaskStatus::Starting, Generation(2)));
    assert_eq!(world.inbox_of(&user())[0].state, InboxState::Leased);
}

#[tokio::test(start_paused = true)]
async fn the_next_line_is_up_before_the_one_before_goes_and_late_words_are_heard() {
    let played = Played::begin_idling(Scripted::echo(), Duration::from_hours(3)).await;
    played.until("m1", InboxState::Done).await;
    sleep(Duration::from_mins(109)).await;
    assert_eq!(played.exchange.up(), [true]);
    played.exchange.until_up(&[true, true]).await;
    assert_eq!(played.exchange.pings.load(Ordering::SeqCst), 22);
    put(&played.world, "m2", "default").await;
    played.exchange.nudge(0, "m2");
    let began = Instant::now();
    played.until("m2", InboxState::Done).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    played.exchange.until_up(&[false, true]).await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_given_up_ends_the_life_with_its_reason() {
    let played = Played::begin(Scripted::new(|_| vec![Step::Forever])).await;
    played.until("m1", InboxState::Leased).await;
    let reason = "its program stops right after it starts".to_owned();
    played.machine.state.send_replace(GatewayState::GivenUp(reason));
    assert!(played.end().await.is_err(), "an operator must see it");
}

/// Everything that a life with trouble in it sends: when, to whom, what.
async fn posts_of_a_hard_day() -> Vec<(Duration, ConnectionId, String)> {
    let began = Instant::now();
    let mut posts = None;
    let slow = |world: &World| {
        posts.insert(SlowPush::new(world.push(), Duration::from_millis(30))).clone() as _
    };
    let answer = |text: &str| text.split(' ').map(|word| format!("{word} ")).collect::<Vec<_>>();
    let agent = Scripted::new(move |request| say_slowly(answer(&request.message), WORD_EVERY));
    let played = Played::begin_pushing(agent, IDLE, slow).await;
    let world = played.world.clone();
    for (operation, times) in
        [("tasks.get", 2), ("inbox.open", 3), ("inbox.lease", 2), ("inbox.complete", 4)]
    {
        world.fail_next(operation, times);
    }
    world.throttle_next(&connection("tab2"), 3);
    for n in 2..20 {
        put(&world, &format!("m{n}"), &format!("c{}", n % 7)).await;
        sleep(Duration::from_millis(130)).await;
    }
    played.until("m19", InboxState::Done).await;
    played.halt.request(Reason::Signal);
    played.end().await.expect("a stop is a good end");
    let arrived = posts.expect("made above").arrived.lock().expect("no panics").clone();
    arrived.into_iter().map(|(to, at, frame)| (at - began, to, frame)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_life_played_again_sends_the_same() {
    let first = posts_of_a_hard_day().await;
    assert!(first.len() > 100, "{}", first.len());
    for _ in 0..5 {
        assert_eq!(posts_of_a_hard_day().await, first);
    }
}

/// Of the 120 s between the signal and SIGKILL, the last save included.
const STOPPED_WITHIN: Duration = Duration::from_secs(116);

/// From the signal until the life is over, when from then on nothing ever answers.
async fn stop_of_a_life_in_a_void(after: Duration, stops: bool, agent: Scripted) -> Duration {
    let world = world_at(1).await;
    open_tab(&world, "tab1").await;
    for message in ["m1", "m2"] {
        put(&world, message, "default").await;
    }
    let (state, _) = watch::channel(GatewayState::Started { times: 1 });
    let machine = Arc::new(Machine { agent: Arc::new(agent), stops, state });
    let rates = Rates { latency_ms: 5, ..Rates::default() };
    let process = Process::new(Chaos::new(1, rates));
    let seen = world.seen_by(&process);
    let ports = ports(&seen, seen.push());
    let played = Played::on(world, ports, machine, IDLE);
    sleep(after).await;
    process.becomes(Fate::Frozen);
    played.halt.request(Reason::Signal);
    let began = Instant::now();
    let ended = timeout(STOPPED_WITHIN * 2, played.end()).await;
    ended.expect("it ends at all").expect("a stop is a good end");
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_in_time_though_nothing_answers_any_more() {
    let scripts: [fn() -> Vec<Step>; 3] = [
        || vec![Step::Forever],
        || say_slowly((0..30).map(|n| n.to_string()), Duration::from_secs(1)),
        || vec![],
    ];
    for script in scripts {
        for millis in [0, 1, 20, 60, 2_000, 3_020, 3_500, 15_000, 34_000, 120_000] {
            for stops in [true, false] {
                let (agent, after) =
                    (Scripted::new(move |_| script()), Duration::from_millis(millis));
                let took = stop_of_a_life_in_a_void(after, stops, agent).await;
                assert!(took < STOPPED_WITHIN, "{took:?}, asked to stop after {after:?}");
            }
        }
    }
}
