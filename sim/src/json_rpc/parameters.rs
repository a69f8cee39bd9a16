//! Parameters of a call: positional, typed on demand, with the node's complaints.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::NodeError;

/// Positional parameters. A missing one and `null` are the same.
pub(crate) struct Parameters<E> {
    values: Vec<Value>,
    errors: PhantomData<E>,
}

impl<E: NodeError> Parameters<E> {
    pub(super) fn new(parameters: Option<Value>) -> Result<Self, E> {
        let values = match parameters {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(E::not_positional()),
        };
        Ok(Self { values, errors: PhantomData })
    }

    /// The parameter at a position.
    pub(crate) fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, E> {
        self.optional(index)?.ok_or_else(|| E::missing_parameter(index))
    }

    /// The parameter at a position, if there is one.
    pub(crate) fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, E> {
        self.values
            .get(index)
            .filter(|value| !value.is_null())
            .map(T::deserialize)
            .transpose()
            .map_err(|error| E::malformed_parameter(index, &error))
    }

    /// The parameter at a position, or what stands for none.
    pub(crate) fn or_default<T: DeserializeOwned + Default>(&self, index: usize) -> Result<T, E> {
        Ok(self.optional(index)?.unwrap_or_default())
    }
}
