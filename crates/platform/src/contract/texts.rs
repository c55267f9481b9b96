//! A text comes back as it was, however long it is and wherever it had to be kept.

use domain::Generation;
use domain::limits::{INLINE_TEXT_MAX_BYTES, MESSAGE_TEXT_MAX_BYTES};
use domain::text::{byte_prefix, utf16_len};

use super::ContractWorld;
use super::scene::{NOW, Scene, conversation, later, reply};

/// Characters of one to four bytes, so that any cut would show. Filled up with `x`.
fn text_of(bytes: usize) -> String {
    let pattern = "aß한😀";
    let whole = pattern.repeat(bytes / pattern.len());
    let rest = bytes - whole.len();
    let text = whole + byte_prefix(pattern, rest);
    let missing = bytes - text.len();
    text + &"x".repeat(missing)
}

pub async fn messages_of_every_size_read_back(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    for (n, bytes) in (0..).zip([0, 1, 1_000, MESSAGE_TEXT_MAX_BYTES]) {
        let (name, text) = (format!("m{n}"), text_of(bytes));
        scene.put(&name, &text, later(n)).await;
        assert!(scene.row(&name).await.text == text, "{bytes} bytes in the inbox");
        let leased = scene.lease(&name, generation).await;
        assert!(leased.text == text, "{bytes} bytes in the lease");
        scene.complete(&leased, &reply("r", NOW), generation).await.expect("leased");
        let talk = conversation("default");
        let page = scene.conversations.history(&scene.user, &talk, None, 2, NOW).await;
        let page = page.expect("reads");
        assert!(page.messages[0].text == text, "{bytes} bytes in the conversation");
    }
}

pub async fn replies_of_every_size_read_back(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let sizes = [0, 1, INLINE_TEXT_MAX_BYTES, INLINE_TEXT_MAX_BYTES + 1, 5 << 20];
    for (n, bytes) in (0..).zip(sizes) {
        answer_with(&scene, generation, n, &text_of(bytes)).await;
    }
    let talk = conversation("default");
    let page = scene.conversations.history(&scene.user, &talk, None, 10, NOW).await;
    let replies: Vec<usize> =
        page.expect("reads").messages.iter().skip(1).step_by(2).map(|m| m.text.len()).collect();
    assert_eq!(replies, sizes);
}

/// More than one page of a query: DynamoDB answers 1 MB at a time.
pub async fn a_page_of_history_holds_long_replies_too(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let text = text_of(INLINE_TEXT_MAX_BYTES);
    for n in 0..6 {
        answer_with(&scene, generation, n, &text).await;
    }
    let talk = conversation("default");
    let page = scene.conversations.history(&scene.user, &talk, None, 12, NOW).await;
    let page = page.expect("reads");
    assert_eq!((page.messages.len(), page.before), (12, None));
}

async fn answer_with(scene: &Scene, generation: Generation, n: u64, text: &str) {
    let name = format!("m:{n}.x_y-z");
    scene.put(&name, "more", later(n)).await;
    let leased = scene.lease(&name, generation).await;
    scene.complete(&leased, &reply(text, NOW), generation).await.expect("leased");
    let read = scene.reply_to(&leased).await.expect("recorded");
    assert!(read.text == text, "{} bytes", text.len());
    assert_eq!(scene.row(&name).await.reply_length, Some(utf16_len(text)));
}
