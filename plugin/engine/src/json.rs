//! JSON from outside.
//!
//! Never takes a key twice: of two values nobody knows which is meant. Invariant: what comes out is
//! an object; its fields are read from there, not from the text, which takes one reader per type
//! of arguments instead of two.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The fields of an object.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    // An array of the fields' values in their order is no object.
    match serde_json::from_slice::<Strict>(text) {
        Ok(Strict(Value::Object(fields))) => Ok(fields),
        Ok(_) => Err("no JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A value in which no object has a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Strict)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_read_as_it_is() {
        let text = r#"{"a": [1, -2, 0.5, null, true, "x"], "b": {"c": {}}}"#;
        let fields = object(text.as_bytes()).unwrap();
        let expected = json!({"a": [1, -2, 0.5, null, true, "x"], "b": {"c": {}}});
        assert_eq!(Value::Object(fields), expected);
    }

    #[test]
    fn what_is_no_object_or_says_something_twice_is_refused() {
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(200), "]".repeat(200));
        for (text, why) in [
            ("[]", "no JSON object"),
            ("1", "no JSON object"),
            ("", "EOF"),
            ("{", "EOF"),
            (r#"{"a": 1} {}"#, "trailing characters"),
            (r#"{"a": 1, "a": 1}"#, "duplicate field `a`"),
            (r#"{"b": [{"a": 1, "a": null}]}"#, "duplicate field `a`"),
            (&deep, "recursion limit"),
        ] {
            let said = object(text.as_bytes()).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
