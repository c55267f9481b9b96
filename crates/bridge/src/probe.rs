//! `bridge health`: what the container's health check runs. The image needs no other program for
//! it, and it costs a few milliseconds.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::config::bridge_port;

/// Less than the health check's own timeout, so that the sentence is ours.
const WITHIN: Duration = Duration::from_secs(3);

/// Whether the bridge of this container says that its agent answers.
pub fn probe(lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    ask(bridge_port(lookup)?)
}

fn ask(port: u16) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut bridge = TcpStream::connect_timeout(&address, WITHIN)
        .with_context(|| format!("no bridge listens on port {port}"))?;
    bridge.set_read_timeout(Some(WITHIN))?;
    bridge.set_write_timeout(Some(WITHIN))?;
    bridge.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut status = [0; "HTTP/1.1 200".len()];
    bridge.read_exact(&mut status).context("the bridge does not answer")?;
    let status = String::from_utf8_lossy(&status);
    ensure!(status.ends_with(" 200"), "the agent does not answer: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// The error's text, or nothing, when a bridge answers so.
    fn outcome(answer: &'static [u8]) -> Option<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let bridge = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("the probe");
            let mut request = [0; 16];
            socket.read_exact(&mut request).expect("a request");
            assert_eq!(&request, b"GET /health HTTP");
            socket.write_all(answer).expect("the probe reads");
        });
        let outcome = ask(port);
        bridge.join().expect("no panic");
        outcome.err().map(|error| format!("{error:#}"))
    }

    #[test]
    fn only_a_green_bridge_is_healthy() {
        assert_eq!(outcome(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), None);
        let red = outcome(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").expect("red");
        assert_eq!(red, "the agent does not answer: HTTP/1.1 503");
        assert!(outcome(b"").is_some(), "it hung up");
    }

    #[test]
    fn nobody_at_the_port_is_not_healthy() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let error = probe(|name| (name == "BRIDGE_PORT").then(|| port.to_string()));
        assert!(error.expect_err("nobody").to_string().contains(&port.to_string()));
    }
}
