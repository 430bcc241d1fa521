//! Adopting a data directory of AOF 1: what becomes of each part, and that a crash at any point
//! changes nothing about the end.
//!
//! Works on a disk in memory. The stores here are written in the manner of AOF 1.20.

mod bound;
mod crash;
mod part;
mod stand;
