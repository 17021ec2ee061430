//! What a provider takes: memory while it runs, and space on the disk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use graph_emulator::Config;

use crate::support::Result;
use crate::support::lab::Lab;
use crate::support::memory::{Watch, peak};
use crate::support::wire::Started;

/// Plans of which the highest peak counts: what is missed of a peak only makes it lower.
pub(crate) const PLANS: usize = 5;

/// What is planned: the first plan of a resource, which reads the policy of the tenant.
const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    autopilot = {
      source = "autopilot-terraform/autopilot"
    }
  }
}

resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope  = "selected"
    groups = ["9e3779b9-000b-4000-8000-000000000001"]
  }
  user_device_quota = 20
}
"#;

/// The highest peak among the provider's processes of a plan, in MiB. None where there is no /proc.
pub(crate) fn plan_peak(provider: &Path) -> Result<Option<f64>> {
    if !Path::new("/proc/self/status").exists() {
        return Ok(None);
    }
    let lab = Lab::new(Config::hardened(), provider, CONFIGURATION)?;
    let peaks: Result<Vec<_>> = (0..PLANS).map(|_| plan(&lab, provider)).collect();
    Ok(peaks?.into_iter().reduce(f64::max))
}

fn plan(lab: &Lab, provider: &Path) -> Result<f64> {
    let mut terraform = lab.start(&["plan", "-input=false", "-no-color", "-lock=false"])?;
    let mut watch = Watch::new(provider, terraform.id())?;
    let status = loop {
        if let Some(status) = terraform.try_wait()? {
            break status;
        }
        watch.look();
        std::thread::sleep(Duration::from_millis(1));
    };
    if !status.success() || !lab.output().contains("1 to add") {
        return Err(format!("the plan failed:\n{}", lab.output()).into());
    }
    watch.highest().ok_or_else(|| "the plan started no provider".into())
}

/// The peak of a process that was asked for its schemas and had an empty provider block validated, in MiB.
pub(crate) async fn connected_peak(program: &Path) -> Result<Option<f64>> {
    let mut connected = Started::new(program).await.connect().await?;
    let schema = connected.schema().await?;
    connected.validate_provider(&schema).await?;
    Ok(connected.pid().and_then(peak))
}

/// In MB. Where there is no `strip`, the size as it is.
pub(crate) fn stripped_size(program: &Path) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let stripped = folder.path().join("stripped");
    let done = Command::new("strip").arg("-o").arg(&stripped).arg(program).output();
    let counted = if done.is_ok_and(|done| done.status.success()) {
        &stripped
    } else {
        program
    };
    #[expect(clippy::cast_precision_loss, reason = "no binary is that large")]
    let bytes = std::fs::metadata(counted)?.len() as f64;
    Ok(bytes / 1e6)
}
