//! Faults on a command line.

use serde_json::json;

use super::list::{FaultKind, FaultList};
use super::plan::Faults;
use crate::listen::print_line;

/// The faults that flags ask for. Without a seed one is drawn, and printed so that the run can be
/// repeated.
///
/// # Errors
/// If the system has no random bytes for a seed.
pub(crate) fn faults<K: FaultKind>(
    lists: Vec<FaultList<K>>,
    seed: Option<u64>,
    as_json: bool,
) -> Result<Faults<K>, getrandom::Error> {
    if lists.is_empty() {
        return Ok(Faults::default());
    }
    let seed = seed.map_or_else(getrandom::u64, Ok)?;
    print_line(&if as_json {
        json!({"fault_seed": seed}).to_string()
    } else {
        format!("faults are drawn by --fault-seed {seed}")
    });
    Ok(Faults::new(lists, seed))
}
