//! Puts lines and the moving part on standard error.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::render::board::counts as counts_line;
use crate::render::style::DIM;
use crate::render::text::{clean, cut};
use crate::shape::Counts;

const TICK: Duration = Duration::from_millis(120);
/// More agents than this at once are only counted.
const SPINNERS_MAX: usize = 12;
const TITLE_COLUMNS_MAX: usize = 60;

/// A brush: bars on a terminal, lines elsewhere.
pub struct Painter {
    since: Instant,
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
}

impl Painter {
    /// Bars if somebody watches a terminal.
    pub fn new(is_watched: bool) -> Self {
        Painter {
            since: Instant::now(),
            bars: is_watched.then(Bars::new),
        }
    }

    /// A line that stays.
    pub fn line(&self, line: &str) {
        let seconds = self.since.elapsed().as_secs_f32();
        let line = format!("{DIM}{seconds:>6.1}s{DIM:#}  {line}");
        let said = match &self.bars {
            Some(bars) => bars.all.println(styled_as_wanted(&line)),
            None => writeln!(anstream::stderr().lock(), "{line}"),
        };
        if said.is_err() {
            tracing::debug!("standard error is closed");
        }
    }

    /// An agent begins.
    pub fn begin(&mut self, task: &str, agent: &str, title: &str) {
        if let Some(bars) = &mut self.bars {
            bars.begin(task, agent, title);
        }
    }

    /// An agent is through.
    pub fn end(&mut self, task: &str) {
        if let Some(bar) = self
            .bars
            .as_mut()
            .and_then(|bars| bars.running.remove(task))
        {
            bar.finish_and_clear();
        }
    }

    /// How far everything is.
    pub fn progress(&self, counts: &Counts) {
        if let Some(bars) = &self.bars {
            let of = |status: &str| counts.get(status).copied().unwrap_or(0);
            bars.total.set_length(counts.values().sum());
            bars.total.set_position(of("done") + of("cancelled"));
            bars.total.set_message(counts_line(counts));
        }
    }

    /// Takes the moving part away.
    pub fn finish(&mut self) {
        if let Some(bars) = self.bars.take() {
            for bar in bars.running.values() {
                bar.finish_and_clear();
            }
            bars.total.finish_and_clear();
        }
    }
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(0));
        total.set_style(style("{bar:24.green/dim} {pos}/{len}  {msg}"));
        Bars {
            all,
            total,
            running: BTreeMap::new(),
        }
    }

    fn begin(&mut self, task: &str, agent: &str, title: &str) {
        if self.running.len() >= SPINNERS_MAX || self.running.contains_key(task) {
            return;
        }
        let bar = self
            .all
            .insert_before(&self.total, ProgressBar::new_spinner());
        bar.set_style(style(
            "{spinner:.cyan} {prefix:12.cyan} {msg}  {elapsed:.dim}",
        ));
        bar.set_prefix(clean(agent));
        bar.set_message(cut(&clean(title), TITLE_COLUMNS_MAX));
        bar.enable_steady_tick(TICK);
        self.running.insert(task.to_owned(), bar);
    }
}

/// The bar's own printing does not know our colour choice.
fn styled_as_wanted(line: &str) -> String {
    if anstream::stderr().current_choice() == anstream::ColorChoice::Never {
        anstream::adapter::strip_str(line).to_string()
    } else {
        line.to_owned()
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|error| {
        tracing::debug!(%error, "the template of a bar is wrong");
        ProgressStyle::default_spinner()
    })
}
