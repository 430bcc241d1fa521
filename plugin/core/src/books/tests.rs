//! Each run once, however often it is told, and nothing lost where room is short.

use super::*;

fn account(number: usize) -> Account {
    let run = RunId::generate(Instant::from_ms(number as u64 + 1), (7, number as u64));
    Account {
        run,
        project: ProjectId::parse("alpha").unwrap(),
        task: TaskId::parse("TASK-2026-02-17-001").unwrap(),
        whole: None,
        agent: AgentId::parse(&format!("agent-{}", number % 3)).unwrap(),
        team: number
            .is_multiple_of(2)
            .then(|| TeamId::parse("team").unwrap()),
    }
}

fn usage(tokens: u64) -> Usage {
    Usage {
        model: Some(format!("model-{}", tokens % 2)),
        input_tokens: tokens,
        output_tokens: 1,
        cost_micros: tokens * 3,
    }
}

fn at(hours: u64) -> Instant {
    Instant::from_ms(1_771_300_000_000).plus_ms(hours * 3_600_000)
}

#[derive(Default)]
struct Writer {
    books: Books,
    entries: Vec<Entry>,
}

impl Writer {
    fn write(&mut self, entry: Entry) {
        self.books.take(self.books.seq() + 1, &entry);
        self.entries.push(entry);
    }

    fn used(&mut self, account: &Account, hours: u64, tokens: u64) {
        let (run, at, usage) = (account.run.clone(), at(hours), usage(tokens));
        self.write(Entry::Used { run, at, usage });
    }
}

fn of(books: &Books, kind: Kind, name: &str, window: Window, hours: u64) -> (u64, u64) {
    let sum = books.used((kind, name), window, at(hours));
    (sum.runs, sum.input_tokens)
}

#[test]
fn the_last_word_about_a_run_counts_and_only_once() {
    let mut writer = Writer::default();
    let account = account(0);
    writer.write(Entry::Opened(account.clone()));
    writer.used(&account, 0, 10);
    writer.used(&account, 0, 10);
    writer.used(&account, 1, 7);
    let look = |books: &Books, window| of(books, Kind::Agent, "agent-0", window, 1);
    assert_eq!(look(&writer.books, Window::Total), (1, 7));
    assert_eq!(
        look(&writer.books, Window::Hour),
        (1, 7),
        "in the hour of the last word"
    );
    let model = |name| of(&writer.books, Kind::Model, name, Window::Total, 1);
    assert_eq!((model("model-0"), model("model-1")), ((0, 0), (1, 7)));
    writer.write(Entry::Closed(account.run.clone()));
    writer.used(&account, 1, 9);
    assert_eq!(
        look(&writer.books, Window::Total),
        (1, 7),
        "nothing more is said"
    );
}

#[test]
fn entries_that_come_again_change_nothing() {
    let mut writer = Writer::default();
    for number in 0..5 {
        let account = account(number);
        writer.write(Entry::Opened(account.clone()));
        writer.used(&account, number as u64, 10);
        writer.write(Entry::Closed(account.run));
    }
    let mut again = writer.books.clone();
    for (seq, entry) in (1..).zip(&writer.entries) {
        again.take(seq, entry);
    }
    assert_eq!(again, writer.books);
}

#[test]
fn a_name_past_a_thousand_sends_the_oldest_to_the_rest() {
    let mut writer = Writer::default();
    for number in 0..=1_000_u64 {
        if number == 1_000 {
            assert_eq!(writer.books.page(Kind::Task).unwrap().named.len(), 1_000);
            assert_eq!(
                writer.books.page(Kind::Task).unwrap().rest,
                Tally::default()
            );
        }
        let task = TaskId::generate(at(number), number);
        let mut account = account(number as usize);
        account.task = task;
        writer.write(Entry::Opened(account.clone()));
        writer.used(&account, number, 10);
        writer.write(Entry::Closed(account.run));
    }
    let page = writer.books.page(Kind::Task).unwrap();
    assert_eq!(page.named.len(), 1_000);
    assert_eq!((page.rest.total.runs, page.rest.last), (1, at(0)));
    let named: u64 = page
        .named
        .values()
        .map(|tally| tally.total.input_tokens)
        .sum();
    let all = of(&writer.books, Kind::Store, "", Window::Total, 0);
    assert_eq!(
        (named + page.rest.total.input_tokens),
        all.1,
        "nothing is lost"
    );
}

#[test]
fn a_thousand_accounts_are_open_and_notices_remembered() {
    let mut books = Books::default();
    for number in 0..=1_000 {
        assert_eq!(books.accounts().count(), number.min(1_000));
        books.open(account(number));
    }
    assert_eq!(books.accounts().count(), 1_000);
    assert_eq!(
        books.account(&account(0).run),
        None,
        "the oldest is given up"
    );
    for number in 0..=1_000 {
        let (notice, until) = (format!("{number:04}"), None);
        let told = Entry::Told {
            notice,
            until,
            at: at(0),
        };
        books.take(books.seq() + 1, &told);
        assert_eq!(books.told().count(), (number + 1).min(1_000));
    }
    assert!(books.was_told("1000") && !books.was_told("0000"));
}

/// Or two that are still true would push each other out with every poll.
#[test]
fn the_notice_that_was_told_longest_ago_makes_room() {
    let mut writer = Writer::default();
    let told = |notice: &str| Entry::Told {
        notice: notice.to_owned(),
        until: None,
        at: at(0),
    };
    for number in 0..998 {
        writer.write(told(&format!("task-{number:03}")));
    }
    for notice in ["agent-a", "agent-b", "task-998"] {
        writer.write(told(notice));
    }
    let is_told = |notice| writer.books.was_told(notice);
    assert_eq!(
        ["agent-a", "agent-b", "task-000", "task-001"].map(is_told),
        [true, true, false, true]
    );
}

#[test]
fn a_notice_is_forgotten_when_its_window_is_over() {
    let mut writer = Writer::default();
    let told = |notice: &str, until, now| Entry::Told {
        notice: notice.to_owned(),
        until,
        at: at(now),
    };
    writer.write(told("a", Some(at(1)), 0));
    writer.write(told("b", None, 0));
    assert!(writer.books.was_told("a"));
    writer.write(told("c", Some(at(2)), 1));
    let told: Vec<&str> = writer.books.told().map(|(notice, _)| notice).collect();
    assert_eq!(told, ["b", "c"]);
}

#[test]
fn a_clock_that_was_set_back_does_not_hide_what_was_used() {
    let mut writer = Writer::default();
    let account = account(0);
    writer.write(Entry::Opened(account.clone()));
    writer.used(&account, 100, 10);
    let hour = |books: &Books, hours| of(books, Kind::Store, "", Window::Hour, hours).1;
    assert_eq!(hour(&writer.books, 5), 10);
    writer.books.rewind(at(5));
    assert_eq!(hour(&writer.books, 5), 10, "in the present hour");
    assert_eq!(
        hour(&writer.books, 6),
        0,
        "and not until the clock is there again"
    );
    assert_eq!(of(&writer.books, Kind::Store, "", Window::Total, 6).1, 10);
}

#[test]
fn a_run_that_is_told_again_after_the_clock_was_set_back_counts_once() {
    let mut writer = Writer::default();
    let account = account(0);
    writer.write(Entry::Opened(account.clone()));
    writer.used(&account, 100, 10);
    let hour = |books: &Books, hours| of(books, Kind::Store, "", Window::Hour, hours);
    writer.books.rewind(at(5));
    writer.used(&account, 5, 20);
    assert_eq!(hour(&writer.books, 5), (1, 20));
    // As it is read again, nobody has set anything back in between.
    let mut again = Books::default();
    for (seq, entry) in (1..).zip(&writer.entries) {
        again.take(seq, entry);
    }
    let (run, usage, at) = (account.run, usage(30), at(5));
    again.take(again.seq() + 1, &Entry::Used { run, at, usage });
    assert_eq!(hour(&again, 5), (1, 30));
}

/// Sums of random runs equal those of a model that keeps every run.
#[test]
fn sums_equal_those_of_a_naive_model() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    for _ in 0..50 {
        let mut writer = Writer::default();
        let mut model: BTreeMap<RunId, (Account, u64, Usage)> = BTreeMap::new();
        let mut now = 0;
        for number in 0..60 {
            let account = account(number);
            writer.write(Entry::Opened(account.clone()));
            for _ in 0..next(3) {
                now += next(20);
                let tokens = next(1_000);
                writer.used(&account, now, tokens);
                let said = (account.clone(), now, usage(tokens));
                model.insert(account.run.clone(), said);
            }
            if next(2) == 0 {
                writer.write(Entry::Closed(account.run));
            }
        }
        for window in Window::TURNING.into_iter().chain([Window::Total]) {
            for (kind, page) in writer.books.pages() {
                for (name, tally) in &page.named {
                    let is_its = |(account, hours, usage): &&(Account, u64, Usage)| {
                        window.start(at(*hours)) == window.start(at(now))
                            && payers(account, usage).any(|it| it == (kind, name.as_str()))
                    };
                    let runs = model.values().filter(is_its);
                    let sum = runs.fold(Sum::default(), |sum, (_, _, usage)| {
                        sum.plus(Sum::of(usage))
                    });
                    assert_eq!(
                        tally.used(window, at(now)),
                        sum,
                        "{kind:?} {name} {window:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_thousand_know_when_they_were_given_work_last() {
    let mut books = Books::default();
    for number in 0..=NAMES_MAX as u64 {
        assert!(books.starts().all(|(_, start)| start >= at(0)));
        books.restore_start(format!("project p{number}"), at(number));
    }
    let oldest = books.starts().map(|(_, start)| start).min();
    assert_eq!((books.starts().count(), oldest), (NAMES_MAX, Some(at(1))));
    let mut account = account(0);
    account.run = RunId::generate(at(9_000), (1, 2));
    books.take(1, &Entry::Opened(account.clone()));
    books.take(2, &Entry::Closed(account.run));
    for whose in ["store ", "project alpha", "team team"] {
        let found = books.starts().find(|(known, _)| *known == whose);
        assert_eq!(found, Some((whose, at(9_000))));
    }
}
