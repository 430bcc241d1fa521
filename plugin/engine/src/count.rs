//! What a run used, from whoever tells it: the host at the end of its session, else the file that
//! the agent left in the directory of its run, else the agent with its result.
//!
//! Never believes what is out of bounds: that is told in the event log and counts nothing.
//! Invariant: a run is in the books once, with the strongest word that was said last, and what is
//! in the books is committed together with what it belongs to.

use aof_core::books::{Account, Entry};
use aof_core::caller::Context;
use aof_core::event::EventDraft;
use aof_core::id::{RunId, TeamId};
use aof_core::plan::team_of;
use aof_core::refusal::Refusal;
use aof_core::run::Run;
use aof_core::usage::{Flaw, Usage};
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use aof_store::run_record::{self, usage_json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hook::SessionEnd;
use crate::session::Session;
use crate::work::{Committed, Work};

/// What an agent leaves in the directory of its run.
const FILE: &str = "usage.json";
/// Largest such file that is read.
const FILE_BYTES_MAX: u64 = 4_096;

/// What an agent says that its run used.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Words {
    /// The model.
    model: Option<String>,
    /// Tokens read.
    #[serde(default)]
    input_tokens: u64,
    /// Tokens written.
    #[serde(default)]
    output_tokens: u64,
    /// Cost in millionths of the currency.
    #[serde(default)]
    cost_micros: u64,
}

impl Words {
    pub(crate) fn usage(self) -> Result<Usage, Flaw> {
        let usage = Usage {
            model: self.model,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cost_micros: self.cost_micros,
        };
        usage.checked()
    }
}

/// What was told about one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// What it used, and who says so.
    pub(crate) usage: Option<(Usage, &'static str)>,
    /// What was said and cannot be believed, and why.
    pub(crate) flaw: Option<(String, String)>,
}

impl Told {
    /// The agent's own word.
    pub(crate) fn by_agent(usage: Usage) -> Self {
        Told {
            usage: Some((usage, "agent")),
            flaw: None,
        }
    }

    /// The event that says what cannot be believed.
    pub(crate) fn rejection(&self, run: &RunId) -> Option<EventDraft> {
        let (from, error) = self.flaw.as_ref()?;
        let payload = json!({"from": from, "error": error});
        Some(EventDraft::new("usage.rejected", payload).of_run(Some(run)))
    }

    pub(crate) fn json(&self) -> Value {
        let usage = self.usage.as_ref();
        usage.map_or(Value::Null, |(usage, _)| usage_json(usage))
    }
}

/// What is known when a session is over.
pub(crate) fn at_end<S: Store>(
    store: &mut S,
    session: &Session,
    run: &RunId,
    end: &SessionEnd,
) -> Result<Told, Refusal> {
    let mut told = Told::default();
    match end.usage.clone().map(Usage::checked) {
        Some(Ok(usage)) => {
            told.usage = Some((usage, "host"));
            return Ok(told);
        }
        Some(Err(flaw)) => told.flaw = Some(("the host".to_owned(), flaw.message)),
        None => {}
    }
    let account = session.books.account(run).map(|open| &open.account);
    let root = account.and_then(|account| session.shelf.root(&account.project));
    let Some((root, account)) = root.zip(account) else {
        return Ok(told);
    };
    let path = format!("{}/{FILE}", root.run_dir(&account.task, run));
    let blobs = store.read(std::slice::from_ref(&path), FILE_BYTES_MAX);
    let blob = blobs
        .map_err(|error| refusal_of(&error))?
        .into_iter()
        .next();
    let read = match blob {
        Some(Blob::Content { bytes, .. }) => read(&bytes),
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => Err(why),
        Some(Blob::Absent) | None => return Ok(told),
    };
    match read {
        Ok(usage) => told.usage = Some((usage, "file")),
        Err(why) => told.flaw = Some((path, why)),
    }
    Ok(told)
}

fn read(bytes: &[u8]) -> Result<Usage, String> {
    let fields = crate::json::object(bytes)?;
    let words = serde_json::from_value(Value::Object(fields));
    let words: Words = words.map_err(|error| error.to_string())?;
    words.usage().map_err(|flaw| flaw.message)
}

impl Work {
    /// A run is about to work: its account is opened.
    pub(crate) fn open_account(&mut self, session: &Session, run: &Run) {
        let account = account_of(session, run);
        self.book(Entry::Opened(account));
    }

    /// Puts into the books what a run used, unless they have it or the run has no open account.
    pub(crate) fn count(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        run: &RunId,
        (usage, source): (&Usage, &str),
    ) {
        let Some(open) = session.books.account(run) else {
            return;
        };
        if open
            .counted
            .as_ref()
            .is_some_and(|(_, known)| known == usage)
        {
            return;
        }
        let account = open.account.clone();
        let mut payload = usage_json(usage);
        if let Value::Object(fields) = &mut payload {
            let team = account.team.as_ref().map(TeamId::as_str);
            fields.insert("agent".to_owned(), account.agent.as_str().into());
            fields.insert("team".to_owned(), team.into());
            fields.insert("source".to_owned(), source.into());
        }
        let draft = EventDraft::new("usage.recorded", payload).of_run(Some(run));
        let about = (Some(account.project), Some(account.task));
        self.event_of(session, ctx, about, draft);
        self.book(Entry::Used {
            run: run.clone(),
            at: ctx.now,
            usage: usage.clone(),
        });
    }
}

/// Writes down what was told about a run that holds no lease, and perhaps that nothing more will
/// be. Money that was spent is spent, whatever became of the task.
pub(crate) fn amend<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    run: &RunId,
    (told, is_last): (&Told, bool),
) -> Result<Committed, Refusal> {
    let open = session.books.account(run);
    let Some(open) = open.filter(|_| !session.over.contains(run)) else {
        return Ok(Committed::default());
    };
    let account = open.account.clone();
    let mut work = Work::default();
    if let Some(draft) = told.rejection(run) {
        let about = (Some(account.project.clone()), Some(account.task.clone()));
        work.event_of(session, ctx, about, draft);
    }
    if let Some((usage, source)) = &told.usage {
        work.count(session, ctx, run, (usage, source));
        record(store, session, &account, (usage, &mut work))?;
    }
    if work.is_empty() {
        session.over.extend(is_last.then(|| run.clone()));
        return Ok(Committed::default());
    }
    if is_last {
        work.book(Entry::Closed(run.clone()));
    }
    // Without news of what was used, no plan comes out otherwise.
    let idle_report = session.idle_report.clone().filter(|_| told.usage.is_none());
    let committed = work.commit(store, session)?;
    session.idle_report = idle_report;
    if let Some((usage, _)) = &told.usage {
        let orphans = session.orphans.iter_mut();
        let known = orphans.chain(session.live.values_mut());
        for live in known.filter(|live| live.run.id == *run) {
            live.run.usage = Some(usage.clone());
        }
    }
    Ok(committed)
}

/// The record of the run says it too, if there is one that can be read.
fn record<S: Store>(
    store: &mut S,
    session: &Session,
    account: &Account,
    (usage, work): (&Usage, &mut Work),
) -> Result<(), Refusal> {
    let Some(root) = session.shelf.root(&account.project) else {
        return Ok(());
    };
    let path = format!("{}/run.json", root.run_dir(&account.task, &account.run));
    let blobs = store.read(std::slice::from_ref(&path), run_record::BYTES_MAX);
    let blob = blobs.map(|blobs| blobs.into_iter().next().unwrap_or(Blob::Absent));
    // One that cannot be read just now is written by the next try.
    let blob = blob.and_then(|blob| blob.certain(&path));
    if let Blob::Content { bytes, .. } = blob.map_err(|error| refusal_of(&error))?
        && let Some(run) = run_record::decode(&bytes)
        && run.id == account.run
        && run.task == account.task
    {
        let usage = Some(usage.clone());
        work.put_run(root, &Run { usage, ..run });
    }
    Ok(())
}

/// Who pays for a run that is about to work, or does.
pub(crate) fn account_of(session: &Session, run: &Run) -> Account {
    let row = session.shelf.index.row(&run.task);
    let team = row.and_then(|row| team_of(&session.chart, &row.routing, &run.agent));
    Account {
        run: run.id.clone(),
        project: run.project.clone(),
        task: run.task.clone(),
        whole: row.and_then(|row| Some(row.hop.as_ref()?.of.clone())),
        agent: run.agent.clone(),
        team: team.cloned(),
    }
}

/// Opens accounts for runs that work although the books do not know them: those of an older
/// version, or of a ledger that was lost. One of which the end was told is not among them. They are
/// still to be written down.
pub(crate) fn open_accounts(session: &mut Session) -> Vec<Account> {
    let live = session.live.values().map(|live| &live.run);
    let unknown =
        live.filter(|run| run.usage.is_none() && session.books.account(&run.id).is_none());
    let accounts: Vec<Account> = unknown.map(|run| account_of(session, run)).collect();
    for account in &accounts {
        session.books.open(account.clone());
    }
    accounts
}
