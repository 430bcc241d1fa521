//! The books at the opening.
//!
//! Never refuses a store for them: what cannot be read is set aside whole and said, and the sums go
//! on with what can. They are not made again from the records of all runs, because opening must not
//! cost what there ever was.

use aof_core::books::{Account, Books};
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::gather::gathered;
use aof_store::layout::{LEDGER, unreadable_ledger};
use aof_store::ledger::{self, BYTES_READ_MAX};
use aof_store::port::{Blob, Op, Stamp, Store, StoreError};

use crate::count::open_accounts;
use crate::opening::AdoptedRun;
use crate::session::Session;

/// A ledger that could not be read whole.
pub(crate) struct Trouble {
    why: String,
    line: usize,
    /// What there is; none if it cannot be read at all.
    content: Option<(Vec<u8>, Stamp)>,
}

/// Reads the ledger.
pub(crate) fn read_books<S: Store>(store: &mut S) -> Result<(Books, Option<Trouble>), StoreError> {
    let blobs = store.read(&[LEDGER.to_owned()], BYTES_READ_MAX)?;
    let blob = blobs.into_iter().next();
    Ok(match blob.map(|it| it.certain(LEDGER)).transpose()? {
        Some(Blob::Content { bytes, stamp }) => {
            let found = ledger::read(&bytes);
            let trouble = found.unreadable.map(|(count, line)| Trouble {
                why: format!("{count} of its lines make no sense"),
                line,
                content: Some((bytes, stamp)),
            });
            (found.books, trouble)
        }
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => {
            let trouble = Trouble {
                why,
                line: 0,
                content: None,
            };
            (Books::default(), Some(trouble))
        }
        Some(Blob::Absent) | None => Default::default(),
    })
}

impl Trouble {
    /// Sets the ledger aside and begins another one with what could be read. Says what was mended.
    fn mend<S: Store>(
        self,
        store: &mut S,
        session: &mut Session,
    ) -> Result<Option<String>, StoreError> {
        let aside = unreadable_ledger(session.opening.epoch);
        let message = format!("what was used is not known whole: {}", self.why);
        let hint = match session.is_writer {
            true => {
                format!("sums and budgets go on with what could be read; the rest is in {aside}")
            }
            false => "sums are shown as far as they could be read".to_owned(),
        };
        let finding = Diagnostic {
            code: "AOF-1150",
            level: Level::Warning,
            path: LEDGER.to_owned(),
            line: u32::try_from(self.line).unwrap_or(u32::MAX),
            column: 0,
            message,
            hint,
        };
        session.shelf.notice(LEDGER, vec![finding]);
        if !session.is_writer {
            return Ok(None);
        }
        let (from, to) = (LEDGER.to_owned(), aside.clone());
        let ops = match self.content {
            None => vec![Op::Rename {
                from,
                to,
                expect: None,
            }],
            // First the copy: at every moment all of it is somewhere.
            Some((content, stamp)) => vec![
                Op::Create { path: to, content },
                Op::Sync,
                Op::Replace {
                    path: from,
                    content: ledger::compact(&session.books).into_bytes(),
                    expect: Some(stamp),
                },
            ],
        };
        store.commit(ops, session.opening.epoch)?;
        Ok(Some(format!(
            "set `{LEDGER}` aside as `{aside}`: {}",
            self.why
        )))
    }
}

/// What follows from the books once cards and runs are known, with the accounts that they lacked.
/// The directories of runs whose records may still change are cleared of what a killed writer left
/// in them.
pub(crate) fn recall_books<S: Store>(
    store: &mut S,
    session: &mut Session,
) -> Result<Vec<Account>, StoreError> {
    let opened = open_accounts(session);
    if session.is_writer {
        let dirs: Vec<String> = unaccounted(session).map(|run| run.run_dir).collect();
        store.list(&dirs, false)?;
    }
    let rows = session.shelf.index.rows();
    let limited = rows.filter(|(_, row)| row.budget.is_some());
    session.spending = gathered(limited.map(|(task, _)| task.clone()));
    Ok(opened)
}

/// The same at an opening, where a ledger that could not be read whole is mended, which is said.
pub(super) fn begin_books<S: Store>(
    store: &mut S,
    session: &mut Session,
    (trouble, repairs): (Option<Trouble>, &mut Vec<String>),
) -> Result<Vec<Account>, StoreError> {
    let accounts = recall_books(store, session)?;
    let mended = trouble.map(|it| it.mend(store, session)).transpose()?;
    repairs.extend(mended.flatten());
    Ok(accounts)
}

/// Runs that are over for their tasks, of whose sessions nobody told the end.
pub(super) fn unaccounted(session: &Session) -> impl Iterator<Item = AdoptedRun> {
    let accounts = session.books.accounts().map(|open| &open.account);
    let over = accounts.filter(|account| !session.live.contains_key(&account.run));
    over.filter_map(|account| {
        let root = session.shelf.root(&account.project)?;
        Some(AdoptedRun {
            project: account.project.clone(),
            task: account.task.clone(),
            run: account.run.clone(),
            agent: account.agent.clone(),
            session: None,
            run_dir: root.run_dir(&account.task, &account.run),
        })
    })
}
