//! Tells the linker not to keep the room for relocations that nobody will make: a fourteenth of
//! the code. It refuses to do so beside debug information.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("DEBUG").is_ok_and(|debug| debug == "false") {
        println!("cargo::rustc-link-arg-cdylib=--compress-relocations");
    }
}
