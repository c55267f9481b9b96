//! The real line: a WebSocket to the API that browsers use.

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use protocol::ClientFrame;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::chain::chain;
use crate::nudges::{DialError, Line, Socket};

pub struct WebSocketLine {
    pub url: String,
    pub token: String,
}

#[async_trait]
impl Line for WebSocketLine {
    async fn dial(&self) -> Result<Box<dyn Socket>, DialError> {
        match self.connect().await {
            Ok(socket) => Ok(Box::new(socket)),
            Err(error) if is_refusal(&error) => Err(DialError::Refused),
            Err(error) => Err(DialError::Failed(chain(&error).to_string())),
        }
    }
}

impl WebSocketLine {
    async fn connect(&self) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
        let mut request = self.url.as_str().into_client_request()?;
        let bearer = format!("Bearer {}", self.token);
        let mut bearer = HeaderValue::try_from(bearer).map_err(http::Error::from)?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, bearer);
        Ok(connect_async(request).await?.0)
    }
}

/// The launch token is good for one generation: refused, it is another one's turn.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Http(answer) if matches!(answer.status().as_u16(), 401 | 403))
}

#[async_trait]
impl Socket for WebSocketStream<MaybeTlsStream<TcpStream>> {
    async fn next(&mut self) -> Option<String> {
        loop {
            match StreamExt::next(self).await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// A message, as the page sends it: whether API Gateway counts WebSocket's own pings as
    /// traffic is not documented.
    async fn ping(&mut self) -> bool {
        let ping = serde_json::to_string(&ClientFrame::Ping).expect("a frame serializes");
        self.send(Message::text(ping)).await.is_ok()
    }

    async fn close(&mut self) {
        let _ = WebSocketStream::close(self, None).await;
    }
}
