//! One ministack for all cases of this binary, with our tables and bucket.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use platform_aws::Tables;
use platform_aws::tables::{create_table_json, time_to_live_json};
use tokio::time::{sleep, timeout};

use crate::world::{BUCKET, REGION};

const PYTHON: &str = "MINISTACK_PYTHON";
const READY_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// If it does not start, the first case says why and all others fail at once.
pub(crate) static MINISTACK: LazyLock<Ministack> = LazyLock::new(|| {
    let Some(python) = std::env::var_os(PYTHON).filter(|path| !path.is_empty()) else { skip() };
    // A thread, because the case that comes first is inside a runtime already.
    let starting = std::thread::spawn(|| {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(Ministack::start(python))
    });
    starting.join().expect("ministack starts")
});

/// Ends this binary before any case has run: a case that returned early would count as passed.
fn skip() -> ! {
    // Not `eprintln!`: the test harness keeps what that says of a passing test to itself.
    let line = format!("\nSKIPPED: the contract suite over ministack, because {PYTHON} is not set");
    let _ = writeln!(std::io::stderr(), "{line} (`make test` sets it).");
    std::process::exit(0);
}

pub(crate) struct Ministack {
    pub(crate) url: String,
    pub(crate) tables: Tables,
    // Holds the other end of its stdin. When this process ends, however it does, so does that.
    _child: Child,
}

impl Ministack {
    async fn start(python: OsString) -> Self {
        let mut child = Command::new(&python)
            .args(["-I", "-c", include_str!("serve.py")])
            .env_clear()
            .env("MINISTACK_REGION", REGION)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("could not run {}: {error}", python.display()));
        let mut port = String::new();
        let output = child.stdout.as_mut().expect("piped above");
        BufReader::new(output).read_line(&mut port).expect("a line of text");
        let port: u16 = port.trim().parse().expect("a port, or the reason on stderr above");
        let url = format!("http://127.0.0.1:{port}");
        let ministack = Self { url, tables: Tables::prefixed("test-"), _child: child };
        ministack.until_ready().await;
        ministack.create_tables_and_bucket().await;
        ministack
    }

    async fn until_ready(&self) {
        let mut last = Err("nothing was asked".to_owned());
        let ready = async {
            loop {
                last = ask(Request::get(self.at("/_ministack/ready")), String::new()).await;
                if last.is_ok() {
                    break;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        let in_time = timeout(READY_WITHIN, ready).await.is_ok();
        assert!(in_time, "ministack was not ready within {READY_WITHIN:?}: {last:?}");
    }

    async fn create_tables_and_bucket(&self) {
        let create = create_table_json(&self.tables);
        let expire = time_to_live_json(&self.tables);
        for (operation, bodies) in [("CreateTable", create), ("UpdateTimeToLive", expire)] {
            for body in bodies {
                let request = Request::post(self.at("/"))
                    .header("content-type", "application/x-amz-json-1.0")
                    .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
                ask(request, body.to_string()).await.expect(operation);
            }
        }
        let bucket = Request::put(self.at(&format!("/{BUCKET}")));
        ask(bucket, String::new()).await.expect("CreateBucket");
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// What it answered, if that is no success.
async fn ask(request: request::Builder, body: String) -> Result<(), String> {
    let request = request.body(Full::new(Bytes::from(body))).expect("a request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.map_err(|error| format!("{error:?}"))?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| error.to_string())?;
    if status.is_success() { Ok(()) } else { Err(format!("{status}: {:?}", body.to_bytes())) }
}
