//! Agents that cannot be reached the way they ask for.

use crate::diagnostic::Level;

use super::super::{Agent, Method, OrgChart};
use super::{Issue, LintRule, Place};

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let agents = chart.agents.iter().enumerate();
    agents.filter_map(send_without_session).collect()
}

/// Who asks for `send` needs a session to send to. Another way that is written down makes it a
/// warning; one that is only assumed does not.
fn send_without_session((at, agent): (usize, &Agent)) -> Option<Issue> {
    let comms = &agent.comms;
    if comms.preferred != Some(Method::Send) || comms.session_key.is_some() {
        return None;
    }
    let written = comms.fallbacks.as_deref().unwrap_or_default();
    let other = written.iter().find(|method| **method != Method::Send);
    let place = Place::top("agents").named(at, agent.id.as_str());
    let place = place.key("comms").key("preferred");
    let message = match other {
        Some(method) => format!(
            "`{}` prefers `send` and has no session to send to: it always gets `{method}`",
            agent.id
        ),
        None => format!(
            "`{}` prefers `send` and has no session to send to",
            agent.id
        ),
    };
    let hint = "add `sessionKey`, or prefer `spawn` or `cli`";
    let mut issue = Issue::new(LintRule::SendNeedsSessionKey, place, message, hint);
    if other.is_some() {
        issue.level = Level::Warning;
    }
    Some(issue)
}
