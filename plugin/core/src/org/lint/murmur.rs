//! Reviews that never happen, or that nobody does.

use crate::diagnostic::Level;
use crate::suggest;

use super::super::{Murmur, OrgChart, Team, Trigger, TriggerKind};
use super::{Issue, LintRule, Place, excerpt};

/// What a reviewer can be given. Source: AOF 1.20.
const CONTEXT: [&str; 3] = ["vision", "roadmap", "taskSummary"];

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found = Vec::new();
    for (at, team) in chart.teams.iter().enumerate() {
        let Some(murmur) = &team.murmur else { continue };
        let place = Place::top("teams").named(at, team.id.as_str());
        let place = place.key("murmur");
        found.extend(reviewer(team, &place));
        let triggers = murmur.triggers.iter().enumerate();
        found.extend(triggers.filter_map(|(at, trigger)| {
            let place = place.clone().key("triggers").item(at);
            incomplete(*trigger, place)
        }));
        found.extend(context(murmur, &place));
    }
    found
}

fn reviewer(team: &Team, place: &Place) -> Option<Issue> {
    if team.orchestrator.is_some() {
        return None;
    }
    let hint = "name an `orchestrator` for the team";
    let message = match &team.lead {
        Some(lead) => format!(
            "team `{}` has no orchestrator to review its work; its lead `{lead}` is the next best",
            team.id
        ),
        None => format!("team `{}` has nobody to review its work", team.id),
    };
    let rule = LintRule::MurmurNeedsOrchestrator;
    let mut issue = Issue::new(rule, place.clone(), message, hint);
    if team.lead.is_some() {
        issue.level = Level::Warning;
    }
    Some(issue)
}

fn incomplete(trigger: Trigger, place: Place) -> Option<Issue> {
    let kind = trigger.kind;
    match kind {
        TriggerKind::CompletionBatch | TriggerKind::FailureBatch if trigger.threshold.is_none() => {
            let message = format!("`{kind}` does not say after how many tasks");
            let hint = "add `threshold`, for example 10";
            let rule = LintRule::TriggerNeedsThreshold;
            Some(Issue::new(rule, place, message, hint))
        }
        TriggerKind::Interval if trigger.interval_ms.is_none() => {
            let message = format!("`{kind}` does not say after how long");
            let hint = "add `intervalMs`, for example 3600000 for an hour";
            let rule = LintRule::TriggerNeedsInterval;
            Some(Issue::new(rule, place, message, hint))
        }
        _ => None,
    }
}

fn context(murmur: &Murmur, place: &Place) -> Vec<Issue> {
    let words = murmur.context.iter().enumerate();
    let unknown = words.filter(|(_, word)| !CONTEXT.contains(&word.as_str()));
    let issue = |(at, word): (usize, &String)| {
        let message = format!("a reviewer cannot be given `{}`", excerpt(word));
        let hint = match suggest::nearest(word, CONTEXT.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "there are `vision`, `roadmap` and `taskSummary`".to_owned(),
        };
        let place = place.clone().key("context").item(at);
        Issue::new(LintRule::UnknownMurmurContext, place, message, &hint)
    };
    unknown.map(issue).collect()
}
