//! The agents that the gateway has: as it told them, or as somebody wrote them down.

use aof_core::instant::Instant;
use aof_core::org::drift::GatewayAgent;
use aof_core::refusal::Refusal;
use serde::Deserialize;
use serde_json::Value;

/// What was told, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When the gateway told it; none if it was brought by the caller.
    pub(crate) at: Option<Instant>,
    /// The agents.
    pub(crate) agents: Vec<GatewayAgent>,
}

/// One agent, as gateways list them. What else they say does not matter here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    #[serde(alias = "identityName")]
    name: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    active: Option<bool>,
    permission_profile: Option<Value>,
}

/// Reads a list in JSON: an array, or an object with `agents`. What a program prints before it is
/// skipped.
pub(super) fn read(text: &str) -> Result<Seen, Refusal> {
    let begin = text.find(['[', '{']).unwrap_or_default();
    let json = text.get(begin..).unwrap_or_default();
    let value: Value = serde_json::from_str(json).map_err(|error| no_list(&error.to_string()))?;
    let list = match value {
        Value::Object(mut map) => map.remove("agents").unwrap_or_default(),
        other => other,
    };
    let listed: Vec<Listed> =
        serde_json::from_value(list).map_err(|error| no_list(&error.to_string()))?;
    Ok(Seen {
        at: None,
        agents: listed.into_iter().map(agent).collect(),
    })
}

fn agent(listed: Listed) -> GatewayAgent {
    let has_profile = listed.permission_profile.map(|profile| match profile {
        Value::Bool(is_there) => is_there,
        Value::String(name) => !name.is_empty(),
        other => !other.is_null(),
    });
    GatewayAgent {
        id: listed.id,
        name: listed.name,
        model: listed.model,
        provider: listed.provider,
        is_active: listed.active.unwrap_or(true),
        has_profile,
    }
}

fn no_list(why: &str) -> Refusal {
    Refusal::refused(
        "AOF-1002",
        format!("not a list of agents: {why}"),
        "give an array of objects with `id`, `name`, `active`, `model`, `provider` and \
         `permissionProfile`, all but `id` optional",
    )
    .at("agents")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_programs_print_them() {
        let text = "warning: old config\n[{\"id\": \"a\", \"name\": \"A\", \"creature\": \"fox\"}, \
                    {\"id\": \"b\", \"active\": false, \"permissionProfile\": true}]";
        let agents = read(text).unwrap().agents;
        assert_eq!((agents[0].is_active, agents[0].has_profile), (true, None));
        assert_eq!(agents[0].name.as_deref(), Some("A"));
        assert_eq!(
            (agents[1].is_active, agents[1].has_profile),
            (false, Some(true))
        );
        assert_eq!(
            read("{\"agents\": [{\"id\": \"a\"}]}")
                .unwrap()
                .agents
                .len(),
            1
        );
        let profile = |text: &str| {
            let list = format!("[{{\"id\": \"a\", \"permissionProfile\": {text}}}]");
            read(&list).unwrap().agents[0].has_profile
        };
        assert_eq!(
            ["false", "\"\"", "\"p\""].map(profile),
            [Some(false), Some(false), Some(true)]
        );
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            "",
            "nothing",
            "{}",
            "[{}]",
            "[1]",
            "{\"agents\": 3}",
            "[{\"id\": 3}]",
        ] {
            assert_eq!(read(text).unwrap_err().code, "AOF-1002", "{text}");
        }
    }
}
