//! The real ports, from the environment.

use std::sync::Arc;

use anyhow::Context;
use control_plane::{
    AcceptMessage, ChangeConversations, CheckSpending, ChooseSettings, DeleteUser, EnsureTask,
    ExportUser, KeepSchedules, KeepSkills, LinkIdentity, LinkedConversations, OfferUpload,
    ReadConversations, ReadSnapshots, ReadStatus, ReadUsage, RequestRestore, RequestSnapshot,
    RunErrand, SearchMessages, SignOut, SteerAgent, Tell, Workspace,
};
use platform::{Accounts, Bot, SystemClock};
use platform_aws::{
    Aws, AwsBelongings, CognitoAccounts, DynamoConnections, DynamoConversations, DynamoDeletions,
    DynamoErrands, DynamoInbox, DynamoLinks, DynamoReleases, DynamoSchedules, DynamoSettings,
    DynamoSkills, DynamoSnapshots, DynamoSpares, DynamoTasks, DynamoUsage, EcsCompute, EmfMetrics,
    Lookup, ManagementPush, S3Downloads, S3Exports, S3UploadForms, SchedulerAlarms, TelegramBot,
    offered, spend_rules, task_policy,
};

use crate::workspace_files::SnapshotFiles;
use crate::{Buckets, Ports};

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let clock = Arc::new(SystemClock);
        let inbox = Arc::new(DynamoInbox::from_lookup(&aws, lookup)?);
        let tasks = Arc::new(DynamoTasks::from_lookup(&aws, lookup)?);
        let push = Arc::new(ManagementPush::from_lookup(&aws, lookup)?);
        let policy = task_policy(lookup)?;
        let snapshots = Arc::new(DynamoSnapshots::from_lookup(&aws, lookup)?);
        let ensure = EnsureTask {
            tasks: tasks.clone(),
            spares: DynamoSpares::if_kept(&aws, lookup)?,
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            releases: Arc::new(DynamoReleases::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            metrics: Arc::new(EmfMetrics::default()),
            policy,
            entropy: rand::random,
        };
        let conversations = Arc::new(DynamoConversations::from_lookup(&aws, lookup)?);
        let change_conversations = ChangeConversations {
            conversations: conversations.clone(),
            inbox: inbox.clone(),
            tasks: tasks.clone(),
            clock: clock.clone(),
            entropy: rand::random,
        };
        let links = Arc::new(DynamoLinks::from_lookup(&aws, lookup)?);
        let readable = Arc::new(LinkedConversations { own: conversations, links: links.clone() });
        let search = SearchMessages {
            conversations: readable.clone(),
            inbox: inbox.clone(),
            clock: clock.clone(),
        };
        let spending = CheckSpending {
            usage: Arc::new(DynamoUsage::from_lookup(&aws, lookup)?),
            settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
            clock: clock.clone(),
            rules: spend_rules(lookup)?,
        };
        let steer = SteerAgent { ensure: ensure.clone(), spending: spending.clone() };
        let keep_skills = KeepSkills {
            skills: Arc::new(DynamoSkills::from_lookup(&aws, lookup)?),
            ensure: ensure.clone(),
            clock: clock.clone(),
        };
        let errands = RunErrand {
            errands: Arc::new(DynamoErrands::from_lookup(&aws, lookup)?),
            ensure: ensure.clone(),
            clock: clock.clone(),
            entropy: rand::random,
        };
        let workspace = Workspace {
            tasks: tasks.clone(),
            errands,
            files: Arc::new(SnapshotFiles::from_lookup(&aws, lookup)?),
            downloads: Arc::new(S3Downloads::from_lookup(&aws, lookup)?),
            forms: Arc::new(S3UploadForms::from_lookup(&aws, lookup)?),
            clock: clock.clone(),
            entropy: rand::random,
        };
        let belongings = Arc::new(AwsBelongings::from_lookup(&aws, lookup)?);
        let usage = ReadUsage {
            usage: spending.usage.clone(),
            clock: clock.clone(),
            spending: spending.clone(),
        };
        let export = ExportUser {
            belongings: belongings.clone(),
            exports: Arc::new(S3Exports::from_lookup(&aws, lookup)?),
            tasks: tasks.clone(),
            workspace: workspace.files.clone(),
            clock: clock.clone(),
            entropy: rand::random,
        };
        let accounts = CognitoAccounts::if_any(&aws, lookup)?
            .map(|accounts| Arc::new(accounts) as Arc<dyn Accounts>);
        let sign_out = SignOut {
            accounts: accounts.clone(),
            connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
        };
        let delete = DeleteUser {
            deletions: Arc::new(DynamoDeletions::from_lookup(&aws, lookup)?),
            belongings,
            connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
            links: Arc::new(DynamoLinks::from_lookup(&aws, lookup)?),
            schedules: Arc::new(DynamoSchedules::from_lookup(&aws, lookup)?),
            alarms: Arc::new(SchedulerAlarms::from_lookup(&aws, lookup)?),
            push: push.clone(),
            compute: ensure.compute.clone(),
            accounts,
            clock: clock.clone(),
            entropy: rand::random,
        };
        Ok(Self {
            usage,
            export,
            delete,
            sign_out,
            status: ReadStatus { tasks: tasks.clone(), inbox: inbox.clone(), clock: clock.clone() },
            conversations: ReadConversations {
                conversations: readable,
                inbox: inbox.clone(),
                clock: clock.clone(),
            },
            accept: AcceptMessage {
                inbox,
                clock: clock.clone(),
                spending,
                follow_up: policy.follow_up,
            },
            snapshots: ReadSnapshots { snapshots: snapshots.clone(), tasks: tasks.clone() },
            save: RequestSnapshot { tasks: tasks.clone(), ensure: ensure.clone() },
            restore: RequestRestore {
                snapshots,
                tasks,
                ensure: ensure.clone(),
                clock: clock.clone(),
                follow_up: ensure.policy.follow_up,
            },
            ensure,
            tell: Tell {
                connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
                push,
                clock,
            },
            settings: ChooseSettings {
                settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
                offered: offered(lookup)?,
            },
            offer_upload: OfferUpload {
                forms: Arc::new(S3UploadForms::from_lookup(&aws, lookup)?),
                clock: Arc::new(SystemClock),
                entropy: rand::random,
            },
            buckets: Buckets::new(Arc::new(SystemClock), rate_factor(lookup)?),
            change_conversations,
            search,
            steer,
            schedules: KeepSchedules {
                schedules: Arc::new(DynamoSchedules::from_lookup(&aws, lookup)?),
                alarms: Arc::new(SchedulerAlarms::from_lookup(&aws, lookup)?),
                clock: Arc::new(SystemClock),
            },
            skills: keep_skills,
            workspace,
            links: LinkIdentity {
                links,
                bot: TelegramBot::from_lookup(&aws, lookup)?
                    .map(|bot| Arc::new(bot) as Arc<dyn Bot>),
                clock: Arc::new(SystemClock),
                entropy: rand::random,
            },
        })
    }
}

/// `API_RATE_FACTOR` raises every rate, for tests that ask more often than a person.
fn rate_factor(lookup: Lookup<'_>) -> anyhow::Result<u32> {
    match lookup("API_RATE_FACTOR") {
        None => Ok(1),
        Some(text) => text.parse().context("API_RATE_FACTOR is not a number"),
    }
}
