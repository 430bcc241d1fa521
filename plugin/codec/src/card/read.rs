//! From a file's bytes to a card.
//!
//! Never guesses: a field that is there but wrong is an error, with its place. Invariant: what
//! comes out could have been written by [`super::new_card`], except for what is only kept.

use aof_core::card::{Card, Routing};
use aof_core::dependency::DependencyPolicy;
use aof_core::diagnostic::Diagnostic;
use aof_core::id::{AgentId, IdError, ProjectId, RoleId, RunId, TaskId, TeamId};
use aof_core::instant::Instant;
use aof_core::lease::Lease;
use aof_core::priority::Priority;
use aof_core::sla::CardSla;
use aof_core::status::Status;
use serde_json::Map;

use crate::budget::budget;
use crate::check::{Idle, check_root};
use crate::finding::{Findings, NO_EFFECT, one_of};
use crate::limit::CARD_BYTES_MAX;
use crate::sla::{CARD_LIMITS, limits, on_violation};
use crate::yaml::{Mark, Node, compose, decode, mark_after};

use super::document::CardDocument;
use super::fence::Parts;
use super::form::{CARD, CODES, NAME_MISMATCH};

/// What a card says that does not tell who made it.
const UNKNOWN_AUTHOR: &str = "unknown";

/// Reads a card. `path` is relative to the data root; its last segment must be the card's id with
/// `.md` behind it.
///
/// # Errors
/// All findings of the file, at most [`crate::FINDINGS_MAX`], at least one of them an error.
pub fn parse_card(path: &str, bytes: &[u8]) -> Result<CardDocument, Vec<Diagnostic>> {
    let mut findings = Findings::new(path, &CODES);
    let found = read_file(path, bytes, &mut findings);
    findings
        .conclude(found)
        .map(|((text, card, _), warnings)| CardDocument::new(text, card, warnings))
}

/// Reads what is about to be written, with its tree.
pub(crate) fn read_back<'t>(
    path: &str,
    text: &'t str,
) -> Result<(Card, Node<'t>), Vec<Diagnostic>> {
    let mut findings = Findings::new(path, &CODES);
    let found = read_file(path, text.as_bytes(), &mut findings);
    findings
        .conclude(found)
        .map(|((_, card, root), _)| (card, root))
}

fn read_file<'b>(
    path: &str,
    bytes: &'b [u8],
    findings: &mut Findings<'_>,
) -> Option<(&'b str, Card, Node<'b>)> {
    let text = decode(bytes, CARD_BYTES_MAX, findings)?;
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        let at = mark_after(text.get(..offset).unwrap_or_default());
        let message = "the card contains a NUL character".to_owned();
        findings.error(
            CODES.syntax,
            at,
            message,
            "remove it; a card is a text file",
        );
        return None;
    }
    let parts = Parts::split(text, findings)?;
    let Some(root) = compose(parts.frontmatter, findings) else {
        if !findings.has_errors() {
            let hint = "write at least schemaVersion, id, title and status";
            findings.error(
                CODES.syntax,
                Mark::START,
                "the frontmatter is empty".to_owned(),
                hint,
            );
        }
        return None;
    };
    for idle in check_root(&root, &CARD, findings) {
        warn_idle(&idle, findings);
    }
    let mut card = Reader {
        root: &root,
        findings,
    }
    .card(path)?;
    card.body = parts.body_text().into_owned();
    Some((text, card, root))
}

fn warn_idle(idle: &Idle, findings: &mut Findings<'_>) {
    let message = format!("kept but not acted upon by this version: `{}`", idle.path);
    let hint = "remove it, or leave it for a version that uses it";
    findings.warn(NO_EFFECT, idle.at, message, hint);
}

/// Takes fields out of a checked tree. Fields of the wrong type have been reported and read as
/// absent here.
pub(super) struct Reader<'r, 't, 'p> {
    pub(super) root: &'r Node<'t>,
    pub(super) findings: &'r mut Findings<'p>,
}

impl Reader<'_, '_, '_> {
    fn card(mut self, path: &str) -> Option<Card> {
        let card = self.fields();
        self.check_name(path);
        if !self.findings.has_errors() {
            self.warn_missing();
        }
        card
    }

    fn fields(&mut self) -> Option<Card> {
        let id = self.id(self.root.literal("id"), "id", TaskId::parse);
        let title = self.title();
        let status = self.status();
        Some(Card {
            schema_version: self.number(self.root, "schemaVersion", 1),
            project: self.name("project", ProjectId::parse),
            priority: self.priority(),
            routing: self.routing(),
            lease: self.lease(),
            created_at: self.moment(self.root, "createdAt"),
            updated_at: self.moment(self.root, "updatedAt"),
            last_transition_at: self.moment(self.root, "lastTransitionAt"),
            created_by: self
                .text("createdBy")
                .unwrap_or_else(|| UNKNOWN_AUTHOR.to_owned()),
            parent_id: self.name("parentId", TaskId::parse),
            depends_on: self.depends_on(),
            dependency_policy: self
                .text("dependencyPolicy")
                .and_then(|name| DependencyPolicy::parse(&name))
                .unwrap_or_default(),
            sla: CardSla {
                limits: limits(self.root.get("sla"), CARD_LIMITS),
                on_violation: self.root.get("sla").and_then(on_violation),
            },
            budget: self
                .root
                .get("budget")
                .and_then(|node| budget(node, self.findings)),
            content_hash: self.text("contentHash"),
            metadata: self
                .root
                .get("metadata")
                .map_or_else(Map::new, Node::to_map),
            resource: self.text("resource"),
            workflow: self.workflow(),
            hop: self.hop(),
            revision: self
                .root
                .get("revision")
                .and_then(Node::integer)
                .unwrap_or_default(),
            body: String::new(),
            id: id?,
            title: title?,
            status: status?,
        })
    }

    fn check_name(&mut self, path: &str) {
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.strip_suffix(".md").unwrap_or(file);
        if let Some(node) = self.root.literal("id")
            && let Some(id) = node.text()
            && TaskId::parse(id).is_ok()
            && id != stem
        {
            let message = format!("the id `{id}` differs from the file name `{stem}`");
            let hint = format!("rename the file to {id}.md, or correct the id");
            self.findings
                .error(NAME_MISMATCH, node.start, message, &hint);
        }
    }

    fn warn_missing(&mut self) {
        let fields = [
            ("createdAt", "2026-11-20T11:12:34.537Z", "1970"),
            ("updatedAt", "2026-11-20T11:12:34.537Z", "1970"),
            ("lastTransitionAt", "2026-11-20T11:12:34.537Z", "1970"),
            ("createdBy", "your-name", UNKNOWN_AUTHOR),
        ];
        for (name, example, default) in fields {
            if self.root.get(name).is_none() {
                let message = format!("`{name}` is missing, taken as {default}");
                let hint = format!("add a line like `{name}: {example}`");
                self.findings
                    .warn(CODES.missing, Mark::START, message, &hint);
            }
        }
    }

    fn title(&mut self) -> Option<String> {
        let node = self.root.literal("title")?;
        let text = node.text()?.to_owned();
        if text.is_empty() {
            let at = node.start;
            let message = "`title` is empty".to_owned();
            self.findings.error(
                CODES.value,
                at,
                message,
                "write what is to be done, in one line",
            );
            return None;
        }
        Some(text)
    }

    fn status(&mut self) -> Option<Status> {
        let node = self.root.literal("status")?;
        let text = node.text()?;
        let status = Status::parse(text);
        if status.is_none() {
            let hint = format!("write {}", one_of(&Status::ALL.map(Status::as_str)));
            self.findings
                .bad_value("status", node, "one of the eight statuses", &hint);
        }
        status
    }

    fn priority(&mut self) -> Priority {
        let Some(node) = self.root.get("priority") else {
            return Priority::default();
        };
        let Some(text) = node.text() else {
            return Priority::default();
        };
        Priority::parse(text).unwrap_or_else(|| {
            let hint = format!("write {}", one_of(&Priority::ALL.map(Priority::as_str)));
            self.findings
                .bad_value("priority", node, "one of the four priorities", &hint);
            Priority::default()
        })
    }

    fn routing(&mut self) -> Routing {
        let Some(node) = self.root.get("routing") else {
            return Routing::default();
        };
        let tags = node.get("tags").map(Node::items).unwrap_or_default();
        Routing {
            role: self.id(node.get("role"), "routing.role", RoleId::parse),
            team: self.id(node.get("team"), "routing.team", TeamId::parse),
            agent: self.id(node.get("agent"), "routing.agent", AgentId::parse),
            tags: tags
                .iter()
                .filter_map(Node::text)
                .map(str::to_owned)
                .collect(),
        }
    }

    fn lease(&mut self) -> Option<Lease> {
        let node = self.root.get("lease")?;
        Some(Lease {
            agent: self.id(node.get("agent"), "lease.agent", AgentId::parse)?,
            run: self.id(node.get("run"), "lease.run", RunId::parse),
            attempt: self.number(node, "attempt", 1),
            acquired_at: self.moment(node, "acquiredAt"),
            expires_at: self.moment(node, "expiresAt"),
            renew_count: self.number(node, "renewCount", 0),
        })
    }

    fn depends_on(&mut self) -> Vec<TaskId> {
        let items = self
            .root
            .get("dependsOn")
            .map(Node::items)
            .unwrap_or_default();
        // Gaps have been reported by the check.
        let items = items.iter().filter(|item| !item.is_null());
        items
            .filter_map(|item| self.id(Some(item), "dependsOn", TaskId::parse))
            .collect()
    }

    fn name<T>(&mut self, name: &str, parse: fn(&str) -> Result<T, IdError>) -> Option<T> {
        self.id(self.root.get(name), name, parse)
    }

    pub(super) fn id<T>(
        &mut self,
        node: Option<&Node<'_>>,
        path: &str,
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let node = node?;
        match parse(node.text()?) {
            Ok(id) => Some(id),
            Err(error) => {
                let message = format!("`{path}`: {error}");
                self.findings
                    .error(CODES.value, node.start, message, error.hint());
                None
            }
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.root.get(name)?.text().map(str::to_owned)
    }

    pub(super) fn moment(&self, node: &Node<'_>, name: &str) -> Instant {
        let text = node.get(name).and_then(Node::text);
        text.and_then(Instant::parse).unwrap_or(Instant::from_ms(0))
    }

    pub(super) fn number(&self, node: &Node<'_>, name: &str, default: u32) -> u32 {
        let number = node.get(name).and_then(Node::integer);
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(default)
    }
}

#[cfg(test)]
mod tests;
