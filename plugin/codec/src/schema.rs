//! What a file may contain, as data: the keys, and the type of each value.
//!
//! Knows shapes only; what a value means, and whether a name exists, is decided by the readers.

/// The type of a value. Null stands for an absent value everywhere.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// A scalar, taken as text however it is written.
    Text,
    /// Plain `true` or `false`.
    Boolean,
    /// A plain natural number within both bounds.
    Integer(u64, u64),
    /// The version of the format of this file, from 1 to the one that is known here.
    Version(u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// RFC 3339, not before 1970.
    Moment,
    /// A list of one type.
    List(&'static Shape),
    /// A mapping with known keys.
    Map(&'static Schema),
    /// A mapping with free keys and values of one type.
    Table(&'static Shape),
}

/// The keys of a mapping.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Known keys, in the order in which they are written.
    pub fields: &'static [Field],
    /// What happens to others.
    pub unknown: Unknown,
}

/// What happens to a key that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is an error.
    Refused,
    /// It is kept; a warning is given only if it looks like a typing error.
    Kept,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Field {
    /// The key.
    pub name: &'static str,
    /// Type of the value.
    pub shape: Shape,
    /// Whether it must be there, and whether it has an effect.
    pub need: Need,
    /// What it says, in half a sentence; empty where nobody is told.
    pub about: &'static str,
}

impl Field {
    /// The same field, with what it says.
    pub(crate) const fn about(self, about: &'static str) -> Self {
        let Field {
            name, shape, need, ..
        } = self;
        Field {
            name,
            shape,
            need,
            about,
        }
    }
}

/// What a field is to this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The file is refused without it.
    Required,
    /// It has a default or describes something for people.
    Optional,
    /// It is checked and kept; setting it earns a warning.
    Idle,
}

/// A required field.
pub(crate) const fn required(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        need: Need::Required,
        about: "",
    }
}

/// An optional field.
pub(crate) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        need: Need::Optional,
        about: "",
    }
}

/// A field without effect in this version.
pub(crate) const fn idle(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        need: Need::Idle,
        about: "",
    }
}

/// A mapping that refuses unknown keys.
pub(crate) const fn closed(fields: &'static [Field]) -> Schema {
    Schema {
        fields,
        unknown: Unknown::Refused,
    }
}

/// A mapping that keeps unknown keys.
pub(crate) const fn open(fields: &'static [Field]) -> Schema {
    Schema {
        fields,
        unknown: Unknown::Kept,
    }
}
