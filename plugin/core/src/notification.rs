//! What people are told of what happened, by rules of their own.
//!
//! Never reads a file, and says nothing without a rule. Invariant: what is urgent goes out at once;
//! of the rest a channel gets at most `STORM_NOTICES_MAX` notices in `STORM_WINDOW_MS` and one
//! digest that counts what was held back; what is remembered is bounded.

use serde_json::Value;

use crate::effect::{Effect, Notify, Severity};
use crate::event::is_meant;
use crate::id::TaskId;
use crate::instant::Instant;
use crate::json::ToLine as _;

/// Rules in one file.
pub const RULES_MAX: usize = 100;
/// Fields of the payload that one rule compares.
pub const PAYLOAD_FIELDS_MAX: usize = 8;
/// Characters of a channel's name.
pub const CHANNEL_CHARS_MAX: usize = 80;
/// Characters of a template.
pub const TEMPLATE_CHARS_MAX: usize = 500;
/// Longest time for which the same is not told again: a day.
pub const WINDOW_MS_MAX: u64 = 86_400_000;
/// That time unless the rule says otherwise.
pub const WINDOW_MS_DEFAULT: u64 = 300_000;
/// Characters of a notice.
const NOTICE_CHARS_MAX: usize = 1_000;
/// What was told and is remembered, so that it is not told again; the oldest is forgotten first.
const TOLD_MAX: usize = 1_000;
/// Urgent notices of one commit; what is over goes into the digest of its channel.
const URGENT_NOTICES_MAX: usize = 256;
/// Notices of one channel within a window before the others are held back.
const STORM_NOTICES_MAX: usize = 5;
/// How long a window is, from the first notice in it.
const STORM_WINDOW_MS: u64 = 10_000;
/// What is always urgent.
const ALWAYS_URGENT: &str = "task.deadlettered";

/// Which events are told, to whom and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The type of the event, or the beginning of it and a `*`.
    pub event: String,
    /// Fields of the payload, by path, and the text of each.
    pub payload: Vec<(String, String)>,
    /// How loud.
    pub severity: Severity,
    /// Where.
    pub channel: String,
    /// Whom it is for, with commas between them.
    pub audience: String,
    /// The text, with `{field.path}` for fields of the event.
    pub template: String,
    /// For how long the same is not told again; 0 for not at all.
    pub window_ms: u64,
    /// It goes out at once, whatever else was told.
    pub never_suppress: bool,
}

impl Rule {
    fn fits(&self, event: &Value) -> bool {
        let is_of_kind = is_meant(&self.event, &text_at(event, "type"));
        let payload = &event.get("payload").unwrap_or(&Value::Null);
        let has = |(path, text): &(String, String)| text_at(payload, path) == *text;
        is_of_kind && self.payload.iter().all(has)
    }

    /// The text. What the event does not have stays as the template has it.
    fn message(&self, event: &Value) -> String {
        let mut message = String::new();
        let mut rest = self.template.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            message.push_str(before);
            let field = after.split_once('}');
            let found = field.and_then(|(path, after)| Some((at(event, path)?, after)));
            rest = if let Some((value, after)) = found {
                let plain = |it: char| if it.is_control() { ' ' } else { it };
                message.extend(text(value).chars().map(plain));
                after
            } else {
                message.push('{');
                after
            };
        }
        message.push_str(rest);
        if let Some((end, _)) = message.char_indices().nth(NOTICE_CHARS_MAX) {
            message.truncate(end);
            message.push('…');
        }
        message
    }
}

/// The rules in force, and what they said lately.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    rules: Vec<Rule>,
    /// What was told, in that order, and until when it is not told again.
    told: Vec<(String, Instant)>,
    storms: Vec<Storm>,
}

/// What a rule would make of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial<'r> {
    /// Which rule of the file, from 1.
    pub number: usize,
    /// The rule.
    pub rule: &'r Rule,
    /// The text.
    pub message: String,
    /// `told`; `held` back for the digest of its channel; `repeated`: told not long ago.
    pub outcome: &'static str,
}

/// What a channel gets within one window.
#[derive(Debug, Clone)]
struct Storm {
    key: String,
    channel: String,
    until: Instant,
    sent: usize,
    /// How loud the loudest is that was held back.
    severity: Severity,
    audience: String,
    /// How many of which type were held back.
    held: Vec<(String, usize)>,
    has_grown: bool,
}

/// What a commit makes people hear of.
#[derive(Debug, Default)]
pub struct Notices {
    /// What goes out.
    pub out: Vec<Effect>,
    /// Digests that are recorded and go out when their windows end, or at the next opening.
    pub held: Vec<Effect>,
}

impl Desk {
    /// Puts other rules in force. What was told stays told.
    pub fn follow(&mut self, rules: Vec<Rule>) {
        self.rules = rules;
        self.storms.retain(|storm| !storm.held.is_empty());
    }

    /// Whether nothing that can happen is told.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.rules.is_empty()
    }

    /// Tells of events in the form of the log that happened now.
    pub fn tell(&mut self, events: &[Value], now: Instant) -> Notices {
        let mut notices = Notices::default();
        for event in events {
            self.judge(event, now, &mut notices.out);
        }
        for storm in &mut self.storms {
            if std::mem::take(&mut storm.has_grown) {
                storm.tell(&mut notices.held);
            }
        }
        notices
    }

    /// How many rules there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rules.len()
    }

    /// Which rule an event would be told by now, without telling it; none if nobody hears of it.
    #[must_use]
    pub fn trial(&self, event: &Value, now: Instant) -> Option<Trial<'_>> {
        let at = self.rules.iter().position(|rule| rule.fits(event))?;
        let rule = self.rules.get(at)?;
        let notices = self.clone().tell(std::slice::from_ref(event), now);
        Some(Trial {
            number: at + 1,
            rule,
            message: rule.message(event),
            outcome: match (notices.out.is_empty(), notices.held.is_empty()) {
                (false, _) => "told",
                (true, false) => "held",
                (true, true) => "repeated",
            },
        })
    }

    fn judge(&mut self, event: &Value, now: Instant, out: &mut Vec<Effect>) {
        let Desk {
            rules,
            told,
            storms,
        } = self;
        let Some(rule) = rules.iter().find(|rule| rule.fits(event)) else {
            return;
        };
        let message = rule.message(event);
        let kind = text_at(event, "type");
        let task = text_at(event, "taskId");
        let is_urgent =
            rule.never_suppress || rule.severity == Severity::Critical || kind == ALWAYS_URGENT;
        if !is_urgent && rule.window_ms > 0 {
            // What is about no task is the same if it reads the same.
            let about = if task.is_empty() { &message } else { &task };
            let target = event.get("payload").and_then(|payload| at(payload, "to"));
            let target = target.map(text).unwrap_or_default();
            let key = format!("{kind} {target} {about}");
            told.retain(|(_, until)| *until > now);
            if told.iter().any(|(known, _)| *known == key) {
                return;
            }
            if told.len() >= TOLD_MAX {
                told.remove(0);
            }
            told.push((key, now.plus_ms(rule.window_ms)));
        }
        let key = format!("notice:{}", text_at(event, "eventId"));
        let is_out = is_urgent && out.len() < URGENT_NOTICES_MAX;
        if is_out || passes(storms, (rule, &key, kind), now, out) {
            out.push(Effect::Notify(Notify {
                key,
                severity: rule.severity,
                audience: Some(rule.audience.clone()),
                channel: Some(rule.channel.clone()),
                task: TaskId::parse(&task).ok(),
                message,
            }));
        }
    }

    /// The clock was set back: what was told then may be told again, and no window is longer than
    /// it may be.
    pub fn rewind(&mut self, now: Instant) {
        self.told.clear();
        let latest = now.plus_ms(STORM_WINDOW_MS);
        for storm in &mut self.storms {
            storm.until = latest.min(storm.until);
        }
    }

    /// When the next digest goes out.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let storms = self.storms.iter().filter(|it| !it.held.is_empty());
        storms.map(|it| it.until).min()
    }

    /// The digests that are due.
    pub fn ripe(&mut self, now: Instant) -> Vec<Effect> {
        let mut ripe = Vec::new();
        self.storms.retain(|storm| {
            let is_over = storm.until <= now;
            if is_over {
                storm.tell(&mut ripe);
            }
            !is_over
        });
        ripe
    }
}

/// Whether a channel takes a notice now; else it is held back.
fn passes(
    storms: &mut Vec<Storm>,
    (rule, key, kind): (&Rule, &str, String),
    now: Instant,
    out: &mut Vec<Effect>,
) -> bool {
    storms.retain(|storm| {
        let is_over = storm.channel == rule.channel && storm.until <= now;
        if is_over {
            storm.tell(out);
        }
        !is_over
    });
    let Some(storm) = storms.iter_mut().find(|it| it.channel == rule.channel) else {
        storms.push(Storm {
            key: format!("digest:{key}"),
            channel: rule.channel.clone(),
            until: now.plus_ms(STORM_WINDOW_MS),
            sent: 1,
            severity: Severity::Info,
            audience: String::new(),
            held: Vec::new(),
            has_grown: false,
        });
        return true;
    };
    storm.sent += 1;
    if storm.sent <= STORM_NOTICES_MAX {
        return true;
    }
    if storm.held.is_empty() || rule.severity > storm.severity {
        (storm.severity, storm.audience) = (rule.severity, rule.audience.clone());
    }
    match storm.held.iter_mut().find(|(known, _)| *known == kind) {
        Some((_, count)) => *count += 1,
        None => storm.held.push((kind, 1)),
    }
    storm.has_grown = true;
    false
}

impl Storm {
    /// Adds the digest of what was held back.
    fn tell(&self, to: &mut Vec<Effect>) {
        let mut all = 0;
        let mut kinds = String::new();
        for (kind, count) in &self.held {
            all += count;
            let comma = if kinds.is_empty() { "" } else { ", " };
            kinds = format!("{kinds}{comma}{count} × {kind}");
        }
        if all == 0 {
            return;
        }
        to.push(Effect::Notify(Notify {
            key: self.key.clone(),
            severity: self.severity,
            audience: Some(self.audience.clone()),
            channel: Some(self.channel.clone()),
            task: None,
            message: format!("{all} more within {} s: {kinds}", STORM_WINDOW_MS / 1_000),
        }));
    }
}

/// The value at a path of keys with dots between them.
fn at<'v>(event: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(event, |value, key| value.get(key))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_line(),
    }
}

fn text_at(event: &Value, path: &str) -> String {
    at(event, path).map(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
