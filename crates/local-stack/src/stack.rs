//! The whole system on one machine: the AWS stand-ins behind one endpoint, the
//! Lambdas behind the gateways, one public port.
//!
//! Starting has two steps, because each side needs the other's address: the
//! ports are bound first, then the caller builds the Lambdas for them.

use std::{future::Future, io, sync::Arc};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
    middleware,
    routing::{any, post},
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    aws::Aws,
    config::{Config, Parameter},
    control,
    counters::Counted,
    faults::Faults,
    functions::Functions,
    gateway_http, gateway_ws,
    identity::Issuer,
    lock::Lock,
    loopback, schedule, serve,
    serve::Server,
    telegram::Telegram,
    web,
};

/// Where everything is, once the ports are bound.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Urls {
    /// The page, `http://localhost:PORT`: also the page's origin.
    pub url: String,
    pub ws: String,
    pub api: String,
    pub issuer: String,
    pub jwks: String,
    /// `endpoint_url` of every SDK client, @connections included.
    pub aws_endpoint: String,
    /// Base URL of the demo model, with `/v1`.
    pub demo_model: String,
    /// Base URL of the Bot API.
    pub telegram_api: String,
}

/// The page under `npm run dev`.
const DEVELOPMENT: &str = "http://localhost:5173";

impl Urls {
    /// Where pages come from that may call: ours, and the one under development.
    pub(crate) fn origins(&self) -> [String; 2] {
        [self.url.clone(), DEVELOPMENT.into()]
    }
}

/// What the caller builds for those addresses.
pub struct Wiring {
    pub functions: Arc<dyn Functions>,
    /// The task definition's environment. `${NAME}` in a value stands for the
    /// launch's own variable of that name, `${TASK_ID}` for the task's id: a
    /// task here has no machine and no disk of its own, so what would be a fixed
    /// path there must differ.
    pub task_environment: Vec<(String, String)>,
    /// SSM parameters that can be told only now.
    pub parameters: Vec<Parameter>,
}

#[derive(Debug)]
pub struct Stack {
    pub urls: Urls,
    pub aws: Arc<Aws>,
    telegram: Arc<Telegram>,
    public: Server,
    background: TaskTracker,
    stop: CancellationToken,
    _lock: Lock,
}

/// The public port, bound but not yet answering.
struct Front {
    listeners: Vec<TcpListener>,
    urls: Urls,
    issuer: Arc<Issuer>,
    telegram: Arc<Telegram>,
}

pub async fn start<F, Fut>(config: Config, wire: F) -> anyhow::Result<Stack>
where
    F: FnOnce(Urls) -> Fut,
    Fut: Future<Output = anyhow::Result<Wiring>>,
{
    let lock = Lock::take(&config.data)?;
    let aws = Arc::new(Aws::start(&config).await?);
    // `ops --local` finds the stack by it.
    std::fs::write(config.data.join("aws-endpoint"), aws.endpoint())?;
    let front = Front::bind(&config, &aws).await?;
    std::fs::write(config.data.join("urls.json"), serde_json::to_vec(&front.urls)?)?;
    let Wiring { functions, task_environment, parameters } = wire(front.urls.clone()).await?;
    aws.put_parameters(&parameters)?;
    aws.put_parameters(&front.telegram.parameters())?;
    aws.connect(functions.clone(), task_environment);
    let (stop, background) = (CancellationToken::new(), TaskTracker::new());
    background.spawn(schedule::tick(functions.clone(), config.schedule, stop.clone()));
    background.spawn(aws.scheduler.clone().ring(functions.clone(), stop.clone()));
    let router = front.router(&config, &aws, functions, &background);
    let Front { listeners, urls, telegram, .. } = front;
    let public = Server::start(listeners, router);
    telegram.start(format!("{}/telegram", urls.api), &background, stop.clone());
    Ok(Stack { urls, aws, telegram, public, background, stop, _lock: lock })
}

impl Stack {
    pub fn counters(&self) -> Counted {
        self.aws.counters.read()
    }

    pub fn reset_counters(&self) -> Counted {
        self.aws.counters.reset()
    }

    pub fn faults(&self) -> Faults {
        self.aws.faults.read()
    }

    /// Replaces all faults, or says what is unusable about them.
    pub fn set_faults(&self, faults: Faults) -> Result<(), String> {
        self.aws.faults.set(faults)
    }

    /// Stops every task first, while the stand-ins it saves its state to are
    /// still there; then the sockets, the handlers, and the stand-ins.
    pub async fn stop(self) {
        self.stop.cancel();
        self.aws.ecs.stop_all().await;
        self.aws.connections.close_all();
        self.telegram.close();
        self.public.stop().await;
        self.background.close();
        let handlers = tokio::time::timeout(gateway_ws::LAST_WORDS, self.background.wait());
        if handlers.await.is_err() {
            tracing::warn!("some handlers were still running at the end");
        }
        self.telegram.save().await;
        if let Some(aws) = Arc::into_inner(self.aws) {
            aws.stop().await;
        }
    }

    /// SIGKILL to every task at once, for an impatient second Ctrl-C.
    pub fn kill_tasks(&self) {
        self.aws.ecs.kill_all();
    }

    /// Kills all tasks when called, even while [`Stack::stop`] is waiting.
    pub fn killer(&self) -> impl Fn() + Send + Sync + 'static {
        let ecs = self.aws.ecs.clone();
        move || ecs.kill_all()
    }
}

impl Front {
    async fn bind(config: &Config, aws: &Aws) -> anyhow::Result<Self> {
        let bound = serve::localhost(config.port).await;
        let (listeners, port) = bound.map_err(|error| busy(config.port, error))?;
        let url = format!("http://localhost:{port}");
        let issuer = format!("{url}/oidc");
        let urls = Urls {
            ws: format!("ws://localhost:{port}/ws"),
            api: format!("{url}/api"),
            jwks: format!("{issuer}/.well-known/jwks.json"),
            aws_endpoint: aws.endpoint().to_owned(),
            demo_model: aws.demo_model(),
            telegram_api: format!("{url}/telegram-api"),
            issuer: issuer.clone(),
            url,
        };
        let issuer = Issuer::open(&config.data, issuer, config.page.client_id.clone())?;
        aws.cognito.connect(issuer.clone());
        let telegram = Telegram::open(&config.data, urls.telegram_api.clone())?;
        Ok(Self { listeners, urls, issuer, telegram })
    }

    fn router(
        &self,
        config: &Config,
        aws: &Arc<Aws>,
        functions: Arc<dyn Functions>,
        background: &TaskTracker,
    ) -> Router {
        let domain = self.urls.url.trim_start_matches("http://").to_owned();
        let sockets = gateway_ws::Gateway {
            functions: functions.clone(),
            connections: aws.connections.clone(),
            limits: config.sockets.clone(),
            domain: domain.clone(),
            invocations: background.clone(),
        };
        let http = gateway_http::Gateway {
            functions: functions.clone(),
            verifier: Arc::new(self.issuer.verifier()),
            domain,
        };
        let api = Router::new()
            .route("/api", any(gateway_http::handle))
            .route("/api/telegram", post(gateway_http::telegram).fallback(gateway_http::handle))
            .route("/api/{*path}", any(gateway_http::handle))
            .with_state(http)
            .merge(self.issuer.clone().router())
            .layer(cors(&self.urls.origins()));
        let control = control::router(aws.clone(), functions.clone())
            .layer(middleware::from_fn(loopback::only_loopback_origins));
        Router::new()
            .route("/ws", any(gateway_ws::upgrade))
            .with_state(sockets)
            .merge(api)
            .merge(control)
            .merge(self.telegram.router())
            .fallback_service(web::router(config.web.as_deref(), &config.page, &self.urls))
            .layer(middleware::from_fn(loopback::only_loopback_hosts))
    }
}

/// As API Gateway is told to answer: the page's own origin, and nobody else's.
fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().map(|o| o.parse::<HeaderValue>().expect("an origin is ASCII"));
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([header::RETRY_AFTER])
}

fn busy(port: u16, error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} is in use by another program; choose another with --port, or 0 for any"
        ),
        _ => anyhow::Error::new(error).context(format!("could not listen on port {port}")),
    }
}
