//! What is read of files, and what instead of it.
//!
//! Only words. Invariant: what a defect does not touch is read as it is.

use super::Defect;
use crate::check::place;

/// What is read, and what stands there.
type Swap = (&'static str, &'static str);

const CHART: &str = "org/org-chart.yaml";
const SETTINGS: &str = "aof.yaml";
const MANIFEST: &str = "/project.yaml";

const NO_CAP: [Swap; 2] = [
    ("maxConcurrent: 1", "maxConcurrent: 8"),
    ("maxConcurrent: 2", "maxConcurrent: 8"),
];
const NO_PAUSE: [Swap; 4] = [
    ("minIntervalMs: 500", "minIntervalMs: 5"),
    ("minIntervalMs: 1000", "minIntervalMs: 1"),
    ("minIntervalMs: 1500", "minIntervalMs: 1"),
    ("minIntervalMs: 2000", "minIntervalMs: 2"),
];
const NO_HEAD: [Swap; 4] = [
    (", lead: agent-0,", ","),
    (", lead: agent-1,", ","),
    (", orchestrator: agent-0,", ","),
    (", orchestrator: agent-1,", ","),
];
const OTHER_TARGETS: [Swap; 2] = [
    ("targetTeam: team-1", "targetTeam: team-0"),
    ("targetRole: proof", "targetTeam: headless"),
];
const ALL_URGENCIES: [Swap; 1] = [(
    "allowedPriorities: [normal",
    "allowedPriorities: [low, high, critical, normal",
)];
const AN_HOUR_AGO: [Swap; 1] = [(
    "lastTransitionAt: 2026-01-01T10:",
    "lastTransitionAt: 2026-01-01T09:",
)];
const SHORT: [Swap; 3] = [
    ("Ms: 120000", "Ms: 60000"),
    ("Ms: 300000", "Ms: 60000"),
    ("Ms: 400000", "Ms: 60000"),
];
const LONG: [Swap; 4] = [
    ("Ms: 120000", "Ms: 80000000"),
    ("Ms: 240000", "Ms: 80000000"),
    ("Ms: 300000", "Ms: 80000000"),
    ("Ms: 400000", "Ms: 80000000"),
];
const SOFT: [Swap; 2] = [
    ("onViolation: block", "onViolation: alert"),
    ("onViolation: deadletter", "onViolation: alert"),
];
const OFTEN: [Swap; 2] = [
    ("rateLimitMinutes: 2", "rateLimitMinutes: 1"),
    ("rateLimitMinutes: 3", "rateLimitMinutes: 1"),
];

const RICH: [Swap; 1] = [("tokensMax: ", "tokensMax: 99")];

const NONE_SENT_BACK: [Swap; 2] = [
    ("rejectionCount: 1", "rejectionCount: 0"),
    ("rejectionCount: 2", "rejectionCount: 0"),
];

/// How a file is read wrong.
pub(super) fn of(defect: Defect, path: &str) -> &'static [Swap] {
    let is_manifest = path.ends_with(MANIFEST);
    match defect {
        Defect::IgnoreAgentCap if path == CHART => &[("concurrency: ", "concurrency: 9")],
        Defect::IgnoreTeamCap if path == CHART => &NO_CAP,
        Defect::IgnoreProjectCap if is_manifest => &NO_CAP,
        Defect::IgnoreRunCap if path == SETTINGS => {
            &[("maxConcurrentDispatches: ", "maxConcurrentDispatches: 9")]
        }
        Defect::IgnorePace if path == CHART => &NO_PAUSE,
        Defect::IgnoreProjectPace if is_manifest => &NO_PAUSE,
        Defect::IgnoreRunPace if path == SETTINGS => {
            &[("minDispatchIntervalMs: 700", "minDispatchIntervalMs: 0")]
        }
        Defect::IgnorePauses if is_manifest => &[("status: paused", "status: active")],
        Defect::AssignInactive if path == CHART => &[("active: false", "active: true")],
        Defect::OverlookAgents if path == CHART => &[("active: true", "active: false")],
        Defect::IgnoreUrgency if path == CHART => &ALL_URGENCIES,
        Defect::OverrateAgents if path == CHART => &[(" tags: [", " tags: [ink, press, proof, ")],
        Defect::ReplacePeople if path == CHART => &[("requireHuman: true", "requireHuman: false")],
        Defect::ForgetMoves if place(path).is_some() => &AN_HOUR_AGO,
        Defect::SkipWaiting if place(path).is_some() => &[("status: pending", "status: skipped")],
        Defect::ForgetRejections if place(path).is_some() => &NONE_SENT_BACK,
        Defect::MisreadRules if path == CHART => &OTHER_TARGETS,
        Defect::OverlookHeads if path == CHART => &NO_HEAD,
        Defect::FreeDelegation if path == CHART => &[("canDelegate: false", "canDelegate: true")],
        Defect::RefuseDelegation if path == CHART => &[("canDelegate: true", "canDelegate: false")],
        Defect::HurryLimits if is_manifest || path == SETTINGS => &SHORT,
        Defect::OverlookLimits if is_manifest || path == SETTINGS => &LONG,
        Defect::SoftenLimits if is_manifest || path == SETTINGS => &SOFT,
        Defect::Overspend if path == CHART || path == SETTINGS || is_manifest => &RICH,
        Defect::Nag if path == SETTINGS => &OFTEN,
        _ => &[],
    }
}
