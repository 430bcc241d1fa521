//! The contract as Rust types, generated from `wit/`.

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package aof:embedded@0.1.0;

        world front {
            import aof:orchestrator/lifecycle@0.1.0;
            import aof:orchestrator/tools@0.1.0;
            export aof:orchestrator/tasks@0.1.0;
        }
    ",
    world: "aof:embedded/front",
    pub_export_macro: true,
    generate_all,
});
