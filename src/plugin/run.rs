//! The whole life of the process.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::args::{self, Command};
use super::catalog::Catalog;
use super::handshake::{HandshakeError, Invitation, PROTOCOL_VERSION, Place};
use super::life::{self, Interrupt, Parent};
use super::listener::{Address, ListenError, Listener};
use super::serve::serve;
use super::tls::TlsError;
use super::{Identity, log, tls};

/// Runs the provider as the command line and the environment say, until it
/// is told to end. This is all that `main` has to do.
///
/// `catalog` is called once the process has said where it listens, because
/// Terraform waits for that.
pub fn run(identity: &Identity, catalog: impl FnOnce() -> Catalog) -> ExitCode {
    run_with(identity, std::env::args_os().skip(1), catalog)
}

/// [`run`], with the arguments after the program's name given.
pub fn run_with(
    identity: &Identity,
    arguments: impl Iterator<Item = OsString>,
    catalog: impl FnOnce() -> Catalog,
) -> ExitCode {
    // Two providers of cryptography are linked in, so that rustls cannot
    // choose by itself. It fails when one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let done = match Command::parse(arguments) {
        Command::Plugin => start(identity, as_plugin, catalog),
        Command::Debug => start(identity, for_debugging, catalog),
        Command::Version => print(&args::version(identity)),
        Command::Help => print(&args::help(identity)),
        Command::Unknown(argument) => {
            complain(&format!("Unknown argument {argument:?}.\n\n{}", args::help(identity)));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Why the process ended in failure.
#[derive(Debug, Error)]
enum RunError {
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot say where the provider listens: {0}")]
    Announce(io::Error),
    #[error("cannot start the provider: {0}")]
    Runtime(io::Error),
    #[error("cannot take signals: {0}")]
    Signals(io::Error),
    #[error("the provider's server failed: {0}")]
    Serve(#[from] tonic::transport::Error),
}

/// What is ready when Terraform may connect.
struct Ready {
    listener: Listener,
    tls: Option<Arc<rustls::ServerConfig>>,
    announcement: String,
    interrupt: Interrupt,
}

fn start(
    identity: &Identity,
    prepare: fn(&Identity) -> Result<Ready, RunError>,
    catalog: impl FnOnce() -> Catalog,
) -> Result<(), RunError> {
    let parent = Parent::now();
    log::install_panic_hook();
    log::init(identity.name);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    let result = runtime.block_on(async {
        let ready = prepare(identity)?;
        let end = CancellationToken::new();
        life::take_signals(ready.interrupt, end.clone()).map_err(RunError::Signals)?;
        if ready.interrupt == Interrupt::Ignore {
            tokio::spawn(parent.watch(end.clone()));
        }
        print(&ready.announcement)?;
        tracing::debug!(
            tf_provider_addr = identity.address,
            version = identity.version,
            "the provider listens"
        );
        serve(Arc::new(catalog()), ready.listener, ready.tls, end).await?;
        Ok(())
    });
    // A look-up of a host name may still block a thread; it does not matter.
    runtime.shutdown_background();
    result
}

fn as_plugin(_: &Identity) -> Result<Ready, RunError> {
    let invitation = Invitation::read(|name| std::env::var_os(name))?;
    let (tls, certificate) = invitation.client.clone().map(tls::server).transpose()?.unzip();
    let listener = Listener::bind(&invitation.place)?;
    let announcement = invitation.answer(&listener.address(), certificate.as_ref());
    Ok(Ready {
        listener,
        tls,
        announcement,
        interrupt: Interrupt::Ignore,
    })
}

/// No certificate could be handed to a Terraform that is not there yet. The
/// socket file can be opened by its owner alone.
fn for_debugging(identity: &Identity) -> Result<Ready, RunError> {
    let place = Place::read(|name| std::env::var_os(name))?;
    let listener = Listener::bind(&place)?;
    let announcement = reattach(identity, &listener.address());
    Ok(Ready {
        listener,
        tls: None,
        announcement,
        interrupt: Interrupt::End,
    })
}

fn reattach(identity: &Identity, address: &Address) -> String {
    let providers = serde_json::json!({
        identity.address: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": address.network(), "String": address.text() },
        }
    });
    format!(
        "The provider runs. Start Terraform with this variable in its environment to use it:\n\n\
         \tTF_REATTACH_PROVIDERS='{providers}'\n\nIt ends with Ctrl-C.\n"
    )
}

fn print(text: &str) -> Result<(), RunError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(RunError::Announce)
}

fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
