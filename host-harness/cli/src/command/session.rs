//! What every command gets: the console, the global options, the way to the component.

use crate::access::{Access, Need};
use crate::arguments::Global;
use crate::console::Console;
use crate::exit::Failure;
use crate::layer::Layer;
use crate::place::{DataDir, NO_DATA};

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
        let socket = self.global.socket.clone();
        let data = data.served_on(socket).under(self.layer());
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
        ask_and_close(Access::open(&self.data()?, need)?, question)
    }

    /// Asks something that needs no data directory: where there is none, and none was named, a
    /// component over an empty store answers.
    ///
    /// # Errors
    /// As `ask`; a directory that was named must be there.
    pub fn ask_anywhere<T>(
        &self,
        question: impl FnOnce(&mut Access) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let access = match self.data() {
            Ok(data) => Access::open(&data, Need::Look)?,
            Err(failure) if failure.fault().code == NO_DATA && self.global.data_dir.is_none() => {
                Access::nowhere(&self.layer())?
            }
            Err(failure) => return Err(failure),
        };
        ask_and_close(access, question)
    }

    fn layer(&self) -> Layer {
        Layer::of(std::env::vars_os(), &self.global.set).within(self.global.project_scope.clone())
    }
}

fn ask_and_close<T>(
    mut access: Access,
    question: impl FnOnce(&mut Access) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let answer = question(&mut access);
    let closed = access.close();
    let answer = answer?;
    closed.map(|()| answer)
}
