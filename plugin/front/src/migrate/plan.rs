//! From a survey to the steps that are left.
//!
//! Pure: the same survey gives the same plan, whatever the time. Invariant: what a plan leaves out
//! is either in order or named among its wants.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::card::Card;
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::id::{AgentId, TaskId};
use aof_core::status::Status;
use aof_store::layout::{ORG_CHART, SETTINGS};
use aof_store::port::Op;
use serde::Serialize;
use serde_json::json;

use super::card::{Circumstances, MIGRATED_FROM, convert};
use super::company::parent;
use super::journal::Journal;
use super::report::Tally;
use super::run::RunOfOne;
use super::step::{Kind, Step};
use super::survey::{CardFile, Home, Survey};
use super::twin::Twins;
use super::{LEGACY, ORIGINALS};

/// Something that only a person can decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Want {
    /// Stable code.
    pub code: &'static str,
    /// `path:line:column`, or a path.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// What is to be done.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In this order.
    pub steps: Vec<Step>,
    /// What needs a person, and is left alone.
    pub wants: Vec<Want>,
    /// What it amounts to.
    pub tally: Tally,
    /// Directories of AOF 1 that are empty afterwards, the deepest first.
    pub emptied: Vec<String>,
    /// Whether there is a data directory at all.
    pub is_store: bool,
    pub(super) journal: Journal,
}

impl Plan {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.journal.is_finished()
    }
}

/// A plan in the making.
pub(super) struct Draft<'s> {
    pub survey: &'s Survey,
    pub twins: Twins,
    /// Paths that have a file, at this point of the plan.
    pub taken: BTreeSet<String>,
    pub steps: Vec<Step>,
    pub wants: Vec<Want>,
    pub tally: Tally,
    arrivals: BTreeSet<String>,
    aliases: BTreeMap<AgentId, AgentId>,
}

/// Says what is to be done. `settings` is what a new `aof.yaml` says.
#[must_use]
pub fn plan(survey: &Survey, settings: &str) -> Plan {
    let mut journal = Journal::read(&survey.journal);
    let is_store = survey.is_ours || has_traces(survey) || looks_like_one(survey);
    let is_foreign = journal.is_open() || has_traces(survey) || !survey.is_ours;
    if !is_store || !is_foreign {
        return Plan {
            is_store,
            ..Plan::default()
        };
    }
    let mut draft = Draft {
        survey,
        twins: Twins::find(survey),
        taken: survey.files.keys().cloned().collect(),
        steps: Vec::new(),
        wants: Vec::new(),
        tally: Tally::default(),
        arrivals: journal.arrivals(),
        aliases: survey
            .chart
            .as_deref()
            .map(aof_codec::agent_aliases)
            .unwrap_or_default(),
    };
    draft.duplicates();
    draft.cards();
    draft.work();
    draft.runs();
    draft.logs();
    draft.surroundings();
    if !survey.has_settings {
        let path = SETTINGS.to_owned();
        let ops = vec![Op::Create {
            path,
            content: settings.as_bytes().to_vec(),
        }];
        draft.push(Kind::Settings, (SETTINGS, SETTINGS), Vec::new(), ops);
    }
    let emptied = draft.emptied();
    let Draft {
        steps,
        wants,
        tally,
        ..
    } = draft;
    journal.plan(&steps);
    Plan {
        steps,
        wants,
        tally,
        emptied,
        is_store,
        journal,
    }
}

/// Whether AOF 1 left something here that this version keeps elsewhere.
fn has_traces(survey: &Survey) -> bool {
    let of_home = |home: &Home| {
        let tasks = home.path("tasks/");
        let is_company = |dir: &String| {
            let below = dir
                .strip_prefix(&tasks)
                .and_then(|rest| rest.split_once('/'));
            below.is_some_and(|(_, name)| TaskId::parse(name).is_ok())
        };
        survey.dirs.contains(&home.path("state/runs")) || survey.dirs.iter().any(is_company)
    };
    let mut statuses = Status::ALL.iter();
    statuses.any(|status| survey.dirs.contains(&format!("tasks/{status}")))
        || !survey.foreign_logs.is_empty()
        || survey.homes.iter().any(of_home)
}

/// Whether this is a data directory, of whichever version.
fn looks_like_one(survey: &Survey) -> bool {
    survey.chart.is_some() || survey.homes.len() > 1 || !survey.cards.is_empty()
}

impl Draft<'_> {
    /// First of all: copies go aside, and tasks with the id of another one get their own.
    fn duplicates(&mut self) {
        for path in self.twins.leftovers.clone() {
            let ops = vec![Op::Remove(path.clone())];
            self.taken.remove(&path);
            self.push(Kind::Card, (&path, ""), Vec::new(), ops);
        }
        for (path, stays) in self.twins.copies.clone() {
            let message = format!("was a second copy of `{stays}` and is put aside");
            let hint = "compare the two below legacy/v1/ and in tasks/";
            self.want("AOF-1140", &path, message, hint);
            self.tally.aside += 1;
            self.aside(
                Kind::Aside,
                &path,
                vec![format!("a second copy of {stays}")],
            );
        }
        let survey = self.survey;
        for file in &survey.cards {
            if let Some(id) = self.twins.renumbered.get(&file.path).cloned() {
                self.card(file, Some(id));
            }
        }
    }

    /// Then all others: those of projects before those that move into one.
    fn cards(&mut self) {
        let survey = self.survey;
        let is_unscoped =
            |file: &CardFile| survey.homes.get(file.home).is_some_and(Home::is_unscoped);
        let (unscoped, scoped): (Vec<_>, Vec<_>) =
            survey.cards.iter().partition(|file| is_unscoped(file));
        for file in scoped.into_iter().chain(unscoped) {
            let twins = &self.twins;
            let is_done = twins.leftovers.contains(&file.path)
                || twins.copies.contains_key(&file.path)
                || twins.renumbered.contains_key(&file.path);
            if !is_done {
                self.card(file, None);
            }
        }
    }

    fn card(&mut self, file: &CardFile, new_id: Option<TaskId>) {
        let document = match &file.card {
            Ok(document) => document,
            Err(findings) => {
                if let Some(first) = findings.first() {
                    self.unreadable(first);
                }
                return;
            }
        };
        let Some(home) = self.survey.homes.get(file.home) else {
            return;
        };
        let (next, changes) = if self.arrivals.contains(&file.path) {
            (document.card().clone(), Vec::new())
        } else {
            self.converted(file, document.card(), new_id)
        };
        let to = home.root.card(next.status, &next.id);
        self.count(&next);
        if to != file.path && self.taken.contains(&to) {
            let message = format!("cannot move to `{to}`, where another file lies");
            self.want(
                "AOF-1606",
                &file.path,
                message,
                "compare the two and move one away",
            );
            return;
        }
        if next == *document.card() && to == file.path {
            self.tally.kept += 1;
            return;
        }
        let said =
            (document.card().status == next.status && file.status != next.status).then(|| {
                format!(
                    "lay in {}/ but says {}, as AOF 1 has it",
                    file.status, next.status
                )
            });
        let changes = changes.into_iter().chain(said).collect();
        let content = match document.render(&to, &next) {
            Ok(content) => content.into_bytes(),
            Err(findings) => {
                findings
                    .first()
                    .into_iter()
                    .for_each(|it| self.unreadable(it));
                return;
            }
        };
        let ops = self.card_ops(file, (&next, content), &to);
        self.push(Kind::Card, (&file.path, &to), changes, ops);
    }

    fn converted(
        &self,
        file: &CardFile,
        card: &Card,
        new_id: Option<TaskId>,
    ) -> (Card, Vec<String>) {
        let Some(home) = self.survey.homes.get(file.home) else {
            return (card.clone(), Vec::new());
        };
        let run = home.path(&format!("state/runs/{}", file.id));
        let run = RunOfOne::read(&run, &self.survey.records);
        let around = Circumstances {
            project: home.root.id(),
            run: run.as_ref(),
            aliases: &self.aliases,
            names: &self.twins.names_of(file.home),
        };
        let (mut next, mut changes) = convert(card, &around);
        if let Some(id) = new_id {
            changes.push(format!(
                "id: {} → {id}, which another project uses too",
                card.id
            ));
            next.id = id;
            next.metadata
                .insert(MIGRATED_FROM.to_owned(), json!(file.path));
        }
        (next, changes)
    }

    /// Everything that happens to one card. A card that keeps its id is rewritten where it lies and
    /// then moved; one that does not is made anew before the old one goes.
    fn card_ops(
        &mut self,
        file: &CardFile,
        (next, content): (&Card, Vec<u8>),
        to: &str,
    ) -> Vec<Op> {
        let Ok(document) = &file.card else {
            return Vec::new();
        };
        let before = document.card();
        let mut ops = Vec::new();
        if next != before {
            self.keep_original(file, &mut ops);
            self.tally.rewritten += 1;
        } else {
            self.tally.moved += 1;
        }
        if before.status == Status::InProgress && next.status != Status::InProgress {
            self.tally.released += 1;
        }
        if next.id != before.id {
            self.tally.renumbered += 1;
            self.taken.remove(&file.path);
            self.taken.insert(to.to_owned());
            ops.push(Op::MakeDir(parent(to).to_owned()));
            ops.push(Op::Create {
                path: to.to_owned(),
                content,
            });
            ops.push(Op::Remove(file.path.clone()));
            return ops;
        }
        let expect = Some(file.stamp);
        if next != before {
            let path = file.path.clone();
            ops.push(Op::Replace {
                path,
                content,
                expect,
            });
        }
        if to != file.path {
            ops.push(Op::MakeDir(parent(to).to_owned()));
            self.taken.remove(&file.path);
            self.taken.insert(to.to_owned());
            let expect = expect.filter(|_| next == before);
            let (from, to) = (file.path.clone(), to.to_owned());
            ops.push(Op::Rename { from, to, expect });
        }
        ops
    }

    fn keep_original(&mut self, file: &CardFile, ops: &mut Vec<Op>) {
        if self.survey.originals.get(&file.path) == Some(&file.bytes) {
            return;
        }
        let path = self.free(&format!("{ORIGINALS}/{}", file.path));
        self.taken.insert(path.clone());
        ops.push(Op::MakeDir(parent(&path).to_owned()));
        let content = file.bytes.clone();
        ops.push(Op::Create { path, content });
    }

    fn count(&mut self, card: &Card) {
        *self.tally.cards.entry(card.status.as_str()).or_default() += 1;
        self.tally.workflows += u64::from(card.workflow.is_some());
    }

    fn unreadable(&mut self, finding: &Diagnostic) {
        let Diagnostic {
            code,
            message,
            hint,
            ..
        } = finding;
        self.want(code, &finding.location(), message.clone(), hint);
    }

    /// What is not converted but must be readable: the chart, manifests, files named otherwise.
    fn surroundings(&mut self) {
        let survey = self.survey;
        match &survey.chart {
            None => {
                let message = "there is no org chart, so nobody gets work".to_owned();
                let hint = "say who works there; docs/format.md has an example";
                self.want("AOF-1606", ORG_CHART, message, hint);
            }
            Some(chart) => {
                let findings = aof_codec::parse_org_chart(ORG_CHART, chart).err();
                self.errors(findings.unwrap_or_default());
            }
        }
        for (path, manifest) in &survey.manifests {
            let findings = aof_codec::parse_project(path, manifest).err();
            self.errors(findings.unwrap_or_default());
        }
        let stray = |path: &&String| {
            let mut parts = path.rsplit('/');
            let name = parts.next().and_then(|name| name.strip_suffix(".md"));
            name.is_some_and(|stem| TaskId::parse(stem).is_err())
                && parts.next().is_some_and(|dir| Status::parse(dir).is_some())
                && parts.next() == Some("tasks")
                && !path.starts_with(LEGACY)
        };
        for path in survey.files.keys().filter(stray) {
            let message = "is not named like a card; it stays where it is".to_owned();
            self.want(
                "AOF-1141",
                path,
                message,
                "move it out of the status directories",
            );
        }
        for path in &survey.odd {
            let message = "is a link or a special file, or has a name that cannot be used; it \
                           stays where it is";
            let hint = "replace it by a regular file if you need it";
            self.want("AOF-1606", path, message.to_owned(), hint);
        }
    }

    fn errors(&mut self, findings: Vec<Diagnostic>) {
        for finding in findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
        {
            self.unreadable(finding);
        }
    }

    /// Directories of AOF 1 that hold nothing any more. The status directories of projects stay.
    fn emptied(&self) -> Vec<String> {
        let mut dirs = BTreeSet::new();
        for home in &self.survey.homes {
            let (tasks, runs) = (home.path("tasks"), home.path("state/runs"));
            for dir in &self.survey.dirs {
                let of_tasks = dir
                    .strip_prefix(&tasks)
                    .map(|rest| rest.matches('/').count());
                let is_company = of_tasks.is_some_and(|depth| depth >= 2);
                let is_unscoped = home.is_unscoped() && of_tasks.is_some();
                if is_company || is_unscoped || dir.starts_with(&runs) {
                    dirs.insert(dir);
                }
            }
        }
        let holds = |dir: &String| {
            let prefix = format!("{dir}/");
            let has = |set: &BTreeSet<String>| {
                set.range(prefix.clone()..)
                    .next()
                    .is_some_and(|it| it.starts_with(&prefix))
            };
            has(&self.taken) || has(&self.survey.odd)
        };
        let mut empty: Vec<String> = dirs
            .into_iter()
            .filter(|dir| !holds(dir))
            .cloned()
            .collect();
        empty.sort_by_key(|dir| std::cmp::Reverse(dir.matches('/').count()));
        empty
    }
}
