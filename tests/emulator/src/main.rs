//! The emulator as a process.
//!
//! It prints one line of JSON when its listeners are open, and ends on SIGTERM, on SIGINT, or with its standard input.

mod flags;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use graph_emulator::Emulator;
use serde_json::json;
use tokio::sync::oneshot;

use flags::{Flags, Parsed};

fn main() -> ExitCode {
    match flags::parse(std::env::args().skip(1)) {
        Ok(Parsed::Help) => say(flags::USAGE),
        Ok(Parsed::Run(flags)) => match run(&flags) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
        Err(error) => fail(&format!("{error}\n\n{}", flags::USAGE)),
    }
}

fn run(flags: &Flags) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Whoever reads the ready line may signal at once, so the signals come first.
    let signals = {
        let _runtime = runtime.enter();
        Signals::listen()?
    };
    let emulator = Emulator::start_with_state(flags.config.clone(), flags.state.as_deref())?;
    if let Some(path) = &flags.ca {
        emulator.write_ca(path)?;
    }
    say(&ready(&emulator, flags).to_string());
    runtime.block_on(stopped(signals, flags.until_stdin_closes));
    // The thread that reads standard input may never end; the process does not wait for it.
    runtime.shutdown_background();
    Ok(())
}

/// What a script needs to talk to the emulator, the made-up secret included.
fn ready(emulator: &Emulator, flags: &Flags) -> serde_json::Value {
    json!({
        "graph_url": emulator.graph_url(),
        "graph_http_url": emulator.graph_http_url(),
        "authority_url": emulator.authority_url(),
        "metadata_url": emulator.metadata_url(),
        "metadata_tls_url": emulator.metadata_tls_url(),
        "control_url": format!("{}/_emulator", emulator.graph_http_url()),
        "tenant_id": emulator.tenant_id(),
        "client_id": emulator.client_id(),
        "client_secret": emulator.client_secret(),
        "ca_path": flags.ca,
        "pid": std::process::id(),
    })
}

/// Resolves when the process is to end.
async fn stopped(signals: Signals, until_stdin_closes: bool) {
    let (closed, stdin) = oneshot::channel();
    // Kept when nobody reads standard input, so that the other end waits for ever.
    let mut kept = None;
    if until_stdin_closes {
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            let mut stdin = std::io::stdin().lock();
            while !matches!(stdin.read(&mut buffer), Ok(0) | Err(_)) {}
            // Nobody waits any more when a signal was first.
            let _ = closed.send(());
        });
    } else {
        kept = Some(closed);
    }
    tokio::select! {
        () = signals.any() => {}
        _ = stdin => {}
    }
    drop(kept);
}

/// The signals that end the process.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn any(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that end the process.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn any(mut self) {
        self.0.recv().await;
    }
}

fn say(text: &str) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(text: &str) -> ExitCode {
    // There is nobody left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "graph-emulator: {text}");
    ExitCode::FAILURE
}
