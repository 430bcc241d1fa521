//! Builds the tree from the engine's events.
//!
//! Never recurses and never trusts: depth and number of nodes are bounded while the events arrive.
//! Invariant: a tree that comes out without findings has text keys, no duplicates, no aliases, no
//! anchors, no tags and no merge keys.

use std::borrow::Cow;
use std::ops::ControlFlow;

use aof_yaml::{Event, Marker, ScalarStyle, ScanError, Span};

use crate::finding::{FORBIDDEN, Findings, LIMIT, excerpt};
use crate::limit::{DEPTH_MAX, NODES_MAX};

use super::{Entry, Kind, Mark, Node, Style, find_control};

/// Reads one YAML document. `None` with findings if it is refused; `None` without any if there is
/// nothing in it.
pub(crate) fn compose<'t>(text: &'t str, findings: &mut Findings<'_>) -> Option<Node<'t>> {
    if let Some((control, at)) = find_control(text) {
        let message = format!(
            "the character U+{:04X} is not allowed here",
            u32::from(control)
        );
        let hint = "remove it, or write it as an escape like \"\\x1b\" in double quotes";
        findings.error(findings.codes.syntax, at, message, hint);
        return None;
    }
    let mut builder = Builder {
        stack: Vec::new(),
        root: None,
        documents: 0,
        nodes: 0,
    };
    let mut stopped = None;
    let end = aof_yaml::read(
        text,
        &mut |event, span| match builder.take(event, span, findings) {
            Ok(()) => ControlFlow::Continue(()),
            Err(stop) => {
                stopped = Some(stop);
                ControlFlow::Break(())
            }
        },
    );
    if let Err(error) = end {
        stopped = Some(Stop::at(findings.codes.syntax, &error));
    }
    if let Some(stop) = stopped {
        findings.error(stop.code, stop.at, stop.message, stop.hint);
        return None;
    }
    builder.root
}

/// Why reading cannot go on.
struct Stop {
    code: &'static str,
    at: Mark,
    message: String,
    hint: &'static str,
}

impl Stop {
    fn at(code: &'static str, error: &ScanError) -> Stop {
        Stop {
            code,
            at: mark(*error.marker()),
            message: format!("the YAML cannot be read: {}", error.info()),
            hint: hint_for(error.info()),
        }
    }
}

fn hint_for(info: &str) -> &'static str {
    if info.contains("tab") {
        "indent with spaces, never with tabs"
    } else if info.contains("mapping values are not allowed") {
        "put the value in quotes if it contains `: `, or check the indentation"
    } else if info.contains("escape") {
        "write `\\\\` for a backslash in double quotes, or use single quotes"
    } else if info.contains("quoted scalar") {
        "close the quote that is opened here"
    } else if info.contains("flow") {
        "close the bracket that is opened above"
    } else {
        "check the indentation, quotes and brackets here and in the lines above"
    }
}

/// A key that waits for its value.
struct Key<'t> {
    text: Cow<'t, str>,
    style: Style,
    start: Mark,
    end: Mark,
}

/// A collection that is not closed yet.
enum Open<'t> {
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>, Option<Key<'t>>),
}

struct Frame<'t> {
    start: Mark,
    is_flow: bool,
    open: Open<'t>,
}

struct Builder<'t> {
    stack: Vec<Frame<'t>>,
    root: Option<Node<'t>>,
    documents: usize,
    nodes: usize,
}

impl<'t> Builder<'t> {
    fn take(
        &mut self,
        event: Event<'t>,
        span: Span,
        findings: &mut Findings<'_>,
    ) -> Result<(), Stop> {
        let start = mark(span.start);
        match event {
            Event::DocumentStart(_) => return self.begin_document(start),
            Event::Alias(_) => {
                forbid(
                    findings,
                    start,
                    "aliases (`*name`)",
                    "write the value out in full",
                );
                self.add_scalar(Cow::Borrowed(""), Style::Plain, span, findings)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_properties(findings, start, anchor, tag.is_some());
                self.add_scalar(text, style.into(), span, findings)?;
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_properties(findings, start, anchor, tag.is_some());
                self.open(Open::List(Vec::new()), span, findings.codes.syntax)?;
            }
            Event::MappingStart(anchor, tag) => {
                refuse_properties(findings, start, anchor, tag.is_some());
                self.open(Open::Map(Vec::new(), None), span, findings.codes.syntax)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(mark(span.end), findings),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin_document(&mut self, at: Mark) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents < 2 {
            return Ok(());
        }
        let message = "there is more than one YAML document".to_owned();
        Err(Stop {
            code: FORBIDDEN,
            at,
            message,
            hint: "keep one document, without `---` in it",
        })
    }

    fn add_scalar(
        &mut self,
        text: Cow<'t, str>,
        style: Style,
        span: Span,
        findings: &mut Findings<'_>,
    ) -> Result<(), Stop> {
        let (start, end) = (mark(span.start), mark(span.end));
        self.count(start)?;
        if let Some(Frame {
            open: Open::Map(_, key @ None),
            ..
        }) = self.stack.last_mut()
        {
            if text == "<<" && style == Style::Plain {
                forbid(
                    findings,
                    start,
                    "merge keys (`<<`)",
                    "write the keys out in full",
                );
            }
            *key = Some(Key {
                text,
                style,
                start,
                end,
            });
        } else {
            self.add(Node {
                start,
                end,
                kind: Kind::Scalar(text, style),
            });
        }
        Ok(())
    }

    fn open(&mut self, open: Open<'t>, span: Span, syntax: &'static str) -> Result<(), Stop> {
        let start = mark(span.start);
        self.count(start)?;
        if self.stack.len() >= DEPTH_MAX {
            let message = format!("collections are nested more than {DEPTH_MAX} deep");
            return Err(Stop {
                code: LIMIT,
                at: start,
                message,
                hint: "flatten the structure",
            });
        }
        if let Some(Frame {
            open: Open::Map(_, None),
            ..
        }) = self.stack.last()
        {
            let message = "a key must be text, not a list or mapping".to_owned();
            let hint = "write `key: value` with a plain key";
            return Err(Stop {
                code: syntax,
                at: start,
                message,
                hint,
            });
        }
        // The engine gives block collections an empty span and flow collections their bracket.
        self.stack.push(Frame {
            start,
            is_flow: !span.is_empty(),
            open,
        });
        Ok(())
    }

    fn close(&mut self, end: Mark, findings: &mut Findings<'_>) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        let kind = match frame.open {
            Open::List(items) => Kind::List(items),
            Open::Map(entries, _) => {
                report_duplicates(&entries, findings);
                Kind::Map(entries)
            }
        };
        let last = match &kind {
            Kind::List(items) => items.last().map(|node| node.end),
            Kind::Map(entries) => entries.last().map(|entry| entry.value.end),
            Kind::Scalar(..) => None,
        };
        let end = if frame.is_flow {
            end
        } else {
            last.unwrap_or(end)
        };
        self.add(Node {
            start: frame.start,
            end,
            kind,
        });
    }

    fn add(&mut self, node: Node<'t>) {
        match self.stack.last_mut().map(|frame| &mut frame.open) {
            None => self.root = Some(node),
            Some(Open::List(items)) => items.push(node),
            Some(Open::Map(entries, key)) => {
                if let Some(key) = key.take() {
                    entries.push(Entry {
                        key: key.text,
                        key_style: key.style,
                        key_start: key.start,
                        key_end: key.end,
                        value: node,
                    });
                }
            }
        }
    }

    fn count(&mut self, at: Mark) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes <= NODES_MAX {
            return Ok(());
        }
        let message = format!("there are more than {NODES_MAX} values");
        Err(Stop {
            code: LIMIT,
            at,
            message,
            hint: "split the file",
        })
    }
}

fn refuse_properties(findings: &mut Findings<'_>, at: Mark, anchor: usize, is_tagged: bool) {
    if anchor != 0 {
        forbid(
            findings,
            at,
            "anchors (`&name`)",
            "write the value out where it is needed",
        );
    }
    if is_tagged {
        forbid(
            findings,
            at,
            "tags (`!name`)",
            "remove the tag; put text in quotes instead",
        );
    }
}

fn forbid(findings: &mut Findings<'_>, at: Mark, what: &str, hint: &str) {
    findings.error(FORBIDDEN, at, format!("{what} are not accepted"), hint);
}

fn report_duplicates(entries: &[Entry<'_>], findings: &mut Findings<'_>) {
    let mut sorted: Vec<&Entry<'_>> = entries.iter().collect();
    sorted.sort_by(|left, right| left.key.cmp(&right.key));
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.key == second.key
        {
            let message = format!(
                "the key `{}` is there twice, first in line {}",
                excerpt(&second.key),
                findings.line_of(first.key_start),
            );
            findings.error(FORBIDDEN, second.key_start, message, "keep one of the two");
        }
    }
}

fn mark(marker: Marker) -> Mark {
    Mark {
        line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
        column: u32::try_from(marker.col()).map_or(u32::MAX, |column| column.saturating_add(1)),
    }
}

impl From<ScalarStyle> for Style {
    fn from(style: ScalarStyle) -> Style {
        match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        }
    }
}

#[cfg(test)]
mod tests;
