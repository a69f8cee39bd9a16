//! x
use crate::results::Results;
pub(crate) fn document(_: &Results) -> String {
    String::new()
}
