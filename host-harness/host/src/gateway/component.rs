//! The component as the gateway sees it: the calls that it makes, and recovery.
//!
//! It adds nothing to [`Instance`]; it is a port so that the gateway can be tested against a
//! component that breaks on purpose.
//! Invariant: the methods mean what the contract says.

use crate::contract::hooks::{SeenAgent, SessionEnd, SessionStart, Settlement};
use crate::contract::lifecycle::Opened;
use crate::contract::scheduler::PollMode;
use crate::contract::tools::{Definition, Reply};
use crate::contract::types::{Ctx, Outcome};
use crate::contract::views::{BoardQuery, EventsQuery, OrgQuery};
use crate::instance::{CallError, Instance};

type Answer<T> = Result<T, CallError>;

macro_rules! port {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        /// The exports that a gateway calls.
        pub trait Component {
            /// True after a call broke it; only `recover` helps.
            fn is_poisoned(&self) -> bool;

            $(
                #[doc = concat!("See [`Instance::", stringify!($name), "`].")]
                fn $name(&mut self, $($arg: $ty),*) -> Answer<$ret>;
            )*
        }

        impl Component for Instance {
            fn is_poisoned(&self) -> bool {
                Instance::is_poisoned(self)
            }

            $(
                fn $name(&mut self, $($arg: $ty),*) -> Answer<$ret> {
                    Instance::$name(self, $($arg),*)
                }
            )*
        }
    };
}

port! {
    recover(ctx: &Ctx) -> Opened;
    close(ctx: &Ctx) -> ();
    list_tools() -> Vec<Definition>;
    call_tool(ctx: &Ctx, name: &str, arguments: &str) -> Reply;
    poll(ctx: &Ctx, mode: PollMode) -> Outcome;
    explain(ctx: &Ctx, task: &str) -> String;
    next_due() -> Option<u64>;
    effect_settled(ctx: &Ctx, key: &str, settlement: &Settlement) -> Outcome;
    session_started(ctx: &Ctx, started: &[SessionStart]) -> Outcome;
    session_heartbeat(ctx: &Ctx, run: &str) -> Outcome;
    session_ended(ctx: &Ctx, run: &str, end: &SessionEnd) -> Outcome;
    executor_changed(ctx: &Ctx, missing: Option<&str>) -> Outcome;
    agents_seen(ctx: &Ctx, agents: &[SeenAgent]) -> Outcome;
    store_changed(ctx: &Ctx) -> Outcome;
    board(ctx: &Ctx, query: &BoardQuery) -> String;
    mailbox(ctx: &Ctx, agent: &str) -> String;
    task(ctx: &Ctx, id: &str) -> String;
    run(ctx: &Ctx, task: &str, run: &str) -> String;
    events(ctx: &Ctx, query: &EventsQuery) -> String;
    metrics(ctx: &Ctx) -> String;
    settings(ctx: &Ctx) -> String;
    org(ctx: &Ctx, query: &OrgQuery) -> String;
    usage(ctx: &Ctx, by: &str, window: &str) -> String;
    notifications(ctx: &Ctx, event: Option<&str>) -> String;
    audit(ctx: &Ctx, page: u32) -> String;
}
