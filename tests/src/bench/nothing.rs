//! A Lambda that does nothing. What it takes is what the runtime API's stand-in takes.

use std::io::{self, BufReader, Write};
use std::net::TcpStream;

use super::plain_http::Message;

/// Answers events until `api`, the runtime API's address, is gone.
pub fn answer(api: &str) -> io::Result<()> {
    const PREFIX: &str = "/2018-06-01/runtime/invocation";
    const DONE: &str = r#"{"statusCode":200}"#;
    let mut stream = TcpStream::connect(api)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    loop {
        let next = format!("GET {PREFIX}/next HTTP/1.1\r\nhost: {api}\r\n\r\n");
        stream.write_all(next.as_bytes())?;
        let Some(event) = Message::read(&mut answers)? else { return Ok(()) };
        let id = event.header("lambda-runtime-aws-request-id").unwrap_or_default();
        let head = format!("POST {PREFIX}/{id}/response HTTP/1.1\r\nhost: {api}\r\n");
        let response = format!("{head}content-length: {}\r\n\r\n{DONE}", DONE.len());
        stream.write_all(response.as_bytes())?;
        if Message::read(&mut answers)?.is_none() {
            return Ok(());
        }
    }
}
