//! The schemas of tools, made from the types that read arguments and from those that answer.
//!
//! Never in the component: making them takes five times the room of their texts, which it carries.
//! Invariant, kept by a test: those, in `schema/`, are what is made here.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{
    Card, answer, block, cancel, complete, depend, dispatch, edit, get, list, log, look, once,
    project, promote, report, takes_key, target, update, upgrade, workflow,
};

/// The schemas of a tool.
#[derive(Debug, Clone)]
pub struct Schemas {
    /// Its name.
    pub tool: &'static str,
    /// JSON Schema of the arguments.
    pub input: Value,
    /// JSON Schema of the answer.
    pub output: Value,
}

/// The schemas of every tool, in the order in which the tools are listed.
#[must_use]
pub fn schemas() -> Vec<Schemas> {
    vec![
        of::<dispatch::Arguments, answer::Touched>(&super::DISPATCH),
        of::<get::Arguments, answer::Whole>(&super::GET),
        of::<update::Arguments, answer::Touched>(&super::UPDATE),
        of::<complete::Arguments, answer::Touched>(&super::COMPLETE),
        of::<block::Arguments, answer::Touched>(&super::BLOCK),
        of::<target::About, answer::Touched>(&super::UNBLOCK),
        of::<cancel::Arguments, answer::Touched>(&super::CANCEL),
        of::<promote::Arguments, answer::Touched>(&super::PROMOTE),
        of::<target::About, answer::Touched>(&super::RESURRECT),
        of::<depend::Arguments, answer::Touched>(&super::DEP_ADD),
        of::<depend::Arguments, answer::Touched>(&super::DEP_REMOVE),
        of::<target::About, answer::Touched>(&super::SUBSCRIBE)
            .taking(
                "subscriberId",
                "The agent of the org chart that is told.",
                true,
            )
            .taking(
                "granularity",
                "`completion`, if given: told once, when the task has ended.",
                false,
            ),
        of::<target::About, answer::Touched>(&super::UNSUBSCRIBE).taking(
            "subscriptionId",
            "What `aof_task_subscribe` answered.",
            true,
        ),
        of::<edit::Arguments, answer::Touched>(&super::EDIT),
        of::<log::Arguments, answer::Touched>(&super::LOG),
        of::<target::About, answer::Held>(&super::HEARTBEAT),
        of::<list::Arguments, answer::List>(&super::LIST),
        of::<target::About, answer::Decision>(&super::EXPLAIN),
        of::<look::Chart, answer::Org>(&super::ORG_SHOW),
        of::<upgrade::Arguments, answer::Upgrade>(&super::WORKFLOW_UPGRADE),
        of::<workflow::Arguments, answer::Workflow>(&super::WORKFLOW_CHECK),
        of::<report::Arguments, answer::Report>(&super::REPORT),
        of::<project::Create, project::One>(&super::PROJECT_CREATE),
        of::<project::List, project::Several>(&super::PROJECT_LIST),
        of::<project::SetStatus, project::One>(&super::PROJECT_STATUS),
    ]
}

fn of<Input: JsonSchema, Answer: JsonSchema>(card: &Card) -> Schemas {
    let made = Schemas {
        tool: card.0,
        input: schema::<Input>(),
        output: schema::<Answer>(),
    };
    match takes_key(card.0) {
        true => made.with(
            once::FIELD,
            json!({
                "description": "A key of your own for this call: repeated with it, within a day, \
                                the call changes nothing and says where its task stands.",
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": once::KEY_CHARS_MAX,
            }),
        ),
        false => made,
    }
}

impl Schemas {
    /// The same with one more argument.
    fn with(mut self, field: &str, shape: Value) -> Self {
        if let Some(Value::Object(fields)) = self.input.get_mut("properties") {
            fields.insert(field.to_owned(), shape);
        }
        self
    }

    /// The same with one more argument, a text.
    fn taking(mut self, field: &str, description: &str, is_required: bool) -> Self {
        if let Some(Value::Array(required)) = self.input.get_mut("required")
            && is_required
        {
            required.push(field.into());
        }
        let kind = match is_required {
            true => json!("string"),
            false => json!(["string", "null"]),
        };
        self.with(field, json!({"description": description, "type": kind}))
    }
}

fn schema<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let generator = settings.into_generator();
    generator.into_root_schema_for::<T>().to_value()
}
