//! Peaks of resident memory, which Linux keeps for every process (`VmHWM`, proc_pid_status(5)).

use std::fs;
use std::path::{Path, PathBuf};

/// The most memory that the process has had resident so far, in MiB. None when it is gone, and where there is no /proc.
pub(crate) fn peak(pid: u32) -> Option<f64> {
    let kibibytes: f64 = status(pid, "VmHWM:")?.strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// The peaks of a program's processes that one other process starts.
pub(crate) struct Watch {
    program: PathBuf,
    parent: u32,
    highest: Option<f64>,
}

impl Watch {
    pub(crate) fn new(program: &Path, parent: u32) -> std::io::Result<Self> {
        Ok(Self {
            program: program.canonicalize()?,
            parent,
            highest: None,
        })
    }

    /// Looks at those that run now. A peak only rises, so that the last look at a process has it, but for what came in
    /// the moment before its end.
    pub(crate) fn look(&mut self) {
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // Between fork and exec a process has the memory of the one that started it, and its program, too.
            let runs_it = fs::read_link(entry.path().join("exe")).is_ok_and(|program| program == self.program);
            if runs_it && status(pid, "PPid:").is_some_and(|parent| parent == self.parent.to_string()) {
                self.highest = larger(self.highest, peak(pid));
            }
        }
    }

    /// The highest peak of them all, in MiB.
    pub(crate) fn highest(&self) -> Option<f64> {
        self.highest
    }
}

fn status(pid: u32, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(value.trim().to_owned())
}

fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}
