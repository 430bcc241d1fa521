//! A JSON Schema of what a file may contain, for editors.
//!
//! Made from the tables that the parser uses, so that the two cannot differ. Invariant: what the
//! parser's check accepts fits the schema; the schema is as strict as JSON Schema can say it.

use aof_core::gather::gathered;
use serde_json::{Map, Value, json};

use crate::schema::{Field, Need, Schema, Shape, Unknown};

/// Draft 7: the one that editors of YAML know.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of a file.
pub(crate) fn of_file(title: &str, schema: &Schema) -> Value {
    let mut document = of_map(schema, false);
    if let Some(map) = document.as_object_mut() {
        map.insert("$schema".to_owned(), DRAFT.into());
        map.insert("title".to_owned(), title.into());
    }
    document
}

fn of_map(schema: &Schema, may_be_null: bool) -> Value {
    let properties = schema.fields.iter();
    let properties = properties.map(|field| (field.name.to_owned(), of_field(field)));
    let properties: Map<String, Value> = gathered(properties);
    let required: Vec<&str> = schema
        .fields
        .iter()
        .filter(|field| field.need == Need::Required)
        .map(|field| field.name)
        .collect();
    let mut document = json!({
        "type": kinds("object", may_be_null),
        "properties": properties,
        "additionalProperties": schema.unknown == Unknown::Kept,
    });
    if let Some(map) = document.as_object_mut().filter(|_| !required.is_empty()) {
        map.insert("required".to_owned(), required.into());
    }
    document
}

fn of_field(field: &Field) -> Value {
    let mut document = of_shape(&field.shape, field.need != Need::Required);
    let about = match field.need {
        Need::Idle => format!("{} (no effect in this version)", field.about),
        Need::Required | Need::Optional => field.about.to_owned(),
    };
    if let Some(map) = document.as_object_mut().filter(|_| !about.is_empty()) {
        map.insert("description".to_owned(), about.into());
    }
    document
}

/// Null stands for an absent value, except where there must be one.
fn kinds(kind: &str, may_be_null: bool) -> Value {
    if may_be_null {
        json!([kind, "null"])
    } else {
        json!(kind)
    }
}

fn of_shape(shape: &Shape, may_be_null: bool) -> Value {
    match shape {
        Shape::Any => json!({}),
        // A scalar is taken as text however it is written.
        Shape::Text if may_be_null => json!({"type": ["string", "number", "boolean", "null"]}),
        Shape::Text => json!({"type": ["string", "number", "boolean"]}),
        Shape::Moment => json!({"type": kinds("string", may_be_null), "format": "date-time"}),
        Shape::Boolean => json!({"type": kinds("boolean", may_be_null)}),
        Shape::Version(newest) => {
            json!({"type": kinds("integer", may_be_null), "minimum": 1, "maximum": newest})
        }
        Shape::Integer(min, u64::MAX) => {
            json!({"type": kinds("integer", may_be_null), "minimum": min})
        }
        Shape::Integer(min, max) => {
            json!({"type": kinds("integer", may_be_null), "minimum": min, "maximum": max})
        }
        Shape::Choice(words) if may_be_null => {
            let all = words.iter().map(|word| json!(word));
            json!({"enum": all.chain([Value::Null]).collect::<Vec<_>>()})
        }
        Shape::Choice(words) => json!({"enum": words}),
        Shape::List(item) => json!({
            "type": kinds("array", may_be_null),
            "items": of_shape(item, false),
        }),
        Shape::Map(schema) => of_map(schema, may_be_null),
        Shape::Table(value) => json!({
            "type": kinds("object", may_be_null),
            "additionalProperties": of_shape(value, true),
        }),
    }
}
