//! Agents in a folder, and what client keys narrow, from the command line.

use serde_json::{Value, json};

use super::cli::World;

#[test]
fn a_folder_of_agents_goes_out_and_comes_back() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let model = ["--model", "scripted/echo", "--instructions", "Be short."];
        home.json(&[&["agent", "create", "critic"][..], &model].concat());
        let folder = home
            .data
            .with_file_name(format!("agents-{way}").replace(' ', "-"));
        let folder = folder.to_str().unwrap();
        let written = home.json(&["agent", "export", "--all", folder]);
        let names = written.as_array().unwrap();
        assert!(names.contains(&json!("critic.toml")), "{way}: {written}");
        let critic = std::path::Path::new(folder).join("critic.toml");
        let text = std::fs::read_to_string(&critic).unwrap();
        std::fs::write(&critic, text.replace("Be short.", "Be kind.")).unwrap();
        home.run(&["agent", "import", folder])
            .failed_with_hint("invalid_request");
        let dry = home.json(&["agent", "import", folder, "--update", "--dry-run"]);
        assert_eq!(dry["written"], false, "{way}");
        let critics = |told: &Value| {
            let files = told["files"].as_array().unwrap();
            let found = files.iter().find(|one| one["slug"] == "critic");
            found.unwrap()["becomes"].clone()
        };
        assert_eq!(critics(&dry), "updated", "{way}");
        assert_eq!(
            home.json(&["agent", "show", "critic"])["instructions"],
            "Be short."
        );
        let skipped = home.json(&["agent", "import", folder, "--skip"]);
        assert_eq!(critics(&skipped), "skipped", "{way}");
        let updated = home.json(&["agent", "import", folder, "--update"]);
        assert_eq!(
            (critics(&updated), &updated["written"]),
            (json!("updated"), &json!(true))
        );
        assert_eq!(
            home.json(&["agent", "show", "critic"])["instructions"],
            "Be kind."
        );
        std::fs::write(&critic, "name = 7").unwrap();
        let dry = home.json(&["agent", "import", folder, "--dry-run"]);
        let wrong = dry["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["becomes"] == "failed");
        assert_eq!(wrong.count(), 1, "{way}: {dry}");
        home.run(&["agent", "import", folder, "--update"])
            .failed_with_hint("invalid_request");
        home.run(&["agent", "import", folder, "--update", "--skip"])
            .misused();
    }
}

#[test]
fn a_draft_is_written_looked_at_and_published() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let model = ["--model", "scripted/echo", "--instructions", "Be short."];
        home.json(&[&["agent", "create", "critic"][..], &model].concat());
        let told = |args: &[&str]| home.json(args)["instructions"].clone();
        home.run(&["agent", "draft", "critic"]).failed("not_found");

        let saved = home.json(&[
            "agent",
            "update",
            "critic",
            "--draft",
            "--instructions",
            "Be kind.",
        ]);
        assert_eq!(
            (&saved["based_on"], &saved["draft"]["instructions"]),
            (&json!(1), &json!("Be kind."))
        );
        home.json(&["agent", "update", "critic", "--draft", "--name", "The critic"]);
        assert_eq!(told(&["agent", "show", "critic"]), "Be short.", "{way}");
        let draft = home.json(&["agent", "draft", "critic"]);
        assert_eq!(draft["draft"]["instructions"], "Be kind.", "{way}");
        assert_eq!(draft["draft"]["name"], "The critic", "{way}: {draft}");
        assert_eq!(told(&["agent", "export", "critic"]), "Be short.");
        assert_eq!(told(&["agent", "export", "critic", "--draft"]), "Be kind.");
        let shown = home.run(&["agent", "draft", "critic"]).ok().stdout;
        assert!(
            shown.contains("Be kind.") && shown.contains("Clients have what they had."),
            "{shown}"
        );

        home.json(&["agent", "update", "critic", "--instructions", "Be both."]);
        home.run(&["agent", "publish", "critic"])
            .failed_with_hint("conflict");
        assert_eq!(told(&["agent", "show", "critic"]), "Be both.", "{way}");
        let published = home.json(&["agent", "publish", "critic", "--overwrite"]);
        assert_eq!(
            (&published["revision"], &published["instructions"]),
            (&json!(3), &json!("Be kind.")),
            "{way}"
        );
        assert_eq!(home.json(&["agent", "draft"]), json!([]), "{way}");

        let file = home
            .data
            .with_file_name(format!("draft-{way}.toml").replace(' ', "-"));
        let text = home.run(&["agent", "export", "critic"]).ok().stdout;
        std::fs::write(&file, text.replace("Be kind.", "Be fair.")).unwrap();
        let file = file.to_str().unwrap();
        let saved = home.json(&["agent", "import", file, "--draft"]);
        assert_eq!(saved["based_on"], 3, "{way}");
        assert_eq!(told(&["agent", "show", "critic"]), "Be kind.", "{way}");
        home.json(&["agent", "draft", "critic", "--discard"]);
        home.run(&["agent", "publish", "critic"]).failed("not_found");

        home.json(&[&["agent", "create", "scribe", "--draft"][..], &model].concat());
        home.run(&["agent", "show", "scribe"]).failed("model_not_found");
        let all = home.run(&["agent", "draft"]).ok().stdout;
        assert!(
            all.contains("scribe") && all.contains("never published"),
            "{way}: {all}"
        );
        let made = home.json(&["agent", "publish", "scribe"]);
        assert_eq!(made["revision"], 1, "{way}");
        assert_eq!(told(&["agent", "show", "scribe"]), "Be short.");
        home.run(&["agent", "draft", "--discard"]).misused();
        home.run(&["agent", "import", file, "--draft", "--update"])
            .misused();
    }
}

#[test]
fn a_key_narrows_what_agents_do() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        let caps = ["--tool", "web_fetch=ask", "--tool", "write_file=never"];
        let made = home.json(&[&["key", "create", "page"][..], &caps].concat());
        assert_eq!(
            made["key"]["tool_caps"],
            json!([{"tool": "web_fetch", "rule": "ask"}, {"tool": "write_file", "rule": "never"}]),
            "{way}"
        );
        let shown = home.run(&["key", "show", "page"]).ok().stdout;
        assert!(shown.contains("tool: write_file = never"), "{way}: {shown}");
        let none = home.json(&["key", "set", "page", "--no-tools", "--no-tool-caps"]);
        assert_eq!(
            (&none["no_tools"], &none["tool_caps"]),
            (&json!(true), &json!([])),
            "{way}"
        );
        let again = home.json(&["key", "set", "page", "--no-tools", "false"]);
        assert_eq!(again["no_tools"], false, "{way}");
        home.run(&["key", "create", "x", "--tool", "web_fetch"]).misused();
        home.run(&["key", "create", "x", "--tool", "teapot=never"])
            .failed_with_hint("invalid_request");
    }
}
