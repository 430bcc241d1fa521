//! What is going on: who works at what, and how far everything is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aof_host::contract::types::{Event, NotifyEffect, Severity};
use aof_host::gateway::{Fault, Observer};
use serde_json::Value;

use crate::exit::error_text;
use crate::render::style::{BAD, WARN};
use crate::render::text::clean;
use crate::shape::{Board, Counts};

use super::line;
use super::painter::Painter;

/// The state of the picture, and the brush.
pub struct Scene {
    titles: BTreeMap<String, String>,
    counts: Counts,
    painter: Painter,
}

impl Scene {
    /// A picture that begins with this board; `is_watched` if a person looks at a terminal.
    pub fn new(board: &Board, is_watched: bool) -> Arc<Mutex<Scene>> {
        let title = |card: &crate::shape::Summary| (card.id.clone(), card.title.clone());
        let mut scene = Scene {
            titles: board.cards().map(title).collect(),
            counts: board.counts.clone(),
            painter: Painter::new(is_watched),
        };
        for card in board.cards().filter(|card| card.status == "in-progress") {
            scene.painter.begin(
                &card.id,
                card.agent.as_deref().unwrap_or_default(),
                &card.title,
            );
        }
        scene.painter.progress(&scene.counts);
        Arc::new(Mutex::new(scene))
    }

    /// Takes one event in.
    pub fn take(&mut self, event: &Event) {
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
        let said = |name: &str| {
            payload
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let task = event.task.as_deref().unwrap_or_default();
        if event.kind == "task.created" && !said("title").is_empty() {
            self.titles
                .insert(task.to_owned(), said("title").to_owned());
        }
        let title = self.titles.get(task).cloned().unwrap_or_default();
        if let Some(line) = line::of(event, &title) {
            self.painter.line(&line);
        }
        match event.kind.as_str() {
            "task.created" => self.move_one(None, Some(said("status"))),
            "task.transitioned" => {
                self.move_one(Some(said("from")), Some(said("to")));
                if said("from") == "in-progress" {
                    self.painter.end(task);
                }
            }
            "task.assigned" => self.painter.begin(task, said("agent"), &title),
            _ => {}
        }
        self.painter.progress(&self.counts);
    }

    /// Shows an error that did not end the work.
    pub fn fault(&self, fault: &Fault) {
        self.painter.line(error_text(fault).trim_end());
    }

    /// Takes the picture down.
    pub fn finish(&mut self) {
        self.painter.finish();
    }

    fn move_one(&mut self, from: Option<&str>, to: Option<&str>) {
        if let Some(count) = from.and_then(|from| self.counts.get_mut(from)) {
            *count = count.saturating_sub(1);
        }
        if let Some(to) = to.filter(|to| !to.is_empty()) {
            *self.counts.entry(to.to_owned()).or_default() += 1;
        }
    }
}

/// The eyes of the scene: an observer that can be given away.
pub struct Watcher(pub Arc<Mutex<Scene>>);

impl Observer for Watcher {
    fn event(&mut self, event: &Event) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(event);
    }

    fn notice(&mut self, notice: &NotifyEffect) {
        let style = if notice.severity == Severity::Critical {
            BAD
        } else {
            WARN
        };
        let line = format!("{style}notice     {style:#}  {}", clean(&notice.message));
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .painter
            .line(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, payload: &str) -> Event {
        Event {
            id: "1".to_owned(),
            at: 0,
            kind: kind.to_owned(),
            actor: "host".to_owned(),
            project: None,
            task: Some("TASK-1".to_owned()),
            run: None,
            payload: payload.to_owned(),
        }
    }

    #[test]
    fn counts_follow_the_events() {
        let scene = Scene::new(&Board::default(), false);
        let mut scene = scene.lock().unwrap();
        scene.take(&event(
            "task.created",
            r#"{"title":"Check","status":"ready"}"#,
        ));
        scene.take(&event(
            "task.transitioned",
            r#"{"from":"ready","to":"in-progress"}"#,
        ));
        scene.take(&event("task.transitioned", "no json at all"));
        assert_eq!(scene.counts.get("ready"), Some(&0));
        assert_eq!(scene.counts.get("in-progress"), Some(&1));
    }
}
