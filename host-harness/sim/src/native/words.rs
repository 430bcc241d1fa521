//! Words of the contract to words of the domain and back, as the component's shell converts them.

use aof_core::caller::{Caller, Context};
use aof_core::effect::{Effect, Severity};
use aof_core::id::{AgentId, RunId};
use aof_core::instant::Instant;
use aof_core::org::Method;
use aof_core::org::drift::GatewayAgent;
use aof_core::refusal::{Kind, Refusal};
use aof_core::verb::FailureClass;
use aof_engine::{AdoptedRun, OrgLook, OrgQuery, Usage};
use aof_engine::{
    Definition, Ending, Opened, Outcome, QuarantinedFile, SessionEnd, Settlement, Start,
};
use aof_host::contract::types as wit;
use aof_host::contract::{hooks, lifecycle, tools, views};
use aof_host::instance::CallError;
use aof_store::event_log::Event;

/// A refusal as the component gives it.
pub(super) fn refused(refusal: &Refusal) -> CallError {
    CallError::Refused(error(refusal))
}

/// The context of a call.
pub(super) fn context(ctx: &wit::Ctx) -> Result<Context, CallError> {
    let caller = match &ctx.caller {
        wit::Caller::Agent(agent) => Caller::Agent {
            agent: AgentId::parse(&agent.agent)
                .map_err(|problem| refused(&Refusal::bad_id(&problem, "ctx.caller.agent")))?,
            run: agent
                .run
                .as_deref()
                .map(|run| run_id(run, "ctx.caller.run"))
                .transpose()?,
        },
        wit::Caller::Human(name) => Caller::Human(name.clone()),
        wit::Caller::Host => Caller::Host,
    };
    Ok(Context {
        now: Instant::from_ms(ctx.now),
        entropy: ctx.entropy,
        caller,
    })
}

/// A run id in an argument.
pub(super) fn run_id(text: &str, field: &str) -> Result<RunId, CallError> {
    RunId::parse(text).map_err(|problem| refused(&Refusal::bad_id(&problem, field)))
}

/// The start of a session.
pub(super) fn session_start(start: &hooks::SessionStart) -> Result<Start, CallError> {
    Ok(Start {
        run: run_id(&start.run, "started.run")?,
        session: start.session.clone(),
    })
}

fn error(refusal: &Refusal) -> wit::Error {
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

/// What opening found.
pub(super) fn opened(opened: Opened) -> lifecycle::Opened {
    lifecycle::Opened {
        epoch: opened.epoch,
        settings: opened.settings,
        repaired: opened.repaired,
        quarantined: opened.quarantined.into_iter().map(quarantined).collect(),
        adopted: opened.adopted.into_iter().map(adopted).collect(),
        effects: opened.effects.into_iter().map(effect).collect(),
        events: opened.events.into_iter().map(event).collect(),
    }
}

fn adopted(run: AdoptedRun) -> lifecycle::AdoptedRun {
    lifecycle::AdoptedRun {
        project: run.project.to_string(),
        task: run.task.to_string(),
        run: run.run.to_string(),
        agent: run.agent.to_string(),
        session: run.session,
        run_dir: run.run_dir,
    }
}

fn quarantined(file: QuarantinedFile) -> lifecycle::Quarantined {
    lifecycle::Quarantined {
        path: file.path,
        error: error(&file.error),
    }
}

/// What an acting call returns.
pub(super) fn outcome(outcome: Outcome) -> wit::Outcome {
    wit::Outcome {
        value: outcome.value,
        effects: outcome.effects.into_iter().map(effect).collect(),
        events: outcome.events.into_iter().map(event).collect(),
    }
}

/// One tool.
pub(super) fn definition(tool: Definition) -> tools::Definition {
    tools::Definition {
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
    }
}

fn effect(effect: Effect) -> wit::Effect {
    let key = effect.key();
    let method = match &effect {
        Effect::Spawn(spawn) if spawn.method() == Some(Method::Send) => wit::Method::Send,
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

fn event(event: Event) -> wit::Event {
    wit::Event {
        id: event.id,
        at: event.at.ms(),
        kind: event.kind,
        actor: event.actor,
        project: event.project.map(|project| project.to_string()),
        task: event.task.map(|task| task.to_string()),
        run: event.run.map(|run| run.to_string()),
        payload: event.payload.to_string(),
    }
}

/// One agent that the gateway knows.
pub(super) fn gateway_agent(agent: &hooks::SeenAgent) -> GatewayAgent {
    GatewayAgent {
        id: agent.id.clone(),
        name: agent.name.clone(),
        model: agent.model.clone(),
        provider: agent.provider.clone(),
        is_active: agent.active,
        has_profile: agent.profile,
    }
}

/// What became of an effect.
pub(super) fn settlement(settlement: &hooks::Settlement) -> Settlement {
    match settlement {
        hooks::Settlement::Done(result) => Settlement::Done(result.clone()),
        hooks::Settlement::Failed(failure) => Settlement::Failed {
            class: match failure.class {
                hooks::FailureClass::Permanent => FailureClass::Permanent,
                hooks::FailureClass::Unsupported => FailureClass::Unsupported,
                hooks::FailureClass::RateLimited => FailureClass::RateLimited,
                hooks::FailureClass::Transient => FailureClass::Transient,
                hooks::FailureClass::Capacity => FailureClass::Capacity,
            },
            message: failure.message.clone(),
        },
    }
}

/// The end of a session.
pub(super) fn session_end(end: &hooks::SessionEnd) -> SessionEnd {
    SessionEnd {
        ending: match &end.ending {
            hooks::Ending::Exited(code) => Ending::Exited(*code),
            hooks::Ending::Killed(why) => Ending::Killed(why.clone()),
            hooks::Ending::TimedOut => Ending::TimedOut,
            hooks::Ending::Lost => Ending::Lost,
        },
        duration_ms: end.duration_ms,
        output_tail: end.output_tail.clone(),
        usage: end.usage.as_ref().map(|usage| Usage {
            model: usage.model.clone(),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: usage.cost_micros,
        }),
    }
}

/// What to say about the org chart.
pub(super) fn org_query(query: &views::OrgQuery) -> OrgQuery {
    OrgQuery {
        look: match query.look {
            views::OrgLook::Lint => OrgLook::Lint,
            views::OrgLook::Show => OrgLook::Show,
            views::OrgLook::Drift => OrgLook::Drift,
        },
        text: query.text.clone(),
        path: query.path.clone(),
        edit: query.edit.clone().map(|edit| (edit.path, edit.value)),
        is_lenient: query.lenient,
        agents: query.agents.clone(),
    }
}
