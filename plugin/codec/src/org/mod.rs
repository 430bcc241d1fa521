//! The org chart.

mod form;
mod read;

pub use read::parse_org_chart;
