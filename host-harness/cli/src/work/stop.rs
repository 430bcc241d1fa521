//! Being told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Set when a signal asks the program to end. A second signal ends it at once.
///
/// # Errors
/// The handlers cannot be installed.
pub fn on_signals() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// Sets `stop` after a while.
///
/// # Errors
/// No thread can be started.
pub fn after(timeout_ms: u64, stop: Arc<AtomicBool>) -> std::io::Result<()> {
    let wait = move || {
        std::thread::sleep(Duration::from_millis(timeout_ms));
        stop.store(true, Ordering::SeqCst);
    };
    std::thread::Builder::new()
        .name("timeout".to_owned())
        .spawn(wait)
        .map(drop)
}
