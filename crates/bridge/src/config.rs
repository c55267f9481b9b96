//! What the task definition and the launch tell the bridge. Read once, before any port is bound;
//! a missing or odd variable is an error that names it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use domain::{
    Generation, IdlePolicy, LaunchToken, Owner, SpareId, SpendRules, TaskDefinition, TimeZone,
    Timestamp, UserId,
};

use crate::bridge::SAVE_EVERY;
use crate::state_dir::StateDir;

#[derive(Clone, Debug)]
pub struct Config {
    /// Says whom the task serves: a user, or as a spare nobody yet.
    pub launch_token: LaunchToken,
    /// Of a spare.
    pub expires_at: Option<Timestamp>,
    /// The WebSocket API that nudges come from.
    pub ws_url: String,
    /// 0: any free one.
    pub bridge_port: u16,
    pub gateway: GatewayProgram,
    /// Where the owner's is, and that of whoever claims a spare.
    pub state_dir: StateDir,
    pub idle: IdlePolicy,
    /// Of users who have not told theirs.
    pub time_zone: TimeZone,
    /// From SIGTERM to SIGKILL.
    pub stop_grace: Duration,
    pub save_every: Duration,
    /// As what it was launched, if somebody chose.
    pub release: Option<TaskDefinition>,
    /// Until `main` has asked for the operator's.
    pub spending: SpendRules,
}

#[derive(Clone, Debug)]
pub struct GatewayProgram {
    pub command: Vec<String>,
    /// 0: any free one.
    pub port: u16,
    pub state_dir: PathBuf,
    /// The agent's own uid and gid, taken on when the bridge is root (I7).
    pub run_as: Option<(u32, u32)>,
    /// The few variables of ours that the agent may see.
    pub inherited: Vec<(&'static str, String)>,
}

impl GatewayProgram {
    /// Whose the agent's files are, where we may say so.
    pub fn agent(&self) -> Option<(u32, u32)> {
        self.run_as.filter(|_| nix::unistd::Uid::effective().is_root())
    }
}

/// Whatever is not here does not reach the agent: no credentials, no launch token.
const INHERITED: [&str; 8] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "NODE_OPTIONS",
    "NODE_COMPILE_CACHE",
    "NODE_EXTRA_CA_CERTS",
];

impl Config {
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let env = Environment(&lookup);
        let launch_token = LaunchToken::parse(&env.required("LAUNCH_TOKEN")?)
            .context("LAUNCH_TOKEN is not a launch token")?;
        let owner = env.owner()?;
        let of_this_launch = launch_token.owner == owner;
        ensure!(of_this_launch, "LAUNCH_TOKEN is of another launch than {}", named_by(&owner));
        let state_dir = StateDir(env.optional("STATE_DIR", "/var/lib/openclaw").into());
        Ok(Self {
            expires_at: match &owner {
                Owner::Spare(_) => Some(Timestamp(env.number("EXPIRES_AT", None)?)),
                Owner::User(..) => None,
            },
            launch_token,
            ws_url: env.required("WS_URL")?,
            bridge_port: env.bridge_port()?,
            gateway: GatewayProgram {
                command: env.command("OPENCLAW_COMMAND")?,
                port: env.port("GATEWAY_PORT", 18789)?,
                state_dir: state_dir.of(&owner),
                run_as: env.run_as()?,
                inherited: env.inherited(),
            },
            state_dir,
            idle: env.idle()?,
            time_zone: TimeZone::new(&env.optional("DEFAULT_TIME_ZONE", "UTC"))
                .context("DEFAULT_TIME_ZONE")?,
            save_every: env.save_every()?,
            release: env.get("RELEASE").map(TaskDefinition),
            spending: SpendRules::none(),
            stop_grace: Duration::from_secs(env.number("STOP_GRACE_SECONDS", Some(120))?),
        })
    }
}

fn named_by(owner: &Owner) -> &'static str {
    match owner {
        Owner::User(..) => "USER_ID and GENERATION",
        Owner::Spare(_) => "SPARE_ID",
    }
}

/// Where the bridge listens, for whoever asks it.
pub(crate) fn bridge_port(lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<u16> {
    Environment(&lookup).bridge_port()
}

struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> anyhow::Result<String> {
        self.get(name).with_context(|| format!("{name} is not set"))
    }

    /// Whom the launch named.
    fn owner(&self) -> anyhow::Result<Owner> {
        if let Some(spare) = self.get("SPARE_ID") {
            ensure!(self.get("USER_ID").is_none(), "SPARE_ID and USER_ID are both set");
            return Ok(Owner::Spare(SpareId::new(spare).context("SPARE_ID")?));
        }
        let user = UserId::new(self.required("USER_ID")?).context("USER_ID")?;
        Ok(Owner::User(user, Generation(self.number("GENERATION", None)?)))
    }

    fn optional(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or_else(|| default.to_owned())
    }

    fn number(&self, name: &str, default: Option<u64>) -> anyhow::Result<u64> {
        match (self.get(name), default) {
            (Some(text), _) => {
                text.parse().with_context(|| format!("{name} is `{text}`, which is not a number"))
            }
            (None, Some(default)) => Ok(default),
            (None, None) => bail!("{name} is not set"),
        }
    }

    fn port(&self, name: &str, default: u16) -> anyhow::Result<u16> {
        let number = self.number(name, Some(default.into()))?;
        u16::try_from(number).with_context(|| format!("{name} is {number}, which is not a port"))
    }

    fn bridge_port(&self) -> anyhow::Result<u16> {
        self.port("BRIDGE_PORT", 8080)
    }

    fn command(&self, name: &str) -> anyhow::Result<Vec<String>> {
        let text = self.required(name)?;
        let words: Vec<String> = serde_json::from_str(&text)
            .with_context(|| format!("{name} is not a JSON array of strings"))?;
        ensure!(!words.is_empty(), "{name} is empty");
        Ok(words)
    }

    /// Between the two, by how regularly the user is here at this hour.
    fn idle(&self) -> anyhow::Result<IdlePolicy> {
        let default = IdlePolicy::default();
        let seconds = |name, default: Duration| {
            self.number(name, Some(default.as_secs())).map(Duration::from_secs)
        };
        let shortest = seconds("IDLE_TIMEOUT_SECONDS", default.shortest)?;
        let longest = seconds("IDLE_TIMEOUT_MAX_SECONDS", default.longest.max(shortest))?;
        ensure!(longest >= shortest, "IDLE_TIMEOUT_MAX_SECONDS is less than IDLE_TIMEOUT_SECONDS");
        Ok(IdlePolicy { shortest, longest })
    }

    fn save_every(&self) -> anyhow::Result<Duration> {
        const NAME: &str = "SNAPSHOT_EVERY_SECONDS";
        let seconds = self.number(NAME, Some(SAVE_EVERY.as_secs()))?;
        ensure!((10..=86_400).contains(&seconds), "{NAME} is {seconds}, not from 10 to 86400");
        Ok(Duration::from_secs(seconds))
    }

    fn run_as(&self) -> anyhow::Result<Option<(u32, u32)>> {
        let id = |name: &str| -> anyhow::Result<Option<u32>> {
            let text = self.get(name);
            text.map(|text| text.parse().with_context(|| format!("{name} is `{text}`"))).transpose()
        };
        Ok(match (id("AGENT_UID")?, id("AGENT_GID")?) {
            (Some(uid), gid) => Some((uid, gid.unwrap_or(uid))),
            (None, _) => None,
        })
    }

    fn inherited(&self) -> Vec<(&'static str, String)> {
        INHERITED.iter().filter_map(|name| Some((*name, self.get(name)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn variables() -> HashMap<&'static str, String> {
        let user = UserId::new("ana").expect("valid");
        let token = LaunchToken::new(Owner::User(user, Generation(3)), [1; 32]).expose();
        HashMap::from([
            ("USER_ID", "ana".to_owned()),
            ("GENERATION", "3".into()),
            ("LAUNCH_TOKEN", token),
            ("WS_URL", "ws://127.0.0.1:1/ws".into()),
            ("OPENCLAW_COMMAND", r#"["node","openclaw.mjs"]"#.into()),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/secret".into()),
            ("PATH", "/bin".into()),
        ])
    }

    fn read(variables: &HashMap<&'static str, String>) -> anyhow::Result<Config> {
        Config::from_lookup(|name| variables.get(name).cloned())
    }

    #[test]
    fn a_missing_variable_is_named() {
        for name in ["USER_ID", "GENERATION", "LAUNCH_TOKEN", "WS_URL", "OPENCLAW_COMMAND"] {
            let mut variables = variables();
            variables.remove(name);
            let error = read(&variables).expect_err("incomplete");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn only_listed_variables_are_kept_for_the_agent() {
        let config = read(&variables()).expect("complete");
        assert_eq!(config.gateway.inherited, [("PATH", "/bin".to_owned())]);
        assert_eq!(config.gateway.command, ["node", "openclaw.mjs"]);
        assert_eq!(config.gateway.run_as, None);
    }

    #[test]
    fn a_token_of_another_launch_is_an_error() {
        let mut variables = variables();
        variables.insert("GENERATION", "4".into());
        assert!(read(&variables).is_err());
    }

    fn of_a_spare() -> HashMap<&'static str, String> {
        let spare = Owner::Spare(SpareId::new("s-1").expect("valid"));
        let mut variables = variables();
        variables.remove("USER_ID");
        variables.remove("GENERATION");
        variables.insert("SPARE_ID", "s-1".into());
        variables.insert("EXPIRES_AT", "1790000000000".into());
        variables.insert("LAUNCH_TOKEN", LaunchToken::new(spare, [1; 32]).expose());
        variables
    }

    #[test]
    fn a_spare_is_named_by_its_own_variables_and_has_a_state_of_its_own() {
        let mut variables = of_a_spare();
        variables.insert("STATE_DIR", "/agents".into());
        let config = read(&variables).expect("complete");
        assert_eq!(config.expires_at, Some(Timestamp(1_790_000_000_000)));
        assert_eq!(config.gateway.state_dir, PathBuf::from("/agents-spare-s-1"));
    }

    #[test]
    fn half_a_spare_and_a_spare_that_is_a_user_are_errors() {
        for name in ["SPARE_ID", "EXPIRES_AT"] {
            let mut variables = of_a_spare();
            variables.remove(name);
            read(&variables).expect_err("incomplete");
        }
        for (name, value) in [("USER_ID", "ana"), ("SPARE_ID", "s-2"), ("SPARE_ID", "no spare!")] {
            let mut variables = of_a_spare();
            variables.insert(name, value.into());
            let error = read(&variables).expect_err("not of this launch");
            assert!(error.to_string().contains("SPARE_ID"), "{error}");
        }
    }

    #[test]
    fn an_agent_uid_is_its_gid_too_unless_one_is_given() {
        let mut variables = variables();
        variables.insert("AGENT_UID", "1001".into());
        assert_eq!(read(&variables).expect("complete").gateway.run_as, Some((1001, 1001)));
        variables.insert("AGENT_GID", "100".into());
        assert_eq!(read(&variables).expect("complete").gateway.run_as, Some((1001, 100)));
    }
}
