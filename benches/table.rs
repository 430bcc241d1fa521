//! The tables of `docs/performance.md`: medians, minima, ratios, and what was promised.
//!
//! Never rounds in favour of anybody. Invariant: a ratio is one of minima, which other work on the
//! machine disturbs least.

use std::fmt::Write as _;
use std::path::Path;

use crate::fact::Facts;
use crate::sample::Sample;

/// Name of the floor in the results.
pub const FLOOR: &str = "floor";

/// Group of benches, and what it is for people.
const ROWS: [(&str, &str); 30] = [
    (
        "export-next-due",
        "export call that looks up a number (`next-due`)",
    ),
    (
        "export-metrics",
        "export call with a JSON answer (`metrics`)",
    ),
    ("idle-100", "idle poll, 100 cards"),
    ("idle-1000", "idle poll, 1,000 cards"),
    ("idle-10000", "idle poll, 10,000 cards"),
    ("idle-10000-history", "the same and 100,000 finished cards"),
    (
        "idle-10000-sweep",
        "idle poll, 10,000 cards, with the sweep for edits in place",
    ),
    ("change-10000", "poll after one changed card, 10,000 cards"),
    ("open-1000", "cold open, 1,000 cards"),
    ("open-10000", "cold open, 10,000 cards"),
    (
        "open-10000-history",
        "cold open, 10,000 cards and 100,000 finished",
    ),
    ("create-durable", "create (`aof_dispatch`), durable"),
    ("create-relaxed", "create, without flushes"),
    (
        "complete-durable",
        "transition (`aof_task_complete`), durable",
    ),
    ("complete-relaxed", "transition, without flushes"),
    (
        "start-ten-durable",
        "poll that starts ten tasks, 1,000 cards, durable",
    ),
    ("start-ten-relaxed", "the same without flushes"),
    (
        "sustain-durable",
        "one task of 1,000 from ready to done, simulated agents, durable",
    ),
    (
        "sustain-files",
        "the files and folders of such a task alone, with the same flush",
    ),
    (
        "decide-plan",
        "decision: a plan over 2,000 ready tasks with every agent busy",
    ),
    (
        "decide-plan-large",
        "decision: the same with 200 agents in 20 teams and 50 rules",
    ),
    (
        "decide-explain",
        "decision: explain one of these, routed by a rule",
    ),
    (
        "decide-start-ten",
        "decision: a poll that starts ten tasks, in memory",
    ),
    ("decide-create", "decision: create, in memory"),
    (
        "decide-workflow",
        "decision: check a workflow of 1,000 hops and 2,979 dependencies",
    ),
    (
        "workflow-three-hops",
        "one task of 200 with a workflow of three hops, from its first poll to its end, durable",
    ),
    (
        "workflow-event-10",
        "workflow: what follows from the end of one hop, of 10",
    ),
    ("workflow-event-1000", "workflow: the same of 1,000"),
    ("codec-parse", "reading one card of a kilobyte"),
    ("version", "`aof --version`, the whole process"),
];

/// A promise: of what, the greatest value allowed, the value measured, its unit.
struct Promise {
    what: &'static str,
    most: f64,
    measured: Option<f64>,
    unit: &'static str,
}

/// Everything that was measured, as Markdown. Benches that never ran are left out.
#[must_use]
pub fn results(criterion: &Path) -> String {
    let mut text = String::from(
        "| what | component | native | floor | ÷ native | ÷ floor |\n|---|---|---|---|---|---|\n",
    );
    for (group, title) in ROWS {
        let read = |function| Sample::read(criterion, group, function);
        let (component, native, floor) = (read("component"), read("native"), read(FLOOR));
        if component.or(native).or(floor).is_none() {
            continue;
        }
        line(
            &mut text,
            &[
                title.to_owned(),
                time(component),
                time(native),
                time(floor),
                ratio(component, native),
                ratio(component.or(native), floor),
            ],
        );
    }
    text
}

/// What the project promises beside what was measured, as Markdown.
#[must_use]
pub fn promises(criterion: &Path, facts: &Facts) -> String {
    let mut text = String::from("| promise | at most | measured | verdict |\n|---|---|---|---|\n");
    for promise in all_promises(criterion, facts) {
        let Promise {
            what,
            most,
            measured,
            unit,
        } = promise;
        let (shown, verdict) = match measured {
            Some(value) if value <= most => (format!("{value:.3} {unit}"), "kept"),
            Some(value) => (format!("{value:.3} {unit}"), "**missed**"),
            None => ("not measured".to_owned(), "–"),
        };
        line(
            &mut text,
            &[
                what.to_owned(),
                format!("{most} {unit}"),
                shown,
                verdict.to_owned(),
            ],
        );
    }
    text
}

/// Counts that no clock is needed for, as Markdown.
#[must_use]
pub fn counts(facts: &Facts) -> String {
    let rows = [
        ("size of the component", mebibytes(facts.component_bytes)),
        ("its memory, 10,000 cards", mebibytes(facts.memory_bytes)),
        (
            "its memory, 100,000 finished cards more",
            mebibytes(facts.memory_with_history_bytes),
        ),
        ("flushes: create", facts.flushes_of_create.to_string()),
        (
            "flushes: complete a task that nobody runs",
            facts.flushes_of_complete.to_string(),
        ),
        (
            "flushes: poll that starts ten tasks",
            facts.flushes_of_start_ten.to_string(),
        ),
    ];
    let mut text = String::from("| what | count |\n|---|---|\n");
    for (what, count) in rows {
        line(&mut text, &[what.to_owned(), count]);
    }
    text
}

fn all_promises(criterion: &Path, facts: &Facts) -> Vec<Promise> {
    let read = |group: &str, function: &str| Sample::read(criterion, group, function);
    let median = |group: &str, function| Some(read(group, function)?.median_ns / 1e6);
    let quotient = |of: (&str, &str), by: (&str, &str)| {
        Some(read(of.0, of.1)?.min_ns / read(by.0, by.1)?.min_ns)
    };
    let beside_native = |group| quotient((group, "component"), (group, "native"));
    let idle = "idle-10000";
    let growth = quotient(("idle-10000-history", "component"), (idle, "component"));
    let sweep = median("idle-10000-sweep", "component");
    let open = median("open-10000", "component");
    let size = Some(facts.component_bytes as f64 / MEBIBYTE);
    let version = median("version", "native");
    let decision = |what, group| (what, 1.5, beside_native(group), "×");
    let idle_growth = "growth of the idle poll by 100,000 finished cards";
    let idle_median = median(idle, "component");
    let large_plan = median("decide-plan-large", "component");
    let explain = median("decide-explain", "component");
    let workflow = median("decide-workflow", "component");
    let history = median("idle-10000-history", "component");
    // Of what is asked for and what the disk can flush, the slower.
    let slower = |flush: f64| flush.max(SUSTAINED_MS);
    let sustained = median("sustain-durable", "component")
        .zip(median("sustain-durable", FLOOR).map(slower))
        .map(|(task, asked)| task / asked);
    let promises = [
        (
            "plan, 10,000 cards, 2,000 ready, 200 agents, 50 rules",
            5.0,
            large_plan,
            "ms",
        ),
        ("explain", 1.0, explain, "ms"),
        ("check of a workflow of 1,000 hops", 10.0, workflow, "ms"),
        ("idle poll, 110,000 cards", 1.0, history, "ms"),
        (
            "a task from ready to done, beside 1 ms or what the disk needs to flush it",
            1.0,
            sustained,
            "×",
        ),
        ("idle poll, 10,000 cards", 1.0, idle_median, "ms"),
        ("idle poll, 10,000 cards, with the sweep", 1.0, sweep, "ms"),
        (idle_growth, 1.1, growth, "×"),
        ("cold open, 10,000 cards", 1_000.0, open, "ms"),
        ("size of the component", 2.0, size, "MiB"),
        ("start of `aof --version`", 20.0, version, "ms"),
        decision("decision path: plan, beside native", "decide-plan"),
        decision(
            "decision path: start ten, beside native",
            "decide-start-ten",
        ),
        decision("decision path: create, beside native", "decide-create"),
    ];
    let promise = |(what, most, measured, unit)| Promise {
        what,
        most,
        measured,
        unit,
    };
    promises.map(promise).into()
}

/// A thousand tasks a second.
const SUSTAINED_MS: f64 = 1.0;
const MEBIBYTE: f64 = 1_048_576.0;

fn mebibytes(bytes: usize) -> String {
    format!("{:.2} MiB", bytes as f64 / MEBIBYTE)
}

fn line(text: &mut String, cells: &[String]) {
    // Writing to a string cannot fail.
    writeln!(text, "| {} |", cells.join(" | ")).unwrap_or_default();
}

/// Median, with the minimum in brackets.
fn time(sample: Option<Sample>) -> String {
    sample.map_or_else(String::new, |sample| {
        format!(
            "{} ({})",
            duration(sample.median_ns),
            duration(sample.min_ns)
        )
    })
}

fn ratio(of: Option<Sample>, by: Option<Sample>) -> String {
    let both = of.zip(by);
    both.map_or_else(String::new, |(of, by)| {
        format!("{:.2}", of.min_ns / by.min_ns)
    })
}

/// Three digits and a unit.
fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let digits = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts {
        component_bytes: 3 << 20,
        memory_bytes: 1 << 20,
        memory_with_history_bytes: 2 << 20,
        flushes_of_create: 3,
        flushes_of_complete: 4,
        flushes_of_start_ten: 40,
    };

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let shown: Vec<String> = [5.0, 1_234.0, 45_678.0, 999_000.0, 2.5e9]
            .into_iter()
            .map(duration)
            .collect();
        assert_eq!(shown, ["5.00 ns", "1.23 µs", "45.7 µs", "999 µs", "2.50 s"]);
    }

    #[test]
    fn nothing_measured_is_an_empty_table_and_no_verdict() {
        let nowhere = Path::new("nowhere");
        assert_eq!(results(nowhere).lines().count(), 2);
        let promises = promises(nowhere, &FACTS);
        assert!(promises.contains("| size of the component | 2 MiB | 3.000 MiB | **missed** |"));
        assert!(promises.contains("| cold open, 10,000 cards | 1000 ms | not measured | – |"));
        assert!(counts(&FACTS).contains("| flushes: create | 3 |"));
    }
}
