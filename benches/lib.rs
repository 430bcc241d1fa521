//! What the benches measure with: the two builds of the orchestrator behind one face, the floors
//! that nothing can be faster than, and the table of what was measured.
//!
//! Never shipped. Invariant: every subject gets the same calls over the same files.

pub mod fact;
pub mod floor;
pub mod machine;
pub mod sample;
pub mod subject;
pub mod table;
