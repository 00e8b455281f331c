//! `inglenook memory …`

use domain::{Failure, MemoryId, MemoryScope};
use gateway::control::{
    AddMemory, AgentName, EditMemory, Exported, ForgetMemory, ListMemories, MemoryName, MemoryView,
};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Memory {
    /// List what an agent remembers, newest first.
    List {
        agent: String,
        /// What was forgotten and can be brought back, instead.
        #[arg(long)]
        forgotten: bool,
    },
    /// Have an agent remember something.
    Add {
        agent: String,
        text: String,
        /// Calls of programs may hear of it too, where the agent remembers everywhere.
        #[arg(long)]
        everybody: bool,
    },
    /// Say a memory differently.
    Edit {
        #[arg(value_name = "me_…", value_parser = id)]
        memory: MemoryId,
        text: Option<String>,
        /// Let calls of programs hear of it too.
        #[arg(long, conflicts_with = "own")]
        everybody: bool,
        /// Let only the window and the command line hear of it.
        #[arg(long)]
        own: bool,
    },
    /// Forget a memory, or all that an agent remembers; for thirty days it can be brought back.
    Forget {
        #[arg(value_name = "me_…|AGENT")]
        what: String,
    },
    /// Bring a forgotten memory back.
    Restore {
        #[arg(value_name = "me_…", value_parser = id)]
        memory: MemoryId,
    },
    /// Write all that an agent remembers as JSON.
    Export { agent: String },
}

fn id(text: &str) -> Result<MemoryId, String> {
    MemoryId::parse(text)
        .ok_or_else(|| "a memory is named me_…; `inglenook memory list` shows them".to_owned())
}

pub(super) async fn run(args: Memory, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Memory, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Memory::List { agent, forgotten } => {
            let asked = ListMemories {
                agent,
                scope: None,
                forgotten: Some(forgotten),
                limit: None,
            };
            let memories: Vec<MemoryView> = door.run("memory.list", &asked).await?;
            output::print(json, &memories, |memories| table(memories))
        }
        Memory::Add {
            agent,
            text,
            everybody,
        } => {
            let asked = AddMemory {
                agent,
                text,
                kind: None,
                scope: everybody.then_some(MemoryScope::Everybody),
            };
            let added: MemoryView = door.run("memory.add", &asked).await?;
            output::print(json, &added, |added| {
                format!("Remembered as {}.", added.memory.id)
            })
        }
        Memory::Edit {
            memory,
            text,
            everybody,
            own,
        } => {
            let scope = match (everybody, own) {
                (true, _) => Some(MemoryScope::Everybody),
                (false, true) => Some(MemoryScope::App),
                (false, false) => None,
            };
            let edited: MemoryView = door
                .run("memory.edit", &EditMemory { memory, text, scope })
                .await?;
            output::print(json, &edited, |edited| edited.memory.text.clone())
        }
        Memory::Forget { what } => {
            let asked = match MemoryId::parse(&what) {
                Some(memory) => ForgetMemory {
                    memory: Some(memory),
                    agent: None,
                },
                None => ForgetMemory {
                    memory: None,
                    agent: Some(what),
                },
            };
            let forgotten: Vec<MemoryView> = door.run("memory.forget", &asked).await?;
            output::print(json, &forgotten, |forgotten| {
                let count = forgotten.len();
                format!("Forgotten: {count}. `inglenook memory restore` brings one back for thirty days.")
            })
        }
        Memory::Restore { memory } => {
            let restored: MemoryView = door.run("memory.restore", &MemoryName { memory }).await?;
            output::print(json, &restored, |restored| restored.memory.text.clone())
        }
        Memory::Export { agent } => {
            let exported: Exported = door.run("memory.export", &AgentName { agent }).await?;
            // it is JSON already
            output::line(&exported.text);
            Ok(())
        }
    }
}

fn table(memories: &[MemoryView]) -> String {
    if memories.is_empty() {
        return "Nothing is remembered.".to_owned();
    }
    let row = |view: &MemoryView| {
        let memory = &view.memory;
        let whose = match &memory.scope {
            MemoryScope::App => "you".to_owned(),
            MemoryScope::Everybody => "everybody".to_owned(),
            MemoryScope::Client { key } => view.client.clone().unwrap_or_else(|| key.to_string()),
        };
        vec![
            memory.id.to_string(),
            output::when(memory.created_at),
            whose,
            memory.uses.to_string(),
            memory.text.clone(),
        ]
    };
    let rows: Vec<_> = memories.iter().map(row).collect();
    output::table(&["ID", "REMEMBERED", "FOR", "RECALLED", "WHAT"], &rows)
}
