use std::fs;

use crate::support::{World, get, send};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_its_routes_are_served_with_a_strict_policy() {
    let world = World::with(|config| {
        let dist = config.data.join("dist");
        fs::create_dir_all(dist.join("assets")).expect("a directory");
        fs::write(dist.join("index.html"), "<!doctype html>page").expect("writes");
        fs::write(dist.join("assets/app-1a2b.js"), "let x").expect("writes");
        fs::write(dist.join("sw.js"), "self").expect("writes");
        fs::write(config.data.join("secret"), "secret").expect("writes");
        config.web = Some(dist);
    })
    .await;
    for route in ["/", "/callback?code=x", "/conversations/abc"] {
        let page = get(&world.url(route)).await;
        assert_eq!((page.status, page.body.as_str()), (200, "<!doctype html>page"), "{route}");
        assert_eq!(page.headers["cache-control"], "no-cache");
        let policy = &page.headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        for part in [
            "worker-src 'self'",
            "manifest-src 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types openclaw",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split(';').any(|it| it.trim() == part), "{part}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') || policy.contains(":*"));
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(page.headers[name], value);
        }
        assert!(page.headers["permissions-policy"].contains("camera=()"), "{page:?}");
    }
    let worker = get(&world.url("/sw.js")).await;
    assert_eq!((worker.body.as_str(), &*worker.headers["cache-control"]), ("self", "no-cache"));
    assert!(worker.headers["content-type"].contains("javascript"));
    let asset = get(&world.url("/assets/app-1a2b.js")).await;
    assert!(asset.headers["cache-control"].contains("immutable"));
    assert!(asset.headers["content-type"].contains("javascript"));
    let missing = get(&world.url("/assets/none.js")).await;
    assert_eq!((missing.status, missing.headers["cache-control"].as_str()), (404, "no-cache"));
    let outside = get(&world.url("/..%2fsecret")).await;
    assert!(!outside.body.contains("secret"), "{outside:?}");
    let config = get(&world.url("/config.json")).await.json();
    assert_eq!(config["clientId"], "openclaw-web");
    assert_eq!(config["ws"], world.stack.urls.ws.as_str());
    assert_eq!(config["demo"], true);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_page_says_how_to_build_it_and_there_is_one_origin() {
    let world = World::start().await;
    let page = get(&world.url("/")).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("npm run build"), "{page:?}");
    let by_number = world.url("/x?y=z").replace("localhost", "127.0.0.1");
    let moved = send("GET", &by_number, &[("accept", "text/html")], "").await;
    assert_eq!((moved.status, &moved.headers["location"]), (307, &world.url("/x?y=z")));
    world.stop().await;
}
