//! Serving a router on loopback sockets until told to stop.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Open requests get this long to finish; a streaming client could otherwise
/// hold up the end for ever.
const DRAIN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Server {
    stop: CancellationToken,
    serving: JoinSet<()>,
}

impl Server {
    pub(crate) fn start(listeners: Vec<TcpListener>, router: Router) -> Self {
        let stop = CancellationToken::new();
        let mut serving = JoinSet::new();
        for listener in listeners {
            serving.spawn(serve(listener, router.clone(), stop.clone()));
        }
        Self { stop, serving }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let drained = async { while self.serving.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            self.serving.abort_all();
        }
    }
}

async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    // Without it, small answers wait for the client's delayed acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
    });
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "a server ended");
    }
}

pub(crate) async fn any_loopback_port() -> io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Binds 127.0.0.1 and, where the machine has it, ::1, on one port: browsers
/// differ in which of the two `localhost` means.
pub(crate) async fn localhost(port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
    const TRIES: usize = 16;
    for _ in 0..TRIES {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let bound = v4.local_addr()?.port();
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, bound))).await {
            Ok(v6) => return Ok((vec![v4, v6], bound)),
            // Somebody else's ::1 would answer for us; another port will do.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(_) => return Ok((vec![v4], bound)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no port is free on both 127.0.0.1 and ::1"))
}
