//! Attributes of a row, written and read. A row that does not parse is an error, never an
//! empty value (I9).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use platform::Unavailable;
use serde::Serialize;
use serde::de::{DeserializeOwned, IntoDeserializer, value};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An enum without fields, by its serde name.
pub(crate) fn word(value: &impl Serialize) -> AttributeValue {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => AttributeValue::S(word),
        other => unreachable!("not a word: {other:?}"),
    }
}

/// A set of such, which has one at least.
pub(crate) fn words<T: Serialize>(values: impl IntoIterator<Item = T>) -> AttributeValue {
    let named = values.into_iter().map(|value| match word(&value) {
        AttributeValue::S(word) => word,
        _ => unreachable!("a word is a text"),
    });
    AttributeValue::Ss(named.collect())
}

/// A structure that only we read.
pub(crate) fn json(value: &impl Serialize) -> AttributeValue {
    AttributeValue::S(serde_json::to_string(value).expect("our own structures serialize"))
}

pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[derive(Debug, thiserror::Error)]
#[error("attribute `{0}` is missing or malformed")]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Malformed {
    pub(crate) fn during(self, operation: &'static str) -> Unavailable {
        Unavailable::new(operation, self)
    }
}

type Read<T> = Result<T, Malformed>;

#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(pub(crate) &'a Item);

impl<'a> Row<'a> {
    pub(crate) fn text(self, name: &'static str) -> Read<&'a str> {
        self.text_if_any(name)?.ok_or(Malformed(name))
    }

    pub(crate) fn text_if_any(self, name: &'static str) -> Read<Option<&'a str>> {
        self.read(name, |value| value.as_s().ok().map(String::as_str))
    }

    pub(crate) fn number(self, name: &'static str) -> Read<u64> {
        self.number_if_any(name)?.ok_or(Malformed(name))
    }

    pub(crate) fn number_if_any(self, name: &'static str) -> Read<Option<u64>> {
        self.read(name, as_number)
    }

    pub(crate) fn numbers(self, name: &'static str) -> Read<Vec<u64>> {
        let list = self.read(name, |value| value.as_l().ok()?.iter().map(as_number).collect());
        Ok(list?.unwrap_or_default())
    }

    /// In any order; none without the attribute.
    pub(crate) fn number_set(self, name: &'static str) -> Read<Vec<u64>> {
        let set = self.read(name, |value| {
            value.as_ns().ok()?.iter().map(|number| number.parse().ok()).collect()
        });
        Ok(set?.unwrap_or_default())
    }

    /// Each by its serde name; none without the attribute.
    pub(crate) fn words<T: DeserializeOwned>(self, name: &'static str) -> Read<Vec<T>> {
        let set = self.read(name, |value| {
            let word = |word: &String| {
                let word: value::StrDeserializer<'_, value::Error> =
                    word.as_str().into_deserializer();
                T::deserialize(word).ok()
            };
            value.as_ss().ok()?.iter().map(word).collect()
        });
        Ok(set?.unwrap_or_default())
    }

    pub(crate) fn flag(self, name: &'static str) -> Read<bool> {
        Ok(self.read(name, |value| value.as_bool().ok().copied())?.unwrap_or(false))
    }

    pub(crate) fn word<T: DeserializeOwned>(self, name: &'static str) -> Read<T> {
        self.word_if_any(name)?.ok_or(Malformed(name))
    }

    pub(crate) fn word_if_any<T: DeserializeOwned>(self, name: &'static str) -> Read<Option<T>> {
        self.read(name, |value| {
            let word: value::StrDeserializer<'_, value::Error> =
                value.as_s().ok()?.as_str().into_deserializer();
            T::deserialize(word).ok()
        })
    }

    pub(crate) fn json_if_any<T: DeserializeOwned>(self, name: &'static str) -> Read<Option<T>> {
        self.read(name, |value| serde_json::from_str(value.as_s().ok()?).ok())
    }

    /// A key, or an id that is part of one.
    pub(crate) fn id<T>(self, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Read<T> {
        read(self.text(name)?).ok_or(Malformed(name))
    }

    fn read<T>(
        self,
        name: &'static str,
        read: impl Fn(&'a AttributeValue) -> Option<T>,
    ) -> Read<Option<T>> {
        self.0.get(name).map(|value| read(value).ok_or(Malformed(name))).transpose()
    }
}

fn as_number(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}
