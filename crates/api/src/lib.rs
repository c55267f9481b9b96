//! The HTTP API behind API Gateway's JWT authorizer: what the page reads, and messages that are
//! too large for a WebSocket frame.
//!
//! Reads the task state, the inbox, conversations and settings; writes the inbox and settings;
//! claims and runs tasks; signs forms for uploads; reads the list of snapshots and keeps a
//! request to restore one; keeps skills; leaves errands for bridges, and looks into snapshots for
//! whoever sleeps.
//!
//! A request passes [`gate`] (who asks, how often), then its route in [`routes`]; whatever goes
//! wrong is a [`problem`].

use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use control_plane::{
    AcceptMessage, ChangeConversations, ChooseSettings, DeleteUser, EnsureTask, ExportUser,
    KeepSchedules, KeepSkills, LinkIdentity, OfferUpload, ReadConversations, ReadSnapshots,
    ReadStatus, ReadUsage, RequestRestore, RequestSnapshot, SearchMessages, SignOut, SteerAgent,
    Tell, Workspace,
};
use lambda_http::tower::ServiceExt;

mod event;
mod extract;
mod gate;
mod openapi;
mod ports;
mod problem;
mod rate;
mod routes;
mod workspace_files;

pub use rate::Buckets;

pub struct Ports {
    pub status: ReadStatus,
    pub conversations: ReadConversations,
    pub accept: AcceptMessage,
    pub ensure: EnsureTask,
    pub tell: Tell,
    pub settings: ChooseSettings,
    pub offer_upload: OfferUpload,
    pub snapshots: ReadSnapshots,
    pub save: RequestSnapshot,
    pub restore: RequestRestore,
    pub buckets: Buckets,
    pub change_conversations: ChangeConversations,
    pub search: SearchMessages,
    pub steer: SteerAgent,
    pub schedules: KeepSchedules,
    pub skills: KeepSkills,
    pub workspace: Workspace,
    pub links: LinkIdentity,
    pub usage: ReadUsage,
    pub export: ExportUser,
    pub delete: DeleteUser,
    pub sign_out: SignOut,
}

/// The API over its ports. Made once for an instance of the function.
pub struct Api(Router);

impl Api {
    pub fn new(ports: Ports) -> Self {
        Self(routes::router(Arc::new(ports)))
    }

    /// API Gateway's event in, its answer out.
    pub async fn handle(
        &self,
        event: ApiGatewayV2httpRequest,
    ) -> anyhow::Result<ApiGatewayV2httpResponse> {
        let answer = match event::request(event) {
            Ok(request) => self.answer(request).await,
            Err(problem) => problem.into_response(),
        };
        event::response(answer).await
    }

    async fn answer(&self, request: Request) -> Response {
        let Ok(response) = self.0.clone().oneshot(request).await;
        response
    }
}

/// The OpenAPI document, as `GET /openapi.json` gives it.
pub fn openapi() -> String {
    routes::text()
}
