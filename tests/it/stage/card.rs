//! Cards as a person writes them.

/// A card file in the making: the least frontmatter, and what a test adds.
#[derive(Debug, Clone)]
pub struct CardText {
    id: String,
    status: String,
    lines: String,
    body: String,
}

impl CardText {
    /// A ready card for `writer`.
    pub fn new(id: &str, status: &str) -> Self {
        CardText {
            id: id.to_owned(),
            status: status.to_owned(),
            lines: String::new(),
            body: "Do it.\n".to_owned(),
        }
    }

    /// Adds a line of frontmatter.
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push_str(line);
        self.lines.push('\n');
        self
    }

    pub fn agent(self, agent: &str) -> Self {
        self.line(&format!("routing: {{agent: {agent}}}"))
    }

    /// Made this many minutes past ten.
    pub fn made_at(self, minute: u32) -> Self {
        self.line(&format!("createdAt: 2026-02-17T09:{minute:02}:00.000Z"))
    }

    /// The path below `projects/alpha`.
    pub fn path(&self) -> String {
        format!("projects/alpha/tasks/{}/{}.md", self.status, self.id)
    }

    pub fn text(&self) -> String {
        let CardText {
            id,
            status,
            lines,
            body,
        } = self;
        format!(
            "---\nschemaVersion: 1\nid: {id}\ntitle: Title of {id}\nstatus: {status}\n\
             {lines}---\n\n{body}"
        )
    }

    /// As a file of a fixture.
    pub fn fixture(&self) -> String {
        format!("//- {}\n{}", self.path(), self.text())
    }
}
