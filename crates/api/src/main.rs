//! The `api` Lambda: the real ports, then events for ever.

use lambda_runtime::{LambdaEvent, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    // Reads the environment: a missing variable ends the function now, not at the first event.
    let ports = api::Ports::from_lookup(&|name| std::env::var(name).ok())?;
    let api = api::Api::new(ports);
    let handle = async |event: LambdaEvent<_>| api.handle(event.payload).await;
    lambda_runtime::run(service_fn(handle)).await
}
