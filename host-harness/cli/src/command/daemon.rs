//! `aof daemon`: works until told to stop, and answers on a socket.

use aof_host::contract::types::{Event, NotifyEffect};
use aof_host::daemon::{self, Until};
use aof_host::gateway::Observer;
use serde_json::json;

use crate::access::of_gateway;
use crate::exit::{Ending, Failure};
use crate::render::text::counted;
use crate::work::{self, Pressure, Shift};

use super::Session;

/// How to serve.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Wait while another process works here, and take over when it ends
    #[arg(long)]
    standby: bool,
    /// Whether commits survive the loss of power; `relaxed` is faster and loses the last ones
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Pressure::Full)]
    durability: Pressure,
}

/// Logs every event.
struct Log;

impl Observer for Log {
    fn event(&mut self, event: &Event) {
        let (task, run) = (event.task.as_deref(), event.run.as_deref());
        let (actor, payload) = (&event.actor, &event.payload);
        tracing::info!(task, run, actor, payload, "{}", event.kind);
    }

    fn notice(&mut self, notice: &NotifyEffect) {
        let (task, audience) = (notice.task.as_deref(), &notice.audience);
        let channel = notice.channel.as_deref();
        tracing::warn!(task, audience, channel, "{}", notice.message);
    }
}

/// Serves in the foreground; SIGTERM and SIGINT end it cleanly, agents go on.
///
/// # Errors
/// Another process works here, or the host breaks.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let stop = work::on_signals()?;
    let mut shift = Shift::new(session.data()?, Until::Stopped, stop);
    shift.durability = args.durability.of_store();
    let opened = if args.standby {
        shift.open_after_others()?
    } else {
        Some(shift.open()?)
    };
    let Some(mut gateway) = opened else {
        let document = json!({ "daemon": { "standby": true, "served": false } });
        session
            .console
            .show(&document, |_| "stopped while standing by\n".to_owned())?;
        return Ok(Ending::Done);
    };
    gateway.observe(Box::new(Log));
    let mut options = shift.serve_options();
    options.on_fault = Box::new(|fault| {
        tracing::error!(code = fault.code, hint = fault.hint, "{}", fault.message);
    });
    let durability = shift.durability.name();
    tracing::info!(socket = %shift.data.socket().display(), durability, "serving");
    let report = daemon::serve(&mut gateway, options).map_err(|e| Failure::of(e.fault()))?;
    gateway.close().map_err(of_gateway)?;
    let document = json!({ "daemon": {
        "requests": report.requests, "polls": report.polls, "started": report.started,
        "ended": report.ended, "leftRunning": report.left_running,
    }});
    session.console.show(&document, |_| {
        let started = counted(report.started, "run");
        format!(
            "stopped; {started} started, {} still going\n",
            report.left_running
        )
    })?;
    Ok(Ending::Done)
}
