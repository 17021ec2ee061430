//! When the process ends, beside being asked to.

#[cfg(unix)]
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How often to look whether Terraform is still there.
#[cfg(unix)]
const PARENT_CHECK: Duration = Duration::from_millis(500);

/// What an interrupt from the keyboard means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// Nothing: it reaches Terraform, too, which then says what to do. To
    /// die of it would look like a crash.
    Ignore,
    /// The end: a developer started this process.
    End,
}

/// The process that started this one.
pub(crate) struct Parent {
    #[cfg(unix)]
    id: u32,
}

impl Parent {
    /// To be asked for first of all. A parent that is gone before that is
    /// noticed, too: nobody is left to read the handshake, and writing it
    /// fails.
    pub(crate) fn now() -> Self {
        Self {
            #[cfg(unix)]
            id: std::os::unix::process::parent_id(),
        }
    }

    /// Cancels `end` when the parent is gone. A Terraform that is killed
    /// cannot say goodbye.
    #[cfg(unix)]
    pub(crate) async fn watch(self, end: CancellationToken) {
        while std::os::unix::process::parent_id() == self.id {
            tokio::time::sleep(PARENT_CHECK).await;
        }
        tracing::debug!("Terraform is gone");
        end.cancel();
    }

    /// Windows does not tell when a parent is gone.
    #[cfg(not(unix))]
    pub(crate) async fn watch(self, _: CancellationToken) {}
}

/// Takes the signals of the process from now on: a request to terminate
/// cancels `end`, an interrupt does what `interrupt` says.
#[cfg(unix)]
pub(crate) fn take_signals(interrupt: Interrupt, end: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = interrupts.recv() => {
                    if interrupt == Interrupt::End {
                        break;
                    }
                }
                Some(()) = terminations.recv() => break,
                else => return,
            }
        }
        end.cancel();
    });
    Ok(())
}

/// As on Unix, for Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn take_signals(interrupt: Interrupt, end: CancellationToken) -> std::io::Result<()> {
    let mut interrupts = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        while interrupts.recv().await.is_some() {
            if interrupt == Interrupt::End {
                return end.cancel();
            }
        }
    });
    Ok(())
}
