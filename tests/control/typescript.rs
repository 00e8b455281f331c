//! The window's types are those of the commands.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use gateway::control::{self, FailureView, Notice};
use ts_rs::{Config, TS, TypeVisitor};

use super::written;

/// Collects the declaration of every type that has one, with all that it mentions.
struct Declarations {
    config: Config,
    seen: HashSet<TypeId>,
    by_name: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // primitives, lists and options have no file of their own, so no declaration either
        if T::output_path().is_some() {
            let declared = T::decl(&self.config);
            let before = self.by_name.insert(T::ident(&self.config), declared.clone());
            assert!(
                before.is_none_or(|before| before == declared),
                "two types are named {}",
                T::ident(&self.config)
            );
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[test]
fn the_types_of_the_window_are_those_of_the_commands() {
    let config = || Config::new().with_large_int("number");
    let mut types = Declarations {
        config: config(),
        seen: HashSet::new(),
        by_name: BTreeMap::new(),
    };
    let commands = control::describe(&config(), &mut types);
    types.visit::<Notice>();
    types.visit::<FailureView>();

    let mut text = String::from(
        "// Written by `cargo test` from the Rust types of the control plane; do not edit.\n\
         // INGLENOOK_UPDATE=1 cargo test --no-default-features --features starter,web-host --test tests control::\n\n",
    );
    for declaration in types.by_name.values() {
        writeln!(text, "export {declaration}").unwrap();
    }
    text.push_str("\nexport interface Commands {\n");
    for command in &commands {
        writeln!(
            text,
            "  \"{}\": {{ args: {}, result: {} }},",
            command.name, command.args, command.result
        )
        .unwrap();
    }
    text.push_str("}\n");
    assert_eq!(commands.len(), control::Command::NAMES.len());
    written("ui/src/api/generated/types.ts", &text);
}
