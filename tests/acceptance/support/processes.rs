//! Processes that a test started, found by what they run and where they come from.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Lab, PROVIDER};

/// The plugin processes of this test: they run the provider's binary and have the test's folder in their environment, so
/// that those of other tests, which run at the same time, are left out.
pub(crate) fn plugins(lab: &Lab) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        panic!("the tests of how processes end need /proc");
    };
    let binary = Path::new(PROVIDER).canonicalize().expect("the provider is built");
    let root = lab.root().display().to_string();
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let runs = std::fs::read_link(entry.path().join("exe")).ok()?;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let ours = String::from_utf8_lossy(&environment).contains(&root);
            (runs == binary && ours).then_some(id)
        })
        .collect()
}

/// Waits until a condition holds; false when it does not within this time.
pub(crate) fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal to a process, or to a group of processes when `group` is given.
pub(crate) fn signal(name: &str, process: u32, group: bool) {
    let target = if group {
        format!("-{process}")
    } else {
        process.to_string()
    };
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {target}")])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "the signal {name} reaches {target}"
    );
}
