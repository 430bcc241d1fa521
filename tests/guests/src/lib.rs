//! A guest with bad manners. `tools.call` does what the tool's name says, so that tests can see
//! what the host makes of it. It keeps no state but a counter that shows whether it was restarted.

mod contract {
    wit_bindgen::generate!({ path: "../../wit", world: "orchestrator", generate_all });
}
mod misdeed;
mod raid;
mod surroundings;

use contract::aof::orchestrator::store;
use contract::aof::orchestrator::types::{Ctx, Error, ErrorKind, Outcome};
use contract::exports::aof::orchestrator::{hooks, lifecycle, scheduler, tools, views};

struct Rogue;

contract::export!(Rogue with_types_in contract);

fn done(value: String) -> Outcome {
    Outcome {
        value,
        effects: Vec::new(),
        events: Vec::new(),
    }
}

fn announced(name: &str) -> tools::Definition {
    tools::Definition {
        name: name.to_owned(),
        title: name.to_owned(),
        description: "A misdeed.".to_owned(),
        input_schema: "{\"type\":\"object\"}".to_owned(),
        output_schema: "{\"type\":\"object\"}".to_owned(),
        annotations: tools::Annotations {
            read_only: true,
            destructive: false,
            idempotent: true,
        },
    }
}

fn refused(code: &str, message: String) -> Error {
    Error {
        code: code.to_owned(),
        kind: ErrorKind::Refused,
        message,
        hint: String::new(),
        where_: None,
        retryable: false,
    }
}

impl lifecycle::Guest for Rogue {
    fn open(ctx: Ctx, config: lifecycle::Config) -> Result<lifecycle::Opened, Error> {
        let mode = if config.read_only {
            store::Mode::Reader
        } else {
            store::Mode::Writer
        };
        let session =
            store::open(mode).map_err(|error| refused("AOF-4001", format!("{error:?}")))?;
        raid::remember(session.epoch);
        misdeed::commit_if_asked(config.overrides.as_deref());
        Ok(lifecycle::Opened {
            epoch: session.epoch,
            settings: config.overrides.unwrap_or_else(|| "{}".to_owned()),
            repaired: vec![ctx.now.to_string()],
            quarantined: Vec::new(),
            adopted: Vec::new(),
            effects: Vec::new(),
            events: Vec::new(),
        })
    }

    fn close(_ctx: Ctx) -> Result<(), Error> {
        Ok(())
    }
}

impl tools::Guest for Rogue {
    /// Those that a gateway is tried with; the others are called without being announced.
    fn list() -> Vec<tools::Definition> {
        ["loop", "panic"].map(announced).into()
    }

    fn call(_ctx: Ctx, name: String, arguments: String) -> Result<tools::Reply, Error> {
        surroundings::look(&name)
            .or_else(|| raid::commit(&name, &arguments))
            .or_else(|| misdeed::commit(&name, &arguments))
            .map(|value| tools::Reply::Done(done(value)))
            .ok_or_else(|| refused("AOF-1001", format!("no such misdeed: {name}")))
    }

    fn resume(
        _ctx: Ctx,
        token: String,
        results: Vec<tools::EffectResult>,
    ) -> Result<tools::Reply, Error> {
        Ok(tools::Reply::Done(done(format!(
            "{token} {}",
            results.len()
        ))))
    }
}

impl scheduler::Guest for Rogue {
    fn poll(ctx: Ctx, mode: scheduler::PollMode) -> Result<Outcome, Error> {
        Ok(done(format!("{} {mode:?}", ctx.now)))
    }

    fn explain(_ctx: Ctx, task: String) -> Result<String, Error> {
        Err(refused("AOF-1002", task))
    }

    fn next_due() -> Option<u64> {
        Some(misdeed::calls())
    }
}

impl hooks::Guest for Rogue {
    fn effect_settled(_: Ctx, key: String, how: hooks::Settlement) -> Result<Outcome, Error> {
        Ok(done(format!("{key} {how:?}")))
    }

    fn session_started(_: Ctx, started: Vec<hooks::SessionStart>) -> Result<Outcome, Error> {
        let words = started
            .iter()
            .map(|it| format!("{} {}", it.run, it.session));
        Ok(done(words.collect::<Vec<_>>().join(", ")))
    }

    fn session_heartbeat(_: Ctx, run: String) -> Result<Outcome, Error> {
        Ok(done(run))
    }

    fn session_ended(_: Ctx, run: String, end: hooks::SessionEnd) -> Result<Outcome, Error> {
        Ok(done(format!("{run} {:?}", end.ending)))
    }

    fn message_received(_: Ctx, from: String, text: String) -> Result<Outcome, Error> {
        Ok(done(format!("{from} {text}")))
    }

    fn agents_seen(_: Ctx, agents: Vec<hooks::SeenAgent>) -> Result<Outcome, Error> {
        Ok(done(agents.len().to_string()))
    }

    fn executor_changed(_: Ctx, missing: Option<String>) -> Result<Outcome, Error> {
        Ok(done(missing.unwrap_or_default()))
    }

    fn store_changed(_: Ctx) -> Result<Outcome, Error> {
        Ok(done(String::new()))
    }
}

impl views::Guest for Rogue {
    fn board(_: Ctx, query: views::BoardQuery) -> Result<String, Error> {
        Ok(query.limit.to_string())
    }

    fn mailbox(_: Ctx, agent: String) -> Result<String, Error> {
        Ok(agent)
    }

    fn task(_: Ctx, id: String) -> Result<String, Error> {
        Ok(id)
    }

    fn run(_: Ctx, task: String, run: String) -> Result<String, Error> {
        Ok(format!("{task} {run}"))
    }

    fn events(_: Ctx, query: views::EventsQuery) -> Result<String, Error> {
        Ok(query.limit.to_string())
    }

    fn metrics(_: Ctx) -> Result<String, Error> {
        Ok(String::new())
    }

    fn settings(_: Ctx) -> Result<String, Error> {
        Ok(String::new())
    }

    fn org(_: Ctx, query: views::OrgQuery) -> Result<String, Error> {
        Ok(query.lenient.to_string())
    }

    fn usage(_: Ctx, by: String, _: String) -> Result<String, Error> {
        Ok(by)
    }

    fn notifications(_: Ctx, event: Option<String>) -> Result<String, Error> {
        Ok(event.unwrap_or_default())
    }

    fn audit(_: Ctx, page: u32) -> Result<String, Error> {
        Ok(page.to_string())
    }
}
