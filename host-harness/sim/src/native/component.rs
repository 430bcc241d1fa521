//! The engine as a gateway's component: the exports of the contract without a sandbox.
//!
//! It decides nothing. Invariant: a call here and the same call of the shipped component do the
//! same to the store and give the same answer.

use aof_core::instant::Instant;
use aof_core::refusal::Refusal;
use aof_disk::StoreBackend;
use aof_engine::{BoardQuery, Config, Engine, EventsQuery, PollMode};
use aof_host::contract::types::{Ctx, Outcome};
use aof_host::contract::{hooks, lifecycle, scheduler, tools, views};
use aof_host::gateway::Component;
use aof_host::instance::CallError;

use super::{NativeEngine, NativePort, engine, words};

type Answer<T> = Result<T, CallError>;

/// The engine behind the gateway's port.
#[derive(Debug)]
pub struct NativeComponent {
    engine: NativeEngine,
    config: Config,
}

impl NativeComponent {
    /// Opens the store behind `backend`.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn open(
        backend: Box<dyn StoreBackend>,
        ctx: &Ctx,
        config: &lifecycle::Config,
    ) -> Answer<(Self, lifecycle::Opened)> {
        let config = Config {
            read_only: config.read_only,
            overrides: config.overrides.clone(),
            origins: config.origins.clone(),
            projects: config.projects.clone(),
        };
        let mut component = Self {
            engine: engine(backend),
            config,
        };
        let opened = component.recover(ctx)?;
        Ok((component, opened))
    }

    fn act(
        &mut self,
        call: impl FnOnce(&mut NativeEngine) -> Result<aof_engine::Outcome, Refusal>,
    ) -> Answer<Outcome> {
        let outcome = call(&mut self.engine).map_err(|refusal| words::refused(&refusal))?;
        Ok(words::outcome(outcome))
    }

    fn look(
        &mut self,
        call: impl FnOnce(&mut NativeEngine) -> Result<String, Refusal>,
    ) -> Answer<String> {
        call(&mut self.engine).map_err(|refusal| words::refused(&refusal))
    }
}

impl Component for NativeComponent {
    fn is_poisoned(&self) -> bool {
        false
    }

    fn recover(&mut self, ctx: &Ctx) -> Answer<lifecycle::Opened> {
        let ctx = words::context(ctx)?;
        let opened = self.engine.open(&ctx, &self.config);
        opened
            .map(words::opened)
            .map_err(|refusal| words::refused(&refusal))
    }

    fn close(&mut self, ctx: &Ctx) -> Answer<()> {
        words::context(ctx)?;
        self.engine.close();
        Ok(())
    }

    fn list_tools(&mut self) -> Answer<Vec<tools::Definition>> {
        let tools = Engine::<NativePort>::tools();
        Ok(tools.into_iter().map(words::definition).collect())
    }

    fn call_tool(&mut self, ctx: &Ctx, name: &str, arguments: &str) -> Answer<tools::Reply> {
        let ctx = words::context(ctx)?;
        self.act(|engine| engine.call(&ctx, name, arguments))
            .map(tools::Reply::Done)
    }

    fn poll(&mut self, ctx: &Ctx, mode: scheduler::PollMode) -> Answer<Outcome> {
        let ctx = words::context(ctx)?;
        let mode = match mode {
            scheduler::PollMode::Act => PollMode::Act,
            scheduler::PollMode::DryRun => PollMode::DryRun,
        };
        self.act(|engine| engine.poll(&ctx, mode))
    }

    fn explain(&mut self, ctx: &Ctx, task: &str) -> Answer<String> {
        let ctx = words::context(ctx)?;
        self.look(|engine| engine.explain(&ctx, task))
    }

    fn next_due(&mut self) -> Answer<Option<u64>> {
        Ok(self.engine.next_due().map(Instant::ms))
    }

    fn effect_settled(
        &mut self,
        ctx: &Ctx,
        key: &str,
        settlement: &hooks::Settlement,
    ) -> Answer<Outcome> {
        let ctx = words::context(ctx)?;
        let settlement = words::settlement(settlement);
        self.act(|engine| engine.effect_settled(&ctx, key, &settlement))
    }

    fn session_started(&mut self, ctx: &Ctx, started: &[hooks::SessionStart]) -> Answer<Outcome> {
        let ctx = words::context(ctx)?;
        let started: Answer<Vec<_>> = started.iter().map(words::session_start).collect();
        let started = started?;
        self.act(|engine| engine.session_started(&ctx, &started))
    }

    fn session_heartbeat(&mut self, ctx: &Ctx, run: &str) -> Answer<Outcome> {
        let ctx = words::context(ctx)?;
        let run = words::run_id(run, "run")?;
        self.act(|engine| engine.session_heartbeat(&ctx, &run))
    }

    fn session_ended(&mut self, ctx: &Ctx, run: &str, end: &hooks::SessionEnd) -> Answer<Outcome> {
        let ctx = words::context(ctx)?;
        let run = words::run_id(run, "run")?;
        let end = words::session_end(end);
        self.act(|engine| engine.session_ended(&ctx, &run, &end))
    }

    fn executor_changed(&mut self, ctx: &Ctx, missing: Option<&str>) -> Answer<Outcome> {
        words::context(ctx)?;
        self.act(|engine| engine.executor_changed(missing))
    }

    fn agents_seen(&mut self, ctx: &Ctx, agents: &[hooks::SeenAgent]) -> Answer<Outcome> {
        let ctx = words::context(ctx)?;
        let agents = agents.iter().map(words::gateway_agent).collect();
        self.act(|engine| engine.agents_seen(&ctx, agents))
    }

    fn store_changed(&mut self, ctx: &Ctx) -> Answer<Outcome> {
        words::context(ctx)?;
        self.act(Engine::store_changed)
    }

    fn board(&mut self, ctx: &Ctx, query: &views::BoardQuery) -> Answer<String> {
        let ctx = words::context(ctx)?;
        let query = BoardQuery {
            project: query.project.clone(),
            limit: query.limit,
        };
        self.look(|engine| engine.board(&ctx, &query))
    }

    fn org(&mut self, ctx: &Ctx, query: &views::OrgQuery) -> Answer<String> {
        words::context(ctx)?;
        let query = words::org_query(query);
        self.look(|engine| engine.org(&query))
    }

    fn usage(&mut self, ctx: &Ctx, by: &str, window: &str) -> Answer<String> {
        let ctx = words::context(ctx)?;
        self.look(|engine| engine.usage(&ctx, by, window))
    }

    fn notifications(&mut self, ctx: &Ctx, event: Option<&str>) -> Answer<String> {
        let ctx = words::context(ctx)?;
        self.look(|engine| engine.notifications(&ctx, event))
    }

    fn audit(&mut self, ctx: &Ctx, page: u32) -> Answer<String> {
        let ctx = words::context(ctx)?;
        self.look(|engine| engine.audit(&ctx, page))
    }

    fn mailbox(&mut self, ctx: &Ctx, agent: &str) -> Answer<String> {
        words::context(ctx)?;
        self.look(|engine| engine.mailbox(agent))
    }

    fn task(&mut self, ctx: &Ctx, id: &str) -> Answer<String> {
        let ctx = words::context(ctx)?;
        self.look(|engine| engine.task(&ctx, id))
    }

    fn run(&mut self, ctx: &Ctx, task: &str, run: &str) -> Answer<String> {
        words::context(ctx)?;
        self.look(|engine| engine.run(task, run))
    }

    fn events(&mut self, ctx: &Ctx, query: &views::EventsQuery) -> Answer<String> {
        let ctx = words::context(ctx)?;
        let query = EventsQuery {
            day: query.day.clone(),
            task: query.task.clone(),
            offset: query.offset,
            limit: query.limit,
        };
        self.look(|engine| engine.events(&ctx, &query))
    }

    fn settings(&mut self, ctx: &Ctx) -> Answer<String> {
        words::context(ctx)?;
        self.look(Engine::settings)
    }

    fn metrics(&mut self, ctx: &Ctx) -> Answer<String> {
        words::context(ctx)?;
        self.look(Engine::metrics)
    }
}
