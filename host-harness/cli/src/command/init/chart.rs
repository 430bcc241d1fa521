//! The first chart: empty, one of the templates, or made of the agents that the gateway lists.
//!
//! Never looks for a gateway itself.

use std::path::Path;

use serde_json::Value;

use crate::exit::Failure;

/// Longest name of an agent.
const NAME_CHARS: usize = 64;

const EMPTY: &str = include_str!("org-chart.yaml");
const MINIMAL: &str = include_str!("minimal.yaml");
const FULL: &str = include_str!("full.yaml");
const SDLC: &str = include_str!("sdlc.yaml");
/// What a person gives to an agent to go through the chart together.
pub const PROMPT: &str = include_str!("prompt.md");

/// A chart to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Template {
    /// One agent in one team
    Minimal,
    /// A coordinator, an executor and a reviewer, with routing rules
    Full,
    /// A software team with roles, routing rules and relationships
    Sdlc,
}

impl Template {
    /// Its text.
    pub const fn text(self) -> &'static str {
        match self {
            Template::Minimal => MINIMAL,
            Template::Full => FULL,
            Template::Sdlc => SDLC,
        }
    }

    /// The template that an answer names; none for no template.
    pub fn named(answer: &str) -> Option<Self> {
        match answer.trim().to_lowercase().as_str() {
            "minimal" | "m" => Some(Template::Minimal),
            "full" | "f" => Some(Template::Full),
            "sdlc" | "s" => Some(Template::Sdlc),
            _ => None,
        }
    }
}

/// The chart with nobody in it.
pub const fn empty() -> &'static str {
    EMPTY
}

/// A chart of the agents in a list of the gateway, a file or `-`.
///
/// # Errors
/// `AOF-1602` if the list cannot be read or is none.
pub fn of_gateway(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    let unreadable = |why: String| {
        let hint = "give what the gateway lists, a JSON array of objects with `id`";
        Failure::refused("AOF-1602", format!("cannot read {name}: {why}"), hint).at(name.clone())
    };
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| unreadable(error.to_string()))?;
    let begin = text.find(['[', '{']).unwrap_or_default();
    let list: Value = serde_json::from_str(text.get(begin..).unwrap_or_default())
        .map_err(|error| unreadable(error.to_string()))?;
    let list = list.get("agents").unwrap_or(&list);
    let agents = list.as_array();
    let agents = agents.ok_or_else(|| unreadable("there is no list in it".to_owned()))?;
    Ok(chart(agents))
}

fn chart(agents: &[Value]) -> String {
    let mut text =
        "# Made of the agents that the gateway listed. Say in which teams and roles they \
                    work;\n# `aof init --prompt` prints a text with which one of them helps you.\n\
                    schemaVersion: 1\n\nagents:"
            .to_owned();
    let mut names: Vec<String> = Vec::new();
    for agent in agents {
        let Some(id) = agent.get("id").and_then(Value::as_str) else {
            continue;
        };
        let name = unique(&named_after(id), &names);
        names.push(name.clone());
        let of = |key: &str| agent.get(key).and_then(Value::as_str);
        let label = of("name").or_else(|| of("identityName")).unwrap_or(id);
        text += &format!("\n  - id: {name}\n    openclawAgentId: {}\n", quoted(id));
        text += &format!("    name: {}\n    team: everybody\n", quoted(label));
        if agent.get("active").and_then(Value::as_bool) == Some(false) {
            text += "    active: false\n";
        }
        let served = ["model", "provider"].map(|key| Some((key, of(key)?)));
        let served: Vec<(&str, &str)> = served.into_iter().flatten().collect();
        if !served.is_empty() {
            text += "    capabilities:\n";
        }
        for (key, value) in served {
            text += &format!("      {key}: {}\n", quoted(value));
        }
    }
    match names.first() {
        None => text + " []\n",
        Some(first) => {
            text + &format!("\nteams:\n  - id: everybody\n    name: Everybody\n    lead: {first}\n")
        }
    }
}

/// JSON's quotes are YAML's too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A name of the chart that is as near to the gateway's as names allow.
fn named_after(id: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = id.chars().map(plain).take(NAME_CHARS - 4).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() {
        "agent".to_owned()
    } else {
        name.to_owned()
    }
}

fn unique(name: &str, taken: &[String]) -> String {
    let is_free = |name: &String| !taken.contains(name);
    let numbered = (2..1_000).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(is_free).unwrap_or_else(|| name.to_owned())
}
