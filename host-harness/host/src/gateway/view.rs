//! Looking without touching: every view of the component, as JSON.
//!
//! Invariant: nothing here can change the store.

use serde_json::Value;

use crate::contract::tools::Definition;
use crate::contract::types::{Caller, Ctx};
use crate::contract::views::{BoardQuery, EventsQuery, OrgLook, OrgQuery};
use crate::instance::CallError;

use super::component::Component;
use super::error::GatewayError;
use super::stage::{Gateway, json};

type Answer = Result<Value, GatewayError>;

#[expect(
    clippy::missing_errors_doc,
    reason = "all fail alike: the component refuses or breaks"
)]
impl Gateway {
    /// Why a task runs, waits or stands where it stands.
    pub fn explain(&mut self, task: &str) -> Answer {
        self.look("scheduler.explain", |at, ctx| at.explain(ctx, task))
    }

    /// `{"board": …}`
    pub fn board(&mut self, query: &BoardQuery) -> Answer {
        self.look("views.board", |at, ctx| at.board(ctx, query))
    }

    /// `{"mailbox": …}`
    pub fn mailbox(&mut self, agent: &str) -> Answer {
        self.look("views.mailbox", |at, ctx| at.mailbox(ctx, agent))
    }

    /// `{"task": …}`, by id or unique prefix.
    pub fn task(&mut self, id: &str) -> Answer {
        self.look("views.task", |at, ctx| at.task(ctx, id))
    }

    /// `{"run": …}`
    pub fn run(&mut self, task: &str, run: &str) -> Answer {
        self.look("views.run", |at, ctx| at.run(ctx, task, run))
    }

    /// `{"events": […], "next": …}`
    pub fn events(&mut self, query: &EventsQuery) -> Answer {
        self.look("views.events", |at, ctx| at.events(ctx, query))
    }

    /// `{"metrics": …}`
    pub fn metrics(&mut self) -> Answer {
        self.look("views.metrics", |at, ctx| at.metrics(ctx))
    }

    /// `{"settings": …}`, each value with where it comes from.
    pub fn configuration(&mut self) -> Answer {
        self.look("views.settings", |at, ctx| at.settings(ctx))
    }

    /// `{"org": {…}}`; a comparison without a list of its own is with what the executor knows now.
    pub fn org(&mut self, query: &OrgQuery) -> Answer {
        if query.look == OrgLook::Drift && query.agents.is_none() {
            self.tell_agents()?;
        }
        self.look("views.org", |at, ctx| at.org(ctx, query))
    }

    /// `{"usage": …}`, by task, project, team, agent or model.
    pub fn usage(&mut self, by: &str, window: &str) -> Answer {
        self.look("views.usage", |at, ctx| at.usage(ctx, by, window))
    }

    /// `{"notifications": …}`: what the rules would make of an event; none for every type.
    pub fn notifications(&mut self, event: Option<&str>) -> Answer {
        self.look("views.notifications", |at, ctx| {
            at.notifications(ctx, event)
        })
    }

    /// `{"audit": {"findings": […], "next": …}}`, pages in order from 0.
    pub fn audit(&mut self, page: u32) -> Answer {
        self.look("views.audit", |at, ctx| at.audit(ctx, page))
    }

    /// The tools that the component offers.
    pub fn tools(&mut self) -> Result<Vec<Definition>, GatewayError> {
        self.call(Caller::Host, |at, _| at.list_tools())
    }

    fn look(
        &mut self,
        name: &'static str,
        view: impl FnOnce(&mut dyn Component, &Ctx) -> Result<String, CallError>,
    ) -> Answer {
        let text = self.call(Caller::Host, view)?;
        json(name, &text)
    }
}
