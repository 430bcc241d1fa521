//! News from the executor on its way into the component, and signs of life.
//!
//! Invariant: an end that the component could not take in is told again, and nothing overtakes it.

use crate::contract::types::{AgentCaller, Caller};
use crate::executor::News;

use super::effect::is_unwanted;
use super::error::GatewayError;
use super::stage::{Gateway, Tally};

/// Life of a lease when the settings do not say.
const LEASE_TTL_MS_DEFAULT: u64 = 600_000;

/// What pumping did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pumped {
    /// News delivered to the component.
    pub news: usize,
    /// Sessions that ended.
    pub ended: usize,
    /// Effects executed.
    pub effects: usize,
    /// Sessions started.
    pub started: usize,
}

impl Gateway {
    /// Delivers news to the component and executes what comes of it.
    ///
    /// # Errors
    /// The component's failure; what was not delivered is delivered by the next pump.
    pub fn pump(&mut self) -> Result<Pumped, GatewayError> {
        self.tally = Tally::default();
        let mut pumped = Pumped::default();
        self.drain()?;
        let news = self.executor.news();
        self.inbox.extend(news);
        while let Some(item) = self.inbox.pop_front() {
            pumped.news += 1;
            pumped.ended += usize::from(matches!(item, News::Ended { .. }));
            self.deliver(item)?;
        }
        self.beat()?;
        self.drain()?;
        pumped.effects = self.tally.effects;
        pumped.started = self.tally.started;
        Ok(pumped)
    }

    fn deliver(&mut self, item: News) -> Result<(), GatewayError> {
        let key = run_of(&item).to_owned();
        if self.has_struck_out(&key) {
            tracing::error!(
                run = key,
                "news that keeps breaking the component is dropped"
            );
            self.strikes.remove(&key);
            self.sessions.remove(&key);
            return Ok(());
        }
        let result = match &item {
            News::Ended { run, end } => self.session_ended(run, end).map(|_| ()),
            News::Heartbeat { run } => self.heartbeat(run),
            News::Tool {
                run,
                name,
                arguments,
            } => self.tool_of(run, name, arguments),
        };
        if matches!(item, News::Ended { .. }) && !matches!(&result, Err(e) if !e.is_refusal()) {
            self.sessions.remove(&key);
        }
        let broke = result.as_ref().is_err_and(|error| !error.is_refusal());
        // A new component knows nothing of this piece of news, so it always comes again.
        let again = broke.then(|| item.clone());
        let kept = self.keep(result, &key, |_| {});
        if let Some(item) = again {
            self.inbox.push_front(item);
        }
        kept
    }

    fn tool_of(&mut self, run: &str, name: &str, arguments: &str) -> Result<(), GatewayError> {
        let Some(session) = self.sessions.get(run) else {
            return Ok(());
        };
        let caller = Caller::Agent(AgentCaller {
            agent: session.agent.clone(),
            session: Some(session.session.clone()),
            run: Some(run.to_owned()),
        });
        self.tool(caller, name, arguments).map(|_| ())
    }

    /// Tells of every session that lives, often enough that no lease runs out.
    fn beat(&mut self) -> Result<(), GatewayError> {
        let now = self.clock.now_ms();
        let due = self
            .sessions
            .iter()
            .filter(|(_, session)| session.heartbeat_at_ms <= now);
        let due: Vec<String> = due.map(|(run, _)| run.clone()).collect();
        for run in due {
            self.heartbeat(&run)?;
        }
        Ok(())
    }

    fn heartbeat(&mut self, run: &str) -> Result<(), GatewayError> {
        let outcome = self.call(Caller::Host, |at, ctx| at.session_heartbeat(ctx, run));
        let answer = outcome.and_then(|it| self.absorb(it, "hooks.session-heartbeat"));
        let next = match answer {
            // Without a lease there is nothing to keep alive; the session still ends as it will.
            answer if is_unwanted(&answer) => u64::MAX,
            Ok(_) => self
                .clock
                .now_ms()
                .saturating_add(self.heartbeat_every_ms()),
            Err(error) => return Err(error),
        };
        self.next_beat(run, next);
        Ok(())
    }

    fn next_beat(&mut self, run: &str, at_ms: u64) {
        if let Some(session) = self.sessions.get_mut(run) {
            session.heartbeat_at_ms = at_ms;
        }
    }

    /// A third of a lease: two may get lost.
    pub(super) fn heartbeat_every_ms(&self) -> u64 {
        let ttl_ms = self.settings.pointer("/scheduler/defaultLeaseTtlMs");
        let ttl_ms = ttl_ms
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(LEASE_TTL_MS_DEFAULT);
        (ttl_ms / 3).max(1)
    }
}

fn run_of(item: &News) -> &str {
    match item {
        News::Ended { run, .. } | News::Heartbeat { run } | News::Tool { run, .. } => run,
    }
}
