//! The commands on users, their messages and their tasks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::{InboxState, MessageId, Share};

use super::{User, user_id};

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Count the messages of those who are asleep, too: reads the whole table of messages.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// Everything that is known of one.
    Show {
        /// His id, or the e-mail address with which he signs in.
        #[arg(value_name = "ID|EMAIL")]
        who: String,
    },
    /// Everything that he may take with him, as a zip file.
    Export {
        #[arg(value_name = "ID", value_parser = user_id)]
        id: domain::UserId,
        /// A new file.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Everything of him goes, and he can no longer sign in.
    Delete {
        #[arg(value_name = "ID", value_parser = user_id)]
        id: domain::UserId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// Until all is gone: three minutes at most. Without it the watchdog does the rest.
        #[arg(long)]
        wait: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Inbox {
    /// Which messages there are, oldest first; never what they say.
    List {
        #[command(flatten)]
        user: User,
        #[arg(long, value_enum)]
        state: Option<State>,
    },
    /// Have a message that was given up tried again.
    Retry {
        #[command(flatten)]
        user: User,
        #[command(flatten)]
        which: WhichMessage,
    },
    /// Have a message that waits, or was given up, answered by nobody.
    Drop {
        #[command(flatten)]
        user: User,
        #[arg(value_name = "MESSAGE", value_parser = message_id)]
        message: MessageId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Pending,
    Leased,
    Done,
    Dead,
}

impl State {
    pub(crate) fn is(self, state: InboxState) -> bool {
        let wanted = match self {
            State::Pending => InboxState::Pending,
            State::Leased => InboxState::Leased,
            State::Done => InboxState::Done,
            State::Dead => InboxState::Dead,
        };
        wanted == state
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichMessage {
    #[arg(value_name = "MESSAGE", value_parser = message_id)]
    pub(crate) message: Option<MessageId>,
    #[arg(long)]
    pub(crate) all_dead: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// What runs, and for whom.
    List,
    /// Have a user's agent finish what it answers, save and sleep.
    Stop {
        #[command(flatten)]
        user: User,
        /// Have ECS stop the task, for a bridge that does not hear: it still has the grace in
        /// which it saves.
        #[arg(long)]
        now: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Releases {
    /// What is launched now, and how a candidate does.
    Show,
    /// Offer a version to a share of the launches. The first one is everybody's at once.
    Begin {
        /// The ARN of a task definition.
        #[arg(long, value_name = "ARN", value_parser = task_definition)]
        candidate: String,
        /// In percent.
        #[arg(long, value_name = "PERCENT", value_parser = share)]
        share: Share,
    },
    /// The candidate is everybody's from now on.
    Promote,
    /// Withdraw the candidate; without one, go back to the version before.
    Rollback,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Also send a message and wait for its answer, as the user of --token: it wakes his agent.
    #[arg(long, requires = "token")]
    pub(crate) send: bool,
    /// An access token of a user who is there for tests.
    #[arg(long, value_name = "TOKEN", env = "OPS_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// How long the answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) answer_within: u64,
}

fn share(text: &str) -> Result<Share, String> {
    let share = text.parse().ok().and_then(Share::new);
    share.ok_or_else(|| "a number of percent, 1 to 100".into())
}

/// A family alone would be another version after every deploy.
fn task_definition(text: &str) -> Result<String, String> {
    let (arn, revision) = text.rsplit_once(':').unwrap_or_default();
    let is_arn = arn.starts_with("arn:") && arn.contains(":task-definition/");
    match is_arn && revision.parse::<u32>().is_ok() {
        true => Ok(text.to_owned()),
        false => Err("the ARN of a task definition, with its revision".into()),
    }
}

fn message_id(text: &str) -> Result<MessageId, String> {
    MessageId::new(text).map_err(|error| error.to_string())
}
