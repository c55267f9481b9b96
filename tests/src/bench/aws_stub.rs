//! AWS at 0 ms: canned answers for one user who is connected, has an empty inbox and a running
//! task. Plain threads and no HTTP library, because the stub's own time is in every figure that
//! is measured against it. Its threads end with the program.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::plain_http::Message;

pub(crate) const USER: &str = "bench";
pub(crate) const CONNECTION: &str = "BenchConn1=";
/// Of the task that runs.
pub(crate) const GENERATION: u64 = 1;

const CLIENT: &str = r#"{"PK":{"S":"CONN#BenchConn1="},"userId":{"S":"bench"},"kind":{"S":"client"},"connectedAt":{"N":"1795000000000"},"ttl":{"N":"9999999999"}}"#;
const TASK: &str = r#"{"Item":{"PK":{"S":"USER#bench"},"status":{"S":"Running"},"phase":{"S":"ready"},"generation":{"N":"1"},"released":{"N":"0"},"launchedAt":{"N":"1795000000000"},"bridgeConnection":{"S":"Bridge1="}}}"#;

pub(crate) struct AwsStub {
    pub(crate) url: String,
    counted: Arc<Counted>,
}

#[derive(Default)]
struct Counted {
    calls: AtomicU64,
    puts: AtomicU64,
}

impl AwsStub {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let counted = Arc::<Counted>::default();
        let counts = counted.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = counts.clone();
                // A function that ended has closed its connections: nobody to tell.
                std::thread::spawn(move || serve(stream, &counts).ok());
            }
        });
        Ok(Self { url, counted })
    }

    /// How many calls there were, and how many put a row: a benchmark of refusals would be
    /// fast, too.
    pub(crate) fn calls_and_puts(&self) -> (u64, u64) {
        let Counted { calls, puts } = &*self.counted;
        (calls.load(Ordering::Relaxed), puts.load(Ordering::Relaxed))
    }
}

fn serve(mut stream: TcpStream, counted: &Counted) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream.try_clone()?);
    while let Some(request) = Request::read(&mut requests)? {
        counted.calls.fetch_add(1, Ordering::Relaxed);
        counted.puts.fetch_add(u64::from(request.operation == "PutItem"), Ordering::Relaxed);
        let body = request.answer();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n";
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes())?;
    }
    Ok(())
}

struct Request {
    /// Empty for a post to a connection.
    operation: String,
    body: String,
}

impl Request {
    /// `None`: the client is gone.
    fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(message) = Message::read(from)? else { return Ok(None) };
        let target = message.header("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Some(Request { operation, body: message.body }))
    }

    fn answer(&self) -> String {
        let about = |what: &str| self.body.contains(what);
        match self.operation.as_str() {
            "GetItem" if about("-Connections\"") => format!(r#"{{"Item":{CLIENT}}}"#),
            "GetItem" if about("-TaskState\"") => TASK.into(),
            "Query" if about("-Connections\"") => {
                format!(r#"{{"Items":[{CLIENT}],"Count":1,"ScannedCount":1}}"#)
            }
            "Query" => r#"{"Items":[],"Count":0,"ScannedCount":0}"#.into(),
            _ => "{}".into(),
        }
    }
}
