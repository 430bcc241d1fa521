//! The books on disk: `state/ledger.jsonl`, what was used and what was told about it.
//!
//! A log of numbered entries behind the sums that the entries before them came to. Never decides
//! what counts; the books do. Invariant: an entry that is read twice, as after a crash, counts
//! once, because its number tells.

use aof_core::books::{Account, Books, Entry, Kind, Open, Reviewed, Span, Tally};
use aof_core::id::{AgentId, ProjectId, RunId, TaskId, TeamId};
use aof_core::instant::Instant;
use aof_core::json::ToLine as _;
use aof_core::usage::{Sum, Usage};
use serde_json::{Map, Value, json};

/// The log is rewritten at a checkpoint when it is larger than this, and than twice its sums.
pub const COMPACT_BYTES: u64 = 256 * 1024;
/// Largest log that is read.
pub const BYTES_READ_MAX: u64 = 16 * 1024 * 1024;
const SCHEMA: u64 = 1;

/// Books as they were read.
#[derive(Debug, Default)]
pub struct Found {
    /// What could be read.
    pub books: Books,
    /// How many lines could not, and the first of them.
    pub unreadable: Option<(usize, usize)>,
}

/// Reads the log. A line that makes no sense is passed over and counted.
#[must_use]
pub fn read(log: &[u8]) -> Found {
    let mut found = Found::default();
    for (at, line) in log.split(|byte| *byte == b'\n').enumerate() {
        let parsed = serde_json::from_slice(line).ok();
        let taken = parsed.and_then(|line| take(&mut found.books, &line));
        if taken.is_none() && !line.is_empty() {
            let (count, first) = found.unreadable.unwrap_or((0, at + 1));
            found.unreadable = Some((count + 1, first));
        }
    }
    found
}

/// The line that records an entry under its number.
#[must_use]
pub fn line(seq: u64, entry: &Entry) -> String {
    let mut line = match entry {
        Entry::Opened(account) => of_account(account, "opened"),
        Entry::Used { run, at, usage } => of_usage(run, *at, usage),
        Entry::Closed(run) => json!({"line": "closed", "run": run.as_str()}),
        Entry::Ended { team, failed } => {
            json!({"line": "ended", "team": team.as_str(), "failed": failed})
        }
        Entry::Reviewed { team, task, at } => json!({
            "line": "reviewed", "team": team.as_str(), "task": task.as_str(), "at": at.ms(),
        }),
        Entry::Told { notice, until, at } => {
            let mut told = of_notice(notice, *until);
            put(&mut told, "at", at.ms().into());
            told
        }
    };
    put(&mut line, "seq", seq.into());
    line.to_line()
}

/// The whole log, with nothing in it but what still counts.
#[must_use]
pub fn compact(books: &Books) -> String {
    let mut lines = vec![of_head(books)];
    for (kind, page) in books.pages() {
        let named = page.named.iter().map(|(name, tally)| (Some(name), tally));
        for (name, tally) in named.chain([(None, &page.rest)]) {
            if *tally != Tally::default() {
                lines.push(of_tally(kind, name, tally));
            }
        }
    }
    for open in books.accounts() {
        lines.push(of_account(&open.account, "open"));
        let counted = open.counted.as_ref();
        lines.extend(counted.map(|(at, usage)| {
            let mut line = of_usage(&open.account.run, *at, usage);
            put(&mut line, "line", "counted".into());
            line
        }));
    }
    lines.extend(
        books
            .reviews()
            .map(|(team, reviewed)| of_review(team, reviewed)),
    );
    lines.extend(books.told().map(|(notice, (until, seq))| {
        let mut told = of_notice(notice, until);
        put(&mut told, "seq", seq.into());
        told
    }));
    lines.iter().map(|line| line.to_line() + "\n").collect()
}

/// What stands before all: readers that do not know `started` pass over it.
fn of_head(books: &Books) -> Value {
    let mut started = Map::new();
    for (whose, at) in books.starts() {
        started.insert(whose.to_owned(), at.ms().into());
    }
    json!({"line": "head", "schema": SCHEMA, "seq": books.seq(), "started": started})
}

fn put(line: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = line {
        fields.insert(key.to_owned(), value);
    }
}

fn of_account(account: &Account, line: &str) -> Value {
    let mut line = json!({
        "line": line, "run": account.run.as_str(), "project": account.project.as_str(),
        "task": account.task.as_str(), "agent": account.agent.as_str(),
        "team": account.team.as_ref().map(TeamId::as_str),
    });
    if let Some(whole) = &account.whole {
        put(&mut line, "whole", whole.as_str().into());
    }
    line
}

fn of_usage(run: &RunId, at: Instant, usage: &Usage) -> Value {
    json!({
        "line": "used", "run": run.as_str(), "at": at.ms(), "model": usage.model,
        "inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens,
        "costMicros": usage.cost_micros,
    })
}

fn of_notice(notice: &str, until: Option<Instant>) -> Value {
    json!({"line": "told", "notice": notice, "until": until.map(Instant::ms)})
}

fn of_review(team: &TeamId, reviewed: &Reviewed) -> Value {
    json!({
        "line": "review", "team": team.as_str(), "completed": reviewed.completed,
        "failedTasks": reviewed.failed, "at": reviewed.at.map(Instant::ms),
        "task": reviewed.task.as_ref().map(TaskId::as_str),
    })
}

fn of_tally(kind: Kind, name: Option<&String>, tally: &Tally) -> Value {
    let sum = |sum: &Sum| {
        json!([
            sum.runs,
            sum.input_tokens,
            sum.output_tokens,
            sum.cost_micros
        ])
    };
    let spans = tally.spans.iter();
    let spans: Vec<Value> = spans
        .map(|span| json!([span.start.ms(), sum(&span.sum)]))
        .collect();
    json!({
        "line": "sum", "of": kind.as_str(), "name": name, "last": tally.last.ms(),
        "total": sum(&tally.total), "windows": spans,
    })
}

/// A line of a log of ours.
pub(crate) type Line = Map<String, Value>;

/// Takes a line in; none if it makes no sense.
fn take(books: &mut Books, line: &Line) -> Option<()> {
    let entry = match text(line, "line")? {
        "head" => {
            (number(line, "schema")? == SCHEMA).then_some(())?;
            books.skip_to(seq_of(line)?);
            let started = line.get("started").and_then(Value::as_object);
            for (whose, at) in started.into_iter().flatten() {
                books.restore_start(whose.clone(), Instant::from_ms(at.as_u64()?));
            }
            return Some(());
        }
        "sum" => return take_sum(books, line),
        "open" => {
            let account = account_of(line)?;
            books.restore_open(Open {
                account,
                counted: None,
            });
            return Some(());
        }
        "counted" => {
            let (run, at, usage) = used_of(line)?;
            let account = books.account(&run)?.account.clone();
            let counted = Some((at, usage));
            books.restore_open(Open { account, counted });
            return Some(());
        }
        "told" => {
            let notice = text(line, "notice")?.to_owned();
            let until = number(line, "until").map(Instant::from_ms);
            let Some(at) = moment(line, "at") else {
                let seq = number(line, "seq").unwrap_or_default();
                books.restore_told(notice, (until, seq));
                return Some(());
            };
            Entry::Told { notice, until, at }
        }
        "review" => {
            let reviewed = Reviewed {
                completed: number(line, "completed")?,
                failed: number(line, "failedTasks")?,
                at: moment(line, "at"),
                task: text(line, "task").and_then(|task| TaskId::parse(task).ok()),
            };
            books.restore_review(team_of(line)?, reviewed);
            return Some(());
        }
        "ended" => Entry::Ended {
            team: team_of(line)?,
            failed: line.get("failed")?.as_bool()?,
        },
        "reviewed" => Entry::Reviewed {
            team: team_of(line)?,
            task: TaskId::parse(text(line, "task")?).ok()?,
            at: moment(line, "at")?,
        },
        "opened" => Entry::Opened(account_of(line)?),
        "used" => {
            let (run, at, usage) = used_of(line)?;
            Entry::Used { run, at, usage }
        }
        "closed" => Entry::Closed(run_of(line)?),
        _ => return None,
    };
    books.take(seq_of(line)?, &entry);
    Some(())
}

fn take_sum(books: &mut Books, line: &Line) -> Option<()> {
    let kind = Kind::parse(text(line, "of")?)?;
    let mut tally = Tally {
        last: moment(line, "last")?,
        total: sum_of(line.get("total")?)?,
        ..Tally::default()
    };
    let written = line.get("windows")?.as_array()?;
    for (span, written) in tally.spans.iter_mut().zip(written) {
        let [start, sum] = written.as_array()?.as_slice() else {
            return None;
        };
        *span = Span {
            start: Instant::from_ms(start.as_u64()?),
            sum: sum_of(sum)?,
        };
    }
    books.restore(kind, text(line, "name"), tally);
    Some(())
}

fn sum_of(value: &Value) -> Option<Sum> {
    let [runs, input, output, cost] = value.as_array()?.as_slice() else {
        return None;
    };
    Some(Sum {
        runs: runs.as_u64()?,
        input_tokens: input.as_u64()?,
        output_tokens: output.as_u64()?,
        cost_micros: cost.as_u64()?,
    })
}

fn account_of(line: &Line) -> Option<Account> {
    Some(Account {
        run: run_of(line)?,
        project: ProjectId::parse(text(line, "project")?).ok()?,
        task: TaskId::parse(text(line, "task")?).ok()?,
        whole: text(line, "whole").and_then(|whole| TaskId::parse(whole).ok()),
        agent: AgentId::parse(text(line, "agent")?).ok()?,
        team: text(line, "team").and_then(|team| TeamId::parse(team).ok()),
    })
}

fn used_of(line: &Line) -> Option<(RunId, Instant, Usage)> {
    let usage = Usage {
        model: text(line, "model").map(str::to_owned),
        input_tokens: number(line, "inputTokens")?,
        output_tokens: number(line, "outputTokens")?,
        cost_micros: number(line, "costMicros")?,
    };
    Some((run_of(line)?, moment(line, "at")?, usage.checked().ok()?))
}

fn team_of(line: &Line) -> Option<TeamId> {
    TeamId::parse(text(line, "team")?).ok()
}

fn run_of(line: &Line) -> Option<RunId> {
    RunId::parse(text(line, "run")?).ok()
}

/// So many entries are never written: a number beyond would leave none for those to come.
fn seq_of(line: &Line) -> Option<u64> {
    number(line, "seq").filter(|seq| *seq <= u64::MAX / 2)
}

fn moment(line: &Line, key: &str) -> Option<Instant> {
    number(line, key).map(Instant::from_ms)
}

pub(crate) fn text<'a>(line: &'a Line, key: &str) -> Option<&'a str> {
    line.get(key)?.as_str()
}

pub(crate) fn number(line: &Line, key: &str) -> Option<u64> {
    line.get(key)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u64, team: Option<&str>) -> Account {
        Account {
            run: RunId::generate(Instant::from_ms(9), (7, number)),
            project: ProjectId::parse("alpha").unwrap(),
            task: TaskId::parse("TASK-2026-02-17-001").unwrap(),
            whole: team.map(|_| TaskId::parse("TASK-2026-02-17-002").unwrap()),
            agent: AgentId::parse("ada").unwrap(),
            team: team.map(|team| TeamId::parse(team).unwrap()),
        }
    }

    fn entries() -> Vec<Entry> {
        let (one, two) = (account(1, Some("t")), account(2, None));
        let used = |account: &Account, at, model: Option<&str>| Entry::Used {
            run: account.run.clone(),
            at: Instant::from_ms(at),
            usage: Usage {
                model: model.map(str::to_owned),
                input_tokens: 10,
                output_tokens: 2,
                cost_micros: 5,
            },
        };
        let told = |notice: &str, until| Entry::Told {
            notice: notice.to_owned(),
            until,
            at: Instant::from_ms(1),
        };
        let ended = |team: &str, failed| Entry::Ended {
            team: TeamId::parse(team).unwrap(),
            failed,
        };
        vec![
            Entry::Opened(one.clone()),
            used(&one, 1_771_300_000_000, Some("m \"1\"")),
            Entry::Opened(two.clone()),
            Entry::Closed(one.run),
            used(&two, 1_771_390_000_000, None),
            told("a", None),
            told("b", Some(Instant::from_ms(99))),
            ended("t", false),
            Entry::Reviewed {
                team: TeamId::parse("t").unwrap(),
                task: TaskId::parse("TASK-2026-02-17-009").unwrap(),
                at: Instant::from_ms(98),
            },
            ended("t", true),
            ended("u", false),
        ]
    }

    fn lines() -> Vec<String> {
        let entries = entries();
        let lines = (1..).zip(&entries).map(|(seq, entry)| line(seq, entry));
        lines.collect()
    }

    fn books() -> Books {
        let mut books = Books::default();
        for (seq, entry) in (1..).zip(&entries()) {
            books.take(seq, entry);
        }
        books
    }

    #[test]
    fn entries_and_sums_read_back_as_written() {
        let log = lines().join("\n") + "\n";
        let found = read(log.as_bytes());
        assert_eq!((found.books.clone(), found.unreadable), (books(), None));
        let short = compact(&found.books);
        let found = read(short.as_bytes());
        assert_eq!((found.books.clone(), found.unreadable), (books(), None));
        assert_eq!(compact(&found.books), short);
    }

    /// What a crash between the rewriting and the next part of the journal leaves.
    #[test]
    fn entries_behind_the_sums_that_they_came_to_count_once() {
        for kept in 0..lines().len() {
            let late = lines().split_off(kept).join("\n");
            let log = format!("{}{late}\n", compact(&books()));
            assert_eq!(read(log.as_bytes()).books, books(), "{kept}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_the_rest_counts() {
        let mut lines = lines();
        lines.insert(2, "{\"line\":\"used\"}".to_owned());
        lines.insert(5, "\0\0".to_owned());
        let found = read(lines.join("\n").as_bytes());
        assert_eq!((found.books, found.unreadable), (books(), Some((2, 3))));
        for strange in [
            "[]",
            "{}",
            "{\"line\":\"head\",\"schema\":2,\"seq\":9}",
            r#"{"line":"head","schema":1,"seq":18446744073709551615}"#,
            r#"{"line":"ended","team":"t","failed":true,"seq":18446744073709551615}"#,
            r#"{"line":"sum","of":"moon","name":"","last":1,"total":[1,2,3,4],"windows":[]}"#,
            r#"{"line":"sum","of":"agent","name":"","last":1,"total":[1,2,-3,4],"windows":[]}"#,
        ] {
            let found = read(strange.as_bytes());
            assert_eq!(found.unreadable, Some((1, 1)), "{strange}");
            assert_eq!(found.books, Books::default(), "{strange}");
        }
    }
}
