//! I21: what runs use counts once, as it was told, and nothing is started for which it is spent.
//!
//! Goes by the lines of the log, and adds them up anew each time. Invariant: of several budgets
//! that may be in force the widest excuses what was started.

use std::collections::BTreeMap;

use aof_core::books::Kind;
use aof_core::budget::{Budget, Window};
use aof_core::card::Card;
use aof_core::instant::Instant;
use aof_host::contract::hooks::Usage;
use aof_store::layout::LEDGER;
use aof_store::ledger;

use super::Violation;
use super::caps::Live;
use super::company::{Company, Verdict};
use super::disk::Files;
use super::log::Line;

/// What a run used, as the log tells.
#[derive(Debug, Clone)]
pub(super) struct Spent {
    at_ms: u64,
    tokens: u64,
    task: String,
    project: String,
    agent: String,
    team: Option<String>,
}

/// Everything that was used.
#[derive(Debug, Default)]
pub(super) struct Money {
    runs: BTreeMap<String, Spent>,
    latest_ms: u64,
    /// Whose hour it is cannot be said any more.
    was_set_back: bool,
}

fn wrong(found: String) -> Verdict {
    Err(Violation::new("I21", found))
}

impl Money {
    /// Takes in what the log tells of one run, in place of what it told before.
    pub(super) fn record(&mut self, line: &Line) {
        let (Some(run), Some(task)) = (&line.run, &line.task) else {
            return;
        };
        let number = |key| line.number(key).unwrap_or_default();
        let text = |key| line.text(key).map(str::to_owned);
        self.was_set_back |= line.ms() < self.latest_ms;
        self.latest_ms = self.latest_ms.max(line.ms());
        let spent = Spent {
            at_ms: line.ms(),
            tokens: number("inputTokens") + number("outputTokens"),
            task: task.clone(),
            project: line.project.clone().unwrap_or_default(),
            agent: text("agent").unwrap_or_default(),
            team: text("team"),
        };
        self.runs.insert(run.clone(), spent);
    }

    fn used(&self, window: Window, now_ms: u64, whose: impl Fn(&Spent) -> bool) -> u64 {
        let since_ms = window.start(Instant::from_ms(now_ms)).ms();
        let counted = self.runs.values().filter(|it| it.at_ms >= since_ms);
        counted.filter(|it| whose(it)).map(|it| it.tokens).sum()
    }

    /// The first of these budgets that is spent.
    fn spent(
        &self,
        budgets: &[Budget],
        now_ms: u64,
        whose: impl Fn(&Spent) -> bool,
    ) -> Option<Budget> {
        let known = budgets.iter();
        let mut known = known.filter(|it| it.window == Window::Total || !self.was_set_back);
        let is_spent = |budget: &&Budget| {
            let used = self.used(budget.window, now_ms, &whose);
            budget.tokens_max.is_some_and(|most| used >= most)
        };
        known.find(is_spent).copied()
    }
}

impl Company {
    /// Nobody who pays for this run has spent a budget.
    pub(super) fn has_money(&self, task: &str, card: &Card, run: &Live, now_ms: u64) -> Verdict {
        match self.empty_purse(task, card, run, now_ms) {
            Some((whose, budget)) => {
                let limit = (budget.tokens_max, budget.window.as_str());
                wrong(format!(
                    "{task} is started, and {whose} has spent {limit:?}"
                ))
            }
            None => Ok(()),
        }
    }

    /// Whoever pays for this run and has spent a budget by every edition that may be in force.
    pub(super) fn empty_purse(
        &self,
        task: &str,
        card: &Card,
        run: &Live,
        now_ms: u64,
    ) -> Option<(String, Budget)> {
        let money = &self.money;
        let own = card.budget.as_slice();
        let own = money.spent(own, now_ms, |it| it.task == task);
        let of_all = self.settings.all().iter().map(|it| {
            let budgets = &it.budgets;
            money.spent(budgets, now_ms, |_| true)
        });
        let project = self.projects.get(&run.project);
        let manifests = project.map_or(&[][..], |it| it.all());
        let of_project = manifests.iter().map(|it| {
            let budgets = &it.budgets;
            money.spent(budgets, now_ms, |it| it.project == run.project)
        });
        let of_chart = self.charts().iter().map(|chart| {
            let team = run.team_by(chart);
            let agent = chart.agents.named(&run.agent);
            let of_agent = agent.map_or(&[][..], |it| it.budgets.as_slice());
            let of_team = team.and_then(|team| chart.teams.named(team));
            let of_team = of_team.map_or(&[][..], |it| it.budgets.as_slice());
            let own = money.spent(of_agent, now_ms, |it| it.agent == run.agent);
            own.or_else(|| money.spent(of_team, now_ms, |it| it.team.as_deref() == team))
        });
        let named = |whose: &str| {
            let whose = whose.to_owned();
            move |budget| (whose, budget)
        };
        own.map(named("it"))
            .or_else(|| surely(of_all).map(named("everybody")))
            .or_else(|| surely(of_project).map(named(&run.project)))
            .or_else(|| surely(of_chart).map(named(&run.agent)))
    }

    /// At the end the books have what the log tells, and the log what the sessions told.
    ///
    /// # Errors
    /// What does not hold.
    pub fn books_agree(&self, files: &Files, told: &BTreeMap<String, Usage>) -> Verdict {
        let books = files.get(LEDGER).map(|bytes| ledger::read(bytes).books);
        let books = books.unwrap_or_default();
        let all = books.page(Kind::Store).and_then(|page| page.named.get(""));
        let counted = all.map(|tally| tally.total).unwrap_or_default();
        let runs = &self.money.runs;
        let tokens: u64 = runs.values().map(|it| it.tokens).sum();
        if (counted.runs, counted.tokens()) != (runs.len() as u64, tokens) {
            return wrong(format!(
                "{} runs with {} tokens are in the books, and {} with {tokens} in the log",
                counted.runs,
                counted.tokens(),
                runs.len(),
            ));
        }
        for (run, usage) in told {
            let used = usage.input_tokens + usage.output_tokens;
            let known = runs.get(run).map(|it| it.tokens);
            if known != Some(used) {
                return wrong(format!(
                    "the session of {run} told of {used} tokens at its end, the log has {known:?}"
                ));
            }
        }
        Ok(())
    }
}

/// The first, if every edition has one; none where there is no edition.
fn surely(mut editions: impl Iterator<Item = Option<Budget>>) -> Option<Budget> {
    let first = editions.next()??;
    editions.all(|it| it.is_some()).then_some(first)
}
