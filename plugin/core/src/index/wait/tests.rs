//! Cycles, parts and dependents, compared with what a naive look at all rows says.

use super::*;
use crate::card::Routing;
use crate::dependency::DependencyPolicy;
use crate::dice::Dice;
use crate::id::{AgentId, ProjectId};
use crate::index::Finished;
use crate::instant::Instant;
use crate::priority::Priority;

fn task(number: u64) -> TaskId {
    TaskId::parse(&format!("TASK-2026-02-17-{number:03}")).unwrap()
}

fn row(status: Status, depends_on: &[u64], whole: Option<u64>) -> Row {
    Row {
        project: ProjectId::parse("p").unwrap(),
        status,
        title: String::new(),
        priority: Priority::Normal,
        routing: Routing {
            agent: AgentId::parse("a").ok(),
            ..Routing::default()
        },
        depends_on: depends_on.iter().map(|number| task(*number)).collect(),
        dependency_policy: DependencyPolicy::Done,
        parent_id: whole.map(|number| Box::new(task(number))),
        is_forced: false,
        is_held: false,
        sla: None,
        created_at: Instant::from_ms(0),
        last_transition_at: Instant::from_ms(0),
        resource: None,
        lease: None,
        retry_at: None,
        reason: None,
        timeout_ms: None,
        flow: None,
        hop: None,
        budget: None,
        revision: 1,
        is_moved: false,
    }
}

fn index(rows: &[(u64, &[u64], Option<u64>)]) -> TaskIndex {
    let mut index = TaskIndex::default();
    for (number, depends_on, whole) in rows {
        index.put(task(*number), row(Status::Backlog, depends_on, *whole));
    }
    index.find_cycles();
    index
}

fn snags(index: &TaskIndex) -> Vec<String> {
    let told = index
        .stranded()
        .map(|(id, row)| format!("{id}: {}", index.snag(id, row).unwrap()));
    let told: Vec<String> = told.collect();
    told.iter()
        .map(|text| text.replace("TASK-2026-02-17-", ""))
        .collect()
}

#[test]
fn a_cycle_is_told_to_those_in_it_only() {
    let index = index(&[
        (1, &[2], None),
        (2, &[1], None),
        (3, &[1], None),
        (4, &[], None),
        (5, &[5], None),
    ]);
    let expected = [
        "001: cycle: 001 → 002 → 001",
        "002: cycle: 001 → 002 → 001",
        "005: cycle: 005 → 005",
    ];
    assert_eq!(snags(&index), expected);
    let free: Vec<&TaskId> = index.promotable().map(|(id, _)| id).collect();
    assert_eq!(free, [&task(4)]);
}

#[test]
fn a_part_that_depends_on_its_whole_waits_for_itself() {
    let index = index(&[(1, &[], None), (2, &[1], Some(1))]);
    let expected = ["001: cycle: 001 → 002 → 001", "002: cycle: 001 → 002 → 001"];
    assert_eq!(snags(&index), expected);
}

#[test]
fn a_cycle_through_work_that_is_under_way_is_none() {
    let mut index = index(&[(1, &[2], None), (2, &[1], None)]);
    index.put(task(1), row(Status::InProgress, &[2], None));
    index.find_cycles();
    assert_eq!(snags(&index), [""; 0]);
    index.put(task(1), row(Status::Ready, &[2], None));
    index.find_cycles();
    assert_eq!(snags(&index).len(), 2, "it is back in the queue");
}

#[test]
fn a_broken_cycle_leaves_the_other_one_that_it_shared_a_task_with() {
    let mut index = index(&[(1, &[2, 3], None), (2, &[1], None), (3, &[1], None)]);
    assert_eq!(snags(&index).len(), 2, "{:?}", snags(&index));
    let broken = if snags(&index).iter().any(|it| it.starts_with("002")) {
        2
    } else {
        3
    };
    index.put(task(broken), row(Status::Backlog, &[], None));
    index.find_cycles();
    assert_eq!(snags(&index).len(), 2, "{:?}", snags(&index));
    assert!(
        !snags(&index)
            .iter()
            .any(|it| it.starts_with(&format!("00{broken}")))
    );
}

#[test]
fn the_parts_of_a_whole_end_where_another_begins() {
    let index = index(&[
        (1, &[], None),
        (2, &[], Some(1)),
        (3, &[], Some(1)),
        (4, &[], Some(2)),
    ]);
    let parts: Vec<&TaskId> = index.open_parts(&task(1)).map(|(id, _)| id).collect();
    assert_eq!(parts, [&task(2), &task(3)]);
    assert_eq!(index.open_parts(&task(4)).count(), 0);
}

#[test]
fn a_way_names_everybody_on_it() {
    let index = index(&[
        (1, &[2], None),
        (2, &[], None),
        (3, &[], Some(2)),
        (4, &[], None),
    ]);
    assert_eq!(
        index.way(&task(1), &task(3)),
        Some(vec![task(1), task(2), task(3)])
    );
    assert_eq!(index.way(&task(1), &task(1)), Some(vec![task(1)]));
    assert_eq!(index.way(&task(1), &task(4)), None);
}

#[test]
fn a_long_chain_is_followed_without_recursion() {
    let mut index = TaskIndex::default();
    for number in 1..999 {
        index.put(task(number), row(Status::Backlog, &[number + 1], None));
    }
    index.put(task(999), row(Status::Backlog, &[1], None));
    index.find_cycles();
    assert_eq!(index.stranded().count(), 999);
}

/// Rows thrown by dice, changed one by one: what the index keeps is what its rows say.
#[test]
fn the_sets_agree_with_the_rows_after_any_changes() {
    let mut dice = Dice::new((7, 11));
    let mut index = TaskIndex::default();
    let at_most = 12;
    for round in 0..4_000 {
        let id = task(1 + dice.roll() % at_most);
        let statuses = [
            Status::Backlog,
            Status::Ready,
            Status::Blocked,
            Status::InProgress,
            Status::Deadletter,
        ];
        let edges: Vec<u64> = (0..dice.roll() % 3)
            .map(|_| 1 + dice.roll() % at_most)
            .collect();
        let whole = dice
            .roll()
            .is_multiple_of(4)
            .then(|| 1 + dice.roll() % at_most);
        match dice.roll() % 8 {
            0 => index.remove(&id),
            1 => {
                let finished = Finished {
                    project: ProjectId::parse("p").unwrap(),
                    status: [Status::Done, Status::Cancelled][(dice.roll() % 2) as usize],
                };
                index.put_finished(id, finished);
            }
            roll => {
                let status = statuses[(roll as usize) % statuses.len()];
                let mut row = row(status, &edges, whole);
                row.is_held = status == Status::Blocked && dice.roll().is_multiple_of(2);
                row.is_forced = dice.roll().is_multiple_of(8);
                if dice.roll().is_multiple_of(4) {
                    row.dependency_policy = DependencyPolicy::Terminal;
                }
                index.put(id, row);
            }
        }
        index.find_cycles();
        agrees(&index, round);
    }
}

fn agrees(index: &TaskIndex, round: u32) {
    let reaches_itself = |id: &TaskId| {
        let mut seen = std::collections::BTreeSet::new();
        let mut next = index.waits_on(id);
        while let Some(at) = next.pop() {
            if at == *id {
                return true;
            }
            if seen.insert(at.clone()) {
                next.extend(index.waits_on(&at));
            }
        }
        false
    };
    for (id, row) in index.rows() {
        let is_cyclic = index.cycles.contains_key(id);
        assert!(
            !is_cyclic || reaches_itself(id),
            "{round}: {id} is in no cycle"
        );
        if reaches_itself(id) {
            // Some cycle on every way around is known, so that nobody waits without a word.
            let is_told = |at: &TaskId| index.cycles.contains_key(at);
            let mut seen = std::collections::BTreeSet::new();
            let mut next = vec![id.clone()];
            let mut told = false;
            while let Some(at) = next.pop() {
                told |= is_told(&at);
                if seen.insert(at.clone()) {
                    next.extend(index.waits_on(&at));
                }
            }
            assert!(told, "{round}: nobody is told of the cycle of {id}");
        }
        let snag = !row.is_forced && index.snag(id, row).is_some();
        let queued = matches!(row.status, Status::Backlog | Status::Ready);
        assert_eq!(index.stranded.contains(id), queued && snag, "{round}: {id}");
        let is_free = row.status == Status::Backlog && index.is_free(id, row);
        assert_eq!(index.promotable.contains(id), is_free, "{round}: {id}");
        let met = index.open_dependencies(row).next().is_none();
        let released = row.is_held && met && !is_cyclic;
        assert_eq!(index.released.contains(id), released, "{round}: {id}");
        let parts = index
            .rows()
            .filter(|(_, part)| part.parent_id.as_deref() == Some(id));
        assert_eq!(index.open_parts(id).count(), parts.count(), "{round}: {id}");
    }
}
