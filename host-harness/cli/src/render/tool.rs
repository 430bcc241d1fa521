//! The list of tools.

use serde_json::Value;

use crate::shape::Tool;

use super::style::{BUSY, DIM, HEAD};
use super::text::clean;

/// Every tool with what it takes.
pub fn tools(tools: &[Tool]) -> String {
    let mut text = String::new();
    for tool in tools {
        text += &format!(
            "{HEAD}{}{HEAD:#}  {}\n",
            clean(&tool.name),
            clean(&tool.title)
        );
        text += &format!("  {}\n", clean(&tool.description));
        text += &format!(
            "  {DIM}takes{DIM:#} {BUSY}{}{BUSY:#}\n",
            inputs(&tool.input_schema)
        );
    }
    text + &format!("{DIM}schemas with --json{DIM:#}\n")
}

/// The names of the inputs; the optional ones in brackets.
fn inputs(schema: &Value) -> String {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return "nothing".to_owned();
    };
    let mut names: Vec<&String> = properties.keys().collect();
    names.sort_by_key(|name| !required.contains(&name.as_str()));
    let bracketed = |name: &String| {
        let name = clean(name);
        if required.contains(&name.as_str()) {
            name
        } else {
            format!("[{name}]")
        }
    };
    names
        .into_iter()
        .map(bracketed)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn required_inputs_come_first() {
        let schema = json!({"properties": {"actor": {}, "taskId": {}}, "required": ["taskId"]});
        assert_eq!(inputs(&schema), "taskId [actor]");
        assert_eq!(inputs(&json!({})), "nothing");
    }
}
