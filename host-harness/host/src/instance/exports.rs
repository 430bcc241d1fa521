//! One method per export of the contract. Nothing is interpreted on the way.
//!
//! Every method fails with [`CallError::Refused`] if the component says no, and with another
//! variant if the component itself failed; after that only `recover` helps.

use super::{Call, CallError, Instance};
use crate::contract::Orchestrator;
use crate::contract::hooks::{self, SeenAgent, SessionEnd, SessionStart, Settlement};
use crate::contract::lifecycle;
use crate::contract::scheduler::{self, PollMode};
use crate::contract::tools::{self, Definition, EffectResult, Reply};
use crate::contract::types::{Ctx, Outcome};
use crate::contract::views::{self, BoardQuery, EventsQuery, OrgQuery};

type Answer<T> = Result<T, CallError>;

impl Instance {
    /// Closes the store; the component stays and may be opened again with `recover`.
    pub fn close(&mut self, ctx: &Ctx) -> Answer<()> {
        let call = self.call("lifecycle.close", ctx);
        self.ask(&call, |world, store| {
            lifecycle(world).call_close(store, ctx)
        })
    }

    /// The tools, with their schemas.
    pub fn list_tools(&mut self) -> Answer<Vec<Definition>> {
        let call = self.timeless("tools.list");
        self.enter(&call, |world, store| tools(world).call_list(store))
    }

    /// Calls the tool `name` with a JSON object.
    pub fn call_tool(&mut self, ctx: &Ctx, name: &str, arguments: &str) -> Answer<Reply> {
        let call = self.call("tools.call", ctx);
        let arguments = arguments.to_owned();
        self.ask(&call, |world, store| {
            tools(world).call_call(store, ctx, name, &arguments)
        })
    }

    /// Continues a call that was pending.
    pub fn resume(&mut self, ctx: &Ctx, token: &str, results: &[EffectResult]) -> Answer<Reply> {
        let call = self.call("tools.resume", ctx);
        self.ask(&call, |world, store| {
            tools(world).call_resume(store, ctx, token, results)
        })
    }

    /// One tick of the scheduler.
    pub fn poll(&mut self, ctx: &Ctx, mode: PollMode) -> Answer<Outcome> {
        let call = self.call("scheduler.poll", ctx);
        self.ask(&call, |world, store| {
            scheduler(world).call_poll(store, ctx, mode)
        })
    }

    /// Why a task runs, waits or stands where it stands; a JSON object.
    pub fn explain(&mut self, ctx: &Ctx, task: &str) -> Answer<String> {
        let call = self.call("scheduler.explain", ctx);
        self.ask(&call, |world, store| {
            scheduler(world).call_explain(store, ctx, task)
        })
    }

    /// When a poll can have something to do without any news.
    pub fn next_due(&mut self) -> Answer<Option<u64>> {
        let call = self.timeless("scheduler.next-due");
        self.enter(&call, |world, store| scheduler(world).call_next_due(store))
    }

    /// Tells how an effect went.
    pub fn effect_settled(
        &mut self,
        ctx: &Ctx,
        key: &str,
        settlement: &Settlement,
    ) -> Answer<Outcome> {
        let call = self.call("hooks.effect-settled", ctx);
        self.ask(&call, |w, store| {
            hooks(w).call_effect_settled(store, ctx, key, settlement)
        })
    }

    /// Tells that sessions of runs have begun.
    pub fn session_started(&mut self, ctx: &Ctx, started: &[SessionStart]) -> Answer<Outcome> {
        let call = self.call("hooks.session-started", ctx);
        self.ask(&call, |w, store| {
            hooks(w).call_session_started(store, ctx, started)
        })
    }

    /// Tells that the session of a run lives.
    pub fn session_heartbeat(&mut self, ctx: &Ctx, run: &str) -> Answer<Outcome> {
        let call = self.call("hooks.session-heartbeat", ctx);
        self.ask(&call, |world, store| {
            hooks(world).call_session_heartbeat(store, ctx, run)
        })
    }

    /// Tells that the session of a run is over.
    pub fn session_ended(&mut self, ctx: &Ctx, run: &str, end: &SessionEnd) -> Answer<Outcome> {
        let call = self.call("hooks.session-ended", ctx);
        self.ask(&call, |world, store| {
            hooks(world).call_session_ended(store, ctx, run, end)
        })
    }

    /// Hands over a message from one of the host's channels.
    pub fn message_received(&mut self, ctx: &Ctx, from: &str, text: &str) -> Answer<Outcome> {
        let call = self.call("hooks.message-received", ctx);
        self.ask(&call, |world, store| {
            hooks(world).call_message_received(store, ctx, from, text)
        })
    }

    /// Hands over the agents that the gateway knows.
    pub fn agents_seen(&mut self, ctx: &Ctx, agents: &[SeenAgent]) -> Answer<Outcome> {
        let call = self.call("hooks.agents-seen", ctx);
        self.ask(&call, |world, store| {
            hooks(world).call_agents_seen(store, ctx, agents)
        })
    }

    /// Says whether sessions can be started, or why not.
    pub fn executor_changed(&mut self, ctx: &Ctx, missing: Option<&str>) -> Answer<Outcome> {
        let call = self.call("hooks.executor-changed", ctx);
        self.ask(&call, |world, store| {
            hooks(world).call_executor_changed(store, ctx, missing)
        })
    }

    /// Tells that something may have changed on disk.
    pub fn store_changed(&mut self, ctx: &Ctx) -> Answer<Outcome> {
        let call = self.call("hooks.store-changed", ctx);
        self.ask(&call, |world, store| {
            hooks(world).call_store_changed(store, ctx)
        })
    }

    /// The board; a JSON object, like all that follow.
    pub fn board(&mut self, ctx: &Ctx, query: &BoardQuery) -> Answer<String> {
        let call = self.call("views.board", ctx);
        self.ask(&call, |world, store| {
            views(world).call_board(store, ctx, query)
        })
    }

    /// The mailbox of one agent.
    pub fn mailbox(&mut self, ctx: &Ctx, agent: &str) -> Answer<String> {
        let call = self.call("views.mailbox", ctx);
        self.ask(&call, |world, store| {
            views(world).call_mailbox(store, ctx, agent)
        })
    }

    /// One task, by id or unique prefix.
    pub fn task(&mut self, ctx: &Ctx, id: &str) -> Answer<String> {
        let call = self.call("views.task", ctx);
        self.ask(&call, |world, store| views(world).call_task(store, ctx, id))
    }

    /// One run of one task.
    pub fn run(&mut self, ctx: &Ctx, task: &str, run: &str) -> Answer<String> {
        let call = self.call("views.run", ctx);
        self.ask(&call, |world, store| {
            views(world).call_run(store, ctx, task, run)
        })
    }

    /// A page of events.
    pub fn events(&mut self, ctx: &Ctx, query: &EventsQuery) -> Answer<String> {
        let call = self.call("views.events", ctx);
        self.ask(&call, |world, store| {
            views(world).call_events(store, ctx, query)
        })
    }

    /// Counters and gauges.
    pub fn metrics(&mut self, ctx: &Ctx) -> Answer<String> {
        let call = self.call("views.metrics", ctx);
        self.ask(&call, |world, store| views(world).call_metrics(store, ctx))
    }

    /// The settings in force.
    pub fn settings(&mut self, ctx: &Ctx) -> Answer<String> {
        let call = self.call("views.settings", ctx);
        self.ask(&call, |world, store| views(world).call_settings(store, ctx))
    }

    /// The org chart as it is written.
    pub fn org(&mut self, ctx: &Ctx, query: &OrgQuery) -> Answer<String> {
        let call = self.call("views.org", ctx);
        self.ask(&call, |world, store| {
            views(world).call_org(store, ctx, query)
        })
    }

    /// What was used, by whom, within a window.
    pub fn usage(&mut self, ctx: &Ctx, by: &str, window: &str) -> Answer<String> {
        let call = self.call("views.usage", ctx);
        self.ask(&call, |world, store| {
            views(world).call_usage(store, ctx, by, window)
        })
    }

    /// What the notification rules would make of an event, or of every type of event.
    pub fn notifications(&mut self, ctx: &Ctx, event: Option<&str>) -> Answer<String> {
        let call = self.call("views.notifications", ctx);
        self.ask(&call, |world, store| {
            views(world).call_notifications(store, ctx, event)
        })
    }

    /// One page of what should be looked at, and of the comparison of log and cards.
    pub fn audit(&mut self, ctx: &Ctx, page: u32) -> Answer<String> {
        let call = self.call("views.audit", ctx);
        self.ask(&call, |world, store| {
            views(world).call_audit(store, ctx, page)
        })
    }

    fn call<'a>(&self, export: &'static str, ctx: &'a Ctx) -> Call<'a> {
        Call {
            export,
            ctx: Some(ctx),
            ms_max: self.limits.call_ms_max,
        }
    }

    fn timeless(&self, export: &'static str) -> Call<'static> {
        Call {
            export,
            ctx: None,
            ms_max: self.limits.call_ms_max,
        }
    }
}

fn lifecycle(world: &Orchestrator) -> &lifecycle::Guest {
    world.aof_orchestrator_lifecycle()
}

fn tools(world: &Orchestrator) -> &tools::Guest {
    world.aof_orchestrator_tools()
}

fn scheduler(world: &Orchestrator) -> &scheduler::Guest {
    world.aof_orchestrator_scheduler()
}

fn hooks(world: &Orchestrator) -> &hooks::Guest {
    world.aof_orchestrator_hooks()
}

fn views(world: &Orchestrator) -> &views::Guest {
    world.aof_orchestrator_views()
}
