//! `aof.yaml`.

use super::Proof::{Apart, By, Idle};
use super::Row;

const LIMITS: &str = "scheduler::sla::projects_and_settings_limit_every_status";
const ACTS: &str =
    "scheduler::sla::projects_and_settings_say_what_happens_and_who_is_told_how_often";
const SOCKET: &str = "executor::an_agent_completes_its_task_through_the_socket";
const AGENTS: &str = "host-harness/host/src/executor/settings.rs::\
                      an_agent_overrides_part_of_the_general_settings";
const SECTION: &str = "the executor is given its section as JSON";

const STOPS: &str = "scheduler::budget::a_spent_budget_stops_its_scope_until_the_window_turns";
const NEAR: &str = "scheduler::budget::people_are_told_once_when_it_is_nearly_spent";

pub(super) const ROWS: &[Row] = &[
    (
        "schemaVersion",
        Apart(
            "plugin/codec/src/settings/tests.rs::what_is_wrong_in_the_file_has_a_place",
            "a file of another version is refused before anything runs",
        ),
    ),
    (
        "scheduler.maxConcurrentDispatches",
        By("scheduler::reload::a_valid_edit_takes_effect_at_the_next_poll"),
    ),
    (
        "scheduler.maxDispatchesPerPoll",
        By("scheduler::knob::so_many_tasks_are_started_in_one_poll"),
    ),
    (
        "scheduler.minDispatchIntervalMs",
        By("scheduler::share::an_interval_holds_within_one_poll_and_wakes_the_scheduler"),
    ),
    (
        "scheduler.agingMs",
        By("scheduler::share::waiting_makes_a_task_more_urgent_but_never_critical"),
    ),
    (
        "scheduler.defaultLeaseTtlMs",
        By("scheduler::knob::a_lease_lives_so_long_without_a_sign_of_life"),
    ),
    (
        "scheduler.runTimeoutMs",
        By("scheduler::knob::a_run_may_take_so_long"),
    ),
    (
        "scheduler.pollIntervalMs",
        By("daemon::watch::an_edit_of_the_settings_takes_effect_at_once"),
    ),
    (
        "scheduler.retryBaseMs",
        By("scheduler::knob::the_first_retry_waits_so_long"),
    ),
    (
        "scheduler.failuresMax",
        By("scheduler::knob::so_many_failures_make_a_dead_letter"),
    ),
    (
        "scheduler.cascadeBlocks",
        By("scheduler::dependency::blocking_goes_on_to_dependents_only_where_it_is_asked_for"),
    ),
    ("budgets.tokensMax", By(STOPS)),
    ("budgets.costMicrosMax", By(NEAR)),
    ("budgets.window", By(STOPS)),
    ("budgets.alertAtPercent", By(NEAR)),
    ("sla.defaultMaxInProgressMs", By(LIMITS)),
    ("sla.researchMaxInProgressMs", By(LIMITS)),
    ("sla.defaultMaxQueueMs", By(LIMITS)),
    ("sla.defaultMaxReviewMs", By(LIMITS)),
    ("sla.defaultMaxBlockedMs", By(LIMITS)),
    ("sla.onViolation", By(ACTS)),
    ("sla.alerting.channel", By(ACTS)),
    ("sla.alerting.webhook", Idle),
    ("sla.alerting.rateLimitMinutes", By(ACTS)),
    ("executor.kind", By(SOCKET)),
    ("executor.program", By(SOCKET)),
    ("executor.arguments", By(SOCKET)),
    (
        "executor.environment",
        Apart(
            "executor::the_environment_holds_what_is_allowed_and_nothing_else",
            SECTION,
        ),
    ),
    (
        "executor.timeoutMs",
        Apart(
            "executor::a_timeout_ends_the_whole_group_even_if_it_resists",
            SECTION,
        ),
    ),
    ("executor.agents", Apart(AGENTS, SECTION)),
    (
        "executor.simulated",
        Apart(
            "host-harness/host/src/executor/settings.rs::the_simulated_kind_has_defaults",
            SECTION,
        ),
    ),
];
