//! What every command gets: the console, the global options, the way to the component.

use crate::access::{Access, Need};
use crate::arguments::Global;
use crate::console::Console;
use crate::exit::Failure;
use crate::layer::Layer;
use crate::place::DataDir;

/// One call of the program.
pub struct Session<'a> {
    /// Where answers go.
    pub console: Console,
    /// Options of every command.
    pub global: &'a Global,
}

impl Session<'_> {
    /// The data directory.
    ///
    /// # Errors
    /// There is none.
    pub fn data(&self) -> Result<DataDir, Failure> {
        let data = DataDir::find(self.global.data_dir.as_deref())?;
        let layer = Layer::of(std::env::vars_os(), &self.global.set)
            .within(self.global.project_scope.clone());
        let data = data.served_on(self.global.socket.clone()).under(layer);
        Ok(data.answering_within(self.global.answer_within))
    }

    /// Asks the component one thing and closes again.
    ///
    /// # Errors
    /// Nobody could be reached, or the answer is an error.
    pub fn ask<T>(
        &self,
        need: Need,
        question: impl FnOnce(&mut Access) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut access = Access::open(&self.data()?, need)?;
        let answer = question(&mut access);
        let closed = access.close();
        let answer = answer?;
        closed.map(|()| answer)
    }
}
