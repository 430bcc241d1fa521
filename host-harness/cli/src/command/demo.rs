//! `aof demo`: unpacks the example project and works it off.

use std::path::{Path, PathBuf};

use aof_host::daemon::Until;
use serde_json::json;

use crate::exit::{Ending, Failure};
use crate::place::DataDir;
use crate::render::style::{DIM, HEAD};
use crate::render::text::quoted;
use crate::work::{self, Shift, Worked};

use super::Session;
use super::account::Account;

mod material;
mod unpack;

/// What the example comes to: everything is done but the ferry table, which is broken on purpose,
/// and the page that waits for it.
const EXPECTED: [(&str, u64); 3] = [("done", 15), ("blocked", 1), ("backlog", 1)];

/// Where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A new directory, or one in which the demo was interrupted [default: a new temporary one]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the demo. The directory is kept.
///
/// # Errors
/// The directory holds something else, or the work fails.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let root = match &args.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => unpack::fresh_dir()?,
    };
    let unpacked = unpack::into(&root)?;
    session.console.remark(&greeting(&root, unpacked));
    let data = DataDir::find(Some(&root))?;
    let shift = Shift::new(data, Until::Idle, work::on_signals()?);
    let Worked { report, board } = shift.work(session.console, 50)?;
    let account = Account::new(&root, &report, &board);
    let is_as_expected = EXPECTED
        .iter()
        .all(|(status, count)| account.count(status) == *count);
    let mut document = account.document();
    if let Some(run) = document.get_mut("run") {
        run["asExpected"] = json!(is_as_expected);
    }
    session.console.show(&document, |width| {
        account.text(width)
            + &if is_as_expected {
                afterword(&root)
            } else {
                String::new()
            }
    })?;
    Ok(if is_as_expected {
        Ending::Done
    } else {
        account.ending()
    })
}

fn greeting(root: &Path, unpacked: unpack::Unpacked) -> String {
    let root = root.display();
    match unpacked {
        unpack::Unpacked::Fresh => format!("The Harbour Gazette goes to press in {root}"),
        unpack::Unpacked::Found => format!("The Harbour Gazette goes on in {root}"),
    }
}

/// What to try next; the first thing is to mend what is broken on purpose.
fn afterword(root: &Path) -> String {
    let root = quoted(&root.to_string_lossy());
    let aof = own_name();
    let step = |what: &str, command: &str| format!("  {DIM}# {what}{DIM:#}\n  {command}\n");
    let mut text = format!("\n{HEAD}NEXT{HEAD:#} one table came with a broken row, on purpose\n");
    text += &step("go there", &format!("cd {root}"));
    text += &step(
        "why does the ferry page wait?",
        &format!("{aof} explain TASK-2026-11-20-014"),
    );
    let mend = "sed -i 's/^Tern,Longholm,Harbour,13:05$/&,14:30/' material/ferries.csv";
    text += &step("mend the row", mend);
    let unblock = format!("{aof} task unblock TASK-2026-11-20-004 && {aof} run");
    text += &step("and let it go on", &unblock);
    let issue = "projects/gazette/work/TASK-2026-11-20-016/outputs/issue-47.md";
    text + &step("read the issue", &format!("cat {issue}"))
}

/// `aof` if that is how it was called, else the path of this program.
fn own_name() -> String {
    let called = std::env::args_os()
        .next()
        .map(PathBuf::from)
        .unwrap_or_default();
    if called.components().count() <= 1 {
        return "aof".to_owned();
    }
    std::env::current_exe().map_or_else(|_| "aof".to_owned(), |exe| quoted(&exe.to_string_lossy()))
}

impl From<unpack::UnpackError> for Failure {
    fn from(error: unpack::UnpackError) -> Self {
        error.failure()
    }
}
