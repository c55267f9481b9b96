//! Conversations are listed, begun, named, searched and deleted.

use domain::limits::{SEARCH_MAX_CHARS, SEARCH_PAGE_MAX, TITLE_MAX_CHARS};
use domain::{InboxState, MessageId, Outcome, Reply, UserId};
use platform::{Clock, Completion};
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{ask, event, invoke};

fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

async fn say(world: &World, talk: &str, id: &str, text: &str) {
    world.clock().advance(std::time::Duration::from_secs(1));
    let body = json!({"messageId": id, "message": text});
    let (status, body) =
        ask(world, "POST", &format!("/conversations/{talk}/messages"), Some(body)).await;
    assert_eq!(status, 202, "{body}");
}

async fn answer(world: &World, id: &str, text: &str) {
    let (inbox, id) = (world.inbox(), MessageId::new(id).expect("valid"));
    let generation = world.task(&user()).generation;
    let message = inbox.lease(&user(), &id, generation).await.expect("open");
    let reply = Reply {
        text: text.into(),
        outcome: Outcome::Complete,
        error: None,
        usage: None,
        at: world.clock().now(),
    };
    let completion = Completion {
        message: &message,
        reply: &reply,
        state: InboxState::Done,
        generation,
        owed: false,
    };
    inbox.complete(&user(), &completion).await.expect("leased");
}

async fn talk(world: &World, talk: &str, id: &str, text: &str) {
    say(world, talk, id, text).await;
    answer(world, id, &format!("re: {text}")).await;
}

async fn get(world: &World, path: &str, query: Value) -> (i64, Value) {
    invoke(world, event("GET", path, &query, None)).await
}

fn ids(page: &Value) -> Vec<&str> {
    let rows = page["conversations"].as_array().expect("a list");
    rows.iter().map(|row| row["conversationId"].as_str().expect("an id")).collect()
}

fn texts(page: &Value) -> Vec<&str> {
    let rows = page["messages"].as_array().expect("a list");
    rows.iter().map(|row| row["text"].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn conversations_are_listed_by_the_page_with_what_waits_on_top() {
    let world = World::default();
    for name in ["a", "b", "c"] {
        talk(&world, name, name, name).await;
    }
    say(&world, "a", "again", "again").await;
    let (_, first) = get(&world, "/conversations", json!({"limit": 1})).await;
    assert_eq!(ids(&first), ["a", "c"]);
    assert_eq!(first["conversations"][0]["title"], "a", "its own title, from a later page");
    let (_, second) =
        get(&world, "/conversations", json!({"limit": 1, "before": first["before"]})).await;
    assert_eq!(ids(&second), ["b"]);
    let (_, third) =
        get(&world, "/conversations", json!({"limit": 1, "before": second["before"]})).await;
    assert_eq!((ids(&third), third.get("before")), (vec!["a"], None));
    for limit in [0, 101] {
        assert_eq!(get(&world, "/conversations", json!({"limit": limit})).await.0, 400);
    }
}

#[tokio::test]
async fn messages_are_read_in_both_directions() {
    let world = World::default();
    for n in 0..3 {
        talk(&world, "c", &format!("m{n}"), &n.to_string()).await;
    }
    let path = "/conversations/c/messages";
    let (_, newest) = get(&world, path, json!({"limit": 2})).await;
    assert_eq!((texts(&newest), &newest["goesOn"]), (vec!["2", "re: 2"], &Value::Null));
    let (_, older) = get(&world, path, json!({"limit": 2, "before": newest["before"]})).await;
    assert_eq!((texts(&older), &older["goesOn"]), (vec!["1", "re: 1"], &json!(true)));
    let (_, on) = get(&world, path, json!({"after": older["after"]})).await;
    assert_eq!(texts(&on), ["2", "re: 2"]);
    say(&world, "c", "m9", "waits").await;
    let (_, on) = get(&world, path, json!({"after": older["after"]})).await;
    assert_eq!(texts(&on), ["2", "re: 2", "waits"]);
    let (_, on) = get(&world, path, json!({"after": newest["after"]})).await;
    assert_eq!(texts(&on), ["waits"]);
    let (_, whole) = get(&world, path, json!({"after": "nonsense", "limit": 2})).await;
    assert_eq!((texts(&whole), &whole["goesOn"]), (vec!["0", "re: 0"], &json!(true)));
}

#[tokio::test]
async fn a_conversation_is_begun_once_and_named() {
    let world = World::default();
    let trip = json!({"conversationId": "trip", "title": " A trip "});
    let (status, begun) = ask(&world, "POST", "/conversations", Some(trip)).await;
    assert_eq!((status, &begun["title"]), (201, &json!("A trip")));
    let again = json!({"conversationId": "trip", "title": "Another"});
    assert_eq!(ask(&world, "POST", "/conversations", Some(again)).await, (200, begun));
    let (status, named) =
        ask(&world, "POST", "/conversations", Some(json!({"title": "New"}))).await;
    assert_eq!((status, &named["conversationId"]), (201, &json!("04".repeat(16))));

    let title = |text: &str| Some(json!({"title": text}));
    let longest = "é".repeat(TITLE_MAX_CHARS);
    let (status, renamed) = ask(&world, "PATCH", "/conversations/trip", title(&longest)).await;
    assert_eq!((status, &renamed["title"]), (200, &json!(longest)));
    for wrong in ["", "  ", &format!("{longest}e")] {
        assert_eq!(ask(&world, "PATCH", "/conversations/trip", title(wrong)).await.0, 400);
        assert_eq!(ask(&world, "POST", "/conversations", title(wrong)).await.0, 400);
    }
    assert_eq!(ask(&world, "PATCH", "/conversations/nowhere", title("x")).await.0, 404);
    say(&world, "waits", "m1", "first words").await;
    let (status, renamed) = ask(&world, "PATCH", "/conversations/waits", title("Mine")).await;
    assert_eq!((status, &renamed["title"]), (200, &json!("Mine")));
    answer(&world, "m1", "re").await;
    let (_, list) = get(&world, "/conversations", json!({})).await;
    assert_eq!(list["conversations"][0]["title"], "Mine");
}

#[tokio::test]
async fn a_conversation_is_unread_until_it_was_read() {
    let world = World::default();
    let read = async |talk: &str, up_to: u64| {
        let path = format!("/conversations/{talk}/read");
        ask(&world, "PUT", &path, Some(json!({"upTo": up_to}))).await.0
    };
    let listed = async || get(&world, "/conversations", json!({})).await.1["conversations"].clone();
    assert_eq!(read("trip", 1).await, 404);
    assert_eq!(read("default", 1).await, 204, "it is always there");
    say(&world, "trip", "m1", "to Seoul").await;
    let waiting = listed().await;
    assert_eq!((&waiting[0]["channels"], &waiting[0]["unread"]), (&json!(["web"]), &json!(false)));
    assert_eq!(read("trip", i64::MAX.cast_unsigned()).await, 204, "it waits, and is there");
    answer(&world, "m1", "re").await;
    let answered = listed().await;
    assert_eq!(answered[0]["unread"], true);
    let at = answered[0]["lastActivityAt"].as_u64().expect("a time");
    assert_eq!(read("trip", at - 1).await, 204);
    assert_eq!(listed().await[0]["unread"], true);
    assert_eq!(read("trip", at).await, 204);
    assert_eq!(read("trip", 1).await, 204, "it never moves backwards");
    assert_eq!(listed().await[0]["unread"], false);

    talk(&world, "trip", "m2", "and back").await;
    assert_eq!(read("trip", i64::MAX.cast_unsigned()).await, 204);
    talk(&world, "trip", "m3", "again").await;
    assert_eq!(listed().await[0]["unread"], true, "nothing to come can be read");
    say(&world, "trip", "m4", "well?").await;
    assert_eq!(listed().await[0]["unread"], false, "who writes has seen what was before");
    for wrong in [json!({}), json!({"upTo": -1}), json!({"upTo": "1"}), json!({"upTo": 1, "x": 1})]
    {
        let (status, _) = ask(&world, "PUT", "/conversations/trip/read", Some(wrong)).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn a_deleted_conversation_is_gone_everywhere() {
    let world = World::default();
    talk(&world, "trip", "m1", "to Seoul").await;
    talk(&world, "work", "m2", "a letter").await;
    let delete = async |talk: &str| {
        let (status, body) = ask(&world, "DELETE", &format!("/conversations/{talk}"), None).await;
        (status, body["code"].clone())
    };
    say(&world, "trip", "m3", "and back").await;
    assert_eq!(delete("trip").await, (409, json!("messages_open")));
    answer(&world, "m3", "re").await;
    assert_eq!(delete("trip").await, (204, Value::Null));
    let (_, list) = get(&world, "/conversations", json!({})).await;
    assert_eq!(ids(&list), ["work"]);
    assert_eq!(get(&world, "/conversations/trip/messages", json!({})).await.0, 404);
    let (_, found) = get(&world, "/search", json!({"q": "seoul"})).await;
    assert_eq!(found["hits"], json!([]));
    let reply = "/conversations/trip/messages/m1/reply";
    assert_eq!(get(&world, reply, json!({})).await.0, 404);
    assert_eq!(delete("trip").await, (404, json!("not_found")));
    assert_eq!(delete("nowhere").await, (404, json!("not_found")));
    talk(&world, "trip", "m4", "again").await;
    let (_, page) = get(&world, "/conversations/trip/messages", json!({})).await;
    assert_eq!(texts(&page), ["again", "re: again"]);
}

#[tokio::test]
async fn a_long_conversation_is_deleted_in_steps() {
    let world = World::default();
    for n in 0..600 {
        talk(&world, "c", &format!("m{n}"), "x").await;
    }
    assert_eq!(ask(&world, "DELETE", "/conversations/c", None).await.0, 202);
    let (status, _) = get(&world, "/conversations/c/messages", json!({})).await;
    assert_eq!(status, 404, "nothing of it is to be seen");
    world.fail_next("conversations.delete", 1);
    assert_eq!(ask(&world, "DELETE", "/conversations/c", None).await.0, 503);
    assert_eq!(ask(&world, "DELETE", "/conversations/c", None).await.0, 204);
    assert_eq!(ask(&world, "DELETE", "/conversations/c", None).await.0, 404);
}

#[tokio::test]
async fn words_are_found_wherever_they_were_said() {
    let world = World::default();
    talk(&world, "trip", "m1", "A trip to SEOUL").await;
    talk(&world, "work", "m2", "a letter").await;
    say(&world, "work", "m3", "and one to Seoul").await;
    let (status, page) = get(&world, "/search", json!({"q": "seoul"})).await;
    let hits = page["hits"].as_array().expect("a list");
    let found: Vec<_> = hits.iter().map(|hit| (&hit["messageId"], &hit["role"])).collect();
    let (m1, m3) = (json!("m1"), json!("m3"));
    let (asked, told) = (json!("user"), json!("assistant"));
    assert_eq!((status, found), (200, vec![(&m3, &asked), (&m1, &told), (&m1, &asked)]));
    assert_eq!(hits[1]["snippet"], "re: A trip to SEOUL");
    assert_eq!(hits[1]["matches"], json!([{"start": 14, "end": 19}]));
    assert_eq!(page.get("before"), None);

    let mut paged = Vec::new();
    let mut query = json!({"q": "seoul", "limit": 1});
    loop {
        let (_, page) = get(&world, "/search", query.clone()).await;
        paged.extend(page["hits"].as_array().expect("a list").clone());
        let Some(place) = page.get("before") else { break };
        query["before"] = place.clone();
    }
    assert_eq!(paged, hits[1..], "a page of one has no room for what waits");
    let (_, none) = get(&world, "/search", json!({"q": "busan"})).await;
    assert_eq!(none, json!({"hits": []}));
    for wrong in ["", "s", " s ", &"s".repeat(SEARCH_MAX_CHARS + 1)] {
        assert_eq!(get(&world, "/search", json!({"q": wrong})).await.0, 400, "{wrong}");
    }
    let most = json!({"q": "seoul", "limit": SEARCH_PAGE_MAX});
    assert_eq!(get(&world, "/search", most).await.0, 200);
    assert_eq!(get(&world, "/search", json!({})).await.0, 400);
}

#[tokio::test]
async fn a_conversation_opens_where_words_were_found() {
    let world = World::default();
    for n in 0..9 {
        talk(&world, "trip", &format!("m{n}"), &format!("number {n}")).await;
    }
    say(&world, "trip", "waits", "number nine waits").await;
    let place = async |words: &str| {
        let (_, page) = get(&world, "/search", json!({"q": words})).await;
        page["hits"][0]["place"].clone()
    };
    let path = "/conversations/trip/messages";
    let around = json!({"around": place("number 4").await, "limit": 6});
    let (status, page) = get(&world, path, around).await;
    let shown = ["number 3", "re: number 3", "number 4", "re: number 4", "number 5"];
    assert_eq!((status, &texts(&page)[..5], &page["goesOn"]), (200, &shown[..], &json!(true)));
    let on = json!({"after": page["after"], "limit": 2});
    assert_eq!(texts(&get(&world, path, on).await.1), ["number 6", "re: number 6"]);
    let back = json!({"before": page["before"], "limit": 2});
    assert_eq!(texts(&get(&world, path, back).await.1), ["number 2", "re: number 2"]);

    let around = json!({"around": place("nine waits").await, "limit": 6});
    let (_, page) = get(&world, path, around).await;
    assert_eq!(texts(&page), ["number 8", "re: number 8", "number nine waits"]);
    let (_, end) = get(&world, path, json!({"around": "nonsense", "limit": 2})).await;
    assert_eq!(texts(&end), ["number 8", "re: number 8", "number nine waits"]);
    let elsewhere = json!({"around": place("number 4").await});
    assert_eq!(get(&world, "/conversations/nowhere/messages", elsewhere).await.0, 404);
}

#[tokio::test]
async fn one_search_reads_so_many_rows_and_says_where_to_go_on() {
    let world = World::default();
    talk(&world, "c", "first", "needle").await;
    for n in 0..300 {
        talk(&world, "c", &format!("m{n}"), "hay").await;
    }
    let (_, page) = get(&world, "/search", json!({"q": "needle"})).await;
    assert_eq!(page["hits"], json!([]));
    let on = json!({"q": "needle", "before": page["before"]});
    let (_, page) = get(&world, "/search", on).await;
    assert_eq!(page["hits"].as_array().map(Vec::len), Some(2));
    assert_eq!(page.get("before"), None);
}
