//! Who would be told of which event.

use crate::shape::notification::{Trial, Trials};

use super::style::{DIM, HEAD};
use super::text::{clean, counted};

/// Each event that is told, and how many are not.
pub fn trials(trials: &Trials) -> String {
    let (told, silent): (Vec<&Trial>, Vec<&Trial>) =
        trials.events.iter().partition(|it| it.outcome != "nobody");
    let mut text: String = told.into_iter().map(trial).collect();
    let rules = counted(trials.rules, "rule");
    match silent.as_slice() {
        [] => {}
        [only] => {
            text += &format!("{rules}; nobody is told of {}\n", clean(&only.r#type));
        }
        several => {
            let of = counted(trials.events.len() as u64, "type");
            text += &format!(
                "{rules}; nobody is told of {} of {of} of events\n",
                several.len()
            );
        }
    }
    text
}

fn trial(trial: &Trial) -> String {
    let kind = clean(&trial.r#type);
    let mut head = format!("{HEAD}{kind}{HEAD:#} by rule {}", trial.rule);
    if trial.r#match != trial.r#type {
        head += &format!(" ({})", clean(&trial.r#match));
    }
    let fate = match trial.outcome.as_str() {
        "held" => "; now it would wait for the digest of its channel",
        "repeated" => "; now it would be left out, as the same was told not long ago",
        _ => "",
    };
    format!(
        "{head}: {}, {} for {}{fate}\n  {DIM}{}{DIM:#}\n",
        clean(&trial.severity),
        clean(&trial.channel),
        clean(&trial.audience),
        clean(&trial.message)
    )
}
