//! The `executor` section of the settings: what runs agents here.
//!
//! It checks everything that can be known before the first start and touches no file.
//! Invariant: settings that were accepted contain no unknown kind, key or placeholder.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::port::KnownAgent;
use super::template::{Template, UnknownPlaceholder};

/// How long an agent may take when nobody says otherwise.
pub const TIMEOUT_MS_DEFAULT: u64 = 300_000;

/// What is wrong with the `executor` section.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not the right shape.
    #[error("executor settings: {0}")]
    Shape(String),
    /// No such kind.
    #[error("executor.kind is `{0}`; it may be `command` or `simulated`")]
    UnknownKind(String),
    /// A placeholder that nothing fills.
    #[error("{field}: {source}")]
    Placeholder {
        /// Where it stands.
        field: String,
        /// Which one it is.
        source: UnknownPlaceholder,
    },
    /// The name of a variable that no environment can have.
    #[error("{field}: `{name}` is no name of an environment variable")]
    VariableName {
        /// Where it stands.
        field: String,
        /// The name.
        name: String,
    },
    /// A program without a name.
    #[error("{field} is empty")]
    EmptyProgram {
        /// Where it stands.
        field: String,
    },
}

/// What runs agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutorSettings {
    /// Nothing: every start fails and says so.
    Unset,
    /// A program per run.
    Command(CommandSettings),
    /// A script in virtual time.
    Simulated(SimulatedSettings),
}

/// A program per run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandSettings {
    general: Launch,
    agents: BTreeMap<String, Launch>,
}

/// How one agent, or every agent, is launched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Launch {
    program: Option<Template>,
    arguments: Option<Vec<Template>>,
    environment: Option<Vec<String>>,
    timeout_ms: Option<u64>,
}

/// What a simulated agent does after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It completes its task.
    Complete,
    /// It blocks its task.
    Block,
    /// It exits without a word.
    Exit,
    /// It never ends.
    Hang,
}

/// One behaviour for every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulatedSettings {
    /// When it does it.
    #[serde(default = "second")]
    pub after_ms: u64,
    /// What it does.
    #[serde(default = "complete")]
    pub outcome: Outcome,
}

impl Default for SimulatedSettings {
    fn default() -> Self {
        Self {
            after_ms: second(),
            outcome: complete(),
        }
    }
}

fn second() -> u64 {
    1_000
}

fn complete() -> Outcome {
    Outcome::Complete
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Section {
    kind: Option<String>,
    program: Option<String>,
    arguments: Option<Vec<String>>,
    environment: Option<Vec<String>>,
    timeout_ms: Option<u64>,
    #[serde(default)]
    agents: Option<BTreeMap<String, AgentSection>>,
    simulated: Option<SimulatedSettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AgentSection {
    program: Option<String>,
    arguments: Option<Vec<String>>,
    environment: Option<Vec<String>>,
    timeout_ms: Option<u64>,
}

impl ExecutorSettings {
    /// Reads the section; an absent or empty one is [`ExecutorSettings::Unset`].
    ///
    /// # Errors
    /// Names the first key that is wrong.
    pub fn parse(section: &Value) -> Result<Self, SettingsError> {
        if section.is_null() || section.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(Self::Unset);
        }
        let section = Section::deserialize(section)
            .map_err(|error| SettingsError::Shape(error.to_string()))?;
        match section.kind.as_deref() {
            Some("simulated") => Ok(Self::Simulated(section.simulated.unwrap_or_default())),
            Some("command") => CommandSettings::from_section(section).map(Self::Command),
            None if section.program.is_some() || section.agents.is_some() => {
                CommandSettings::from_section(section).map(Self::Command)
            }
            None => Ok(Self::Unset),
            Some(other) => Err(SettingsError::UnknownKind(other.to_owned())),
        }
    }
}

impl CommandSettings {
    fn from_section(section: Section) -> Result<Self, SettingsError> {
        let general = AgentSection {
            program: section.program,
            arguments: section.arguments,
            environment: section.environment,
            timeout_ms: section.timeout_ms,
        };
        let agents = section.agents.unwrap_or_default().into_iter();
        let agents = agents.map(|(agent, launch)| {
            let place = format!("executor.agents.{agent}");
            Launch::parse(launch, &place).map(|launch| (agent, launch))
        });
        Ok(Self {
            general: Launch::parse(general, "executor")?,
            agents: agents.collect::<Result<_, _>>()?,
        })
    }

    /// The agents that have a program of their own; none where one program is for whoever is asked
    /// for, and where no agent is named.
    pub fn agents(&self) -> Option<Vec<KnownAgent>> {
        if self.general.program.is_some() || self.agents.is_empty() {
            return None;
        }
        let agents = self.agents.iter();
        let startable = agents.filter(|(_, launch)| launch.program.is_some());
        Some(startable.map(|(id, _)| KnownAgent::bare(id)).collect())
    }

    /// The program of an agent, if one is configured.
    pub fn program(&self, agent: &str) -> Option<&Template> {
        self.pick(agent, |launch| launch.program.as_ref())
    }

    /// The arguments of an agent's program.
    pub fn arguments(&self, agent: &str) -> &[Template] {
        self.pick(agent, |launch| launch.arguments.as_deref())
            .unwrap_or_default()
    }

    /// Names of the variables that an agent's program gets from ours.
    pub fn environment(&self, agent: &str) -> Vec<String> {
        self.pick(agent, |launch| launch.environment.as_ref())
            .cloned()
            .unwrap_or_else(|| ["PATH", "HOME", "LANG"].map(str::to_owned).to_vec())
    }

    /// How long an agent may take; `limit_ms` is the task's own limit, 0 for none.
    pub fn timeout_ms(&self, agent: &str, limit_ms: u64) -> u64 {
        let ours = self
            .pick(agent, |launch| launch.timeout_ms.as_ref())
            .copied();
        match (ours, limit_ms) {
            (Some(ours), 0) => ours,
            (Some(ours), limit_ms) => ours.min(limit_ms),
            (None, 0) => TIMEOUT_MS_DEFAULT,
            (None, limit_ms) => limit_ms,
        }
    }

    fn pick<'a, T: ?Sized>(
        &'a self,
        agent: &str,
        part: impl Fn(&'a Launch) -> Option<&'a T>,
    ) -> Option<&'a T> {
        self.agents
            .get(agent)
            .and_then(&part)
            .or_else(|| part(&self.general))
    }
}

impl Launch {
    fn parse(section: AgentSection, place: &str) -> Result<Self, SettingsError> {
        let template = |field: String, text: &str| {
            Template::parse(text).map_err(|source| SettingsError::Placeholder { field, source })
        };
        let program_field = format!("{place}.program");
        let program = match section.program.as_deref() {
            Some("") => {
                return Err(SettingsError::EmptyProgram {
                    field: program_field,
                });
            }
            Some(text) => Some(template(program_field, text)?),
            None => None,
        };
        let arguments = section.arguments.map(|list| {
            let numbered = list.iter().enumerate();
            numbered
                .map(|(at, text)| template(format!("{place}.arguments[{at}]"), text))
                .collect()
        });
        let environment = section.environment.unwrap_or_default();
        if let Some(name) = environment.iter().find(|name| !is_variable_name(name)) {
            let field = format!("{place}.environment");
            return Err(SettingsError::VariableName {
                field,
                name: name.clone(),
            });
        }
        Ok(Self {
            program,
            arguments: arguments.transpose()?,
            environment: (!environment.is_empty()).then_some(environment),
            timeout_ms: section.timeout_ms.filter(|limit_ms| *limit_ms > 0),
        })
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !name.starts_with("AOF_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(section: Value) -> String {
        ExecutorSettings::parse(&section).unwrap_err().to_string()
    }

    fn command(section: Value) -> CommandSettings {
        match ExecutorSettings::parse(&section).unwrap() {
            ExecutorSettings::Command(settings) => settings,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_absent_section_is_unset() {
        for section in [Value::Null, json!({})] {
            assert_eq!(
                ExecutorSettings::parse(&section).unwrap(),
                ExecutorSettings::Unset
            );
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert!(refusal(json!({"kind": "magic"})).contains("`magic`"));
        assert!(refusal(json!({"kind": "command", "programm": "x"})).contains("programm"));
        let unknown =
            refusal(json!({"kind": "command", "program": "x", "arguments": ["a", "{tsk}"]}));
        assert_eq!(
            unknown,
            "executor.arguments[1]: unknown placeholder `{tsk}`; known are {task} {run} {agent} \
             {project} {card} {work} {data}"
        );
        assert!(refusal(json!({"kind": "command", "program": ""})).contains("executor.program"));
        let name = refusal(json!({"kind": "command", "environment": ["A=B"]}));
        assert!(name.contains("`A=B`"));
        assert!(refusal(json!("command")).starts_with("executor settings: "));
        let agent = refusal(json!({"kind": "command", "agents": {"a": {"program": "{x}"}}}));
        assert!(agent.starts_with("executor.agents.a.program: "));
    }

    #[test]
    fn an_agent_overrides_part_of_the_general_settings() {
        let settings = command(json!({
            "kind": "command", "program": "run", "arguments": ["x"], "timeoutMs": 50,
            "agents": {"slow": {"timeoutMs": 500, "environment": ["TERM"]}},
        }));
        assert_eq!(settings.program("slow"), settings.program("fast"));
        assert_eq!(settings.environment("slow"), ["TERM"]);
        assert_eq!(settings.environment("fast"), ["PATH", "HOME", "LANG"]);
        assert_eq!(settings.timeout_ms("slow", 0), 500);
        assert_eq!(settings.timeout_ms("slow", 100), 100);
        assert_eq!(settings.timeout_ms("fast", 100), 50);
        assert_eq!(
            command(json!({"kind": "command"})).timeout_ms("x", 0),
            TIMEOUT_MS_DEFAULT
        );
    }

    #[test]
    fn only_agents_with_a_program_of_their_own_are_known() {
        let known = |section: Value| {
            let agents = command(section).agents()?;
            Some(agents.into_iter().map(|it| it.id).collect::<Vec<_>>())
        };
        let each = json!({"b": {"program": "x"}, "a": {"program": "y"}, "c": {"timeoutMs": 5}});
        let one_each = json!({"kind": "command", "agents": each});
        assert_eq!(known(one_each), Some(vec!["a".to_owned(), "b".to_owned()]));
        let for_all = json!({"kind": "command", "program": "z", "agents": each});
        assert_eq!(known(for_all), None, "whoever is asked for");
        assert_eq!(known(json!({"kind": "command"})), None);
        assert_eq!(known(json!({"kind": "command", "agents": {}})), None);
    }

    #[test]
    fn the_simulated_kind_has_defaults() {
        let parsed = ExecutorSettings::parse(&json!({"kind": "simulated"})).unwrap();
        assert_eq!(
            parsed,
            ExecutorSettings::Simulated(SimulatedSettings::default())
        );
        let hang = json!({"kind": "simulated", "simulated": {"afterMs": 5, "outcome": "hang"}});
        let hang = ExecutorSettings::parse(&hang).unwrap();
        let expected = SimulatedSettings {
            after_ms: 5,
            outcome: Outcome::Hang,
        };
        assert_eq!(hang, ExecutorSettings::Simulated(expected));
    }
}
