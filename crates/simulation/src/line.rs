//! The bridge's line for nudges, through the real `Connect`.

use async_trait::async_trait;
use bridge::{DialError, Line, Socket};
use control_plane::ConnectError;
use domain::LaunchToken;
use platform_sim::{Fate, Process};
use tokio::sync::mpsc;

use crate::lambdas::Lambdas;

pub(crate) struct SimLine {
    pub(crate) lambdas: Lambdas,
    pub(crate) process: Process,
    pub(crate) token: LaunchToken,
}

struct End {
    process: Process,
    texts: mpsc::UnboundedReceiver<String>,
}

#[async_trait]
impl Line for SimLine {
    async fn dial(&self) -> Result<Box<dyn Socket>, DialError> {
        reachable(&self.process).await?;
        let stage = &self.lambdas.stage;
        let id = stage.next_connection();
        // API Gateway keeps a socket only if `$connect` agreed.
        let answer = self.lambdas.connect_bridge(&self.token, &id).await;
        match answer {
            Some(Ok(())) => {
                let texts = stage.world.open_socket(&id);
                Ok(Box::new(End { process: self.process.clone(), texts }))
            }
            Some(Err(ConnectError::Refused)) => Err(DialError::Refused),
            Some(Err(ConnectError::Unavailable(error))) => {
                Err(DialError::Failed(error.to_string()))
            }
            None => Err(DialError::Failed("no answer".into())),
        }
    }
}

async fn reachable(process: &Process) -> Result<(), DialError> {
    match process.fate() {
        Fate::Lives => Ok(()),
        Fate::CutOff => Err(DialError::Failed("no route".into())),
        Fate::Frozen | Fate::Dead => std::future::pending().await,
    }
}

#[async_trait]
impl Socket for End {
    async fn next(&mut self) -> Option<String> {
        let text = self.texts.recv().await?;
        // What is sent to a machine that nobody reaches is lost.
        (self.process.fate() == Fate::Lives).then_some(text)
    }

    async fn ping(&mut self) -> bool {
        !self.texts.is_closed() && self.process.fate() == Fate::Lives
    }

    async fn close(&mut self) {
        self.texts.close();
    }
}
