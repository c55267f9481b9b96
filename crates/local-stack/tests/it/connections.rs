use std::time::Duration;

use aws_sdk_apigatewaymanagement::primitives::Blob;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::support::{World, eventually};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn dial(world: &World, protocols: &str) -> Result<(Socket, Option<String>), Error> {
    let mut request = world.stack.urls.ws.as_str().into_client_request().expect("a URL");
    let protocols = protocols.parse().expect("ascii");
    request.headers_mut().insert("sec-websocket-protocol", protocols);
    let (socket, response) = connect_async(request).await?;
    let chosen = response.headers().get("sec-websocket-protocol");
    Ok((socket, chosen.and_then(|it| it.to_str().ok()).map(str::to_owned)))
}

async fn connected(world: &World) -> (Socket, String) {
    let (socket, _) = dial(world, "openclaw.v1, bearer.good").await.expect("accepted");
    let id = world.lambdas.events("connect").last().expect("a $connect")["requestContext"]
        ["connectionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    (socket, id)
}

/// Posts until the connection is there: the 101 is sent just before it is.
async fn post(world: &World, id: &str, data: &str) {
    eventually("a post", || async {
        let post = world.connections().post_to_connection().connection_id(id);
        let sent = post.data(Blob::new(data)).send().await;
        sent.map(|_| ()).map_err(|error| format!("{error:?}"))
    })
    .await;
}

async fn close_of(socket: &mut Socket) -> CloseFrame {
    while let Some(message) = socket.next().await {
        if let Ok(Message::Close(Some(frame))) = message {
            return frame;
        }
    }
    panic!("the connection broke without a close frame");
}

fn code(frame: &CloseFrame) -> u16 {
    CloseCode::into(frame.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lambda_chooses_the_subprotocol_and_refuses() {
    let world = World::start().await;
    let (_socket, chosen) = dial(&world, "openclaw.v1, bearer.good").await.expect("accepted");
    assert_eq!(chosen.as_deref(), Some("openclaw.v1"));
    let Err(Error::Http(refused)) = dial(&world, "openclaw.v1, bearer.bad").await else {
        panic!("a bad token was accepted");
    };
    assert_eq!(refused.status(), 401);
    let Err(Error::Http(broken)) = dial(&world, "openclaw.v1, bearer.broken").await else {
        panic!("a failed $connect was accepted");
    };
    assert_eq!(broken.status(), 500);
    let event = world.lambdas.events("connect").remove(0);
    let context = &event["requestContext"];
    assert_eq!(
        (&context["routeKey"], &context["eventType"]),
        (&"$connect".into(), &"CONNECT".into())
    );
    assert!(context["connectedAt"].is_i64(), "{event}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_arrive_in_order_and_end_with_the_connection() {
    let world = World::start().await;
    let (mut socket, id) = connected(&world).await;
    for number in 0..20 {
        post(&world, &id, &format!("frame {number}")).await;
    }
    for number in 0..20 {
        let frame = socket.next().await.expect("a frame").expect("whole");
        assert_eq!(frame.into_text().expect("text").as_str(), format!("frame {number}"));
    }
    let described = world.connections().get_connection().connection_id(&id).send().await;
    let described = described.expect("is open");
    assert_eq!(described.identity().and_then(|it| it.source_ip()), Some("127.0.0.1"));
    assert!(described.connected_at().is_some());
    socket.close(None).await.expect("closes");
    eventually("410", || async {
        let post = world.connections().post_to_connection().connection_id(&id);
        match post.data(Blob::new("late")).send().await {
            Err(error) if error.as_service_error().is_some_and(|it| it.is_gone_exception()) => {
                Ok(())
            }
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    eventually("$disconnect", || async {
        let events = world.lambdas.events("disconnect");
        let ours =
            |event: &&serde_json::Value| event["requestContext"]["connectionId"] == id.as_str();
        events.iter().find(ours).map(|_| ()).ok_or_else(|| format!("{events:?}"))
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_larger_than_a_frame_is_refused() {
    let world = World::start().await;
    let (mut socket, id) = connected(&world).await;
    post(&world, &id, &"x".repeat(32 * 1024)).await;
    assert_eq!(socket.next().await.expect("a frame").expect("whole").len(), 32 * 1024);
    let post = world.connections().post_to_connection().connection_id(&id);
    let large = post.data(Blob::new("x".repeat(32 * 1024 + 1))).send().await;
    let error = large.expect_err("too large").into_service_error();
    assert!(error.is_payload_too_large_exception(), "{error:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_gets_429_and_loses_nothing_else() {
    let world = World::with(|config| config.sockets.buffered_frames = 4).await;
    let (socket, id) = connected(&world).await;
    post(&world, &id, "first").await;
    let client = world.connections();
    let mut accepted = 1;
    // The kernel buffers some megabytes before the gateway's own buffer fills.
    let limited = loop {
        assert!(accepted < 10_000, "the buffer never filled");
        let post = client.post_to_connection().connection_id(&id);
        match post.data(Blob::new("x".repeat(32 * 1024))).send().await {
            Ok(_) => accepted += 1,
            Err(error) => break error.into_service_error(),
        }
    };
    assert!(limited.is_limit_exceeded_exception(), "{limited:?}");
    let received = socket.take(accepted).filter(|frame| std::future::ready(frame.is_ok())).count();
    assert_eq!(received.await, accepted);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_127_kb_passes_and_one_of_129_kb_closes() {
    let world = World::start().await;
    let (mut socket, _) = connected(&world).await;
    socket.send(Message::text("x".repeat(127 * 1024))).await.expect("sends");
    eventually("the message", || async {
        let sizes: Vec<_> = world
            .lambdas
            .events("handled")
            .iter()
            .filter_map(|event| event["body"].as_str().map(str::len))
            .collect();
        if sizes == [127 * 1024] { Ok(()) } else { Err(format!("{sizes:?}")) }
    })
    .await;
    socket.send(Message::text("x".repeat(129 * 1024))).await.expect("sends");
    assert_eq!(code(&close_of(&mut socket).await), 1009);
    assert_eq!(world.lambdas.events("message").len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_start_in_order_and_do_not_wait_for_each_other() {
    let world = World::start().await;
    let (mut socket, _) = connected(&world).await;
    socket.send(Message::text("wait")).await.expect("sends");
    for number in 0..50 {
        socket.send(Message::text(format!("{number}"))).await.expect("sends");
    }
    eventually("fifty handled messages", || async {
        let handled = world.lambdas.events("handled").len();
        if handled == 50 { Ok(()) } else { Err(format!("{handled}")) }
    })
    .await;
    let started: Vec<_> =
        world.lambdas.events("message").iter().map(|it| it["body"].clone()).collect();
    let expected = std::iter::once("wait".to_owned()).chain((0..50).map(|it| it.to_string()));
    assert_eq!(started, expected.map(serde_json::Value::from).collect::<Vec<_>>());
    world.lambdas.released.notify_one();
    eventually("the first one", || async {
        let handled = world.lambdas.events("handled").len();
        if handled == 51 { Ok(()) } else { Err(format!("{handled}")) }
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_handler_is_api_gateways_own_error_frame() {
    let world = World::start().await;
    let (mut socket, id) = connected(&world).await;
    for trouble in ["fail", "panic"] {
        socket.send(Message::text(trouble)).await.expect("sends");
        let frame = socket.next().await.expect("a frame").expect("whole");
        let frame: serde_json::Value =
            serde_json::from_str(frame.to_text().expect("text")).expect("JSON");
        assert_eq!(frame["message"], "Internal server error");
        assert_eq!(frame["connectionId"], id.as_str());
        assert!(frame["requestId"].is_string());
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_old_connections_are_closed() {
    let world = World::with(|config| config.sockets.idle = Duration::from_millis(200)).await;
    let (mut socket, id) = connected(&world).await;
    let frame = close_of(&mut socket).await;
    assert_eq!((code(&frame), frame.reason.as_str()), (1001, "Going away"));
    eventually("$disconnect", || async {
        let events = world.lambdas.events("disconnect");
        let event = events.first().ok_or("none yet")?;
        assert_eq!(event["requestContext"]["connectionId"], id.as_str());
        assert_eq!(event["requestContext"]["disconnectStatusCode"], 1001);
        Ok(())
    })
    .await;
    world.stop().await;
    let world = World::with(|config| config.sockets.longest = Duration::from_millis(200)).await;
    let (mut socket, _) = connected(&world).await;
    assert_eq!(code(&close_of(&mut socket).await), 1001);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_connection_is_closed() {
    let world = World::start().await;
    let (mut socket, id) = connected(&world).await;
    post(&world, &id, "there").await;
    socket.next().await.expect("a frame").expect("whole");
    let delete = world.connections().delete_connection().connection_id(&id);
    delete.send().await.expect("deletes");
    close_of(&mut socket).await;
    let gone = world.connections().get_connection().connection_id(&id).send().await;
    assert!(gone.expect_err("gone").into_service_error().is_gone_exception());
    world.stop().await;
}
