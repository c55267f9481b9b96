//! An errand is taken and answered by the bridge that is current, while somebody waits.

use domain::errand::{Answer, Ask};
use domain::limits::{ERRAND_TTL, WORKSPACE_PAGE_MAX};
use domain::{
    EntryKind, Errand, ErrandState, FolderPage, Generation, Timestamp, UploadId, WorkspaceEntry,
    WorkspacePath,
};

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_conflict, assert_fenced};

fn errand(id: &str) -> Errand {
    let path = WorkspacePath::parse("a/한국어").expect("valid");
    let ask = Ask::List { path, after: Some("x".into()), limit: 7 };
    let id = UploadId::new(id).expect("valid");
    Errand { id, ask, expires_at: NOW + ERRAND_TTL }
}

/// The largest there is.
fn listed() -> Answer {
    let entry = |n: usize| WorkspaceEntry {
        name: format!("{n:03}{}", "\u{1}".repeat(252)),
        kind: EntryKind::File,
        bytes: u64::MAX,
        modified_at: Some(Timestamp(u64::MAX)),
    };
    let entries: Vec<_> = (0..WORKSPACE_PAGE_MAX).map(entry).collect();
    let after = entries.last().map(|entry| entry.name.clone());
    Answer::Listed { page: FolderPage { entries, after } }
}

pub async fn an_errand_is_asked_taken_answered_and_read(world: &dyn ContractWorld) {
    let (scene, errands) = (Scene::of(world), world.errands());
    let (user, generation) = (&scene.user, scene.launch().await);
    let errand = errand("1");
    let id = &errand.id;
    assert_eq!(errands.read(user, id, NOW).await.expect("reads"), None);
    assert_conflict(errands.take(user, id, generation, NOW).await);
    assert_conflict(errands.answer(user, id, generation, &Answer::NotFound).await);

    errands.ask(user, &errand).await.expect("writes");
    assert_eq!(errands.read(user, id, NOW).await.expect("reads"), Some(ErrandState::Asked));
    for _ in 0..2 {
        let taken = errands.take(user, id, generation, NOW).await.expect("current");
        assert_eq!(taken, errand.ask);
        assert_eq!(errands.read(user, id, NOW).await.expect("reads"), Some(ErrandState::Taken));
    }
    errands.answer(user, id, generation, &listed()).await.expect("current");
    let answered = Some(ErrandState::Answered(listed()));
    assert_eq!(errands.read(user, id, NOW).await.expect("reads"), answered);
    assert_conflict(errands.answer(user, id, generation, &Answer::Failed).await);
    assert_conflict(errands.take(user, id, generation, NOW).await);
    assert_eq!(errands.read(user, id, NOW).await.expect("reads"), answered);
    assert_eq!(errands.read(&world.new_user(), id, NOW).await.expect("reads"), None);
}

pub async fn an_errand_that_has_expired_is_nobodys(world: &dyn ContractWorld) {
    let (scene, errands) = (Scene::of(world), world.errands());
    let (user, generation) = (&scene.user, scene.launch().await);
    let errand = errand("1");
    errands.ask(user, &errand).await.expect("writes");
    let over = errand.expires_at;
    let last = Timestamp(over.millis() - 1_000);
    let state = errands.read(user, &errand.id, last).await.expect("reads");
    assert_eq!(state, Some(ErrandState::Asked));
    assert_eq!(errands.read(user, &errand.id, over).await.expect("reads"), None);
    assert_conflict(errands.take(user, &errand.id, generation, over).await);
    errands.take(user, &errand.id, generation, last).await.expect("in time");
}

pub async fn only_the_current_bridge_takes_and_answers(world: &dyn ContractWorld) {
    let (scene, errands) = (Scene::of(world), world.errands());
    let old = scene.launch().await;
    let current = scene.launch().await;
    let (user, errand) = (&scene.user, errand("1"));
    errands.ask(user, &errand).await.expect("writes");
    for other in [old, Generation(current.0 + 1)] {
        assert_fenced(errands.take(user, &errand.id, other, NOW).await);
        assert_fenced(errands.answer(user, &errand.id, other, &Answer::Failed).await);
    }
    let state = errands.read(user, &errand.id, NOW).await.expect("reads");
    assert_eq!(state, Some(ErrandState::Asked));
    errands.take(user, &errand.id, current, NOW).await.expect("current");
    scene.release(current).await;
    assert_fenced(errands.answer(user, &errand.id, current, &Answer::Failed).await);
}
