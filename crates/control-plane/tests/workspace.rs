//! The agent's files and skills for its user: live through a bridge, and from the last snapshot
//! when there is none, or none that answers.

mod world;

use std::sync::Arc;
use std::time::Duration;

use control_plane::{KeepSkills, PutSkillError, RunErrand, SentSkill, Workspace, WorkspaceError};
use domain::errand::{Answer, Ask};
use domain::limits::{SKILLS_MAX, UPLOAD_MAX_BYTES};
use domain::{
    ConnectionId, EntryKind, FolderPage, Generation, SkillName, Snapshot, SnapshotId,
    SnapshotReason, Timestamp, UploadId, WorkspaceEntry, WorkspacePath,
};
use platform::{Clock, Errands, Skills, Snapshots, WriteError};
use platform_sim::World;
use protocol::{Nudge, WorkspaceSource, WorkspaceUploadState};
use tokio::time::{Instant, sleep};
use world::{Cases, cases};

const SAVED_AT: Timestamp = Timestamp(1_795_284_905_000);

fn path(text: &str) -> WorkspacePath {
    WorkspacePath::parse(text).expect("valid")
}

fn saved() -> SnapshotId {
    SnapshotId::new("a1").expect("valid")
}

impl Cases {
    fn workspace(&self) -> Workspace {
        let clock: Arc<dyn Clock> = Arc::new(self.world.clock().clone());
        let errands = RunErrand {
            errands: self.world.errands(),
            ensure: self.ensure(),
            clock: clock.clone(),
            entropy: rand_id,
        };
        Workspace {
            tasks: self.world.tasks(),
            errands,
            files: self.world.workspace_files(),
            downloads: self.world.downloads(),
            forms: self.world.incoming_forms(),
            clock,
            entropy: rand_id,
        }
    }

    fn skills(&self) -> KeepSkills {
        KeepSkills {
            skills: self.world.skills(),
            ensure: self.ensure(),
            clock: Arc::new(self.world.clock().clone()),
        }
    }

    /// Awake, with a snapshot of before that has two files.
    async fn awake(&self) -> ConnectionId {
        self.ensure().run(&self.user, &Nudge::Snapshot).await.expect("works");
        let connection = self.bridge_is_up().await;
        let snapshot = Snapshot {
            id: saved(),
            generation: Generation(1),
            at: SAVED_AT,
            reason: SnapshotReason::Periodic,
            files: 2,
            bytes: 8,
            added_bytes: 8,
        };
        let snapshots: Arc<dyn Snapshots> = self.world.snapshots();
        snapshots.begin_from(&self.user, Generation(1), None, SAVED_AT).await.expect("is current");
        snapshots.record(&self.user, &snapshot).await.expect("is current");
        for (file, text) in [("a.txt", "old"), ("sub/b", "older")] {
            self.world.keep_file(&self.user, &saved(), file, text.as_bytes());
        }
        connection
    }

    async fn asleep(&self) {
        self.awake().await;
        let now = self.world.clock().now();
        let released = self.world.tasks().release(&self.user, Generation(1), now).await;
        assert!(released.expect("no faults"));
    }
}

/// Another one each time.
fn rand_id() -> [u8; 16] {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    id
}

/// What a bridge does with the next errand that it hears of.
async fn serve(
    world: World,
    user: domain::UserId,
    connection: ConnectionId,
    takes: Duration,
    answer: impl Fn(Ask) -> Answer,
) -> Result<(), WriteError> {
    let id = loop {
        let nudges = world.nudged(&connection);
        let heard = nudges.into_iter().find_map(|nudge| match nudge {
            Nudge::Errand { id } => Some(id),
            _ => None,
        });
        match heard {
            Some(id) => break UploadId::new(id).expect("valid"),
            None => sleep(Duration::from_millis(10)).await,
        }
    };
    let now = world.clock().now();
    let ask = Errands::take(&world, &user, &id, Generation(1), now).await?;
    sleep(takes).await;
    Errands::answer(&world, &user, &id, Generation(1), &answer(ask)).await
}

fn page() -> FolderPage {
    let entry = |name: &str| WorkspaceEntry {
        name: name.into(),
        kind: EntryKind::File,
        bytes: 3,
        modified_at: Some(SAVED_AT),
    };
    FolderPage { entries: vec![entry("new"), entry("x")], after: Some("x".into()) }
}

#[tokio::test(start_paused = true)]
async fn who_is_awake_shows_what_is_there_now() {
    let case = cases();
    let connection = case.awake().await;
    let bridge = serve(
        case.world.clone(),
        case.user.clone(),
        connection,
        Duration::from_millis(200),
        |ask| match ask {
            Ask::List { path, after, limit } => {
                assert_eq!((path.as_str(), after, limit), ("sub", None, 2));
                Answer::Listed { page: page() }
            }
            other => panic!("{other:?}"),
        },
    );
    let (workspace, sub) = (case.workspace(), path("sub"));
    let (listed, served) = tokio::join!(workspace.list(&case.user, &sub, None, 2), bridge);
    served.expect("took it and answered");
    let listed = listed.expect("answers");
    assert_eq!((listed.source, listed.snapshot_at), (WorkspaceSource::Live, None));
    assert_eq!(listed.entries.len(), 2);
    // The cursor leads on, in the snapshot as well.
    let cursor = listed.cursor.expect("more");
    case.world.tasks().release(&case.user, Generation(1), SAVED_AT).await.expect("no faults");
    let rest = workspace.list(&case.user, &path(""), Some(&cursor), 9).await.expect("answers");
    assert_eq!(rest.entries, []);
    let odd = workspace.list(&case.user, &path(""), Some("?"), 9).await;
    assert!(matches!(odd, Err(WorkspaceError::Cursor)));
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_hears_nothing_costs_five_seconds_and_no_answer() {
    let case = cases();
    case.awake().await;
    let began = Instant::now();
    let listed = case.workspace().list(&case.user, &path(""), None, 9).await.expect("answers");
    assert!((5..7).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!((listed.source, listed.snapshot_at), (WorkspaceSource::Snapshot, Some(SAVED_AT.0)));
    let names: Vec<_> = listed.entries.iter().map(|e| (e.name.as_str(), e.kind)).collect();
    assert_eq!(names, [("a.txt", EntryKind::File), ("sub", EntryKind::Folder)]);
    let fetched = case.workspace().fetch(&case.user, &path("sub/b")).await.expect("answers");
    assert_eq!((fetched.source, fetched.bytes), (WorkspaceSource::Snapshot, 5));
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_is_slow_is_not_passed_over() {
    let case = cases();
    let connection = case.awake().await;
    let slow = |takes| {
        let (world, user) = (case.world.clone(), case.user.clone());
        serve(world, user, connection.clone(), takes, |_| Answer::Fetched { bytes: 3 })
    };
    let workspace = case.workspace();
    let a = path("a.txt");
    let within = Duration::from_secs(15);
    let (fetched, served) = tokio::join!(workspace.fetch(&case.user, &a), slow(within));
    served.expect("answers in time");
    assert_eq!(fetched.expect("waits for it").source, WorkspaceSource::Live);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_comes_too_late_is_not_replaced_by_an_older_one() {
    let case = cases();
    let connection = case.awake().await;
    let takes = Duration::from_secs(40);
    let bridge = serve(case.world.clone(), case.user.clone(), connection, takes, |_| {
        Answer::Fetched { bytes: 3 }
    });
    let (workspace, a) = (case.workspace(), path("a.txt"));
    let began = Instant::now();
    let fetching = async {
        let fetched = workspace.fetch(&case.user, &a).await;
        (fetched, began.elapsed())
    };
    let ((fetched, took), _) = tokio::join!(fetching, bridge);
    assert!(matches!(fetched, Err(WorkspaceError::Busy)), "{fetched:?}");
    assert!(took < Duration::from_secs(29), "API Gateway gives up: {took:?}");
    assert_eq!(case.world.downloads_of(&case.user), []);
}

#[tokio::test(start_paused = true)]
async fn who_sleeps_shows_what_was_saved_and_is_not_woken() {
    let case = cases();
    case.asleep().await;
    let workspace = case.workspace();
    let listed = workspace.list(&case.user, &path("sub"), None, 9).await.expect("answers");
    assert_eq!((listed.source, listed.entries.len()), (WorkspaceSource::Snapshot, 1));
    let fetched = workspace.fetch(&case.user, &path("a.txt")).await.expect("answers");
    assert_eq!(fetched.snapshot_at, Some(SAVED_AT.0));
    let (key, bytes) = case.world.downloads_of(&case.user).pop().expect("one");
    assert!(fetched.url.ends_with(&key.to_string()), "{fetched:?}");
    assert_eq!((key.name.as_str(), bytes.as_slice()), ("a.txt", &b"old"[..]));
    for nothing in ["nothing", "sub/nothing", ""] {
        let fetched = workspace.fetch(&case.user, &path(nothing)).await;
        assert!(matches!(fetched, Err(WorkspaceError::NotFound)), "{nothing}");
    }
    let done = workspace.take_in(&case.user, UploadId::new("1").expect("valid")).await;
    assert_eq!(done.expect("answers").state, WorkspaceUploadState::Waiting);
    assert_eq!(case.world.task(&case.user).generation, Generation(1), "nobody is woken");
}

#[tokio::test(start_paused = true)]
async fn who_never_woke_has_an_empty_workspace() {
    let case = cases();
    let listed = case.workspace().list(&case.user, &path(""), None, 9).await.expect("answers");
    assert_eq!((listed.entries, listed.snapshot_at), (vec![], None));
    let folder = case.workspace().list(&case.user, &path("a"), None, 9).await;
    assert!(matches!(folder, Err(WorkspaceError::NotFound)));
    let file = case.workspace().fetch(&case.user, &path("a")).await;
    assert!(matches!(file, Err(WorkspaceError::NotFound)));
}

#[tokio::test]
async fn what_is_not_answered_is_not_taken_for_nothing() {
    let case = cases();
    case.asleep().await;
    for operation in ["tasks.get", "files.list"] {
        case.world.fail_next(operation, 1);
        let listed = case.workspace().list(&case.user, &path(""), None, 9).await;
        assert!(matches!(listed, Err(WorkspaceError::Unavailable(_))), "{operation}");
    }
}

#[tokio::test]
async fn a_file_may_be_sent_up_to_25_mib_to_a_place_of_its_own() {
    let case = cases();
    let offer = |at: &str, size| {
        let (workspace, at, user) = (case.workspace(), path(at), case.user.clone());
        async move { workspace.offer(&user, at, size).await }
    };
    let offered = offer("a/b c.txt", UPLOAD_MAX_BYTES).await.expect("fits");
    assert_eq!(offered.fields["key"], format!("incoming/ana/{}/a/b c.txt", offered.id));
    let other = offer("a/b c.txt", 0).await.expect("fits");
    assert_ne!(offered.id, other.id);
    let refused = offer("a", UPLOAD_MAX_BYTES + 1).await;
    assert!(matches!(refused, Err(WorkspaceError::TooLarge(_))));
    for odd in ["", "a\nb"] {
        assert!(matches!(offer(odd, 1).await, Err(WorkspaceError::Path(_))), "{odd:?}");
    }
}

fn document(name: &str) -> Vec<u8> {
    format!("---\nname: {name}\ndescription: d\n---\n").into_bytes()
}

#[tokio::test]
async fn a_skill_is_kept_listed_told_and_removed() {
    let case = cases();
    let connection = case.awake().await;
    let skills = case.skills();
    let sent = document("pdf");
    let kept = skills.put(&case.user, SentSkill::Document(&sent)).await.expect("a skill");
    assert_eq!((kept.name.as_str(), kept.files), ("pdf", 1));
    assert_eq!(skills.list(&case.user).await.expect("answers").skills, [kept]);
    let pdf = SkillName::new("pdf").expect("valid");
    assert!(skills.remove(&case.user, &pdf).await.expect("answers"));
    assert!(!skills.remove(&case.user, &pdf).await.expect("answers"));
    assert_eq!(skills.list(&case.user).await.expect("answers").skills, []);
    let told = case.world.nudged(&connection);
    assert_eq!(told.iter().filter(|nudge| **nudge == Nudge::Skills).count(), 2);
}

#[tokio::test]
async fn a_user_has_50_skills_and_not_51() {
    let case = cases();
    let put = |n: usize| {
        let (skills, user) = (case.skills(), case.user.clone());
        async move { skills.put(&user, SentSkill::Document(&document(&format!("s{n}")))).await }
    };
    for n in 0..SKILLS_MAX {
        put(n).await.expect("fits");
    }
    assert!(matches!(put(SKILLS_MAX).await, Err(PutSkillError::TooMany)));
    put(7).await.expect("replaces its own");
    assert_eq!(Skills::list(&case.world, &case.user).await.expect("answers").len(), SKILLS_MAX);
    // What cannot be counted is not taken for few.
    case.world.fail_next("skills.list", 1);
    assert!(matches!(put(0).await, Err(PutSkillError::Unavailable(_))));
}
