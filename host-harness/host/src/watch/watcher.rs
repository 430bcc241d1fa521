//! The thread between the operating system's notices and the dirty set.
//!
//! It gathers what comes within a moment, so that a burst is one wake. Invariant: a notice that
//! had to be dropped makes everything dirty.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher};

use super::reliable::remote_name;
use super::tree::Tree;
use aof_disk::{Dirty, DirtySet, Wake};

/// How long notices are gathered.
const WINDOW: Duration = Duration::from_millis(50);
/// Notices that wait for the thread; more are dropped, and everything is dirty then.
const NOTICES_MAX: usize = 16_384;

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The operating system has no notices to give.
    #[error("changes by hand cannot be watched: {0}")]
    Notices(#[from] notify::Error),
    /// No thread.
    #[error("no thread for the watcher: {0}")]
    Thread(#[from] std::io::Error),
}

enum Notice {
    Event(Event),
    /// The system dropped something, or there are new wishes.
    Look,
    Stop,
}

/// Where notices go from the operating system's callback; it never waits.
#[derive(Clone)]
struct Mailbox {
    sender: SyncSender<Notice>,
    overflow: Arc<AtomicBool>,
}

impl Mailbox {
    fn post(&self, notice: Notice) {
        match self.sender.try_send(notice) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => self.overflow.store(true, Ordering::SeqCst),
        }
    }

    fn receive(&self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => {
                self.overflow.store(true, Ordering::SeqCst);
                self.post(Notice::Look);
            }
            Ok(event) if is_change(event.kind) => self.post(Notice::Event(event)),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "the watcher lost something");
                self.overflow.store(true, Ordering::SeqCst);
                self.post(Notice::Look);
            }
        }
    }
}

/// Watches until it is dropped.
pub struct FileWatcher {
    mailbox: Mailbox,
    trouble: Arc<Mutex<Option<String>>>,
    dirty: DirtySet,
    thread: Option<JoinHandle<()>>,
}

impl FileWatcher {
    /// Watches what stores with this dirty set want below `root`; `wake` is called after each burst
    /// of changes.
    ///
    /// # Errors
    /// The operating system gives no notices, or no thread.
    pub fn start(root: &Path, dirty: &DirtySet, wake: Wake) -> Result<Self, WatchError> {
        // Notices name paths as they were given: the root must be the same in all of them.
        let root = root.canonicalize()?;
        let (sender, inbox) = sync_channel(NOTICES_MAX);
        let overflow = Arc::new(AtomicBool::new(false));
        let mailbox = Mailbox { sender, overflow };
        let posting = mailbox.clone();
        let watcher = notify::recommended_watcher(move |event| posting.receive(event))?;
        let first = remote_name(&root).map(|name| {
            format!("the file system is {name}, which does not tell of changes made elsewhere")
        });
        let trouble = Arc::new(Mutex::new(first));
        let eye = Eye {
            watcher,
            tree: Tree::new(root),
            overflow: Arc::clone(&mailbox.overflow),
            trouble: Arc::clone(&trouble),
            dirty: dirty.clone(),
            wake,
            seen: Dirty::default(),
            is_stale: true,
        };
        let wishing = mailbox.clone();
        dirty.on_wanted(Some(Box::new(move || wishing.post(Notice::Look))));
        let thread = std::thread::Builder::new()
            .name("aof-watch".to_owned())
            .spawn(move || eye.run(&inbox))?;
        mailbox.post(Notice::Look);
        Ok(Self {
            mailbox,
            trouble,
            dirty: dirty.clone(),
            thread: Some(thread),
        })
    }

    /// Why not every change is noticed, if so.
    pub fn trouble(&self) -> Option<String> {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for FileWatcher {
    fn drop(&mut self) {
        self.dirty.on_wanted(None);
        // Waits for room if need be: the thread empties the mailbox until it reads this.
        let stopped = self.mailbox.sender.send(Notice::Stop);
        let thread = self.thread.take().filter(|_| stopped.is_ok());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the watching thread broke");
        }
    }
}

/// What the thread owns.
struct Eye {
    watcher: RecommendedWatcher,
    tree: Tree,
    overflow: Arc<AtomicBool>,
    trouble: Arc<Mutex<Option<String>>>,
    dirty: DirtySet,
    wake: Wake,
    seen: Dirty,
    /// Something may have to be watched that is not.
    is_stale: bool,
}

impl Eye {
    fn run(mut self, inbox: &Receiver<Notice>) {
        while let Ok(first) = inbox.recv() {
            let until = Instant::now() + WINDOW;
            let mut next = Ok(first);
            loop {
                match next {
                    Ok(Notice::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                    Ok(Notice::Event(event)) => self.take(&event),
                    Ok(Notice::Look) => self.is_stale = true,
                    Err(RecvTimeoutError::Timeout) => break,
                }
                next = inbox.recv_timeout(until.saturating_duration_since(Instant::now()));
            }
            self.flush();
        }
    }

    fn take(&mut self, event: &Event) {
        for path in &event.paths {
            self.take_one(path, event.kind);
        }
    }

    fn take_one(&mut self, path: &Path, kind: EventKind) {
        let Some(path) = self.tree.relative(path).map(str::to_owned) else {
            return;
        };
        if is_gone(kind) && !path.is_empty() {
            self.is_stale |= self.tree.detach(&mut self.watcher, &path);
        }
        self.is_stale |= self.tree.may_attach(&path);
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path.as_str()));
        // Names with a dot are nobody's card: stages of commits, editors' swap files.
        if !name.is_empty() && !name.starts_with('.') && self.tree.is_watched(dir) {
            self.seen.touch(dir, name);
        }
    }

    fn flush(&mut self) {
        if self.overflow.swap(false, Ordering::SeqCst) {
            self.seen.touch_everything();
            self.is_stale = true;
        }
        if std::mem::take(&mut self.is_stale) {
            let wanted = self.dirty.wanted();
            self.tree.attach(&mut self.watcher, &wanted, &mut self.seen);
        }
        if let Some(trouble) = self.tree.trouble.take() {
            self.trouble
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(trouble);
        }
        if !self.seen.is_empty() {
            self.dirty.add(std::mem::take(&mut self.seen));
            (self.wake)();
        }
    }
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

fn is_gone(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_notice_too_many_makes_everything_dirty() {
        let (sender, _inbox) = sync_channel(NOTICES_MAX);
        let overflow = Arc::new(AtomicBool::new(false));
        let mailbox = Mailbox { sender, overflow };
        for _ in 0..NOTICES_MAX {
            mailbox.post(Notice::Look);
        }
        assert!(!mailbox.overflow.load(Ordering::SeqCst));
        mailbox.post(Notice::Look);
        assert!(mailbox.overflow.load(Ordering::SeqCst));
    }
}
