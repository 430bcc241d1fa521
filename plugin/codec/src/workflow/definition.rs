//! The definition of a workflow. Source: AOF 1.20, "Workflow DAGs".
//!
//! Never looks into an org chart: whether a role is there, the chart's lint says. Invariant: what
//! comes out is a graph without rings, and every hop says who does it.

use std::fmt;

use aof_core::id::{AgentId, HopId, IdError, RoleId, TeamId};
use aof_core::org::OrgChart;
use aof_core::sla::CardSla;
use aof_core::workflow::graph::{FAILED, HOP_REJECTIONS_MAX};
use aof_core::workflow::{Condition, Definition, Doer, Duty, Edge, Graph, Hop, Join, Kind};
use aof_core::workflow::{Strategy, Template};
use serde_json::Value;

use super::condition::condition;
use super::decide::{DECIDE, decides};
use super::entries::{Entries, id_of};
use super::expand::{EXPAND, expands};
use super::kind;
use crate::budget::{CARD_BUDGET, budget};
use crate::check::check_under;
use crate::document::{Parsed, tree};
use crate::finding::{Codes, Findings, excerpt};
use crate::json_schema::of_file;
use crate::org::strangers;
use crate::schema::Shape::{Any, Boolean, Choice, Integer, List, Map, Text};
use crate::schema::{Schema, closed, optional, required};
use crate::sla::{self, CARD_LIMITS, ON_VIOLATION, limits, on_violation};
use crate::yaml::Node;

pub(crate) const CODES: Codes = Codes {
    syntax: "AOF-1160",
    value: "AOF-1162",
    missing: "AOF-1162",
    unknown: "AOF-1161",
};
/// Rejections that a workflow can allow.
const REJECTIONS_MAX: u64 = 100;
/// Further tries that a hop can have.
const RETRIES_MAX: u64 = 10;
/// Longest time that a hop can be given: a year.
const MINUTES_MAX: u64 = 366 * 24 * 60;

pub(super) const DEFINITION: Schema = closed(&[
    required("name", Text).about("name of the workflow"),
    optional("description", Text).about("what it is for"),
    optional("rejectionsMax", Integer(1, REJECTIONS_MAX))
        .about("rejections by all hops at which the last one fails; 6 unless given"),
    required("hops", List(&Map(&HOP))).about("the steps"),
]);

pub(super) const HOP: Schema = closed(&[
    required("id", Text).about("name of the hop, and of its directory"),
    optional("kind", Choice(&["work", "human", "decide", "expand"]))
        .about("an agent does it, a person, votes or numbers decide, or a plan becomes hops"),
    optional("requireHuman", Boolean).about("true: a person who has the role does it"),
    optional("decide", Map(&DECIDE)).about("how a hop of kind decide decides"),
    optional("expand", Map(&EXPAND)).about("what a hop of kind expand makes of a plan"),
    optional("role", Text).about("role that does it"),
    optional("agent", Text).about("agent that does it"),
    optional("team", Text).about("team that does it"),
    optional("description", Text).about("what is to be done"),
    optional("dependsOn", List(&Any)).about("hops before it: names, or {hop, on, when}"),
    optional("joinType", Text).about("all, any, quorum(n) or deadline(t)"),
    optional("condition", Any).about("what must hold, or the hop is skipped"),
    optional("autoAdvance", Boolean).about("false: a person looks at it before work goes on"),
    optional("canReject", Boolean).about("may send work back"),
    optional("rejectionStrategy", Choice(&["origin", "predecessors"]))
        .about("what a rejection sets back"),
    optional("rejectionsMax", Integer(1, REJECTIONS_MAX)).about("rejections at which it fails"),
    optional("retries", Integer(0, RETRIES_MAX)).about("tries after one that failed"),
    optional("timeout", Text).about("how long one may take: 30m, 2h, 1d"),
    optional("escalateTo", Text).about("role that takes over then"),
    optional("resource", Text).about("what no two runs use at the same time"),
    optional("sla", Map(&SLA)).about("how long its card may stand in one status"),
    optional("budget", Map(&BUDGET)).about("how much its runs may use together"),
]);

const SLA: Schema = closed(&[
    optional("maxInProgressMs", sla::LIMIT).about("longest time in progress"),
    optional("maxQueueMs", sla::LIMIT).about("longest time until it is begun"),
    optional("maxReviewMs", sla::LIMIT).about("longest time in review"),
    optional("maxBlockedMs", sla::LIMIT).about("longest time blocked"),
    optional("onViolation", ON_VIOLATION).about("what happens then"),
]);

const BUDGET: Schema = closed(CARD_BUDGET.fields);

const EDGE: Schema = closed(&[
    required("hop", Text),
    optional("on", List(&Text)),
    optional("when", Any),
]);

/// A JSON Schema of a workflow.
#[must_use]
pub fn workflow_schema() -> Value {
    of_file("A workflow of AOF", &DEFINITION)
}

/// Reads a workflow from a file of its own; the warnings come with it.
///
/// # Errors
/// All findings of the file, at most [`crate::FINDINGS_MAX`], at least one of them an error.
pub fn parse_workflow(path: &str, bytes: &[u8]) -> Parsed<Template> {
    let mut findings = Findings::new(path, &CODES);
    let read = tree(bytes, &mut findings).and_then(|root| template_of(&root, &mut findings));
    findings.conclude(read)
}

/// The same, and whom it names that the chart does not have, before the warnings.
///
/// # Errors
/// As of [`parse_workflow`].
pub fn lint_workflow(chart: &OrgChart, path: &str, bytes: &[u8]) -> Parsed<Template> {
    let mut findings = Findings::new(path, &CODES);
    let root = tree(bytes, &mut findings);
    let read = root.as_ref();
    let read = read.and_then(|root| template_of(root, &mut findings));
    let (template, warnings) = findings.conclude(read)?;
    let mut told = root.map_or_else(Vec::new, |root| strangers(chart, path, &root));
    told.extend(warnings);
    Ok((template, told))
}

/// Reads a workflow from a value, as a call gives it.
///
/// # Errors
/// As of a file, `path` being what it is called.
pub fn workflow_of(path: &str, value: &Value) -> Parsed<Template> {
    let mut findings = Findings::new(path, &CODES);
    let read = template_of(&Node::from_value(value), &mut findings);
    findings.conclude(read)
}

fn template_of(root: &Node<'_>, findings: &mut Findings<'_>) -> Option<Template> {
    let definition = definition_of(root, "", findings)?;
    Some(Template {
        name: definition.name.clone(),
        definition: definition.into(),
        written: root.to_value().into(),
    })
}

/// Reads a workflow from a part of a file; `prefix` is what leads to its fields there, with a
/// point at its end. Whatever is wrong with it has the codes of workflows.
pub(crate) fn definition_of(
    node: &Node<'_>,
    prefix: &str,
    findings: &mut Findings<'_>,
) -> Option<Definition> {
    let outer = std::mem::replace(&mut findings.codes, &CODES);
    check_under(node, prefix.trim_end_matches('.'), &DEFINITION, findings);
    let read = definition(node, &format!("{prefix}hops"), findings);
    findings.codes = outer;
    read
}

/// A workflow that was checked before; `list` is the path of its hops.
pub(super) fn definition(
    node: &Node<'_>,
    list: &str,
    findings: &mut Findings<'_>,
) -> Option<Definition> {
    let name = node.get("name").and_then(Node::text)?.to_owned();
    let nodes = node.get("hops").map(Node::items).unwrap_or_default();
    let names: Vec<Option<&str>> = nodes.iter().map(id_of).collect();
    let entries = Entries {
        nodes,
        names: &names,
        list,
        start: node.get("hops").unwrap_or(node).start,
        first: 0,
    };
    match Graph::new(entries.hops(findings)?) {
        Ok(mut graph) => {
            if let Some(most) = node.get("rejectionsMax").and_then(Node::integer) {
                graph.rejections_max = u32::try_from(most).unwrap_or(u32::MAX);
            }
            is_possible(&graph, &entries, findings).then_some(Definition { name, graph })
        }
        Err(flaws) => {
            for flaw in flaws {
                entries.tell(&flaw, findings);
            }
            None
        }
    }
}

/// Whether something can run at all.
fn is_possible(graph: &Graph, entries: &Entries<'_, '_>, findings: &mut Findings<'_>) -> bool {
    let never = |hop: &Hop| hop.condition == Some(Condition::Constant(false));
    let mut roots = graph.hops().iter().filter(|hop| hop.edges.is_empty());
    if !roots.all(never) {
        return true;
    }
    let at = entries.nodes.first().map_or(entries.start, |it| it.start);
    let message = "no hop can ever run: every one without `dependsOn` has a condition that never \
                   holds";
    let hint = "let one of them begin";
    let value = findings.codes.value;
    findings.error(value, at, message.to_owned(), hint);
    false
}

/// Whom an edge comes from, with which outcomes, and what must hold then.
type LongEdge<'n> = (&'n str, Option<Vec<String>>, Option<Condition>);

/// Reads one mapping.
pub(super) struct Reader<'r, 't, 'f, 'p> {
    /// The mapping.
    pub node: &'r Node<'t>,
    /// What leads there.
    pub path: String,
    /// Names of all hops by position.
    pub names: &'r [Option<&'r str>],
    /// The position of the hop that it belongs to.
    pub place: usize,
    /// What is wrong.
    pub findings: &'f mut Findings<'p>,
}

impl<'r, 't, 'p> Reader<'r, 't, '_, 'p> {
    pub(super) fn hop(&mut self) -> Option<Hop> {
        let id = self.name("id", HopId::parse);
        let (word, fits) = kind::check(self);
        let duty = self.duty(word);
        let edges = self.edges();
        let kind = match (word, edges.as_deref()) {
            ("decide", Some(edges)) => decides(self, edges).map(Kind::Decide),
            ("expand", Some(edges)) => expands(self, edges).map(Kind::Expand),
            _ => Some(Kind::Work),
        };
        let join = self.join();
        let condition = match self.node.get("condition") {
            Some(node) => Some(condition(node, &self.at("condition"), self.findings)?),
            None => None,
        };
        if let Some(condition) = &condition {
            self.names_hops(condition, "condition");
        }
        let (can_reject, strategy) = self.rejection();
        let most = self.node.get("rejectionsMax").and_then(Node::integer);
        let hop = Hop {
            id: id?,
            kind: kind?,
            generation: 0,
            duty: duty?,
            edges: edges?,
            join: join?,
            condition,
            can_reject,
            strategy,
            rejections_max: most
                .and_then(|most| u32::try_from(most).ok())
                .unwrap_or(HOP_REJECTIONS_MAX),
        };
        fits.then_some(hop)
    }

    /// A reader of what is under a key.
    pub(super) fn under<'s>(&'s mut self, key: &str) -> Option<Reader<'r, 't, 's, 'p>> {
        Some(Reader {
            node: self.node.get(key)?,
            path: self.at(key),
            names: self.names,
            place: self.place,
            findings: self.findings,
        })
    }

    pub(super) fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.node.get(key).and_then(Node::text).map(str::to_owned)
    }

    pub(super) fn wrong(&mut self, key: &str, message: &str, hint: &str) {
        let start = self.node.get(key).map_or(self.node.start, |it| it.start);
        let message = format!("`{}` {message}", self.at(key));
        let value = self.findings.codes.value;
        self.findings.error(value, start, message, hint);
    }

    pub(super) fn name<T>(
        &mut self,
        key: &str,
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match parse(&text) {
            Ok(name) => Some(name),
            Err(error) => {
                self.wrong(key, &format!("is wrong: {error}"), error.hint());
                None
            }
        }
    }

    /// Who does it: a role, an agent or a team, of which at most one is named.
    pub(super) fn doer(&mut self) -> Option<Option<Doer>> {
        let doers = ["role", "agent", "team"];
        let named: Vec<&str> = doers
            .into_iter()
            .filter(|key| self.node.get(key).is_some())
            .collect();
        Some(match named.as_slice() {
            [] => None,
            ["role"] => Some(Doer::Role(self.name("role", RoleId::parse)?)),
            ["agent"] => Some(Doer::Agent(self.name("agent", AgentId::parse)?)),
            [_] => Some(Doer::Team(self.name("team", TeamId::parse)?)),
            [_, second, ..] => {
                let second = (*second).to_owned();
                self.wrong(&second, "names somebody else besides", "name one of them");
                return None;
            }
        })
    }

    fn duty(&mut self, kind: &str) -> Option<Duty> {
        let doer = self.doer()?;
        if doer.is_none() && kind == "work" {
            let hint = "write `role`, `agent` or `team`, or `kind: human`";
            self.wrong("role", "is missing: nobody does this hop", hint);
            return None;
        }
        let timeout_ms = match self.text("timeout") {
            Some(text) => Some(self.duration("timeout", &text)?),
            None => None,
        };
        let escalate_to = self.name("escalateTo", RoleId::parse);
        if escalate_to.is_some() && timeout_ms.is_none() {
            let hint = "write after how long, as `timeout: 2h`";
            self.wrong("escalateTo", "takes over after no `timeout`", hint);
        }
        let advances = self.node.get("autoAdvance").and_then(Node::boolean);
        Some(Duty {
            doer,
            is_human: kind == "human",
            description: self.text("description"),
            waits_for_review: advances == Some(false),
            timeout_ms,
            escalate_to,
            retries: self
                .node
                .get("retries")
                .and_then(Node::integer)
                .and_then(|count| u32::try_from(count).ok()),
            resource: self.text("resource"),
            sla: CardSla {
                limits: limits(self.node.get("sla"), CARD_LIMITS),
                on_violation: self.node.get("sla").and_then(on_violation),
            },
            budget: match self.node.get("budget") {
                Some(node) => Some(budget(node, self.findings)?),
                None => None,
            },
        })
    }

    /// `30m`, `2h` or `1d` in milliseconds.
    fn duration(&mut self, key: &str, text: &str) -> Option<u64> {
        let found = minutes(text).filter(|minutes| (1..=MINUTES_MAX).contains(minutes));
        if found.is_none() {
            let message = format!("is `{}`, which is no time", excerpt(text));
            let hint = "write a number of minutes, hours or days, as 30m, 2h or 1d, up to a year";
            self.wrong(key, &message, hint);
        }
        found.map(|minutes| minutes * 60_000)
    }

    fn join(&mut self) -> Option<Join> {
        let Some(text) = self.text("joinType") else {
            let consensus = self.node.at(&["decide", "consensus"]).and_then(Node::text);
            // The first answer decides at once.
            return Some(match consensus {
                Some("first_wins") => Join::Any,
                _ => Join::All,
            });
        };
        let inner = |word: &str| {
            text.strip_prefix(word)?
                .strip_prefix('(')?
                .strip_suffix(')')
        };
        if let Some(count) = inner("quorum").and_then(|it| it.trim().parse().ok()) {
            return Some(Join::Quorum(count));
        }
        if let Some(time) = inner("deadline") {
            let time = time.trim().to_owned();
            return self.duration("joinType", &time).map(Join::Deadline);
        }
        match text.as_str() {
            "all" => Some(Join::All),
            "any" => Some(Join::Any),
            _ => {
                let message = format!("is `{}`, which is no way to join", excerpt(&text));
                self.wrong(
                    "joinType",
                    &message,
                    "write all, any, quorum(2) or deadline(30m)",
                );
                None
            }
        }
    }

    fn rejection(&mut self) -> (bool, Strategy) {
        let can_reject = self.node.get("canReject").and_then(Node::boolean) == Some(true);
        for key in ["rejectionStrategy", "rejectionsMax"] {
            if !can_reject && self.node.get(key).is_some() {
                let hint = "add `canReject: true`, or take it out";
                self.wrong(key, "is of a hop that cannot reject", hint);
            }
        }
        let before = self.node.get("dependsOn").map(Node::items);
        if can_reject && before.is_none_or(<[Node<'_>]>::is_empty) {
            let hint = "only a hop that depends on others can send work back to them";
            self.wrong("canReject", "is of a hop with nothing before it", hint);
        }
        match self.text("rejectionStrategy").as_deref() {
            Some("predecessors") => (can_reject, Strategy::Predecessors),
            _ => (can_reject, Strategy::Origin),
        }
    }

    pub(super) fn edges(&mut self) -> Option<Vec<Edge>> {
        let items = self.node.get("dependsOn").map(Node::items);
        let items = items.unwrap_or_default().iter().enumerate();
        let read: Vec<Option<Edge>> = items.map(|(at, item)| self.edge(at, item)).collect();
        read.into_iter().collect()
    }

    fn edge(&mut self, at: usize, item: &Node<'_>) -> Option<Edge> {
        let (name, on, when) = match item.text() {
            Some(name) => (name, None, None),
            None => self.long_edge(at, item)?,
        };
        let from = self.position(format_args!("dependsOn[{at}]"), (name, item))?;
        Some(Edge { from, on, when })
    }

    /// An edge that is more than a name.
    fn long_edge<'n>(&mut self, at: usize, item: &'n Node<'_>) -> Option<LongEdge<'n>> {
        let key = format!("dependsOn[{at}]");
        let path = self.at(&key);
        let Some(name) = item.get("hop").and_then(Node::text) else {
            let hint = "write the name of a hop, or {hop, on, when}";
            self.findings
                .bad_value(&path, item, "the name of a hop", hint);
            return None;
        };
        self.keys(item, &path);
        let when = match item.get("when") {
            Some(node) => {
                let when = condition(node, &format!("{path}.when"), self.findings)?;
                self.names_hops(&when, &format!("{key}.when"));
                Some(when)
            }
            None => None,
        };
        Some((name, self.outcomes(item, &path)?, when))
    }

    /// The position of a hop that is named under `key`.
    pub(super) fn position(
        &mut self,
        key: fmt::Arguments<'_>,
        (name, node): (&str, &Node<'_>),
    ) -> Option<usize> {
        // Most hops depend on some that are written just before them.
        let (before, after) = self.names.split_at(self.place.min(self.names.len()));
        let is_it = |known: &Option<&str>| *known == Some(name);
        let from = before.iter().rposition(is_it).or_else(|| {
            let further = after.iter().position(is_it)?;
            Some(before.len() + further)
        });
        if from.is_none() {
            let hint = self.nearest(name);
            let path = &self.path;
            let message = format!("`{path}.{key}` is `{}`, which is no hop", excerpt(name));
            self.findings.error(CODES.value, node.start, message, &hint);
        }
        from
    }

    fn nearest(&self, name: &str) -> String {
        let known = self.names.iter().copied().flatten();
        aof_core::suggest::nearest(name, known).map_or_else(
            || "name a hop of this workflow".to_owned(),
            |name| format!("did you mean `{name}`?"),
        )
    }

    fn keys(&mut self, item: &Node<'_>, path: &str) {
        for entry in item.entries() {
            let key = entry.key.as_ref();
            if !EDGE.fields.iter().any(|field| field.name == key) {
                let message = format!("unknown key `{path}.{}`", excerpt(key));
                let hint = "known keys are hop, on and when";
                self.findings.unknown_key(entry.key_start, message, hint);
            }
        }
    }

    /// The outcomes of an edge; none if any will do.
    fn outcomes(&mut self, item: &Node<'_>, path: &str) -> Option<Option<Vec<String>>> {
        let Some(list) = item.get("on") else {
            return Some(None);
        };
        let one = list.text().map(str::to_owned);
        let items = list
            .items()
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned);
        let words: Vec<String> = one.into_iter().chain(items).collect();
        let is_word = |word: &String| HopId::parse(word).is_ok();
        if !words.is_empty() && words.iter().all(is_word) {
            return Some(Some(words));
        }
        let hint = format!("write outcomes, as success, validation_fail, {FAILED} or your own");
        let path = format!("{path}.on");
        self.findings
            .bad_value(&path, list, "an outcome, or a list of them", &hint);
        None
    }

    /// Every hop that a condition asks for is there.
    fn names_hops(&mut self, condition: &Condition, key: &str) {
        for part in condition.parts() {
            let name = match part {
                Condition::HopStatus(hop, _) => Some(hop.as_str()),
                Condition::Compare(field, ..) | Condition::In(field, _) => field
                    .strip_prefix("hops.")
                    .and_then(|rest| rest.split('.').next()),
                _ => None,
            };
            let known = |name: &&str| self.names.contains(&Some(*name));
            if let Some(name) = name.filter(|name| !known(name)) {
                let message = format!("asks for the hop `{}`, which is not there", excerpt(name));
                let hint = self.nearest(name);
                self.wrong(key, &message, &hint);
            }
        }
    }
}

fn minutes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = is_plain.then(|| number.parse().ok()).flatten()?;
    match unit {
        "m" => Some(number),
        "h" => number.checked_mul(60),
        "d" => number.checked_mul(24 * 60),
        _ => None,
    }
}
