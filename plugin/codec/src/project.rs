//! The manifest of a project, `project.yaml`. Source: AOF 1.20, "Projects".
//!
//! Never checks whether the lead or the team exists: the org chart knows, this file does not.

use aof_core::id::{AgentId, IdError, ProjectId, TeamId};
use aof_core::project::{Project, ProjectStatus};
use serde_json::Value;

use crate::budget::{BUDGETS, budgets};
use crate::card::layout::Layout;
use crate::document::{Parsed, check, tree};
use crate::finding::{Codes, Findings};
use crate::json_schema::of_file;
use crate::schema::Shape::{Any, Boolean, Choice, List, Map, Table, Text, Version};
use crate::schema::{Schema, closed, idle, optional, required};
use crate::share::{DISPATCH, dispatch};
use crate::sla::{SLA, sla};
use crate::workflow::templates;
use crate::yaml::{Node, Out, write_entry};

const CODES: Codes = Codes {
    syntax: "AOF-1120",
    value: "AOF-1122",
    missing: "AOF-1122",
    unknown: "AOF-1121",
};
/// The id differs from the folder's name.
const NAME_MISMATCH: &str = "AOF-1123";
/// What stands for "nobody" as an owner.
const NOBODY: &str = "system";

const MANIFEST: Schema = closed(&[
    optional("schemaVersion", Version(2)),
    required("id", Text),
    optional("title", Text),
    optional("description", Text),
    optional("status", Choice(&["active", "paused", "archived"])),
    optional(
        "type",
        Choice(&["swe", "ops", "research", "admin", "personal", "other"]),
    ),
    optional("owner", Map(&OWNER)),
    optional("dispatch", Map(&DISPATCH)),
    optional("budgets", BUDGETS),
    optional("parentId", Text),
    idle("routing", Map(&ROUTING)),
    idle("memory", Map(&MEMORY)),
    optional("links", Map(&LINKS)),
    optional("sla", Map(&SLA)),
    optional("workflow", Any),
    optional("workflowTemplates", Table(&Any)),
    optional("defaultWorkflow", Text),
    idle("participants", List(&Text)),
    optional("metadata", Table(&Any)),
]);

const OWNER: Schema = closed(&[optional("team", Text), optional("lead", Text)]);

const ROUTING: Schema = closed(&[
    optional("intake", Map(&INTAKE)),
    optional("mailboxes", Map(&MAILBOXES)),
]);
const INTAKE: Schema = closed(&[optional("default", Text)]);
const MAILBOXES: Schema = closed(&[optional("enabled", Boolean)]);

const MEMORY: Schema = closed(&[
    optional("tiers", Table(&Text)),
    optional("allowIndex", Map(&ALLOW_INDEX)),
    optional("denyIndex", List(&Text)),
]);
const ALLOW_INDEX: Schema = closed(&[optional("warmPaths", List(&Text))]);

const LINKS: Schema = closed(&[
    optional("repo", Text),
    optional("dashboards", List(&Any)),
    optional("docs", List(&Any)),
]);

/// A JSON Schema of a project's manifest.
#[must_use]
pub fn project_schema() -> Value {
    of_file("The manifest of a project of AOF", &MANIFEST)
}

/// Reads a project's manifest; the warnings come with it. `path` is relative to the data root; the
/// folder that the file lies in must be named like the project's id.
///
/// # Errors
/// All findings of the file, at most [`crate::FINDINGS_MAX`], at least one of them an error.
pub fn parse_project(path: &str, bytes: &[u8]) -> Parsed<Project> {
    let mut findings = Findings::new(path, &CODES);
    let project = tree(bytes, &mut findings).and_then(|root| {
        check(&root, &MANIFEST, &mut findings);
        read(&root, path, &mut findings)
    });
    findings.conclude(project)
}

fn read(root: &Node<'_>, path: &str, findings: &mut Findings<'_>) -> Option<Project> {
    let id = name(root.get("id"), "id", ProjectId::parse, findings);
    if let (Some(folder), Some(node)) = (path.rsplit('/').nth(1), root.get("id"))
        && let Some(text) = node.text()
        && text != folder
    {
        let message = format!("the id `{text}` differs from the folder `{folder}`");
        let hint = format!("rename the folder to {text}, or correct the id");
        findings.error(NAME_MISMATCH, node.start, message, &hint);
    }
    let lead = owner(root, "lead");
    let lead = name(lead, "owner.lead", AgentId::parse, findings);
    let team = name(owner(root, "team"), "owner.team", TeamId::parse, findings);
    let parent = name(root.get("parentId"), "parentId", ProjectId::parse, findings);
    let (templates, default_template) = templates(root, findings);
    let id = id?;
    let title = root
        .get("title")
        .and_then(Node::text)
        .filter(|title| !title.is_empty());
    let title = title.map_or_else(|| id.to_string(), str::to_owned);
    let status = match root.get("status").and_then(Node::text) {
        Some("paused") => ProjectStatus::Paused,
        Some("archived") => ProjectStatus::Archived,
        _ => ProjectStatus::Active,
    };
    Some(Project {
        id,
        title,
        status,
        lead,
        team,
        dispatch: dispatch(root),
        budgets: budgets(root, findings),
        is_research: root.get("type").and_then(Node::text) == Some("research"),
        sla: sla(root.get("sla")),
        parent,
        templates,
        default_template,
    })
}

/// The text of a manifest with another status; comments and the order of keys stay. None if the
/// layout of the file does not allow that line by line.
#[must_use]
pub fn with_status(bytes: &[u8], status: ProjectStatus) -> Option<Vec<u8>> {
    let mut findings = Findings::new("", &CODES);
    let text = std::str::from_utf8(bytes).ok()?;
    let root = tree(bytes, &mut findings)?;
    let yaml = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let eol = if yaml.contains("\r\n") { "\r\n" } else { "\n" };
    let layout = Layout::of(yaml, &root, &MANIFEST)?;
    let value = Out::text(status.as_str());
    let (range, new) = layout.edit("status", Some(&value), eol)?;
    let (before, after) = (yaml.get(..range.start)?, yaml.get(range.end..)?);
    let bom = text.get(..text.len() - yaml.len())?;
    // A last line without an end gets one before a new line follows it.
    let joint = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        eol
    };
    Some([bom, before, joint, &new, after].concat().into_bytes())
}

/// The text of a new manifest.
#[must_use]
pub fn new_project(project: &Project) -> Vec<u8> {
    let mut text = String::new();
    let mut write = |key: &str, value: &str| {
        write_entry(&mut text, 0, (key, &Out::text(value)), "\n");
    };
    write("id", project.id.as_str());
    write("title", &project.title);
    write("status", project.status.as_str());
    if let Some(parent) = &project.parent {
        write("parentId", parent.as_str());
    }
    if project.lead.is_some() || project.team.is_some() {
        text.push_str("owner:\n");
    }
    let owner = [
        ("team", project.team.as_ref().map(TeamId::as_str)),
        ("lead", project.lead.as_ref().map(AgentId::as_str)),
    ];
    for (key, value) in owner {
        if let Some(value) = value {
            write_entry(&mut text, 2, (key, &Out::text(value)), "\n");
        }
    }
    text.into_bytes()
}

fn owner<'n, 't>(root: &'n Node<'t>, key: &str) -> Option<&'n Node<'t>> {
    let node = root.at(&["owner", key])?;
    if node.text()?.eq_ignore_ascii_case(NOBODY) {
        None
    } else {
        Some(node)
    }
}

fn name<T>(
    node: Option<&Node<'_>>,
    path: &str,
    parse: fn(&str) -> Result<T, IdError>,
    findings: &mut Findings<'_>,
) -> Option<T> {
    let node = node?;
    match parse(node.text()?) {
        Ok(id) => Some(id),
        Err(error) => {
            let message = format!("`{path}`: {error}");
            findings.error(CODES.value, node.start, message, error.hint());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "projects/alpha/project.yaml";

    fn paused(text: &str) -> Option<String> {
        let text = with_status(text.as_bytes(), ProjectStatus::Paused)?;
        Some(String::from_utf8(text).unwrap())
    }

    #[test]
    fn another_status_touches_one_line() {
        for (text, expected) in [
            (
                "# mine\nid: alpha   # the id\nstatus: active # for now\ntitle: 'A'\n",
                "# mine\nid: alpha   # the id\nstatus: paused # for now\ntitle: 'A'\n",
            ),
            (
                "id: alpha\ntitle: A\nowner: {}\n",
                "id: alpha\ntitle: A\nstatus: paused\nowner: {}\n",
            ),
            (
                "id: alpha\r\nx: 1\r\n",
                "id: alpha\r\nstatus: paused\r\nx: 1\r\n",
            ),
            ("id: alpha", "id: alpha\nstatus: paused\n"),
            (
                "\u{FEFF}id: alpha\nstatus: active",
                "\u{FEFF}id: alpha\nstatus: paused\n",
            ),
        ] {
            assert_eq!(paused(text).as_deref(), Some(expected), "{text:?}");
        }
        for text in ["{id: alpha, status: active}\n", "- a\n", "id: [\n", ""] {
            assert_eq!(paused(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_new_manifest_reads_back() {
        let id = |text| ProjectId::parse(text).unwrap();
        let whole = Project {
            title: "A: \"new\" one #1".to_owned(),
            status: ProjectStatus::Paused,
            lead: AgentId::parse("ada").ok(),
            team: TeamId::parse("no").ok(),
            parent: Some(id("1e3")),
            ..Project::bare(id("alpha"))
        };
        for project in [Project::bare(id("alpha")), whole] {
            let text = new_project(&project);
            assert_eq!(parse_project(PATH, &text), Ok((project, Vec::new())));
        }
    }

    fn parse(text: &str) -> Parsed<Project> {
        parse_project(PATH, text.as_bytes())
    }

    fn refusals(text: &str) -> Vec<String> {
        let findings = parse(text).unwrap_err();
        findings
            .iter()
            .map(|f| format!("{} {}:{} {}", f.code, f.line, f.column, f.hint))
            .collect()
    }

    #[test]
    fn a_whole_manifest_is_read() {
        let text = "id: alpha\ntitle: no\nstatus: paused\ntype: swe\n\
                    owner:\n  team: engineering\n  lead: tech-lead\nlinks: {docs: []}\n";
        let (project, warnings) = parse(text).unwrap();
        assert_eq!(project.title, "no");
        assert_eq!(project.status, ProjectStatus::Paused);
        assert_eq!(project.lead, AgentId::parse("tech-lead").ok());
        assert_eq!(project.team, TeamId::parse("engineering").ok());
        assert_eq!(warnings, []);
    }

    #[test]
    fn a_bare_id_is_enough() {
        let (project, warnings) = parse("id: alpha").unwrap();
        assert_eq!(project, Project::bare(ProjectId::parse("alpha").unwrap()));
        assert_eq!(warnings, []);
    }

    #[test]
    fn the_system_owns_nothing() {
        let (project, _) = parse("id: alpha\nowner: {team: System, lead: SYSTEM}\n").unwrap();
        assert_eq!((project.lead, project.team), (None, None));
    }

    #[test]
    fn a_field_without_effect_is_named_once() {
        let text = "id: alpha\nmemory: {denyIndex: [Cold]}\nparticipants: [ada]\n";
        let (_, warnings) = parse(text).unwrap();
        let messages: Vec<_> = warnings
            .iter()
            .map(|w| (w.code, w.line, w.message.as_str()))
            .collect();
        assert_eq!(
            messages,
            [
                (
                    "AOF-1190",
                    2,
                    "kept, has no effect in this version: `memory`"
                ),
                (
                    "AOF-1190",
                    3,
                    "kept, has no effect in this version: `participants`"
                ),
            ]
        );
    }

    #[test]
    fn a_project_has_limits_of_time_and_a_channel() {
        let text = "id: alpha\ntype: research\nsla:\n  researchMaxInProgressMs: 60000\n  \
                    defaultMaxQueueMs: 61000\n  onViolation: block\n  \
                    alerting: {channel: ops, rateLimitMinutes: 2, webhook: hook}\n";
        let (project, warnings) = parse(text).unwrap();
        assert!(project.is_research);
        let sla = project.sla;
        assert_eq!(sla.research_in_progress_ms, Some(60_000));
        assert_eq!(sla.limits.queue_ms, Some(61_000));
        assert_eq!(sla.on_violation, Some(aof_core::sla::Policy::Block));
        assert_eq!(sla.rate_limit_minutes, Some(2));
        assert_eq!(sla.channel.as_deref(), Some("ops"));
        let messages: Vec<_> = warnings
            .iter()
            .map(|w| (w.code, w.message.as_str()))
            .collect();
        let idle = "kept, has no effect in this version: `sla.alerting.webhook`";
        assert_eq!(messages, [("AOF-1190", idle)]);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place() {
        for (text, expected) in [
            ("", "AOF-1120 0:0 write the required fields"),
            ("title: x\n", "AOF-1122 1:1 add `id: …`"),
            (
                "id: beta\n",
                "AOF-1123 1:5 rename the folder to beta, or correct the id",
            ),
            (
                "id: alpha\nstatsu: active\n",
                "AOF-1121 2:1 did you mean `status`?",
            ),
            (
                "id: alpha\nstatus: asleep\n",
                "AOF-1122 2:9 write active, paused or archived",
            ),
            ("- id: alpha\n", "AOF-1120 1:1 write `key: value` lines"),
            (
                "id: alpha\nowner: {lead: a b}\n",
                "AOF-1122 2:15 use 1 to 64 characters: letters, \
              digits, `-`, `_`, `.`; begin with a letter, a digit or `_`",
            ),
        ] {
            assert_eq!(refusals(text), [expected], "{text:?}");
        }
    }
}
