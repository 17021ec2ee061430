//! What a figure must be read with: the machine, and how busy it was.

use std::fs;

/// The number of cores and the load of the last minute.
pub(crate) fn state() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|load| load.split(' ').next());
    format!("{cores} cores, load {}", load.unwrap_or("unknown"))
}
