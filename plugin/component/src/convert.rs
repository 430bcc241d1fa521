//! Words of the contract to words of the domain and back.

use aof_core::caller::{Caller, Context};
use aof_core::effect::{Effect, Severity};
use aof_core::id::{AgentId, RunId};
use aof_core::instant::Instant;
use aof_core::json::ToLine as _;
use aof_core::org::Method;
use aof_core::org::drift::GatewayAgent;
use aof_core::refusal::{Kind, Refusal};
use aof_core::verb::FailureClass;
use aof_engine::{Ending, Outcome, QuarantinedFile, SessionEnd, Settlement, Start, Usage};
use aof_store::event_log::Event;

use crate::bindings::aof::orchestrator::types as wit;
use crate::bindings::exports::aof::orchestrator::{hooks, lifecycle};

/// The context of a call. Names that the host gives for the caller are checked like any other.
pub(crate) fn context(ctx: wit::Ctx) -> Result<Context, wit::Error> {
    let caller = match ctx.caller {
        wit::Caller::Agent(agent) => Caller::Agent {
            agent: AgentId::parse(&agent.agent)
                .map_err(|problem| error(&Refusal::bad_id(&problem, "ctx.caller.agent")))?,
            run: agent
                .run
                .map(|run| run_id(&run, "ctx.caller.run"))
                .transpose()?,
        },
        wit::Caller::Human(name) => Caller::Human(name),
        wit::Caller::Host => Caller::Host,
    };
    Ok(Context {
        now: Instant::from_ms(ctx.now),
        entropy: ctx.entropy,
        caller,
    })
}

/// An agent as the gateway tells it.
pub(crate) fn gateway_agent(agent: hooks::SeenAgent) -> GatewayAgent {
    GatewayAgent {
        id: agent.id,
        name: agent.name,
        model: agent.model,
        provider: agent.provider,
        is_active: agent.active,
        has_profile: agent.profile,
    }
}

/// A run id in an argument.
pub(crate) fn run_id(text: &str, field: &str) -> Result<RunId, wit::Error> {
    RunId::parse(text).map_err(|problem| error(&Refusal::bad_id(&problem, field)))
}

/// The start of a session.
pub(crate) fn session_start(start: hooks::SessionStart) -> Result<Start, wit::Error> {
    Ok(Start {
        run: run_id(&start.run, "started.run")?,
        session: start.session,
    })
}

/// A refusal as the contract's error.
pub(crate) fn error(refusal: &Refusal) -> wit::Error {
    let kind = match refusal.kind {
        Kind::Refused => wit::ErrorKind::Refused,
        Kind::Conflict => wit::ErrorKind::Conflict,
        Kind::Broken => wit::ErrorKind::Broken,
    };
    wit::Error {
        code: refusal.code.to_owned(),
        kind,
        message: refusal.message.clone(),
        hint: refusal.hint.clone(),
        where_: refusal.location.clone(),
        retryable: refusal.is_retryable(),
    }
}

/// What an acting call returns.
pub(crate) fn outcome(outcome: Outcome) -> wit::Outcome {
    wit::Outcome {
        value: outcome.value,
        effects: outcome.effects.into_iter().map(effect).collect(),
        events: outcome.events.into_iter().map(event).collect(),
    }
}

/// One effect.
pub(crate) fn effect(effect: Effect) -> wit::Effect {
    let key = effect.key();
    let method = match &effect {
        Effect::Spawn(spawn) if spawn.method() == Some(Method::Send) => wit::Method::Send,
        // An offer is made by the component and needs no host.
        _ => wit::Method::Spawn,
    };
    match effect {
        Effect::Spawn(spawn) => wit::Effect::Spawn(wit::SpawnEffect {
            key,
            project: spawn.project.to_string(),
            task: spawn.task.to_string(),
            title: spawn.title,
            run: spawn.run.to_string(),
            attempt: spawn.attempt,
            hop: None,
            agent: spawn.agent.to_string(),
            method,
            session_key: spawn.session_key,
            card_path: spawn.card_path,
            work_dir: spawn.work_dir,
            run_dir: spawn.run_dir,
            timeout_ms: spawn.timeout_ms,
            prompt: spawn.prompt,
        }),
        Effect::Cancel(cancel) => wit::Effect::Cancel(wit::CancelEffect {
            key,
            run: cancel.run.to_string(),
            session: cancel.session,
            reason: cancel.reason,
        }),
        Effect::Notify(notify) => wit::Effect::Notify(wit::NotifyEffect {
            key,
            severity: match notify.severity {
                Severity::Info => wit::Severity::Info,
                Severity::Warn => wit::Severity::Warn,
                Severity::Critical => wit::Severity::Critical,
            },
            audience: notify.audience.unwrap_or_else(|| "operator".to_owned()),
            channel: notify.channel,
            task: notify.task.map(|task| task.to_string()),
            message: notify.message,
        }),
    }
}

/// One event.
pub(crate) fn event(event: Event) -> wit::Event {
    wit::Event {
        id: event.id,
        at: event.at.ms(),
        kind: event.kind,
        actor: event.actor,
        project: event.project.map(|project| project.to_string()),
        task: event.task.map(|task| task.to_string()),
        run: event.run.map(|run| run.to_string()),
        payload: event.payload.to_line(),
    }
}

/// A file that is not served.
pub(crate) fn quarantined(file: QuarantinedFile) -> lifecycle::Quarantined {
    lifecycle::Quarantined {
        path: file.path,
        error: error(&file.error),
    }
}

/// What became of an effect.
pub(crate) fn settlement(settlement: hooks::Settlement) -> Settlement {
    match settlement {
        hooks::Settlement::Done(result) => Settlement::Done(result),
        hooks::Settlement::Failed(failure) => Settlement::Failed {
            class: match failure.class {
                hooks::FailureClass::Permanent => FailureClass::Permanent,
                hooks::FailureClass::Unsupported => FailureClass::Unsupported,
                hooks::FailureClass::RateLimited => FailureClass::RateLimited,
                hooks::FailureClass::Transient => FailureClass::Transient,
                hooks::FailureClass::Capacity => FailureClass::Capacity,
            },
            message: failure.message,
        },
    }
}

/// The end of a session.
pub(crate) fn session_end(end: hooks::SessionEnd) -> SessionEnd {
    SessionEnd {
        ending: match end.ending {
            hooks::Ending::Exited(code) => Ending::Exited(code),
            hooks::Ending::Killed(why) => Ending::Killed(why),
            hooks::Ending::TimedOut => Ending::TimedOut,
            hooks::Ending::Lost => Ending::Lost,
        },
        duration_ms: end.duration_ms,
        output_tail: end.output_tail,
        usage: end.usage.map(|usage| Usage {
            model: usage.model,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: usage.cost_micros,
        }),
    }
}
