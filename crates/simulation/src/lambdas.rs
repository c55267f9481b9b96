//! The control plane's functions, each invocation a process that may die.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use control_plane::{
    AcceptMessage, CancelMessage, CheckSpending, Connect, ConnectError, DeleteUser, EnsureTask,
    FollowTask, KeepSpares, PoolPolicy, ReadStatus, ResumeStream, Tell, Wanted,
};
use domain::{ConnectionId, LaunchToken, SpendRules, TaskPolicy, TimeZone, UserId, Windows};
use platform::Clock;
use platform_sim::World;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::stage::Stage;

/// A function's own limit.
const TIMEOUT: Duration = Duration::from_secs(29);
/// EventBridge tries an event three times in all.
const TRIES: u32 = 3;
/// Less than in production, so that some spares see their end.
const SPARE_LIFE: Duration = Duration::from_secs(420);

#[derive(Clone)]
pub(crate) struct Lambdas {
    pub(crate) stage: Stage,
}

/// The world as one invocation meets it.
struct Function {
    world: World,
    clock: Arc<dyn Clock>,
    entropy: fn() -> [u8; 32],
    /// That the operator keeps.
    spares: usize,
    storms: bool,
}

thread_local! {
    /// `EnsureTask` takes a plain function for its dice; a schedule has a thread for itself.
    static DICE: std::cell::RefCell<Option<platform_sim::Chaos>> =
        const { std::cell::RefCell::new(None) };
}

fn entropy() -> [u8; 32] {
    DICE.with_borrow(|dice| dice.as_ref().expect("set when a schedule begins").bytes())
}

impl Lambdas {
    pub(crate) fn new(stage: Stage) -> Self {
        DICE.set(Some(stage.chaos.clone()));
        Self { stage }
    }

    /// A frame from a browser arrives. `None`: nobody will answer.
    pub(crate) async fn message(&self, connection: &ConnectionId, body: &Value) -> Option<()> {
        let event = json!({
            "requestContext": {
                "routeKey": "$default", "eventType": "MESSAGE", "messageId": "x", "stage": "prod",
                "connectionId": connection.as_str(), "connectedAt": 1_795_000_000_000_u64,
                "requestTimeEpoch": 1_795_000_000_001_u64, "apiId": "api",
                "identity": { "sourceIp": "127.0.0.1" },
            },
            "body": body.to_string(),
            "isBase64Encoded": false,
        });
        let event: ApiGatewayWebsocketProxyRequest =
            serde_json::from_value(event).expect("as API Gateway sends it");
        self.invoke(|function| async move {
            ws_message::handle(&function.message_ports(), event).await.ok().map(drop)
        })
        .await?
    }

    /// `$connect` of a browser whose token was verified.
    pub(crate) async fn connect(&self, user: &UserId, connection: &ConnectionId) -> bool {
        let connected = self
            .invoke(|function| async move {
                function.connect().client(user.clone(), connection.clone()).await
            })
            .await;
        matches!(connected, Some(Ok(())))
    }

    /// `$connect` of a bridge. `None`: no answer.
    pub(crate) async fn connect_bridge(
        &self,
        token: &LaunchToken,
        connection: &ConnectionId,
    ) -> Option<Result<(), ConnectError>> {
        self.invoke(
            |function| async move { function.connect().bridge(token, connection.clone()).await },
        )
        .await
    }

    pub(crate) async fn disconnect(&self, connection: &ConnectionId) {
        self.invoke(|function| async move {
            let _ = function.connect().gone(connection).await;
        })
        .await;
    }

    pub(crate) async fn scheduled(&self) {
        self.watchdog(&json!({ "detail-type": "Scheduled Event", "detail": {} })).await;
    }

    pub(crate) async fn keep_spares(&self) {
        let event = json!({ "detail-type": "Scheduled Event", "detail": {} });
        self.invoke(|function| async move {
            let _ = prewarm::handle(&function.prewarm_ports(), event).await;
        })
        .await;
    }

    /// As EventBridge delivers: again, when it failed.
    pub(crate) async fn watchdog(&self, event: &Value) {
        for attempt in 1..=TRIES {
            let event = event.clone();
            let handled = self
                .invoke(|function| async move {
                    watchdog::handle(&function.watchdog_ports(), event).await.is_ok()
                })
                .await;
            if handled == Some(true) || attempt == TRIES {
                return;
            }
            sleep(Duration::from_secs(60 * u64::from(attempt))).await;
        }
    }

    /// `None`: it died, or took too long.
    async fn invoke<T, F: Future<Output = T>>(&self, act: impl FnOnce(Function) -> F) -> Option<T> {
        let (process, clock) = self.stage.process();
        let world = self.stage.world.seen_by(&process);
        let (spares, storms) = (self.stage.plan.spares, self.stage.storms());
        let done = timeout(TIMEOUT, act(Function { world, clock, entropy, spares, storms }));
        tokio::select! {
            biased;
            () = process.dies() => {
                self.stage.count(|counts| counts.crashed_lambdas += 1);
                None
            }
            done = done => done.ok(),
        }
    }
}

impl Function {
    fn connect(&self) -> Connect {
        Connect {
            connections: self.world.connections(),
            tasks: self.world.tasks(),
            spares: self.world.spares(),
            clock: self.clock.clone(),
        }
    }

    fn ensure(&self) -> EnsureTask {
        EnsureTask {
            tasks: self.world.tasks(),
            spares: (self.spares > 0).then(|| self.world.spares()),
            compute: self.world.compute(),
            releases: self.world.releases(),
            push: self.world.push(),
            clock: self.clock.clone(),
            metrics: self.world.metrics(),
            policy: TaskPolicy::default(),
            entropy: self.entropy,
        }
    }

    fn tell(&self) -> Tell {
        Tell {
            connections: self.world.connections(),
            push: self.world.push(),
            clock: self.clock.clone(),
        }
    }

    fn message_ports(&self) -> ws_message::Ports {
        let (world, clock, ensure) = (&self.world, &self.clock, self.ensure());
        ws_message::Ports {
            connections: world.connections(),
            clock: clock.clone(),
            accept: AcceptMessage {
                inbox: world.inbox(),
                clock: clock.clone(),
                spending: CheckSpending {
                    usage: world.usage(),
                    settings: world.settings(),
                    clock: clock.clone(),
                    rules: SpendRules::none(),
                },
                follow_up: ensure.policy.follow_up,
            },
            cancel: CancelMessage { inbox: world.inbox(), ensure: ensure.clone() },
            resume: ResumeStream {
                inbox: world.inbox(),
                ensure: ensure.clone(),
                clock: clock.clone(),
            },
            status: ReadStatus { tasks: world.tasks(), inbox: world.inbox(), clock: clock.clone() },
            tell: self.tell(),
            ensure,
        }
    }

    /// The window closes when the storm is over.
    fn prewarm_ports(&self) -> prewarm::Ports {
        prewarm::Ports {
            keep: KeepSpares {
                spares: self.world.spares(),
                tasks: self.world.tasks(),
                compute: self.world.compute(),
                releases: self.world.releases(),
                clock: self.clock.clone(),
                wanted: Wanted {
                    spares: if self.storms { self.spares } else { 0 },
                    windows: Windows::default(),
                    time_zone: TimeZone::utc(),
                },
                policy: PoolPolicy { life: SPARE_LIFE, ..PoolPolicy::default() },
                entropy: self.entropy,
            },
        }
    }

    fn watchdog_ports(&self) -> watchdog::Ports {
        watchdog::Ports {
            follow: FollowTask {
                tasks: self.world.tasks(),
                inbox: self.world.inbox(),
                ensure: self.ensure(),
                tell: self.tell(),
                clock: self.clock.clone(),
            },
            delete: DeleteUser {
                deletions: self.world.deletions(),
                belongings: self.world.belongings(),
                connections: self.world.connections(),
                links: self.world.links(),
                schedules: self.world.schedules(),
                alarms: self.world.alarms(),
                push: self.world.push(),
                compute: self.world.compute(),
                accounts: None,
                clock: self.clock.clone(),
                // Nobody leaves in the simulation: there is nothing to name.
                entropy: || [0; 16],
            },
        }
    }
}
