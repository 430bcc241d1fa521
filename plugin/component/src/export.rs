//! The exports: each converts its arguments, calls the engine, converts the answer.

use std::cell::RefCell;

use aof_core::refusal::Refusal;
use aof_engine::{
    BoardQuery, Config, Engine, EventsQuery, Opened, OrgLook, OrgQuery, Outcome, PollMode,
};

use crate::bindings::aof::orchestrator::types::{Ctx, Error, Outcome as WitOutcome};
use crate::bindings::exports::aof::orchestrator::{hooks, lifecycle, scheduler, tools, views};
use crate::convert;
use crate::store::HostStore;

thread_local! {
    // The component has one thread; a resident instance keeps its index between calls.
    static ENGINE: RefCell<Engine<HostStore>> = RefCell::new(Engine::new(HostStore));
}

struct Component;

crate::bindings::export!(Component with_types_in crate::bindings);

fn with<T>(call: impl FnOnce(&mut Engine<HostStore>) -> Result<T, Refusal>) -> Result<T, Error> {
    ENGINE.with_borrow_mut(|engine| call(engine).map_err(|refusal| convert::error(&refusal)))
}

fn act(
    call: impl FnOnce(&mut Engine<HostStore>) -> Result<Outcome, Refusal>,
) -> Result<WitOutcome, Error> {
    with(call).map(convert::outcome)
}

impl lifecycle::Guest for Component {
    fn open(ctx: Ctx, config: lifecycle::Config) -> Result<lifecycle::Opened, Error> {
        let ctx = convert::context(ctx)?;
        let config = Config {
            read_only: config.read_only,
            overrides: config.overrides,
            origins: config.origins,
            projects: config.projects,
        };
        let opened = with(|engine| engine.open(&ctx, &config))?;
        Ok(opened_record(opened))
    }

    fn close(ctx: Ctx) -> Result<(), Error> {
        convert::context(ctx)?;
        with(|engine| {
            engine.close();
            Ok(())
        })
    }
}

fn opened_record(opened: Opened) -> lifecycle::Opened {
    let adopted = opened.adopted.into_iter().map(|run| lifecycle::AdoptedRun {
        project: run.project.to_string(),
        task: run.task.to_string(),
        run: run.run.to_string(),
        agent: run.agent.to_string(),
        session: run.session,
        run_dir: run.run_dir,
    });
    lifecycle::Opened {
        epoch: opened.epoch,
        settings: opened.settings,
        repaired: opened.repaired,
        quarantined: opened
            .quarantined
            .into_iter()
            .map(convert::quarantined)
            .collect(),
        adopted: adopted.collect(),
        effects: opened.effects.into_iter().map(convert::effect).collect(),
        events: opened.events.into_iter().map(convert::event).collect(),
    }
}

impl tools::Guest for Component {
    fn list() -> Vec<tools::Definition> {
        let definition = |tool: aof_engine::Definition| tools::Definition {
            name: tool.name.to_owned(),
            title: tool.title.to_owned(),
            description: tool.description.to_owned(),
            input_schema: tool.input_schema,
            output_schema: tool.output_schema,
            annotations: tools::Annotations {
                read_only: tool.annotations.read_only,
                destructive: tool.annotations.destructive,
                idempotent: tool.annotations.idempotent,
            },
        };
        Engine::<HostStore>::tools()
            .into_iter()
            .map(definition)
            .collect()
    }

    fn call(ctx: Ctx, name: String, arguments: String) -> Result<tools::Reply, Error> {
        let ctx = convert::context(ctx)?;
        act(|engine| engine.call(&ctx, &name, &arguments)).map(tools::Reply::Done)
    }

    fn resume(
        ctx: Ctx,
        token: String,
        _results: Vec<tools::EffectResult>,
    ) -> Result<tools::Reply, Error> {
        convert::context(ctx)?;
        // No tool of this version waits for the host, so no token was ever given out.
        let shown: String = token
            .chars()
            .take(80)
            .flat_map(char::escape_debug)
            .collect();
        Err(convert::error(
            &Refusal::refused(
                "AOF-2011",
                format!("no call waits under the token `{shown}`"),
                "resume only what answered `pending`",
            )
            .at("token"),
        ))
    }
}

impl scheduler::Guest for Component {
    fn poll(ctx: Ctx, mode: scheduler::PollMode) -> Result<WitOutcome, Error> {
        let ctx = convert::context(ctx)?;
        let mode = match mode {
            scheduler::PollMode::Act => PollMode::Act,
            scheduler::PollMode::DryRun => PollMode::DryRun,
        };
        act(|engine| engine.poll(&ctx, mode))
    }

    fn explain(ctx: Ctx, task: String) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        with(|engine| engine.explain(&ctx, &task))
    }

    fn next_due() -> Option<u64> {
        ENGINE.with_borrow(|engine| engine.next_due().map(aof_core::instant::Instant::ms))
    }
}

impl hooks::Guest for Component {
    fn effect_settled(
        ctx: Ctx,
        key: String,
        settlement: hooks::Settlement,
    ) -> Result<WitOutcome, Error> {
        let ctx = convert::context(ctx)?;
        let settlement = convert::settlement(settlement);
        act(|engine| engine.effect_settled(&ctx, &key, &settlement))
    }

    fn session_started(ctx: Ctx, started: Vec<hooks::SessionStart>) -> Result<WitOutcome, Error> {
        let ctx = convert::context(ctx)?;
        let started = started.into_iter().map(convert::session_start);
        let started: Vec<_> = started.collect::<Result<_, Error>>()?;
        act(|engine| engine.session_started(&ctx, &started))
    }

    fn session_heartbeat(ctx: Ctx, run: String) -> Result<WitOutcome, Error> {
        let ctx = convert::context(ctx)?;
        let run = convert::run_id(&run, "run")?;
        act(|engine| engine.session_heartbeat(&ctx, &run))
    }

    fn session_ended(ctx: Ctx, run: String, end: hooks::SessionEnd) -> Result<WitOutcome, Error> {
        let ctx = convert::context(ctx)?;
        let run = convert::run_id(&run, "run")?;
        let end = convert::session_end(end);
        act(|engine| engine.session_ended(&ctx, &run, &end))
    }

    fn message_received(ctx: Ctx, from: String, _text: String) -> Result<WitOutcome, Error> {
        convert::context(ctx)?;
        act(|engine| engine.message_received(&from))
    }

    fn agents_seen(ctx: Ctx, agents: Vec<hooks::SeenAgent>) -> Result<WitOutcome, Error> {
        let ctx = convert::context(ctx)?;
        let agents = agents.into_iter().map(convert::gateway_agent).collect();
        act(|engine| engine.agents_seen(&ctx, agents))
    }

    fn executor_changed(ctx: Ctx, missing: Option<String>) -> Result<WitOutcome, Error> {
        convert::context(ctx)?;
        act(|engine| engine.executor_changed(missing.as_deref()))
    }

    fn store_changed(ctx: Ctx) -> Result<WitOutcome, Error> {
        convert::context(ctx)?;
        act(Engine::store_changed)
    }
}

impl views::Guest for Component {
    fn board(ctx: Ctx, query: views::BoardQuery) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        let query = BoardQuery {
            project: query.project,
            limit: query.limit,
        };
        with(|engine| engine.board(&ctx, &query))
    }

    fn mailbox(ctx: Ctx, agent: String) -> Result<String, Error> {
        convert::context(ctx)?;
        with(|engine| engine.mailbox(&agent))
    }

    fn task(ctx: Ctx, id: String) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        with(|engine| engine.task(&ctx, &id))
    }

    fn run(ctx: Ctx, task: String, run: String) -> Result<String, Error> {
        convert::context(ctx)?;
        with(|engine| engine.run(&task, &run))
    }

    fn events(ctx: Ctx, query: views::EventsQuery) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        let query = EventsQuery {
            day: query.day,
            task: query.task,
            offset: query.offset,
            limit: query.limit,
        };
        with(|engine| engine.events(&ctx, &query))
    }

    fn metrics(ctx: Ctx) -> Result<String, Error> {
        convert::context(ctx)?;
        with(Engine::metrics)
    }

    fn settings(ctx: Ctx) -> Result<String, Error> {
        convert::context(ctx)?;
        with(Engine::settings)
    }

    fn org(ctx: Ctx, query: views::OrgQuery) -> Result<String, Error> {
        convert::context(ctx)?;
        let query = OrgQuery {
            look: match query.look {
                views::OrgLook::Lint => OrgLook::Lint,
                views::OrgLook::Show => OrgLook::Show,
                views::OrgLook::Drift => OrgLook::Drift,
            },
            text: query.text,
            path: query.path,
            edit: query.edit.map(|edit| (edit.path, edit.value)),
            is_lenient: query.lenient,
            agents: query.agents,
        };
        with(|engine| engine.org(&query))
    }

    fn usage(ctx: Ctx, by: String, window: String) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        with(|engine| engine.usage(&ctx, &by, &window))
    }

    fn notifications(ctx: Ctx, event: Option<String>) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        with(|engine| engine.notifications(&ctx, event.as_deref()))
    }

    fn audit(ctx: Ctx, page: u32) -> Result<String, Error> {
        let ctx = convert::context(ctx)?;
        with(|engine| engine.audit(&ctx, page))
    }
}
