//! The `scheduled-message` Lambda: the real ports, then events for ever.

use lambda_runtime::{LambdaEvent, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    // Reads the environment: a missing variable ends the function now, not at the first event.
    let ports = scheduled_message::Ports::from_lookup(&|name| std::env::var(name).ok())?;
    let handle =
        async |event: LambdaEvent<_>| scheduled_message::handle(&ports, event.payload).await;
    lambda_runtime::run(service_fn(handle)).await
}
