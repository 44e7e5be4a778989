//! How far a run is, on a terminal.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::check::Check;
use crate::run::Step;

const TEMPLATE: &str = "{bar:24} {pos}/{len} {elapsed:>4} {wide_msg}";

/// A bar on the error stream, where that is a terminal: how many of how many checks are done, and
/// which are at work.
pub(super) struct Progress {
    bar: ProgressBar,
    at_work: Mutex<Vec<&'static Check>>,
}

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        let target =
            if is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style("{wide_msg}"));
        bar.set_message("looking at the server");
        Self { bar, at_work: Mutex::default() }
    }

    pub(super) fn tell(&self, step: Step<'_>) {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        match step {
            Step::Selected(checks) => {
                self.bar.set_style(style(TEMPLATE));
                self.bar.set_length(u64::try_from(checks).unwrap_or_default());
            }
            Step::Begun(check) => at_work.push(check),
            Step::Done(outcome) => {
                at_work.retain(|own| own.id() != outcome.check.id());
                self.bar.inc(1);
            }
        }
        self.bar.set_message(words(&at_work));
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

/// The check that is at work for longest, and how many others are.
fn words(at_work: &[&Check]) -> String {
    match at_work {
        [] => String::new(),
        [one] => format!("{} {}", one.id(), one.slug()),
        [one, others @ ..] => format!("{} {} and {} more", one.id(), one.slug(), others.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn the_check_that_takes_longest_is_named() {
        let all: Vec<&Check> = check::all().take(3).collect();
        assert_eq!(words(&all), "RQ-01 method and 2 more");
        assert_eq!(words(&all[..1]), "RQ-01 method");
        assert_eq!(words(&[]), "");
    }
}
