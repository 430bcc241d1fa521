//! One task, one run.

use aof_core::caller::Context;
use aof_core::id::RunId;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use aof_store::run_record;
use serde_json::json;

use crate::engine::Engine;

impl<S: Store> Engine<S> {
    /// The answer of `aof_task_get`.
    ///
    /// # Errors
    /// `AOF-1005` or `AOF-1006` if `id` does not name one task.
    pub fn task(&mut self, ctx: &Context, id: &str) -> Result<String, Refusal> {
        let arguments = json!({"taskId": id}).to_line();
        self.call(ctx, "aof_task_get", &arguments)
            .map(|outcome| outcome.value)
    }

    /// `{"run": {…}}`.
    ///
    /// # Errors
    /// `AOF-1012` if the task has no such run.
    pub fn run(&mut self, task: &str, run: &str) -> Result<String, Refusal> {
        let run = RunId::parse(run).map_err(|error| Refusal::bad_id(&error, "run"))?;
        let (store, session) = self.fresh()?;
        let id = session.resolve(task)?;
        let place = session.place(&id)?;
        let dir = place.root.run_dir(&id, &run);
        let path = format!("{dir}/run.json");
        let blobs = store
            .read(&[path], run_record::BYTES_MAX)
            .map_err(|error| refusal_of(&error))?;
        let found = match blobs.into_iter().next() {
            Some(Blob::Content { bytes, .. }) => run_record::decode(&bytes),
            _ => None,
        };
        let found = found.ok_or_else(|| {
            Refusal::refused(
                "AOF-1012",
                format!("{id} has no run {run}"),
                "`aof task show` lists the runs of a task",
            )
            .at("run")
        })?;
        Ok(json!({"run": run_record::to_json(&found, &dir)}).to_line())
    }
}
