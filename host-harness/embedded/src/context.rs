//! What a call may know of the world, as WASI tells it.

use wasip2::clocks::wall_clock;
use wasip2::random::random::get_random_u64;

use crate::bindings::aof::orchestrator::types::{AgentCaller, Caller, Ctx};

/// Who calls if the host names nobody.
const OPERATOR: &str = "operator";

/// What the host itself does, as opening and closing.
pub fn by_host() -> Ctx {
    context(Caller::Host)
}

/// What somebody does whom the host names in its environment.
pub fn by_caller() -> Ctx {
    context(caller())
}

/// The clock and the dice of the host.
fn context(caller: Caller) -> Ctx {
    let now = wall_clock::now();
    let seconds = now.seconds.saturating_mul(1_000);
    Ctx {
        now: seconds.saturating_add(u64::from(now.nanoseconds) / 1_000_000),
        entropy: (get_random_u64(), get_random_u64()),
        caller,
    }
}

fn caller() -> Caller {
    match variable("AOF_AGENT_ID") {
        Some(agent) => Caller::Agent(AgentCaller {
            agent,
            session: None,
            run: variable("AOF_RUN_ID"),
        }),
        None => Caller::Human(OPERATOR.to_owned()),
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
