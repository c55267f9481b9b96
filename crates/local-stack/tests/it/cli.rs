use std::net::TcpListener;

use clap::Parser;
use local_stack::{Config, Wiring, cli::Cli};

use crate::support::{Lambdas, World};

async fn refused(config: Config) -> String {
    let functions = std::sync::Arc::new(Lambdas::default());
    let started = local_stack::start(config, |_| async {
        Ok(Wiring { functions, task_environment: Vec::new(), parameters: Vec::new() })
    });
    started.await.expect_err("refused").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_port_and_a_busy_directory_are_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let mut config = Config::new(dir.path(), "/bin/true");
    config.port = port;
    let busy = refused(config).await;
    assert!(busy.contains(&port.to_string()) && busy.contains("--port"), "{busy}");
    let world = World::start().await;
    let second = refused(Config::new(world.dir.path(), "/bin/true")).await;
    assert!(second.starts_with("another local-stack uses"), "{second}");
    assert!(second.contains(&format!("pid {}", std::process::id())), "{second}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greeting_is_one_json_line_or_a_friendly_text() {
    let world = World::start().await;
    let urls = &world.stack.urls;
    let page = local_stack::PageConfig::default();
    let json = Cli::parse_from(["local-stack", "--json"]).greeting(urls, &page);
    assert_eq!(json.lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["url"], urls.url.as_str());
    let mut keys: Vec<_> = json.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(keys, ["api", "issuer", "url", "ws"]);
    let text = Cli::parse_from(["local-stack"]).greeting(urls, &page);
    assert!(text.contains(&urls.url) && text.contains("demo model") && text.contains("Ctrl-C"));
    world.stop().await;
}
