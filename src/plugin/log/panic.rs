//! A panic, told in the form that Terraform reports as a crash.

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

/// Prints panics as lines that begin with `panic: `. Terraform collects what
/// follows such a line until the process is gone.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| super::write(&report(info, &Backtrace::capture()))));
}

fn report(info: &PanicHookInfo<'_>, backtrace: &Backtrace) -> String {
    let place = info
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!(
        "panic: {}\n\nat {place}\n{backtrace}\n",
        message.unwrap_or("no message")
    )
}
