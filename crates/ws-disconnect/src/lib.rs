//! `$disconnect` on the WebSocket API. Best effort on API Gateway's side, so nothing depends
//! on it: rows expire, and a push that finds a connection gone removes it.

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use control_plane::Connect;
use domain::ConnectionId;

mod ports;

pub struct Ports {
    pub connect: Connect,
}

pub async fn handle(
    ports: &Ports,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let id = ConnectionId::new(event.request_context.connection_id.unwrap_or_default())?;
    ports.connect.gone(&id).await?;
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = 200;
    Ok(response)
}
